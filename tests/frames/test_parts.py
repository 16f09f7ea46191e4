"""Parts of many sessions, built apart, are the whole; and what is measured of them merges."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.frames.build import build_events
from hardal_frames.frames.collector import count_properties
from hardal_frames.frames.properties import merge_counts
from hardal_frames.frames.quality import Quality, measure, measure_sessions
from tests.frames.records import SESSIONS

TYPES = st.sampled_from([None, {"a": "float", "z": "int"}, {"b": "string", "c": "bool"}])


def cut(sessions, data):
    """Cut the sessions into parts anywhere; some may be empty."""
    places = st.lists(st.integers(0, len(sessions)), max_size=4)
    borders = [0, *sorted(data.draw(places)), len(sessions)]
    return [sessions[low:high] for low, high in pairwise(borders)]


@given(SESSIONS, TYPES, st.data())
def test_parts_put_together_are_the_whole(sessions, types, data):
    """Parts built with the measure of the whole have its columns, types and values."""
    feeds = [(f"s{number}", records) for number, records in enumerate(sessions)]
    whole = measure_sessions(sessions)
    expected = build_events(feeds, types=types)
    parts = [build_events(part, types=types, whole=whole) for part in cut(feeds, data)]
    for part in parts:
        pd.testing.assert_series_equal(part.events.dtypes, expected.events.dtypes)
    joined = pd.concat([part.events for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(joined, expected.events, check_exact=True)
    for counted in ("naive_timestamps", "unreadable_timestamps", "made_ids"):
        assert sum(getattr(part.notes, counted) for part in parts) == getattr(
            expected.notes, counted
        )


@given(SESSIONS, TYPES)
def test_packing_on_the_way_changes_nothing(sessions, types):
    """However seldom texts and times are packed, the frame is the same."""
    feeds = [(f"s{number}", records) for number, records in enumerate(sessions)]
    expected = build_events(feeds, types=types)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hardal_frames.frames.build._ROWS_AT_ONCE", 3)
        often = build_events(feeds, types=types)
    pd.testing.assert_frame_equal(often.events, expected.events, check_exact=True)
    assert often.notes == expected.notes


@given(SESSIONS, st.data())
def test_measures_merge(sessions, data):
    """Measures of parts merge, in any order, to the measure of the whole."""
    whole = measure_sessions(sessions)
    apart = data.draw(st.permutations([measure(records) for records in sessions]))
    assert reduce(Quality.merge, apart, Quality()) == whole
    assert reduce(lambda later, first: first.merge(later), apart, Quality()) == whole
    counts = [count_properties(records) for records in sessions]
    assert reduce(merge_counts, counts, {}) == whole.properties


@given(SESSIONS)
def test_measure_agrees_with_the_frame(sessions):
    """What was measured is what is found in the frame."""
    built = build_events([(str(number), each) for number, each in enumerate(sessions)])
    times = built.events["timestamp"].dropna()
    quality = measure_sessions(sessions)
    assert quality.events == len(built.events)
    for counted in ("naive_timestamps", "unreadable_timestamps", "made_ids"):
        assert getattr(quality, counted) == getattr(built.notes, counted)
    instants = [moment.value // 1000 for moment in (times.min(), times.max())] if len(times) else []
    assert [quality.first, quality.last] == (instants or [None, None])
    assert {f"prop_{name}": n for name, n in quality.non_finite.items()} == built.notes.non_finite


def test_coerced_follow_from_the_merged_types():
    """Number-like texts of one session become numbers where another has numbers."""
    texts, numbers, words = (
        measure([{"timestamp": 1, "properties": {"price": value}}]) for value in ("5", 5, "five")
    )
    assert texts.coerced == {}
    assert texts.merge(numbers).coerced == {"price": 1}
    assert texts.merge(numbers).merge(words).coerced == {}


@pytest.mark.parametrize(
    ("records", "conflicting"),
    [
        ([{"id": "e", "name": "a"}, {"id": "e", "name": "b"}], 1),
        ([{"id": "e", "name": "a"}, {"name": "a", "id": "e"}], 0),
        ([{"id": "", "name": "a"}, {"id": "", "name": "b"}, {"name": "c"}, {"name": "d"}], 0),
        ([{"id": 5, "x": 1}, {"id": "5", "x": 1}, {"id": "f", "x": 1}, {"id": "f", "x": 2}], 2),
    ],
)
def test_ids_with_different_content(records, conflicting):
    """An id counts once, if it came with different content."""
    assert measure(records).conflicting_ids == conflicting
    assert measure_sessions([records, records]).conflicting_ids == 2 * conflicting


def test_ids_conflict_only_within_a_session():
    """The same id in two sessions is no conflict."""
    assert measure_sessions([[{"id": "e", "name": "a"}], [{"id": "e", "name": "b"}]]) == Quality(
        events=2, unreadable_timestamps=2
    )
