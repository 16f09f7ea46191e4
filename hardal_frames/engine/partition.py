"""Events cut into parts, out of core, so that no session is in two of them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from hardal_frames import schema
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.engine._files import files_of
from hardal_frames.engine._hashing import HASH, stable_hashes
from hardal_frames.engine._reading import in_zone
from hardal_frames.engine._source import (
    distinct_hashes,
    in_several,
    opened,
    plain_type,
    source_of,
)
from hardal_frames.errors import InvalidInput
from hardal_frames.progress import reporter
from hardal_frames.store._aside import SCRATCH, folder_written_aside
from hardal_frames.store._manifest import EVENTS, Manifest, described, part_name
from hardal_frames.store.parquet import frame_of

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Mapping, Sequence

    from hardal_frames.engine._joining import SessionColumns
    from hardal_frames.engine._source import Part, Source
    from hardal_frames.progress import Progress
    from hardal_frames.store._manifest import ExportedFile

ROWS_PER_PART: Final = 300_000

_BATCH: Final = 1 << 17
_HELD: Final = 384 * 2**20
"""So many bytes of events wait in memory before they are written to the parts' files."""

_ORDERING: Final = ("session_id", "timestamp", "name", "sequence", "id")


def partition_events(
    events: pd.DataFrame | str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    key: str = "session_id",
    rows_per_part: int = ROWS_PER_PART,
    rename: Mapping[str, str] | None = None,
    timezone: str | None = None,
    progress: Progress | bool | None = None,
) -> None:
    """Cut events into a folder of parquet files, no session in two of them, for `scan_events`.

    Parameters
    ----------
    events
        A frame of events, or whatever `scan_events` reads; it may be larger than memory, its rows
        may be in any order.
    folder
        The folder to write: not there yet, empty, or an older one of ours, which is replaced when
        the new one is complete. The folder above it must be there.
    key
        Column whose values are kept together: ``"visitor_id"`` for analyses of visitors. An event
        without a value goes with its session.
    rows_per_part
        About how many events a part shall have; it is what memory must hold.
    rename
        As for `scan_events`; a frame's columns are renamed by ``events.rename(columns=...)``.
    timezone
        Zone of timestamps that do not say theirs.
    progress
        As for `scan_events`.

    Raises
    ------
    InvalidInput
        If events cannot be analysed: without timestamp, name or key.
    StoreError
        If a file cannot be read or written, or the folder holds something else.

    Notes
    -----
    A part is told by a hash of the key. In each, sessions stand one after another in order of their
    first events, and events in canonical order. A manifest says what was written; whatever happens
    to this process, the folder is the older one or the new one.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> with tempfile.TemporaryDirectory() as above:
    ...     folder = pathlib.Path(above, "events")
    ...     hf.partition_events(events, folder, rows_per_part=1000)
    ...     len(list(folder.glob("events/*.parquet"))) > 1
    True
    """
    schema.require_whole(rows_per_part, "rows_per_part")
    target = Path(folder)
    if timezone is not None:
        schema.known_zone(timezone)
    if isinstance(events, pd.DataFrame):
        _partition_frame(events, target, key, rows_per_part, progress)
        return
    source = source_of(files_of(events), rename)
    partition_source(
        source, target, key=key, rows_per_part=rows_per_part, timezone=timezone, progress=progress
    )


def _partition_frame(
    events: pd.DataFrame,
    target: Path,
    key: str,
    rows_per_part: int,
    progress: Progress | bool | None,  # noqa: FBT001
) -> None:
    schema.require_columns(events, (key, "timestamp", "name"))
    schema.require_distinct_columns(events)
    schema.require_zoned(events["timestamp"])
    try:
        table = pa.Table.from_pandas(events, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowException, OverflowError) as error:
        reason = "; ".join(map(str, error.args[-1:]))
        raise InvalidInput(
            f"A column cannot be written to parquet: {reason}. Change its type first, "
            "for instance with .astype('string')."
        ) from None
    columns = pa.schema([pa.field(each.name, plain_type(each.type)) for each in table.schema])
    batches = (_as_all(batch, columns) for batch in table.to_batches(max_chunksize=_BATCH))
    parts = -(-len(table) // rows_per_part) or 1
    _partition(batches, columns, target, key=key, parts=parts, progress=progress)


def partition_source(
    source: Source,
    target: Path,
    *,
    key: str,
    rows_per_part: int = ROWS_PER_PART,
    timezone: str | None = None,
    joined: SessionColumns | None = None,
    progress: Progress | bool | None = None,
) -> None:
    """Cut files of events, and give them columns of the session list; see `partition_events`."""
    known = [*source.schema.names, *([] if joined is None else joined.schema.names)]
    schema.require_columns(pd.DataFrame(columns=known), (key, "timestamp", "name"))
    columns = _zoned(source.schema, timezone)
    _refuse_inside(source, target)
    batches = _batches(source, columns)
    if joined is not None:
        batches = _beside(joined, batches)
        columns = pa.schema([*columns, *joined.schema])
    parts = -(-source.rows // rows_per_part) or 1
    _partition(batches, columns, target, key=key, parts=parts, progress=progress)


def _refuse_inside(source: Source, target: Path) -> None:
    """Refuse to write where the events are read: they would be read twice the next time."""
    where = source.where
    if "://" not in where and Path(where).resolve() in target.resolve().parents:
        raise InvalidInput(
            f"{target} is inside of {where}, whose events it would hold again. Name a folder (or a "
            "workspace) beside it."
        )


def _beside(
    joined: SessionColumns, batches: Generator[pa.RecordBatch]
) -> Generator[pa.RecordBatch]:
    with contextlib.closing(batches):
        for batch in batches:
            yield joined.beside(batch)


def _zoned(columns: pa.Schema, timezone: str | None) -> pa.Schema:
    """Columns, the timestamps with the zone that they are told to be of."""
    place = columns.get_field_index("timestamp")
    kind = columns.field(place).type
    zoned = in_zone(pa.array([], kind), timezone).type
    return columns.set(place, pa.field("timestamp", zoned))


def _batches(source: Source, columns: pa.Schema) -> Generator[pa.RecordBatch]:
    """Read events, a stretch at a time, with the types that all files have in common."""
    for part in source.parts:
        with opened(part) as parquet:
            own = part.names_of(columns.names)
            here = {own[name]: name for name in own if own[name] in parquet.schema_arrow.names}
            for batch in parquet.iter_batches(batch_size=_BATCH, columns=list(here)):
                names = [here[name] for name in batch.schema.names]
                yield _as_all(batch.rename_columns(names), columns, part)


def _as_all(batch: pa.RecordBatch, columns: pa.Schema, part: Part | None = None) -> pa.RecordBatch:
    arrays = []
    for field in columns:
        if part is not None and field.name not in batch.schema.names:
            arrays.append(part.not_inside(field.name, field.type, len(batch)))
            continue
        column = batch.column(field.name)
        if field.name == "timestamp":
            column = in_zone(column, field.type.tz)
        arrays.append(column if column.type == field.type else column.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def _partition(
    batches: Generator[pa.RecordBatch],
    columns: pa.Schema,
    target: Path,
    *,
    key: str,
    parts: int,
    progress: Progress | bool | None,
) -> None:
    with (
        folder_written_aside(target) as folder,
        reporter(progress, total=parts, per_minute=None, unit="parts") as tell,
    ):
        scratch = folder.with_name(SCRATCH)
        scratch.mkdir()
        scatter = _Scatter(scratch, parts, key)
        with contextlib.closing(batches):
            for batch in batches:
                scatter.add(batch)
        (folder / EVENTS).mkdir()
        files, sessions = [], []
        for number in range(parts):
            table = _in_order(scatter.take(number, columns), key)
            files.append(written_part(folder, number, table, key))
            if "session_id" in table.column_names:
                sessions.append(distinct_hashes(table["session_id"]))
            tell(number + 1, parts)
        manifest_of(files, columns, key, in_several(sessions)).write(folder)


class _Scatter:
    """Events on their way to their parts, some in memory and the others in files.

    Parameters
    ----------
    aside
        A folder for files.
    parts
        How many parts there are.
    key
        Column that tells the part.
    """

    def __init__(self, aside: Path, parts: int, key: str) -> None:
        self._aside = aside
        self._parts = parts
        self._key = key
        self._waiting: list[list[pa.RecordBatch]] = [[] for _ in range(parts)]
        self._held = 0
        self._flushes = 0
        self._files: list[list[Path]] = [[] for _ in range(parts)]

    def add(self, batch: pa.RecordBatch) -> None:
        """Take events in."""
        hashes = stable_hashes(batch.column(self._key))
        if self._key != "session_id" and "session_id" in batch.schema.names:
            # Events of nobody go with their session, so that they do not all go to one part.
            sessions = stable_hashes(batch.column("session_id"))
            hashes = np.where(hashes == 0, sessions, hashes)
        numbers = (hashes % np.uint64(self._parts)).astype(np.int64)
        order = np.argsort(numbers, kind="stable")
        bounds = np.searchsorted(numbers[order], np.arange(self._parts + 1))
        sorted_batch = batch.take(pa.array(order))
        for number in np.flatnonzero(np.diff(bounds)).tolist():
            piece = sorted_batch.slice(bounds[number], bounds[number + 1] - bounds[number])
            self._waiting[number].append(piece)
        self._held += batch.nbytes
        if self._held > _HELD:
            self.flush()

    def flush(self) -> None:
        """Write what waits in memory to files."""
        for number, waiting in enumerate(self._waiting):
            if waiting:
                file = self._aside / f"{number:05d}-{self._flushes:05d}.arrow"
                self._files[number].append(file)
                table = pa.Table.from_batches(waiting)
                pyarrow.feather.write_feather(table, str(file), compression="lz4")
                waiting.clear()
        self._held = 0
        self._flushes += 1

    def take(self, number: int, columns: pa.Schema) -> pa.Table:
        """Give the events of a part, and forget them."""
        files = self._files[number]
        tables = [pyarrow.feather.read_table(str(file), memory_map=False) for file in files]
        tables.append(pa.Table.from_batches(self._waiting[number], schema=columns))
        for file in files:
            file.unlink()
        self._waiting[number].clear()
        return pa.concat_tables(tables)


def _in_order(table: pa.Table, key: str) -> pa.Table:
    """Events in canonical order, those that cannot be analysed at the end."""
    named = [name for name in dict.fromkeys((key, *_ORDERING)) if name in table.column_names]
    frame = frame_of(table.select(named), [])
    usable = frame[["timestamp", "name", key]].notna().all(axis=1).to_numpy(dtype=bool)
    rows = np.flatnonzero(usable)
    sequences = sequences_of(frame.take(rows).reset_index(drop=True), key=key)
    ordered = sequences.rows[sequences.in_canonical_order()]
    order = np.concatenate([rows[ordered], np.flatnonzero(~usable)])
    return table.take(pa.array(order))


def written_part(folder: Path, number: int, table: pa.Table, key: str) -> ExportedFile:
    """Write a part into a folder, and describe it."""
    name = part_name(number)
    # An id of each event's own is longer as a dictionary than by itself.
    coded = [
        each.name
        for each in table.schema
        if each.name != "id" and not pa.types.is_timestamp(each.type)
    ]
    pyarrow.parquet.write_table(
        table.combine_chunks(), folder / name, compression="zstd", use_dictionary=coded
    )
    walkers = len(distinct_hashes(table[key]))
    return described(folder, name, rows=len(table), sessions=walkers)


def manifest_of(
    files: Sequence[ExportedFile],
    columns: pa.Schema,
    key: str,
    torn_sessions: int,
    *,
    hashed: str = HASH,
) -> Manifest:
    """Say what parts consist of; hashed is how the key told them apart."""
    kind: Any = columns.field("timestamp").type
    return Manifest(
        key=key,
        parts=len(files),
        timezone=str(kind.tz),
        rows=sum(file.rows for file in files),
        sessions=sum(file.sessions for file in files),
        columns={each.name: str(each.type) for each in columns},
        files=tuple(files),
        torn_sessions=torn_sessions,
        hash=hashed,
    )
