"""Where runs of equal values begin, and the proof that no value has two runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from hardal_frames.analysis._encoding import as_arrow_text, factorized
from hardal_frames.analysis._parts import in_threads, slices

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

_SOME_RUNS: Final = 20_000
_WORD: Final = 8
_LONGEST: Final = 128
"""Longer texts are nobody's identifiers."""

_SPACE: Final = 0x20
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)


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
    pieces = [chunk[part] for chunk in text.chunks for part in slices(len(chunk))]
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
    begins = np.ones(len(piece), dtype=bool)
    letters = _letters_of_one_length(piece)
    for width in (8, 4):
        if letters is not None and letters.shape[1] % width == 0:
            words = letters.view(f"u{width}").T
            np.not_equal(words[0, 1:], words[0, :-1], out=begins[1:])
            for column in words[1:]:
                begins[1:] |= column[1:] != column[:-1]
            return np.flatnonzero(begins)
    unequal = pyarrow.compute.not_equal(piece[1:], piece[:-1])
    begins[1:] = unequal.to_numpy(zero_copy_only=False)
    return np.flatnonzero(begins)


def _letters_of_one_length(piece: pa.Array) -> npt.NDArray[np.uint8] | None:
    """Bytes of texts that are all equally long, one row a text; None if they are not."""
    ends = _ends(piece)
    lengths = np.diff(ends)
    length = int(lengths[0])
    if not length or length > _LONGEST or np.any(lengths != length):
        return None
    held = np.frombuffer(piece.buffers()[2], dtype=np.uint8)
    return held[ends[0] : ends[-1]].reshape(len(piece), length)


def _ends(piece: pa.Array) -> npt.NDArray[Any]:
    """Where in its letters each text ends, after where the first one begins."""
    kind = np.int64 if pa.types.is_large_string(piece.type) else np.int32
    return np.frombuffer(piece.buffers()[1], dtype=kind)[piece.offset :][: len(piece) + 1]


def _all_distinct(runs: list[tuple[pa.Array, Integers]]) -> bool:
    """Whether no two texts in the given rows of pieces are equal."""
    longest = max(in_threads(_longest, runs))
    if longest <= _LONGEST:
        width = max(1, -(-longest // _WORD)) * _WORD
        hashes = np.concatenate(in_threads(partial(_hashes, width=width), runs))
        # Different hashes prove different texts; only equal ones leave it open.
        hashes.sort()
        if not np.any(hashes[1:] == hashes[:-1]):
            return True
    joined = pa.chunked_array([piece.take(pa.array(rows)) for piece, rows in runs])
    return len(pyarrow.compute.unique(joined)) == len(joined)


def _longest(run: tuple[pa.Array, Integers]) -> int:
    piece, rows = run
    return int(np.diff(_ends(piece))[rows].max(initial=0))


def _hashes(run: tuple[pa.Array, Integers], *, width: int) -> npt.NDArray[np.uint64]:
    """One number for each text, made of all its bytes; equal texts have equal ones."""
    piece, rows = run
    letters = _letters_of_one_length(piece)
    if letters is None:
        padded = pyarrow.compute.ascii_rpad(piece.take(pa.array(rows)), width=width)
        held = np.frombuffer(padded.buffers()[2], dtype=np.uint8, count=len(rows) * width)
        wide = held.reshape(len(rows), width)
    else:
        wide = np.full((len(rows), width), _SPACE, dtype=np.uint8)
        wide[:, : letters.shape[1]] = letters[rows]
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in wide.view(np.uint64).T:
        mixed = (mixed ^ column) * _MULTIPLIER
        mixed ^= mixed >> np.uint64(32)
    return mixed
