"""Faults that begin or end on a day, in all sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hardal_frames.sandbox._faults.field import Place, day_of

if TYPE_CHECKING:
    from datetime import date

    from hardal_frames.sandbox._faults.field import Field
    from hardal_frames.sandbox.records import Record

DAYS = 12
"""Fewer days are too few for a change."""

BUSY = 1_000
"""Fewer events of a name are too few for one."""

FEW = 60
COPIES = 4
APART = timedelta(milliseconds=400)


def change_volumes(field: Field) -> None:
    """Let an event stop on a day, and another be sent far too often on one."""
    days = _days(field)
    if len(days) < DAYS:
        return
    if field.count("view_item_list") >= BUSY:
        _stop(field, "view_item_list", days[-4])
    if field.count("click") >= BUSY:
        _multiply(field, "click", days[9])


def _stop(field: Field, name: str, stop: date) -> None:
    before = stop - timedelta(days=1)
    field.mark(*_of_days(field, name, [before]))
    for session, feed in field.events.items():
        field.events[session] = [
            event for event in feed if event["name"] != name or day_of(event) < stop
        ]


def _multiply(field: Field, name: str, rise: date) -> None:
    for feed in field.events.values():
        for index in reversed(range(len(feed))):
            place = Place("", feed, index)
            if place.event["name"] == name and day_of(place.event) == rise:
                room = min(COPIES, max(int(place.gap() / APART) - 1, 0))
                copies = [field.copied(place.event, APART * (step + 1)) for step in range(room)]
                feed[index + 1 : index + 1] = copies
    field.mark(*_of_days(field, name, [rise]))


def change_fill(field: Field) -> None:
    """Let a property be missing for two days."""
    days = _days(field)
    if len(days) < DAYS or field.count("view_item") < BUSY:
        return
    for event in _of_days(field, "view_item", days[8:10]):
        event["properties"].pop("category", None)
        field.mark(event)


def change_kind_on_a_day(field: Field) -> None:
    """Let a number become a text on a day."""
    days = _days(field)
    if len(days) < DAYS:
        return
    begun = [place.event for place in field.places() if place.event["name"] == "begin_checkout"]
    after = [event for event in begun if day_of(event) >= days[7]]
    if not FEW <= len(after) <= len(begun) - FEW:
        return
    for event in begun:
        event["properties"]["pieces"] = event["properties"]["quantity"]
    for event in after:
        event["properties"]["pieces"] = f"{event['properties']['quantity']} adet"
    field.mark(*after)


def _days(field: Field) -> list[date]:
    """Days of the recording, those of a few stray events apart."""
    counts: dict[date, int] = {}
    for place in field.places():
        day = day_of(place.event)
        counts[day] = counts.get(day, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(day for day, count in counts.items() if count * 10 > most)


def _of_days(field: Field, name: str, days: list[date]) -> list[Record]:
    chosen = set(days)
    return [
        place.event
        for place in field.places()
        if place.event["name"] == name and day_of(place.event) in chosen
    ]
