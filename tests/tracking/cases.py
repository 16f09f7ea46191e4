"""What the tests of the audit share: small frames, and findings as sets."""

from __future__ import annotations

import pandas as pd

from hardal_frames.frames.build import build_events
from hardal_frames.frames.sessions import sessions_from_records
from hardal_frames.tracking.audit import audit

NOW = "2026-06-01T00:00:00Z"
MONDAY = pd.Timestamp("2026-03-02T10:00:00Z")


def event(name="page_view", second=0.0, session="s1", **fields):
    """One API-shaped event, so many seconds after Monday ten o'clock."""
    instant = MONDAY + pd.Timedelta(round(second * 1000), unit="ms")
    own = {key: fields.pop(key) for key in ("url", "path", "title", "referrer") if key in fields}
    kind = "pageview" if name == "page_view" else "custom"
    return {
        "sessionId": session,
        "type": fields.pop("type", kind),
        "name": name,
        "timestamp": instant.isoformat(),
        **own,
        "properties": fields,
    }


def frame(*events):
    """Make the events frame; ids are e0, e1 ... in the order given."""
    by_session = {}
    for number, record in enumerate(events):
        by_session.setdefault(record["sessionId"], []).append({"id": f"e{number}", **record})
    return build_events(by_session.items(), timezone="Europe/Istanbul").events


def found(events, check, *, sessions=None, **options):
    """Find with one check: for each finding its severity, name, property and ids of events."""
    options = {"now": NOW} | options
    table = audit(events, sessions, checks=[check], examples=None, **options)
    return [
        (row.severity, none(row.name), none(row.property), set(row.example_ids))
        for row in table.set_index(pd.RangeIndex(len(table))).itertuples(index=False)
    ]


def ids(events, check, **options):
    """Ids of all events that a check flags."""
    return set().union(*(each[3] for each in found(events, check, **options)))


def none(value):
    """Write a missing text as None."""
    return None if pd.isna(value) else value


def frames_of(recording):
    """Make the events and sessions frames of a recording."""
    events = build_events(recording.events.items(), timezone="Europe/Istanbul").events
    return events, sessions_from_records(recording.sessions)


def flagged(recording):
    """Check to the ids that its findings name, for all checks; sessions that have no events too."""
    events, sessions = frames_of(recording)
    table = audit(events, sessions, examples=None)
    by_check = {}
    for check, event_ids, session_ids in zip(
        table["check"], table["example_ids"], table["example_sessions"], strict=True
    ):
        by_check.setdefault(check, set()).update(event_ids or session_ids)
    return by_check
