"""Times between events, to conversion, of transitions and of the day, beside their slow twins."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.analysis._pairings import PAIRS, first_at_least
from hardal_frames.analysis._statistics import wilson_interval
from hardal_frames.analysis._steps import TIES as ALL_TIES
from hardal_frames.analysis.timing import _totals
from tests import twin_times
from tests.strategies import EVENT_LISTS, MARCH, NAMES, frame_of, microseconds, plain

TICK = 500_001
KEYS = st.sampled_from(["session_id", "visitor_id"])
TIES = st.sampled_from(ALL_TIES)
GAPS = st.one_of(st.none(), st.integers(0, 6).map(lambda step: step * TICK))
STEPS = st.one_of(
    st.sampled_from(NAMES[:3]),
    st.lists(st.sampled_from(NAMES[:3]), min_size=1, max_size=3, unique=True),
    st.just({"path": ["/", "/cart"], "type": "pageview"}),
)


def duration(gap):
    """Write whole microseconds as a duration."""
    return None if gap is None else pd.Timedelta(gap, unit="us")


def events_of(text, session="s1"):
    """Read "A0 B5.5": names at seconds, in the order of the feed."""
    named = [(part[0], float(part[1:])) for part in text.split()]
    return [
        {
            "session_id": session,
            "visitor_id": "v1",
            "id": f"{session}{place}",
            "sequence": place,
            "name": name,
            "type": "custom",
            "path": None,
            "timestamp": MARCH + round(second * 10**6),
        }
        for place, (name, second) in enumerate(named)
    ]


def pairs(text, start="A", end="B", **options):
    """Pairs of ids, as the positions in the text that they stand for."""
    table = hf.time_between(frame_of(events_of(text)), start, end, **options)
    return [
        (int(row.start_id[2:]), None if pd.isna(row.end_id) else int(row.end_id[2:]))
        for row in table.itertuples()
    ]


@given(EVENT_LISTS, STEPS, STEPS, st.sampled_from(PAIRS), TIES, GAPS, GAPS, st.booleans(), KEYS)
def test_time_between(events, start, end, pair, ties, min_gap, max_gap, unmatched, key):
    """Every pairing, tie, gap and unmatched session."""
    if min_gap is not None and max_gap is not None and min_gap > max_gap:
        min_gap, max_gap = max_gap, min_gap
    table = hf.time_between(
        frame_of(events),
        start,
        end,
        pair=pair,
        ties=ties,
        min_gap=duration(min_gap),
        max_gap=duration(max_gap),
        unmatched=unmatched,
        missing="zero",
        key=key,
    )
    twin = twin_times.time_between(events, start, end, pair, ties, min_gap, max_gap, unmatched, key)
    found = [
        (
            row[0],
            row.start_id,
            microseconds(row.start_time),
            plain(row.end_id),
            microseconds(row.end_time),
            microseconds(row.elapsed),
        )
        for row in table.itertuples(index=False)
    ]
    assert found == [
        (
            walker,
            first["id"],
            first["timestamp"],
            last and last["id"],
            last and last["timestamp"],
            last and last["timestamp"] - first["timestamp"],
        )
        for walker, first, last in twin
    ]


@given(EVENT_LISTS, STEPS, STEPS, TIES, GAPS)
def test_pairings_contain_each_other(events, start, end, ties, max_gap):
    """Every pair of a later end is one of any-any; those of the first end are of any-firstafter."""
    frame = frame_of(events)
    found = {
        pair: set(
            hf.time_between(
                frame,
                start,
                end,
                pair=pair,
                ties=ties,
                max_gap=duration(max_gap),
                missing="zero",
            )[["session_id", "start_id", "end_id"]].itertuples(index=False, name=None)
        )
        for pair in PAIRS
    }
    assert found["any-firstafter"] <= found["any-any"]
    assert found["first-firstafter"] <= found["any-firstafter"]
    assert found["lastbefore-firstafter"] <= found["any-firstafter"]
    matched = {pair: {each[0] for each in found[pair]} for pair in PAIRS}
    assert matched["any-any"] == matched["any-firstafter"] == matched["lastbefore-firstafter"]


@given(EVENT_LISTS, st.sampled_from(PAIRS), TIES, GAPS)
def test_times_of_a_session_are_its_own(events, pair, ties, max_gap):
    """A session by itself gives the rows that it has among others."""
    frame = frame_of(events)
    options = {
        "pair": pair,
        "ties": ties,
        "max_gap": duration(max_gap),
        "unmatched": True,
        "missing": "zero",
    }
    whole = hf.time_between(frame, "A", ["A", "B"], **options)
    for session, part in frame.groupby("session_id"):
        alone = hf.time_between(part, "A", ["A", "B"], **options)
        rows = whole[whole["session_id"] == session].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, rows, check_exact=True)


@given(EVENT_LISTS, st.sampled_from(PAIRS), TIES)
def test_times_do_not_depend_on_names(events, pair, ties):
    """Events called otherwise, in the same alphabetical order, take as long."""
    renamed = {"A": "a page", "B": "b·item", "C": "c$", "other": "purchase ş"}
    other = [{**event, "name": renamed[event["name"]]} for event in events]
    options = {"pair": pair, "ties": ties, "missing": "zero"}
    pd.testing.assert_frame_equal(
        hf.time_between(frame_of(other), "a page", ["b·item", "c$"], **options),
        hf.time_between(frame_of(events), "A", ["B", "C"], **options),
        check_exact=True,
    )
    before, after = hf.transition_times(frame_of(events)), hf.transition_times(frame_of(other))
    for column in ("source", "target"):
        before[column] = before[column].map(renamed).astype(after[column].dtype)
    pd.testing.assert_frame_equal(after, before)


@pytest.mark.parametrize(
    ("text", "pair", "expected"),
    [
        ("A0 A1 B2 B3 A4 B5", "first-firstafter", [(0, 2)]),
        ("A0 A1 B2 B3 A4 B5", "first-first", [(0, 2)]),
        ("A0 A1 B2 B3 A4 B5", "lastbefore-firstafter", [(1, 2), (4, 5)]),
        ("A0 A1 B2 B3 A4 B5", "any-firstafter", [(0, 2), (1, 2), (4, 5)]),
        (
            "A0 A1 B2 B3 A4 B5",
            "any-any",
            [(0, 2), (0, 3), (0, 5), (1, 2), (1, 3), (1, 5), (4, 5)],
        ),
        ("A0 A1 B2 B3 A4 B5", "last-last", [(4, 5)]),
        ("B0 A1 B2 A3", "first-firstafter", [(1, 2)]),
        ("B0 A1 B2 A3", "first-first", [(1, 0)]),
        ("B0 A1 B2 A3", "last-last", [(3, 2)]),
        ("B0 A1", "any-any", []),
    ],
)
def test_pairings(text, pair, expected):
    """Each pairing on sessions that one can read."""
    assert pairs(text, pair=pair) == expected


@pytest.mark.parametrize(
    ("text", "ties", "expected"),
    [
        ("A0 B0", "feed", [(0, 1)]),
        ("A0 B0", "strict", []),
        ("A0 B0", "either", [(0, 1)]),
        ("B0 A0", "feed", []),
        ("B0 A0", "strict", []),
        ("B0 A0", "either", [(1, 0)]),
        ("B0 A0 B0 B1", "feed", [(1, 2)]),
        ("B0 A0 B0 B1", "strict", [(1, 3)]),
        ("B0 A0 B0 B1", "either", [(1, 0)]),
    ],
)
def test_ties(text, ties, expected):
    """An end at the start's own instant."""
    assert pairs(text, ties=ties) == expected


def test_an_event_never_pairs_with_itself():
    """Where start and end are one event, the other one is found, or none."""
    assert pairs("A0 A5", end="A") == [(0, 1)]
    for pair in PAIRS:
        for ties in ALL_TIES:
            assert pairs("A0", end="A", pair=pair, ties=ties) == []
            assert pairs("A0", end="A", pair=pair, ties=ties, unmatched=True) == [(0, None)]
    assert pairs("A0 A5", end="A", pair="first-first") == []
    assert pairs("A0 A0", end="A", pair="any-any", ties="either") == [(0, 1), (1, 0)]


def test_a_gap_chooses_among_the_ends():
    """Too near an end is no end; the next one is taken, as the docstring says."""
    assert pairs("A0 B1 B60", min_gap="30s") == [(0, 2)]
    assert pairs("A0 B1 B60", min_gap="1s") == [(0, 1)]
    assert pairs("A0 B1 B60", min_gap="60s", max_gap="60s") == [(0, 2)]
    assert pairs("A0 B60.000001", max_gap="60s") == []
    assert pairs("A0 A40 B60", max_gap="30s") == []
    assert pairs("A0 A40 B60", max_gap="30s", pair="any-firstafter") == [(1, 2)]
    assert pairs("A0 A59 B60", min_gap="30s", pair="lastbefore-firstafter") == [(0, 2)]


def test_a_gap_comes_after_first_and_last():
    """The first start and the first end are chosen without it."""
    assert pairs("A0 B1 B60", min_gap="30s", pair="first-first") == []
    assert pairs("B0 A1", pair="first-first", min_gap="0s") == []
    assert pairs("B0 A1", pair="first-first", max_gap="0s") == [(1, 0)]


def test_unmatched_keeps_typed_columns():
    """A session without a pair has a start and nothing else."""
    frame = frame_of(events_of("A0 A1 B2", "s1") + events_of("B0 A1 A2", "s2"))
    table = hf.time_between(frame, "A", "B", unmatched=True)
    matched = hf.time_between(frame, "A", "B")
    assert table.dtypes.to_dict() == matched.dtypes.to_dict()
    assert table["session_id"].tolist() == ["s1", "s2"]
    assert table["start_id"].tolist() == ["s10", "s21"]
    assert table.loc[1, ["end_id", "end_time", "elapsed"]].isna().all()
    last = hf.time_between(frame, "A", "C", pair="last-last", unmatched=True, missing="zero")
    assert last["start_id"].tolist() == ["s11", "s22"]


def test_too_many_pairs_are_refused_before_they_are_made():
    """The number is told, and what to do."""
    count = 20_000
    frame = pd.DataFrame(
        {
            "session_id": "s",
            "name": np.repeat(["A", "B"], count),
            "timestamp": pd.Timestamp(MARCH, unit="us", tz="UTC"),
            "sequence": np.arange(2 * count),
        }
    )
    said = "20,000 starts with 20,000 ends make 400,000,000 pairs; at most 100,000,000"
    with pytest.raises(hf.InvalidInput, match=said):
        hf.time_between(frame, "A", "B", pair="any-any")
    assert len(hf.time_between(frame, "A", "B", pair="any-firstafter")) == count
    with pytest.raises(hf.InvalidInput, match="make 399,980,000 pairs"):
        hf.time_between(frame.head(count), "A", "A", pair="any-any", ties="either")


@given(
    st.lists(st.lists(st.integers(0, 9), max_size=6).map(sorted), max_size=6), st.integers(0, 10)
)
def test_many_ranges_are_searched_at_once(lists, wanted):
    """The search agrees with searching each range by itself."""
    values = np.array([each for one in lists for each in one], dtype=np.int64)
    sizes = np.array([len(one) for one in lists], dtype=np.int64)
    begins = np.cumsum(sizes) - sizes
    found = first_at_least(values, np.full(len(lists), wanted), begins, begins + sizes)
    assert found.tolist() == [
        begin + sum(value < wanted for value in one)
        for begin, one in zip(begins.tolist(), lists, strict=True)
    ]


@given(
    EVENT_LISTS,
    STEPS,
    STEPS,
    st.sampled_from([None, "path", "type"]),
    GAPS,
    st.one_of(st.none(), st.lists(st.integers(0, 7).map(lambda step: step * TICK), max_size=3)),
    TIES,
    KEYS,
)
def test_conversion_time(events, start, end, by, within, at, ties, key):
    """Counts at every time, of every group, and their intervals."""
    table = hf.conversion_time(
        frame_of(events),
        start,
        end,
        by=by,
        within=duration(within),
        at=None if at is None else [duration(each) for each in at],
        ties=ties,
        missing="zero",
        key=key,
    )
    twin = twin_times.conversion_time(events, start, end, by, within, at, ties, key)
    found = [
        (
            None if by is None else plain(row[by]),
            microseconds(row["elapsed"]),
            row["converted"],
            row["sessions"],
        )
        for row in table.to_dict("records")
    ]
    assert found == twin
    for row in table.itertuples():
        low, high = wilson_interval(np.array([row.converted]), row.sessions)
        share = row.converted / row.sessions if row.sessions else np.nan
        got = (row.share, row.ci_low, row.ci_high)
        np.testing.assert_array_equal(got, (share, low[0], high[0]))


@given(EVENT_LISTS, TIES, GAPS)
def test_conversion_agrees_with_time_between(events, ties, within):
    """The last row counts the pairs, and all rows those with an unmatched session."""
    frame, options = frame_of(events), {"ties": ties, "missing": "zero"}
    curve = hf.conversion_time(frame, "A", "B", within=duration(within), **options)
    times = hf.time_between(frame, "A", "B", max_gap=duration(within), unmatched=True, **options)
    assert curve["converted"].iloc[-1] == times["elapsed"].notna().sum()
    assert curve["sessions"].iloc[-1] == len(times)
    assert curve["elapsed"].is_monotonic_increasing
    assert curve["converted"].is_monotonic_increasing
    assert curve["elapsed"].iloc[0] == pd.Timedelta(0)


@given(EVENT_LISTS)
def test_conversions_of_parts_add_up(events):
    """The groups make the whole, at any time."""
    frame = frame_of(events)
    options = {"at": ["0s", "1s", "3s"], "missing": "zero"}
    whole = hf.conversion_time(frame, "A", "B", **options)
    parts = hf.conversion_time(frame, "A", "B", by="path", **options)
    columns = ["converted", "sessions"]
    if len(parts):
        added = parts.groupby("elapsed")[columns].sum().reset_index(drop=True)
        pd.testing.assert_frame_equal(added, whole[columns])


def test_conversion_by_keeps_the_type_of_the_column():
    """Groups stand in ascending order, null last, whatever the type."""
    frame = frame_of([event for number in range(4) for event in events_of("A0 B1", f"s{number}")])
    each = [10, 10, 9, 9, None, None, 9, 9]
    frame["cart"] = pd.array(each, dtype="Int64")
    table = hf.conversion_time(frame, "A", "B", by="cart", at=["1s"])
    assert table["cart"].tolist() == [9, 10, pd.NA]
    assert table["cart"].dtype == "Int64"
    assert table["sessions"].tolist() == [2, 1, 1]
    kinds = frame.assign(cart=pd.Categorical(["b", "b", "a", "a", None, None, "a", "a"]))
    groups = hf.conversion_time(kinds, "A", "B", by="cart", at=["1s"])["cart"]
    assert groups.dtype == "category"
    assert groups.isna().tolist() == [False, False, True]


def test_conversion_with_no_session():
    """Nobody started: one row that says so; with groups, none."""
    frame = frame_of(events_of("B0"))
    [row] = hf.conversion_time(frame, "A", "B", missing="zero").to_dict("records")
    assert (row["converted"], row["sessions"], row["elapsed"]) == (0, 0, pd.Timedelta(0))
    assert np.isnan([row["share"], row["ci_low"], row["ci_high"]]).all()
    assert len(hf.conversion_time(frame, "A", "B", at=["1h", "2h"], missing="zero")) == 2
    grouped = hf.conversion_time(frame, "A", "B", by="path", missing="zero")
    assert len(grouped) == 0
    assert grouped.columns[0] == "path"


def test_visitors_convert_over_sessions():
    """With key visitor_id the purchase may come in another session."""
    frame = frame_of(events_of("A0", "s1") + events_of("B9", "s2"))
    assert hf.conversion_time(frame, "A", "B")["share"].iloc[-1] == 0
    assert hf.conversion_time(frame, "A", "B", key="visitor_id")["share"].iloc[-1] == 1


@given(
    EVENT_LISTS,
    st.lists(st.sampled_from([0, 0.05, 0.25, 0.5, 0.9, 0.999, 1.0]), max_size=4, unique=True),
    KEYS,
)
def test_transition_times(events, quantiles, key):
    """Every pair with exact quantiles and total, in the order of transitions."""
    table = hf.transition_times(frame_of(events), quantiles=quantiles, key=key)
    found = {
        (row[0], row[1]): (row[2], *map(microseconds, row[3:]))
        for row in table.itertuples(index=False, name=None)
    }
    assert found == twin_times.transition_times(events, quantiles, key)
    inside = hf.transitions(frame_of(events), key=key).dropna(subset=["source", "target"])
    columns = ["source", "target", "count"]
    pd.testing.assert_frame_equal(table[columns], inside[columns].reset_index(drop=True))


@given(EVENT_LISTS)
def test_transition_times_agree_with_transitions(events):
    """The median and the p90 are those of transitions."""
    table = hf.transition_times(frame_of(events))
    inside = hf.transitions(frame_of(events)).dropna(subset=["source", "target"])
    columns = ["median", "p90"]
    pd.testing.assert_frame_equal(table[columns], inside[columns].reset_index(drop=True))
    assert list(table) == [
        "source", "target", "count", "shortest", "p25", "median", "p75", "p90", "longest", "total"
    ]  # fmt: skip


def test_quantiles_are_read_as_they_are_written():
    """0.1 is one tenth in every type, and names say which it is."""
    frame = frame_of(events_of("A0 B1 A3 B7"))
    expected = hf.transition_times(frame, quantiles=[0.1, 0.5, 0.999])
    assert list(expected)[4:7] == ["p10", "median", "p99.9"]
    for others in (
        (Fraction(1, 10), Decimal("0.5"), np.float64(0.999)),
        np.array([0.1, 0.5, 0.999]),
        pd.Series([0.1, 0.5, 0.999]),
        np.array([0.1, 0.5, 0.999], dtype=np.float32),
    ):
        pd.testing.assert_frame_equal(hf.transition_times(frame, quantiles=others), expected)


def test_a_total_that_no_duration_holds_is_missing():
    """It is not another one."""
    gaps = np.array([2**62, 2**62 - 10, 7, 2**62], dtype=np.int64)
    halves, rests = np.divmod(gaps, 2**31)
    totals = _totals(*(np.array([each[:2].sum(), *each[2:]]) for each in (halves, rests)))
    assert np.isnat(totals).tolist() == [True, False, False]
    assert totals[1:].view(np.int64).tolist() == [7, 2**62]


ZONES = ["Europe/Istanbul", "America/New_York", "Asia/Kathmandu", "UTC"]


@given(
    EVENT_LISTS,
    st.sampled_from(ZONES),
    st.integers(0, 10**6).map(lambda minutes: minutes * 60 * 10**6),
    KEYS,
)
def test_activity_by_hour(events, zone, shift, key):
    """Every hour of the week on the clock of any zone, over two years of switches."""
    events = [{**event, "timestamp": event["timestamp"] + shift} for event in events]
    frame = frame_of(events)
    frame["timestamp"] = frame["timestamp"].dt.tz_convert(zone)
    table = hf.activity_by_hour(frame, key=key)
    assert list(zip(table["weekday"], table["hour"], strict=True)) == [
        (weekday, hour) for weekday in range(7) for hour in range(24)
    ]
    found = {
        (row.weekday, row.hour): (row.events, row.sessions)
        for row in table.itertuples()
        if row.events or row.sessions
    }
    assert found == twin_times.activity_by_hour(events, ZoneInfo(zone), key)
    if events:
        assert table["share"].sum() == pytest.approx(1)
        shuffled = hf.activity_by_hour(frame.sample(frac=1, random_state=1), key=key)
        pd.testing.assert_frame_equal(shuffled, table, check_exact=True)
    else:
        assert table["share"].isna().all()


@given(EVENT_LISTS, st.integers(-100, 100))
def test_activity_repeats_every_week(events, weeks):
    """In a zone without switches, whole weeks later is the same."""
    moved = [
        {**event, "timestamp": event["timestamp"] + weeks * 7 * 86_400 * 10**6} for event in events
    ]
    tables = []
    for each in (events, moved):
        frame = frame_of(each)
        frame["timestamp"] = frame["timestamp"].dt.tz_convert("UTC")
        tables.append(hf.activity_by_hour(frame))
    pd.testing.assert_frame_equal(*tables)


@given(EVENT_LISTS)
def test_activity_of_parts_adds_up(events):
    """Sessions by themselves make the whole; text types and the input stay as they are."""
    frame = frame_of(events)
    before = frame.copy(deep=True)
    whole = hf.activity_by_hour(frame)
    pd.testing.assert_frame_equal(frame, before)
    parts = [hf.activity_by_hour(part) for _, part in frame.groupby("session_id")]
    nothing = hf.activity_by_hour(frame.head(0))
    for column in ("events", "sessions"):
        added = sum((part[column] for part in parts), start=nothing[column])
        pd.testing.assert_series_equal(added, whole[column])
    other = frame.astype(dict.fromkeys(["session_id", "name"], "category"))
    pd.testing.assert_frame_equal(hf.activity_by_hour(other), whole)


def test_the_hour_that_comes_twice_and_the_one_that_does_not():
    """New York set its clock back on 2026-11-01 and forward on 2026-03-08, Sundays both."""
    instants = pd.to_datetime(
        ["2026-11-01T05:30Z", "2026-11-01T06:30Z", "2026-03-08T06:30Z", "2026-03-08T07:30Z"]
    )
    frame = pd.DataFrame(
        {
            "session_id": ["a", "b", "c", "d"],
            "name": "A",
            "timestamp": instants.tz_convert("America/New_York"),
        }
    )
    table = hf.activity_by_hour(frame).set_index(["weekday", "hour"])
    assert table.loc[6, "events"].tolist()[:5] == [0, 3, 0, 1, 0]
    arrow = frame.assign(timestamp=instants.astype("timestamp[us, tz=America/New_York][pyarrow]"))
    pd.testing.assert_frame_equal(
        hf.activity_by_hour(arrow), hf.activity_by_hour(frame), check_exact=True
    )


def test_durations_may_be_of_any_type():
    """Text, Timedelta, timedelta and numpy's serve alike."""
    frame = frame_of(events_of("A0 B60"))
    for at in (["1min"], (timedelta(minutes=1),), np.array([60], "timedelta64[s]"),
               pd.to_timedelta(["1min"]), {pd.Timedelta("1min")}):  # fmt: skip
        assert hf.conversion_time(frame, "A", "B", at=at)["converted"].tolist() == [1]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda events: hf.time_between(events, "A", "B", pair="first"), "pair is 'first'"),
        (lambda events: hf.time_between(events, "A", "B", pair="any-first"), "Did you mean 'any-"),
        (lambda events: hf.time_between(events, "A", "B", ties="no"), "'feed', 'either', 'strict'"),
        (lambda events: hf.time_between(events, "A", "B", min_gap=5), "min_gap is 5"),
        (lambda events: hf.time_between(events, "A", "B", max_gap="60"), "Give the unit"),
        (lambda events: hf.time_between(events, "A", "B", max_gap="-1s"), "not negative"),
        (
            lambda events: hf.time_between(events, "A", "B", min_gap="2h", max_gap="1h"),
            "min_gap is '2h' and max_gap '1h'",
        ),
        (lambda events: hf.time_between(events, "A", "Z"), "No event is called 'Z'"),
        (
            lambda events: hf.time_between(events.assign(elapsed="x"), "A", "B", key="elapsed"),
            "also a column of the result",
        ),
        (lambda events: hf.conversion_time(events, "A", "Z"), "No event is called 'Z'"),
        (lambda events: hf.conversion_time(events, "A", "B", at="1h"), "a list of durations"),
        (lambda events: hf.conversion_time(events, "A", "B", at=[3]), "at is 3"),
        (lambda events: hf.conversion_time(events, "A", "B", at=[None]), "at is None"),
        (lambda events: hf.conversion_time(events, "A", "B", within=3), "within is 3"),
        (lambda events: hf.conversion_time(events, "A", "B", ties="no"), "ties is 'no'"),
        (lambda events: hf.conversion_time(events, "A", "B", by="pth"), "Did you mean 'path'"),
        (
            lambda events: hf.conversion_time(events.assign(share=1), "A", "B", by="share"),
            "by is 'share', which is also a column",
        ),
        (lambda events: hf.transition_times(events, quantiles=0.5), "quantiles is 0.5; a list"),
        (lambda events: hf.transition_times(events, quantiles="0.5"), "a list is needed"),
        (lambda events: hf.transition_times(events, quantiles=["0.5"]), "numbers from 0 to 1"),
        (lambda events: hf.transition_times(events, quantiles=[50]), "One of quantiles is 50"),
        (lambda events: hf.transition_times(events, quantiles=[0.1234]), "three decimals"),
        (lambda events: hf.transition_times(events, quantiles=[float("nan")]), "is nan"),
        (lambda events: hf.transition_times(events, quantiles=[True]), "is True"),
        (lambda events: hf.transition_times(events, quantiles=[0.5, 0.5]), "each is needed once"),
        (lambda events: hf.activity_by_hour(events, key="user"), "no column 'user'"),
    ],
)
def test_bad_options(call, said):
    """Each says its value, what is allowed and what to do."""
    with pytest.raises(hf.InvalidInput, match=said):
        call(frame_of(events_of("A0 B1 A2 B9")))
