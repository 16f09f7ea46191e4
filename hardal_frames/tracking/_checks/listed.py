"""What the session list says, against the events that were fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput
from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hardal_frames.tracking._log import Integers, Log


def session_list(log: Log) -> Iterator[Finding]:
    """Find sessions whose list row and events contradict one another, or of which one is missing.

    The last row of a session counts, if there are several. A session with events that lack name or
    timestamp is left to `unusable_event`: how many it has is not known.
    """
    listed = _listed(log)
    if listed is None:
        return
    sequences = log.sequences
    ids = pd.Index(sequences.column("session_id", sequences.firsts)).astype(object)
    row_of = pd.Index(listed["session_id"]).get_indexer(ids)
    yield Finding(
        "medium",
        "Events of sessions that the session list does not have. Look whether the list was fetched "
        "for a shorter time than the events.",
        sequences.rows[(row_of < 0)[sequences.walkers]],
        of=len(log),
        property="session_id",
    )
    unsure = set(log.left_out["session_id"].dropna())
    known = np.flatnonzero((row_of >= 0) & ~ids.isin(unsure))
    for column, counted in (
        ("events", sequences.lengths),
        ("page_views", _per_session(log, log.is_pageview)),
    ):
        if column in listed:
            said = _numbers(listed[column])[row_of[known]]
            differ = known[~np.isnan(said) & (said != counted[known])]
            yield _contradiction(
                log, differ, column, "Look whether all pages of the session were fetched"
            )
    if "duration" in listed:
        said = _microseconds(listed["duration"])[row_of[known]]
        lasted = sequences.times[sequences.lasts] - sequences.times[sequences.firsts]
        apart = np.abs(said - lasted[known])
        differ = known[apart > log.limits.duration_within.value // 1000]
        yield _contradiction(
            log, differ, "duration", "Look whether the list counts the time after the last event"
        )
    yield _without_events(listed, {*ids, *unsure})


def _listed(log: Log) -> pd.DataFrame | None:
    if log.sessions is None:
        return None
    rows = log.sessions[log.sessions["session_id"].notna()]
    rows = rows.assign(session_id=rows["session_id"].astype(object))
    return rows.drop_duplicates("session_id", keep="last").reset_index(drop=True)


def _per_session(log: Log, chosen: np.ndarray) -> Integers:
    return np.bincount(log.walkers[chosen], minlength=log.sequences.walker_count)


def _numbers(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    read = pd.to_numeric(column, errors="coerce")
    return np.asarray(read.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _microseconds(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """Durations in microseconds; NaN where there is none."""
    if column.isna().all():
        return np.full(len(column), np.nan)
    if pd.api.types.infer_dtype(column, skipna=True) == "timedelta":
        column = pd.to_timedelta(column)
    if column.dtype.kind != "m":
        raise InvalidInput(
            f"duration of sessions holds {column.dtype}; Timedeltas are needed. If these are "
            "seconds, give sessions.assign(duration=pd.to_timedelta(sessions['duration'], "
            "unit='s'))."
        )
    seconds = column.dt.total_seconds().to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(seconds * 1e6, dtype=np.float64)


def _contradiction(log: Log, sessions: Integers, column: str, look: str) -> Finding:
    chosen = np.zeros(log.sequences.walker_count, dtype=bool)
    chosen[sessions] = True
    return Finding(
        "low" if column == "duration" else "medium",
        f"{column} of the session list is not what the events of the session give. {look}, and "
        "whether the list is older than the events.",
        log.sequences.rows[chosen[log.sequences.walkers]],
        of=len(log),
        property=column,
    )


def _without_events(listed: pd.DataFrame, fetched: set[object]) -> Finding:
    absent = ~listed["session_id"].isin(fetched).to_numpy(dtype=bool)
    if "events" in listed:
        # A session that the list itself says has none lacks nothing.
        absent &= _numbers(listed["events"]) != 0
    ids = sorted(map(str, listed.loc[absent, "session_id"]))
    return Finding(
        "medium",
        "Sessions of the session list of which there is no event. Look whether their events were "
        "fetched, or filtered out.",
        [],
        of=len(listed),
        property="session_id",
        sessions=ids,
    )
