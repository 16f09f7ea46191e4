"""What must hold of every analysis for any input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardal_frames as hf
from tests.strategies import EVENT_LISTS, frame_of

ANALYSES = {
    "transitions": hf.transitions,
    "journey_flows": lambda events: hf.journey_flows(events, steps=3, top=2),
    "paths": lambda events: hf.paths(events, top=None),
    "journey_flows of pages": lambda events: hf.journey_flows(
        events, anchor={"name": "A"}, direction="both", state="path", collapse=True, missing="zero"
    ),
    "compare_transitions": lambda events: hf.compare_transitions(
        *(events[events["type"] == each] for each in ("pageview", "custom")), state="path"
    ),
    "time_between": lambda events: hf.time_between(events, "A", "B", missing="zero"),
    "time_between_any": lambda events: hf.time_between(
        events, "A", ["A", "B"], pair="any-any", ties="either", unmatched=True, missing="zero"
    ),
    "conversion_time": lambda events: hf.conversion_time(
        events, "A", "B", by="path", missing="zero"
    ),
    "transition_times": hf.transition_times,
    "funnel": lambda events: hf.funnel(events, ["A", "B", "C"], within="1s", missing="zero"),
    "funnel_sessions": lambda events: hf.funnel_sessions(
        events, ["A", "B"], ties="strict", missing="zero"
    ),
    "session_summary": hf.session_summary,
    "purchases": lambda events: hf.purchases(events, purchase="C", missing="zero"),
    "revenue": lambda events: hf.revenue(events, by="path", purchase="C", missing="zero"),
    "split_sessions": lambda events: hf.split_sessions(events, key="visitor_id", timeout="1s"),
    "touches": hf.touches,
    "attribution": lambda events: hf.attribution(events, "C", model="linear", missing="zero"),
}
# So many analyses obey each law that a third of the examples is enough of each.
few = settings(max_examples=settings.default.max_examples // 3)
each_analysis = pytest.mark.parametrize("analysis", ANALYSES.values(), ids=ANALYSES)


@each_analysis
@few
@given(events=EVENT_LISTS, seed=st.integers(0, 99))
def test_row_order_changes_nothing(analysis, events, seed):
    """A shuffled frame gives the same table, to the bit."""
    # Equal ids beside equal sequences would leave rows that only their order tells apart.
    frame = frame_of(events)
    shuffled = frame.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(analysis(shuffled), analysis(frame), check_exact=True)


@each_analysis
@few
@given(events=EVENT_LISTS)
def test_input_is_not_changed(analysis, events):
    """The frame is the same afterwards."""
    frame = frame_of(events)
    before = frame.copy(deep=True)
    analysis(frame)
    pd.testing.assert_frame_equal(frame, before)


@each_analysis
@few
@given(events=EVENT_LISTS)
def test_text_type_changes_nothing(analysis, events):
    """Objects, categoricals and numpy strings give the same as our strings."""
    frame = frame_of(events)
    expected = analysis(frame)
    for dtype in ("category", "object"):
        other = frame.astype(dict.fromkeys(["session_id", "name", "type", "path"], dtype))
        got = analysis(other)
        assert (
            got.astype(object)
            .where(got.notna(), None)
            .equals(expected.astype(object).where(expected.notna(), None))
        )


@each_analysis
@few
@given(events=EVENT_LISTS, shift=st.integers(-(10**9), 10**9))
def test_time_shift_moves_only_instants(analysis, events, shift):
    """Events that all happen later give the same counts and durations."""
    moved = [{**event, "timestamp": event["timestamp"] + shift} for event in events]
    before, after = analysis(frame_of(events)), analysis(frame_of(moved))
    instants = [name for name in before if isinstance(before[name].dtype, pd.DatetimeTZDtype)]
    pd.testing.assert_frame_equal(after.drop(columns=instants), before.drop(columns=instants))
    for name in instants:
        assert ((after[name] - before[name]).dropna() == pd.Timedelta(shift, unit="us")).all()


@each_analysis
@few
@given(events=EVENT_LISTS)
def test_zone_changes_nothing_but_the_display(analysis, events):
    """The same instants in another zone give the same numbers."""
    frame = frame_of(events)
    there = frame.assign(timestamp=frame["timestamp"].dt.tz_convert("America/New_York"))
    pd.testing.assert_frame_equal(analysis(there), analysis(frame), check_dtype=False)


@given(events=EVENT_LISTS)
def test_renaming_renames(events):
    """Other names in the same alphabetical order give the same table with those names."""
    renamed = {"A": "a page", "B": "b·item", "C": "c$", "other": "purchase ş"}
    other = [{**event, "name": renamed[event["name"]]} for event in events]
    before, after = hf.transitions(frame_of(events)), hf.transitions(frame_of(other))
    for column in ("source", "target"):
        before[column] = before[column].map(renamed, na_action="ignore").astype(after[column].dtype)
    pd.testing.assert_frame_equal(after, before)


@given(events=EVENT_LISTS)
def test_counts_of_parts_add_up(events):
    """Splitting by session and adding up gives the whole."""
    frame = frame_of(events)
    parts = [part for _, part in frame.groupby("session_id")]
    for analysis, keys, values in [
        (hf.transitions, ["source", "target"], ["count", "sessions"]),
        (lambda part: hf.paths(part, top=None), ["path"], ["sessions"]),
        (
            lambda part: hf.funnel(part, ["A", "B"], missing="zero"),
            ["step", "name"],
            ["sessions", "drop_off"],
        ),
    ]:
        if not parts:
            continue
        whole = analysis(frame).groupby(keys, dropna=False)[values].sum()
        added = pd.concat(map(analysis, parts)).groupby(keys, dropna=False)[values].sum()
        pd.testing.assert_frame_equal(added, whole, check_dtype=False)


@given(events=EVENT_LISTS)
def test_transitions_conserve(events):
    """For each name: pairs in = pairs out = occurrences; entries = exits = sessions."""
    frame = frame_of(events)
    table = hf.transitions(frame)
    occurrences = frame["name"].value_counts().to_dict()
    assert table.dropna(subset="source").groupby("source")["count"].sum().to_dict() == occurrences
    assert table.dropna(subset="target").groupby("target")["count"].sum().to_dict() == occurrences
    sessions = frame["session_id"].nunique()
    assert table.loc[table["source"].isna(), "count"].sum() == sessions
    assert table.loc[table["target"].isna(), "count"].sum() == sessions
    leaving = table.groupby("source", dropna=False)["probability"].sum()
    assert np.allclose(leaving, 1)


@given(events=EVENT_LISTS, steps=st.integers(1, 5), top=st.integers(1, 3))
def test_journey_flows_conserve(events, steps, top):
    """At every step, alive and ended are all sessions; what flows in is what is there."""
    frame = frame_of(events)
    flows = hf.journey_flows(frame, steps=steps, top=top)
    sessions = frame["session_id"].nunique()
    ended = 0
    for step in range(1, steps + 1):
        here = flows[flows["step"] == step]
        assert here["sessions"].sum() + ended == sessions
        ended += here.loc[here["kind"] == "exit", "sessions"].sum()
        node = ["source", "source_is_other"]
        into = flows[(flows["step"] == step - 1) & (flows["kind"] == "flow")]
        if step > 1:
            arrived = into.groupby(["target", "target_is_other"])["sessions"].sum()
            alive = here.groupby(node)["sessions"].sum()
            assert arrived.to_dict() == alive.to_dict()
        assert here[node].drop_duplicates().shape[0] <= top + 1


@given(events=EVENT_LISTS, ties=st.sampled_from(["feed", "strict"]))
def test_funnel_counts_its_sessions(events, ties):
    """Every count is the number of rows that the drill-down gives for it."""
    frame = frame_of(events)
    steps = ["A", ["B", "C"], "A"]
    table = hf.funnel(frame, steps, ties=ties, missing="zero")
    rows = hf.funnel_sessions(frame, steps, ties=ties, missing="zero")
    for row in table.itertuples():
        assert row.sessions == (rows["reached"] >= row.step).sum()
        assert not row.ci_low > row.conversion_from_first
        assert not row.ci_high < row.conversion_from_first


def test_an_event_called_other_stays_itself():
    """The rest is told from an event that is really named so."""
    events = [
        {"name": name, "timestamp": 1_772_434_800, "sessionId": session}
        for session, name in [("s1", "other"), ("s2", "other"), ("s3", "rare"), ("s4", "odd")]
    ]
    flows = hf.journey_flows(hf.events_from_records(events), steps=1, top=1)
    assert flows["source"].tolist() == ["other", "other"]
    assert flows["source_is_other"].tolist() == [False, True]
    assert flows["sessions"].tolist() == [2, 2]
