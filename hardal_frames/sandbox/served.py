"""A recording made ready to be asked: events in order, instants parsed, rows by time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hardal_frames.sandbox.records import parse_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from hardal_frames.sandbox.recording import Recording
    from hardal_frames.sandbox.records import Record

__all__ = ["ServedRecording", "ServedSession", "write_instant"]

JUST_AFTER: Final = timedelta(seconds=1)


def write_instant(instant: datetime, zone: tzinfo) -> str:
    """Write an instant in a zone, with its offset and milliseconds, or microseconds if it has any.

    Parameters
    ----------
    instant
        A datetime with a zone.
    zone
        The zone to write it in.

    Returns
    -------
    str
        ISO 8601.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> write_instant(datetime(2026, 3, 2, 9, tzinfo=UTC), ZoneInfo("Europe/Istanbul"))
    '2026-03-02T12:00:00.000+03:00'
    """
    whole = instant.microsecond % 1000 == 0
    return instant.astimezone(zone).isoformat(timespec="milliseconds" if whole else "microseconds")


@dataclass(frozen=True, slots=True)
class ServedSession:
    """The events of a session in the order of their timestamps.

    Parameters
    ----------
    events
        Equal timestamps are in recorded order.
    instants
        The timestamp of each, parsed.
    """

    events: Sequence[Record]
    instants: Sequence[datetime]

    @classmethod
    def of(cls, events: Sequence[Record]) -> ServedSession:
        """Sort the events of a session.

        Parameters
        ----------
        events
            In recorded order.

        Returns
        -------
        ServedSession
            The same events by time.
        """
        instants = [parse_instant(event["timestamp"]) for event in events]
        places = sorted(range(len(events)), key=instants.__getitem__)
        return cls([events[place] for place in places], [instants[place] for place in places])

    def places(self, order_by: str, *, descending: bool) -> Sequence[int]:
        """Return the places of the events in an order.

        Parameters
        ----------
        order_by
            `timestamp`, or a text field; events that are equal in it are in the order of time.
        descending
            Whether to return the exact reverse.

        Returns
        -------
        sequence of int
            Places in `events`.
        """
        places: Sequence[int] = range(len(self.events))
        if order_by != "timestamp":
            places = sorted(places, key=lambda place: self.events[place].get(order_by) or "")
        return places[::-1] if descending else places

    def written(self, places: Sequence[int], zone: tzinfo) -> list[Record]:
        """Return events as the API answers them.

        Parameters
        ----------
        places
            Which ones.
        zone
            Zone of their timestamps.

        Returns
        -------
        list of dict
            The events.
        """
        return [
            self.events[place] | {"timestamp": write_instant(self.instants[place], zone)}
            for place in places
        ]


class ServedRecording:
    """All sessions of a recording, ready to be asked.

    Parameters
    ----------
    recording
        The recording.

    Raises
    ------
    InvalidInput
        If one of its timestamps cannot be read.
    """

    def __init__(self, recording: Recording) -> None:
        self.sessions: dict[str, ServedSession] = {
            row["id"]: ServedSession.of(recording.events.get(row["id"], ()))
            for row in recording.sessions
        }
        starts = [parse_instant(row["startedAt"]) for row in recording.sessions]
        places = sorted(range(len(starts)), key=starts.__getitem__)
        self._rows = [recording.sessions[place] for place in places]
        self._starts = [starts[place] for place in places]

    def just_after(self) -> datetime:
        """Return an instant after everything in the recording; now, if there is nothing."""
        ends = [session.instants[-1] for session in self.sessions.values() if session.instants]
        latest = max([*ends, *self._starts[-1:]], default=None)
        return latest + JUST_AFTER if latest else datetime.now(UTC)

    def between(self, first: datetime | None, last: datetime | None) -> range:
        """Return the places of the sessions that began in a time, both ends included.

        Parameters
        ----------
        first
            From when; None is from the beginning.
        last
            Until when; None is until the end.

        Returns
        -------
        range
            Places for `written`, the latest first.
        """
        begin = 0 if first is None else bisect_left(self._starts, first)
        end = len(self._rows) if last is None else bisect_right(self._starts, last)
        return range(begin, max(begin, end))[::-1]

    def written(self, places: Sequence[int], zone: tzinfo) -> list[Record]:
        """Return session rows as the API answers them.

        Parameters
        ----------
        places
            Which ones.
        zone
            Zone of their timestamps.

        Returns
        -------
        list of dict
            The rows.
        """
        return [
            self._rows[place] | {"startedAt": write_instant(self._starts[place], zone)}
            for place in places
        ]
