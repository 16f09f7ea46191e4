"""Rows of Hardal's session list become the sessions frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.frames.columns import text_array, timestamp_series
from hardal_frames.frames.properties import PropertyCollector
from hardal_frames.frames.timestamps import parse_duration, parse_timestamps
from hardal_frames.frames.values import to_integer

if TYPE_CHECKING:
    from collections.abc import Sequence

_API_NAMES: Final = {
    "session_id": "id",
    "visitor_id": "visitorId",
    "started_at": "startedAt",
    "page_views": "pageViews",
}


def sessions_from_records(
    records: Sequence[Mapping[str, Any]], *, timezone: str = schema.DEFAULT_TIMEZONE
) -> pd.DataFrame:
    """Turn rows of the session list into the sessions frame.

    Parameters
    ----------
    records
        Dicts with the fields of the API's sessions.
    timezone
        IANA name of the zone in which started_at is shown.

    Returns
    -------
    DataFrame
        One row a session, in the order given: session_id, visitor_id (strings), started_at
        (datetime64[us, timezone]), duration (timedelta64[us]), page_views, events (Int64), pages
        (JSON text), browser, os, device, country (strings), then ``field_*`` in alphabetical
        order, typed as properties are.

    Examples
    --------
    >>> rows = [{"id": "s1", "startedAt": "2026-03-02T10:00:00+03:00", "duration": "180s"}]
    >>> sessions_from_records(rows)[["session_id", "started_at", "duration"]]
      session_id                started_at        duration
    0         s1 2026-03-02 10:00:00+03:00 0 days 00:03:00
    """
    schema.known_zone(timezone)
    fields = PropertyCollector(schema.FIELD_PREFIX, {})
    for row, record in enumerate(records):
        given = record.get("fields")
        if isinstance(given, Mapping):
            fields.add(row, given)
        elif given is not None:
            fields.add(row, {"fields": given})
    columns = {name: _column(name, records, timezone) for name in schema.SESSION_COLUMNS}
    for name, (column, _) in fields.columns(len(records)).items():
        columns[name] = column.array
    return pd.DataFrame(columns)


def _column(name: str, records: Sequence[Mapping[str, Any]], timezone: str) -> Any:  # noqa: ANN401
    values = [record.get(_API_NAMES.get(name, name)) for record in records]
    if name == "started_at":
        return timestamp_series(parse_timestamps(values).microseconds, timezone)
    if name == "duration":
        durations = [parse_duration(value) for value in values]
        return np.array(
            ["NaT" if duration is None else duration for duration in durations],
            dtype="timedelta64[us]",
        )
    if name in {"page_views", "events"}:
        return pd.array([to_integer(value) for value in values], dtype="Int64")
    return text_array(values)
