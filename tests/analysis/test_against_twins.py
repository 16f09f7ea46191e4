"""Each analysis beside its slow twin, on random small sessions."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from tests import twins
from tests.strategies import EVENT_LISTS, NAMES, frame_of, microseconds, plain

KEYS = st.sampled_from(["session_id", "visitor_id"])
TIES = st.sampled_from(["feed", "strict"])
STEPS = st.one_of(
    st.sampled_from(NAMES[:3]),
    st.lists(st.sampled_from(NAMES[:3]), min_size=1, max_size=2, unique=True),
    st.fixed_dictionaries({"name": st.sampled_from(NAMES[:3]), "path": st.sampled_from(["/"])}),
    st.just({"path": ["/", "/cart"], "type": "pageview"}),
)


@given(EVENT_LISTS, KEYS)
def test_transitions(events, key):
    """Counts, sessions, probabilities and exact quantiles of every pair."""
    table = hf.transitions(frame_of(events), key=key)
    found = {
        (plain(row.source), plain(row.target)): (
            row.count_,
            row.sessions,
            row.probability,
            microseconds(row.median),
            microseconds(row.p90),
        )
        for row in table.rename(columns={"count": "count_"}).itertuples()
    }
    assert found == twins.transitions(events, key)
    assert table["count"].is_monotonic_decreasing


@given(EVENT_LISTS)
def test_transitions_without_times(events):
    """times=False leaves the last two columns out and nothing else."""
    with_times = hf.transitions(frame_of(events))
    without = hf.transitions(frame_of(events), times=False)
    assert without.equals(with_times.drop(columns=["median", "p90"]))


@given(EVENT_LISTS, st.integers(1, 4), st.integers(1, 4), KEYS)
def test_journey_flows(events, steps, top, key):
    """Every flow, exit and going on, with the rest as an explicit other."""
    table = hf.journey_flows(frame_of(events), steps=steps, top=top, key=key)
    found = {
        (
            row.step,
            row.source,
            plain(row.target),
            row.kind,
            row.source_is_other,
            row.target_is_other,
        ): row.sessions
        for row in table.itertuples()
    }
    assert len(found) == len(table)
    assert found == twins.journey_flows(events, steps, top, key)


@given(EVENT_LISTS, KEYS)
def test_paths(events, key):
    """Whole paths, most common first, with shares that add up to one."""
    table = hf.paths(frame_of(events), top=None, key=key)
    assert list(zip(table["path"], table["sessions"], strict=True)) == twins.paths(events, key)
    assert table["length"].tolist() == [len(path) for path in table["path"]]
    if len(table):
        assert table["share"].sum() == pytest.approx(1)
        assert table["cumulative_share"].iloc[-1] == 1


@given(
    EVENT_LISTS,
    st.lists(STEPS, min_size=1, max_size=4),
    st.one_of(st.none(), st.integers(0, 6).map(lambda step: step * 500_001)),
    st.sampled_from(["best", "first"]),
    TIES,
    KEYS,
)
def test_funnel(events, steps, within, entry, ties, key):
    """The deepest attempt of every session, found exhaustively, and the table made of them."""
    frame = frame_of(events)
    options = {
        "within": None if within is None else f"{within}us",
        "entry": entry,
        "ties": ties,
        "key": key,
    }
    rows = hf.funnel_sessions(frame, steps, missing="zero", **options)
    twin = twins.funnel_sessions(events, steps, within=within, entry=entry, ties=ties, key=key)
    assert rows[key].tolist() == list(twin)
    for row, filled in zip(rows.to_dict("records"), twin.values(), strict=True):
        assert row["reached"] == len(filled)
        for number in range(1, len(steps) + 1):
            event = filled[number - 1] if number <= len(filled) else None
            assert plain(row[f"step_{number}_id"]) == (event and event["id"])
            assert microseconds(row[f"step_{number}_time"]) == (event and event["timestamp"])
    table = hf.funnel(frame, steps, missing="zero", **options)
    depths = [len(filled) for filled in twin.values()]
    reached = [sum(depth >= number for depth in depths) for number in range(1, len(steps) + 1)]
    assert table["sessions"].tolist() == reached
    assert table["drop_off"].tolist() == [
        before - after for before, after in zip([reached[0], *reached], reached, strict=False)
    ]
    for number, row in enumerate(table.itertuples(), start=1):
        times = [
            [event["timestamp"] for event in filled]
            for filled in twin.values()
            if len(filled) >= number
        ]
        since_first = [each[number - 1] - each[0] for each in times]
        since_previous = [each[number - 1] - each[number - 2] for each in times]
        timed = number > 1 and times
        first = twins.quantile(since_first, "1/2") if timed else None
        previous = twins.quantile(since_previous, "1/2") if timed else None
        assert microseconds(row.median_from_first) == first
        assert microseconds(row.median_from_previous) == previous


@given(
    EVENT_LISTS.flatmap(
        lambda events: st.tuples(
            st.just(events),
            st.lists(
                st.fixed_dictionaries(
                    {
                        "utm_source": st.sampled_from([None, "google", "newsletter"]),
                        "value": st.sampled_from([None, 7.5, 0.0]),
                        "price": st.sampled_from([None, 2.5, 10.0]),
                        "quantity": st.sampled_from([None, 1, 3]),
                        "currency": st.sampled_from([None, "TRY", "EUR"]),
                        "transaction_id": st.sampled_from([None, "t1", "t2"]),
                    }
                ),
                min_size=len(events),
                max_size=len(events),
            ),
        )
    ),
    KEYS,
)
def test_session_summary(drawn, key):
    """Every column of the summary, purchases and currencies included."""
    events, properties = drawn
    renamed = {"C": "purchase"}
    events = [
        {**event, **each, "name": renamed.get(event["name"], event["name"])}
        for event, each in zip(events, properties, strict=True)
    ]
    frame = frame_of(events)
    for name in ("utm_source", "value", "price", "quantity", "currency", "transaction_id"):
        kind = {"value": "Float64", "price": "Float64", "quantity": "Int64"}.get(
            name, "string[pyarrow]"
        )
        frame[f"prop_{name}"] = pd.array([event[name] for event in events], dtype=kind)
    table = hf.session_summary(frame, key=key)
    twin = twins.session_summary(events, key)
    assert len(table) == len(twin)
    for row, expected in zip(table.to_dict("records"), twin, strict=True):
        for name, value in expected.items():
            got = microseconds(row[name]) if name in {"start", "end", "duration"} else row[name]
            assert plain(got) == value, name
