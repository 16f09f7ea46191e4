"""One part of the events, as the frame that an analysis counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
from pyarrow import compute

from hardal_frames import schema
from hardal_frames.analysis._order import LEFT_UNREAD, TiesUndecided
from hardal_frames.engine._source import opened
from hardal_frames.errors import InvalidInput, warn, warnings_kept
from hardal_frames.store.parquet import frame_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardal_frames.analysis._counting import Counting
    from hardal_frames.engine._source import Part

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
        with warnings_kept() as kept:
            found = counting.count(frame)
    except TiesUndecided:
        # Events of one instant and one place in the feed: only then are their ids worth reading.
        names = [name for name in source_schema.names if name in {*names, "id"}]
        frame = read_part(part, source_schema, names, coded=coded, timezone=timezone)
        return counting.count(frame), len(frame)
    for said in kept:
        warn(said)
    return found, len(frame)


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
    place = table.schema.get_field_index("timestamp")
    if place >= 0:
        table = table.set_column(place, "timestamp", in_zone(table["timestamp"], timezone))
    return frame_of(table, texts)


def no_events(source_schema: pa.Schema, timezone: str | None) -> pd.DataFrame:
    """Frame without rows that has all columns."""
    table = source_schema.empty_table()
    place = table.schema.get_field_index("timestamp")
    zoned = in_zone(table["timestamp"], timezone)
    return frame_of(table.set_column(place, "timestamp", zoned), [])


def in_zone(timestamps: Any, timezone: str | None) -> Any:  # noqa: ANN401  (an array of pyarrow's)
    """Timestamps in a zone; those that do not say theirs are what its clock showed.

    Raises
    ------
    InvalidInput
        If they are none, or naive and no zone is given, or its clock never showed one of them, or
        showed it twice.
    """
    kind = timestamps.type
    if not pa.types.is_timestamp(kind):
        raise InvalidInput(
            f"The column 'timestamp' is of type {kind} in the files; timestamps are needed. Write "
            "the files anew with such: in DuckDB's SQL make_timestamptz(timestamp * 1000) makes "
            "them of milliseconds, timestamp::TIMESTAMPTZ of text."
        )
    if kind.tz is not None:
        same = timezone is None or timezone == kind.tz
        return timestamps if same else timestamps.cast(pa.timestamp(kind.unit, timezone))
    if timezone is None:
        raise InvalidInput(
            "The column 'timestamp' is naive: it does not say in which zone its clock ran. Say it "
            "with timezone='UTC', or the zone that is right."
        )
    try:
        return compute.assume_timezone(timestamps, timezone)
    except pa.ArrowException as error:
        raise InvalidInput(
            f"timezone is {timezone!r}, and the column 'timestamp' has a time that its clock shows "
            f"twice or never, when summer begins or ends: {error}. Was it another zone, such as "
            "'UTC'?"
        ) from None


def table_of(
    part: Part, source_schema: pa.Schema, columns: list[str], *, coded: list[str]
) -> pa.Table:
    """Read some columns of a part, with the types that all parts have in common."""
    own = part.names_of(columns)
    with opened(part, coded=[own[name] for name in coded]) as parquet:
        here = set(parquet.schema_arrow.names)
        there = [name for name in columns if own[name] in here]
        table = parquet.read([own[name] for name in there]).select([own[name] for name in there])
        table = table.rename_columns(there)
        return _as_all(table, part, source_schema, columns, coded=coded)


def _as_all(
    table: pa.Table, part: Part, source_schema: pa.Schema, columns: list[str], *, coded: list[str]
) -> pa.Table:
    found = {}
    for name in columns:
        kind = source_schema.field(name).type
        if name not in table.column_names:
            found[name] = part.not_inside(name, kind, part.rows)
            continue
        column = table[name]
        is_coded = name in coded and pa.types.is_dictionary(column.type)
        found[name] = column if is_coded or column.type == kind else column.cast(kind)
    return pa.table(found)


def _is_text(kind: pa.DataType) -> bool:
    is_text: bool = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return is_text
