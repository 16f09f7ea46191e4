"""Integers counted by key: what most analyses know of a part, and what merges by adding up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._parts import begins_of
from hardal_frames.analysis._statistics import BITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from pandas.api.extensions import ExtensionArray

    Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts by key.

    Parameters
    ----------
    labels
        For each of the first columns of the keys, the distinct values that its codes stand for.
    keys
        One row a key, each once. In the columns that have labels, a code is a position among them;
        negative ones stand for themselves. The other columns hold integers.
    counts
        One row a key, one column a count.
    """

    labels: tuple[pd.Index[Any], ...]
    keys: Integers
    counts: Integers

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Add up the counts of equal keys."""
        columns = zip(*(part.labels for part in parts), strict=True)
        values = tuple(reduce(_union, each) for each in columns)
        recoded = [part.coded_as(values) for part in parts]
        keys = np.concatenate([part.keys for part in recoded])
        counts = np.concatenate([part.counts for part in recoded])
        return cls(values, keys, counts).added_up()

    def coded_as(self, values: tuple[pd.Index[Any], ...]) -> Self:
        """Give the same keys the codes of other values, among which all that occur must be."""
        keys = self.keys.copy()
        for column, (own, others) in enumerate(zip(self.labels, values, strict=True)):
            if own is not others and len(own) and not own.equals(others):
                places = others.get_indexer(own)
                codes = keys[:, column]
                keys[:, column] = np.where(codes < 0, codes, places[np.maximum(codes, 0)])
        return type(self)(values, keys, self.counts)

    def added_up(self) -> Self:
        """Add up rows that have the same key; keys then ascend."""
        if not len(self.keys):
            return self
        codes = dense_codes(self.keys)
        order = np.argsort(codes, kind="stable")
        begins = begins_of(codes[order])
        counts = np.add.reduceat(self.counts[order], begins, axis=0)
        return type(self)(self.labels, self.keys[order[begins]], counts)

    def alphabetical(self) -> Self:
        """Give the same keys codes in the order of the values, which are texts."""
        if all(each.is_monotonic_increasing for each in self.labels):
            return self
        return self.coded_as(tuple(labels_index(sorted(each)) for each in self.labels))

    def taken(self, rows: Integers) -> Self:
        """Only some of the rows."""
        return type(self)(self.labels, self.keys[rows], self.counts[rows])

    def places_of(self, other: Self) -> Integers:
        """For each key of another tally its row in this one; -1 where it has none.

        The values of either may be others.
        """
        keys = np.concatenate([self.keys, other.known_as(self.labels)])
        codes = dense_codes(keys)
        own, wanted = codes[: len(self.keys)], codes[len(self.keys) :]
        order = np.argsort(own, kind="stable")
        places = np.append(order, -1)[np.searchsorted(own[order], wanted)]
        return np.where(np.append(own, -1)[places] == wanted, places, -1)

    def known_as(self, values: tuple[pd.Index[Any], ...]) -> Integers:
        """Keys in the codes of other values; what is not among these has a code beyond them."""
        keys = self.keys.copy()
        for column, (own, others) in enumerate(zip(self.labels, values, strict=True)):
            places = others.get_indexer(own)
            places = np.where(places < 0, len(others), places)
            codes = keys[:, column]
            keys[:, column] = np.where(codes < 0, codes, np.append(places, 0)[np.maximum(codes, 0)])
        return keys

    def grouped_by(self, columns: int) -> Self:
        """Leave out all columns of the keys but the first ones, and add up."""
        return type(self)(self.labels, self.keys[:, :columns], self.counts).added_up()


def tally_of_ones(keys: Integers, values: tuple[pd.Index[Any], ...] = ()) -> Tally:
    """Count how often each key occurs."""
    return Tally(values, keys, np.ones((len(keys), 1), dtype=np.int64)).added_up()


def labels_index(labels: Sequence[str]) -> pd.Index[Any]:
    """Labels as values of a tally."""
    return pd.Index(labels, dtype=object)


def texts_at(values: pd.Index[Any], codes: Integers) -> ExtensionArray:
    """Texts of codes; missing where a code is negative."""
    texts = pd.array(list(values), dtype=schema.TEXT)
    found: ExtensionArray = texts.take(np.maximum(codes, -1), allow_fill=True)
    return found


def _union(one: pd.Index[Any], other: pd.Index[Any]) -> pd.Index[Any]:
    if one is other or one.equals(other):
        return one
    return one.append(other[~other.isin(one)])


def dense_codes(keys: Integers) -> Integers:
    """One integer for each row of keys, equal for equal rows, in the order of the rows' values."""
    codes = np.zeros(len(keys), dtype=np.int64)
    size = 1
    for column in keys.T:
        least = int(column.min(initial=0))
        width = int(column.max(initial=0)) - least + 1
        if (size * width).bit_length() > BITS:
            codes = np.unique(codes, return_inverse=True)[1].reshape(-1)
            size = int(codes.max(initial=0)) + 1
        if (size * width).bit_length() > BITS:
            column = np.unique(column, return_inverse=True)[1].reshape(-1)  # noqa: PLW2901
            least, width = 0, int(column.max(initial=0)) + 1
        codes = codes * width + (column - least)
        size *= width
    return codes
