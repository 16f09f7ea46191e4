"""Faults of properties and names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardal_frames.sandbox._faults.field import named

if TYPE_CHECKING:
    from hardal_frames.sandbox._faults.field import Field


def forget_names(field: Field) -> None:
    """Send events without a name."""
    for place in field.take(lambda place: place.position > 0 and named("page_view")(place)):
        place.event["name"] = None
        field.mark(place.event)


def change_kinds(field: Field) -> None:
    """Write values of another kind."""
    changes: tuple[tuple[str, str, Any], ...] = (
        ("search", "results", "yok"),
        ("search", "results", True),
        ("view_item_list", "category", {"ad": "Çanta"}),
        ("view_item_list", "item_list_name", 7),
    )
    for name, key, value in changes:
        for place in field.take_rare(name, key)[:2]:
            place.properties[key] = value
            field.mark(place.event)
    for nothing in ("undefined", "[object Object]"):
        for place in field.take(named("click", "element")):
            place.properties["element"] = nothing
            field.mark(place.event)


def drop_properties(field: Field) -> None:
    """Send events without what nearly all others of their name have."""
    for name, key in (
        ("view_item", "currency"),
        ("search", "search_term"),
        ("add_to_cart", "product_id"),
    ):
        for place in field.take_rare(name, key):
            del place.properties[key]
            field.mark(place.event)


def vary_names(field: Field) -> None:
    """Write the names of events and properties otherwise."""
    for name, other in (
        ("add_to_cart", "addToCart"),
        ("view_cart", "View Cart"),
        ("remove_from_cart", "RemoveFromCart"),
    ):
        for place in field.take(named(name)):
            place.event["name"] = other
            field.mark(place.event)
    for place in field.take(named("search", "search_term")):
        place.properties["searchTerm"] = place.properties["search_term"]
        field.mark(place.event)


def personal_words(field: Field) -> None:
    """Write made-up personal data where it does not belong."""
    dice = field.dice
    for name, key, made in (
        ("search", "search_term", f"kisi{dice.whole(1, 9999)}@posta.example"),
        ("search", "search_term", f"0532 {dice.whole(100, 999)} {dice.whole(10, 99)} 07"),
        ("click", "element", f"kart {card_number(field)}"),
        ("view_item_list", "item_list_name", f"kimlik {identity_number(field)}"),
    ):
        for place in field.take(named(name, key)):
            place.properties[key] = made
            field.mark(place.event)
    for key, made in (
        ("eposta", "ayse.y%40posta.example"),
        ("tel", "%2B90+532+111+22+33"),
        ("tckn", identity_number(field)),
        ("kart", card_number(field)),
    ):
        for place in field.take(lambda place: place.position > 0 and named("page_view")(place)):
            url = place.event["url"]
            place.event["url"] = f"{url}{'&' if '?' in url else '?'}{key}={made}"
            field.mark(place.event)
    for place in field.take(named("view_item")):
        place.event["title"] = f"Sayın kisi{field.dice.whole(1, 99)}@posta.example | Örnek Mağaza"
        field.mark(place.event)


def card_number(field: Field) -> str:
    """Make a card number up, with its check digit."""
    digits = [4, *(field.dice.whole(0, 9) for _ in range(14))]
    total = sum(
        digit if place % 2 else digit * 2 - (9 if digit > 4 else 0)  # noqa: PLR2004
        for place, digit in enumerate(digits)
    )
    return "".join(map(str, [*digits, -total % 10]))


def identity_number(field: Field) -> str:
    """Make a Turkish identity number up, with its two check digits."""
    digits = [field.dice.whole(1, 9), *(field.dice.whole(0, 9) for _ in range(8))]
    digits.append((7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10)
    return "".join(map(str, [*digits, sum(digits) % 10]))
