"""Texts that are one of a few, found by one of their letters and made sure by all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute

from hardal_frames.analysis._texts import TAKEN, ends_of, equal_to, letters_of, words_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from hardal_frames.analysis._texts import Mask, Words

    Integers = npt.NDArray[np.int64]
    Found = tuple[Integers, npt.NDArray[np.int8]]

_SAMPLE: Final = 1 << 12
_WORTH_IT: Final = 1 / 2


@dataclass(frozen=True)
class Sieve:
    """Lets texts through that have one of some letters at one place, and few others.

    Parameters
    ----------
    from_end
        How many letters, its own included, follow from the place on.
    lets_through
        For each of the 256 letters, whether it does.
    """

    from_end: int
    lets_through: pa.Array

    @classmethod
    def made_for(cls, wanted: list[bytes], sample: pa.Array) -> Sieve | None:
        """Find the sieve that lets the fewest of a sample through; None if it is of no use.

        Parameters
        ----------
        wanted
            What must be let through, and is looked for.
        sample
            Texts such as it will be used for.
        """
        sizes = [len(each) for each in wanted]
        sample = sample[:_SAMPLE]
        if not wanted or not min(sizes) or max(sizes) > 2 * TAKEN or not _can_be_sieved(sample):
            return None
        sieves = [cls._by_letter(wanted, each) for each in range(1, min(*sizes, TAKEN) + 1)]
        passed, best = min((len(sieve.passed(sample)), sieve.from_end) for sieve in sieves)
        return sieves[best - 1] if passed <= _WORTH_IT * len(sample) else None

    @classmethod
    def _by_letter(cls, wanted: list[bytes], from_end: int) -> Sieve:
        lets_through = np.zeros(1 << 8, dtype=np.uint8)
        lets_through[[each[-from_end] for each in wanted]] = 1
        return cls(from_end, pa.array(lets_through))

    def passed(self, texts: pa.Array) -> Integers:
        """Rows of the texts that are let through."""
        # Before the first texts, if they are short, this looks at the last letters of all: they
        # are too short to be wanted.
        seen = letters_of(texts)[ends_of(texts)[1:] - self.from_end]
        passes = pyarrow.compute.take(self.lets_through, pa.array(seen), boundscheck=False)
        return np.flatnonzero(np.frombuffer(passes.buffers()[1], np.bool_, count=len(texts)))


def texts_found(texts: pa.Array, wanted: list[bytes], sieve: Sieve | None) -> Found:
    """Rows of the texts that are wanted, ascending, and which of the wanted ones each is."""
    if sieve is not None and _can_be_sieved(texts):
        passed = sieve.passed(texts)
        rows, places = marked(enumerate(_matches(texts, passed, wanted)), len(passed))
        return passed[rows], places
    scalars = (pa.scalar(each.decode(), type=texts.type) for each in wanted)
    return marked(enumerate(equal_to(texts, each) for each in scalars), len(texts))


def marked(matches: Iterable[tuple[int, Mask]], count: int) -> Found:
    """Rows, of so many, that one of some masks marks, and the place that stands beside the mask."""
    places = np.full(count, -1, dtype=np.int8)
    for place, mask in matches:
        places += mask.view(np.int8) * np.int8(place + 1)
    rows = np.flatnonzero(places >= 0)
    return rows, places[rows]


def _can_be_sieved(texts: pa.Array) -> bool:
    # What a missing text holds is anyone's guess.
    held = texts.buffers()[2]
    return not texts.null_count and held is not None and held.size >= TAKEN


def _matches(texts: pa.Array, rows: Integers, wanted: list[bytes]) -> Iterator[Mask]:
    """For each of the wanted ones, which of the texts in some rows are it."""
    ends = ends_of(texts)
    begins = ends.take(rows)
    sizes = ends[1:].take(rows) - begins
    first = words_at(texts, begins)
    last = first
    if max(map(len, wanted)) > TAKEN:
        last = words_at(texts, np.maximum(begins + sizes - TAKEN, 0))
    for each in wanted:
        is_it = sizes == len(each)
        is_it &= _begins_with(first, each[:TAKEN])
        if len(each) > TAKEN:
            is_it &= _begins_with(last, each[-TAKEN:])
        yield is_it


def _begins_with(words: Words, letters: bytes) -> Mask:
    """Rows of words that begin with some letters."""
    own = np.frombuffer(letters.ljust(TAKEN, b"\0"), dtype=np.uint64)
    masks = np.frombuffer((b"\xff" * len(letters)).ljust(TAKEN, b"\0"), dtype=np.uint64)
    begins = (words[:, 0] & masks[0]) == own[0]
    if masks[1]:
        begins &= (words[:, 1] & masks[1]) == own[1]
    return np.asarray(begins)
