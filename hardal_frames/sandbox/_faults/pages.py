"""Faults of pages and campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardal_frames.sandbox._faults.field import Place, named
from hardal_frames.sandbox.catalogue import SHOP

if TYPE_CHECKING:
    from hardal_frames.sandbox._faults.field import Field


def hide_pages(field: Field) -> None:
    """Send views of pages without path or title."""
    for key in ("path", "title"):
        for place in field.take(named("page_view")):
            place.event[key] = None if field.dice.chance(0.5) else ""
            field.mark(place.event)


def mislead_paths(field: Field) -> None:
    """Write the path of another page than the url's."""
    for place in field.take(lambda place: place.event["path"] is not None):
        place.event["path"] = f"/eski{place.event['path']}"
        field.mark(place.event)


def lose_campaigns(field: Field) -> None:
    """Take campaigns out of the properties, or write another; the url has them."""
    for key in ("utm_source", "utm_campaign"):
        for place in field.take(named("page_view", key)):
            del place.properties[key]
            field.mark(place.event)
        for place in field.take(named("page_view", key)):
            place.properties[key] += "_eski"
            field.mark(place.event)


def change_campaigns(field: Field) -> None:
    """Let a link inside the shop carry a campaign of its own."""
    for place in field.take(_comes_after_campaign):
        place.properties["utm_source"] = "vitrin"
        field.mark(place.event)


def _comes_after_campaign(place: Place) -> bool:
    begins = "utm_source" in place.feed[0]["properties"]
    return begins and place.position > 0 and named("page_view")(place)


def refer_to_self(field: Field) -> None:
    """Begin sessions with a page that the shop itself led to."""
    for place in field.take(lambda place: place.position == 0 and _has_no_campaign(place)):
        place.event["referrer"] = f"{SHOP}/sepet"
        field.mark(place.event)


def _has_no_campaign(place: Place) -> bool:
    return "utm_source" not in place.properties
