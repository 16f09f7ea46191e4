"""The columns of our frames, their types, and the checks on frames from elsewhere."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames.errors import InvalidInput, did_you_mean, near_names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

DEFAULT_TIMEZONE: Final = "Europe/Istanbul"
_UNITS: Final = (("s", 1e11), ("ms", 1e14), ("us", 1e17))
PROPERTY_PREFIX: Final = "prop_"
FIELD_PREFIX: Final = "field_"

TEXT: Final = pd.StringDtype("pyarrow")
"""The type of every text column: strings, missing is `pd.NA`."""

EVENT_TEXT_FIELDS: Final = ("id", "type", "name", "url", "path", "title", "referrer")
"""Fields of an API event that are text and keep their name."""

EVENT_COLUMNS: Final = (
    "session_id",
    "id",
    "sequence",
    "type",
    "name",
    "timestamp",
    "url",
    "path",
    "title",
    "referrer",
)
"""The columns that every events frame of ours begins with; `prop_*` follow."""

SESSION_COLUMNS: Final = (
    "session_id",
    "visitor_id",
    "started_at",
    "duration",
    "page_views",
    "events",
    "pages",
    "browser",
    "os",
    "device",
    "country",
)
"""The columns that every sessions frame begins with; `field_*` follow."""


def known_zone(timezone: str) -> ZoneInfo:
    """Look an IANA zone name up.

    Parameters
    ----------
    timezone
        A name such as ``"Europe/Istanbul"`` or ``"UTC"``.

    Returns
    -------
    ZoneInfo
        The zone.

    Raises
    ------
    InvalidInput
        If there is no such zone.
    """
    from zoneinfo import ZoneInfo, available_timezones  # noqa: PLC0415  (costs 2 ms at import)

    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, TypeError, OSError):
        zones = available_timezones()
        advice = did_you_mean(timezone, zones) or "An offset is no zone."
        if not zones:
            advice = "This machine has no time zone data: pip install tzdata."
        raise InvalidInput(
            f"Unknown time zone {timezone!r}: an IANA name such as 'Europe/Istanbul' or 'UTC' is "
            f"needed. {advice}"
        ) from None


def zoned(timezone: str) -> pd.DatetimeTZDtype:
    """Type of a timestamp column in the given zone, in microseconds."""
    # The name, not the ZoneInfo: pandas then uses the zone class that it uses when it reads
    # a file, and two equal frames have equal types in every version.
    return pd.DatetimeTZDtype("us", timezone)


def require_frame(events: object) -> pd.DataFrame:
    """Return the argument if it is a DataFrame.

    Parameters
    ----------
    events
        What the caller gave.

    Returns
    -------
    DataFrame
        The same object.

    Raises
    ------
    InvalidInput
        If it is anything else.
    """
    if isinstance(events, pd.DataFrame):
        return events
    remedy = "API-shaped records become one with events_from_records(records)."
    if hasattr(events, "sample"):
        remedy = "Some whole sessions of a scan become one with scan.sample(sessions=10_000)."
    raise InvalidInput(
        f"A pandas DataFrame of events is needed, not {type(events).__name__}. {remedy}"
    )


def require_columns(
    frame: pd.DataFrame, columns: Iterable[object], *, what: str = "events"
) -> None:
    """Check that a frame has the columns that a function needs, each once.

    Parameters
    ----------
    frame
        The frame to check.
    columns
        Names that must be there.
    what
        What the frame is, for the message.

    Raises
    ------
    InvalidInput
        If one is missing or stands there twice.
    """
    names: list[Any] = list(frame.columns)
    for column in columns:
        found = names.count(column)
        if found == 1:
            continue
        if found > 1:
            raise InvalidInput(
                f"The frame of {what} has {found} columns called {column!r}; one is needed."
            )
        raise InvalidInput(
            f"The frame of {what} has no column {column!r}. {_remedy(frame, column, what)}"
        )


def _remedy(frame: pd.DataFrame, column: object, what: str) -> str:
    if column in frame.index.names:
        return "It is in the index: frame.reset_index() makes a column of it."
    of_session = column in SESSION_COLUMNS and column != "session_id"
    if of_session and what == "events" and "session_id" in frame.columns:
        return (
            "It is a column of the session list: "
            f"hf.with_sessions(events, sessions, [{column!r}]) joins it to the events."
        )
    meant = did_you_mean(column, frame.columns)
    if meant and column in {*EVENT_COLUMNS, *SESSION_COLUMNS}:
        return f"{meant} Rename yours: frame.rename(columns={{...: {column!r}}})."
    return near_names(column, frame.columns)


def require_distinct_columns(frame: pd.DataFrame) -> None:
    """Check that no two columns of a frame have the same name.

    Raises
    ------
    InvalidInput
        If some have.
    """
    if not frame.columns.is_unique:
        twice = sorted(set(map(str, frame.columns[frame.columns.duplicated()])))
        raise InvalidInput(
            f"The frame has more than one column called {', '.join(map(repr, twice))}; "
            "each is needed once."
        )


def require_one_of(value: object, name: str, allowed: tuple[str, ...]) -> None:
    """Check that an option is one of the allowed ones.

    Raises
    ------
    InvalidInput
        If it is not; near ones are named.

    Examples
    --------
    >>> require_one_of("dwn", "to", ("up", "down"))
    Traceback (most recent call last):
    ...
    hardal_frames.errors.InvalidInput: to is 'dwn'; allowed are 'up', 'down'. Did you mean 'down'?
    """
    if not isinstance(value, str) or value not in allowed:
        choices = ", ".join(map(repr, allowed))
        said = f"{name} is {value!r}; allowed are {choices}. {did_you_mean(value, allowed)}"
        raise InvalidInput(said.rstrip())


def require_whole(value: object, name: str, *, least: int = 1) -> int:
    """Check that an option is a whole number that is not too small, and return it.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise InvalidInput(f"{name} is {value!r:.60}; a whole number from {least} is needed.")
    return int(value)


def require_zoned(timestamps: pd.Series[Any], *, zone: str | None = None) -> pd.Series[Any]:
    """Return a timestamp column if it says in which zone its clock ran, Arrow's as pandas' own.

    Parameters
    ----------
    timestamps
        The column ``timestamp`` of a frame of events.
    zone
        Zone that a column of Arrow's is read in; its own by default.

    Raises
    ------
    InvalidInput
        If the column holds no timestamps, or naive ones.
    """
    dtype = timestamps.dtype
    if isinstance(dtype, pd.ArrowDtype) and dtype.kind == "M":
        own = getattr(dtype.pyarrow_dtype, "tz", None)
        timestamps = timestamps.astype(zoned(zone or own) if own else "datetime64[us]")
        dtype = timestamps.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        return timestamps
    if dtype.kind == "M":
        raise InvalidInput(
            "The column 'timestamp' is naive: it does not say in which zone its clock ran. Say it "
            "with events.assign(timestamp=events['timestamp'].dt.tz_localize('UTC')), or the zone "
            "that is right."
        )
    if dtype.kind in "iuf":
        raise InvalidInput(
            f"The column 'timestamp' is of type {dtype}; timezone-aware timestamps are needed. Say "
            "the unit, by the size of the numbers it may be this one: events.assign(timestamp="
            f"pd.to_datetime(events['timestamp'], unit='{_likely_unit(timestamps)}', utc=True)"
            f".dt.tz_convert('{DEFAULT_TIMEZONE}'))."
        )
    raise InvalidInput(
        f"The column 'timestamp' is of type {dtype}; timezone-aware timestamps are needed. Of text "
        "with an offset make events.assign(timestamp=pd.to_datetime(events['timestamp'], utc=True)"
        f".dt.tz_convert('{DEFAULT_TIMEZONE}')), of text without one pd.to_datetime(events["
        f"'timestamp']).dt.tz_localize('{DEFAULT_TIMEZONE}'), or the zone that is right."
    )


def _likely_unit(numbers: pd.Series[Any]) -> str:
    """Tell the unit in which numbers are instants of our days, counted from 1970."""
    largest = float(numbers.abs().max()) if numbers.notna().any() else 0.0
    return next((unit for unit, below in _UNITS if largest < below), "ns")
