"""Instants, text and other values as integers: the costly half of putting events in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from hardal_frames import schema
from hardal_frames.analysis._parts import in_threads, taken
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

_MANY: Final = 200_000
"""From so many values on, two threads encode faster than one."""


def microseconds(timestamps: pd.Series[Any]) -> Integers:
    """Instants of a timestamp column in microseconds since 1970 UTC; the lowest integer is NaT.

    Raises
    ------
    InvalidInput
        If the column holds no timestamps, or naive ones.
    """
    zoned = schema.require_zoned(timestamps, zone="UTC")
    return zoned.to_numpy(dtype="datetime64[us]").view(np.int64)


def decoded(column: pd.Series[Any]) -> pd.Series[Any]:
    """Column whose values stand for themselves: no dictionary of Arrow's, no views of texts.

    A dictionary may hold values that do not occur, a null, or one value twice, and pandas takes it
    at its word.
    """
    if isinstance(column.dtype, pd.ArrowDtype):
        kind = column.dtype.pyarrow_dtype
        if pa.types.is_dictionary(kind):
            return decoded(column.astype(pd.ArrowDtype(kind.value_type)))
        if pa.types.is_string_view(kind):
            return column.astype(pd.ArrowDtype(pa.large_string()))
    return column


def as_arrow_text(column: pd.Series[Any]) -> pa.ChunkedArray | None:
    """Text column as Arrow holds it, without a copy; None if it is held otherwise."""
    dtype = column.dtype
    is_text = isinstance(dtype, pd.StringDtype) and dtype.storage.startswith("pyarrow")
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not is_text:
        return None
    held = column.array.__arrow_array__()
    return held if isinstance(held, pa.ChunkedArray) else pa.chunked_array([held])


def codes_of(column: pd.Series[Any]) -> Integers:
    """Code from 0 of each value, -1 where it is missing; equal values have equal codes."""
    column = decoded(column)
    text = as_arrow_text(column)
    if text is None:
        return factorized(column)[0]
    parts = text_codes(text)
    if len(parts) == 1:
        return parts[0][0].astype(np.int64)
    together = pa.concat_arrays(
        [pa.array([], type=text.type), *(distinct for _, distinct in parts)]
    ).dictionary_encode()
    place, result, begin, first = together.indices.to_numpy(), np.empty(len(text), np.int64), 0, 0
    for codes, distinct in parts:
        own = np.append(place[first : first + len(distinct)], -1).astype(np.int64)
        taken(own, codes, out=result[begin : begin + len(codes)])
        begin, first = begin + len(codes), first + len(distinct)
    return result


def ranks(values: Any) -> Integers:  # noqa: ANN401  (any array of pandas)
    """Rank of each value among the distinct ones in ascending order; missing is -1."""
    codes, distinct = factorized(pd.Series(values))
    return np.append(ranks_of_distinct(distinct), -1)[codes]


def ranks_of_distinct(values: Iterable[Any]) -> Integers:
    """Rank of each of some distinct values; those that cannot be compared by how they print."""
    plain = list(values)
    try:
        order = sorted(range(len(plain)), key=plain.__getitem__)
    except TypeError:
        # Values that print alike are told apart by their types.
        mixed = [(str(value), type(value).__name__) for value in plain]
        order = sorted(range(len(plain)), key=mixed.__getitem__)
    rank = np.empty(len(plain), dtype=np.int64)
    rank[order] = np.arange(len(plain))
    return rank


def factorized(column: pd.Series[Any]) -> tuple[Integers, Any]:
    """Codes of the values, -1 where missing, and the distinct values.

    Raises
    ------
    InvalidInput
        If the column holds lists or other values that cannot be compared.
    """
    try:
        codes, distinct = pd.factorize(decoded(column), use_na_sentinel=True)
    except TypeError:
        raise InvalidInput(
            f"The column {column.name!r} holds lists or other values that are no text; "
            "make them text first, for instance with .astype('string')."
        ) from None
    return codes.astype(np.int64, copy=False), distinct


def text_codes(text: pa.ChunkedArray) -> list[tuple[npt.NDArray[np.int32], pa.Array]]:
    """Codes of texts, -1 where missing, and the distinct texts of each part; encoded in threads."""
    chunks = text.chunks
    if len(chunks) == 1 and len(text) >= _MANY:
        half = len(text) // 2
        chunks = [chunks[0].slice(0, half), chunks[0].slice(half)]
    middle = len(text) // 2
    before = np.cumsum([0, *map(len, chunks)])[:-1]
    halves = [
        [chunk for chunk, start in zip(chunks, before, strict=True) if (start < middle) == early]
        for early in (True, False)
    ]
    return in_threads(encoded_texts, [half for half in halves if half]) if len(text) else []


def encoded_texts(chunks: list[pa.Array]) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Codes of texts, -1 where missing, and the distinct texts."""
    encoded = pa.chunked_array(chunks).dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # as older versions have it where there is nothing
        encoded = pa.concat_arrays(encoded.chunks)
    indices = encoded.indices
    if indices.null_count:
        indices = indices.fill_null(-1)
    return indices.to_numpy(zero_copy_only=False), encoded.dictionary
