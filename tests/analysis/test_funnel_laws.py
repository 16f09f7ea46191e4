"""What must hold of the funnel under every option."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import hardal_frames as hf
from tests.funnel_cases import drawn
from tests.strategies import plain

ADDED = ["sessions", "drop_off"]
# A law runs the funnel many times for each example.
few = settings(max_examples=settings.default.max_examples // 3)


@pytest.fixture(scope="module")
def events():
    """A simulated shop."""
    return hf.sample_events()


def reached_by_walker(case, frame):
    """Walker to the number of steps it reached."""
    rows = case.funnel_sessions(frame)
    return dict(zip(rows[case.key], rows["reached"], strict=True))


def groups_of(table, names):
    """The group of each row, missing values as None."""
    return [tuple(plain(row[name]) for name in names) for row in table.to_dict("records")]


@few
@given(drawn(), st.integers(0, 99))
def test_row_order_changes_nothing(drawn_example, seed):
    """A shuffled frame gives the same tables, to the bit."""
    case, events = drawn_example
    frame = case.frame(events)
    shuffled = frame.sample(frac=1, random_state=seed)
    for run in (case.funnel, case.funnel_sessions):
        pd.testing.assert_frame_equal(run(shuffled), run(frame), check_exact=True)


@few
@given(drawn())
def test_input_is_not_changed(drawn_example):
    """The frame is the same afterwards."""
    case, events = drawn_example
    frame = case.frame(events)
    before = frame.copy(deep=True)
    case.funnel(frame)
    case.funnel_sessions(frame)
    pd.testing.assert_frame_equal(frame, before)


@few
@given(drawn())
def test_every_count_is_a_count_of_rows(drawn_example):
    """Each number of sessions in the table is the number of rows of the drill-down."""
    case, events = drawn_example
    frame = case.frame(events)
    table, rows = case.funnel(frame), case.funnel_sessions(frame)
    groups = [name for name in (case.by, "period") if name in rows]
    required = 0
    for number, step in enumerate(case.steps, start=1):
        if isinstance(step, tuple):
            did = rows[f"step_{number}_time"].notna()
        else:
            required += 1
            did = rows["reached"] >= required
        counted = table[table["step"] == number]
        assert counted["sessions"].sum() == did.sum()
        said = dict(zip(groups_of(counted, groups), counted["sessions"], strict=True))
        assert Counter(said) == Counter(groups_of(rows[did], groups))
        if case.order != "any":
            assert rows[f"step_{number}_time"].notna().equals(did)
    done = rows[[f"step_{number}_time" for number in range(1, len(case.steps) + 1)]].notna()
    optional = [isinstance(step, tuple) for step in case.steps]
    assert (done.loc[:, np.logical_not(optional)].sum(axis=1) == rows["reached"]).all()


@few
@given(drawn(by=None, trend=None))
def test_rows_are_within_their_bounds(drawn_example):
    """Shares lie in their interval, quantiles ascend, later steps have no more sessions."""
    case, events = drawn_example
    table = case.funnel(case.frame(events))
    assert not (table["ci_low"] > table["conversion_from_first"] + 1e-12).any()
    assert not (table["ci_high"] < table["conversion_from_first"] - 1e-12).any()
    assert (table["drop_off"] >= 0).all()
    for since in ("previous", "first"):
        quantiles = [table[f"{name}_from_{since}"] for name in ("median", "p75", "p90", "p95")]
        for lower, higher in pairwise(quantiles):
            assert not (lower > higher).any()
    required = [not isinstance(step, tuple) for step in case.steps]
    counts = table.loc[required, "sessions"]
    assert counts.is_monotonic_decreasing
    lost = table.loc[required, "drop_off"].sum()
    assert lost == counts.iloc[0] - counts.iloc[-1]


@few
@given(drawn(by=None), st.sampled_from(["path", "product_id", "variant", "type"]))
def test_groups_add_up(drawn_example, by):
    """The funnels of all values of a column add up to the funnel without it."""
    case, events = drawn_example
    frame = case.frame(events)
    keys = ["step", "name"] if case.trend is None else ["period", "step", "name"]
    whole = case.funnel(frame).groupby(keys)[ADDED].sum()
    parts = replace(case, by=by).funnel(frame).groupby(keys)[ADDED].sum()
    if parts.empty:
        assert not whole.to_numpy().any()
        return
    pd.testing.assert_frame_equal(parts, whole)
    grouped = replace(case, by=by).funnel_sessions(frame)
    pd.testing.assert_frame_equal(grouped.drop(columns=by), case.funnel_sessions(frame))


@few
@given(drawn(trend=None))
def test_periods_add_up(drawn_example):
    """Days add up to weeks, and weeks to the funnel without a trend."""
    case, events = drawn_example
    frame = case.frame(events)
    keys = ["step", "name"] if case.by is None else [case.by, "step", "name"]
    whole = case.funnel(frame).groupby(keys, dropna=False)[ADDED].sum()
    days, weeks = (replace(case, trend=trend).funnel(frame) for trend in ("day", "week"))
    if days.empty:
        assert weeks.empty
        assert not whole.to_numpy().any()
        return
    for table in (days, weeks):
        parts = table.groupby(keys, dropna=False)[ADDED].sum()
        pd.testing.assert_frame_equal(parts, whole)
        assert table["period"].dtype == frame["timestamp"].dtype
    mondays = days["period"].dt.tz_localize(None)
    mondays -= pd.to_timedelta(mondays.dt.day_of_week, unit="D")
    of_days = days.assign(week=mondays.dt.date).groupby(["week", *keys], dropna=False)[ADDED].sum()
    assert (weeks["period"].dt.day_of_week == 0).all()
    of_weeks = weeks.assign(week=weeks["period"].dt.date).groupby(["week", *keys], dropna=False)
    pd.testing.assert_frame_equal(of_days, of_weeks[ADDED].sum())


@few
@given(drawn(order="ordered"), st.data())
def test_an_optional_step_changes_no_required_one(drawn_example, data):
    """All rows of the required steps stay as they are without the optional ones."""
    case, events = drawn_example
    frame = case.frame(events)
    bare = replace(case, steps=[step for step in case.steps if not isinstance(step, tuple)])
    place = data.draw(st.integers(1, len(bare.steps)))
    added = ("optional", data.draw(st.sampled_from(["A", "B", "other", ["A", "C"]])))
    more = replace(bare, steps=[*bare.steps[:place], added, *bare.steps[place:]])
    expected = bare.funnel(frame)
    for case_with in (case, more):
        table = case_with.funnel(frame)
        if case_with.steps != bare.steps:
            table = table[~table["optional"]].drop(columns="optional")
        columns = [name for name in table if name != "step"]
        pd.testing.assert_frame_equal(
            table[columns].reset_index(drop=True), expected[columns].reset_index(drop=True)
        )
    reached = bare.funnel_sessions(frame)[[case.key, "reached"]]
    pd.testing.assert_frame_equal(more.funnel_sessions(frame)[[case.key, "reached"]], reached)


@few
@given(drawn(by=None, trend=None))
def test_what_limits_nothing_changes_nothing(drawn_example):
    """A window without end, an exclusion of nothing, a column with one value."""
    case, events = drawn_example
    frame = case.frame(events).assign(one="value")
    for name, limit in (("within", None), ("step_within", None), ("exclude", None), ("hold", None)):
        free = replace(case, **{name: limit})
        expected = free.funnel_sessions(frame)
        for nothing in {"exclude": ("E", [], ["E"]), "hold": ("one", [])}.get(name, (10**12,)):
            if name == "step_within" and case.order == "any":
                continue
            found = replace(case, **{name: nothing}).funnel_sessions(frame)
            pd.testing.assert_frame_equal(found, expected)


@few
@given(drawn(by=None, trend=None))
def test_more_freedom_comes_no_less_far(drawn_example):
    """Each walker comes at least as far under the freer of two options."""
    case, events = drawn_example
    frame = case.frame(events)
    freedoms = [
        ({"entry": "first"}, {"entry": "best"}),
        ({"ties": "strict"}, {"ties": "feed"}),
        ({"ties": "feed"}, {"ties": "either"}),
        ({}, {"within": None}),
        ({}, {"step_within": None}),
    ]
    if case.entry == "best":
        # Under entry "first" what is held decides which event is the first.
        freedoms.append(({}, {"hold": None}))
    freedoms.append(({}, {"exclude": None}))
    if case.order == "strict":
        freedoms.append(({}, {"order": "ordered"}))
    if case.entry == "best":
        steps = [step for step in case.steps if not isinstance(step, tuple)]
        bare = {"steps": steps, "exclude": None, "step_within": None}
        freedoms.append((bare, {**bare, "order": "any"}))
    for tight, free in freedoms:
        less = reached_by_walker(replace(case, **tight), frame)
        more = reached_by_walker(replace(case, **free), frame)
        behind = {walker for walker in less if more.get(walker, 0) < less[walker]}
        assert not behind, (tight, free)


@few
@given(drawn(by=None, trend=None, key="session_id"))
def test_sessions_do_not_know_of_each_other(drawn_example):
    """Each session alone gives the row that it has among the others."""
    case, events = drawn_example
    frame = case.frame(events)
    whole = case.funnel_sessions(frame)
    assume(len(whole))
    alone = [case.funnel_sessions(part) for _, part in frame.groupby("session_id")]
    together = pd.concat([each for each in alone if len(each)], ignore_index=True)
    pd.testing.assert_frame_equal(
        together.sort_values("session_id", ignore_index=True),
        whole.sort_values("session_id", ignore_index=True),
    )


@few
@given(drawn(hold="variant", by="path"))
def test_types_of_columns_change_nothing(drawn_example):
    """Categories, objects and floats with NaN serve as well as text and nullable integers."""
    case, events = drawn_example
    frame = case.frame(events)
    expected, rows = case.funnel(frame), case.funnel_sessions(frame)
    for dtype in ("category", "object"):
        other = frame.astype(dict.fromkeys(["session_id", "visitor_id", "name", "path"], dtype))
        other["variant"] = frame["variant"].astype("float64" if dtype == "object" else "category")
        for found, wanted in ((case.funnel(other), expected), (case.funnel_sessions(other), rows)):
            got, want = found.astype(object), wanted.astype(object)
            pd.testing.assert_frame_equal(
                got.where(got.notna(), None), want.where(want.notna(), None), check_dtype=False
            )


@few
@given(drawn(trend=None))
def test_zone_changes_nothing_but_the_display(drawn_example):
    """The same instants in another zone give the same numbers."""
    case, events = drawn_example
    frame = case.frame(events)
    there = frame.assign(timestamp=frame["timestamp"].dt.tz_convert("Pacific/Auckland"))
    pd.testing.assert_frame_equal(case.funnel(there), case.funnel(frame))
    rows, here = case.funnel_sessions(there), case.funnel_sessions(frame)
    pd.testing.assert_frame_equal(rows, here, check_dtype=False)


@few
@given(drawn())
def test_events_that_lack_something_stand_between_nothing(drawn_example):
    """What has no name, time or walker is no neighbour, no step and no exclusion."""
    case, events = drawn_example
    whole = [each for each in events if None not in (each["name"], each[case.key])]
    expected_table = case.funnel(case.frame(whole))
    expected_rows = case.funnel_sessions(case.frame(whole))
    frame = case.frame(events)
    for table, expected in (
        (case.funnel(frame), expected_table),
        (case.funnel_sessions(frame), expected_rows),
    ):
        pd.testing.assert_frame_equal(table, expected)


def test_events_without_a_time_stand_between_nothing(events):
    """A row without a time is left out, and a warning counts it."""
    steps = ["view_item", "add_to_cart"]
    expected = hf.funnel(events, steps, order="strict")
    timeless = pd.Series(pd.NaT, index=events.index, dtype=events["timestamp"].dtype)
    odd = pd.concat([events, events.assign(timestamp=timeless)], ignore_index=True)
    with pytest.warns(hf.DataWarning, match="without timestamp"):
        pd.testing.assert_frame_equal(hf.funnel(odd, steps, order="strict"), expected)


OPTION_SETS = [
    {"by": "path"},
    {"trend": "day"},
    {"by": "path", "trend": "week"},
    {"order": "any", "by": "path"},
    {"order": "strict", "trend": "week", "entry": "first"},
    {"hold": "path", "exclude": "search", "ties": "either"},
    {"step_within": "1h", "within": "2h", "by": "path"},
]


@pytest.mark.parametrize("options", OPTION_SETS, ids=str)
@pytest.mark.parametrize("optional", [False, True])
def test_no_events(events, options, optional):
    """No events: zeros, or no rows where there are groups; columns and types as of a full table."""
    steps = ["page_view", "add_to_cart", "purchase"]
    if optional and options.get("order") is None:
        steps.insert(1, hf.optional("view_item"))
    table, rows = hf.funnel(events, steps, **options), hf.funnel_sessions(events, steps, **options)
    nothing = events.head(0)
    empty = hf.funnel(nothing, steps, **options)
    assert empty.dtypes.to_dict() == table.dtypes.to_dict()
    grouped = {"by", "trend"} & set(options)
    assert empty["sessions"].tolist() == ([] if grouped else [0] * len(steps))
    no_rows = hf.funnel_sessions(nothing, steps, **options)
    assert no_rows.dtypes.to_dict() == rows.dtypes.to_dict()
    assert len(no_rows) == 0


def test_types_of_the_table(events):
    """Every column has the type that the docstring says."""
    steps = ["page_view", hf.optional("view_item"), "purchase"]
    table = hf.funnel(events, steps, by="path", trend="day")
    durations = [
        f"{name}_from_{since}"
        for since in ("previous", "first")
        for name in ("median", "p75", "p90", "p95")
    ]
    assert table.dtypes.astype(str).to_dict() == {
        "path": str(events["path"].dtype),
        "period": str(events["timestamp"].dtype),
        "step": "int64",
        "name": str(events["name"].dtype),
        "optional": "bool",
        "sessions": "int64",
        "conversion_from_first": "float64",
        "conversion_from_previous": "float64",
        "drop_off": "int64",
        "ci_low": "float64",
        "ci_high": "float64",
        **dict.fromkeys(durations, "timedelta64[us]"),
    }


def walked(rows):
    """Each session and how many steps it reached."""
    return list(zip(rows["session_id"], rows["reached"], strict=True))


@given(
    journeys=st.lists(st.text("ABx", min_size=1, max_size=4), min_size=2, max_size=4),
    excluded=st.sampled_from([["A"], ["x"], ["A", "x"]]),
    hold=st.none() | st.just("path"),
)
@example(journeys=["x", "A"], excluded=["A", "x"], hold=None)
@example(journeys=["xAB", "ABx", "xAB"], excluded=["A"], hold=None)
def test_sessions_do_not_mix_where_the_first_step_is_excluded(journeys, excluded, hold):
    """An event that ends one attempt and begins another stands twice; its session stays its own."""
    frame = pd.DataFrame(
        [
            (f"s{number}", name, pd.Timestamp(f"2026-03-02T10:0{minute}:00Z"), "/")
            for number, names in enumerate(journeys)
            for minute, name in enumerate(names)
        ],
        columns=["session_id", "name", "timestamp", "path"],
    )
    options = {"ties": "either", "exclude": excluded, "hold": hold, "missing": "zero"}
    whole = hf.funnel_sessions(frame, ["A", "B"], **options)
    alone = [
        hf.funnel_sessions(own, ["A", "B"], **options) for _, own in frame.groupby("session_id")
    ]
    expected = [row for each in alone for row in walked(each)]
    assert sorted(walked(whole)) == sorted(expected)


def test_groups_that_print_alike_have_one_order():
    """A number and the text of it are two groups, in the same order for any order of rows."""
    events = pd.DataFrame({"session_id": ["a", "b"], "name": "view", "group": ["1", 1]})
    events["timestamp"] = pd.Timestamp("2026-03-02", tz="UTC")
    tables = [hf.funnel(each, ["view"], by="group") for each in (events, events.iloc[::-1])]
    assert [type(value) for value in tables[0]["group"]] == [int, str]
    pd.testing.assert_frame_equal(*tables)
