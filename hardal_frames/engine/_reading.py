"""One part of the events, as the frame that an analysis counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from hardal_frames import schema
from hardal_frames.analysis._order import LEFT_UNREAD, TiesUndecided
from hardal_frames.errors import InvalidInput, StoreError
from hardal_frames.store.parquet import frame_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardal_frames.analysis._counting import Counting
    from hardal_frames.engine._source import Part, Source

_ORDERING: Final = ("session_id", "timestamp", "name", "sequence")


def columns_for(counting: Counting[Any, Any], known: Iterable[str]) -> list[str]:
    """Columns that an analysis reads, among those that there are.

    Raises
    ------
    InvalidInput
        If one that it needs is not there.
    """
    names = list(known)
    wanted = counting.columns()
    empty = pd.DataFrame(columns=names)
    schema.require_columns(empty, (counting.key, counting.together, "timestamp", "name"))
    if wanted is None:
        return names
    needed = {*wanted, *_ORDERING, counting.key, counting.together}
    if "sequence" not in names:
        needed.add("id")  # which then decides between equal instants
    return [name for name in names if name in needed]


def refuse_torn(sessions: int, together: str) -> None:
    """Refuse sessions that would be counted in pieces.

    Raises
    ------
    InvalidInput
        If there are any.
    """
    if sessions:
        raise InvalidInput(
            f"{sessions:,} sessions have events of more than one {together}, or some without; give "
            "all events of a session one, for instance that of its first event."
        )


def counted(
    part: Part, counting: Counting[Any, Any], *, source_schema: pa.Schema, timezone: str | None
) -> tuple[Any, int]:
    """Read a part and count it; and tell how many events it has."""
    names = columns_for(counting, source_schema.names)
    shown = counting.columns()
    coded = _coded(shown)
    frame = read_part(part, source_schema, names, coded=coded, timezone=timezone)
    if "id" in names or "id" not in source_schema.names:
        return counting.count(frame), len(frame)
    frame.attrs[LEFT_UNREAD] = "id"
    try:
        return counting.count(frame), len(frame)
    except TiesUndecided:
        # Events of one instant and one place in the feed: only then are their ids worth reading.
        names = [name for name in source_schema.names if name in {*names, "id"}]
        frame = read_part(part, source_schema, names, coded=coded, timezone=timezone)
        return counting.count(frame), len(frame)


def _coded(shown: Iterable[str] | None) -> list[str]:
    """Texts that no table shows as they are, and few enough that codes are quicker."""
    return [] if shown is None or "name" in shown else ["name"]


def read_part(
    part: Part,
    source_schema: pa.Schema,
    columns: list[str],
    *,
    coded: list[str],
    timezone: str | None,
) -> pd.DataFrame:
    """Read some columns of a part, as all parts have them.

    Parameters
    ----------
    part
        The part.
    source_schema
        Columns and types of all parts.
    columns
        Which columns.
    coded
        Text columns to read as categoricals.
    timezone
        Zone in which naive timestamps are read; None if there are none.

    Raises
    ------
    StoreError
        If the file cannot be read, or is not what it was.
    """
    texts = [name for name in coded if _is_text(source_schema.field(name).type)]
    table = table_of(part, source_schema, columns, coded=texts)
    frame = frame_of(table, texts)
    stamps = frame["timestamp"]
    if timezone is not None and stamps.dtype.kind == "M" and stamps.dt.tz is None:
        zone = schema.known_zone(timezone)
        frame["timestamp"] = stamps.dt.tz_localize(zone, ambiguous="raise", nonexistent="raise")
    return frame


def table_of(
    part: Part, source_schema: pa.Schema, columns: list[str], *, coded: list[str]
) -> pa.Table:
    """Read some columns of a part, with the types that all parts have in common."""
    try:
        with (
            part.files.open(part.name) as file,
            pyarrow.parquet.ParquetFile(file, read_dictionary=coded) as parquet,
        ):
            here = set(parquet.schema_arrow.names)
            table = parquet.read([name for name in columns if name in here])
    except (OSError, pa.ArrowException) as error:
        reason = str(error).rstrip(".")
        raise StoreError(f"{part.where} cannot be read as parquet: {reason}.") from None
    if len(table) != part.rows:
        raise StoreError(
            f"{part.where} has {len(table):,} events; it had {part.rows:,} when it was looked at. "
            "Is something writing into the folder?"
        )
    return _as_all(table, source_schema, columns, coded)


def _as_all(
    table: pa.Table, source_schema: pa.Schema, columns: list[str], coded: list[str]
) -> pa.Table:
    found = {}
    for name in columns:
        kind = _plain(source_schema.field(name).type)
        if name not in table.column_names:
            found[name] = pa.nulls(len(table), kind)
            continue
        column = table[name]
        if name not in coded and column.type != kind:
            column = column.cast(kind)
        found[name] = column
    return pa.table(found)


def _is_text(kind: pa.DataType) -> bool:
    is_text: bool = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return is_text


def _plain(kind: pa.DataType) -> pa.DataType:
    """Type of the values themselves: parts may have different dictionaries of them."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def schema_of(source: Source) -> pa.Schema:
    """Columns of a source with the types that its parts are read with."""
    fields = [
        pa.field(each.name, _plain(each.type))
        for each in source.schema
        if not each.name.startswith("__index_level_")
    ]
    return pa.schema(fields)
