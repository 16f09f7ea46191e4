"""Columns in the names of folders, as DuckDB, Spark and Hive write them: device=phone/."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import pyarrow as pa

from hardal_frames.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    Values = tuple[tuple[str, str | None], ...]
    """Column and value, outermost folder first."""

_FOLDER: Final = re.compile(r"([^=/]+)=([^/]*)/")
_AT_THE_END: Final = re.compile(r"([^=/]+=[^/]*/)+$")
_MISSING: Final = "__HIVE_DEFAULT_PARTITION__"
_WHOLE_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")


def values_in_path(where: str, name: str) -> Values:
    """Columns and values that the name of a file tells, and the end of the path of its folder.

    Examples
    --------
    >>> values_in_path("run=5/events/device=phone", "city=%C4%B0zmir/part-0.parquet")
    (('device', 'phone'), ('city', 'İzmir'))
    """
    outside = _AT_THE_END.search(where.replace("\\", "/").rstrip("/") + "/")
    name = (outside[0] if outside else "") + name
    return tuple(
        (unquote(column), None if value == _MISSING else unquote(value))
        for column, value in _FOLDER.findall(name)
    )


def path_schema(where: str, found: Sequence[Values], inside: pa.Schema) -> pa.Schema:
    """Columns that the names tell and the files do not hold, as whole numbers or text.

    Parameters
    ----------
    where
        The folder.
    found
        What the name of each file tells.
    inside
        Columns of the files.

    Raises
    ------
    StoreError
        If some names tell other columns than others.
    """
    told = {tuple(column for column, _ in values) for values in found}
    if len(told) > 1:
        said = " and ".join(
            "/".join(f"{column}=" for column in each) or "none" for each in sorted(told)
        )
        raise StoreError(
            f"The folders of {where} name columns in several ways: {said}. Scan those of one kind."
        )
    columns = []
    for place, column in enumerate(next(iter(told), ())):
        if column not in inside.names:
            values = [each[place][1] for each in found]
            whole = all(value is None or _WHOLE_NUMBER.fullmatch(value) for value in values)
            whole = whole and any(value is not None for value in values)
            columns.append(pa.field(column, pa.int64() if whole else pa.large_string()))
    return pa.schema(columns)


def repeated(value: str | None, kind: pa.DataType, rows: int) -> pa.Array:
    """Give each row of a file the value."""
    return pa.repeat(pa.scalar(value, pa.large_string()).cast(kind), rows)
