"""Journeys under every option, beside their slow twins; what must hold of them for any input."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.analysis._differences import Clusters, difference_of, independent
from tests import twin_journeys, twins
from tests.strategies import EVENT_LISTS, NAMES, frame_of, microseconds, plain

STATES = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["session_id", "visitor_id"]),
        "collapse": st.booleans(),
    }
).flatmap(
    lambda options: st.sampled_from(
        [
            {"state": "name", "patterns": None},
            {"state": "name", "patterns": {"B": ["A", "C"]}},
            {"state": "name", "patterns": ["?", "*"]},
            {"state": "path", "patterns": None},
            {"state": "path", "patterns": ["/c*"]},
            {"state": "path", "patterns": {"A": "/c?r*", "start": ["/", "*"]}},
            {"state": "type", "patterns": {"other": "pag*"}},
        ]
    ).map(lambda each: {**options, **each})
)
ANCHORS = st.one_of(
    st.none(),
    st.sampled_from([*NAMES, "/", "start", ["A", "/cart"], ["B", "C", "pageview"]]),
    st.sampled_from([{"name": "A"}, {"name": ["B", "C"], "path": "/"}, {"type": "custom"}]),
)
DIRECTIONS = st.sampled_from(["after", "before"])


def rows_of(table):
    """Rows of a table as tuples, missing values as None."""
    return [tuple(map(plain, row)) for row in table.itertuples(index=False)]


@st.composite
def flow_calls(draw):
    """Options of a call, as the package and as the twin name them."""
    anchor = draw(ANCHORS)
    options = {
        **draw(STATES),
        "steps": draw(st.integers(1, 5)),
        "top": draw(st.integers(1, 4)),
        "anchor": anchor,
        "occurrence": "first" if anchor is None else draw(st.sampled_from(["first", "last"])),
        "least": draw(st.integers(1, 2)),
    }
    ours = {name: value for name, value in options.items() if name != "least"}
    return {**ours, "min_sessions": options["least"], "missing": "zero"}, options


@given(EVENT_LISTS, flow_calls(), DIRECTIONS)
def test_journey_flows(events, call, direction):
    """Every row, in its order, from any anchor, both ways, over any states."""
    ours, theirs = call
    table = hf.journey_flows(frame_of(events), direction=direction, **ours)
    assert rows_of(table) == twin_journeys.journey_flows(events, direction=direction, **theirs)


@given(EVENT_LISTS, flow_calls())
def test_both_directions(events, call):
    """Both are the one and then the other, and are told apart."""
    ours, _ = call
    frame = frame_of(events)
    both = hf.journey_flows(frame, direction="both", **ours)
    for direction in ("after", "before"):
        part = both[both["direction"] == direction].drop(columns="direction")
        alone = hf.journey_flows(frame, direction=direction, **ours)
        pd.testing.assert_frame_equal(part.reset_index(drop=True), alone)
    assert both["direction"].is_monotonic_increasing


@given(EVENT_LISTS, flow_calls(), DIRECTIONS)
def test_flows_conserve(events, call, direction):
    """At every step, alive and ended are all that are counted; what flows in is there."""
    ours, theirs = call
    flows = hf.journey_flows(frame_of(events), direction=direction, **ours)
    states = {name: theirs[name] for name in ("state", "patterns", "collapse", "key")}
    journeys = twin_journeys.journeys_of(events, **states).values()
    walks = [
        twin_journeys.walked(stops, ours["anchor"], direction, ours["occurrence"])
        for stops in journeys
    ]
    counted = sum(walk is not None for walk in walks)
    ended = 0
    end = {"after": "exit", "before": "entry"}[direction]
    for step in range(1, ours["steps"] + 1):
        here = flows[flows["step"] == step]
        assert here["sessions"].sum() + ended == counted
        ended += here.loc[here["kind"] == end, "sessions"].sum()
        into = flows[(flows["step"] == step - 1) & (flows["kind"] == "flow")]
        if step > 1:
            arrived = into.groupby(["target", "target_is_other"])["sessions"].sum()
            alive = here.groupby(["source", "source_is_other"])["sessions"].sum()
            assert arrived.to_dict() == alive.to_dict()
        kept = here.loc[~here["source_is_other"], "sessions"].sum()
        assert (here["coverage"] * here["sessions"].sum()).round(9).isin([kept]).all()
        assert here["source"].nunique() <= ours["top"] + 1


@given(EVENT_LISTS)
def test_flows_are_the_transitions_of_first_events(events):
    """From A on, as many go to B as have a B right after their first A; so backwards."""
    frame = frame_of(events)
    flows = hf.journey_flows(frame, steps=2, top=9, anchor="A", missing="zero")
    back = hf.journey_flows(
        frame, steps=2, top=9, anchor="B", missing="zero", direction="before", occurrence="last"
    )
    walks = [[event["name"] for event in walk] for walk in twins.walks_of(events).values()]
    right_after = sum("A" in walk and walk[walk.index("A") :][1:2] == ["B"] for walk in walks)
    backwards = [walk[::-1] for walk in walks]
    right_before = sum("B" in walk and walk[walk.index("B") :][1:2] == ["A"] for walk in backwards)
    for table, expected, pair in [(flows, right_after, "AB"), (back, right_before, "BA")]:
        found = table[(table["source"] == pair[0]) & (table["target"] == pair[1])]
        assert found["sessions"].sum() == expected


@given(EVENT_LISTS)
def test_flows_agree_with_the_strict_funnel(events):
    """A → B anchored at A is the strict funnel from the first A, the transition from any A."""
    frame = frame_of(events)
    flows = hf.journey_flows(frame, steps=2, top=9, anchor="A", missing="zero")
    options = {"order": "strict", "missing": "zero"}
    for other in ("A", "B", "C"):
        first = hf.funnel(frame, ["A", other], entry="first", **options)["sessions"][1]
        best = hf.funnel(frame, ["A", other], **options)["sessions"][1]
        for table, expected in [(flows, first), (hf.transitions(frame), best)]:
            found = table[(table["source"] == "A") & (table["target"] == other)]
            assert found["sessions"].sum() == expected


@given(EVENT_LISTS, STATES)
def test_paths(events, options):
    """Whole paths over any states, and the most common of them alone."""
    frame = frame_of(events)
    table = hf.paths(frame, top=None, **options)
    assert list(zip(table["path"], table["sessions"], strict=True)) == twin_journeys.paths(
        events, **options
    )
    pd.testing.assert_frame_equal(hf.paths(frame, top=2, **options), table.head(2))


@given(EVENT_LISTS, STATES)
def test_transitions(events, options):
    """Counts and sessions of every pair of states, and the time from the first of a run."""
    table = hf.transitions(frame_of(events), **options)
    twin = twin_journeys.transitions(events, **options)
    assert {
        (plain(row["source"]), plain(row["target"])): (row["count"], row["sessions"])
        for row in table.to_dict("records")
    } == {pair: (counts.total(), len(counts)) for pair, counts in twin.items()}
    gaps = {}
    for stops in twin_journeys.journeys_of(events, **options).values():
        for (one, [first, *_]), (other, [second, *_]) in pairwise(stops):
            gaps.setdefault((one, other), []).append(second["timestamp"] - first["timestamp"])
    for row in table.dropna(subset=["source", "target"]).to_dict("records"):
        median = twins.quantile(gaps[row["source"], row["target"]], "1/2")
        assert microseconds(row["median"]) == median


@given(EVENT_LISTS, EVENT_LISTS, STATES)
def test_compare_transitions(first, second, options):
    """Every number of every pair that either group has."""
    table = hf.compare_transitions(frame_of(first), frame_of(second), **options)
    twin = twin_journeys.compare_transitions(first, second, **options)
    found = {row[:2]: row[2:] for row in rows_of(table)}
    assert len(found) == len(table)
    assert set(found) == set(twin)
    for pair, row in found.items():
        for got, expected in zip(row, twin[pair], strict=True):
            assert got == (None if expected is None else pytest.approx(expected, abs=1e-9))
    distance = np.maximum(table["share_ci_low"], -table["share_ci_high"]).clip(lower=0)
    assert distance.is_monotonic_decreasing or distance.isna().all()
    back = hf.compare_transitions(frame_of(second), frame_of(first), **options)
    swapped = back.set_index(["source", "target"]).reindex(
        pd.MultiIndex.from_frame(table[["source", "target"]])
    )
    assert np.allclose(table["ci_low"], -swapped["ci_high"].to_numpy(), equal_nan=True)
    assert np.allclose(table["share_ci_low"], -swapped["share_ci_high"].to_numpy(), equal_nan=True)


@pytest.mark.parametrize(
    ("second", "first", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe(second, first, low, high):
    """The figures of Newcombe's Table II, method 10."""
    groups = [independent(np.array([n]), m) for n, m in (first, second)]
    _, [got_low], [got_high] = difference_of(*groups)
    assert (round(got_low, 4), round(got_high, 4)) == (low, high)


def test_interval_of_dependent_pairs_holds():
    """About 95 of 100 intervals hold the truth where sessions differ; plain ones far fewer."""
    random = np.random.default_rng(5)
    groups, plain_groups = [], []
    for truth in (0.3, 0.45):
        trials = random.geometric(0.25, size=(3000, 120))
        chances = random.beta(2 * truth, 2 * (1 - truth), size=trials.shape)
        successes = random.binomial(trials, chances)
        groups.append(
            Clusters(
                successes=successes.sum(axis=1),
                trials=trials.sum(axis=1),
                successes_squared=(successes**2).sum(axis=1),
                trials_squared=(trials**2).sum(axis=1),
                products=(successes * trials).sum(axis=1),
                count=np.full(len(trials), trials.shape[1]),
            ).shares()
        )
        plain_groups.append(independent(successes.sum(axis=1), trials.sum(axis=1)))
    _, low, high = difference_of(*groups)
    assert 0.93 < np.mean((low < 0.15) & (high > 0.15)) < 0.97
    _, low, high = difference_of(*plain_groups)
    assert np.mean((low < 0.15) & (high > 0.15)) < 0.85


@given(EVENT_LISTS)
def test_renaming_renames(events):
    """Other names in the same alphabetical order give the same flows and paths with those names."""
    renamed = {"A": "a page", "B": "b·item", "C": "c$", "other": "purchase ş"}
    before = frame_of(events)
    after = frame_of([{**event, "name": renamed[event["name"]]} for event in events])
    for direction in ("after", "before"):
        flows, others = (
            hf.journey_flows(frame, top=2, direction=direction) for frame in (before, after)
        )
        for column in ("source", "target"):
            known = ~flows[f"{column}_is_other"] & flows[column].notna()
            flows.loc[known, column] = flows.loc[known, column].map(renamed)
        pd.testing.assert_frame_equal(others, flows, check_dtype=False)
    expected, found = hf.paths(before), hf.paths(after)
    assert found["path"].tolist() == [
        tuple(renamed[name] for name in path) for path in expected["path"]
    ]
    assert found["sessions"].tolist() == expected["sessions"].tolist()


@given(
    st.lists(
        st.one_of(
            st.lists(st.integers(0, 1), min_size=1, max_size=40),
            st.integers(1, 40).map(lambda length: [0] * length),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([1, 7, 10**6]),
)
def test_long_paths(walks, spread):
    """Long shared beginnings, many lengths, many names: equal paths are one, the order is kept."""
    names = [f"n{code * spread:07d}" for walk in walks for code in walk]
    sessions = [session for session, walk in enumerate(walks) for _ in walk]
    frame = pd.DataFrame({"session_id": sessions, "name": names, "sequence": range(len(names))})
    frame["timestamp"] = pd.Timestamp("2026-03-02", tz="UTC")
    counts = {}
    for walk in walks:
        path = tuple(f"n{code * spread:07d}" for code in walk)
        counts[path] = counts.get(path, 0) + 1
    table = hf.paths(frame, top=None)
    assert dict(zip(table["path"], table["sessions"], strict=True)) == counts
    assert table["path"].tolist() == sorted(counts, key=lambda path: (-counts[path], path))
    assert table["length"].tolist() == [len(path) for path in table["path"]]


def test_sessions_of_a_hundred_thousand_events():
    """Paths that differ in their last event are two, and come in alphabetical order."""
    length = 100_000
    names = np.full(4 * length, "a", dtype=object)
    names[[length - 1, 3 * length - 1]] = "c"
    names[2 * length - 1] = "b"
    frame = pd.DataFrame(
        {
            "session_id": np.repeat([1, 2, 3, 4], length),
            "name": names,
            "timestamp": pd.to_datetime(np.arange(4 * length), unit="s", utc=True),
        }
    )
    table = hf.paths(frame)
    assert [path[-1] for path in table["path"]] == ["c", "a", "b"]
    assert table["sessions"].tolist() == [2, 1, 1]
    assert table["length"].tolist() == [length] * 3
    flows = hf.journey_flows(frame, steps=2, direction="before")
    assert flows["source"].tolist() == ["c", "a", "b", "a"]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["/p/*"], ["/", "/P/1", "/p/*", "/p?"]),
        ("/p?*", ["/", "/P/1", "/p?*"]),
        ({"x": ["/p/*", "/"], "y": "*"}, ["x", "y"]),
        ({"/": "/[p]/*"}, ["/", "/P/1", "/p/1", "/p/2/3", "/p?"]),
        ({"all": "**"}, ["all"]),
        ([], ["/", "/P/1", "/p/1", "/p/2/3", "/p?"]),
        (pd.Series(["/p/*"]), ["/", "/P/1", "/p/*", "/p?"]),
    ],
)
@pytest.mark.parametrize("dtype", ["string", "object", "category"])
def test_patterns(patterns, expected, dtype):
    """The first pattern that matches names the group; letters in another case do not match."""
    path = ["/", "/p/1", None, "/p/2/3", "/P/1", "/p?"]
    frame = pd.DataFrame({"session_id": range(6), "name": "page_view", "path": path})
    frame["timestamp"] = pd.Timestamp("2026-03-02", tz="UTC")
    frame["path"] = frame["path"].astype(dtype)
    flows = hf.journey_flows(frame, state="path", patterns=patterns, top=9)
    assert sorted(flows["source"]) == expected
    assert flows["sessions"].sum() == 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"state": "pth"}, "no column 'pth'. Did you mean 'path'"),
        ({"state": "device"}, "hf.with_sessions"),
        ({"state": "timestamp"}, "state is 'timestamp'.*text is needed.*astype"),
        ({"state": "sequence"}, "state is 'sequence', a column that holds"),
        ({"patterns": 5}, "patterns is 5; a list of texts such as"),
        ({"patterns": ["/p/*", 5]}, "patterns is .*; a list of texts"),
        ({"patterns": {"p": 5}}, "patterns is .*; a list of texts"),
        ({"patterns": {5: "/p/*"}}, "patterns is .*; a list of texts"),
        ({"patterns": {"/p/*"}}, "patterns is .*; a list of texts"),
    ],
)
@pytest.mark.parametrize(
    "analysis",
    [
        hf.journey_flows,
        hf.paths,
        hf.transitions,
        lambda events, **options: hf.compare_transitions(events, events, **options),
    ],
)
def test_bad_states(analysis, options, said):
    """What states cannot be, and what to do."""
    with pytest.raises(hf.InvalidInput, match=said):
        analysis(hf.sample_events(sessions=20), **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"anchor": "add_to_card"}, "Did you mean 'add_to_cart'"),
        ({"anchor": "end"}, "No event is called 'end'.*direction='before' at its end"),
        ({"anchor": "end", "direction": "before"}, "journeys begin at the session's start"),
        ({"anchor": {"path": "/yok"}}, "No event has path = /yok"),
        ({"anchor": []}, r"A step is \[\]"),
        ({"anchor": 5}, "A step is 5"),
        ({"anchor": "/", "state": "title", "patterns": ["*"]}, "No event is called '/'"),
        ({"direction": "back"}, "direction is 'back'; allowed are 'after', 'before', 'both'"),
        ({"occurrence": "any", "anchor": "login"}, "occurrence is 'any'"),
        ({"occurrence": "last"}, "there is no anchor of which it could be"),
        ({"min_sessions": 0}, "min_sessions is 0"),
        ({"missing": "no"}, "missing is 'no'"),
    ],
)
def test_bad_flows(options, said):
    """Each bad option says its value, what is allowed and what to do."""
    with pytest.raises(hf.InvalidInput, match=said):
        hf.journey_flows(hf.sample_events(), **options)


def test_anchor_without_a_state():
    """An anchor whose events have no state leads nowhere, and that is told."""
    events = hf.sample_events()
    events.loc[events["name"] == "purchase", "path"] = None
    call = {"anchor": {"name": "purchase"}, "state": "path"}
    with pytest.raises(hf.UnknownName, match="No event with name = purchase has a state"):
        hf.journey_flows(events, **call)
    assert len(hf.journey_flows(events, missing="zero", **call)) == 0


def test_names_start_and_end_are_names():
    """Events that are called so are anchors like others."""
    frame = pd.DataFrame({"session_id": 1, "name": ["a", "end", "start", "b"]})
    frame["timestamp"] = pd.to_datetime(range(4), unit="s", utc=True)
    assert hf.journey_flows(frame, anchor="end")["source"].tolist() == ["end", "start", "b"]
    back = hf.journey_flows(frame, anchor="start", direction="before")
    assert back["source"].tolist() == ["start", "end", "a"]
    assert back["kind"].tolist() == ["flow", "flow", "entry"]


def test_anchor_inside_a_run():
    """A run of events in one state is the anchor if any of them is."""
    frame = pd.DataFrame(
        {
            "session_id": 1,
            "name": ["view", "view", "purchase", "view", "view"],
            "path": ["/", "/pay", "/pay", "/thanks", "/"],
            "timestamp": pd.to_datetime(range(5), unit="s", utc=True),
        }
    )
    options = {"state": "path", "anchor": {"name": "purchase"}, "collapse": True}
    before = hf.journey_flows(frame, direction="before", **options)
    assert before["source"].tolist() == ["/pay", "/"]
    after = hf.journey_flows(frame, direction="after", **options)
    assert after["source"].tolist() == ["/pay", "/thanks", "/"]


def test_more_steps_and_names_than_there_are():
    """More steps than sessions have, and more names than there are, are no trouble."""
    events = hf.sample_events(sessions=40)
    flows = hf.journey_flows(events, steps=10**30, top=10**9)
    assert flows["sessions"].sum() == len(events)
    assert (flows["coverage"] == 1).all()
    assert not flows["kind"].isin(["beyond"]).any()


def test_flows_read_backwards_are_drawn():
    """The chart takes them as they are; both directions at once are refused."""
    events = hf.sample_events(sessions=60)
    axes = hf.plot.journey(hf.journey_flows(events, direction="before"))
    assert any("Step 1" in text.get_text() for text in axes.texts)
    with pytest.raises(hf.InvalidInput, match="both directions; draw them one by one"):
        hf.plot.journey(hf.journey_flows(events, direction="both"))
