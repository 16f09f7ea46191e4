"""What columns hold at chosen events, and the first and last of each walker's events that count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from hardal_frames import schema
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    import numpy.typing as npt
    from pandas.api.extensions import ExtensionArray

    from hardal_frames.analysis._sequences import Integers, Sequences

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]


_DENSE: Final = 8
"""Where one of so many is marked, walkers' counts are added up instead of looked up."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Some of the events, and where each walker's begin among them.

    Parameters
    ----------
    positions
        Ascending positions of the events.
    bounds
        For each walker, and once more at the end, how many of them come before its events.
    """

    positions: Integers
    bounds: Integers

    @property
    def counts(self) -> Integers:
        """How many each walker has."""
        return np.diff(self.bounds)

    @property
    def first(self) -> Integers:
        """Position of each walker's first one, or -1."""
        return self._at(self.bounds[:-1])

    @property
    def last(self) -> Integers:
        """Position of each walker's last one, or -1."""
        return self._at(self.bounds[1:] - 1)

    def _at(self, places: Integers) -> Integers:
        found = np.append(self.positions, -1)[np.clip(places, 0, len(self.positions))]
        return np.where(self.counts > 0, found, -1)


def marked(sequences: Sequences, mask: Mask) -> Marked:
    """Find each walker's events that the mask marks."""
    positions = np.flatnonzero(mask).astype(np.int64, copy=False)
    if len(positions) > len(mask) // _DENSE:
        counts = np.add.reduceat(mask.view(np.int8), sequences.firsts, dtype=np.int64)
        return Marked(positions, np.append(0, np.cumsum(counts)))
    return Marked(positions, np.searchsorted(positions, sequences.starts).astype(np.int64))


def present(sequences: Sequences, column: str) -> Mask:
    """Events that have a value in the column; none if there is no such column."""
    if column not in sequences.frame.columns:
        return np.zeros(len(sequences.times), dtype=bool)
    return sequences.of_rows(sequences.frame[column].notna().to_numpy(dtype=bool))


def texts(sequences: Sequences, column: str, positions: Integers) -> ExtensionArray:
    """Text of a column at the given events; missing where the position is -1, or the column."""
    frame = sequences.frame
    if column not in frame.columns or not len(frame):
        return no_text(len(positions))
    known = positions >= 0
    everywhere = bool(known.all())
    values = frame[column].array
    if everywhere or values.dtype == schema.TEXT:
        rows = np.where(known, sequences.rows_at(positions), -1)
        return as_text(values.take(rows, allow_fill=not everywhere))
    # Written as text first: integers beside a missing one would become floats.
    written = as_text(values.take(sequences.rows_at(positions[known])))
    return written.take(np.where(known, np.cumsum(known) - 1, -1), allow_fill=True)


def no_text(size: int) -> ExtensionArray:
    """Missing text, so many times."""
    nothing = pa.nulls(size, pa.large_string())
    array: ExtensionArray = schema.TEXT.__from_arrow__(nothing)  # type: ignore[attr-defined]
    return array


def as_text(values: Any) -> ExtensionArray:  # noqa: ANN401  (any array of pandas)
    """Write values as text; what reads alike is then alike."""
    written: ExtensionArray = pd.Series(values).astype(schema.TEXT).array
    return written


def filled_texts(sequences: Sequences, column: str, positions: Integers) -> ExtensionArray:
    """Text of a column at the given events; an empty one is missing."""
    found = pd.Series(texts(sequences, column, positions))
    filled: ExtensionArray = found.mask(found.eq("").fillna(value=False).astype(bool)).array
    return filled


def numbers(sequences: Sequences, column: str, positions: Integers) -> Floats:
    """Numbers of a column at the given events; NaN where there is none, or none that is finite.

    Raises
    ------
    InvalidInput
        If the column holds what can be no number, such as timestamps.
    """
    if column not in sequences.frame.columns:
        return np.full(len(positions), np.nan)
    values = pd.Series(sequences.column(column, positions))
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    dtype: Any = values.dtype
    if dtype.kind in "Mmc":
        raise InvalidInput(f"The column {column!r} is of type {dtype}; numbers are needed.")
    floats = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(floats), floats, np.nan)
