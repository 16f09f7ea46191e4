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
from hardal_frames.analysis._parts import in_threads, numbered, sort, whole_walkers
from hardal_frames.analysis._statistics import BITS
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]


LEFT_UNREAD: Final = "hardal_frames: left unread"
"""Names, among the attributes of a frame, a column that was not read and may be needed."""


class TiesUndecided(Exception):
    """Events of one instant have one place in the feed; only a column not read tells them apart."""


def order_in_time(rows: Integers, sizes: Integers, times: Integers) -> Integers:
    """Put rows that stand walker after walker in order of time, in place; ties in that of rows.

    Parameters
    ----------
    rows
        The rows, those of one walker one after the other and ascending; they are put in order.
    sizes
        How many rows each walker has.
    times
        Instant of each row of the frame.

    Returns
    -------
    array
        The instant of each row, once in order.
    """
    starts = np.append(0, np.cumsum(sizes))
    instants = np.empty(len(rows), dtype=np.int64)

    def put(walkers: tuple[int, int]) -> None:
        first, end = walkers
        part = slice(starts[first], starts[end])
        rows[part], instants[part] = _ordered_part(rows[part], sizes[first:end], times)

    in_threads(put, whole_walkers(starts))
    return instants


def _ordered_part(rows: Integers, sizes: Integers, times: Integers) -> tuple[Integers, Integers]:
    begins = np.cumsum(sizes) - sizes
    instants = times[rows]
    walkers = numbered(begins, len(rows)).astype(np.int64)
    lowest = np.minimum.reduceat(instants, begins)[walkers]
    elapsed = instants - lowest
    bits = int(elapsed.max()).bit_length()
    if elapsed.min() < 0 or (len(sizes) - 1).bit_length() + bits > BITS:
        order = np.lexsort((instants, walkers))
        return rows[order], instants[order]
    keys = walkers << bits
    keys |= elapsed
    if not np.any(keys[1:] < keys[:-1]):
        return rows, instants
    begin_of_each = begins[walkers]
    places = np.arange(len(rows)) - begin_of_each
    # Integers that hold both are sorted many times quicker than positions by their values.
    packed, place_bits = _packed(keys, places, int(keys.max()), int(sizes.max()) - 1)
    if packed is None:
        order = np.argsort(keys, kind="stable")
        return rows[order], instants[order]
    order = packed & ((1 << place_bits) - 1)
    order += begin_of_each
    # Sorted with them, instants need not be looked up again.
    packed >>= place_bits
    packed &= (1 << bits) - 1
    packed += lowest
    return rows[order], packed


def packed_order(
    keys: Integers, values: Integers, highest_key: int, highest_value: int
) -> Integers | None:
    """Values in the order of (key, value), or None if the two do not fit into one integer."""
    packed, bits = _packed(keys, values, highest_key, highest_value)
    if packed is not None:
        packed &= (1 << bits) - 1
    return packed


def _packed(
    keys: Integers, values: Integers, highest_key: int, highest_value: int
) -> tuple[Integers | None, int]:
    """Key and value in one integer each, ascending, or None if they do not fit; a value's bits."""
    bits = highest_value.bit_length()
    if highest_key.bit_length() + bits > BITS:
        return None, bits
    packed = keys << bits
    packed |= values
    sort(packed)
    return packed, bits


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
    order = _order_by(keys)
    if not _is_strictly_ascending([values[order] for values in keys]):
        if LEFT_UNREAD in frame.attrs:
            raise TiesUndecided
        if "id" in frame.columns:
            keys.append(ranks(frame["id"].array.take(own)))
        keys.append(names.astype(np.int64))
        order = _order_by(keys)
    if np.array_equal(order, np.arange(len(order))):
        return None
    return tied[order]


def _order_by(keys: list[Integers]) -> Integers:
    """Stable order by the first key, which is ascending as it stands, then by the others."""
    if len(keys) == 1:
        return np.arange(len(keys[0]))
    if len(keys) == 2 and keys[1].min() >= 0:  # noqa: PLR2004
        groups, values = keys
        highest, count = int(values.max()), len(groups)
        bits = highest.bit_length()
        both, most = groups << bits | values, int(groups[-1] + 1) << bits
        order = packed_order(both, np.arange(count), most, count - 1)
        if order is not None:
            return order
    return np.lexsort(keys[::-1])


def _sequence(column: pd.Series[Any], rows: Integers) -> Integers:
    none = np.iinfo(np.int64).max
    values = column.array.take(rows)
    if column.dtype in (np.dtype(np.int64), pd.Int64Dtype()):
        numbers: Integers = values.to_numpy(dtype=np.int64, na_value=none)
        return numbers
    known = ~np.asarray(values.isna())
    try:
        # Without missing ones, beside which large integers would become floats.
        others = pd.to_numeric(pd.Series(values[known], dtype=column.dtype)).astype("Int64")
    except (ValueError, TypeError, OverflowError):
        raise InvalidInput(
            f"The column 'sequence' is of type {column.dtype}; whole numbers are needed, the "
            "position of each event in its session's feed."
        ) from None
    filled = np.full(len(values), none, dtype=np.int64)
    filled[known] = others.fillna(none).to_numpy(dtype=np.int64)
    return filled


def _is_strictly_ascending(keys: list[Integers]) -> bool:
    """Whether each row is greater than the one before, compared key after key."""
    undecided = np.ones(max(len(keys[0]) - 1, 0), dtype=bool)
    for values in keys:
        before, after = values[:-1], values[1:]
        if np.any(undecided & (after < before)):
            return False
        undecided &= after == before
    return not undecided.any()
