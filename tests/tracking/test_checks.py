"""Edge cases of each check, in logs small enough to see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.errors import InvalidInput
from hardal_frames.tracking._checks._chance import nearly_all
from hardal_frames.tracking._checks.names import bare
from hardal_frames.tracking._checks.pages import is_contradiction
from hardal_frames.tracking.audit import audit
from tests.tracking.cases import MONDAY, NOW, event, found, frame, ids

ORDER = {"value": 10.0, "currency": "TRY", "quantity": 1, "transaction_id": "T1"}


def many(name, count, **fields):
    """Events of one name, a session each, an hour apart."""
    return [event(name, number * 3600, f"s{number}", **fields) for number in range(count)]


def test_unusable_event():
    """Each thing that a row lacks is a finding of its own; the share is of all rows."""
    events = frame(event(), event(second=1), event(second=2))
    events.loc[0, "name"] = pd.NA
    events.loc[[0, 1], "session_id"] = pd.NA
    assert found(events, "unusable_event") == [
        ("high", None, "session_id", {"e0", "e1"}),
        ("high", None, "name", {"e0"}),
    ]
    events["timestamp"] = pd.Series(pd.NaT, index=events.index, dtype=events["timestamp"].dtype)
    assert ("high", None, "timestamp", {"e0", "e1", "e2"}) in found(events, "unusable_event")


def test_duplicates_by_time_and_content():
    """Within the tolerance, in one session, with the same path and properties."""
    events = frame(
        event("click", 0, path="/", element="a"),
        event("click", 0.3, path="/", element="a"),
        event("click", 0.65, path="/", element="a"),
        event("click", 0.9, path="/", element="b"),
        event("click", 1.0, path="/b", element="b"),
        event("click", 1.1, "s2", path="/b", element="b"),
    )
    assert found(events, "duplicate_event") == [("high", "click", None, {"e1"})]
    assert ids(events, "duplicate_event", duplicate_within="1s") == {"e1", "e2"}


def test_duplicates_compare_path_and_properties_only():
    """Columns that say where a row came from are others in every copy."""
    events = frame(event("click", path="/", x=1), event("click", path="/", x=1))
    received = events["timestamp"] + pd.to_timedelta([1, 2], unit="s")
    urls = ["https://a.example/?1", "https://a.example/?2"]
    for more in ({"received_at": received}, {"index": [0, 1]}, {"url": urls}):
        assert ids(events.assign(**more), "duplicate_event") == {"e1"}
    assert not ids(events.assign(path=["/", "/b"]), "duplicate_event")
    assert not ids(events.assign(prop_x=[1, 2]), "duplicate_event")


def test_duplicates_of_events_without_a_path():
    """Where no event has a path, the url says which page it was."""
    events = frame(event("click"), event("click")).assign(url=["https://a.example/", "https://b"])
    assert not ids(events, "duplicate_event")
    assert not ids(events.drop(columns="path", errors="ignore"), "duplicate_event")
    assert ids(events.drop(columns="url"), "duplicate_event") == {"e1"}


def test_repeated_transaction():
    """The earliest of an order is right; blank numbers are no order."""
    events = frame(
        event("purchase", 50, **ORDER),
        event("purchase", 0, "s2", **ORDER),
        event("purchase", 60, transaction_id=""),
        event("purchase", 70, transaction_id=""),
        event("refund", 80, **ORDER),
    )
    assert ids(events, "repeated_transaction") == {"e0"}
    assert not ids(events, "repeated_transaction", purchase="refund")


def test_incomplete_purchase():
    """Items do for amount and quantity, empty ones for neither; price does for value."""
    events = frame(
        event("purchase", 0, **ORDER),
        event("purchase", 1, items=[{"price": 1}], currency="TRY", transaction_id="T2"),
        event("purchase", 2, price=1, currency=" ", quantity=1, transaction_id="T3"),
        event("purchase", 3, items=[], currency="TRY", transaction_id="T4"),
        event("purchase", 4),
    )
    assert found(events, "incomplete_purchase") == [
        ("high", "purchase", "currency", {"e2", "e4"}),
        ("high", "purchase", "value", {"e3", "e4"}),
        ("medium", "purchase", "quantity", {"e3", "e4"}),
        ("medium", "purchase", "transaction_id", {"e4"}),
    ]
    assert len(found(frame(event("purchase")), "incomplete_purchase")) == 4


@pytest.mark.parametrize(
    ("key", "value", "severity"),
    [
        ("price", "12,50", "high"),
        ("price", "1.299,90 TL", "high"),
        ("value", "₺12", "high"),
        ("price", "1 299.90", "high"),
        ("price", "ücretsiz", "high"),
        ("tax", -1, "high"),
        ("quantity", 0, "medium"),
        ("quantity", -1, "high"),
        ("quantity", "iki", "high"),
        ("price", 12.5, None),
        ("price", "12.50", None),
        ("price", " 7 ", None),
        ("price", 0, None),
        ("discount", -5, None),
        ("note", "12,50", None),
        ("price", "", None),
    ],
)
def test_bad_numbers_of_purchases(key, value, severity):
    """What a purchase may hold, and what not."""
    record = event("purchase", **(ORDER | {key: value}))
    others = [event("purchase", 9 + n, **(ORDER | {key: 1})) for n in range(2)]
    expected = [] if severity is None else [(severity, "purchase", key, {"e0"})]
    assert found(frame(record, *others), "bad_number") == expected


def test_bad_numbers_elsewhere():
    """A value of a slider may be anything; refunds may be negative; numbers are mostly numbers."""
    events = frame(
        event("slider", 0, value="geniş"),
        event("slider", 1, value=-4),
        event("refund", 2, value=-10.0, currency="TRY", quantity=0),
        event("add_to_cart", 3, price=5, currency="TRY"),
        event("add_to_cart", 4, price=6, currency="TRY"),
        event("add_to_cart", 5, price="yok", currency="TRY"),
        event("view_item", 6, price="Temmuz", currency="TRY"),
        event("view_item", 7, price="Ağustos", currency="TRY"),
    )
    assert found(events, "bad_number") == [("high", "add_to_cart", "price", {"e5"})]
    events = frame(event("purchase")).assign(prop_value=[float("inf")])
    assert found(events, "bad_number") == [("high", "purchase", "value", {"e0"})]


def test_bad_numbers_of_items():
    """Prices and quantities inside items, as they are written there."""
    items = [
        [{"price": "12,5"}], [{"price": -1}], [{"quantity": ""}], [{"price": "9.90"}],
        [{"price": 9.9, "name": "Ayakkabı, 2,5 cm"}], [{"price": "1.299.90"}],
    ]  # fmt: skip
    events = frame(*(event("view_cart", n, items=item) for n, item in enumerate(items)))
    assert ids(events, "bad_number") == {"e0", "e1", "e2", "e5"}


def test_mixed_currencies():
    """The most frequent of a session is right, then the first; codes are of ISO 4217."""
    events = frame(
        event("view_item", 0, currency="USD"),
        event("view_item", 1, currency="TRY"),
        event("view_item", 2, currency="TRY"),
        event("view_item", 0, "s2", currency="EUR"),
        event("view_item", 1, "s2", currency="TRY"),
        event("view_item", 0, "s3", currency="USD"),
        event("view_cart", 0, "s4", currency="TL"),
        event("view_cart", 1, "s4", currency="try"),
        event("view_cart", 2, "s4", currency=""),
    )
    assert found(events, "mixed_currencies") == [
        ("high", "view_cart", "currency", {"e6", "e7"}),
        ("medium", "view_item", "currency", {"e0", "e4"}),
    ]


def purchases_after(step, count):
    """Sessions that buy, all after the step but the first."""
    return [
        record
        for number in range(count)
        for record in (
            event("page_view", number * 3600, f"s{number}"),
            *([event(step, number * 3600 + 1, f"s{number}")] if number else []),
            event("purchase", number * 3600 + 2, f"s{number}", **ORDER),
        )
    ]


@pytest.mark.parametrize("step", ["add_to_cart", "sepete_ekle"])
def test_purchase_without_steps(step):
    """Usual steps, or others that nearly all have; views of pages are none; few prove nothing."""
    events = frame(*purchases_after(step, 40))
    expected = set(events.loc[events["name"] == "purchase", "id"][:1])
    assert found(events, "purchase_without_steps") == [("medium", "purchase", None, expected)]
    assert not found(frame(*purchases_after(step, 20)), "purchase_without_steps")
    only = events[events["name"] != step]
    assert not found(only, "purchase_without_steps")


def test_steps_after_the_purchase_do_not_count():
    """A step counts where it comes before."""
    events = frame(*purchases_after("add_to_cart", 40), event("add_to_cart", 9, "s0"))
    assert len(ids(events, "purchase_without_steps")) == 1


def kinds(*values, name="form", step=3600.0):
    """Events with a property of these values, one after the other."""
    return frame(
        *(event(name, place * step, f"s{place}", x=value) for place, value in enumerate(values))
    )


@pytest.mark.parametrize(
    ("usual", "other", "is_found"),
    [
        (5, "yok", True),
        (5, True, True),
        (5, {"a": 1}, True),
        (True, 3, True),
        ("kirmizi", {"a": 1}, True),
        ("kirmizi", 3, True),
        ("kirmizi", "mavi", False),
        ("AB12", 12, False),
        (5, 5.5, False),
        (5, "007", False),
        (5, "undefined", True),
        ("kirmizi", "[object Object]", True),
        ("kirmizi", "[seçili]", False),
        ({"a": 1}, [1], False),
        (5, "", False),
    ],
)
def test_kinds_among_others(usual, other, is_found):
    """Forty values of one kind and one of another."""
    events = kinds(*[usual] * 20, other, *[usual] * 20)
    expected = [("medium", "form", "x", {"e20"})] if is_found else []
    assert found(events, "type_change") == expected


def test_kinds_in_few_events():
    """One of ten proves nothing, and half and half is no change."""
    assert not found(kinds(*[5] * 9, "yok"), "type_change")
    assert not found(kinds(*[5, "yok"] * 40), "type_change")
    words = [f"kelime {chr(97 + n)}{chr(97 + m)}" for n in range(9) for m in range(9)]
    assert not found(kinds(*words, 7), "type_change")


def test_kinds_since_an_instant():
    """From a day on another kind; a stray one before is none of it."""
    events = kinds(*[5] * 30, "az", *[5] * 30, *["5 adet"] * 25)
    assert found(events, "type_change") == [
        ("medium", "form", "x", {f"e{n}" for n in range(61, 86)})
    ]
    assert not found(kinds(*[5] * 60, *["5 adet"] * 19), "type_change")
    assert not found(kinds(*["5 adet"] * 19, *[5] * 60), "type_change")


def test_missing_property():
    """One of 34 lacks what all others have; of 20 it proves nothing; two of 34 are too many."""
    events = [*many("search", 33, term="bot"), event("search", 9e6, "s99")]
    assert found(frame(*events), "missing_property") == [("medium", "search", "term", {"e33"})]
    assert not found(frame(*events[14:]), "missing_property")
    assert not found(frame(*events, event("search", 9e6, "s98")), "missing_property")
    blank = frame(*events[:-1], event("search", 9e6, "s99", term=" "))
    assert ids(blank, "missing_property") == {"e33"}


def test_missing_property_is_not_told_twice():
    """What `incomplete_purchase` says of a purchase is left to it."""
    orders = many("purchase", 40, coupon="", **ORDER)
    orders[3]["properties"].pop("currency")
    orders[4]["properties"].pop("value")
    orders[5]["properties"].pop("quantity")
    assert not found(frame(*orders), "missing_property")
    orders[4]["properties"]["price"] = 3
    assert ids(frame(*orders), "missing_property") == {"e4"}


def test_similar_names():
    """The rarer name is told; of two columns the emptier one."""
    events = frame(
        event("add_to_cart", 0, term="a"),
        event("add_to_cart", 1),
        event("addToCart", 2, Term="a"),
        event("Add To Cart", 3, term="a"),
        event("add-to-wishlist", 4),
    )
    assert found(events, "similar_names") == [
        ("medium", None, "Term", {"e2"}),
        ("medium", "Add To Cart", None, {"e3"}),
        ("medium", "addToCart", None, {"e2"}),
    ]


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        ("ÖDEME_BAŞLADI", "ödeme başladı", True),
        ("page.view", "PageView", True),
        ("İletişim", "iletisim", False),
        ("GIRIS", "giris", True),
        ("step_1_2", "step_12", False),
        ("step_1_2", "Step-1-2", True),
        ("v2_click", "v2Click", True),
        ("a1_b2", "a1b2", True),
    ],
)
def test_names_bare_of_case_and_separators(one, other, are_alike):
    """Turkish letters, and digits that a separator keeps apart."""
    assert (bare(one) == bare(other)) is are_alike


@given(st.text(max_size=12))
def test_bare_again_is_the_same(name):
    """What is bare stays as it is, but for the point between digits."""
    assert bare(bare(name)) == bare(name)


def test_incomplete_pageview():
    """By type or by name; blank is missing; where none has it, it is one finding."""
    events = frame(
        event(path="/", title="A"),
        event(second=1, path=" ", title="A"),
        event("Page View", 2, path="/", title=None),
        event("ekran", 3, type="pageview", path="/"),
        event("click", 4),
    )
    assert found(events, "incomplete_pageview") == [
        ("medium", "page_view", "path", {"e1"}),
        ("low", "Page View", "title", {"e2"}),
        ("low", "ekran", "title", {"e3"}),
    ]
    untitled = events.assign(title=pd.NA)
    assert ("low", None, "title", {"e0", "e1", "e2", "e3"}) in found(
        untitled, "incomplete_pageview"
    )
    assert not found(events.drop(columns=["title", "path"]), "incomplete_pageview")


@pytest.mark.parametrize(
    ("url", "path", "contradicts"),
    [
        ("https://a.example/sepet", "/sepet", False),
        ("https://a.example/sepet/", "/sepet", False),
        ("https://a.example/sepet?x=/odeme", "/sepet", False),
        ("https://a.example/sepet?x=/odeme", "/odeme", True),
        ("https://a.example/c/sepet", "/sepet", True),
        ("https://a.example", "/", False),
        ("https://a.example/", "", False),
        ("", "/sepet", False),
        ("https://a.example/a%20b", "/a b", False),
        ("https://a.example/%C3%A7anta", "/çanta", False),
        ("https://a.example/a%2520b", "/a b", False),
        ("https://a.example/c%CC%A7anta", "/çanta", False),
        ("https://a.example/%E7anta", "/%e7anta", False),
        ("https://a.example/Sepet", "/sepet", False),
        ("https://a.example/sepet", "sepet", False),
        ("https://a.example/sepet", "/sepet?x=1", False),
        ("https://a.example/sepet#yorumlar", "/sepet", False),
        ("https://a.example/sepet#yorumlar", "/yorumlar", True),
        ("https://a.example/#/sepet?x=1", "/sepet", False),
        ("https://a.example/#!/sepet", "/sepet", False),
        ("https://a.example/#/sepet", "/", False),
        ("https://a.example/#/sepet", "/#/sepet", False),
        ("https://a.example/#/sepet", "/#/odeme", True),
        ("https://a.example/sepet", "https://a.example/sepet", False),
        ("https://a.example/sepet", "https://a.example/odeme", True),
        ("/sepet?x=1", "/sepet", False),
        ("//a.example/sepet", "/sepet", False),
        ("about:blank", "/sepet", False),
        ("file:///sepet", "/odeme", False),
        ("https://[oops/sepet", "/odeme", False),
        ("https://a.example/sepet", "//sepet", False),
    ],
)
def test_paths_of_urls(url, path, contradicts):
    """Which path can be that of a url, also where the frame's own shortening came before."""
    assert is_contradiction(url, path) is contradicts
    events = frame(event(url=url, path=path))
    assert bool(found(events, "contradicting_path")) is contradicts


def test_out_of_order():
    """Earlier than what came before in the feed; ties and gaps in the positions are none."""
    events = frame(
        event("a", 0), event("b", 5), event("c", 3), event("d", 5), event("e", 4), event("f", 9),
        event("a", 1, "s2"),
    )  # fmt: skip
    assert ids(events, "out_of_order") == {"e2", "e4"}
    renamed = events.rename(columns={"sequence": "seq"})
    assert ids(renamed.assign(seq=renamed["seq"] * 10), "out_of_order") == {"e2", "e4"}
    assert not found(events.drop(columns="sequence"), "out_of_order")
    assert not found(events.assign(sequence="x"), "out_of_order")
    holes = events.assign(sequence=events["sequence"].astype("Int64").where(events["id"] != "e1"))
    assert ids(holes, "out_of_order") == {"e4"}


def test_future_event():
    """Later than now, which may be given in any zone."""
    events = frame(event(), event(second=1))
    assert not found(events, "future_event")
    for now in ("2026-03-02T10:00:00.500Z", "2026-03-02T13:00:00.5+03:00", MONDAY):
        assert found(events, "future_event", now=now) == [
            ("medium", "page_view", "timestamp", {"e1"})
        ]
    assert not found(events, "future_event", now="2026-03-02T10:00:01Z")


def test_tied_events():
    """Five of one session; or eleven sessions at one instant, where seconds would be shared."""
    together = [event(f"n{n}", 0) for n in range(4)]
    assert not ids(frame(*together), "tied_events")
    assert ids(frame(*together, event("n4", 0), event("z", 1)), "tied_events") == {
        "e0", "e1", "e2", "e3", "e4",
    }  # fmt: skip
    crowd = [event("n", 0, f"s{n}") for n in range(11)]
    assert len(ids(frame(*crowd, event("n", 1)), "tied_events")) == 11
    assert not ids(frame(*crowd[1:]), "tied_events")
    busy = [event("n", second, f"s{second}_{n}") for second in range(1500) for n in range(12)]
    assert not ids(frame(*busy), "tied_events")


PAID = "https://a.example/?utm_source=google&utm_campaign=bahar+indirimi"


def test_lost_campaign():
    """In the url and not in the properties, or another; encodings and space are no difference."""
    events = frame(
        event(url=PAID, utm_source="google", utm_campaign="bahar indirimi"),
        event(second=1, url=PAID, utm_source=" google ", utm_campaign=""),
        event(second=2, url=PAID, utm_source="bing", utm_campaign="bahar indirimi"),
        event("click", 3, url=PAID),
        event(second=4, url="https://a.example/#/x?utm_source=a", utm_source="a"),
        event(second=5, url="https://a.example/?utm_source=", utm_term="x"),
        event(second=6, url="https://[a/?utm_source=google"),
    )
    assert found(events, "lost_campaign") == [
        ("medium", "page_view", "utm_campaign", {"e1"}),
        ("medium", "page_view", "utm_source", {"e2"}),
    ]
    bare_events = frame(event("click", url=PAID), event("click", 1, url="https://a.example/"))
    assert ids(bare_events, "lost_campaign") == {"e0"}


def test_changed_campaign():
    """Another source than before in the session; missing ones in between are no change."""
    events = frame(
        event(second=0, utm_source="a"),
        event(second=1),
        event(second=2, utm_source="a"),
        event(second=3, utm_source="b"),
        event(second=4, utm_source="a"),
        event(session="s2", utm_source="b"),
    )
    assert found(events, "changed_campaign") == [("low", "page_view", "utm_source", {"e3", "e4"})]


def test_self_referral():
    """Only the first event of a session; hosts with and without www are one."""
    shop = "https://www.a.example/"
    events = frame(
        event(url=shop, referrer="https://A.example/sepet?x=1"),
        event(second=1, url=shop, referrer=shop),
        event(session="s2", url=shop, referrer="https://google.example/"),
        event(session="s3", url=shop, referrer="https://odeme.a.example/"),
        event(session="s4", url=shop, referrer="not a url"),
    )
    assert found(events, "self_referral") == [("medium", None, "referrer", {"e0"})]
    hosts = ["A.example", "odeme.a.example"]
    assert ids(events, "self_referral", own_hosts=hosts) == {"e0", "e3"}
    assert not ids(events.drop(columns="url"), "self_referral")
    rare = [event(session=f"t{n}", url=shop) for n in range(30)]
    assert found(frame(*rare, event(url=shop, referrer=shop)), "self_referral") == [
        ("low", None, "referrer", {"e30"})
    ]


def test_personal_data_by_place():
    """High where it leaks, medium where it is meant to be; numbers of integer columns too."""
    events = frame(
        event(url="https://a.example/?m=ayse%40posta.example", title="A"),
        event("form", 1, user_email="ayse@posta.example", note="ara: 0532 123 45 67"),
        event("form", 2, card_no=4111111111111111, tckn="10000000146"),
        event("form", 3, phone="532 123 45 67", amount=5321234567.5),
    )
    assert found(events, "personal_data") == [
        ("high", None, "url", {"e0"}),
        ("high", "form", "note", {"e1"}),
        ("medium", "form", "card_no", {"e2"}),
        ("medium", "form", "phone", {"e3"}),
        ("medium", "form", "tckn", {"e2"}),
        ("medium", "form", "user_email", {"e1"}),
    ]


@pytest.mark.parametrize("dtype", ["float64", "Float64", "double[pyarrow]"])
def test_personal_numbers_among_missing_ones(dtype):
    """Whole numbers are floats where some are missing."""
    events = frame(*many("form", 4))
    for column, number in (("phone", 5321234567.0), ("note", 10000000146.0)):
        values = pd.Series([None, number, 2.5, 1e300], dtype=dtype)
        table = found(events.assign(**{f"prop_{column}": values}), "personal_data")
        assert [(prop, rows) for _, _, prop, rows in table] == [(column, {"e1"})]
    short = pd.Series([None, 12.0, 2.5, 1e300], dtype=dtype)
    assert not found(events.assign(prop_phone=short), "personal_data")


def test_personal_names_are_hidden():
    """A person's data in the name of an event, or of a property, is found and never printed."""
    secret = "Welcome ali@example.com"
    names = [*many("click", 30, x=1), event(secret), event(secret), event(secret.upper(), 1)]
    events = frame(*names).assign(**{"prop_ali@example.com": ["1", *[None] * 32]})
    events["prop_ALI@example.com"] = events["prop_ali@example.com"]
    assert found(events, "personal_data") == [("high", "(hidden)", None, {"e30", "e31", "e32"})]
    table = audit(events, now=NOW, examples=None)
    assert {"similar_names", "duplicate_event"} <= set(table["check"])
    assert "example" not in table.drop(columns=["example_ids"]).to_csv().replace("example_", "")
    assert "'(hidden)' was fired again" in " ".join(table["message"])
    with pytest.raises(InvalidInput, match="click") as told:
        audit(events, purchase="Welcome ali@example.co")
    assert secret not in str(told.value)


def test_counters_are_not_personal():
    """Of a hundred numbers as long as cards ten pass for one, by chance."""
    counters = [event("n", n, f"s{n}", order=4_000_000_000_000_000 + n * 7) for n in range(100)]
    short = [event("n", n, f"s{n}", order=20_000_000_000 + n * 13) for n in range(300)]
    assert not found(frame(*counters), "personal_data")
    assert not found(frame(*short), "personal_data")


def paced(pauses, session="s1"):
    """Events with these pauses before them."""
    seconds = pd.Series([0.0, *pauses]).cumsum()
    return [event("n", second, session) for second in seconds]


def test_regular_session():
    """Twenty instants with equal pauses, or very short ones; nineteen are too few."""
    uneven = [3.0, 4.0] * 15
    events = frame(*paced([5.0] * 19), *paced(uneven, "s2"), *paced([0.1, 0.2] * 12, "s3"))
    slow, fast = {f"e{n}" for n in range(20)}, {f"e{n}" for n in range(51, 76)}
    assert {frozenset(each[3]) for each in found(events, "regular_session")} == {
        frozenset(slow), frozenset(fast),
    }  # fmt: skip
    assert not ids(frame(*paced([5.0] * 18)), "regular_session")
    assert ids(frame(*paced([5.0] * 18)), "regular_session", regular_events=19)
    assert not ids(frame(*[event(f"n{n}", 0) for n in range(50)]), "regular_session")


def by_day(counts, name="n", per_session=1, **fields):
    """So many sessions a day from Monday on, each with the event so often."""
    return [
        event(name, day * 86_400 + place * 60 + again * 7, f"d{day}_{place}", **fields)
        for day, count in enumerate(counts)
        for place in range(count)
        for again in range(per_session)
    ]


def days_of(events, flagged):
    """Days since Monday of some events."""
    chosen = events[events["id"].isin(flagged)]
    return set((chosen["timestamp"].dt.tz_convert("UTC").dt.floor("D") - MONDAY.floor("D")).dt.days)


def test_traffic_changes():
    """A week before is needed; first and last day are parts and never judged."""
    steady = [5, *[60] * 8]
    rise = frame(*by_day([*steady, 200, 60, 3]))
    assert [(each[0], each[1]) for each in found(rise, "changed_volume")] == [("low", None)]
    assert days_of(rise, ids(rise, "changed_volume")) == {9}
    fall = frame(*by_day([*steady, 4, 60, 3]))
    assert [(each[0], each[1]) for each in found(fall, "changed_volume")] == [("medium", None)]
    gone = frame(*by_day([*steady, 0, 0, 60, 60]))
    assert days_of(gone, ids(gone, "changed_volume")) == {8}
    assert not found(frame(*by_day([*steady, 200])), "changed_volume")
    assert not found(frame(*by_day([200, *[60] * 9])), "changed_volume")
    assert not found(frame(*by_day([5, *[60] * 5, 200, 60, 3])), "changed_volume")
    assert not found(frame(*by_day([1, *[3] * 8, 6, 0, 3, 3])), "changed_volume")


def test_weekends_are_no_change():
    """A quiet weekend after two weeks that had one is like the weeks before."""
    week = [60, 60, 60, 60, 60, 20, 20]
    assert not found(frame(*by_day([*week * 3, 60, 60])), "changed_volume")


def test_a_name_stops_and_multiplies():
    """A name that stops is shown by its last day; one sent thrice by the day on which it was."""
    views = by_day([50] * 12, "page_view")
    clicks = by_day([0, *[40] * 7], "click")
    stops = frame(*views, *clicks)
    assert [(each[0], each[1]) for each in found(stops, "changed_volume")] == [("medium", "click")]
    assert days_of(stops, ids(stops, "changed_volume")) == {7}
    thrice = [
        *views,
        *by_day([40] * 8, "click"),
        *by_day([*[0] * 8, 40, 0], "click", per_session=5),
        *by_day([*[0] * 9, *[40] * 3], "click"),
    ]
    events = frame(*thrice)
    assert days_of(events, ids(events, "changed_volume")) == {8}


@pytest.mark.parametrize(
    ("by_weekday", "begin", "end"),
    [([5] * 7, 16, 30), ([3] * 7, 16, 40), ([10] * 7, 16, 20), ([8, 8, 8, 8, 8, 0, 0], 21, 40)],
)
def test_a_rare_name_stops(by_weekday, begin, end):
    """What is expected of days on end counts in all, though none of them alone says anything."""
    views = by_day([20] * 42, "page_view")
    counts = (by_weekday * 6)[:begin] + [0] * (end - begin) + (by_weekday * 6)[end:]
    events = frame(*views, *by_day(counts, "purchase"))
    assert [(each[0], each[1]) for each in found(events, "changed_volume")] == [
        ("medium", "purchase")
    ]
    last = max(day for day in range(begin) if counts[day])
    assert days_of(events, ids(events, "changed_volume")) == {last}
    message = audit(events, checks=["changed_volume"], now=NOW)["message"].iloc[0]
    assert "are 0.0% of all " in message


def test_a_name_that_never_comes_back():
    """What stopped for longer than there are days to compare with is gone to the end."""
    views = by_day([8] * 130, "page_view")
    events = frame(*views, *by_day([5] * 30, "purchase"))
    table = audit(events, checks=["changed_volume"], now="2026-12-01")
    assert len(table) == 1
    assert "since 2026-04-01" in table["message"].iloc[0]


def test_weekdays_of_a_name_are_no_change():
    """A name that rests at weekends, and one by chance on few days, are as they always were."""
    chance = np.random.default_rng(1)
    weekly = by_day([30, 30, 30, 30, 30, 6, 3] * 6, "order")
    rare = by_day(chance.poisson(2, 42).tolist(), "rare")
    events = frame(*by_day([40] * 42, "page_view"), *weekly, *rare)
    assert not found(events, "changed_volume")


def test_changed_fill():
    """A property that is missing on a day; the events that lack it are told, or those that have."""
    full, empty = {"x": "a"}, {}
    events = frame(
        *by_day([40] * 6, **full),
        *by_day([*[0] * 6, 40], **empty),
        *by_day([*[0] * 7, *[40] * 3], **full),
    )
    assert [(each[0], each[2]) for each in found(events, "changed_fill")] == [("medium", "x")]
    assert days_of(events, ids(events, "changed_fill")) == {6}
    sometimes = [
        record | {"properties": full if place % 8 == 0 or day == 6 else empty}
        for place, record in enumerate(by_day([40] * 10))
        for day in [int((pd.Timestamp(record["timestamp"]) - MONDAY).days)]
    ]
    rises = frame(*sometimes)
    assert [(each[0], each[2]) for each in found(rises, "changed_fill")] == [("low", "x")]
    assert days_of(rises, ids(rises, "changed_fill")) == {6}


def test_future_events_make_no_days():
    """What a wrong clock sends is neither the last day nor a hundred empty ones before it."""
    events = by_day([60] * 12)
    later = [event("n", 86_400 * 365, "late")]
    assert not found(frame(*events, *later), "changed_volume")


LIST = pd.DataFrame(
    {
        "session_id": ["s1", "s2", "s3", "s4", None],
        "events": pd.array([2, 1, 5, 0, 1], dtype="Int64"),
        "page_views": pd.array([2, None, 5, 0, 1], dtype="Int64"),
        "duration": pd.to_timedelta([10, 0, 60, 0, 0], unit="s"),
    }
)


def test_session_list():
    """Counts and duration, sessions without events or without a row."""
    events = frame(event(), event("n", 8), event(session="s2"), event(session="s9"))
    assert found(events, "session_list", sessions=LIST) == [
        ("medium", None, "page_views", {"e0", "e1"}),
        ("medium", None, "session_id", {"e3"}),
        ("medium", None, "session_id", set()),
    ]
    assert ids(events, "session_list", sessions=LIST, duration_within="1s") >= {"e0"}
    assert not found(events, "session_list")


def test_session_list_of_other_makes():
    """Columns may be absent or of another type; the last of several rows counts."""
    events = frame(event(), event(second=9))
    rows = pd.DataFrame(
        {"session_id": ["s1", "s1"], "events": ["3", "2"], "duration": [None, None]}
    )
    assert not found(events, "session_list", sessions=rows)
    assert ids(events, "session_list", sessions=rows.iloc[:1]) == {"e0", "e1"}
    assert not found(events, "session_list", sessions=rows[["session_id"]])


def test_durations_of_the_session_list():
    """Timedeltas of any make are compared; anything else is refused, not left out."""
    events = frame(event(), event(second=9))
    rows = pd.DataFrame({"session_id": ["s1", "s2"], "events": [2, 0]})
    lasted = pd.Series(pd.to_timedelta([60, None], unit="s"))
    for made in (lasted, lasted.astype(object), lasted.astype("duration[ns][pyarrow]")):
        assert ids(events, "session_list", sessions=rows.assign(duration=made)) == {"e0", "e1"}
    for wrong in ([60.0, 9.0], ["60s", None], [60, 9]):
        with pytest.raises(InvalidInput, match="duration of sessions holds .*; Timedeltas"):
            ids(events, "session_list", sessions=rows.assign(duration=wrong))


def test_session_list_leaves_unusable_sessions_alone():
    """How many events a session has is not known where some have no name."""
    events = frame(event(), event(second=1), event(session="s2"))
    events.loc[1:, "name"] = pd.NA
    rows = pd.DataFrame({"session_id": ["s1", "s2"], "events": [9, 1]})
    assert not found(events, "session_list", sessions=rows)


@given(st.integers(1, 3_000), st.integers(0, 3_000), st.sampled_from([0.8, 0.95, 1.0]))
def test_nearly_all_needs_the_share(of, lacking, share):
    """Nearly all are at least the share, and more of the same share are so all the more."""
    having = max(of - lacking, 0)
    if nearly_all(having, of, share):
        assert having >= share * of
        assert nearly_all(having * 3, of * 3, share)
