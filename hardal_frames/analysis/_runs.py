"""Where runs of equal values begin, and the proof that no value has two runs."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from hardal_frames.analysis._encoding import as_arrow_text, factorized
from hardal_frames.analysis._parts import begins_of, in_threads, joined
from hardal_frames.analysis._texts import equal_to, hashes, last_letters, pieces_at

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from hardal_frames.analysis._texts import Hashes, Piece

    Integers = npt.NDArray[np.int64]


class Runs(NamedTuple):
    """Runs of equal values.

    Parameters
    ----------
    starts
        Ascending places, among the rows looked at, where they begin; at the end how many rows
        there are.
    are_distinct
        Tells whether no value has two runs, which takes a while to prove; holds the texts.
    """

    starts: Integers
    are_distinct: Callable[[], bool]


def runs_of(column: pd.Series[Any], rows: Integers | None = None) -> Runs | None:
    """Find runs of equal values, if none is missing and no early one is seen to come again.

    Parameters
    ----------
    column
        Values of any kind.
    rows
        Ascending rows to look at, as if there were no others; None for all.

    Returns
    -------
    Runs or None
        None if values are missing, or one is seen early to come again after another one.
    """
    if not len(column if rows is None else rows):
        return Runs(np.zeros(1, dtype=np.int64), lambda: True)
    text = as_arrow_text(column)
    if text is not None:
        return None if _lacks_any(text, rows) else _runs_of_texts(pieces_at(text, rows))
    if rows is not None:
        column = column.take(rows)
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes: npt.NDArray[Any] = np.asarray(column.cat.codes)
    else:
        codes = factorized(column)[0]
    if codes.min() < 0:
        return None
    begins = begins_of(codes)
    starts = np.append(begins, len(codes))
    return Runs(starts, lambda: len(np.unique(codes[begins])) == len(begins))


def _lacks_any(text: pa.ChunkedArray, rows: Integers | None) -> bool:
    """Whether a text is missing in the rows to look at."""
    if rows is None or not text.null_count:
        return bool(text.null_count)
    is_missing = text.is_null().to_numpy(zero_copy_only=False)
    return bool(is_missing[rows].any())


class _RunsOfPiece(NamedTuple):
    """Runs of equal texts in a piece.

    Parameters
    ----------
    piece
        The piece.
    first, last
        The first text and the last.
    begins
        Where among them runs begin.
    hashes
        A number made of the end of each run's text.
    """

    piece: Piece
    first: str
    last: str
    begins: Integers
    hashes: Hashes


def _runs_of_texts(pieces: list[Piece]) -> Runs | None:
    runs = [_runs_of_piece(pieces[0])]
    # Rows in any other order show it within the first piece, and the rest can be spared.
    if not _all_distinct(runs):
        return None
    runs += in_threads(_runs_of_piece, pieces[1:])
    for number, (before, after) in enumerate(pairwise(runs), start=1):
        if before.last == after.first:
            runs[number] = _without_first(after)
    *firsts, count = np.cumsum([0, *(len(each.piece) for each in runs)]).tolist()
    begins = [each.begins + first for each, first in zip(runs, firsts, strict=True)]
    return Runs(joined([*begins, np.array([count])]), partial(_all_distinct, runs))


def _runs_of_piece(piece: Piece) -> _RunsOfPiece:
    texts = piece.texts()
    begins = np.append(0, np.flatnonzero(~equal_to(texts[1:], texts[:-1])) + 1)
    mixed = hashes(last_letters(texts, begins))
    return _RunsOfPiece(piece, texts[0].as_py(), texts[-1].as_py(), begins, mixed)


def _without_first(runs: _RunsOfPiece) -> _RunsOfPiece:
    """Leave the first run out, which only goes on with one from before."""
    return runs._replace(begins=runs.begins[1:], hashes=runs.hashes[1:])


def _all_distinct(runs: list[_RunsOfPiece]) -> bool:
    """Whether no two runs are of equal texts."""
    found = np.concatenate([each.hashes for each in runs])
    # Different hashes prove different texts; only equal ones leave it open.
    found.sort()
    twice = found[1:][found[1:] == found[:-1]]
    if not len(twice):
        return True
    # Where two texts are equal, those of the first such number most often are.
    return _are_texts_distinct(runs, twice[0]) and _are_texts_distinct(runs)


def _are_texts_distinct(runs: list[_RunsOfPiece], number: np.uint64 | None = None) -> bool:
    """Whether no two runs, of those with a number if one is given, are of equal texts."""

    def firsts(each: _RunsOfPiece) -> pa.Array:
        begins = each.begins if number is None else each.begins[each.hashes == number]
        return each.piece.texts().take(pa.array(begins))

    texts = pa.chunked_array(in_threads(firsts, runs))
    return len(pyarrow.compute.unique(texts)) == len(texts)
