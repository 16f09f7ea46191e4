"""Checks of what the caller gave, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from datetime import time as time_of_day
from numbers import Real
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

import pandas as pd

from hardal_frames.errors import InvalidInput
from hardal_frames.schema import known_zone, require_one_of, require_whole

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from hardal_frames.store._ledger import Ledger

Moment = str | date | datetime
Timeframe = Literal["today", "yesterday", "last7days", "last30days", "custom"]

_FOREVER: Final = 1e6
_ORDERS: Final = ("asc", "desc")
_ORDER_COLUMNS: Final = ("timestamp", "name", "type")
_TIMEFRAMES: Final = ("today", "yesterday", "last7days", "last30days", "custom")


def period(
    timeframe: Timeframe | None, start: Moment | None, end: Moment | None, zone: ZoneInfo
) -> dict[str, str | int]:
    """Write a period as the parameters of the session list.

    Parameters
    ----------
    timeframe
        One of the API's own, or None.
    start, end
        A date, a datetime or ISO text; without an offset in the zone. A date as end includes its
        whole day.
    zone
        Where days begin and end.

    Raises
    ------
    InvalidInput
        If one cannot be read, the start is after the end, or both ways are used at once.
    """
    if timeframe is not None:
        require_one_of(timeframe, "timeframe", _TIMEFRAMES)
    if start is None and end is None:
        if timeframe == "custom":
            raise InvalidInput("timeframe is 'custom'; give its start or end as well, or both.")
        return {} if timeframe is None else {"timeframe": timeframe}
    if timeframe not in {None, "custom"}:
        raise InvalidInput(
            f"timeframe is {timeframe!r} and start or end is given too; give one or the other."
        )
    query: dict[str, str | int] = {"timeframe": "custom"}
    first = None if start is None else _instant(start, "start", zone, end_of_day=False)
    last = None if end is None else _instant(end, "end", zone, end_of_day=True)
    if first is not None and last is not None and first > last:
        raise InvalidInput(f"start {first} is after end {last}; give the earlier one as start.")
    if first is not None:
        query["startDate"] = first.isoformat(timespec="milliseconds")
    if last is not None:
        query["endDate"] = last.isoformat(timespec="milliseconds")
    return query


def _instant(moment: Moment, name: str, zone: ZoneInfo, *, end_of_day: bool) -> datetime:
    """Moment with its offset; a mere date is the day's first or last instant."""
    value: date | datetime
    try:
        value = moment if isinstance(moment, date) else _from_iso(moment)
    except (ValueError, TypeError):
        raise InvalidInput(
            f"{name} is {moment!r}; a date, a datetime or ISO text such as '2026-03-02' or "
            "'2026-03-02T10:00:00+03:00' is needed."
        ) from None
    if pd.isna(value):
        raise InvalidInput(f"{name} is NaT; a moment is needed, or None.")
    if not isinstance(value, datetime):
        value = datetime.combine(value, time_of_day.max if end_of_day else time_of_day.min)
    return value.replace(tzinfo=zone) if value.tzinfo is None else value


def _from_iso(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)


def page_query(
    page: object, limit: object, order_by: str, order: str, timezone: str
) -> dict[str, str | int]:
    """Check the endpoint's own parameters of one page, and write them as it wants them."""
    require_one_of(order_by, "order_by", _ORDER_COLUMNS)
    require_one_of(order, "order", _ORDERS)
    known_zone(timezone)
    return {
        "orderBy": order_by,
        "order": order,
        "timezone": timezone,
        "page": require_whole(page, "page"),
        "limit": require_whole(limit, "limit"),
    }


def text(value: object, name: str, default: str) -> str:
    """Return a text argument, or the default where it is unset."""
    if value is None:
        return default
    if isinstance(value, str):
        return value
    raise InvalidInput(f"{name} is a {type(value).__name__}; text is needed.")


def seconds(value: object, name: str) -> float:
    """Return a number of seconds above 0."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < _FOREVER:
        raise InvalidInput(f"{name} is {value!r}; a number of seconds above 0 is needed.")
    return float(value)


def session_ids(values: object) -> list[str]:
    """Return the ids of a list of sessions, each once."""
    if isinstance(values, str):
        raise InvalidInput(
            "session_ids is one text; give a list, or use activity(session_id) for one session."
        )
    if isinstance(values, pd.DataFrame):
        raise InvalidInput("session_ids is a DataFrame; give its column: sessions['session_id'].")
    if not isinstance(values, Iterable):
        raise InvalidInput(f"session_ids is a {type(values).__name__}; a list of ids is needed.")
    wanted = list(values)
    for value in wanted:
        quoted(value, "session_id")
    return list(dict.fromkeys(wanted))


def ledger_of(store: object) -> Ledger:
    """Open a store for a pull."""
    try:
        ledger: Ledger = store._ledger()  # type: ignore[attr-defined]  # noqa: SLF001  (of ours)
    except AttributeError:
        raise InvalidInput(
            f"store is a {type(store).__name__}; a store is needed: hf.Store('hardal-store')."
        ) from None
    return ledger


def quoted(identifier: object, name: str) -> str:
    """Write an id so that it is one part of a path, whatever it holds."""
    if not isinstance(identifier, str):
        raise InvalidInput(f"{name} is a {type(identifier).__name__}; text is needed.")
    if not is_usable_id(identifier):
        raise InvalidInput(
            f"{name} is {identifier!r}; an id is needed, as the list of sessions gives it."
        )
    return quote(identifier, safe="")


def is_usable_id(identifier: str) -> bool:
    """Whether an id can be one part of a path."""
    return identifier not in {"", ".", ".."} and identifier.isprintable()
