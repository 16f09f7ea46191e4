"""Sessions, visitors and money beside their slow twins, and what must hold of them."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import hardal_frames as hf
from tests import twin_people as twins
from tests.analysis.people import CAMPAIGN, HOUR, MONEY, SECOND, people_frame, visits
from tests.strategies import MARCH, microseconds, plain

KEYS = st.sampled_from(["session_id", "visitor_id"])
ONCE_PER = st.sampled_from(["frame", "walker"])
PRICES = st.sampled_from(["unit", "total"])
BOUGHT = st.sampled_from(["purchase", ["A", "purchase"], {"prop_currency": "TRY"}])
LEFT = {"prop_currency": "currency"}


def of_twin(step):
    """The same step with the twin's names of columns."""
    if isinstance(step, dict):
        return {LEFT.get(name, name): value for name, value in step.items()}
    return step


@given(visits(**MONEY, **CAMPAIGN), KEYS)
def test_session_summary(events, key):
    """Names, referrers, campaigns and money of every session."""
    table = hf.session_summary(people_frame(events), key=key)
    twin = twins.summary(events, key)
    assert len(table) == len(twin)
    for row, expected in zip(table.to_dict("records"), twin, strict=True):
        assert {name: plain(row[name]) for name in expected} == expected


@given(visits(**MONEY), BOUGHT, PRICES, ONCE_PER, KEYS)
def test_purchases(events, bought, price, once_per, key):
    """Every order once, the earliest of its events, priced exactly."""
    options = {"price": price, "once_per": once_per, "key": key}
    table = hf.purchases(people_frame(events), purchase=bought, missing="zero", **options)
    twin = twins.orders(events, of_twin(bought), **options)
    assert table[key].tolist() == [walker for walker, _, _ in twin]
    assert table["id"].tolist() == [event["id"] for _, event, _ in twin]
    for row, (_, event, order) in zip(table.to_dict("records"), twin, strict=True):
        amount = order["amount"]
        assert microseconds(row["timestamp"]) == event["timestamp"]
        assert plain(row["amount"]) == (None if amount is None else twins.nearest(amount))
        for name in ("transaction_id", "currency", "items"):
            assert plain(row[name]) == order[name]


@given(
    visits(**MONEY),
    BOUGHT,
    st.sampled_from([[], ["session_id"], ["visitor_id", "prop_transaction_id"]]),
    PRICES,
    ONCE_PER,
    KEYS,
)
def test_revenue(events, bought, by, price, once_per, key):
    """Orders, money and items of every group and currency, sums exact."""
    options = {"price": price, "once_per": once_per, "key": key}
    frame = people_frame(events)
    table = hf.revenue(frame, by=by or None, purchase=bought, missing="zero", **options)
    names = [name.removeprefix("prop_") for name in by]
    twin = twins.revenue(events, of_twin(bought), by=names, **options)
    assert [tuple(map(plain, row)) for row in table.itertuples(index=False)] == twin
    orders = hf.purchases(frame, purchase=bought, missing="zero", **options)
    assert table["orders"].sum() == len(orders)
    assert table["priced_orders"].sum() == orders["amount"].count()
    assert math.isclose(table["revenue"].sum(), orders["amount"].sum(), abs_tol=1e-6)


@given(visits(**MONEY), st.integers(0, 99))
def test_money_does_not_depend_on_the_order_of_rows(events, seed):
    """Shuffled rows give the same sums to the bit."""
    frame = people_frame(events)
    shuffled = frame.sample(frac=1, random_state=seed)
    for analysis in (
        hf.session_summary,
        lambda part: hf.purchases(part, missing="zero"),
        lambda part: hf.revenue(part, by="prop_quantity", missing="zero"),
    ):
        pd.testing.assert_frame_equal(analysis(shuffled), analysis(frame), check_exact=True)


def test_decimal_sums():
    """Tenths add up to what a person would say, in any number; large and small together too."""
    amounts = [0.1] * 1_000 + [1e11, -1e11, 0.000000001, 99_999_999_999.99, -99_999_999_999.99]
    frame = pd.DataFrame(
        {
            "session_id": "s",
            "name": "purchase",
            "timestamp": pd.to_datetime(range(len(amounts)), unit="s", utc=True),
            "prop_value": amounts,
        }
    )
    for seed in range(3):
        shuffled = frame.sample(frac=1, random_state=seed)
        assert hf.revenue(shuffled)["revenue"].tolist() == [100.000000001]
        assert hf.session_summary(shuffled)["revenue"].tolist() == [100.000000001]


def test_amounts_that_are_none():
    """What is no number, not finite or beyond the limit is no amount, and is seen to be missing."""
    frame = pd.DataFrame(
        {
            "session_id": "s",
            "name": "purchase",
            "timestamp": pd.to_datetime(range(6), unit="s", utc=True),
            "prop_value": ["12.5", "12,5", "inf", "1e300", None, "-3"],
            "prop_quantity": ["2", "x", None, "inf", "1e30", 1],
        }
    )
    for dtype in ("object", "string[pyarrow]", "category"):
        typed = frame.astype({"prop_value": dtype, "prop_quantity": dtype})
        table = hf.purchases(typed)
        assert [plain(value) for value in table["amount"]] == [12.5, None, None, None, None, -3.0]
        assert table["items"].tolist() == [2, 1, 1, 1, 1, 1]
        total = hf.revenue(typed)
        assert total["revenue"].tolist() == [9.5]
        assert (total["orders"][0], total["priced_orders"][0]) == (6, 2)
        assert hf.session_summary(typed)["revenue"].isna().all()


def test_more_names_than_bits():
    """Distinct names are counted where there are more than one number has bits."""
    for size in (1, 63, 64, 65, 300):
        names = [f"name {place % size}" for place in range(2 * size)]
        frame = pd.DataFrame(
            {
                "session_id": ["s"] * len(names) + ["t"],
                "name": [*names, "name 0"],
                "timestamp": pd.Timestamp("2026-03-02", tz="UTC"),
            }
        )
        assert hf.session_summary(frame)["distinct_names"].tolist() == [size, 1]


@given(visits(), st.sampled_from([0, 10, 20, 35]), st.sampled_from(["session_id", "visitor_id"]))
def test_split_sessions(events, timeout, key):
    """Sessions end where a pause is longer than the timeout, and only there."""
    frame = people_frame(events)
    table = hf.split_sessions(frame, key=key, timeout=f"{timeout}s")
    twin = twins.split_sessions(events, key, timeout * SECOND)
    assert table["session_id"].tolist() == [session for session, _, _ in twin]
    assert table["sequence"].tolist() == [sequence for _, sequence, _ in twin]
    assert table["id"].tolist() == [event["id"] for _, _, event in twin]
    assert list(table.columns) == list(frame.columns)
    assert table.dtypes.equals(frame.dtypes)
    # Nothing but the two columns is changed, and no events are lost.
    before = frame.set_index("id").loc[table["id"]].reset_index()[table.columns]
    changed = ["session_id", "sequence"]
    pd.testing.assert_frame_equal(table.drop(columns=changed), before.drop(columns=changed))
    if key == "visitor_id":
        again = hf.split_sessions(table, key=key, timeout=f"{timeout}s")
        pd.testing.assert_frame_equal(again, table)


@given(visits(), st.integers(0, 99))
def test_split_sessions_without_sessions(events, seed):
    """A frame without sessions gets them, whatever the order of its rows."""
    frame = people_frame(events).drop(columns=["session_id", "sequence"])
    table = hf.split_sessions(frame, key="visitor_id", timeout="10s")
    assert list(table.columns[:2]) == ["session_id", "sequence"]
    shuffled = frame.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(
        hf.split_sessions(shuffled, key="visitor_id", timeout="10s"), table
    )
    summary = hf.session_summary(table)
    assert summary["events"].sum() == len(events)


def test_ids_of_split_sessions_are_told_apart():
    """Hyphens in keys make no two sessions one; keys that read alike are one visitor."""
    frame = pd.DataFrame(
        {
            "who": pd.Series([1, "1", "1-1", "1-1-1", "1-1"], dtype="object"),
            "name": "a",
            "timestamp": pd.to_datetime([0, 7200, 1, 2, 7201], unit="s", utc=True),
        }
    )
    table = hf.split_sessions(frame, key="who")
    assert table["session_id"].tolist() == ["1-1", "1-2", "1-1-1", "1-1-2", "1-1-1-1"]
    assert table["who"].tolist() == [1, "1", "1-1", "1-1", "1-1-1"]


def test_split_sessions_leaves_out_what_it_cannot_place():
    """Rows without visitor or timestamp are left out, with one warning that counts them."""
    events = hf.sample_events(sessions=20).assign(visitor_id="v")
    odd = events.copy()
    odd.loc[2, "visitor_id"] = None
    odd.loc[5, "timestamp"] = pd.NaT
    with pytest.warns(hf.DataWarning, match="2 of .*: 1 without timestamp, 1 without visitor_id"):
        table = hf.split_sessions(odd, key="visitor_id")
    expected = hf.split_sessions(events.drop(index=[2, 5]), key="visitor_id")
    pd.testing.assert_frame_equal(table, expected)


# Midnights that do not exist or come twice, and a day that one zone never had.
TURNS = [
    ("Europe/Istanbul", MARCH),
    ("Europe/Berlin", 1_774_483_200_000_000),  # 2026-03-26, spring
    ("America/Havana", 1_741_305_600_000_000),  # 2025-03-07, spring at midnight
    ("America/Havana", 1_761_868_800_000_000),  # 2025-10-31, autumn into midnight
    ("Pacific/Apia", 1_325_030_400_000_000),  # 2011-12-28, the 30th is left out
    ("Asia/Kathmandu", -5 * 24 * HOUR),  # before 1970
]


@given(
    st.sampled_from(TURNS).flatmap(
        lambda turn: st.tuples(
            st.just(turn[0]), visits(start=turn[1], step=7 * HOUR + SECOND, steps=20)
        )
    ),
    st.sampled_from(["week", "day", "month"]),
    st.sampled_from([None, "purchase"]),
    st.sampled_from([None, 1, 3]),
    KEYS,
)
@example(("Europe/Istanbul", []), "week", None, None, "visitor_id")
def test_retention(drawn, period, event, periods, key):
    """Cohorts and who comes back, by the calendar of the zone."""
    zone, events = drawn
    table = hf.retention(
        people_frame(events, zone),
        period=period,
        event=event,
        periods=periods,
        missing="zero",
        key=key,
    )
    found = [
        (microseconds(row.cohort), row.period, row.visitors, row.active, row.share, row.complete)
        for row in table.itertuples()
    ]
    options = {"period": period, "event": event, "periods": periods, "key": key}
    assert found == twins.retention(events, ZoneInfo(zone), **options)
    assert str(table["cohort"].dtype) == f"datetime64[us, {zone}]"
    own = table[table["period"] == 0]
    assert own["visitors"].sum() == len({each[key] for each in events})
    if event is None:
        assert (own["share"] == 1).all()


@given(visits(step=7 * HOUR, steps=60), st.integers(0, 99))
def test_retention_does_not_depend_on_rows_or_types(events, seed):
    """Shuffled rows, categoricals and other resolutions give the same table."""
    frame = people_frame(events)
    table = hf.retention(frame)
    for other in (
        frame.sample(frac=1, random_state=seed),
        frame.astype({"visitor_id": "category", "name": "object"}),
        frame.assign(timestamp=frame["timestamp"].dt.as_unit("ns")),
    ):
        pd.testing.assert_frame_equal(hf.retention(other), table)
    arrow = frame.astype({"timestamp": "timestamp[us, tz=Europe/Istanbul][pyarrow]"})
    pd.testing.assert_frame_equal(hf.retention(arrow), table)


def test_a_young_cohort_has_no_false_zeros():
    """The cohort of the last week has one row, and it says that it is not over."""
    days = ["2026-03-02", "2026-03-09", "2026-03-18"]
    frame = pd.DataFrame(
        {
            "visitor_id": ["a", "b", "c"],
            "name": "visit",
            "timestamp": pd.to_datetime(days).tz_localize("Europe/Istanbul"),
        }
    )
    table = hf.retention(frame)
    assert table["period"].tolist() == [0, 1, 2, 0, 1, 0]
    assert table["active"].tolist() == [1, 0, 0, 1, 0, 1]
    assert table["complete"].tolist() == [True, True, False, True, False, False]
    assert set(table["cohort"].dt.day_name()) == {"Monday"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda events: hf.purchases(events, price="piece"), "allowed are 'unit', 'total'"),
        (lambda events: hf.purchases(events, once_per="order"), "allowed are 'frame', 'walker'"),
        (lambda events: hf.purchases(events, purchase="purchas"), "Did you mean 'purchase'"),
        (lambda events: hf.purchases(events, missing="no"), "allowed are 'error'"),
        (
            lambda events: hf.purchases(events.assign(currency="x"), key="currency"),
            "also a column of the result",
        ),
        (lambda events: hf.revenue(events, by="prop_metod"), "Did you mean 'prop_method'"),
        (lambda events: hf.revenue(events, by=[]), r"by is \[\]; a column or a list"),
        (lambda events: hf.revenue(events, by=5), "by is 5; a column or a list"),
        (lambda events: hf.revenue(events, by=["type", "type"]), "each column is needed once"),
        (
            lambda events: hf.revenue(events.assign(who=[["a"]] * len(events)), by="who"),
            "The column 'who' holds lists",
        ),
        (lambda events: hf.revenue(events, by="orders"), "'orders', which is also a column"),
        (
            lambda events: hf.revenue(events.assign(prop_value=events["timestamp"])),
            "'prop_value' is of type datetime64.*numbers are needed",
        ),
        (lambda events: hf.split_sessions(events, key="user"), "no column 'user'"),
        (lambda events: hf.split_sessions(events, key="visitor_id"), "with_sessions"),
        (lambda events: hf.split_sessions(events, key="name"), "key is 'name'"),
        (lambda events: hf.split_sessions(events, key="id", timeout="30"), "Give the unit"),
        (lambda events: hf.split_sessions(events, key="id", timeout=30), "timeout is 30; a dur"),
        (lambda events: hf.split_sessions(events, key="id", timeout="-1s"), "not negative"),
        (hf.retention, "no column 'visitor_id'.*with_sessions"),
        (lambda events: hf.retention(events, key="id", period="year"), "allowed are 'week'"),
        (lambda events: hf.retention(events, key="id", periods=0), "periods is 0; a whole"),
        (lambda events: hf.retention(events, key="id", event="log_in"), "Did you mean 'login'"),
    ],
)
def test_bad_options(call, said):
    """Each bad option says its value, what is allowed and what to do."""
    with pytest.raises(hf.InvalidInput, match=said):
        call(hf.sample_events())
