"""Cutting events in a process of its own, generation after generation, until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

import hardal_frames as hf
from hardal_frames.engine import partition
from hardal_frames.frames.build import build_events
from tests.store.exports import ZONE, generation


def frame_of_generation(number):
    """Events that all tell which generation they are of."""
    return build_events(generation(number).items(), timezone=ZONE).events


def told_generation(folder):
    """Number of the generation that a folder holds, all of it; None if there is no folder."""
    if not folder.exists():
        return None
    events = hf.scan_events(folder).sample(10**6)
    [name] = events["name"].unique()
    number = int(name.removeprefix("of "))
    assert len(events) == 5 * len(generation(number))
    return number


def main(folder, first):
    """Cut one generation after the other, spilling each batch."""
    partition._HELD = 0
    partition._BATCH = 50
    for number in range(first, 10**6):
        frame = frame_of_generation(number)
        hf.partition_events(frame, folder, rows_per_part=40)
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
