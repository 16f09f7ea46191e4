"""The made-up shop."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from hardal_frames.errors import InvalidInput
from hardal_frames.sandbox import read_recording, simulate
from hardal_frames.sandbox.records import parse_instant, to_json

SHOP_FILE = Path(__file__).parents[2] / "data" / "shop.jsonl.gz"


def every_event(recording):
    """Return all events of all sessions."""
    return [event for events in recording.events.values() for event in events]


def share_with(recording, name):
    """Return the share of sessions that have an event of that name."""
    found = [any(event["name"] == name for event in events) for events in recording.events.values()]
    return sum(found) / len(found)


@pytest.fixture(scope="module")
def large():
    """Return a recording that is large enough for shares."""
    return simulate(sessions=3_000, seed=11)


def test_the_same_seed_gives_the_same_recording():
    """Nothing but the arguments decides."""
    assert simulate(sessions=50, seed=9) == simulate(sessions=50, seed=9)
    assert simulate(sessions=50, seed=9) != simulate(sessions=50, seed=10)


def test_every_platform_gives_the_same_bytes():
    """A digest that was computed once holds everywhere; a change of the shop must renew it."""
    recording = simulate(sessions=300, seed=2026)
    digest = hashlib.sha256(to_json([recording.sessions, recording.events])).hexdigest()
    assert digest == "662862d3555db0d18a9d6827ca5219f138ad9f35330bca24d7833620b5071ee6"


def test_the_recording_in_the_repository_can_be_made_again():
    """data/shop.jsonl.gz holds what data/README.md says."""
    assert read_recording(SHOP_FILE) == simulate(sessions=300, seed=2026)


def test_every_length_is_there(shop):
    """One session of 1,200 events, several of one, and about ten otherwise."""
    lengths = Counter(len(events) for events in shop.events.values())
    assert lengths[1_200] == 1
    assert 40 <= lengths[1] <= 90
    others = [length for length in lengths.elements() if 1 < length < 1_200]
    assert 8 < sum(others) / len(others) < 14


def test_rows_agree_with_the_events(large):
    """Counts, duration and begin of a row are those of its events."""
    for row in large.sessions:
        events = large.events[row["id"]]
        instants = [parse_instant(event["timestamp"]) for event in events]
        assert row["events"] == len(events)
        assert row["pageViews"] == sum(event["type"] == "pageview" for event in events)
        assert parse_instant(row["startedAt"]) == instants[0]
        assert row["duration"] == f"{int((instants[-1] - instants[0]).total_seconds())}s"
        assert instants == sorted(instants)


def test_rows_are_written_as_the_api_writes_them(shop):
    """The offset of the start is kept, to the millisecond."""
    assert shop.sessions[0]["startedAt"].endswith("+03:00")
    assert shop.sessions[0]["startedAt"][19] == "."
    assert {row["country"] for row in shop.sessions} >= {"TR", "DE"}
    assert {row["device"] for row in shop.sessions} == {"mobile", "desktop", "tablet"}


def test_ids_are_unique(large):
    """No event, session or order has the id of another."""
    ids = [event["id"] for event in every_event(large)]
    assert len(set(ids)) == len(ids)
    orders = [
        event["properties"]["transaction_id"]
        for event in every_event(large)
        if event["name"] == "purchase"
    ]
    assert len(set(orders)) == len(orders) > 50


def test_the_funnel_narrows_plausibly(large):
    """Most look, few buy."""
    steps = ["page_view", "view_item", "add_to_cart", "begin_checkout", "purchase"]
    shares = [share_with(large, step) for step in steps]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1
    assert 0.03 <= shares[-1] <= 0.05


def test_every_kind_of_event_is_there(large):
    """Names and types that trackers use."""
    assert {event["type"] for event in every_event(large)} == {
        "pageview",
        "custom",
        "click",
        "form",
    }
    assert {event["name"] for event in every_event(large)} == {
        "page_view",
        "view_item_list",
        "view_item",
        "search",
        "add_to_cart",
        "remove_from_cart",
        "view_cart",
        "begin_checkout",
        "add_shipping_info",
        "add_payment_info",
        "purchase",
        "login",
        "newsletter_signup",
        "click",
        "outbound_click",
    }


def test_what_a_page_fires_follows_its_view(large):
    """A product view comes right after the view of its page, mostly in the same instant."""
    tied = total = 0
    for events in large.events.values():
        for before, after in pairwise(events):
            if after["name"] != "view_item":
                continue
            total += 1
            tied += before["timestamp"] == after["timestamp"]
            assert (before["name"], before["path"]) == ("page_view", after["path"])
            assert after["path"] == f"/p/{after['properties']['product_id']}"
    assert 0.7 < tied / total < 0.9


def test_an_order_is_what_is_in_the_cart(large):
    """Replaying adds and removes gives the items of each purchase, and their sum its price."""
    for events in large.events.values():
        cart = Counter()
        for event in events:
            properties = event["properties"]
            if event["name"] == "add_to_cart":
                cart[properties["product_id"]] += properties["quantity"]
            elif event["name"] == "remove_from_cart":
                assert cart.pop(properties["product_id"]) == properties["quantity"]
            elif event["name"] in {"view_cart", "begin_checkout", "purchase"}:
                items = properties["items"]
                assert {item["product_id"]: item["quantity"] for item in items} == cart
                total = sum(round(item["price"] * 100) * item["quantity"] for item in items)
                assert properties["price"] == properties["value"] == total / 100
                assert properties["quantity"] == cart.total() > 0
                assert properties["currency"] == "TRY"


def test_campaigns_stand_on_the_landing_only(large):
    """The utm properties are those of the first event, and the row has them."""
    paid = 0
    for row in large.sessions:
        first, *others = large.events[row["id"]]
        campaign = {key: row["fields"][key] for key in row["fields"] if key.startswith("utm_")}
        assert first["properties"] == campaign
        assert ("utm_" in first["url"]) == bool(campaign)
        assert not any(key.startswith("utm_") for event in others for key in event["properties"])
        paid += bool(campaign)
    assert 0.2 < paid / len(large.sessions) < 0.4


def test_visitors_come_back(large):
    """Some come once, some up to ten times, and never twice at once."""
    visits = {}
    for row in large.sessions:
        visits.setdefault(row["visitorId"], []).append(row)
    counts = Counter(len(rows) for rows in visits.values())
    assert counts[1] > 0.5 * len(visits)
    assert 7 <= max(counts) <= 10
    for rows in visits.values():
        assert len({(row["browser"], row["os"], row["device"]) for row in rows}) == 1
        for before, after in pairwise(rows):
            end = parse_instant(large.events[before["id"]][-1]["timestamp"])
            assert parse_instant(after["startedAt"]) - end >= timedelta(minutes=30)


def test_titles_are_turkish(shop):
    """Text that is not ASCII is where it is in real shops."""
    titles = {event["title"] for event in every_event(shop)}
    assert any("Çocuk" in title for title in titles)
    assert "Sepetim | Örnek Mağaza" in titles


def test_start_and_days_are_kept():
    """No session begins before the start; the last begin within the days."""
    recording = simulate(sessions=200, start="2026-10-24T18:00:00+02:00", days=2)
    starts = [parse_instant(row["startedAt"]) for row in recording.sessions]
    begin = parse_instant("2026-10-24T18:00:00+02:00")
    assert starts == sorted(starts)
    assert begin <= starts[0]
    assert sum(start < begin + timedelta(days=2) for start in starts) > 190


def test_the_recording_is_json(shop):
    """Nothing is in it that JSON cannot say."""
    assert json.loads(to_json(shop.events)) == shop.events


@pytest.mark.parametrize(
    "arguments",
    [
        {"sessions": 0},
        {"sessions": True},
        {"sessions": 2.5},
        {"days": 0},
        {"days": 100_000},
        {"seed": -1},
        {"seed": "x"},
        {"start": "2026-03-02"},
        {"start": "2026-03-02T00:00:00"},
        {"start": None},
    ],
)
def test_bad_arguments_are_refused(arguments):
    """The message names the value."""
    with pytest.raises(InvalidInput) as raised:
        simulate(**arguments)
    assert repr(next(iter(arguments.values()))) in str(raised.value)
