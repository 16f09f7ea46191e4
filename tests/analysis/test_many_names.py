"""Names and times so many and far apart that they do not fit into one integer together."""

from __future__ import annotations

import random

import pandas as pd
import pytest
from hypothesis import given

import hardal_frames as hf
from hardal_frames.analysis import _order, _statistics, journeys
from tests import twins
from tests.strategies import EVENT_LISTS, MARCH, frame_of, microseconds, numbered, plain


def far_apart(names, seed):
    """Events of two sessions under many names, up to a century from first to last."""
    chance = random.Random(seed)
    events = []
    for session in ("s1", "s2"):
        instant = MARCH - 40 * 365 * 86_400 * 10**6
        for _ in range(names):
            events.append(
                {
                    "session_id": session,
                    "visitor_id": "v1",
                    "name": f"name {chance.randrange(names * 2)}",
                    "type": "custom",
                    "path": None,
                    "timestamp": instant,
                }
            )
            instant += chance.randrange(2 * 80 * 365 * 86_400 * 10**6 // names)
    return numbered(events)


def test_transitions_of_many_names():
    """Medians and p90 are those of the twin."""
    events = far_apart(1_500, seed=3)
    for key in ("session_id", "visitor_id"):
        table = hf.transitions(frame_of(events), key=key)
        found = {
            (plain(source), plain(target)): (count, sessions, share, median, p90)
            for source, target, count, sessions, share, median, p90 in zip(
                table["source"],
                table["target"],
                table["count"],
                table["sessions"],
                table["probability"],
                map(microseconds, table["median"]),
                map(microseconds, table["p90"]),
                strict=True,
            )
        }
        assert found == twins.transitions(events, key)


@pytest.mark.parametrize("bits", [1, 12, 40])
@given(events=EVENT_LISTS)
def test_other_ways_where_integers_are_too_narrow(bits, events):
    """What is done for huge inputs gives what is done for others."""
    frame = frame_of(events).sample(frac=1, random_state=1)
    expected = hf.transitions(frame, key="visitor_id")
    with pytest.MonkeyPatch.context() as patch:
        for module in (journeys, _statistics, _order):
            patch.setattr(module, "BITS", bits)
        narrow = hf.transitions(frame, key="visitor_id")
    pd.testing.assert_frame_equal(narrow, expected)
