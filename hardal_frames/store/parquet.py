"""The events frame as one parquet file, and back without a difference; exports are read, too."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from hardal_frames import schema
from hardal_frames.errors import InvalidInput, StoreError, near_names
from hardal_frames.store._manifest import checked_bytes, read_manifest

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

    from hardal_frames.store._manifest import Manifest

_NEEDED: Final = ("session_id", "timestamp", "name")


def write_events(events: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write an events frame to a parquet file.

    The file is written aside and renamed, so that nobody ever reads half of it. Plain pandas,
    DuckDB and Polars read it as well.

    Parameters
    ----------
    events
        Any events frame; extra columns are kept, the index is not.
    path
        The file; its folder must exist. An older file is replaced.

    Raises
    ------
    InvalidInput
        If events is no events frame, or a column is of a type that parquet does not know.
    StoreError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import hardal_frames as hf
    >>> events = hf.sample_events(sessions=20)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "events.parquet")
    ...     hf.write_events(events, file)
    ...     hf.read_events(file).equals(events)
    True
    """
    import pyarrow.parquet  # noqa: PLC0415  (costs 20 ms at import)

    frame = schema.require_frame(events)
    schema.require_columns(frame, _NEEDED)
    schema.require_distinct_columns(frame)
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, OverflowError) as error:
        reason = "; ".join(map(str, error.args[-1:]))
        raise InvalidInput(
            f"A column cannot be written to parquet: {reason}. Change its type first, "
            "for instance with .astype('string')."
        ) from None
    file = Path(path)
    if not file.name or file.is_dir():
        raise InvalidInput(f"path is {str(path)!r}; the name of a file is needed.")
    with _written_aside(file) as aside:
        pyarrow.parquet.write_table(table, aside, compression="zstd")


@contextlib.contextmanager
def _written_aside(path: Path) -> Iterator[Path]:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        reason = error.strerror or "the system refused"
        raise StoreError(
            f"Cannot write {path}: {reason}. Is there such a folder, and room in it?"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def read_events(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    categorical: Sequence[str] = (),
) -> pd.DataFrame:
    """Read a parquet file of events, or a folder that `Store.export` wrote, into the events frame.

    Parameters
    ----------
    path
        A file that `write_events` wrote, or any parquet file with session_id, timestamp and name;
        or the folder of an export, of which every file is first checked against its manifest.
    columns
        Columns to read; all by default.
    categorical
        Text columns to read as categoricals, on which analyses are faster.

    Returns
    -------
    DataFrame
        One row an event, as it was written: zone, nullable types and missing values included;
        text is `pd.StringDtype("pyarrow")`. Of an export, the sessions stand in the order of the
        store: by first event.

    Raises
    ------
    StoreError
        If there is no such file, it is no parquet file, or a file of an export is missing, cut,
        changed or too many.
    InvalidInput
        If a column that was asked for is not in the file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import hardal_frames as hf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "events.parquet")
    ...     hf.write_events(hf.sample_events(sessions=20), file)
    ...     events = hf.read_events(file, columns=["name"], categorical=["name"])
    >>> events["name"].dtype.name
    'category'
    """
    file = Path(path)
    wanted = None if columns is None else _names(columns, "columns")
    coded = _names(categorical, "categorical")
    try:
        table = _exported(file, wanted, coded) if file.is_dir() else _table(file, wanted, coded)
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, FileNotFoundError):
            raise StoreError(f"There is no file {file}.") from None
        reason = str(error).rstrip(".")
        raise StoreError(f"{file} cannot be read as parquet: {reason}.") from None
    coded = [name for name in coded if name in table.column_names]
    for name in coded:
        if not pa.types.is_dictionary(table.schema.field(name).type):
            raise InvalidInput(
                f"categorical names {name!r}, which is of type {table.schema.field(name).type}; "
                "only text columns can be categoricals."
            )
    return frame_of(table, coded)


def _table(file: Path, wanted: list[str] | None, coded: list[str]) -> pa.Table:
    table, texts = _coded_table(file, file, wanted, coded)
    return _plain_table(table, texts, None)


def _exported(folder: Path, wanted: list[str] | None, coded: list[str]) -> pa.Table:
    """Events of an export, checked, in the order of the whole."""
    manifest = read_manifest(folder)
    tables: list[pa.Table] = []
    texts: list[str] = []
    for file in manifest.part_files:
        content = pa.BufferReader(checked_bytes(folder, file))
        table, texts = _coded_table(content, folder / file.name, wanted, coded)
        tables.append(table)
    rows = _rows_in_order(folder, manifest, [len(table) for table in tables])
    return _plain_table(pa.concat_tables(tables), texts, rows)


def _coded_table(
    source: Path | pa.BufferReader, file: Path, wanted: list[str] | None, coded: list[str]
) -> tuple[pa.Table, list[str]]:
    """Read texts as codes, which takes a tenth of the memory; and tell which shall be texts."""
    import pyarrow.parquet  # noqa: PLC0415  (costs 20 ms at import)

    fields = pyarrow.parquet.read_schema(source)
    _require_known([*(wanted or ()), *coded], fields.names, file)
    _require_known(_NEEDED if wanted is None else (), fields.names, file)
    # Each event has an id of its own: there codes would only cost.
    kept = {"id", *coded}
    texts = [each.name for each in fields if _text_type(each.type) and each.name not in kept]
    with pyarrow.parquet.ParquetFile(source, read_dictionary=[*texts, *coded]) as parquet:
        return parquet.read(columns=wanted), texts


def _plain_table(table: pa.Table, texts: Sequence[str], rows: pa.Array | None) -> pa.Table:
    """Take rows of a table, all if there are none, and turn codes into texts."""
    # Arrow's own pool gives pages back and gets them anew, which took longer than all else here.
    pool = pa.system_memory_pool()
    columns = {}
    for name in table.column_names:
        column = table[name].unify_dictionaries(pool).combine_chunks(pool)
        if rows is not None:
            column = compute.take(column, rows, memory_pool=pool)
        if name in texts and pa.types.is_dictionary(column.type):
            long = column.dictionary.cast(pa.large_string())
            column = compute.take(long, column.indices, memory_pool=pool)
        columns[name] = column
    return pa.table(columns).replace_schema_metadata(table.schema.metadata)


def _rows_in_order(folder: Path, manifest: Manifest, lengths: Sequence[int]) -> pa.Array | None:
    """Where among the rows of all parts the rows of the whole are; None: just so."""
    import pyarrow.parquet  # noqa: PLC0415  (costs 20 ms at import)

    if len(manifest.files) == manifest.parts:
        return None  # cut from other files, and in no order of a whole
    content = checked_bytes(folder, manifest.files[manifest.parts])
    order = pyarrow.parquet.read_table(pa.BufferReader(content))
    events, parts = order["events"].to_numpy(), order["part"].to_numpy()
    held = np.bincount(parts, weights=events, minlength=manifest.parts)
    for file, rows, told in zip(manifest.part_files, lengths, held.tolist(), strict=True):
        if not rows == file.rows == told:
            raise StoreError(
                f"{folder / file.name} has {rows:,} events, where the export has {file.rows:,}. "
                "Export again."
            )
    if manifest.parts == 1:
        return None
    by_part = np.argsort(parts, kind="stable")
    first_rows = np.empty_like(events)
    first_rows[by_part] = np.cumsum(events[by_part]) - events[by_part]
    offsets = first_rows - (np.cumsum(events) - events)
    return pa.array(np.repeat(offsets, events) + np.arange(events.sum()))


def _names(names: Sequence[str], argument: str) -> list[str]:
    if isinstance(names, str):
        raise InvalidInput(f"{argument} is the text {names!r}; a list of columns is needed.")
    return list(dict.fromkeys(names))


def _require_known(wanted: Sequence[str], known: Sequence[str], file: Path) -> None:
    for column in wanted:
        if column not in known:
            raise InvalidInput(f"{file} has no column {column!r}. {near_names(column, known)}")


def frame_of(table: pa.Table, categorical: Sequence[str]) -> pd.DataFrame:
    """Convert the columns: ours to the types they always have, others to those they had."""
    names: list[str] = table.column_names
    properties = [
        name
        for name in names
        if name not in categorical
        and (
            name.startswith((schema.PROPERTY_PREFIX, schema.FIELD_PREFIX))
            or _lacks_integers(table[name])
        )
    ]
    others = [name for name in names if name not in {*properties, *categorical}]
    # With the metadata that pandas left, an older pandas would restore plain text.
    parts = [
        table.select(list(categorical)).replace_schema_metadata(None).to_pandas(),
        table.select(properties).to_pandas(types_mapper=_nullable_type),
        table.select(others).to_pandas(types_mapper=_text_type),
    ]
    frame: pd.DataFrame = pd.concat(parts, axis="columns")
    return frame.loc[:, names]


def _text_type(arrow_type: Any) -> Any:  # noqa: ANN401  (pyarrow is untyped)
    is_text: Callable[[Any], bool] = pa.types.is_large_string
    if is_text(arrow_type) or pa.types.is_string(arrow_type):
        return schema.TEXT
    return None


def _lacks_integers(column: pa.ChunkedArray) -> bool:
    """Whether pandas would make floats of integers, and the same one of several long ones."""
    return bool(pa.types.is_integer(column.type) and column.null_count)


def _nullable_type(arrow_type: Any) -> Any:  # noqa: ANN401  (pyarrow is untyped)
    if pa.types.is_uint64(arrow_type):
        return pd.UInt64Dtype()
    if pa.types.is_integer(arrow_type):
        return pd.Int64Dtype()
    if pa.types.is_floating(arrow_type):
        return pd.Float64Dtype()
    if pa.types.is_boolean(arrow_type):
        return pd.BooleanDtype()
    return _text_type(arrow_type)
