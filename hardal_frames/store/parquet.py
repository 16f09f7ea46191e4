"""The events frame as one parquet file, and back without a difference."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa

from hardal_frames import schema
from hardal_frames.errors import InvalidInput, StoreError, near_names

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

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
    """Read a parquet file of events into the events frame.

    Parameters
    ----------
    path
        A file that `write_events` wrote, or any parquet file with session_id, timestamp and name.
    columns
        Columns to read; all by default.
    categorical
        Text columns to read as categoricals, on which analyses are faster.

    Returns
    -------
    DataFrame
        One row an event, as it was written: zone, nullable types and missing values included;
        text is `pd.StringDtype("pyarrow")`.

    Raises
    ------
    StoreError
        If there is no such file or it is no parquet file.
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
    import pyarrow.parquet  # noqa: PLC0415  (costs 20 ms at import)

    file = Path(path)
    wanted = None if columns is None else _names(columns, "columns")
    coded = _names(categorical, "categorical")
    try:
        with pyarrow.parquet.ParquetFile(file, read_dictionary=coded) as parquet:
            known = parquet.schema_arrow.names
            _require_known([*(wanted or ()), *coded], known, file)
            _require_known(_NEEDED if wanted is None else (), known, file)
            table = parquet.read(columns=wanted)
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, FileNotFoundError):
            raise StoreError(f"There is no file {file}.") from None
        raise StoreError(f"{file} cannot be read as parquet: {error}.") from None
    coded = [name for name in coded if name in table.column_names]
    for name in coded:
        if not pa.types.is_dictionary(table.schema.field(name).type):
            raise InvalidInput(
                f"categorical names {name!r}, which is of type {table.schema.field(name).type}; "
                "only text columns can be categoricals."
            )
    return _to_frame(table, coded)


def _names(names: Sequence[str], argument: str) -> list[str]:
    if isinstance(names, str):
        raise InvalidInput(f"{argument} is the text {names!r}; a list of columns is needed.")
    return list(dict.fromkeys(names))


def _require_known(wanted: Sequence[str], known: Sequence[str], file: Path) -> None:
    for column in wanted:
        if column not in known:
            raise InvalidInput(f"{file} has no column {column!r}. {near_names(column, known)}")


def _to_frame(table: pa.Table, categorical: Sequence[str]) -> pd.DataFrame:
    """Convert the columns: ours to the types they always have, others to those they had."""
    names: list[str] = table.column_names
    properties = [
        name
        for name in names
        if name.startswith((schema.PROPERTY_PREFIX, schema.FIELD_PREFIX))
        and name not in categorical
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


def _nullable_type(arrow_type: Any) -> Any:  # noqa: ANN401  (pyarrow is untyped)
    if pa.types.is_integer(arrow_type):
        return pd.Int64Dtype()
    if pa.types.is_floating(arrow_type):
        return pd.Float64Dtype()
    if pa.types.is_boolean(arrow_type):
        return pd.BooleanDtype()
    return _text_type(arrow_type)
