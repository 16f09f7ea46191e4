"""Clients of the faulty server, and what their frames say beside what the oracle says."""

from __future__ import annotations

from datetime import UTC, datetime

import hardal_frames as hf
from tests.api.faulty import KEY, SIGNAL
from tests.api.faulty_world import each_once, expected

TRIES = 6
"""Requests that one answer may take at most."""


def client_of(server, **options):
    """Make a client whose waits take no time; the timeout is longer than any of them."""
    usual = {
        "timeout": 100_000.0,
        "page_size": 4,
        "clock": server.time.clock,
        "sleep": server.time.sleep,
    }
    return hf.Client(KEY, SIGNAL, base_url=server.base_url, **(usual | options))


def shown(frame):
    """What a frame of events says, as plain values; made ids are None."""
    return [
        (
            row["session_id"],
            None if row["id"].startswith("made-") else row["id"],
            row["name"],
            row["timestamp"].tz_convert(UTC).to_pydatetime(),
            int(row["prop_n"]),
            row["prop_label"],
        )
        for row in frame.to_dict("records")
    ]


def told(feeds):
    """What the oracle's records say, as the same plain values."""
    return [
        (
            session_id,
            each.get("id"),
            each["name"],
            datetime.fromisoformat(each["timestamp"]),
            each["properties"]["n"],
            each["properties"]["label"],
        )
        for session_id, feed in feeds.items()
        for each in feed
    ]


def truth(server, *session_ids):
    """What a frame of these sessions must say now."""
    return told({each: expected(server.world, each) for each in session_ids})


def assert_true(server, frame, *session_ids):
    """Check that a frame says of these sessions what the oracle says now."""
    assert ids_of(shown(frame)) == ids_of(truth(server, *session_ids))
    assert shown(frame) == truth(server, *session_ids)


def assert_was_true(server, frame, session_id, *, since=0, ordered=True):
    """Check that a frame is the whole session as it was at one moment since that version."""
    states = [
        told({session_id: each_once(state)})
        for state in server.world.states_since(session_id, since)
        if state is not None
    ]
    got = shown(frame)
    if not ordered:
        assert frame["timestamp"].is_monotonic_increasing
        got, states = sorted(got), [sorted(state) for state in states]
    assert got in states, f"got {ids_of(got)}, never so: {[ids_of(state) for state in states]}"


def ids_of(rows):
    """Ids alone, for a short message."""
    return " ".join(f"{row[0]}/{row[1]}" for row in rows)


def or_error(server, fetch):
    """Fetch; an error must hold only what the server gave, each event once.

    Returns
    -------
    tuple
        The frame and None, or None and the error.
    """
    try:
        return fetch(), None
    except hf.IncompleteSession as error:
        frame = error.events
        held = list(zip(frame["session_id"], frame["id"], strict=True))
        assert len(held) == len(set(held))
        assert {each for _, each in held if not each.startswith("made-")} <= given_ids(server)
        return None, error
    except hf.InvalidInput:
        raise
    except hf.HardalError as error:
        return None, error


def given_ids(server):
    """Ids of all events that the server sent, whether or not they came through."""
    values = [each.value for each in server.requests if each.session_id]
    return {
        row.get("id")
        for value in values
        if isinstance(value, dict)
        for row in value.get("events") or ()
        if isinstance(row, dict)
    }
