"""Which time a request for sessions asks about."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import date, tzinfo

__all__ = ["custom_bounds", "parse_bound", "relative_bounds"]

DAYS_BACK: Final = {
    "today": (0, 0),
    "yesterday": (1, 1),
    "last7days": (6, 0),
    "last30days": (29, 0),
}
"""First and last day of a timeframe, counted back from today."""

LENGTH_OF_DATE: Final = len("2026-03-02")
SHORTEST_TIMESTAMP: Final = len("2026-03-02T09:00")


def parse_bound(text: str) -> datetime:
    """Read a date, or a date and time with or without an offset.

    Parameters
    ----------
    text
        ISO 8601: ``"2026-03-02"``, ``"2026-03-02T09:00:00"``, ``"2026-03-02T09:00:00+03:00"``.

    Returns
    -------
    datetime
        As written; a date is its midnight.

    Raises
    ------
    InvalidInput
        If it is anything else.

    Examples
    --------
    >>> parse_bound("2026-03-02").isoformat()
    '2026-03-02T00:00:00'
    """
    # The standard library reads more than ISO 8601 extended; what it reads besides is refused.
    extended = text[4:5] == text[7:8] == "-" and (
        len(text) == LENGTH_OF_DATE
        or (len(text) >= SHORTEST_TIMESTAMP and text[10] == "T" and text[13] == ":")
    )
    try:
        written = datetime.fromisoformat(text) if extended and text.isascii() else None
    except ValueError:
        written = None
    if written is None:
        raise InvalidInput(
            f"{text!r:.60} is not an ISO 8601 date or time, such as '2026-03-02' or "
            "'2026-03-02T09:00:00+03:00' (a plus sign is written %2B in a URL)."
        )
    return written


def custom_bounds(
    start: str | None, end: str | None, zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last instant between two bounds.

    Parameters
    ----------
    start
        Text for `parse_bound`; None is from the beginning.
    end
        Text for `parse_bound`; None is until the end. A date means the whole day.
    zone
        Zone of what has no offset.

    Returns
    -------
    tuple of datetime or None
        First and last instant, both included.

    Examples
    --------
    >>> [bound.isoformat() for bound in custom_bounds("2026-03-02", "2026-03-02", UTC)]
    ['2026-03-02T00:00:00+00:00', '2026-03-02T23:59:59.999999+00:00']
    """
    first = None if start is None else _in_zone(parse_bound(start), zone)
    if end is None:
        return first, None
    last = parse_bound(end)
    if len(end) == LENGTH_OF_DATE:
        return first, _end_of(last.date(), zone)
    return first, _in_zone(last, zone)


def relative_bounds(timeframe: str, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the first and the last instant of a timeframe of whole days.

    Parameters
    ----------
    timeframe
        `today`, `yesterday`, `last7days` or `last30days`; the last two end with today.
    now
        An instant of today.
    zone
        Says when a day begins.

    Returns
    -------
    tuple of datetime
        First and last instant, both included.

    Examples
    --------
    >>> first, last = relative_bounds("last7days", datetime(2026, 3, 9, 15, tzinfo=UTC), UTC)
    >>> first.isoformat(), last.isoformat()
    ('2026-03-03T00:00:00+00:00', '2026-03-09T23:59:59.999999+00:00')
    """
    today = now.astimezone(zone).date()
    back_first, back_last = DAYS_BACK[timeframe]
    first = datetime.combine(today - timedelta(days=back_first), time.min)
    return _in_zone(first, zone), _end_of(today - timedelta(days=back_last), zone)


def _in_zone(written: datetime, zone: tzinfo) -> datetime:
    try:
        return (written if written.tzinfo else written.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        # At the very ends of the calendar UTC has no such year; every session is on one side of it.
        end = datetime.min if written.year == 1 else datetime.max  # noqa: DTZ901  (gets a zone)
        return end.replace(tzinfo=UTC)


def _end_of(day: date, zone: tzinfo) -> datetime:
    # Fold 1: where a clock is set back over midnight, the day ends at the second 23:59:59.
    return _in_zone(datetime.combine(day, time.max).replace(fold=1), zone)
