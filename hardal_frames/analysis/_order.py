"""The total order of a walker's events: (timestamp, session_id, sequence, id, name).

Sorting is the slow part of most analyses, so little is sorted: a frame that is in order is only
checked, other frames are sorted by plain integers, and what decides between equal instants is
looked at only where there are any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames.analysis._encoding import ranks
from hardal_frames.analysis._parts import slices
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

_BITS: Final = 63
"""Bits of an integer that is not negative."""


def order_by_walker_and_time(walkers: Integers, times: Integers) -> Integers:
    """Positions by walker and time; of equal ones the earlier position first.

    Parameters
    ----------
    walkers
        Codes from 0, all of which occur.
    times
        Instants.

    Returns
    -------
    array
        The positions. Values that fit together into one integer are sorted as such, which is many
        times quicker than sorting positions by values.
    """
    count = len(walkers)
    if not count:
        return np.empty(0, dtype=np.int64)
    highest = int(walkers.max())
    rows = _packed_order(walkers, np.arange(count), highest, count - 1)
    if rows is None:
        return np.lexsort((times, walkers))
    sizes = np.bincount(walkers)
    first = np.cumsum(sizes) - sizes
    elapsed = times[rows]
    elapsed -= np.repeat(np.minimum.reduceat(elapsed, first), sizes)
    bits = int(elapsed.max()).bit_length()
    if highest.bit_length() + bits > _BITS:
        return np.lexsort((times, walkers))
    key = np.repeat(np.arange(highest + 1) << bits, sizes)
    key |= elapsed
    del elapsed
    if _ascends(key):
        return rows
    place = np.arange(count) - np.repeat(first, sizes)
    settled = _packed_order(key, place, int(key.max()), int(sizes.max()) - 1)
    if settled is None:
        return np.asarray(rows[np.argsort(key, kind="stable")], dtype=np.int64)
    settled += np.repeat(first, sizes)
    return np.asarray(rows[settled], dtype=np.int64)


def _packed_order(
    keys: Integers, values: Integers, highest_key: int, highest_value: int
) -> Integers | None:
    """Values in the order of (key, value), or None if the two do not fit into one integer."""
    bits = highest_value.bit_length()
    if highest_key.bit_length() + bits > _BITS:
        return None
    packed = keys << bits
    packed |= values
    packed.sort()
    packed &= (1 << bits) - 1
    return packed


def _ascends(values: Integers) -> bool:
    return not any(np.any(values[part][1:] < values[part][:-1]) for part in _overlapping(values))


def _overlapping(values: Integers) -> list[slice]:
    return [slice(max(part.start - 1, 0), part.stop) for part in slices(len(values))]


def settle_ties(
    frame: pd.DataFrame,
    key: str,
    *,
    rows: Integers | None,
    tied: Integers,
    groups: Integers,
    names: npt.NDArray[np.signedinteger[Any]],
) -> Integers | None:
    """Order events at one instant of one walker among themselves.

    Parameters
    ----------
    frame
        The frame.
    key
        Its column that names the walker.
    rows
        Row of the frame for each position; None if each is its own.
    tied
        Positions of the events that share their instant with others of their walker, ascending.
    groups
        Which of them belong together, ascending.
    names
        Code of the name of each of them, in alphabetical order.

    Returns
    -------
    array or None
        The positions in order; None if they are in order as they stand.
    """
    own = tied if rows is None else rows[tied]
    keys = [groups]
    if key != "session_id" and "session_id" in frame.columns:
        keys.append(ranks(frame["session_id"].array.take(own)))
    if "sequence" in frame.columns:
        keys.append(_sequence(frame["sequence"], own))
    if _is_strictly_ascending(keys):
        return None
    order = np.lexsort(keys[::-1])
    if not _is_strictly_ascending([values[order] for values in keys]):
        if "id" in frame.columns:
            keys.append(ranks(frame["id"].array.take(own)))
        keys.append(names.astype(np.int64))
        order = np.lexsort(keys[::-1])
    if np.array_equal(order, np.arange(len(order))):
        return None
    return tied[order]


def _sequence(column: pd.Series[Any], rows: Integers) -> Integers:
    try:
        numbers = pd.to_numeric(column.take(rows)).astype("Int64")
    except (ValueError, TypeError, OverflowError):
        raise InvalidInput(
            f"The column 'sequence' is of type {column.dtype}; whole numbers are needed, the "
            "position of each event in its session's feed."
        ) from None
    filled = numbers.fillna(np.iinfo(np.int64).max)
    return np.asarray(filled.to_numpy(dtype=np.int64), dtype=np.int64)


def _is_strictly_ascending(keys: list[Integers]) -> bool:
    """Whether each row is greater than the one before, compared key after key."""
    undecided = np.ones(max(len(keys[0]) - 1, 0), dtype=bool)
    for values in keys:
        before, after = values[:-1], values[1:]
        if np.any(undecided & (after < before)):
            return False
        undecided &= after == before
    return not undecided.any()
