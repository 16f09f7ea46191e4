"""Made-up events by the million: the same each time, told apart over all parts, sane in number."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import hardal_frames as hf
from hardal_frames import schema
from hardal_frames.engine.simulation import _written
from hardal_frames.errors import HardalError, InvalidInput, StoreError
from hardal_frames.sandbox.crowd import Crowd, events_table

EVENTS = 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of seven parts."""
    target = tmp_path_factory.mktemp("crowd") / "events"
    hf.simulate_events(target, events=EVENTS, rows_per_part=9_000)
    return target


@pytest.fixture(scope="module")
def events(folder):
    """All events of the folder, and the number of the part that each is in."""
    files = sorted(folder.glob("events/*.parquet"))
    parts = [hf.read_events(file).assign(part=number) for number, file in enumerate(files)]
    return pd.concat(parts, ignore_index=True)


def contents(folder):
    """Every file below a folder, and a hash of its bytes."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_same_seed_same_bytes(folder, tmp_path):
    """However many processes write, each byte of each file is the same; another seed, another."""
    hf.simulate_events(tmp_path / "same", events=EVENTS, rows_per_part=9_000, processes=2)
    assert contents(tmp_path / "same") == contents(folder)
    hf.simulate_events(tmp_path / "other", events=EVENTS, rows_per_part=9_000, seed=2)
    other, same = contents(tmp_path / "other"), contents(folder)
    assert other.keys() == same.keys()
    assert not {*other.values()} & {*same.values()}


def test_parts_are_made_alone(folder):
    """A part is what it is without the others."""
    table = Crowd(EVENTS, 7, 1).part(4)
    assert table.equals(pq.read_table(folder / "events" / "part-00004.parquet"))


def test_what_is_written(folder, events):
    """The manifest says what is there, and each part is no larger than asked for."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["key"], manifest["parts"], manifest["torn_sessions"]) == ("session_id", 7, 0)
    assert "simulated" in manifest["hash"]
    assert manifest["rows"] == len(events) == EVENTS
    assert manifest["sessions"] == events["session_id"].nunique()
    assert max(each["rows"] for each in manifest["files"]) <= 9_000
    assert tuple(events.columns[:10]) == schema.EVENT_COLUMNS
    assert str(events["timestamp"].dtype) == "datetime64[us, Europe/Istanbul]"


def test_identifiers(events):
    """Sessions are whole in their part, events told apart in all; visitors are in many."""
    sessions = events[["session_id", "part", "visitor_id"]].drop_duplicates()
    assert sessions["session_id"].is_unique
    assert events["id"].is_unique
    assert 1.5 < sessions["visitor_id"].value_counts().mean() < 2.5
    visits = sessions[["visitor_id", "part"]].drop_duplicates()["visitor_id"].value_counts()
    assert 0.4 < (visits > 1).mean() < 0.7


def test_order_within_parts(events):
    """Sessions stand in order of their first events, and events as they happened."""
    for _, part in events.groupby("part"):
        begins = part[part["sequence"] == 0]
        assert begins["session_id"].is_unique
        assert begins["timestamp"].is_monotonic_increasing
        new = part["session_id"] != part["session_id"].shift()
        assert (new == (part["sequence"] == 0)).all()
        assert ((part["timestamp"].diff() >= pd.Timedelta(0)) | new).all()
        assert ((part["sequence"].diff() == 1) | new).all()


def test_shape(events):
    """Lengths, ties, pages and properties are about what the docstring says."""
    lengths = events.groupby("session_id").size()
    assert lengths.mean() == pytest.approx(12, rel=0.05)
    assert lengths.std() == pytest.approx(11.5, rel=0.1)
    same = events["session_id"] == events["session_id"].shift()
    tied = same & (events["timestamp"] == events["timestamp"].shift())
    assert tied.mean() == pytest.approx(0.015, rel=0.15)
    begins = events.loc[events["sequence"] == 0, "timestamp"]
    assert begins.min() >= pd.Timestamp("2026-03-01", tz="Europe/Istanbul")
    assert begins.max() < pd.Timestamp("2026-03-31", tz="Europe/Istanbul")
    assert events["name"].nunique() == 30
    assert (events["url"] == "https://www.ornekmagaza.example" + events["path"]).all()
    assert events[["path", "title"]].drop_duplicates()["path"].is_unique
    bought = events["name"] == "purchase"
    assert (events["prop_price"].notna() == bought).all()
    campaigns = events.loc[events["sequence"] == 0, "prop_utm_source"].notna()
    assert campaigns.mean() == pytest.approx(0.35, abs=0.03)


def test_habits_are_the_same_in_all_parts():
    """What follows what differs from part to part no more than by chance."""
    crowd = Crowd(events=400_000, parts=4, seed=5)
    tables = []
    for number in (0, 3):
        part = crowd.part(number).select(["session_id", "timestamp", "name", "sequence"])
        tables.append(hf.transitions(part.to_pandas()).set_index(["source", "target"])["count"])
    common, other = (table[table > 1000] for table in tables)
    shared = common.index.intersection(other.index)
    assert len(shared) > 10
    assert np.allclose(common[shared], other[shared], rtol=0.2)


def test_scan_gives_what_the_frame_gives(folder):
    """The folder analysed part by part, the frame of it, and the folder cut by visitors agree."""
    scan, frame = hf.scan_events(folder), hf.read_events(folder)
    assert hf.transitions(scan).equals(hf.transitions(frame))
    assert hf.session_summary(frame)["events"].sum() == scan.rows == EVENTS


@pytest.mark.parametrize("events", [1, 2, 13])
def test_few_events(tmp_path, events):
    """Even single events make a folder."""
    hf.simulate_events(tmp_path / "few", events=events, rows_per_part=5)
    assert len(hf.read_events(tmp_path / "few")) == events


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"events": 0}, "events is 0; a whole number from 1 is needed"),
        ({"events": 1e6}, "events is 1000000.0"),
        ({"seed": -1}, "seed is -1; a whole number from 0 is needed"),
        ({"seed": None}, "seed is None"),
        ({"rows_per_part": 0}, "rows_per_part is 0"),
        ({"processes": 0}, "processes is 0"),
        ({"processes": True}, "processes is True"),
    ],
)
def test_bad_arguments(tmp_path, options, said):
    """Each is named with its value, and nothing is written."""
    with pytest.raises(InvalidInput, match=said):
        hf.simulate_events(tmp_path / "events", **options)
    assert not list(tmp_path.iterdir())


def test_no_folder_above(tmp_path):
    """The folder above must be there."""
    with pytest.raises(StoreError, match="There is no folder"):
        hf.simulate_events(tmp_path / "none" / "events", events=10)


@pytest.mark.parametrize("processes", [None, 1])
def test_interrupted(tmp_path, processes):
    """Whoever stops it finds what was there before: nothing, or the older folder."""

    def stop(done, _):
        if done == 2:
            raise KeyboardInterrupt

    options = {"events": 400, "rows_per_part": 100, "processes": processes}
    with pytest.raises(KeyboardInterrupt):
        hf.simulate_events(tmp_path / "events", progress=stop, **options)
    assert not list(tmp_path.iterdir())
    hf.simulate_events(tmp_path / "events", events=10)
    before = contents(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        hf.simulate_events(tmp_path / "events", progress=stop, **options)
    assert contents(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent to a whole console there")
@pytest.mark.parametrize(
    ("sign", "wait"),
    [(".*/new/events/*", 0), *[(".*/new/events", wait) for wait in (0, 0.1, 0.2, 0.4)]],
)
def test_interrupted_by_the_terminal(tmp_path, sign, wait):
    """Ctrl-C, which all processes get, ends all in one line, even those that only just start."""
    command = [sys.executable, "-m", "hardal_frames", "simulate", str(tmp_path / "events")]
    with subprocess.Popen(
        [*command, "--events", "30000000", "--processes", "2"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        until = time.monotonic() + 60
        while not list(tmp_path.glob(sign)) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(wait)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert told.splitlines()[-1] == "hardal-frames: stopped."
    assert "Traceback" not in told
    assert not list(tmp_path.iterdir())


def _killed(*_):
    os._exit(1)


def test_killed_process(tmp_path, monkeypatch):
    """Where a process is killed, it says what to do, and leaves nothing."""
    monkeypatch.setattr(f"{_written.__module__}._written", _killed)
    with pytest.raises(HardalError, match="fewer processes or a lower rows_per_part"):
        hf.simulate_events(tmp_path / "events", events=10, processes=1)
    assert not list(tmp_path.iterdir())


def test_events_table():
    """One table: with more names, long sessions, and ids if they are wanted."""
    table = events_table(20_000, names=200, long_sessions=2, long_length=3_000, seed=3)
    frame = table.to_pandas()
    assert "id" not in frame
    lengths = frame.groupby("session_id").size()
    assert (lengths == 3_000).sum() == 2
    assert len(frame) == 20_000
    assert frame["name"].nunique() > 150
    assert events_table(500, ids=True)["id"].to_pandas().is_unique
    with pytest.raises(InvalidInput, match="names is 12; a whole number from 30 is needed"):
        events_table(100, names=12)
    with pytest.raises(InvalidInput, match="events is 100"):
        events_table(100, long_sessions=1, long_length=100)


def test_tables_of_benchmarks_stay_the_same():
    """Files of benchmarks are made again with the same events in every version."""
    table = events_table(50_000, ids=True, seed=20260301)
    frame = table.to_pandas().drop(columns="timestamp")
    frame["at"] = table["timestamp"].cast("int64").to_numpy()
    told = hashlib.sha256(frame.to_csv(index=False, float_format="%.2f").encode()).hexdigest()
    assert told[:16] == "b89ac2e7b3889f17"
