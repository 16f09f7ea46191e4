"""Columns of the session list, joined to the events."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, overload, runtime_checkable

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.errors import DataWarning, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    from pandas.api.extensions import ExtensionArray


@runtime_checkable
class Joinable(Protocol):
    """Events that are not in memory, and know how sessions are joined to them."""

    def with_sessions(self, sessions: pd.DataFrame, columns: Iterable[str]) -> Self:
        """Join columns of the session list."""
        ...


Scanned = TypeVar("Scanned", bound=Joinable)


@overload
def with_sessions(
    events: pd.DataFrame, sessions: pd.DataFrame, columns: Iterable[str] = ...
) -> pd.DataFrame: ...
@overload
def with_sessions(
    events: Scanned, sessions: pd.DataFrame, columns: Iterable[str] = ...
) -> Scanned: ...
def with_sessions(
    events: pd.DataFrame | Joinable,
    sessions: pd.DataFrame,
    columns: Iterable[str] = ("visitor_id",),
) -> pd.DataFrame | Joinable:
    """Give each event what the session list knows about its session.

    Parameters
    ----------
    events
        An events frame, or any frame with session_id, or what `scan_events` returns.
    sessions
        The session list, as `Client.sessions` returns it.
    columns
        Which of its columns; by default the visitor, which every analysis takes as ``key=``.

    Returns
    -------
    DataFrame
        The events in their order, then the columns in the order given, each with the type that it
        has in the session list. Events of a session that the list does not have are missing there
        (whole numbers and truth values of numpy's then become Int64 and boolean). Of a scan, a scan
        of the same kind; the joined events are written to its workspace when they are needed.

    Raises
    ------
    InvalidInput
        If a column is not in the session list or the events have it already, or if the list has
        one session twice with different values.

    Warns
    -----
    DataWarning
        Once, with the count, if sessions of the events are not in the list.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> import pandas as pd
    >>> events = hf.events_from_records(
    ...     [{"name": "purchase", "timestamp": "2026-03-02T10:00:00Z"}], session_id="s1"
    ... )
    >>> sessions = pd.DataFrame({"session_id": ["s1", "s2"], "visitor_id": ["v1", "v2"]})
    >>> hf.with_sessions(events, sessions)[["session_id", "name", "visitor_id"]]
      session_id      name visitor_id
    0         s1  purchase         v1
    """
    if isinstance(events, Joinable):
        return events.with_sessions(sessions, columns)
    frame = schema.require_frame(events)
    rows = listed_sessions(frame, sessions, columns)
    wanted = [name for name in rows.columns if name != "session_id"]
    codes, found = pd.factorize(frame["session_id"])
    # Texts of any two types match as objects; the last place is for events without a session.
    listed = pd.Index(rows["session_id"].astype(object))
    of_session = np.append(listed.get_indexer(pd.Index(found).astype(object)), -1)
    _warn_of_unlisted(of_session[:-1], codes, wanted)
    positions = of_session[codes]
    result = frame.reset_index(drop=True)
    joined = {name: _taken(rows[name], positions) for name in wanted}
    return pd.concat([result, pd.DataFrame(joined, index=result.index)], axis=1)


def listed_sessions(
    events: pd.DataFrame, sessions: pd.DataFrame, columns: Iterable[str]
) -> pd.DataFrame:
    """Check the arguments of `with_sessions`; one row a session, with the columns it asks for.

    Raises
    ------
    InvalidInput
        As there.
    """
    schema.require_columns(events, ("session_id",))
    return _one_row_a_session(sessions, _wanted(events, sessions, columns))


def _wanted(events: pd.DataFrame, sessions: object, columns: object) -> list[Any]:
    if not isinstance(sessions, pd.DataFrame):
        raise InvalidInput(
            f"sessions is a {type(sessions).__name__}; the session list as a DataFrame is needed, "
            "as client.sessions() returns it."
        )
    if isinstance(columns, str) or not np.iterable(columns):
        raise InvalidInput(
            f"columns is {columns!r}; a list of names is needed, such as ['visitor_id']."
        )
    wanted = list(columns)
    schema.require_columns(sessions, ("session_id", *wanted), what="sessions")
    for name, times in Counter(wanted).items():
        if times > 1:
            raise InvalidInput(f"columns names {name!r} {times} times; once is enough.")
        if name in events.columns:
            raise InvalidInput(
                f"The events have a column {name!r} already. Leave it out of columns, or take it "
                f"out of the events first: events.drop(columns=[{name!r}])."
            )
    return wanted


def _one_row_a_session(sessions: pd.DataFrame, wanted: list[Any]) -> pd.DataFrame:
    rows = sessions.loc[sessions["session_id"].notna(), ["session_id", *wanted]]
    if not rows["session_id"].duplicated().any():
        return rows
    rows = rows.drop_duplicates()
    again = rows.loc[rows["session_id"].duplicated(), "session_id"]
    if again.empty:
        return rows
    first = again.iloc[0]
    distinct = rows.loc[rows["session_id"] == first, wanted].nunique(dropna=False)
    differing = distinct.index[distinct > 1]
    raise InvalidInput(
        f"{again.nunique()} sessions stand in the session list more than once with different "
        f"values, the first {first!r} (it differs in {', '.join(map(repr, differing))}). Keep one "
        "row each: sessions.drop_duplicates('session_id', keep='last')."
    )


def _warn_of_unlisted(
    of_session: npt.NDArray[np.intp], codes: npt.NDArray[np.intp], wanted: list[Any]
) -> None:
    unlisted = int((of_session < 0).sum())
    nameless = int((codes < 0).sum())
    parts = []
    if unlisted:
        parts.append(f"{unlisted} of {len(of_session)} sessions are not in the session list")
    if nameless:
        parts.append(f"{nameless} events have no session_id")
    if parts and wanted:
        names = ", ".join(map(str, wanted))
        said = f"{'; '.join(parts)}: {names} missing there."
        warnings.warn(said, DataWarning, stacklevel=3)


def _taken(values: pd.Series[Any], positions: npt.NDArray[np.intp]) -> ExtensionArray:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biu" and (positions < 0).any():
        values = values.convert_dtypes()
    taken: ExtensionArray = values.array.take(positions, allow_fill=True)
    return taken
