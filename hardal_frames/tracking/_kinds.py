"""Which types of JSON the values of a property are, as far as a typed column still tells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from hardal_frames.analysis._encoding import decoded
from hardal_frames.frames.values import plain, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
"""Types of JSON Schema, but for null: a frame does not tell null from absent."""

_NUMBER: Final = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"


def bits_of(types: Iterable[str]) -> int:
    """Write types as one number, a bit for each."""
    return sum(1 << TYPES.index(each) for each in set(types) if each in TYPES)


_ARRAY, _BOOLEAN, _INTEGER, _NUMBERS, _OBJECT, _STRING = (bits_of([each]) for each in TYPES)


@dataclass(frozen=True, eq=False)
class Values:
    """The values of one property.

    Parameters
    ----------
    rows
        Rows that have one, ascending.
    codes
        Which of the distinct values each of these has.
    distinct
        The distinct values: texts, numbers or booleans.
    kind
        Of each distinct value, the type it is taken to be.
    fits
        Of each distinct value, all types that it may be: where a property has values of several
        types its column is text, and numbers are no longer told from texts that look so.
    numbers
        Each distinct value as a number; NaN if it is none.
    """

    rows: Integers
    codes: Integers
    distinct: list[Any]
    kind: Integers
    fits: Integers
    numbers: npt.NDArray[np.float64]

    @property
    def is_text(self) -> bool:
        """Whether the column is text."""
        return any(isinstance(value, str) for value in self.distinct[:1])

    def part(self, places: Integers) -> Values:
        """Give some of the values, by ascending places among the rows."""
        own, codes = np.unique(self.codes[places], return_inverse=True)
        distinct = [self.distinct[code] for code in own.tolist()]
        return Values(
            self.rows[places],
            codes.reshape(-1),
            distinct,
            self.kind[own],
            self.fits[own],
            self.numbers[own],
        )


def values_of(column: pd.Series[Any]) -> Values:
    """Tell what the values of a column are.

    Parameters
    ----------
    column
        Any column of an events frame.
    """
    column = decoded(column)
    present = column.notna().to_numpy(dtype=bool)
    if pd.api.types.is_float_dtype(column.dtype):
        # A nullable column may hold NaN as a value.
        present = present & ~np.isnan(column.to_numpy(dtype=np.float64, na_value=np.nan))
    rows = np.flatnonzero(present)
    values = _plain_column(pd.Series(column.array.take(rows)))
    codes, distinct = pd.factorize(values)
    listed = distinct.tolist()
    if pd.api.types.is_bool_dtype(values.dtype):
        kind, fits, numbers = _alike(len(listed), _BOOLEAN)
    elif pd.api.types.is_integer_dtype(values.dtype):
        kind, fits, _ = _alike(len(listed), _INTEGER, _INTEGER | _NUMBERS)
        numbers = np.array(listed, dtype=np.float64)
    elif pd.api.types.is_numeric_dtype(values.dtype):
        numbers = np.array(listed, dtype=np.float64)
        kind, fits, _ = _alike(len(listed), _NUMBERS)
        fits[_is_whole(numbers)] |= _INTEGER
    else:
        kind, fits, numbers = _of_texts(listed)
    return Values(rows, codes.astype(np.int64), listed, kind, fits, numbers)


def written(value: object) -> str:
    """Write one of the distinct values as JSON would, texts as they are.

    Examples
    --------
    >>> written(True), written(499.9), written(3.0), written("a")
    ('true', '499.9', '3', 'a')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _plain_column(values: pd.Series[Any]) -> pd.Series[Any]:
    """Turn what is neither boolean nor number into plain text."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if values.dtype == object:
        values = values.infer_objects()
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_integer_dtype(values.dtype):
        return values
    if pd.api.types.is_numeric_dtype(values.dtype):
        return pd.Series(values.to_numpy(dtype=np.float64))
    if values.dtype == object:
        values = pd.Series([to_text(plain(value)) for value in values], dtype=object)
    return values.astype(str).astype(object)


def _alike(
    count: int, kind: int, fits: int | None = None
) -> tuple[Integers, Integers, npt.NDArray[np.float64]]:
    kinds = np.full(count, kind, dtype=np.int64)
    return kinds, np.full(count, fits or kind, dtype=np.int64), np.full(count, np.nan)


def _of_texts(texts: list[str]) -> tuple[Integers, Integers, npt.NDArray[np.float64]]:
    kind, fits, numbers = _alike(len(texts), _STRING)
    column = pa.array(texts, type=pa.large_string())
    like = np.flatnonzero(compute.match_substring_regex(column, _NUMBER).to_numpy(False))  # noqa: FBT003
    read = np.array([float(texts[place]) for place in like.tolist()], dtype=np.float64)
    like, read = like[np.isfinite(read)], read[np.isfinite(read)]
    numbers[like] = read
    fits[like] |= _NUMBERS
    fits[like[_is_whole(read)]] |= _INTEGER
    is_boolean = compute.is_in(column, pa.array(["true", "false"], type=pa.large_string()))
    fits[is_boolean.to_numpy(False)] |= _BOOLEAN  # noqa: FBT003
    nested = compute.match_substring_regex(column, r"(?s)^(?:\[.*\]|\{.*\})$").to_numpy(False)  # noqa: FBT003
    for place in np.flatnonzero(nested).tolist():
        if _is_json(texts[place]):
            kind[place] = fits[place] = _ARRAY if texts[place][0] == "[" else _OBJECT
    return kind, fits, numbers


def _is_whole(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    whole: npt.NDArray[np.bool_] = np.isfinite(numbers) & (np.floor(numbers) == numbers)
    return whole


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
