"""What analysts get wrong, and what they are told."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.analysis._steps import duration_in_microseconds

ANALYSES = [
    hf.transitions,
    hf.journey_flows,
    hf.paths,
    hf.session_summary,
    lambda events: hf.compare_transitions(events, hf.sample_events(sessions=1).head(0)),
    lambda events: hf.funnel(events, ["page_view", "purchase"]),
    lambda events: hf.funnel_sessions(events, ["page_view", "purchase"]),
    lambda events: hf.time_between(events, "page_view", "purchase"),
    lambda events: hf.conversion_time(events, "page_view", "purchase", by="path"),
    hf.transition_times,
    hf.activity_by_hour,
    hf.purchases,
    hf.revenue,
    hf.touches,
    lambda events: hf.attribution(events, "purchase", visitor="session_id"),
    lambda events: hf.split_sessions(events, key="session_id"),
    lambda events: hf.retention(events, key="session_id"),
]
each_analysis = pytest.mark.parametrize("analysis", ANALYSES)


@pytest.fixture(scope="module")
def events():
    """A simulated shop."""
    return hf.sample_events()


@each_analysis
def test_empty_frame_gives_a_typed_table(analysis, events):
    """No events give a table of no sessions with the columns and types of a full one."""
    empty, full = analysis(events.head(0)), analysis(events)
    assert empty.dtypes.astype(str).to_dict() == full.dtypes.astype(str).to_dict()
    fixed = analysis is hf.activity_by_hour or {"step", "name"} <= set(full)
    if not fixed:
        assert len(empty) == 0


@each_analysis
@pytest.mark.parametrize("column", ["session_id", "timestamp", "name"])
def test_missing_column(analysis, events, column):
    """A frame without a needed column is told which, and near ones."""
    renamed = events.rename(columns={column: column[:-1]})
    with pytest.raises(hf.InvalidInput, match=f"no column '{column}'.*Did you mean '{column[:-1]}"):
        analysis(renamed)


@each_analysis
@pytest.mark.parametrize("bad", [None, [], "events.parquet", {"name": ["a"]}])
def test_no_frame(analysis, bad):
    """What is no frame is told what is needed."""
    with pytest.raises(hf.InvalidInput, match="A pandas DataFrame of events is needed"):
        analysis(bad)


@each_analysis
def test_naive_timestamps(analysis, events):
    """A naive clock is an error that says how to localise it."""
    naive = events.assign(timestamp=events["timestamp"].dt.tz_localize(None))
    with pytest.raises(hf.InvalidInput, match=r"naive.*tz_localize"):
        analysis(naive)


@each_analysis
def test_timestamps_as_text(analysis, events):
    """Text is no timestamp; the remedy is told."""
    text = events.assign(timestamp=events["timestamp"].astype(str))
    with pytest.raises(hf.InvalidInput, match=r"pd.to_datetime\(events\['timestamp'\], utc=True\)"):
        analysis(text)


@each_analysis
def test_rows_that_lack_something_are_left_out_and_counted(analysis, events):
    """One warning counts them, and the rest gives what it gives without them."""
    odd = events.copy()
    odd.loc[3, "name"] = pd.NA
    odd.loc[5, "timestamp"] = pd.NaT
    odd.loc[[7, 8], "session_id"] = pd.NA
    said = "4 of .* rows are left out: 1 without timestamp, 2 without session_id, 1 without name"
    with pytest.warns(hf.DataWarning, match=said) as caught:
        table = analysis(odd)
    assert len(caught) == 1
    assert caught[0].filename == __file__ or "lambda" in repr(analysis)
    expected = analysis(events.drop(index=[3, 5, 7, 8]))
    pd.testing.assert_frame_equal(table, expected)


def test_misspelt_event_name(events):
    """A name that no event has is an error with near names, or zero when asked."""
    with pytest.raises(hf.UnknownName, match=r"'add_to_card'.*Did you mean 'add_to_cart'"):
        hf.funnel(events, ["view_item", "add_to_card"])
    with pytest.raises(hf.UnknownName, match="Did you mean 'purchase'"):
        hf.time_between(events, "view_item", ["purchases"])
    with pytest.raises(hf.UnknownName, match="No event has path = /yok"):
        hf.funnel(events, [{"path": "/yok"}])
    table = hf.funnel(events, ["view_item", "add_to_card"], missing="zero")
    assert table["sessions"].iloc[1] == 0


def test_same_call_works_on_a_filtered_part(events):
    """An empty part of a frame gives zeros, as missing='zero' does."""
    nothing = events[events["name"] == "no such event"]
    table = hf.funnel(nothing, ["view_item", "purchase"])
    assert table["sessions"].tolist() == [0, 0]
    assert table["conversion_from_first"].isna().all()
    assert table["median_from_first"].isna().all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda events: hf.funnel(events, "purchase"), "a list of steps is needed"),
        (lambda events: hf.funnel(events, []), "a list of steps is needed"),
        (lambda events: hf.funnel(events, [7]), "A step is 7"),
        (lambda events: hf.funnel(events, [[]]), r"A step is \[\]"),
        (lambda events: hf.funnel(events, [{}]), "an empty dict"),
        (lambda events: hf.funnel(events, [{"pth": "/"}]), "Did you mean 'path'"),
        (lambda events: hf.funnel(events, ["purchase"], within="60"), "Give the unit"),
        (lambda events: hf.funnel(events, ["purchase"], within=60), "a duration such as '30min'"),
        (lambda events: hf.funnel(events, ["purchase"], within="soon"), "within is 'soon'"),
        (lambda events: hf.funnel(events, ["purchase"], within="-5min"), "not negative"),
        (lambda events: hf.funnel(events, ["purchase"], entry="last"), "allowed are 'best'"),
        (lambda events: hf.funnel(events, ["purchase"], ties="no"), "allowed are 'feed'"),
        (lambda events: hf.funnel(events, ["purchase"], missing="no"), "allowed are 'error'"),
        (lambda events: hf.time_between(events, "login", "purchase", ties="no"), "allowed are"),
        (lambda events: hf.journey_flows(events, steps=0), "steps is 0"),
        (lambda events: hf.journey_flows(events, top=True), "top is True"),
        (lambda events: hf.paths(events, top=-1), "top is -1"),
        (lambda events: hf.transitions(events, key="user"), "no column 'user'"),
        (lambda events: hf.transitions(events, key=5), "key is 5; the name of one column"),
        (lambda events: hf.transitions(events, key="name"), "key is 'name'"),
        (lambda events: hf.transitions(events, key="visitor_id"), "column of the session list"),
        (
            lambda events: hf.transitions(events.set_index("session_id")),
            r"in the index: frame.reset_index\(\)",
        ),
        (
            lambda events: hf.funnel_sessions(events.assign(reached="x"), ["login"], key="reached"),
            "key is 'reached', which is also a column of the result",
        ),
        (
            lambda events: hf.session_summary(events.assign(utm_source="x"), key="utm_source"),
            "also a column of the result",
        ),
        (lambda events: hf.funnel(events, None), "steps is None"),
        (lambda events: hf.funnel(events, 5), "steps is 5"),
        (lambda events: hf.funnel(events, {"name": "login"}), "a list of steps is needed"),
        (lambda events: hf.funnel(events, {"login", "purchase"}), "a list of steps is needed"),
        (lambda events: hf.funnel(events, iter(["login"])), "a list of steps is needed"),
        (lambda events: hf.funnel(events, [{"name": 5}]), "No event is called '5'"),
        (lambda events: hf.funnel(events, [{"name": None}]), "a missing value fills no step"),
        (lambda events: hf.funnel(events, [{5: "/"}]), "no column 5"),
        (lambda events: hf.funnel(events, ["login"], entry=["first"]), r"entry is \['first'\]"),
        (
            lambda events: hf.paths(pd.concat([events, events[["path"]]], axis="columns")),
            "more than one column called 'path'",
        ),
        (
            lambda events: hf.transitions(events.assign(sequence=float("inf"))),
            "whole numbers are needed",
        ),
        (
            lambda events: hf.transitions(events.assign(name=[["a"]] * len(events))),
            "'name' holds lists",
        ),
        (
            lambda events: hf.transitions(events.assign(sequence="x")),
            "'sequence' is of type .*whole numbers",
        ),
    ],
)
def test_bad_options(events, call, said):
    """Each bad option says its value, what is allowed and what to do."""
    with pytest.raises(hf.InvalidInput, match=said):
        call(events)


def test_frame_from_elsewhere():
    """Three columns are enough, whatever their text type; ids are then missing."""
    frame = pd.DataFrame(
        {
            "session_id": [1, 1, 2],
            "name": ["a", "b", "a"],
            "timestamp": pd.to_datetime([0, 5, 9], unit="s", utc=True),
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = hf.funnel(frame, ["a", "b"])
        rows = hf.funnel_sessions(frame, ["a", "b"])
    assert table["sessions"].tolist() == [2, 1]
    assert rows["session_id"].tolist() == [1, 2]
    assert rows["step_1_id"].isna().all()
    assert rows["step_2_time"].dtype == frame["timestamp"].dtype


def test_step_values_may_be_any_list(events):
    """Arrays and Series serve as lists of values."""
    expected = hf.funnel(events, [{"name": ["login", "search"]}])
    names = ["login", "search"]
    for values in (pd.Series(names), pd.array(names), np.array(names), set(names), tuple(names)):
        table = hf.funnel(events, [{"name": values}])
        assert table["sessions"].tolist() == expected["sessions"].tolist()
    assert hf.funnel(events, [{"path": pd.Series(["/"])}])["sessions"][0] > 0


def test_integer_ids_keep_their_digits():
    """Ids are text in results, and a missing one makes no float of the others."""
    frame = pd.DataFrame(
        {
            "session_id": ["s", "s", "t"],
            "id": [2**60 + 1, 2**60 + 3, 2**60 + 5],
            "name": ["a", "b", "a"],
            "timestamp": pd.to_datetime([0, 5, 9], unit="s", utc=True),
        }
    )
    rows = hf.funnel_sessions(frame, ["a", "b"])
    assert rows["step_2_id"].tolist() == [str(2**60 + 3), pd.NA]
    assert hf.time_between(frame, "a", "b")["end_id"].tolist() == [str(2**60 + 3)]


def test_names_and_ids_of_mixed_types():
    """1 and "1" are one name, as they read alike; as ids they still order ties for good."""
    frame = pd.DataFrame(
        {
            "session_id": ["s"] * 4,
            "id": [1, "1", 2, "2"],
            "name": [1, "1", "b", "b"],
            "path": ["/a", "/b", "/c", "/d"],
            "timestamp": pd.to_datetime([0] * 4, unit="s", utc=True),
        }
    )
    assert hf.funnel(frame, ["1", "1"])["sessions"].tolist() == [1, 1]
    assert set(hf.transitions(frame)["source"].dropna()) == {"1", "b"}
    expected = hf.session_summary(frame)
    for seed in range(10):
        shuffled = frame.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(hf.session_summary(shuffled), expected)


def test_page_views_without_types(events):
    """Where no event has a type, page views are told by their name."""
    expected = hf.session_summary(events)["page_views"]
    for other in (events.drop(columns="type"), events.assign(type=pd.NA)):
        pd.testing.assert_series_equal(hf.session_summary(other)["page_views"], expected)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_any_resolution(events, unit):
    """Timestamps of any resolution give the same where nothing is rounded."""
    seconds = events.assign(timestamp=events["timestamp"].dt.floor("s"))
    other = seconds.assign(timestamp=seconds["timestamp"].dt.as_unit(unit))
    pd.testing.assert_frame_equal(hf.transitions(other), hf.transitions(seconds))


def test_arrow_timestamps(events):
    """Frames whose columns are pyarrow's are read as well."""
    arrow = events.assign(timestamp=events["timestamp"].astype("timestamp[us, tz=UTC][pyarrow]"))
    pd.testing.assert_frame_equal(hf.transitions(arrow), hf.transitions(events))
    naive = events.assign(
        timestamp=events["timestamp"].dt.tz_localize(None).astype("timestamp[us][pyarrow]")
    )
    with pytest.raises(hf.InvalidInput, match="naive"):
        hf.transitions(naive)


@pytest.mark.parametrize(
    ("written", "days"), [("7d", 7), ("1w", 7), ("1w 2d", 9), ("1 d", 1), ("2 days", 2), ("1W", 7)]
)
def test_days_and_weeks_in_small_letters(written, days):
    """They are what people write, and no warning of pandas' own units comes of it."""
    assert duration_in_microseconds(written, "within") == days * 86_400_000_000


def test_arguments_in_the_wrong_order_show_no_data(events):
    """Who gives the frame where the steps belong is told so, and sees none of its values."""
    for call in (
        lambda: hf.funnel(["view_item"], events),
        lambda: hf.funnel(events, [events, "purchase"]),
        lambda: hf.funnel(events, ["view_item", "purchase"], by=events),
    ):
        with pytest.raises(hf.InvalidInput) as caught:
            call()
        assert str(events["session_id"].iloc[0]) not in str(caught.value)
    with pytest.raises(hf.InvalidInput, match="steps is a DataFrame"):
        hf.funnel(events, events)


def test_large_sequences_beside_missing_ones():
    """They decide before names do, however large they are; who lacks one comes last."""
    events = pd.DataFrame(
        {
            "session_id": "s",
            "name": ["none", "after", "before"],
            "timestamp": pd.Timestamp("2026-03-02", tz="UTC"),
            "sequence": np.array([None, 2**60 + 1, 2**60], dtype=object),
        }
    )
    pairs = hf.transitions(events)
    assert set(zip(pairs["source"], pairs["target"], strict=True)) >= {
        ("before", "after"),
        ("after", "none"),
    }


def test_a_key_that_cannot_be_used_in_a_row_that_is_left_out():
    """It is left out as any other, and told of."""
    events = pd.DataFrame(
        {
            "session_id": pd.Series(["s", "s", ["x"]], dtype=object),
            "timestamp": pd.to_datetime([1, 2, None], unit="s", utc=True),
            "name": ["a", "b", "c"],
        }
    )
    with pytest.warns(hf.DataWarning, match="1 without timestamp"):
        assert hf.transitions(events)["count"].sum() == 3
    with pytest.raises(hf.InvalidInput, match="'session_id' holds lists"):
        hf.transitions(events.assign(timestamp=events["timestamp"].ffill()))


def test_instants_are_no_sequence():
    """Though pandas makes numbers of them."""
    instant = pd.Timestamp("2026-01-01", tz="UTC")
    events = pd.DataFrame({"session_id": "s", "timestamp": instant, "name": list("ab")})
    days = pd.Series([pd.Timestamp("2020-01-02"), pd.Timestamp("2020-01-01")], dtype=object)
    with pytest.raises(hf.InvalidInput, match="whole numbers"):
        hf.transitions(events.assign(sequence=days))
