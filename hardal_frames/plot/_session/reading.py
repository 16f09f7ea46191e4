"""The events of one session, from its frame to arrays in order."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.errors import DataWarning, InvalidInput
from hardal_frames.plot._shared.kinds import KINDS, chart_of

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Column = pd.Series[Any]

_PAGES: Final = ("path", "url", "title")
_MOST_LANES: Final = 6
_LAST: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class SessionEvents:
    """What a session chart shows, in the order of the events.

    Parameters
    ----------
    elapsed
        Seconds since the first event.
    names, name
        The distinct names, in order of appearance, and which of them each event has.
    lanes, lane
        The types of events, and which each event has; empty where the frame tells none. The last
        is None where there are more types than lanes: whatever is left.
    doubled
        Which events have the name and the instant of another one.
    pages, page
        The distinct pages, and on which each event happened; -1 before the first that is known.
    start, zone
        Date and clock of the first event, and the time zone they are in.
    """

    elapsed: Floats
    names: tuple[str, ...]
    name: Integers
    lanes: tuple[str | None, ...]
    lane: Integers
    doubled: NDArray[np.bool_]
    pages: tuple[str, ...]
    page: Integers
    start: str
    zone: str

    @property
    def duration(self) -> float:
        """Seconds from the first to the last event."""
        return float(self.elapsed[-1]) if len(self.elapsed) else 0.0


def read_session(events: pd.DataFrame, *, stacklevel: int = 3) -> SessionEvents:
    """Read the events of one session.

    Parameters
    ----------
    events
        Columns timestamp and name; session_id, sequence, id, type, path, url and title where there
        are any.
    stacklevel
        Which of the calls that lead here a warning is told of.

    Returns
    -------
    SessionEvents
        In the order of timestamp, sequence, id and name.

    Raises
    ------
    InvalidInput
        If the frame holds several sessions or a column that cannot be used.

    Warns
    -----
    DataWarning
        If rows lack a timestamp, a name, or the session that the others have, and are left out.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "name": ["view_item", "page_view"],
    ...         "timestamp": pd.to_datetime([1772434849, 1772434800], unit="s", utc=True),
    ...     }
    ... )
    >>> session = read_session(frame)
    >>> session.names, session.elapsed.tolist(), session.start, session.zone
    (('page_view', 'view_item'), [0.0, 49.0], '2026-03-02 07:00:00', 'UTC')
    """
    frame = schema.require_frame(events)
    chart = chart_of(frame)
    if chart not in (None, "session") and "timestamp" not in frame.columns:
        raise InvalidInput(
            f"That is a table of {KINDS[chart][0]}(), and the chart needs the events of one "
            f"session; draw the table with plot.{chart}."
        )
    schema.require_columns(frame, ("timestamp", "name"))
    schema.require_distinct_columns(frame)
    times = schema.require_zoned(frame["timestamp"])
    usable = _usable(frame, times, stacklevel=stacklevel + 1)
    frame, times = frame[usable], times[usable]
    order = _order(frame, times)
    frame, times = frame.iloc[order], times.iloc[order]
    instants = times.to_numpy(dtype="datetime64[us]").astype(np.int64)
    names, name = _coded(frame["name"])
    lanes, lane = _lanes(frame)
    pages, page = _pages(frame)
    pairs = pd.DataFrame({"name": name, "instant": instants})
    return SessionEvents(
        elapsed=(instants - instants[:1].sum()) / 1e6,
        names=names,
        name=name,
        lanes=lanes,
        lane=lane,
        doubled=pairs.duplicated(keep=False).to_numpy(dtype=bool),
        pages=pages,
        page=page,
        start=times.iloc[0].strftime("%Y-%m-%d %H:%M:%S") if len(times) else "",
        zone=str(times.dt.tz),
    )


def _usable(frame: pd.DataFrame, times: Column, *, stacklevel: int) -> NDArray[np.bool_]:
    """Rows of the one session that have an instant and a name."""
    lacking = {
        "timestamp": times.isna().to_numpy(dtype=bool),
        "name": frame["name"].isna().to_numpy(dtype=bool),
    }
    if "session_id" in frame.columns:
        ids = frame["session_id"]
        sessions = ids.dropna().unique()
        if len(sessions) > 1:
            raise InvalidInput(
                f"The frame holds {len(sessions):,} sessions, and the chart draws one: "
                f"events[events['session_id'] == {sessions[0]!r}] is the first of them."
            )
        if len(sessions):
            lacking["session_id"] = ids.isna().to_numpy(dtype=bool)
    unusable = np.logical_or.reduce(list(lacking.values()))
    if unusable.any():
        each = ", ".join(
            f"{int(mask.sum()):,} without {column}"
            for column, mask in lacking.items()
            if mask.any()
        )
        warnings.warn(
            f"{int(unusable.sum()):,} of {len(frame):,} rows are left out: {each}.",
            DataWarning,
            stacklevel=stacklevel,
        )
    return np.asarray(~unusable)


def _order(frame: pd.DataFrame, times: Column) -> Integers:
    """Order of the rows by timestamp, sequence, id and name."""
    keys = [times.to_numpy(dtype="datetime64[us]").astype(np.int64)]
    if "sequence" in frame.columns:
        keys.append(_sequence(frame["sequence"]))
    keys.extend(_ranks(frame[column]) for column in ("id", "name") if column in frame.columns)
    return np.lexsort(keys[::-1])


def _sequence(column: Column) -> Integers:
    try:
        numbers = pd.to_numeric(column).astype("Int64")
    except (ValueError, TypeError, OverflowError):
        raise InvalidInput(
            f"The column 'sequence' is of type {column.dtype}; whole numbers are needed, the "
            "position of each event in its session's feed."
        ) from None
    return np.asarray(numbers.fillna(_LAST).to_numpy(dtype=np.int64), dtype=np.int64)


def _ranks(column: Column) -> Integers:
    """Rank of each value among the distinct ones; missing is -1."""
    codes, distinct = pd.factorize(column.astype(object))
    values = [(str(value), type(value).__name__) for value in distinct]
    plain = list(distinct)
    try:
        order = sorted(range(len(plain)), key=plain.__getitem__)
    except TypeError:
        order = sorted(range(len(plain)), key=values.__getitem__)
    rank = np.full(len(plain) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(plain))
    return rank[codes]


def _coded(column: Column) -> tuple[tuple[str, ...], Integers]:
    """Distinct values as text, in order of appearance, and the place of each; -1 if missing."""
    present = column.notna().to_numpy(dtype=bool)
    text = column.astype(object).where(present, None).map(str, na_action="ignore")
    codes, distinct = pd.factorize(text)
    return tuple(distinct), codes.astype(np.int64)


def _lanes(frame: pd.DataFrame) -> tuple[tuple[str | None, ...], Integers]:
    """Lanes of the types, in order of appearance; the rarest of many share the last one."""
    if "type" not in frame.columns or frame["type"].isna().all():
        return ("",), np.zeros(len(frame), dtype=np.int64)
    types, lane = _coded(frame["type"])
    if (lane < 0).any():
        types = (*types, "")
        lane = np.where(lane < 0, len(types) - 1, lane)
    if len(types) <= _MOST_LANES:
        return types, lane
    counts = np.bincount(lane, minlength=len(types))
    kept = np.sort(np.argsort(-counts, kind="stable")[: _MOST_LANES - 1])
    place = np.full(len(types), _MOST_LANES - 1)
    place[kept] = np.arange(len(kept))
    return (*(types[one] for one in kept.tolist()), None), place[lane]


def _pages(frame: pd.DataFrame) -> tuple[tuple[str, ...], Integers]:
    """Pages, and the one of each event; an event that tells none is on the page before it."""
    for column in _PAGES:
        if column in frame.columns and frame[column].notna().any():
            told = frame[column]
            if column != "title":
                # What a page was asked with may name the visitor, and is too long for a label.
                told = told.astype("string").str.replace(r"[?#].*", "", regex=True)
            pages, page = _coded(told)
            known = np.maximum.accumulate(np.where(page < 0, -1, np.arange(len(page))))
            return pages, np.where(known < 0, -1, page[known])
    return (), np.full(len(frame), -1, dtype=np.int64)
