"""Sums of money that no order of the rows changes.

An amount is a decimal number, and its binary stand-in carries a tail: 0.1 + 0.2 is not 0.3, and
three such numbers have two sums. Here an amount is a count of billionths, and sums are sums of
integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.analysis._statistics import group_integers

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

BILLION: Final = 10**9

LIMIT: Final = 1e12
"""Amounts from here on are taken for mistakes: sums of smaller ones fit into 64 bits."""

_EXACT_WHOLE: Final = 9_000_000
"""Below it, billionths are less than 2**53, so that a single division rounds correctly."""


def in_billionths(amounts: Floats) -> tuple[Integers, Integers]:
    """Whole units and billionths of amounts below the limit, both of the amount's sign."""
    whole = np.trunc(amounts)
    parts = np.rint((amounts - whole) * BILLION)
    return whole.astype(np.int64), parts.astype(np.int64)


def as_amounts(whole: Integers, parts: Integers) -> Floats:
    """Amounts of whole units and billionths, each the nearest double."""
    carried, parts = np.divmod(parts, BILLION)
    whole = whole + carried
    # One sign for both, or the larger one would swallow digits of the smaller.
    negative = (whole < 0) & (parts > 0)
    whole, parts = whole + negative, parts - BILLION * negative
    small = np.abs(whole) < _EXACT_WHOLE
    together = np.where(small, whole, 0) * BILLION + parts
    result: Floats = np.where(small, together / BILLION, whole + parts / BILLION)
    return result


def rounded(amounts: Floats) -> Floats:
    """Amounts rounded to a billionth; NaN where there is none, or none below the limit.

    Examples
    --------
    >>> rounded(np.array([1.1 * 3, np.nan, 1e300])).tolist()
    [3.3, nan, nan]
    """
    usable = np.abs(amounts) < LIMIT
    return np.where(usable, as_amounts(*in_billionths(np.where(usable, amounts, 0.0))), np.nan)


def group_billionths(
    amounts: Floats, groups: Integers, group_count: int
) -> tuple[Integers, Integers]:
    """Exact sum of the amounts of each group, in whole units and billionths.

    Parameters
    ----------
    amounts
        What `rounded` gives; NaN adds nothing.
    groups
        Group of each, from 0.
    group_count
        How many groups there are.
    """
    known = np.flatnonzero(~np.isnan(amounts))
    whole, parts = in_billionths(amounts[known])
    groups = groups[known]
    return group_integers(whole, groups, group_count), group_integers(parts, groups, group_count)


def group_sums(amounts: Floats, groups: Integers, group_count: int) -> Floats:
    """Exact sum of the amounts of each group, rounded once; zero for a group without any.

    Examples
    --------
    >>> group_sums(np.array([0.1, 0.2, np.nan, 5.5]), np.array([0, 0, 0, 2]), 3).tolist()
    [0.3, 0.0, 5.5]
    """
    return as_amounts(*group_billionths(amounts, groups, group_count))
