"""Exports to test with."""

from __future__ import annotations

import hardal_frames as hf
from hardal_frames.frames.build import build_events
from hardal_frames.frames.sessions import sessions_from_records
from hardal_frames.store._buckets import export_buckets

ZONE = "Europe/Istanbul"


def export(folder, sessions, *, rows=300, types=None, list_rows=()):
    """Export sessions, given as a dict of id to records."""
    return export_buckets(
        folder,
        session_ids=list(sessions),
        event_counts=[len(records) for records in sessions.values()],
        read=lambda names: ((name, sessions[name]) for name in names),
        sessions=sessions_from_records(list(list_rows), timezone=ZONE),
        timezone=ZONE,
        types=types,
        rows_per_bucket=rows,
    )


def built(sessions, *, types=None):
    """Build the same sessions at once."""
    return build_events(sessions.items(), timezone=ZONE, types=types).events


def simulated(count, seed=1):
    """Simulate sessions, with their rows of the list."""
    from hardal_frames.sandbox.simulator import simulate  # noqa: PLC0415

    recording = simulate(sessions=count, seed=seed)
    return dict(recording.events), recording.sessions


def generation(number):
    """Sessions whose events all tell which export they are of."""
    return {
        f"s{index}": [{"id": f"{index}", "name": f"of {number}", "timestamp": 1_772_434_800}] * 5
        for index in range(40 + number % 7)
    }


def told_generation(folder):
    """Number of the export that a folder holds, all of it; None if there is no folder."""
    if not folder.exists():
        return None
    events = hf.read_events(folder)
    [name] = events["name"].unique()
    number = int(name.removeprefix("of "))
    assert len(events) == 5 * len(generation(number))
    return number
