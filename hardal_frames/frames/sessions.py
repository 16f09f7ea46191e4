"""Rows of Hardal's session list become the sessions frame."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.errors import DataWarning
from hardal_frames.frames.collector import PropertyCollector
from hardal_frames.frames.columns import text_array, timestamp_series
from hardal_frames.frames.timestamps import parse_duration, parse_timestamps
from hardal_frames.frames.values import to_integer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TEXT: Final = ("session_id", "visitor_id", "pages", "browser", "os", "device", "country")
_API_NAMES: Final = {
    "session_id": "id",
    "visitor_id": "visitorId",
    "started_at": "startedAt",
    "page_views": "pageViews",
}


def sessions_from_records(
    records: Sequence[Mapping[str, Any]],
    *,
    timezone: str = schema.DEFAULT_TIMEZONE,
    stacklevel: int = 2,
) -> pd.DataFrame:
    """Turn rows of the session list into the sessions frame.

    Parameters
    ----------
    records
        Dicts with the fields of the API's sessions.
    timezone
        IANA name of the zone in which started_at is shown, and which text without an offset means.
    stacklevel
        Whose line a warning names, as for `warnings.warn`.

    Returns
    -------
    DataFrame
        One row a session, in the order given: session_id, visitor_id (strings), started_at
        (datetime64[us, timezone]), duration (timedelta64[us]), page_views, events (Int64), pages
        (JSON text), browser, os, device, country (strings), then ``field_*`` in alphabetical
        order, typed as properties are.

    Warns
    -----
    DataWarning
        Once, with counts, if timestamps, durations or counts could not be read.

    Examples
    --------
    >>> rows = [{"id": "s1", "startedAt": "2026-03-02T10:00:00+03:00", "duration": "180s"}]
    >>> sessions_from_records(rows)[["session_id", "started_at", "duration"]]
      session_id                started_at        duration
    0         s1 2026-03-02 10:00:00+03:00 0 days 00:03:00
    """
    zone = schema.known_zone(timezone)
    fields = PropertyCollector(schema.FIELD_PREFIX, {})
    for row, record in enumerate(records):
        fields.take(row, record, "fields")
    values = {
        name: [record.get(_API_NAMES.get(name, name)) for record in records]
        for name in schema.SESSION_COLUMNS
    }
    # The list is asked for in the client's zone, so that is what text without an offset means.
    started = parse_timestamps(values["started_at"], naive_zone=zone)
    durations = [parse_duration(value) for value in values["duration"]]
    columns: dict[str, Any] = {name: text_array(values[name]) for name in _TEXT}
    columns["started_at"] = timestamp_series(started.microseconds, timezone)
    columns["duration"] = np.array(
        ["NaT" if duration is None else duration for duration in durations],
        dtype="timedelta64[us]",
    )
    for name in ("page_views", "events"):
        columns[name] = pd.array([to_integer(value) for value in values[name]], dtype="Int64")
    frame = pd.DataFrame({name: columns[name] for name in schema.SESSION_COLUMNS})
    _warn_of_lost_values(values, frame, stacklevel=stacklevel)
    for name, (column, _) in fields.columns(len(records)).items():
        frame[name] = column.array
    return frame


def _warn_of_lost_values(
    values: Mapping[str, Sequence[object]], frame: pd.DataFrame, *, stacklevel: int
) -> None:
    parts = []
    for name in ("started_at", "duration", "page_views", "events"):
        given = np.array([value is not None for value in values[name]], dtype=bool)
        lost = int((given & frame[name].isna().to_numpy()).sum())
        if lost:
            parts.append(f"{name}: {lost} values could not be read and are missing")
    if parts:
        warnings.warn("; ".join(parts) + ".", DataWarning, stacklevel=stacklevel + 1)
