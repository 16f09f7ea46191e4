"""Events cut into parts: none lost, doubled or altered, no session in two, whatever happens."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.engine import partition
from tests.analysis.people import CAMPAIGN, MONEY, people_frame, visits
from tests.engine.cutting import frame_of_generation, told_generation
from tests.engine.made import NOT_A_TIME, made_frame

ROOT = Path(__file__).parents[2]
VISITS = visits(**MONEY, **CAMPAIGN)


@pytest.fixture(name="spilling")
def _spilling(monkeypatch):
    """Batches are small, and none waits in memory."""
    monkeypatch.setattr(partition, "_BATCH", 64)
    monkeypatch.setattr(partition, "_HELD", 0)


def parts_of(folder):
    """Each part as a frame."""
    return [hf.read_events(file) for file in sorted((folder / "events").glob("*.parquet"))]


def same_rows(one, other):
    """Check that two frames have the same rows, in whatever order."""
    by = list(one.columns)
    pd.testing.assert_frame_equal(
        one.sort_values(by, ignore_index=True),
        other[by].sort_values(by, ignore_index=True),
        check_exact=True,
    )


def require_cut(folder, frame, key="session_id"):
    """Check what every folder promises."""
    parts = parts_of(folder)
    same_rows(frame, pd.concat(parts, ignore_index=True))
    walkers = [set(part[key].dropna()) for part in parts]
    assert sum(map(len, walkers)) == len(set().union(*walkers))
    for part in parts:
        usable = part[["timestamp", "name", key]].notna().all(axis=1)
        assert usable.is_monotonic_decreasing  # what cannot be analysed is at the end
        part = part[usable]  # noqa: PLW2901
        first = part.groupby(key)["timestamp"].transform("min")
        in_order = part.assign(first=first).sort_values(
            list(
                dict.fromkeys(["first", key, "timestamp", "session_id", "sequence", "id", "name"])
            ),
            na_position="first",
        )
        assert part.index.equals(in_order.index)
    return parts


@pytest.mark.parametrize("key", ["session_id", "visitor_id"])
@pytest.mark.parametrize("spills", [False, True])
def test_cut(tmp_path, request, key, spills):
    """The rows of the frame, sessions whole, in canonical order, in memory or out of core."""
    if spills:
        request.getfixturevalue("spilling")
    frame = made_frame()
    before = frame.copy()
    hf.partition_events(frame, tmp_path / "out", key=key, rows_per_part=50)
    parts = require_cut(tmp_path / "out", frame, key)
    assert len(parts) == 14
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    pd.testing.assert_frame_equal(frame, before)


@settings(max_examples=15)
@given(events=VISITS, rows=st.integers(1, 9), key=st.sampled_from(["session_id", "visitor_id"]))
def test_any_events(tmp_path_factory, events, rows, key):
    """However few, of whatever visitors."""
    frame = people_frame(events)
    folder = tmp_path_factory.mktemp("cut") / "out"
    hf.partition_events(frame, folder, key=key, rows_per_part=rows)
    require_cut(folder, frame, key)


@pytest.mark.usefixtures("spilling")
def test_from_files(tmp_path):
    """Files give what their frame gives; also an older folder of ours, onto itself."""
    frame = made_frame(lacking=False)
    (tmp_path / "in").mkdir()
    for number in range(3):
        frame.iloc[number::3].to_parquet(tmp_path / "in" / f"{number}.parquet", index=False)
    hf.partition_events(tmp_path / "in", tmp_path / "of files", rows_per_part=90)
    hf.partition_events(str(tmp_path / "in"), tmp_path / "again", rows_per_part=50)
    hf.partition_events(tmp_path / "again", tmp_path / "again", rows_per_part=90)
    hf.partition_events(frame, tmp_path / "of frame", rows_per_part=90)
    require_cut(tmp_path / "of files", frame)
    for one, other in zip(*map(parts_of, (tmp_path / "of files", tmp_path / "again")), strict=True):
        pd.testing.assert_frame_equal(one, other)
    for one, other in zip(*map(parts_of, (tmp_path / "again", tmp_path / "of frame")), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_events_of_nobody_are_spread(tmp_path):
    """Events without a visitor go with their sessions, not all into one part."""
    frame = made_frame(lacking=False).assign(visitor_id=pd.NA)
    frame = frame.astype({"visitor_id": "string[pyarrow]"})
    hf.partition_events(frame, tmp_path / "out", key="visitor_id", rows_per_part=100)
    parts = parts_of(tmp_path / "out")
    assert max(map(len, parts)) < len(frame) / 2
    sessions = [set(part["session_id"]) for part in parts]
    assert sum(map(len, sessions)) == len(set().union(*sessions))


def test_empty_text_is_a_visitor(tmp_path):
    """Whose events are all in one part, other than those of nobody."""
    frame = made_frame(lacking=False)
    frame["visitor_id"] = frame["visitor_id"].fillna("")
    hf.partition_events(frame, tmp_path / "out", key="visitor_id", rows_per_part=50)
    require_cut(tmp_path / "out", frame, "visitor_id")


@pytest.mark.usefixtures("spilling")
def test_categoricals_and_other_types(tmp_path):
    """Dictionaries are written as their values, other columns as they are."""
    frame = made_frame(lacking=False).head(300)
    odd = frame.astype({"name": "category", "session_id": "category"}).assign(
        day=frame["timestamp"].dt.date,
        ratio=1.5,
        flag=True,
        tags=[[str(place)] for place in range(len(frame))],
        arrow=pd.array(["x", None, "y"] * 100).astype("string[pyarrow]"),
    )
    hf.partition_events(odd, tmp_path / "out", rows_per_part=50)
    read = pd.concat(parts_of(tmp_path / "out"), ignore_index=True)
    assert read["tags"].map(lambda each: each[0]).astype(int).sort_values().tolist() == list(
        range(300)
    )
    same_rows(
        odd.drop(columns="tags").astype(
            {"name": "string[pyarrow]", "session_id": "string[pyarrow]"}
        ),
        read.drop(columns="tags"),
    )


def test_no_events(tmp_path):
    """One part of none, with all columns and types."""
    nothing = made_frame().iloc[:0]
    hf.partition_events(nothing, tmp_path / "out")
    pd.testing.assert_frame_equal(hf.read_events(tmp_path / "out"), nothing)


def test_manifest(tmp_path):
    """Counts, checksums, key and how many sessions are in several parts."""
    frame = made_frame()
    hf.partition_events(frame, tmp_path / "out", key="visitor_id", rows_per_part=100)
    told = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    parts = parts_of(tmp_path / "out")
    in_parts = pd.Series([name for part in parts for name in part["session_id"].dropna().unique()])
    assert told["torn_sessions"] == int((in_parts.value_counts() > 1).sum()) > 5
    assert (told["key"], told["rows"]) == ("visitor_id", len(frame))
    assert told["sessions"] == frame["visitor_id"].nunique()
    assert told["timezone"] == "Europe/Istanbul"
    for each in told["files"]:
        file = tmp_path / "out" / each["name"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == each["sha256"]
        assert pyarrow.parquet.read_metadata(file).num_rows == each["rows"]
    same_rows(frame, hf.read_events(tmp_path / "out"))


def test_older_folder_is_replaced(tmp_path):
    """Fewer parts than before leave none of the older ones; an export of a store, too."""
    from tests.store.exports import export, generation  # noqa: PLC0415

    frame = made_frame()
    export(tmp_path / "out", generation(1), rows=60)
    hf.partition_events(frame, tmp_path / "out", rows_per_part=50)
    hf.partition_events(frame.head(50), tmp_path / "out", rows_per_part=50)
    same_rows(frame.head(50), hf.read_events(tmp_path / "out"))
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["notes.txt", "events/part.csv", "photos/a.jpg"])
def test_strangers_folder_is_refused(tmp_path, name):
    """A folder with anything else in it is left alone."""
    file = tmp_path / "mine" / name
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    with pytest.raises(hf.StoreError, match="something else than an export"):
        hf.partition_events(made_frame(10), tmp_path / "mine")
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


def test_refused(tmp_path):
    """No folder above, no key, naive timestamps, no number; nothing is left."""
    frame = made_frame(20, lacking=False)
    for match, kind, call in (
        ("There is no folder", hf.StoreError, lambda: (frame, tmp_path / "absent" / "out")),
        ("something else", hf.StoreError, lambda: (frame, __file__)),
        ("no column 'name'", hf.InvalidInput, lambda: (frame.drop(columns="name"), tmp_path / "o")),
        (
            "naive",
            hf.InvalidInput,
            lambda: (
                frame.assign(timestamp=frame["timestamp"].dt.tz_localize(None)),
                tmp_path / "o",
            ),
        ),
        (
            "cannot be written to parquet",
            hf.InvalidInput,
            lambda: (frame.assign(mixed=[1, "a"] * 10), tmp_path / "o"),
        ),
        (
            "cannot name who walks",
            hf.InvalidInput,
            lambda: (frame.assign(session_id=[["a"]] * 20), tmp_path / "o"),
        ),
    ):
        with pytest.raises(kind, match=match):
            hf.partition_events(*call())
    with pytest.raises(hf.InvalidInput, match="no column 'visitor'.*Did you mean 'visitor_id'"):
        hf.partition_events(frame, tmp_path / "out", key="visitor")
    with pytest.raises(hf.InvalidInput, match="rows_per_part is 0"):
        hf.partition_events(frame, tmp_path / "out", rows_per_part=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("spilling")
def test_interrupted(tmp_path):
    """Ctrl-C half-way leaves the older folder and nothing else."""
    hf.partition_events(frame_of_generation(1), tmp_path / "out", rows_per_part=40)

    def interrupt(done, total):
        assert total > 3
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hf.partition_events(
            frame_of_generation(2), tmp_path / "out", rows_per_part=40, progress=interrupt
        )
    assert told_generation(tmp_path / "out") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def killed(folder, first, seconds):
    """Cut one generation after the other, and be killed; the last that was finished."""
    command = [sys.executable, "-m", "tests.engine.cutting", str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        said = process.stdout.read().split()
    return max([first, *map(int, said)])


def kill_often(tmp_path, times):
    """Kill at random moments; each time look at what is there, and at the end what is left."""
    folder = tmp_path / "out"
    chance = random.Random(times)
    first, left = 0, 0
    for _ in range(times):
        finished = killed(folder, first, chance.uniform(0, 0.3))
        found = told_generation(folder)
        # Killed between the two renames, the older one is put back by the next run.
        assert found in {finished, finished + 1, None}
        others = [each.name for each in tmp_path.iterdir() if each != folder]
        assert all(name.startswith(".out.") for name in others)
        left += bool(others)
        first = finished + 2
    assert left  # else nothing was killed in the middle
    hf.partition_events(frame_of_generation(3), folder)
    assert told_generation(folder) == 3
    assert list(tmp_path.iterdir()) == [folder]


def test_killed_at_random(tmp_path):
    """A few kills, every time."""
    kill_often(tmp_path, 10)


@pytest.mark.nightly
def test_killed_at_random_often(tmp_path):
    """Many kills, at night."""
    kill_often(tmp_path, int(os.environ.get("HARDAL_NIGHTLY", "300")))


def test_leftovers_of_others_stay(tmp_path):
    """What looks like a leftover of ours and holds something else is not cleared up."""
    theirs = tmp_path / ".out.0123abcd.part" / "scratch"
    theirs.mkdir(parents=True)
    (theirs / "diary.txt").write_text("mine")
    ours = tmp_path / ".out.abcd0123.part" / "scratch"
    ours.mkdir(parents=True)
    (ours / "00001-00000.arrow").write_bytes(b"cut")
    hf.partition_events(made_frame(20), tmp_path / "out")
    assert (theirs / "diary.txt").exists()
    assert not ours.exists()


@pytest.mark.usefixtures("spilling")
def test_spilled_files_go_as_parts_are_written(tmp_path):
    """Disk is needed for one copy and what is left to write, not for two."""
    left = []

    def look(*_):
        left.append(len(list(tmp_path.glob(".out.*.part/scratch/*.arrow"))))

    hf.partition_events(made_frame(), tmp_path / "out", rows_per_part=50, progress=look)
    assert left[0] > len(left)
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0


def test_no_time_is_kept(tmp_path):
    """A missing timestamp is missing, not the year 1677."""
    frame = made_frame()
    hf.partition_events(frame, tmp_path / "out", rows_per_part=50)
    read = pd.concat(parts_of(tmp_path / "out"))
    assert read["timestamp"].isna().sum() == frame["timestamp"].isna().sum() > 0
    assert NOT_A_TIME not in read["timestamp"].dropna().astype("int64").tolist()
