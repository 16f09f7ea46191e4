"""Touches and attribution beside their slow twins, and what must hold of them."""

from __future__ import annotations

import math
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from tests import twin_people as twins
from tests.analysis.people import CAMPAIGN, MONEY, SECOND, people_frame, visits
from tests.strategies import microseconds, plain
from tests.twins import in_reporting_order, walks_of

MODELS = ["last", "first", "linear", "position"]
BY = st.sampled_from([["utm_source"], ["kind"], ["utm_medium", "utm_campaign", "kind"]])
VISITS = visits(**MONEY, **CAMPAIGN, visitor_id=st.sampled_from([None, "v1", "v2"]))
WEIGHTS = st.sampled_from([(0.4, 0.2, 0.4), (1, 1, 1), (0, 1, 0), (0.1, 0.0, 0.7), (0, 0, 3)])


@given(VISITS, st.sampled_from(["session_id", "path"]))
def test_touches(events, key):
    """What brought each session, and the event that tells."""
    events = [{**event, "path": event["visitor_id"] or "/"} for event in events]
    table = hf.touches(people_frame(events), key=key)
    walks = walks_of(events, key)
    order = in_reporting_order(walks)
    assert table[key].tolist() == order
    for row, walker in zip(table.to_dict("records"), order, strict=True):
        told_by, expected = twins.touch(walks[walker])
        assert {name: plain(row[name]) for name in expected} == expected
        assert plain(row["id"]) == (told_by and told_by["id"])
        assert microseconds(row["start"]) == walks[walker][0]["timestamp"]


@given(
    VISITS,
    st.sampled_from(MODELS),
    BY,
    st.sampled_from([None, 0, 20, 60]),
    WEIGHTS,
    st.booleans(),
    st.booleans(),
    st.sampled_from(["unit", "total"]),
)
def test_attribution(events, model, by, lookback, weights, ignore_direct, revenue, price):
    """Exact credit, first and last touches, and money of every touch."""
    options = {
        "model": model,
        "by": by,
        "position_weights": weights,
        "ignore_direct": ignore_direct,
        "revenue": revenue,
        "price": price,
    }
    lasting = None if lookback is None else f"{lookback}s"
    table = hf.attribution(
        people_frame(events), "purchase", lookback=lasting, missing="zero", **options
    )
    microseconds_back = None if lookback is None else lookback * SECOND
    twin = twins.attribution(events, "purchase", lookback=microseconds_back, **options)
    sessions = twins.sessions_by_touch(events, by)
    assert len(table) == len(twin)
    for row in table.to_dict("records"):
        value = tuple(plain(row[name]) for name in by)
        currency = plain(row["currency"]) if revenue else None
        credit, firsts, lasts, money = twin[value, currency, row["attributed"]]
        assert row["conversions"] == pytest.approx(float(credit), rel=1e-12, abs=1e-12)
        assert (row["first_touches"], row["last_touches"]) == (firsts, lasts)
        assert row["sessions"] == (sessions[value] if row["attributed"] else 0)
        if revenue:
            assert plain(row["revenue"]) == (None if money is None else pytest.approx(float(money)))
    conversions = len(twins.orders(events, "purchase"))
    assert table["conversions"].sum() == conversions
    assert table["attributed"].is_monotonic_decreasing
    credited = table.loc[table["attributed"], "conversions"]
    assert (credited.diff().dropna() <= 1e-12).all()


@given(VISITS, st.sampled_from(MODELS), st.booleans(), st.integers(0, 99))
def test_attribution_does_not_depend_on_the_order_of_rows(events, model, revenue, seed):
    """Shuffled rows give the same shares to the bit."""
    frame = people_frame(events)
    shuffled = frame.sample(frac=1, random_state=seed)
    options = {"model": model, "revenue": revenue, "missing": "zero"}
    pd.testing.assert_frame_equal(
        hf.attribution(shuffled, "purchase", **options),
        hf.attribution(frame, "purchase", **options),
        check_exact=True,
    )


@given(VISITS, st.sampled_from(MODELS))
def test_models_share_the_same(events, model):
    """Each model shares all conversions and all money, and a single touch gets all in each."""
    frame = people_frame(events)
    table = hf.attribution(frame, "purchase", model=model, revenue=True, missing="zero")
    money = hf.revenue(frame, missing="zero")
    for row in money.itertuples():
        same = table["currency"].eq(row.currency).fillna(value=False)
        if plain(row.currency) is None:
            same = table["currency"].isna()
        shared = table[same]
        assert shared["conversions"].sum() == pytest.approx(row.orders)
        if plain(row.revenue) is not None:
            assert shared["revenue"].sum() == pytest.approx(row.revenue)
    alone = frame.assign(visitor_id=pd.NA)
    options = {"by": ["kind", "utm_source"], "missing": "zero"}
    pd.testing.assert_frame_equal(
        hf.attribution(alone, "purchase", model=model, **options),
        hf.attribution(alone, "purchase", model="first", **options),
    )


def shop(visits_of_visitor, *, conversions=1):
    """One visitor who comes by each source, a day apart, and buys at the end of the last visit."""
    records = [
        {
            "name": "page_view",
            "timestamp": f"2026-03-{day:02}T10:00:00Z",
            "sessionId": f"s{day}",
            "properties": {} if source is None else {"utm_source": source},
        }
        for day, source in enumerate(visits_of_visitor, start=1)
    ]
    records += [
        {
            "name": "purchase",
            "timestamp": f"2026-03-{len(records):02}T11:00:00Z",
            "sessionId": f"s{len(records)}",
        }
        for _ in range(conversions)
    ]
    return hf.events_from_records(records).assign(visitor_id="v")


def credit(events, **options):
    """Source to conversions."""
    table = hf.attribution(events, "purchase", **options)
    return dict(zip(table["utm_source"], table["conversions"], strict=True))


def test_models():
    """The shares that a textbook gives."""
    events = shop(["a", "b", "c", "d"])
    assert credit(events)["d"] == 1
    assert credit(events, model="first")["a"] == 1
    assert credit(events, model="linear") == dict.fromkeys("abcd", 0.25)
    assert credit(events, model="position") == {"a": 0.4, "d": 0.4, "b": 0.1, "c": 0.1}
    assert credit(shop(["a", "b"]), model="position") == {"a": 0.5, "b": 0.5}
    assert credit(shop(["a", "b"]), model="position", position_weights=(3, 0, 1)) == {
        "a": 0.75,
        "b": 0.25,
    }
    assert credit(shop(["a"]), model="position", position_weights=(0, 1, 0)) == {"a": 1}


def test_direct_counts_only_where_nothing_else_does():
    """A direct visit takes no credit from the campaign before it, unless it is told to."""
    events = shop(["a", None])
    assert credit(events) == {"a": 1, "direct": 0}
    assert credit(events, ignore_direct=False) == {"a": 0, "direct": 1}
    assert credit(shop([None, None])) == {"direct": 1}
    assert credit(events, lookback="2h") == {"a": 0, "direct": 1}


def test_lookback_is_inclusive():
    """A session that began exactly so long before still counts."""
    events = shop(["a", "b"])
    assert credit(events, model="first", lookback="25h")["a"] == 1
    assert credit(events, model="first", lookback=pd.Timedelta("25h") - pd.Timedelta("1us")) == {
        "b": 1,
        "a": 0,
    }
    table = hf.attribution(events, "purchase", lookback="10min")
    assert table["conversions"].tolist() == [0, 0, 1]
    assert table["attributed"].tolist() == [True, True, False]
    assert table["utm_source"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("touches", [3, 7, 11, 97])
def test_shares_add_up_to_the_last_bit(touches):
    """Shares that no double holds add up to a whole number, in the table's order and others."""
    sources = [f"source {place}" for place in range(min(touches, 28))]
    events = shop(sources, conversions=touches)
    table = hf.attribution(events, "purchase", model="linear")
    assert table["conversions"].sum() == touches
    assert sum(table["conversions"].tolist()) == touches
    exact = float(Fraction(touches, len(sources)))
    assert all(math.isclose(each, exact, rel_tol=1e-14) for each in table["conversions"])


def test_long_paths_are_shared_some_at_a_time(monkeypatch):
    """However few touches are held at once, the shares are the same."""
    events = hf.sample_events(sessions=400)
    events["visitor_id"] = "v" + (events["session_id"].str[-1])
    options = {"by": ["utm_source", "utm_campaign"], "revenue": True}
    for model in MODELS:
        whole = hf.attribution(events, "purchase", model=model, **options)
        with monkeypatch.context() as patch:
            patch.setattr("hardal_frames.analysis._credit._PAIRS_AT_ONCE", 7)
            parts = hf.attribution(events, "purchase", model=model, **options)
        pd.testing.assert_frame_equal(parts, whole, check_exact=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "lst"}, "model is 'lst'.*Did you mean 'last'"),
        ({"by": "source"}, "by is 'source'.*Did you mean 'utm_source'"),
        ({"by": []}, r"by is \[\]; a column or a list"),
        ({"by": ["kind", "kind"]}, "each column is needed once"),
        ({"visitor": "visitr"}, "no column 'visitr'"),
        ({"lookback": "30"}, "lookback is '30'.*Give the unit"),
        ({"lookback": 30}, "lookback is 30; a duration"),
        ({"position_weights": (1, 2)}, "three numbers from 0 are needed"),
        ({"position_weights": (0.5, -0.1, 0.6)}, "three numbers from 0 are needed"),
        ({"position_weights": (0, 0, 0)}, "three numbers from 0 are needed"),
        ({"position_weights": (1, float("nan"), 0)}, "three numbers from 0 are needed"),
        ({"position_weights": None}, "three numbers from 0 are needed"),
        ({"price": "piece"}, "allowed are 'unit'"),
        ({"missing": "no"}, "allowed are 'error'"),
        ({"conversion": "purchas"}, "Did you mean 'purchase'"),
    ],
)
def test_bad_options(options, said):
    """Each bad option says its value, what is allowed and what to do."""
    options = {"conversion": "purchase", "visitor": "session_id", **options}
    with pytest.raises(hf.InvalidInput, match=said):
        hf.attribution(hf.sample_events(), **options)


def test_a_visitor_is_needed():
    """Without a visitor's column, the remedy is told."""
    with pytest.raises(hf.InvalidInput, match="no column 'visitor_id'.*with_sessions"):
        hf.attribution(hf.sample_events(), "purchase")
