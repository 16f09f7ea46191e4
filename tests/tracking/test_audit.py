"""What `audit` takes and gives: arguments, frames of every make, own checks, and its laws."""

from __future__ import annotations

import functools
import inspect

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardal_frames.errors import InvalidInput, UnknownName
from hardal_frames.sandbox import plant, simulate
from hardal_frames.tracking._checks.registry import CHECKS, OF_ALL_ROWS
from hardal_frames.tracking._table import COLUMNS
from hardal_frames.tracking.audit import audit
from hardal_frames.tracking.finding import Finding
from tests.strategies import EVENT_LISTS, frame_of
from tests.tracking.cases import event, frame, frames_of


@functools.cache
def faulty():
    """Events and sessions with faults of all kinds."""
    return frames_of(plant(simulate(400, seed=8), seed=8)[0])


def same(one, other):
    """Two tables of findings are the same."""
    pd.testing.assert_frame_equal(one, other)


def test_columns_and_types():
    """The table's columns, their types, and the order of its rows."""
    events, sessions = faulty()
    table = audit(events, sessions)
    assert tuple(table.columns) == COLUMNS
    assert table["first_seen"].dtype == events["timestamp"].dtype
    assert (table["count"].dtype, table["share"].dtype) == ("int64", "float64")
    assert table["severity"].tolist() == sorted(
        table["severity"], key=["high", "medium", "low"].index
    )
    assert table["share"].between(0, 1).all()
    assert table["example_ids"].map(len).max() == 5
    assert (table["first_seen"].dropna() <= table["last_seen"].dropna()).all()
    assert table["message"].str.endswith(".").all()


def test_examples_are_the_earliest():
    """So many as are asked for, by time; all with None."""
    events = frame(event("click", 9), event("click", 1), event("click", 5))
    late = {"checks": ["future_event"], "now": "2020-01-01"}
    assert audit(events, **late)["example_ids"][0] == ("e1", "e2", "e0")
    assert audit(events, **late, examples=1)["example_ids"][0] == ("e1",)
    assert audit(events, **late, examples=0)["example_sessions"][0] == ()
    assert audit(events.drop(columns="id"), **late)["example_ids"][0] == ()


def test_the_frame_is_not_changed():
    """Neither events nor sessions are changed."""
    events, sessions = faulty()
    before = (events.copy(), sessions.copy())
    audit(events, sessions)
    pd.testing.assert_frame_equal(events, before[0])
    pd.testing.assert_frame_equal(sessions, before[1])


@pytest.mark.parametrize("seed", range(4))
def test_row_order_plays_no_part(seed):
    """Shuffled rows, and any index, give the same table."""
    events, sessions = faulty()
    shuffled = events.sample(frac=1, random_state=seed)
    if seed % 2:
        shuffled = shuffled.set_axis(np.zeros(len(events), dtype=int))
    other = sessions.sample(frac=1, random_state=seed)
    same(audit(events, sessions), audit(shuffled, other))


@settings(deadline=None, max_examples=60)
@given(EVENT_LISTS, st.randoms(use_true_random=False))
def test_small_logs_in_any_order(events, random):
    """Also where many events are tied, and sequences repeat."""
    whole = frame_of(events)
    order = list(range(len(events)))
    random.shuffle(order)
    options = {"ties": 2, "now": "2026-03-01", "examples": None}
    same(audit(whole, **options), audit(whole.take(order), **options))


def test_renaming_sessions_plays_no_part():
    """Other ids of sessions give the same findings."""
    events, sessions = faulty()
    renamed = events.assign(session_id="x" + events["session_id"])
    table = audit(renamed, sessions.assign(session_id="x" + sessions["session_id"]))
    columns = [name for name in COLUMNS if not name.startswith("example")]
    same(audit(events, sessions)[columns], table[columns])


@pytest.mark.parametrize(
    "cast",
    [
        lambda text: text.astype("category"),
        lambda text: text.astype(object),
        lambda text: text.astype(pd.ArrowDtype(pa.large_string())),
        lambda text: text.astype(pd.ArrowDtype(pa.string())),
        lambda text: text.astype(pd.StringDtype("python")),
    ],
    ids=["categorical", "object", "large_string", "string", "python"],
)
def test_any_type_of_text(cast):
    """Categoricals, objects and Arrow's texts give what our strings give."""
    events, sessions = faulty()
    texts = events.columns[events.dtypes == events["name"].dtype]
    same(
        audit(events, sessions),
        audit(
            events.assign(**{c: cast(events[c]) for c in texts}),
            sessions.assign(session_id=cast(sessions["session_id"])),
        ),
    )


def test_other_columns_may_be_missing():
    """Any frame with the three columns; each other column may be absent or empty."""
    events, _ = faulty()
    three = ["session_id", "timestamp", "name"]
    known = {"changed_volume", "future_event", "incomplete_purchase", "purchase_without_steps",
             "regular_session", "similar_names", "tied_events", "unusable_event",
             "duplicate_event"}  # fmt: skip
    assert set(audit(events[three])["check"]) <= known
    for column in events.columns.difference(three):
        audit(events.drop(columns=column))
        audit(events.assign(**{column: events[column].mask(events["name"].notna())}))
        audit(events.assign(**{column: None}))


def test_empty_frames():
    """Nothing is wrong with nothing, whatever columns it has, and the types stay."""
    events, sessions = faulty()
    for empty in (events.iloc[:0], events.iloc[:0][["session_id", "timestamp", "name"]]):
        table = audit(empty)
        assert table.empty
        assert tuple(table.columns) == COLUMNS
        assert table["first_seen"].dtype == events["timestamp"].dtype
    assert set(audit(events.iloc[:0], sessions)["check"]) == {"session_list"}
    unusable = events.iloc[:3].assign(name=pd.NA)
    assert audit(unusable)["count"].tolist() == [3]


def test_values_of_pythons_own():
    """Columns of lists, dicts and mixed values are read as their JSON."""
    events = frame(*(event("form", n, f"s{n}") for n in range(41)))
    mixed = [True, *[1] * 40]
    table = audit(events.assign(prop_x=pd.Series(mixed, dtype=object)), checks=["type_change"])
    assert table["example_ids"].tolist() == [("e0",)]
    lists = [[{"price": "1,5"}], *[[]] * 38, {"a"}, np.array([1])]
    table = audit(events.assign(prop_items=pd.Series(lists, dtype=object)), checks=["bad_number"])
    assert table["example_ids"].tolist() == [("e0",)]
    whens = pd.Series(pd.Timestamp("2026-03-02"), index=events.index)
    assert audit(events.assign(prop_when=whens), now="2026-06-01").empty


def test_checks_are_chosen_by_name():
    """Only those asked for, in any order; a misspelt one is told with near names."""
    events, sessions = faulty()
    table = audit(events, sessions, checks=["tied_events", "unusable_event"])
    assert set(table["check"]) == {"tied_events", "unusable_event"}
    assert audit(events, checks=[]).empty
    with pytest.raises(UnknownName, match="Did you mean 'tied_events'"):
        audit(events, checks=["tied_event"])


def test_own_checks():
    """A function is given the usable events, and may say rows by position or by mask."""
    events = frame(event("a"), event("b", 1), event("a", 2))
    events.loc[0, "name"] = pd.NA

    def too_short(given):
        assert given["name"].notna().all()
        yield Finding("low", "It is an a.", given["name"] == "a", name="a", property="x", of=2)
        yield Finding("high", "It is none.", [])

    table = audit(events, checks=[too_short, "unusable_event"])
    assert table["check"].tolist() == ["unusable_event", "too_short"]
    assert table["example_ids"].tolist() == [("e0",), ("e2",)]
    assert table["share"].tolist() == [1 / 3, 0.5]
    assert audit(events, checks=[functools.partial(lambda given: [])]).empty


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (["no"], "gave a str; a Finding is needed"),
        ("no", "gave a str; a list of findings"),
        (5, "gave a int; a list of findings"),
        (None, "'<lambda>' gave None, as without yield or return; a list of findings"),
        (Finding("low", "x", [0]), "gave a Finding; a list of findings"),
        (pd.DataFrame({"a": [1]}), "gave a DataFrame; a list of findings"),
        ([Finding("low", "x", [7])], "names row 7; the frame that it was given has rows 0 to 0"),
        ([Finding("low", "x", [-1])], "names row -1"),
        ([Finding("low", "x", [False, False])], "gave 2 booleans as rows; .* has 1 rows"),
    ],
)
def test_own_checks_that_are_wrong(result, said):
    """What a check gives must be findings, about rows that there are."""
    with pytest.raises(InvalidInput, match=said):
        audit(frame(event()), checks=[lambda given: result])


def test_own_checks_that_raise():
    """The error is the check's own, and says which check it was, also while it yields."""

    def of_basket(given):
        yield Finding("low", "x", given["basket"] == 1)

    with pytest.raises(KeyError, match="basket") as caught:
        audit(frame(event()), checks=[of_basket])
    assert caught.value.__notes__ == ["The check 'of_basket' raised this."]


def test_own_checks_of_no_rows():
    """Where there is no event, there is no row to name."""
    with pytest.raises(InvalidInput, match="names row 0; .* has no rows"):
        audit(frame(event()).iloc[:0], checks=[lambda given: [Finding("low", "x", [0])]])


def test_own_checks_have_a_frame_of_their_own():
    """What one writes, neither the caller nor the next one sees; its labels are positions."""
    events = frame(event("a"), event("b", 1), event("a", 2), event("b", 3)).iloc[::-1]
    before = events.copy()
    seen = []

    def writes(given):
        seen.append(list(given.columns))
        given["mine"] = 1
        given.loc[0, "name"] = "x"
        yield Finding("low", "It is an a.", given.index[given["name"] == "a"])

    def sorts(given):
        seen.append(list(given.columns))
        yield Finding("low", "It is an a.", given.sort_values("timestamp")["name"] == "a")

    table = audit(events, checks=[writes, sorts])
    assert table["example_ids"].tolist() == [("e0", "e2"), ("e0", "e2")]
    pd.testing.assert_frame_equal(events, before)
    assert seen == [list(before.columns)] * 2


def test_findings_are_checked():
    """A finding has a known severity, and rows that are positions, each once."""
    with pytest.raises(InvalidInput, match="severity is 'bad'; allowed are high, medium, low"):
        Finding("bad", "x", [])
    finding = Finding("low", "x", [False, True], sessions=["s1", "s2"])
    assert (finding.rows.tolist(), finding.sessions, finding.count) == ([1], ("s1", "s2"), 3)
    assert (Finding("low", "x", [2, 1, 2]).rows.tolist(), Finding("low", "x", [1, 1]).count) == (
        [1, 2],
        1,
    )


@pytest.mark.parametrize(
    "rows",
    [
        pd.Series([True, None, False, True], dtype="boolean"),
        pd.Series([True, None, False, True], dtype=object),
        [True, pd.NA, False, True],
        pd.Series([0, 3], dtype="Int64"),
        pd.Series([True, False, True, False], index=[3, 2, 0, 1]),
        pd.Series([True, False, False, True], index=[9, 8, 7, 6]),
        pd.array([True, None, False, True], dtype=pd.ArrowDtype(pa.bool_())),
    ],
    ids=["nullable", "object", "list", "positions", "by label", "other labels", "arrow"],
)
def test_rows_of_a_finding(rows):
    """Booleans may be missing, which is False, and may stand in another order."""
    assert Finding("low", "x", rows).rows.tolist() == [0, 3]


def test_booleans_that_are_all_missing():
    """Then no row is meant."""
    assert not Finding("low", "x", pd.Series([None, None], dtype="boolean")).count


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rows": ["e1"]}, "positions or booleans are needed"),
        ({"rows": [1, None]}, "positions or booleans are needed"),
        ({"rows": None}, "rows of a finding is None; a list of positions"),
        ({"rows": 3}, "rows of a finding is 3"),
        ({"rows": "abc"}, "rows of a finding is 'abc'"),
        ({"rows": [[1, 2], [3, 4]]}, "rows of a finding is"),
        ({"rows": [[1], [3, 4]]}, "rows of a finding is"),
        ({"sessions": "s1"}, "sessions of a finding is 's1'; a list"),
        ({"sessions": 3}, "sessions of a finding is 3"),
        ({"rows": [1, 2], "of": 1}, "of is 1; a whole number from 2"),
        ({"of": 2.5}, "of is 2.5"),
        ({"of": True}, "of is True"),
        ({"name": 3}, "name of a finding is 3; a text"),
        ({"message": None}, "message of a finding is None"),
    ],
)
def test_findings_that_are_wrong(options, said):
    """Each says what it is, its value, and what is needed."""
    with pytest.raises(InvalidInput, match=said):
        Finding("low", **{"message": "x", "rows": [], **options})


def test_a_purchase_that_no_event_is():
    """A name that was given must be one of an event; the default need not."""
    events = frame(event("purchase"), event("order"))
    with pytest.raises(UnknownName, match="Did you mean 'purchase'"):
        audit(events, purchase="purchse")
    assert audit(events, purchase="order", checks=["incomplete_purchase"])["name"][0] == "order"
    assert audit(events.iloc[:0]).empty


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"checks": "tied_events"}, "checks is 'tied_events'; a list"),
        ({"checks": 3}, "checks is 3; a list"),
        ({"checks": [3]}, "checks holds 3; the name of a check or a function"),
        ({"examples": -1}, "examples is -1; a whole number from 0"),
        ({"examples": True}, "examples is True"),
        ({"purchase": 3}, "purchase is 3; the name of an event"),
        ({"ties": 1}, "ties is 1; a whole number from 2"),
        ({"regular_events": 2.5}, "regular_events is 2.5"),
        ({"nearly_all": 0}, "nearly_all is 0; a share above 0"),
        ({"nearly_all": "most"}, "nearly_all is 'most'"),
        ({"change": 1.5}, "change is 1.5"),
        ({"regularity": True}, "regularity is True"),
        ({"fastest": "soon"}, "fastest"),
        ({"duplicate_within": -1}, "duplicate_within"),
        ({"duration_within": None}, "duration_within"),
        ({"now": "soon"}, "now is 'soon'; an instant"),
        ({"now": pd.NaT}, "now is NaT"),
        ({"now": 5}, "now is 5; an instant"),
        ({"now": np.float64(5)}, "now is .*5.0"),
        ({"own_hosts": [3]}, "own_hosts holds 3; hosts such as"),
        ({"own_hosts": ["https://a.example/"]}, "own_hosts holds 'https://a.example/'"),
        ({"own_hosts": 3}, "own_hosts holds 3"),
    ],
)
def test_arguments_that_cannot_be_used(options, said):
    """Each says what it is, its value, and what is needed."""
    with pytest.raises(InvalidInput, match=said):
        audit(frame(event()), **options)


def test_frames_that_cannot_be_used():
    """The three columns are needed, once each, with a zone; the session list needs its ids."""
    events = frame(event())
    with pytest.raises(InvalidInput, match="no column 'name'"):
        audit(events.drop(columns="name"))
    with pytest.raises(InvalidInput, match="DataFrame of events is needed"):
        audit([])
    with pytest.raises(InvalidInput, match="is naive"):
        audit(events.assign(timestamp=events["timestamp"].dt.tz_localize(None)), checks=[])
    with pytest.raises(InvalidInput, match="more than one column"):
        audit(pd.concat([events, events[["url"]]], axis=1))
    with pytest.raises(InvalidInput, match="frame of sessions has no column 'session_id'"):
        audit(events, pd.DataFrame())


def test_arrow_timestamps():
    """Timestamps as Arrow holds them are read, too."""
    events, _ = faulty()
    arrow = events["timestamp"].astype(pd.ArrowDtype(pa.timestamp("us", "Europe/Istanbul")))
    one, other = audit(events), audit(events.assign(timestamp=arrow))
    columns = [name for name in COLUMNS if not name.endswith("_seen")]
    same(one[columns], other[columns])


def test_every_check_is_documented():
    """The docstring of audit names each check, and each check says what it finds."""
    for name, check in {**OF_ALL_ROWS, **CHECKS}.items():
        assert f"\n{name} " in inspect.getdoc(audit)
        assert inspect.getdoc(check).startswith("Find ")


def test_own_hosts_may_be_one_text():
    """A single host needs no list."""
    events = frame(event(referrer="https://a.example/x"))
    assert len(audit(events, checks=["self_referral"], own_hosts="www.a.example")) == 1
