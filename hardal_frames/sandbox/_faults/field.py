"""Where faults are planted: a recording that may be changed, and what was changed in it."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from hardal_frames.sandbox.dice import Dice
from hardal_frames.sandbox.recording import record_sessions
from hardal_frames.sandbox.records import parse_instant
from hardal_frames.schema import DEFAULT_TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from hardal_frames.sandbox.recording import Recording
    from hardal_frames.sandbox.records import Record

    Fits = Callable[["Place"], bool]

_OF_EVENTS: Final = ("duration", "pageViews", "events", "pages")
"""What a session row says of its events, worked out anew when they have changed."""

RARE: Final = 50
"""What nearly all events of a name have may be taken from one in so many."""


class Place(NamedTuple):
    """An event of a session."""

    session: str
    feed: list[Record]
    position: int

    @property
    def event(self) -> Record:
        """The event."""
        return self.feed[self.position]

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties."""
        properties: dict[str, Any] = self.event["properties"]
        return properties

    @property
    def is_last(self) -> bool:
        """Whether no event of its session follows it."""
        return self.position == len(self.feed) - 1

    def gap(self) -> timedelta:
        """How long until the next event of the session; a minute after the last."""
        if self.is_last:
            return timedelta(minutes=1)
        return instant_of(self.feed[self.position + 1]) - instant_of(self.event)


class Field:
    """A copy of a recording in which faults are planted.

    A session has faults of one kind at most, those of whole days apart, so that what a fault does
    to its session is known.

    Parameters
    ----------
    recording
        What to copy.
    seed
        The same seed gives the same faults.
    share
        How many of the events that could have a fault get it.
    """

    def __init__(self, recording: Recording, *, seed: int, share: float) -> None:
        self.events = {
            session: [{**event, "properties": dict(event["properties"])} for event in feed]
            for session, feed in recording.events.items()
        }
        self.rows = [
            {key: value for key, value in row.items() if key not in _OF_EVENTS}
            for row in recording.sessions
        ]
        self.dice = Dice(seed)
        self.share = share
        self.ids: set[str] = set()
        self.row_changes: dict[str, dict[str, Any]] = {}
        self._made = 0
        self._free = _shuffled(list(self.events), self.dice)

    def places(self) -> Iterator[Place]:
        """All events."""
        for session, feed in self.events.items():
            for index in range(len(feed)):
                yield Place(session, feed, index)

    def take(self, fits: Fits, *, count: int | None = None) -> list[Place]:
        """Choose events of sessions without faults, one a session, which are then taken.

        Parameters
        ----------
        fits
            Whether an event can have the fault.
        count
            So many, if there are; as many as the share says by default, but at least one.
        """
        found = []
        for session in self._free:
            feed = self.events[session]
            fitting = [index for index in range(len(feed)) if fits(Place(session, feed, index))]
            if fitting:
                found.append(Place(session, feed, self.dice.pick(fitting)))
        chosen = found[: max(1, round(self.share * len(found))) if count is None else count]
        taken = {place.session for place in chosen}
        self._free = [session for session in self._free if session not in taken]
        return chosen

    def take_rare(self, name: str, prop: str) -> list[Place]:
        """Choose events of a name with a property, so few that nearly all others still have it."""
        count = self.count(name)
        if count < RARE:
            return []
        wanted = max(1, min(count // RARE, round(self.share * count)))
        return self.take(named(name, prop), count=wanted)

    def count(self, name: str) -> int:
        """How many events have a name."""
        return sum(event["name"] == name for feed in self.events.values() for event in feed)

    def mark(self, *events: Record) -> None:
        """Say that events have the fault."""
        self.ids |= {event["id"] for event in events}

    def copied(self, event: Record, later: timedelta) -> Record:
        """Copy an event that comes somewhat later, with an id of its own."""
        self._made += 1
        copy = {**event, "id": f"{event['id']}_{self._made}", "properties": {**event["properties"]}}
        set_instant(copy, instant_of(event) + later)
        return copy

    def recording(self) -> Recording:
        """Give the recording as it is now; rows are what the events make them, but for faults."""
        kept = {session: feed for session, feed in self.events.items() if feed}
        whole = record_sessions(kept, self.rows)
        for row in whole.sessions:
            for key, change in self.row_changes.get(row["id"], {}).items():
                row[key] = change(row[key])
        return whole


def named(name: str, *properties: str) -> Fits:
    """Tell whether an event has a name, and all of some properties."""

    def fits(place: Place) -> bool:
        event = place.event
        return event["name"] == name and all(key in event["properties"] for key in properties)

    return fits


def instant_of(event: Record) -> datetime:
    """When an event was."""
    return parse_instant(event["timestamp"])


def set_instant(event: Record, instant: datetime) -> None:
    """Say when an event was."""
    plain = instant.astimezone(UTC).replace(tzinfo=None)
    event["timestamp"] = plain.isoformat(timespec="milliseconds") + "Z"


def day_of(event: Record) -> date:
    """Day of an event where the shop is."""
    return instant_of(event).astimezone(ZoneInfo(DEFAULT_TIMEZONE)).date()


def _shuffled(values: list[str], dice: Dice) -> list[str]:
    for place in range(len(values) - 1, 0, -1):
        other = dice.whole(0, place)
        values[place], values[other] = values[other], values[place]
    return values
