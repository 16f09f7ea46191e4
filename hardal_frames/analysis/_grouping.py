"""Rows brought together by their walker, without giving each walker a number first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hardal_frames.analysis._encoding import as_arrow_text, codes_of
from hardal_frames.analysis._order import packed_order
from hardal_frames.analysis._parts import in_threads, overlapping, slices, sort
from hardal_frames.analysis._statistics import BITS
from hardal_frames.analysis._texts import (
    LONGEST,
    Piece,
    changes,
    hashes,
    letters_of_one_length,
    longest_of,
    padded,
    pieces_at,
    whole_words,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

    from hardal_frames.analysis._texts import Letters

    Integers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]
    Groups = tuple[Integers, Integers]

_WASTEFUL: Final = 4
"""Texts are not filled up to so many times their usual length."""


def rows_by_value(column: pd.Series[Any], rows: Integers | None = None) -> Groups:
    """Bring the rows of equal values together.

    Parameters
    ----------
    column
        Values, none of them missing.
    rows
        Ascending rows to look at, as if there were no others; None for all.

    Returns
    -------
    tuple of two arrays
        Places among the rows, those of one value one after the other and ascending; and how many
        each value has. In which order the values come means nothing.
    """
    count = len(column if rows is None else rows)
    if not count:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    text = as_arrow_text(column)
    letters = None if text is None else _letters(text, rows)
    if letters is not None:
        return _rows_by_letters(letters)
    codes = codes_of(column if rows is None else column.take(rows))
    sizes = np.bincount(codes)
    order = packed_order(codes, np.arange(count), len(sizes) - 1, count - 1)
    if order is None:
        order = np.argsort(codes, kind="stable")
    return order, sizes[sizes > 0]


def _letters(text: pa.ChunkedArray, rows: Integers | None) -> Letters | None:
    """Bytes of the texts, one row each, which differ where the texts do; None if too many."""
    if text.num_chunks == 1 and rows is None:
        as_they_are = letters_of_one_length(text.chunk(0))
        if as_they_are is not None:
            return as_they_are
    pieces = in_threads(Piece.texts, pieces_at(text, rows))
    longest = max(map(longest_of, pieces))
    if longest > min(LONGEST, _WASTEFUL * (text.nbytes // len(text))):
        return None
    ends = np.cumsum([len(piece) for piece in pieces]).tolist()
    letters = np.empty((ends[-1], whole_words(longest)), dtype=np.uint8)

    def fill(number: int) -> None:
        own = pieces[number]
        letters[ends[number] - len(own) : ends[number]] = padded(own, width=letters.shape[1])

    in_threads(fill, range(len(pieces)))
    return letters


def _rows_by_letters(letters: Letters) -> Groups:
    """Bring rows of equal letters together: sorted by a hash, then each compared with the next.

    A table of all texts, which others build for this, is far larger than the processor's cache
    and is looked up in for each row.
    """
    count = len(letters)
    bits = (count - 1).bit_length()
    keys = np.empty(count, dtype=np.int64)

    def fill(part: slice) -> None:
        shortened = hashes(letters[part]) >> np.uint64(64 - BITS + bits)
        keys[part] = shortened.astype(np.int64) << bits | np.arange(part.start, part.stop)

    in_threads(fill, list(slices(count)))
    sort(keys)
    begins = np.ones(count, dtype=bool)
    mask = (1 << bits) - 1

    def compare(part: slice) -> Integers:
        """Mark where values begin; give the places where only the letters tell."""
        differ = changes(letters.take(keys[part] & mask, axis=0))[1:]
        begins[part.start + 1 : part.stop] = differ
        shortened = keys[part] >> bits
        differ &= shortened[1:] == shortened[:-1]
        mixed: Integers = np.flatnonzero(differ) + part.start + 1
        return mixed

    mixed = np.concatenate(in_threads(compare, overlapping(count)))
    if len(mixed):
        _part_mixed(letters, keys, begins, mixed, mask)
    # What is left of the keys are the rows.
    keys &= mask
    starts = np.flatnonzero(begins)
    return keys, np.diff(starts, append=count)


def _part_mixed(letters: Letters, keys: Integers, begins: Mask, mixed: Integers, mask: int) -> None:
    """Put right, in place, the few rows whose hash is that of other letters too."""
    wanted = np.unique(keys[mixed] & ~mask)
    firsts = np.searchsorted(keys, wanted)
    counts = np.searchsorted(keys, wanted | mask, side="right") - firsts
    # All places from each first one on, as many as are counted.
    places = np.arange(counts.sum()) + np.repeat(firsts - np.cumsum(counts) + counts, counts)
    shortened, own = keys[places] & ~mask, keys[places] & mask
    found = letters[own]
    values = found.view(f"S{found.shape[1]}").reshape(-1)
    _, codes = np.unique(values, return_inverse=True)
    order = np.lexsort((own, codes.reshape(-1), shortened))
    keys[places] = own[order]
    begins[places] = changes(found[order])
    # Another hash is another value: where a group of rows begins, a value does.
    begins[places[np.append(True, np.diff(shortened) != 0)]] = True
