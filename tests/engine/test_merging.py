"""Counted in parts, in any partition and merged in any order, an analysis gives one table."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.analysis import _parts
from hardal_frames.analysis._counting import Counting, merged
from tests.analysis.people import CAMPAIGN, MONEY, people_frame, visits
from tests.engine.analyses import ATTRIBUTIONS, BY_SESSION, BY_VISITOR

NAMES = ("A", "A", "B", "B", "C", "purchase")
EVENTS = visits(names=NAMES, **MONEY, **CAMPAIGN)
SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=3 * settings.default.max_examples)
"""An analysis is drawn for each example, so that a day tries each a few times."""


class InParts(hf.EventScan):
    """Parts of a frame, counted in any order and merged as any tree."""

    def __init__(self, parts, seed):
        self.parts = parts
        self.random = np.random.default_rng(seed)

    def computed(self, counting):
        """Count, merge and finish, each value pickled on its way."""
        while isinstance(counting, Counting):
            counting = pickle.loads(pickle.dumps(counting))  # noqa: S301  (our own)
            counted = [counting.count(part) for part in self.parts]
            counted = [pickle.loads(pickle.dumps(each)) for each in counted]  # noqa: S301
            self.random.shuffle(counted)
            while len(counted) > 1:
                begin = int(self.random.integers(len(counted) - 1))
                end = int(self.random.integers(begin + 2, len(counted) + 1))
                counted[begin:end] = [merged(counted[begin:end])]
            counting = counting.finish(counted[0])
        return counting


def cut(frame, walkers, seed):
    """Cut a frame into parts, no walker in two of them, the rows in any order."""
    random = np.random.default_rng(seed)
    codes = pd.factorize(walkers)[0]
    home = random.integers(0, random.integers(1, 6), size=codes.max(initial=0) + 1)
    rows = random.permutation(len(frame))
    number = home[codes[rows]]
    parts = [frame.take(rows[number == each]) for each in range(int(home.max(initial=0)) + 2)]
    random.shuffle(parts)
    return InParts([part.reset_index(drop=True) for part in parts], seed)


@MANY
@given(name=st.sampled_from(sorted(BY_SESSION)), events=EVENTS, seed=SEEDS)
def test_parts_by_session(name, events, seed):
    """Equal to the bit, rows, order and types."""
    frame = people_frame(events)
    expected = BY_SESSION[name](frame)
    pd.testing.assert_frame_equal(
        BY_SESSION[name](cut(frame, frame["session_id"], seed)), expected, check_exact=True
    )


@MANY
@given(name=st.sampled_from(sorted(BY_SESSION)), events=EVENTS, rows=st.integers(1, 9))
def test_one_frame_is_worked_on_in_pieces_of_any_size(name, events, rows):
    """What fits the processor's cache is an accident, and no number depends on it."""
    frame = people_frame(events)
    expected = BY_SESSION[name](frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_parts, "AT_ONCE", rows)
        found = BY_SESSION[name](frame)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@MANY
@given(name=st.sampled_from(sorted(BY_VISITOR)), events=EVENTS, seed=SEEDS)
def test_parts_by_visitor(name, events, seed):
    """Visitors' analyses, where visitors are kept together."""
    frame = people_frame(events)
    expected = BY_VISITOR[name](frame)
    pd.testing.assert_frame_equal(
        BY_VISITOR[name](cut(frame, frame["visitor_id"], seed)), expected, check_exact=True
    )


def of_one_visitor_each(events):
    """Give all events of a session the visitor of its first row; some sessions have none."""
    first = {}
    for event in events:
        first.setdefault(event["session_id"], event["visitor_id"])
    first["s3"] = None
    return [{**event, "visitor_id": first[event["session_id"]]} for event in events]


@MANY
@given(
    name=st.sampled_from(sorted(ATTRIBUTIONS)), events=EVENTS.map(of_one_visitor_each), seed=SEEDS
)
def test_attribution_in_parts(name, events, seed):
    """Also where one order comes in sessions of two parts."""
    frame = people_frame(events)
    expected = ATTRIBUTIONS[name](frame)
    walkers = frame["visitor_id"].fillna(frame["session_id"])
    pd.testing.assert_frame_equal(
        ATTRIBUTIONS[name](cut(frame, walkers, seed)), expected, check_exact=True
    )


@given(events=EVENTS.filter(len), seed=SEEDS)
def test_a_misspelt_step_is_told_with_near_names_of_all_parts(events, seed):
    """As for a frame: the same error with the same words."""
    frame = people_frame(events)
    scan = cut(frame, frame["session_id"], seed)
    for call in (
        lambda events: hf.funnel(events, ["A", "purchas"]),
        lambda events: hf.time_between(events, "b", "A"),
        lambda events: hf.journey_flows(events, anchor="purchase_"),
        lambda events: hf.conversion_time(events, {"prop_currency": "USD"}, "A"),
    ):
        with pytest.raises(hf.UnknownName) as of_frame:
            call(frame)
        with pytest.raises(hf.UnknownName) as of_parts:
            call(scan)
        assert str(of_parts.value) == str(of_frame.value)
