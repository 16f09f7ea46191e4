"""Texts as the machine words that their letters fill: compared and hashed many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute

from hardal_frames.analysis._parts import slices

if TYPE_CHECKING:
    import numpy.typing as npt

    Hashes = npt.NDArray[np.uint64]
    Words = npt.NDArray[np.uint64]
    Letters = npt.NDArray[np.uint8]
    Mask = npt.NDArray[np.bool_]

LONGEST: Final = 128
"""Longer texts are nobody's identifiers."""

TAKEN: Final = 16
"""So many bytes are taken from a place on, wherever it is."""

_WORD: Final = 8
_NO_LETTER: Final = 0xFF
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)


def pieces_of(text: pa.ChunkedArray, size: int | None = None) -> list[pa.Array]:
    """Cut a text column into pieces; without a size, into such as are quick to reach."""
    return [chunk[part] for chunk in text.chunks for part in slices(len(chunk), size)]


@dataclass(frozen=True)
class Piece:
    """A piece of a text column, the rows of the column to look at, and its own first row."""

    held: pa.Array
    rows: npt.NDArray[np.int64] | None = None
    first: int = 0

    def __len__(self) -> int:
        return len(self.held if self.rows is None else self.rows)

    def texts(self) -> pa.Array:
        """Texts of the rows; of all the piece's if none are given."""
        if self.rows is None:
            return self.held
        places = pa.array((self.rows - self.first).astype(np.int32))
        return pyarrow.compute.take(self.held, places, boundscheck=False)


def pieces_at(
    text: pa.ChunkedArray, rows: npt.NDArray[np.int64] | None, size: int | None = None
) -> list[Piece]:
    """Cut a text column into pieces; of some rows, which ascend, those that hold any."""
    pieces = pieces_of(text, size)
    if rows is None:
        return [Piece(piece) for piece in pieces]
    bounds = np.cumsum([0, *map(len, pieces)])
    parts = pairwise(np.searchsorted(rows, bounds).tolist())
    return [
        Piece(piece, rows[begin:end], first)
        for piece, first, (begin, end) in zip(pieces, bounds[:-1].tolist(), parts, strict=True)
        if begin < end
    ]


def letters_of_one_length(texts: pa.Array) -> Letters | None:
    """Bytes of texts that are all equally long, one row a text; None if they are not."""
    ends = ends_of(texts)
    length = int(ends[1] - ends[0])
    if not 0 < length <= LONGEST or ends[-1] - ends[0] != length * len(texts):
        return None
    if np.any(np.diff(ends) != length):
        return None
    return letters_of(texts)[ends[0] : ends[-1]].reshape(len(texts), length)


def longest_of(texts: pa.Array) -> int:
    """How many bytes the longest of the texts has."""
    return int(np.diff(ends_of(texts)).max(initial=0))


def equal_to(texts: pa.Array, other: pa.Scalar | pa.Array) -> Mask:
    """Texts that equal another, or each its own other; a missing one equals nothing."""
    if not len(texts):
        return np.empty(0, dtype=np.bool_)
    equal = pyarrow.compute.equal(texts, other)
    if equal.null_count:
        equal = equal.fill_null(False)  # noqa: FBT003
    # Arrow holds eight answers a byte; numpy spreads them many times quicker than Arrow does.
    bits = np.frombuffer(equal.buffers()[1], dtype=np.uint8)
    spread = np.unpackbits(bits, count=equal.offset + len(equal), bitorder="little")
    return spread[equal.offset :].view(np.bool_)


def changes(letters: Letters) -> Mask:
    """Rows that differ from the row before; the first one counts as such."""
    differ = np.ones(len(letters), dtype=bool)
    words = (letters.view(np.uint32) if letters.shape[1] % 4 == 0 else _words_of(letters)).T
    np.not_equal(words[0, 1:], words[0, :-1], out=differ[1:])
    for column in words[1:]:
        differ[1:] |= column[1:] != column[:-1]
    return differ


def hashes(letters: Letters) -> Hashes:
    """One number for each row, made of all its bytes; equal ones have equal ones."""
    mixed = np.zeros(len(letters), dtype=np.uint64)
    for column in _words_of(letters).T:
        mixed ^= column
        mixed *= _MULTIPLIER
        mixed ^= mixed >> np.uint64(32)
    return mixed


def last_letters(texts: pa.Array, places: npt.NDArray[np.int64]) -> Letters:
    """Take the last bytes of some texts, filled up in front with one that no text holds."""
    ends = ends_of(texts)
    own = ends[1:].take(places)
    short = np.flatnonzero(own - ends.take(places) < TAKEN)
    if len(short) < len(places):
        # What is taken of short texts is put right below.
        taken = words_at(texts, np.maximum(own - TAKEN, 0))
        found: Letters = taken.view(np.uint8)
    else:
        found = np.empty((len(places), TAKEN), dtype=np.uint8)
    if len(short):
        padding = {"width": TAKEN, "padding": bytes([_NO_LETTER])}
        filled = pyarrow.compute.ascii_lpad(texts.take(pa.array(places[short])), **padding)
        found[short] = _rows_of(filled, TAKEN)
    return found


def words_at(texts: pa.Array, begins: npt.NDArray[np.int64]) -> Words:
    """Take the bytes from some places of all letters on, as two words each; zeros at the end.

    Parameters
    ----------
    texts
        Texts that have as many letters as are taken at once, at least.
    begins
        Places from 0 to the end of the letters.
    """
    letters = letters_of(texts)
    last = len(letters) - TAKEN
    found = _anywhere(letters)[np.minimum(begins, last)]
    beyond = np.flatnonzero(begins > last)
    if len(beyond):
        ending = np.append(letters[last:], np.zeros(TAKEN, dtype=np.uint8))
        found[beyond] = _anywhere(ending)[begins[beyond] - last]
    return found.view(np.uint64).reshape(-1, TAKEN // _WORD)


def _anywhere(letters: Letters) -> npt.NDArray[np.void]:
    # Items of no type may begin at any byte.
    kind = np.dtype(f"V{TAKEN}")
    return np.ndarray((len(letters) - TAKEN + 1,), kind, buffer=letters, strides=(1,))


def padded(texts: pa.Array, *, width: int) -> Letters:
    """Bytes of texts, filled up to one width with one that no text holds."""
    filled = pyarrow.compute.ascii_rpad(texts, width=width, padding=bytes([_NO_LETTER]))
    return _rows_of(filled, width)


def _rows_of(filled: pa.Array, width: int) -> Letters:
    held = np.frombuffer(filled.buffers()[2], dtype=np.uint8, count=len(filled) * width)
    return held.reshape(len(filled), width)


def _words_of(letters: Letters) -> Words:
    length = letters.shape[1]
    if length % _WORD == 0:
        return letters.view(np.uint64)
    wide = np.full((len(letters), whole_words(length)), _NO_LETTER, dtype=np.uint8)
    wide[:, :length] = letters
    return wide.view(np.uint64)


def whole_words(length: int) -> int:
    """So many bytes, or a little more: those of whole words, of one at least."""
    return max(1, -(-length // _WORD)) * _WORD


def letters_of(texts: pa.Array) -> Letters:
    """Bytes of all texts, those before and after a slice of them included."""
    return np.frombuffer(texts.buffers()[2], dtype=np.uint8)


def ends_of(texts: pa.Array) -> npt.NDArray[Any]:
    """Where in its letters each text ends, after where the first one begins."""
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    return np.frombuffer(texts.buffers()[1], dtype=kind)[texts.offset :][: len(texts) + 1]
