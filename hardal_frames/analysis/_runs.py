"""Where runs of equal values begin, and the proof that no value has two runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from hardal_frames.analysis._encoding import as_arrow_text, factorized
from hardal_frames.analysis._parts import in_threads
from hardal_frames.analysis._texts import (
    LONGEST,
    changes,
    equal_to,
    hashes,
    letters_of_one_length,
    longest_of,
    padded,
    pieces_of,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

_SOME_RUNS: Final = 20_000


def run_begins(column: pd.Series[Any]) -> Integers | None:
    """Rows at which a run of equal values begins, if no value is missing or has two runs.

    Parameters
    ----------
    column
        Values of any kind.

    Returns
    -------
    array or None
        Ascending rows; None if values are missing or a value comes again after another one.
    """
    if not len(column):
        return np.empty(0, dtype=np.int64)
    text = as_arrow_text(column)
    if text is not None:
        return None if text.null_count else _text_run_begins(text)
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes: npt.NDArray[Any] = np.asarray(column.cat.codes)
    else:
        codes = factorized(column)[0]
    if codes.min() < 0:
        return None
    begins = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    return begins if len(np.unique(codes[begins])) == len(begins) else None


def _text_run_begins(text: pa.ChunkedArray) -> Integers | None:
    pieces = pieces_of(text)
    runs = in_threads(_begins_inside, pieces)
    for number in range(1, len(pieces)):
        if pieces[number - 1][-1] == pieces[number][0]:
            runs[number] = runs[number][1:]
    # Rows in any other order show it within the first runs, and the rest can be spared.
    few = [(pieces[0], runs[0][:_SOME_RUNS])]
    if not (_all_distinct(few) and _all_distinct(list(zip(pieces, runs, strict=True)))):
        return None
    before = np.cumsum([0, *map(len, pieces)])[:-1]
    return np.concatenate([begins + first for begins, first in zip(runs, before, strict=True)])


def _begins_inside(piece: pa.Array) -> Integers:
    """Rows of a piece at which a run of equal texts begins."""
    letters = letters_of_one_length(piece)
    if letters is not None:
        return np.flatnonzero(changes(letters))
    begins = np.ones(len(piece), dtype=bool)
    begins[1:] = ~equal_to(piece[1:], piece[:-1])
    return np.flatnonzero(begins)


def _all_distinct(runs: list[tuple[pa.Array, Integers]]) -> bool:
    """Whether no two texts in the given rows of pieces are equal."""
    firsts = in_threads(lambda run: run[0].take(pa.array(run[1])), runs)
    longest = max(map(longest_of, firsts))
    if longest <= LONGEST:
        found = np.concatenate(in_threads(partial(_hashes, longest=longest), firsts))
        # Different hashes prove different texts; only equal ones leave it open.
        found.sort()
        if not np.any(found[1:] == found[:-1]):
            return True
    joined = pa.chunked_array(firsts)
    return len(pyarrow.compute.unique(joined)) == len(joined)


def _hashes(texts: pa.Array, *, longest: int) -> npt.NDArray[np.uint64]:
    return hashes(padded(texts, length=longest))
