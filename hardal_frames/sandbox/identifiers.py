"""Identifiers of a crowd: drawn for one table, or numbered so that tables share none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pyarrow as pa
from pyarrow import compute

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["DrawnIdentifiers", "Identifiers", "NumberedIdentifiers", "scrambled"]

VISITORS_PER_SESSION: Final = 0.6

_LETTERS: Final = np.frombuffer(b"0123456789abcdefghijklmnopqrstuvwxyz", dtype=np.uint8)
_OF_BYTES: Final = np.frombuffer(
    "".join(f"{each:02x}" for each in range(256)).encode(), dtype=np.uint16
)
_ROWS_OF_A_PART: Final = 40  # bits


class Identifiers(Protocol):
    """Who sessions, events and visitors are."""

    def sessions(self, count: int) -> pa.Array:
        """Texts, no two the same."""
        ...

    def events(self, count: int) -> pa.Array:
        """Texts, no two the same."""
        ...

    def visitors(self, sessions: int) -> pa.Array:
        """Of each session its visitor, who may have several."""
        ...


class DrawnIdentifiers:
    """Texts of random letters.

    Parameters
    ----------
    rng
        Chance.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def sessions(self, count: int) -> pa.Array:
        """Texts of different lengths."""
        return self._texts(count, 16, 24)

    def events(self, count: int) -> pa.Array:
        """Texts of one length."""
        return self._texts(count, 24, 24)

    def visitors(self, sessions: int) -> pa.Array:
        """Fewer texts than sessions, each as likely as another."""
        visitors = max(1, int(sessions * VISITORS_PER_SESSION))
        codes = self._rng.integers(0, visitors, sessions, dtype=np.int32)
        return self._texts(visitors, 20, 20).take(pa.array(codes))

    def _texts(self, count: int, shortest: int, longest: int) -> pa.Array:
        lengths = self._rng.integers(shortest, longest + 1, count)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        letters = _LETTERS[self._rng.integers(0, 36, offsets[-1], dtype=np.uint8)]
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
        texts = pa.Array.from_buffers(pa.large_string(), count, buffers)
        if compute.count_distinct(texts).as_py() != count:
            raise AssertionError("Two texts are equal: take another seed.")
        return texts


class NumberedIdentifiers:
    """Texts of numbers, scrambled one to one: distinct over all parts, and in no order.

    Parameters
    ----------
    rng
        Chance of this part.
    part
        Its number.
    visitors
        How many visitors all parts have together.
    seed
        Seed of all parts.
    """

    def __init__(
        self, rng: np.random.Generator, part: int, visitors: int, seed: np.random.SeedSequence
    ) -> None:
        self._rng = rng
        self._first = part << _ROWS_OF_A_PART
        self._visitors = visitors
        self._keys = seed.generate_state(3, np.uint64)

    def sessions(self, count: int) -> pa.Array:
        """Those of this part."""
        return _written("ses_", scrambled(self._numbers(count), self._keys[0]))

    def events(self, count: int) -> pa.Array:
        """Those of this part."""
        return _written("evt_", scrambled(self._numbers(count), self._keys[1]))

    def visitors(self, sessions: int) -> pa.Array:
        """Any of all parts' visitors."""
        numbers = self._rng.integers(0, self._visitors, sessions, dtype=np.uint64)
        return _written("vis_", scrambled(numbers, self._keys[2]))

    def _numbers(self, count: int) -> npt.NDArray[np.uint64]:
        return np.arange(self._first, self._first + count, dtype=np.uint64)


def scrambled(numbers: npt.NDArray[np.uint64], key: np.uint64) -> npt.NDArray[np.uint64]:
    """Turn numbers into others that look random, one to one.

    Parameters
    ----------
    numbers
        Distinct numbers give distinct ones.
    key
        Another one scrambles otherwise.

    Examples
    --------
    >>> found = scrambled(np.arange(1000, dtype=np.uint64), np.uint64(7))
    >>> len(np.unique(found))
    1000
    """
    # SplitMix64: each line can be undone.
    mixed = numbers * np.uint64(0x9E3779B97F4A7C15) + np.asarray(key)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _written(prefix: str, numbers: npt.NDArray[np.uint64]) -> pa.Array:
    """Numbers as texts of one length: a prefix and sixteen digits."""
    count, begins = len(numbers), len(prefix)
    width = begins + 16
    letters: npt.NDArray[Any] = np.empty((count, width), dtype=np.uint8)
    letters[:, :begins] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    in_bytes = numbers.astype(">u8").view(np.uint8)
    letters[:, begins:] = _OF_BYTES[in_bytes].view(np.uint8).reshape(count, 16)
    offsets = np.arange(0, (count + 1) * width, width)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    return pa.Array.from_buffers(pa.large_string(), count, buffers)
