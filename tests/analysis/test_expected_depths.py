"""The table of expected funnel depths: small sessions whose right answer is known."""

from __future__ import annotations

import pytest

import hardal_frames as hf
from tests.strategies import MARCH, frame_of

# Row, events (name, second) in the order of the feed, steps, within; then the depths under
# entry=first, entry=best, and entry=best with ties=strict.
TABLE = [
    (1, "A0 B0", "A>B", None, 2, 2, 1),
    (2, "B0 A0", "A>B", None, 1, 1, 1),
    (3, "A0", "A>A", None, 1, 1, 1),
    (4, "A0 A0", "A>A", None, 2, 2, 1),
    (5, "F0 P9 P9 P10", "F>P>P", None, 3, 3, 3),
    (6, "A0 B60", "A>B", "60s", 2, 2, 2),
    (7, "A0 B60.001", "A>B", "60s", 1, 1, 1),
    (8, "A0 A30 B45 C75", "A>B>C", "60s", 2, 3, 3),
    (9, "A0 B50 C100", "A>B>C", "60s", 2, 2, 2),
    (10, "B0 A1 B2", "A>B", None, 2, 2, 2),
    (15, "A0 B1 D2 C3 D4 E5", "A>B>C>D>E", None, 5, 5, 5),
    (16, "L0 P1 K2 P3", "L>P>K", None, 3, 3, 3),
    (18, "A0 A60 B60", "A>B", "30s", 1, 2, 1),
    (18.5, "A0 A60 B61", "A>B", "30s", 1, 2, 2),
]


def session(text, session_id="s1", visitor_id="v1"):
    """Read 'A0 B60.001' as events."""
    return [
        {
            "session_id": session_id,
            "visitor_id": visitor_id,
            "id": f"{session_id}-{place}",
            "sequence": place,
            "name": word[0],
            "type": "custom",
            "path": None,
            "timestamp": MARCH + round(float(word[1:]) * 10**6),
        }
        for place, word in enumerate(text.split())
    ]


def depth(events, steps, **options):
    """How deep the only walker comes."""
    table = hf.funnel(frame_of(events), steps.split(">"), missing="zero", **options)
    return int(table["sessions"].sum())


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"row {row[0]}")
def test_expected_depth(row):
    """Each row of the table, under each option that it names."""
    _, text, steps, within, first, best, strict = row
    events = session(text)
    assert depth(events, steps, within=within, entry="first") == first
    assert depth(events, steps, within=within) == best
    assert depth(events, steps, within=within, ties="strict") == strict


@pytest.mark.parametrize("entry", ["first", "best"])
def test_visitor_walks_across_sessions(entry):
    """Row 17: A in one session and B in the next is a conversion of the visitor only."""
    events = session("A0") + session("B9", session_id="s2")
    assert depth(events, "A>B", entry=entry) == 1
    assert depth(events, "A>B", entry=entry, key="visitor_id") == 2


def test_equal_instants_of_two_sessions_of_a_visitor():
    """Between sessions of a visitor, the session's id decides before the sequence does."""
    events = [*session("C0 A5", "s1"), *session("B5", "s2")]
    assert depth(events, "A>B", key="visitor_id") == 2
    swapped = [*session("C0 A5", "s2"), *session("B5", "s1")]
    assert depth(swapped, "A>B", key="visitor_id") == 1
