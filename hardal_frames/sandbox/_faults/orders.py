"""Faults of purchases and prices."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hardal_frames.sandbox._faults.field import RARE, Place, named

if TYPE_CHECKING:
    from hardal_frames.sandbox._faults.field import Field

STEPS = frozenset(
    ("view_item", "add_to_cart", "view_cart", "begin_checkout", "add_shipping_info",
     "add_payment_info")
)  # fmt: skip


def repeat_transactions(field: Field) -> None:
    """Load the thank-you page anew: the purchase comes again, half a minute later."""
    for place in field.take(lambda place: place.is_last and named("purchase")(place)):
        again = field.copied(place.event, timedelta(seconds=30))
        place.feed.append(again)
        field.mark(again)


def strip_purchases(field: Field) -> None:
    """Take from purchases what they must have."""
    for properties in (
        ("value", "price", "items"),
        ("currency",),
        ("quantity", "items"),
        ("transaction_id",),
    ):
        for place in field.take(named("purchase", *properties)):
            for key in properties:
                del place.properties[key]
            field.mark(place.event)


def spoil_numbers(field: Field) -> None:
    """Write prices and quantities that are no numbers, or none that can be."""
    changes: tuple[tuple[str, str, Any], ...] = (
        ("view_item", "price", "1.299,90"),
        ("view_item", "price", "bilinmiyor"),
        ("add_to_cart", "price", -129.9),
        ("add_to_cart", "price", "₺249,90"),
        ("add_to_cart", "quantity", 0),
        ("begin_checkout", "value", "ücretsiz"),
    )
    for name, key, value in changes:
        # Where half of the values are none, nothing says that they should be numbers.
        for place in field.take(named(name, key)) if field.count(name) >= RARE else ():
            place.properties[key] = value
            field.mark(place.event)
    for place in field.take(named("view_cart", "items")):
        items = place.properties["items"]
        place.properties["items"] = [{**item, "price": "89,90"} for item in items]
        field.mark(place.event)


def mix_currencies(field: Field) -> None:
    """Write another currency, or one that is no code."""
    for place in field.take(_has_company):
        place.properties["currency"] = "USD"
        field.mark(place.event)
    for currency in ("TL", "try", "₺"):
        for place in field.take(named("add_to_cart", "currency")):
            place.properties["currency"] = currency
            field.mark(place.event)


def _has_company(place: Place) -> bool:
    """Whether an event has a currency, and at least two others of its session."""
    has = sum("currency" in event["properties"] for event in place.feed)
    return "currency" in place.properties and has > 2  # noqa: PLR2004


def skip_steps(field: Field) -> None:
    """Take the steps before a purchase away, as where a server sends it."""
    count = field.count("purchase")
    if count < RARE:
        return
    for place in field.take(named("purchase"), count=count // RARE):
        field.mark(place.event)
        field.events[place.session] = [event for event in place.feed if event["name"] not in STEPS]
