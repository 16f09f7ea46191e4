"""Processes that are killed, fail or are interrupted while they count."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import hardal_frames as hf
from hardal_frames.engine._run import by_executor
from tests.engine.made import made_frame
from tests.engine.odd_countings import Asking

ROOT = Path(__file__).parents[2]
WORK = """
import sys, hardal_frames as hf
from tests.engine.odd_countings import Asking
if __name__ == "__main__":
    scan = hf.scan_events(sys.argv[1], processes=2)
    try:
        hf.transitions(Asking(scan, {"folder": sys.argv[2], "sleeps": 1.5}))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""
UNGUARDED = """
import sys, hardal_frames as hf
hf.transitions(hf.scan_events(sys.argv[1], processes=2))
"""


@pytest.fixture(scope="module")
def frame():
    """Events in random order."""
    return made_frame(lacking=False)


@pytest.fixture
def folder(tmp_path, frame):
    """A folder of seven parts."""
    hf.partition_events(frame, tmp_path / "in", rows_per_part=100)
    return tmp_path / "in"


def test_killed_processes(tmp_path, folder, frame):
    """A few are killed while they count: the parts that they had are counted again, once."""
    scan = hf.scan_events(folder, processes=2)
    odd = Asking(scan, {"folder": str(tmp_path), "deaths": 2})
    table = hf.transitions(odd)
    assert len(list(tmp_path.glob("death-*"))) == 2
    assert table.equals(hf.transitions(frame))


def test_every_process_is_killed(tmp_path, folder):
    """An error that says so and what to do, and no endless round."""
    scan = hf.scan_events(folder, processes=2)
    odd = Asking(scan, {"folder": str(tmp_path), "deaths": 1000})
    with pytest.raises(hf.HardalError, match=r"killed 3 times in a row.*Give fewer processes"):
        hf.transitions(odd)
    assert not living(tmp_path)


@pytest.mark.parametrize("way", ["processes", "threads", "one by one"])
def test_errors_come_through(tmp_path, folder, way):
    """The same kind with the same words, whoever counted."""
    with ThreadPoolExecutor(2) as executor:
        given = {"processes": {"processes": 2}, "threads": {"executor": executor}}.get(way, {})
        odd = Asking(hf.scan_events(folder, **given), {"folder": str(tmp_path), "fails": True})
        with pytest.raises(hf.UnknownName) as caught:
            hf.transitions(odd)
    assert caught.value.args == ("quarks", "are not here")


@pytest.mark.parametrize("processes", [1, 2])
def test_bad_values_in_a_process(tmp_path, frame, processes):
    """What only the events show, such as a sequence that is text."""
    odd = frame.assign(sequence="third").astype({"sequence": "string[pyarrow]"})
    odd.to_parquet(tmp_path / "0.parquet")
    with pytest.raises(hf.InvalidInput, match="'sequence' is of type") as of_frame:
        hf.transitions(odd)
    scan = hf.scan_events(tmp_path, processes=processes)
    with pytest.raises(hf.InvalidInput) as of_scan:
        hf.transitions(scan)
    assert str(of_scan.value) == str(of_frame.value)


class Held:
    """Something that was counted."""


def test_what_is_merged_is_forgotten():
    """Of many parts, only what is not yet merged is held in memory."""
    alive = weakref.WeakSet()

    def count(*_):
        held = Held()
        alive.add(held)
        return held, 1

    with ThreadPoolExecutor(2) as executor:
        outcomes = by_executor(range(40), count, None, executor=executor, progress=False)
        for taken, outcome in enumerate(outcomes, start=1):
            assert isinstance(outcome.counted, Held)
            del outcome
            assert len(alive) <= 40 - taken + 2
    assert taken == 40


def test_script_without_a_guard(tmp_path, folder):
    """A script that each process would run again is told what it lacks."""
    (tmp_path / "script.py").write_text(UNGUARDED)
    run = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert "HardalError" in run.stderr
    assert "if __name__ == '__main__'" in run.stderr.rpartition("HardalError")[2]


def living(folder):
    """Processes that counted and are still there."""
    found = []
    for file in folder.glob("pid-*"):
        number = int(file.name.removeprefix("pid-"))
        if number == os.getpid():
            continue
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            continue
        found.append(number)
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("send", [os.kill, getattr(os, "killpg", None)])
def test_interrupted(tmp_path, folder, send):
    """Ctrl-C, as a notebook or a terminal sends it, ends soon, and no process is left behind."""
    (tmp_path / "script.py").write_text(WORK)
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py"), str(folder), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            began = time.monotonic()
            while len(living(tmp_path)) < 2:
                assert time.monotonic() - began < 60
                time.sleep(0.05)
            send(process.pid, signal.SIGINT)
            began = time.monotonic()
            said, complained = process.communicate(timeout=30)
        finally:
            process.kill()
    assert time.monotonic() - began < 10
    assert said.split() == [b"interrupted"]
    assert not complained
    began = time.monotonic()
    while living(tmp_path):
        assert time.monotonic() - began < 5
        time.sleep(0.05)
