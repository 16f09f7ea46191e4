"""Exact quantiles of durations, and intervals of shares."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hardal_frames.analysis._parts import sort

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Codes = npt.NDArray[np.signedinteger[Any]]
    Floats = npt.NDArray[np.float64]
    Durations = npt.NDArray[np.timedelta64]

MEDIAN: Final = Fraction(1, 2)
P75: Final = Fraction(3, 4)
P90: Final = Fraction(9, 10)
P95: Final = Fraction(19, 20)

BITS: Final = 63
"""Bits of an integer that is not negative: so many may be packed into one."""

_NORMAL_95: Final = 1.959963984540054


def group_quantiles(
    values: Integers, groups: Codes, group_count: int, quantiles: Sequence[Fraction]
) -> list[Durations]:
    """Exact quantiles of the durations of each group.

    Linear interpolation between the two nearest values, in integers, rounded half-even to a
    microsecond (type 7 of Hyndman and Fan 1996, numpy's and Excel's default).

    Parameters
    ----------
    values
        Durations in microseconds.
    groups
        Group of each, from 0.
    group_count
        How many groups there are.
    quantiles
        Which quantiles, as exact fractions.

    Returns
    -------
    list of arrays of timedelta64[us]
        One array a quantile, one value a group; NaT for a group without values.

    Examples
    --------
    >>> [medians] = group_quantiles(np.array([1, 4, 10]), np.array([0, 0, 1]), 3, [MEDIAN])
    >>> medians.tolist()
    [datetime.timedelta(microseconds=2), datetime.timedelta(microseconds=10), None]
    """
    ordered, sizes = _ordered_in_groups(values, groups, group_count)
    return quantiles_of_ordered(ordered, sizes, quantiles)


def group_integers(values: Integers, groups: Integers, group_count: int) -> Integers:
    """Sum of the integers of each group."""
    # bincount would add floats, which no longer hold large numbers to the unit.
    sums = np.zeros(group_count, dtype=np.int64)
    np.add.at(sums, groups, values)
    return sums


def _ordered_in_groups(
    values: Integers, groups: Codes, group_count: int
) -> tuple[Integers, Integers]:
    """Values by group, ascending in each, and how many each group has."""
    if not len(values):
        return values, np.zeros(group_count, dtype=np.int64)
    lowest = values.min()
    bits = int(values.max() - lowest).bit_length()
    if group_count.bit_length() + bits > BITS:
        sizes = np.bincount(groups, minlength=group_count)
        return values[np.lexsort((values, groups))], sizes
    # One integer of group and value: sorting values is many times quicker than sorting positions.
    packed = groups.astype(np.int64)
    packed <<= bits
    packed += values
    packed -= lowest
    sort(packed)
    sizes = np.diff(np.searchsorted(packed, np.arange(group_count + 1, dtype=np.int64) << bits))
    packed &= (1 << bits) - 1
    packed += lowest
    return packed, sizes


def quantiles_of_ordered(
    ordered: Integers, sizes: Integers, quantiles: Sequence[Fraction], *, mask: int = -1
) -> list[Durations]:
    """Exact quantiles of groups that stand one after the other, as `group_quantiles` defines them.

    Parameters
    ----------
    ordered
        Durations in microseconds, ascending in each group.
    sizes
        How many each group has.
    quantiles
        Which quantiles, as exact fractions.
    mask
        The bits that hold a duration, all by default; others may tell its group.
    """
    result = []
    filled = np.flatnonzero(sizes)
    firsts, filled_sizes = (np.cumsum(sizes) - sizes)[filled], sizes[filled]
    for quantile in quantiles:
        found = np.full(len(sizes), "NaT", dtype="timedelta64[us]")
        found[filled] = interpolated(
            lambda ranks: ordered[firsts + ranks] & mask, filled_sizes, quantile
        )
        result.append(found)
    return result


def interpolated(
    at: Callable[[Integers], Integers], sizes: Integers, quantile: Fraction
) -> Durations:
    """Quantile of each of some groups, none of them empty, as `group_quantiles` defines it.

    Parameters
    ----------
    at
        Gives the duration at a rank from 0 of each group.
    sizes
        How many durations each group has.
    quantile
        The quantile.
    """
    below, part = np.divmod((sizes - 1) * quantile.numerator, quantile.denominator)
    low, high = at(below), at(np.minimum(below + 1, sizes - 1))
    whole, rest = np.divmod((high - low) * part, quantile.denominator)
    rounded_down = low + whole
    twice = 2 * rest
    tie_to_odd = (twice == quantile.denominator) & (rounded_down % 2 != 0)
    result: Integers = rounded_down + ((twice > quantile.denominator) | tie_to_odd)
    return result.view("timedelta64[us]")


def with_missing(durations: Durations, places: Integers) -> Durations:
    """Durations at the given places; NaT where the place is -1."""
    return np.append(durations, np.timedelta64("NaT", "us"))[places]


def shares(counts: Integers, of: Integers | int) -> Floats:
    """Divide counts; NaN where there is nothing to divide by.

    Examples
    --------
    >>> shares(np.array([1, 0]), np.array([4, 0])).tolist()
    [0.25, nan]
    """
    whole = np.broadcast_to(np.asarray(of, dtype=np.float64), counts.shape)
    result: Floats = np.full(counts.shape, np.nan)
    np.divide(counts, whole, out=result, where=whole > 0)
    return result


def wilson_interval(successes: Integers, trials: Integers | int) -> tuple[Floats, Floats]:
    """Interval that holds the true share in 95 of 100 samples (Wilson 1927).

    Parameters
    ----------
    successes
        Counts of successes.
    trials
        Of how many; one number for all, or one each.

    Returns
    -------
    tuple of two arrays
        Lower and upper ends; NaN without trials.

    Examples
    --------
    >>> low, high = wilson_interval(np.array([5]), 10)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.237, 0.763)
    """
    share = shares(successes, trials)
    of = np.where(np.isnan(share), np.nan, np.broadcast_to(trials, successes.shape))
    square = _NORMAL_95**2
    centre = (share + square / (2 * of)) / (1 + square / of)
    spread = share * (1 - share) / of + square / (4 * of**2)
    half = _NORMAL_95 * np.sqrt(spread) / (1 + square / of)
    low = np.where(successes == 0, np.where(np.isnan(share), np.nan, 0.0), centre - half)
    high = np.where(successes == trials, np.where(np.isnan(share), np.nan, 1.0), centre + half)
    return low, high
