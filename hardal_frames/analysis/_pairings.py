"""Which start goes with which end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from hardal_frames.analysis._steps import duration_in_microseconds
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    import pandas as pd

    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._steps import Ties

Pair = Literal[
    "first-firstafter",
    "first-first",
    "lastbefore-firstafter",
    "any-firstafter",
    "any-any",
    "last-last",
]

PAIRS: Final = (
    "first-firstafter",
    "first-first",
    "lastbefore-firstafter",
    "any-firstafter",
    "any-any",
    "last-last",
)

MOST_PAIRS: Final = 100_000_000
"""More rows than this are refused before they are made."""

_LONGEST: Final = 2**61
"""Longer durations are cut to this one, so that an instant and a duration can be added."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The times from start to end that make a pair, in microseconds, inclusive.

    Parameters
    ----------
    shortest, longest
        The ends of the range; None where it is open.
    """

    shortest: int | None = None
    longest: int | None = None

    @classmethod
    def of(cls, min_gap: str | pd.Timedelta | None, max_gap: str | pd.Timedelta | None) -> Gap:
        """Read the arguments ``min_gap`` and ``max_gap``.

        Raises
        ------
        InvalidInput
            If one is no duration, or the least is more than the most.
        """
        gap = cls(
            None if min_gap is None else limit(min_gap, "min_gap"),
            None if max_gap is None else limit(max_gap, "max_gap"),
        )
        if gap.shortest is not None and gap.longest is not None and gap.shortest > gap.longest:
            raise InvalidInput(
                f"min_gap is {min_gap!r} and max_gap {max_gap!r}; no time is both that long and "
                "that short."
            )
        return gap


def limit(duration: object, name: str) -> int:
    """Read a duration argument, in microseconds that can be added to an instant.

    Raises
    ------
    InvalidInput
        If it is no duration.
    """
    return min(duration_in_microseconds(duration, name), _LONGEST)


@dataclass(frozen=True, slots=True)
class _Later:
    """The ends that count as later than each start: a range of the ends.

    Parameters
    ----------
    low, high
        The range of each start; with ``ties="either"`` the start itself may lie in it.
    least
        The shortest time from start to end, in microseconds.
    """

    low: Integers
    high: Integers
    least: int


def paired(
    sequences: Sequences,
    starts: Integers,
    ends: Integers,
    *,
    pair: Pair = "first-firstafter",
    ties: Ties = "feed",
    gap: Gap,
) -> tuple[Integers, Integers]:
    """Pair starts with ends as `time_between` defines it.

    Parameters
    ----------
    sequences
        The events.
    starts, ends
        Ascending positions of the events that fill them.
    pair, ties, gap
        The options of `time_between`.

    Returns
    -------
    tuple of two arrays
        Position of the start and of the end of each pair, ascending.

    Raises
    ------
    InvalidInput
        If there are more than a hundred million pairs.
    """
    if pair == "first-first":
        firsts = sequences.first_of_each(starts), sequences.first_of_each(ends)
        return _one_each(sequences, *firsts, gap)
    if pair == "last-last":
        lasts = last_of_each(sequences, starts), last_of_each(sequences, ends)
        return _one_each(sequences, *lasts, gap)
    if pair == "first-firstafter":
        starts = sequences.first_of_each(starts)
    later = _later_ends(sequences, starts, ends, ties=ties, gap=gap)
    if pair == "any-any":
        return _every(starts, ends, later, ties=ties)
    which, firsts_after = _first_after(starts, ends, later)
    if pair == "lastbefore-firstafter":
        last = _last_before(sequences, starts, which, firsts_after, ties=ties, least=later.least)
        which, firsts_after = which[last == which], firsts_after[last == which]
    return starts[which], firsts_after


def last_of_each(sequences: Sequences, positions: Integers) -> Integers:
    """Of ascending positions, the last one of each walker that has any."""
    return positions[np.flatnonzero(np.diff(sequences.walkers[positions], append=-1))]


def _one_each(
    sequences: Sequences, starts: Integers, ends: Integers, gap: Gap
) -> tuple[Integers, Integers]:
    """Pair at most one start a walker with at most one end, in whichever order they are."""
    end_of = np.full(sequences.walker_count, -1, dtype=np.int64)
    end_of[sequences.walkers[ends]] = ends
    ends = end_of[sequences.walkers[starts]]
    kept = (ends >= 0) & (ends != starts)
    starts, ends = starts[kept], ends[kept]
    elapsed = sequences.times[ends] - sequences.times[starts]
    inside = np.ones(len(elapsed), dtype=bool)
    if gap.shortest is not None:
        inside &= elapsed >= gap.shortest
    if gap.longest is not None:
        inside &= elapsed <= gap.longest
    return starts[inside], ends[inside]


def _later_ends(
    sequences: Sequences, starts: Integers, ends: Integers, *, ties: Ties, gap: Gap
) -> _Later:
    walkers = sequences.walkers[starts]
    # Instants are whole microseconds: strictly later is later by at least one.
    least = max(gap.shortest or 0, 1 if ties == "strict" else 0)
    if ties == "either":
        low = np.searchsorted(ends, sequences.starts[walkers])
    else:
        low = np.searchsorted(ends, starts, side="right")
    high = np.searchsorted(ends, sequences.starts[walkers + 1])
    instants, begun = sequences.times[ends], sequences.times[starts]
    if ties == "either" or least > 0:
        low = first_at_least(instants, begun + least, low, high)
    if gap.longest is not None:
        high = first_at_least(instants, begun + (gap.longest + 1), low, high)
    return _Later(low, high, least)


def first_at_least(values: Integers, wanted: Integers, low: Integers, high: Integers) -> Integers:
    """Search many sorted ranges at once, halving them all in each round.

    Parameters
    ----------
    values
        The values, ascending within each range.
    wanted, low, high
        What to look for, and the range ``low <= index < high`` to look in.

    Returns
    -------
    array
        The first index of each range whose value is at least the wanted one; ``high`` if none is.

    Examples
    --------
    >>> values = np.array([1, 5, 9, 2, 4])
    >>> first_at_least(values, np.array([5, 3]), np.array([0, 3]), np.array([3, 5])).tolist()
    [1, 4]
    """
    found = low.copy()
    high = high.copy()
    undecided = np.flatnonzero(found < high)
    while len(undecided):
        middle = (found[undecided] + high[undecided]) // 2
        below = values[middle] < wanted[undecided]
        found[undecided[below]] = middle[below] + 1
        high[undecided[~below]] = middle[~below]
        undecided = undecided[found[undecided] < high[undecided]]
    return found


def ranges(begins: Integers, sizes: Integers) -> Integers:
    """Count up from each begin, one range after the other.

    Examples
    --------
    >>> ranges(np.array([10, 20]), np.array([2, 3])).tolist()
    [10, 11, 20, 21, 22]
    """
    before = np.cumsum(sizes) - sizes
    return np.repeat(begins - before, sizes) + np.arange(int(sizes.sum()))


def _first_after(starts: Integers, ends: Integers, later: _Later) -> tuple[Integers, Integers]:
    """Which starts have a later end, and the first such end of each."""
    which = np.flatnonzero(later.low < later.high)
    place = later.low[which]
    # An event never pairs with itself; it can only be met among events of its own instant.
    place = place + (ends[place] == starts[which])
    inside = place < later.high[which]
    return which[inside], ends[place[inside]]


def _last_before(
    sequences: Sequences,
    starts: Integers,
    which: Integers,
    ends: Integers,
    *,
    ties: Ties,
    least: int,
) -> Integers:
    """Which start is the last that the end of each pair counts as later than."""
    if ties == "either":
        beyond = np.searchsorted(starts, sequences.starts[sequences.walkers[ends] + 1])
    else:
        beyond = np.searchsorted(starts, ends)
    if ties == "either" or least > 0:
        latest = sequences.times[ends] - least
        beyond = first_at_least(sequences.times[starts], latest + 1, which, beyond)
    last: Integers = beyond - 1
    last -= starts[last] == ends
    return last


def _every(
    starts: Integers, ends: Integers, later: _Later, *, ties: Ties
) -> tuple[Integers, Integers]:
    sizes = later.high - later.low
    itself = 0
    if ties == "either" and later.least == 0:
        itself = len(np.intersect1d(starts, ends, assume_unique=True))
    count = int(sizes.sum()) - itself
    if count > MOST_PAIRS:
        raise InvalidInput(
            f"pair is 'any-any', and {len(starts):,} starts with {len(ends):,} ends make {count:,} "
            f"pairs; at most {MOST_PAIRS:,} are made. max_gap leaves fewer, pair='any-firstafter' "
            "takes one end a start."
        )
    firsts, lasts = np.repeat(starts, sizes), ends[ranges(later.low, sizes)]
    if not itself:
        return firsts, lasts
    distinct = firsts != lasts
    return firsts[distinct], lasts[distinct]
