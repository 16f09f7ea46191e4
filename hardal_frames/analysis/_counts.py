"""Counts by key: of a part, and of all parts together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.analysis._statistics import group_integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Counted = tuple[Integers, list[Integers]]
    """Keys, ascending and distinct, and one or more counts of each."""

_FEW: Final = 1 << 16
"""Below so many possible keys, a place for each is quicker than looking for those that occur."""


def occurring(keys: Integers, *, below: int) -> Counted:
    """Keys that occur, and how often.

    Parameters
    ----------
    keys
        Integers from 0.
    below
        What all of them are less than.
    """
    if below > max(_FEW, len(keys)):
        found, counts = np.unique(keys, return_counts=True)
        return found, [counts]
    counts = np.bincount(keys)
    found = np.flatnonzero(counts)
    return found, [counts[found]]


def merged(parts: Sequence[Counted], *, below: int, columns: int = 1) -> Counted:
    """Add up the counts of the same keys.

    Parameters
    ----------
    parts
        Counts of parts.
    below
        What all keys are less than.
    columns
        How many counts of each key there are.
    """
    if parts and below > _FEW:
        found, which = np.unique(np.concatenate([keys for keys, _ in parts]), return_inverse=True)
        together = [np.concatenate(each) for each in zip(*(each for _, each in parts), strict=True)]
        return found, [group_integers(each, which.reshape(-1), len(found)) for each in together]
    occurs = np.zeros(below if parts else 0, dtype=bool)
    sums = np.zeros((columns, len(occurs)), dtype=np.int64)
    for keys, counts in parts:
        occurs[keys] = True
        for total, each in zip(sums, counts, strict=True):
            total[keys] += each
    found = np.flatnonzero(occurs)
    return found, list(sums[:, found])
