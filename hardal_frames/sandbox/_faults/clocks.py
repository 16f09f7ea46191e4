"""Faults of time: twice, too late, too early, too even."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hardal_frames.sandbox._faults.field import Place, day_of, instant_of, set_instant

if TYPE_CHECKING:
    from hardal_frames.sandbox._faults.field import Field
    from hardal_frames.sandbox.records import Record

FAR_OFF = timedelta(days=365 * 60)
TOGETHER = 6
CROWD = 12
ENOUGH_FOR_A_CROWD = 300
LONG = 25
LONGEST = 200
SEVERAL = frozenset(("page_view", "add_to_cart", "search", "view_cart"))
"""What is sent twice or moved: no event of which whole days are changed."""


def send_twice(field: Field) -> None:
    """Send events again, at once or within a fifth of a second."""
    for place in field.take(lambda place: place.position > 0 and place.event["name"] in SEVERAL):
        milliseconds = 0 if field.dice.chance(0.4) else field.dice.whole(1, 200)
        again = field.copied(place.event, min(timedelta(milliseconds=milliseconds), place.gap()))
        place.feed.insert(place.position + 1, again)
        field.mark(again)


def come_late(field: Field) -> None:
    """Give events an instant before that of the event which they follow."""
    for place in field.take(_can_be_earlier):
        set_instant(place.event, instant_of(place.feed[place.position - 2]) + timedelta(seconds=1))
        field.mark(place.event)


def _can_be_earlier(place: Place) -> bool:
    if place.position < 2 or place.event["name"] not in SEVERAL:  # noqa: PLR2004
        return False
    earlier, last = (instant_of(place.feed[place.position - back]) for back in (2, 1))
    return last - earlier > timedelta(seconds=2)


def come_from_the_future(field: Field) -> None:
    """Let the last event of sessions be sent by a clock that is sixty years ahead."""
    for place in field.take(
        lambda place: place.is_last and place.position > 0 and place.event["name"] in SEVERAL
    ):
        set_instant(place.event, instant_of(place.event) + FAR_OFF)
        field.mark(place.event)


def come_together(field: Field) -> None:
    """Send six events of a session at one instant; let a dozen sessions begin at one."""
    for place in field.take(_can_be_one):
        block = place.feed[place.position : place.position + TOGETHER]
        for event in block:
            event["timestamp"] = block[0]["timestamp"]
        field.mark(*block)
    if len(field.events) < ENOUGH_FOR_A_CROWD:
        return
    crowd = field.take(lambda place: place.is_last and place.position == 0, count=CROWD)
    for place in crowd:
        place.event["timestamp"] = crowd[0].event["timestamp"]
        field.mark(place.event)


def _can_be_one(place: Place) -> bool:
    """Whether the next six events differ from one another and from those around them in time."""
    block = place.feed[place.position : place.position + TOGETHER]
    if len(block) < TOGETHER or len({_content(event) for event in block}) < TOGETHER:
        return False
    begin, end = place.position, place.position + TOGETHER
    stands_apart = begin == 0 or place.feed[begin - 1]["timestamp"] != block[0]["timestamp"]
    ends_apart = end == len(place.feed) or place.feed[end]["timestamp"] != block[-1]["timestamp"]
    return stands_apart and ends_apart


def _content(event: Record) -> tuple[str, str]:
    return event["name"], event["path"]


def act_like_machines(field: Field) -> None:
    """Give the events of long sessions pauses that are all alike, or far too short."""
    for place in field.take(_begins_a_long_one):
        begin = instant_of(place.event)
        for number, event in enumerate(place.feed):
            set_instant(event, begin + timedelta(seconds=2) * number)
        field.mark(*place.feed)
    for place in field.take(_begins_a_long_one):
        instant = instant_of(place.event)
        for event in place.feed:
            set_instant(event, instant)
            instant += timedelta(milliseconds=field.dice.whole(110, 290))
        field.mark(*place.feed)


def _begins_a_long_one(place: Place) -> bool:
    """Whether a session has many events on one day, of which no near ones are alike."""
    feed = place.feed
    if place.position or not LONG <= len(feed) <= LONGEST:
        return False
    if day_of(feed[0]) != day_of(feed[-1]):
        return False
    contents = [_content(event) for event in feed]
    return not any(
        contents[place] in contents[place + 1 : place + 4] for place in range(len(contents))
    )
