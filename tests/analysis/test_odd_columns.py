"""Columns of unusual types, and names that meet those of a result."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import hardal_frames as hf

DICTIONARY = pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))


def feed():
    """Events by time, so that sessions are not in runs."""
    return hf.sample_events(sessions=60).sort_values("timestamp")


def test_dictionaries_of_arrow_with_values_that_do_not_occur():
    """A part of a frame has the sessions that it has, and no others."""
    plain = feed()
    late = plain["timestamp"] > plain["timestamp"].quantile(0.9)
    coded = plain.astype({"session_id": DICTIONARY, "name": DICTIONARY, "path": DICTIONARY})
    for analysis in (hf.transitions, hf.paths, hf.session_summary, hf.activity_by_hour):
        expected, found = analysis(plain[late]), analysis(coded[late])
        columns = [name for name in expected if name != "session_id"]
        pd.testing.assert_frame_equal(found[columns], expected[columns], check_dtype=False)


def test_nulls_and_doubles_inside_a_dictionary_of_arrow():
    """A null is missing wherever it stands, and equal names are one."""
    coded = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 2, 3], pa.int32()), pa.array(["a", "b", "a", None])
    )
    frame = pd.DataFrame(
        {
            "session_id": "s",
            "name": pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([coded]))),
            "timestamp": pd.date_range("2026-03-02", periods=4, tz="UTC"),
        }
    )
    with pytest.warns(hf.DataWarning, match="1 without name"):
        assert hf.paths(frame)["path"].tolist() == [("a", "b", "a")]


def test_durations_that_nothing_exceeds():
    """The longest duration there is limits nothing."""
    events = feed()
    steps = ["view_item", "add_to_cart"]
    longest = np.timedelta64(2**63 - 1, "us")
    for ties in ("feed", "either"):
        expected = hf.funnel(events, steps, ties=ties)
        found = hf.funnel(events, steps, ties=ties, within=longest, step_within=longest)
        pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("by", ["drop_off", "ci_low", "p90_from_first", "sessions"])
def test_by_a_column_of_the_table(by):
    """A column of the result never takes the place of the groups."""
    events = feed()
    with pytest.raises(hf.InvalidInput, match="by is .*also a column of the result"):
        hf.funnel(events.assign(**{by: events["path"]}), ["view_item"], by=by)


@pytest.mark.parametrize("by", ["step_1_id", "reached", "session_id"])
def test_by_a_column_of_the_sessions(by):
    """Likewise where sessions are listed."""
    events = feed()
    frame = events if by in events else events.assign(**{by: events["path"]})
    with pytest.raises(hf.InvalidInput, match="by is .*also a column of the result"):
        hf.funnel_sessions(frame, ["view_item"], by=by)


def test_trend_of_arrow_timestamps():
    """Timestamps that Arrow holds have days as well."""
    events = feed()
    converted = events.convert_dtypes(dtype_backend="pyarrow")
    expected = hf.funnel(events, ["view_item"], trend="day")
    found = hf.funnel(converted, ["view_item"], trend="day")
    assert found["sessions"].tolist() == expected["sessions"].tolist()


@pytest.mark.parametrize("step", [5, None, {"name": 5}, {"b", 1}, {"name": []}])
@pytest.mark.parametrize("order", ["ordered", "any"])
def test_steps_that_are_none(step, order):
    """What is no step is told in our words, under every order."""
    with pytest.raises(hf.HardalError):
        hf.funnel(feed(), ["view_item", step], order=order, exclude="search")


def test_a_key_that_is_no_name():
    """A list of columns, or nothing, is no key."""
    for key in (None, ["session_id"]):
        with pytest.raises(hf.InvalidInput, match="the name of one column"):
            hf.transitions(feed(), key=key)


def test_many_steps_at_many_instants_are_done_in_halves(monkeypatch):
    """Walkers may be taken apart without any change."""
    events = feed().assign(timestamp=lambda frame: frame["timestamp"].dt.floor("min"))
    steps = ["page_view", "view_item", "add_to_cart"]
    for options in ({"ties": "either"}, {"order": "any"}):
        expected = hf.funnel_sessions(events, steps, **options)
        with monkeypatch.context() as patch:
            patch.setattr("hardal_frames.analysis._funnel.places.MOST_COUNTS", 64)
            found = hf.funnel_sessions(events, steps, **options)
        pd.testing.assert_frame_equal(found, expected)
