"""Sessions to a folder of parquet files in which no session is split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from hardal_frames import schema
from hardal_frames.errors import StoreError
from hardal_frames.frames.build import BuildNotes, build_events
from hardal_frames.frames.columns import arrow_text
from hardal_frames.frames.quality import Quality, measure_sessions
from hardal_frames.store._aside import folder_written_aside
from hardal_frames.store._manifest import (
    EVENTS,
    ORDER,
    SESSIONS,
    ExportedFile,
    Manifest,
    described,
    part_name,
    part_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from hardal_frames.frames.properties import PropertyType

    Record = dict[str, Any]
    Feeds = Iterator[tuple[str, list[Record]]]

_EVENTS_AT_ONCE: Final = 20_000
_CHANGED: Final = "Sessions in the store changed while they were exported. Export again."


def export_buckets(
    folder: Path,
    *,
    session_ids: Sequence[str],
    event_counts: Sequence[int],
    read: Callable[[Sequence[str]], Feeds],
    sessions: pd.DataFrame,
    timezone: str,
    types: Mapping[str, PropertyType] | None = None,
    rows_per_bucket: int = 200_000,
) -> Manifest:
    """Write sessions to a folder, as `_manifest` describes it, in place of an older export.

    The sessions are read twice: first to learn the types that columns need, then part by part.
    What is held in memory at a time is one part.

    Parameters
    ----------
    folder
        Not there yet, empty, or an older export; the folder above it must be there.
    session_ids
        Whom, in the order that the whole shall have.
    event_counts
        About how many events each has; only the number of parts depends on it.
    read
        Gives the feeds of the sessions it is given, in that order, and the same each time.
    sessions
        The session list.
    timezone, types
        As for `build_events`.
    rows_per_bucket
        About how many events a part shall have.

    Returns
    -------
    Manifest
        What was written.

    Raises
    ------
    StoreError
        If the folder holds something else or cannot be written; an older export is still there.

    Warns
    -----
    DataWarning
        Once, with counts, if timestamps could not be read or property values were changed.
    """
    parts = max(
        1, -(-sum(event_counts) // schema.require_whole(rows_per_bucket, "rows_per_bucket"))
    )
    part_numbers = np.array([part_of(name, parts) for name in session_ids], dtype=np.int32)
    lengths = np.zeros(len(session_ids), dtype=np.int64)
    notes = BuildNotes()
    files = []
    columns: pa.Schema | None = None
    with folder_written_aside(folder) as aside:
        whole = _measured(_in_order(read, session_ids))
        (aside / EVENTS).mkdir()
        for number in range(parts):
            places = np.flatnonzero(part_numbers == number)
            names = [session_ids[place] for place in places.tolist()]
            feeds = list(_in_order(read, names))
            lengths[places] = [len(records) for _, records in feeds]
            built = build_events(feeds, timezone=timezone, types=types, whole=whole)
            notes = notes.merge(built.notes)
            table = pa.Table.from_pandas(built.events, preserve_index=False)
            columns = columns or table.schema
            if table.schema != columns:
                raise StoreError(_CHANGED)
            files.append(_written(aside, part_name(number), table, sessions=len(feeds)))
        if whole.events != lengths.sum():
            raise StoreError(_CHANGED)
        order = pa.table(
            {
                "session_id": arrow_text(session_ids),
                "events": lengths,
                "part": part_numbers,
            }
        )
        files.append(_written(aside, ORDER, order, sessions=len(order)))
        listed = pa.Table.from_pandas(sessions, preserve_index=False)
        files.append(_written(aside, SESSIONS, listed, sessions=len(listed)))
        manifest = Manifest(
            key="session_id",
            parts=parts,
            timezone=timezone,
            rows=int(lengths.sum()),
            sessions=len(session_ids),
            columns={each.name: str(each.type) for each in columns or ()},
            files=tuple(files),
        )
        manifest.write(aside)
    notes.warn(stacklevel=4)
    return manifest


def _in_order(read: Callable[[Sequence[str]], Feeds], session_ids: Sequence[str]) -> Feeds:
    """Read the sessions, and see that each of them is there."""
    feeds = read(session_ids)
    for expected in session_ids:
        name, records = next(feeds, (None, []))
        if name != expected:
            raise StoreError(_CHANGED)
        yield name, records


def _measured(feeds: Feeds) -> Quality:
    """Measure of all sessions, of which a few at a time are held in memory."""
    whole = Quality()
    waiting: list[Sequence[Record]] = []
    events = 0
    for _, records in feeds:
        waiting.append(records)
        events += len(records)
        if events >= _EVENTS_AT_ONCE:
            whole = whole.merge(measure_sessions(waiting))
            waiting, events = [], 0
    return whole.merge(measure_sessions(waiting))


def _written(folder: Path, name: str, table: pa.Table, *, sessions: int) -> ExportedFile:
    pyarrow.parquet.write_table(table, folder / name, compression="zstd")
    return described(folder, name, rows=len(table), sessions=sessions)
