"""Exports that are killed leave the older one, the new one, or loudly nothing."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hardal_frames as hf
from hardal_frames.store import _aside
from hardal_frames.store._presence import Presence
from tests.store.exports import export, generation, told_generation

ROOT = Path(__file__).parents[2]
WORK = """
import sys
from pathlib import Path
from tests.store.exports import export, generation
for number in range(int(sys.argv[2]), 10**6):
    export(Path(sys.argv[1]), generation(number), rows=60)
    print(number, flush=True)
"""


class Unreadable(dict):
    """Sessions that cannot be read."""

    def __getitem__(self, name):
        """Fail."""
        raise ZeroDivisionError


def killed(folder, first, seconds):
    """Export one generation after the other, and be killed; return the last that was finished."""
    command = [sys.executable, "-c", WORK, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        said = process.stdout.read().split()
    return max([first, *map(int, said)])


def kill_often(tmp_path, times):
    """Kill exports at random moments, and look at what each left."""
    folder = tmp_path / "out"
    chance = random.Random(times)
    first = 0
    for _ in range(times):
        finished = killed(folder, first, chance.uniform(0, 0.3))
        found = told_generation(folder)
        # Killed between the two renames, the older one is put back by the next export.
        assert found in {finished, finished + 1, None}
        if found is None:
            with pytest.raises(hf.StoreError, match="There is no file"):
                hf.read_events(folder)
        first = finished + 2
    export(folder, generation(3))
    assert told_generation(folder) == 3
    assert list(tmp_path.iterdir()) == [folder]


def test_killed_at_random(tmp_path):
    """A few kills, every time."""
    kill_often(tmp_path, 6)


@pytest.mark.nightly
def test_killed_at_random_often(tmp_path):
    """Many kills, at night."""
    kill_often(tmp_path, int(os.environ.get("HARDAL_NIGHTLY", "500")))


def test_older_export_is_put_back(tmp_path):
    """Killed after the older one was taken away, it comes back, even if the next one fails."""
    folder = tmp_path / "out"
    export(folder, generation(1))
    workshop = tmp_path / ".out.0123abcd.part"
    workshop.mkdir()
    folder.rename(workshop / "old")
    with pytest.raises(ZeroDivisionError):
        export(folder, Unreadable(s=[]))
    assert told_generation(folder) == 1
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("left", [[], ["0123456789abcdef.lock"]])
def test_what_was_hardly_begun_is_cleared_up(tmp_path, left):
    """Killed before it was seen, a workshop goes with the next export, not after a while."""
    workshop = tmp_path / ".out.0123abcd.part"
    workshop.mkdir()
    for name in left:
        (workshop / name).touch()
    export(tmp_path / "out", generation(1))
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


@pytest.mark.parametrize("has_file", [False, True])
def test_cleared_up_while_it_begins(tmp_path, monkeypatch, has_file):
    """One that another takes for a dead one, before it could lock its file, begins once more."""
    workshop = tmp_path / ".out.0123abcd.part"
    presence = Presence(workshop)
    connect = sqlite3.connect
    taken = []

    def connect_too_late(file, **options):
        if not taken and Path(file).parent == workshop:
            taken.append(file)
            if has_file:
                file.touch()
            export(tmp_path / "out", generation(2))
            assert not workshop.exists()
        return connect(file, **options)

    monkeypatch.setattr(sqlite3, "connect", connect_too_late)
    presence.show()
    assert taken
    assert Presence(workshop).is_alive(presence.owner)
    export(tmp_path / "out", generation(3))
    assert workshop.exists()
    presence.end()
    assert not list(workshop.iterdir())
    export(tmp_path / "out", generation(4))
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_asking_for_one_that_is_gone_makes_nothing(tmp_path):
    """An owner that was not there, or is not any more when it is looked at, is not alive."""
    presence = Presence(tmp_path)
    assert not presence.is_alive("0123456789abcdef")
    (tmp_path / "0123456789abcdef.lock").mkdir()  # nothing that can be locked
    assert presence.is_alive("0123456789abcdef")
    assert [each.name for each in tmp_path.iterdir()] == ["0123456789abcdef.lock"]


def test_a_workshop_that_goes_while_it_is_looked_at(tmp_path, monkeypatch):
    """Its own process clears it away in the same moment."""
    workshop = tmp_path / ".out.0123abcd.part"
    workshop.mkdir()
    look = _aside._is_abandoned

    def look_too_late(found, entries):
        found.rmdir()
        list(found.iterdir())
        return look(found, entries)

    monkeypatch.setattr(_aside, "_is_abandoned", look_too_late)
    export(tmp_path / "out", generation(1))
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
