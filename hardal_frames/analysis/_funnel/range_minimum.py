"""The smallest value in any range of an array, and the first one that is small enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

NOTHING = np.iinfo(np.int64).max


class RangeMinimum:
    """Answers questions about ranges of an array, from minima over ranges of 1, 2, 4, 8, ...

    Parameters
    ----------
    values
        The array.

    Examples
    --------
    >>> lookup = RangeMinimum(np.array([5, 3, 4, 1]))
    >>> lookup.smallest(np.array([0, 1, 2]), np.array([2, 3, 2])).tolist()[:2]
    [3, 3]
    >>> lookup.first_within(np.array([0]), np.array([4]), np.array([3])).tolist()
    [1]
    """

    def __init__(self, values: Integers) -> None:
        self.levels = [values]
        width = 1
        while 2 * width <= len(values):
            below = self.levels[-1]
            self.levels.append(np.minimum(below[:-width], below[width:]))
            width *= 2

    def smallest(self, begin: Integers, end: Integers) -> Integers:
        """Smallest value of each range; the highest integer where the range is empty."""
        result = np.full(len(begin), NOTHING)
        size = end - begin
        level = np.zeros(len(begin), dtype=np.int64)
        filled = size > 0
        level[filled] = np.frexp(size[filled].astype(np.float64))[1] - 1
        for number in np.unique(level[filled]).tolist():
            here = np.flatnonzero(filled & (level == number))
            minima = self.levels[number]
            result[here] = np.minimum(minima[begin[here]], minima[end[here] - (1 << number)])
        return result

    def first_within(self, begin: Integers, end: Integers, bound: Integers) -> Integers:
        """Place of the first value of each range that is at most the bound; its end if none is."""
        place = begin.copy()
        for number in reversed(range(len(self.levels))):
            minima, width = self.levels[number], 1 << number
            fits = np.flatnonzero(place + width <= end)
            skip = fits[minima[place[fits]] > bound[fits]]
            place[skip] += width
        return place
