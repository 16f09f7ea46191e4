"""Events and session rows as plain dicts, shaped like the answers of the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Record", "complete_row", "parse_instant", "to_json"]

Record: TypeAlias = dict[str, Any]
"""One event or one session row, with the names that the API uses."""

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9000


def parse_instant(text: object) -> datetime:
    """Read an ISO 8601 timestamp that says its offset.

    Parameters
    ----------
    text
        Such as ``"2026-03-02T09:00:00.000Z"`` or ``"2026-03-02T12:00:00+03:00"``.

    Returns
    -------
    datetime
        The instant, in UTC.

    Raises
    ------
    InvalidInput
        If it is anything else, or has no offset.

    Examples
    --------
    >>> parse_instant("2026-03-02T12:00:00+03:00").isoformat()
    '2026-03-02T09:00:00+00:00'
    """
    try:
        written = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        written = None
    if written is None:
        raise InvalidInput(
            f"{text!r:.60} is not a timestamp; ISO 8601 is needed, "
            "such as '2026-03-02T09:00:00.000Z'."
        )
    if written.tzinfo is None:
        raise InvalidInput(f"The timestamp {text!r} has no offset; end it with 'Z' or '+03:00'.")
    if not FIRST_YEAR <= written.year <= LAST_YEAR:
        raise InvalidInput(
            f"The timestamp {text!r} is not between the years {FIRST_YEAR} and {LAST_YEAR}."
        )
    return written.astimezone(UTC)


def to_json(value: object) -> bytes:
    """Write a value as compact JSON in UTF-8.

    Parameters
    ----------
    value
        Dicts, lists, texts, numbers, booleans and None.

    Returns
    -------
    bytes
        The JSON.

    Raises
    ------
    InvalidInput
        If there is no JSON for it, such as NaN.

    Examples
    --------
    >>> to_json({"title": "Sepetim", "price": 10})
    b'{"title":"Sepetim","price":10}'
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(
            f"A recording holds what JSON can say; this cannot be: {error}"
        ) from None
    # A lone surrogate has no UTF-8; backslashreplace happens to write its JSON escape.
    return text.encode("utf-8", "backslashreplace")


def complete_row(row: Record, events: Sequence[Record]) -> Record:
    """Fill in what the row of a session leaves out.

    Parameters
    ----------
    row
        What is known: at least `id`.
    events
        The events of the session, in recorded order.

    Returns
    -------
    dict
        A row with every field of the API; what `row` holds is kept.

    Raises
    ------
    InvalidInput
        If a timestamp cannot be read, or there is nothing to say when the session started.

    Examples
    --------
    >>> complete_row({"id": "s1", "startedAt": "2026-03-02T09:00:00Z"}, [])["duration"]
    '0s'
    """
    instants = [parse_instant(event["timestamp"]) for event in events]
    if "startedAt" in row:
        parse_instant(row["startedAt"])
    elif not events:
        raise InvalidInput(f"The session {row['id']!r} has neither events nor a row.")
    in_time = sorted(range(len(events)), key=instants.__getitem__)
    first = events[in_time[0]] if events else {}
    views = [events[place] for place in in_time if events[place]["type"] == "pageview"]
    properties = first.get("properties") or {}
    length = int((max(instants) - min(instants)).total_seconds()) if instants else 0
    derived = {
        "id": row["id"],
        "visitorId": None,
        "startedAt": first.get("timestamp"),
        "duration": f"{length}s",
        "pageViews": len(views),
        "events": len(events),
        "pages": list(dict.fromkeys(view["path"] for view in views if view.get("path"))),
        "browser": None,
        "os": None,
        "device": None,
        "country": None,
        "fields": {key: value for key, value in properties.items() if key.startswith("utm_")},
    }
    return derived | row
