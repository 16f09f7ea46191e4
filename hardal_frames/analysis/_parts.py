"""Work cut into pieces: small enough to be quick to reach, and for several threads."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy.typing as npt

    Item = TypeVar("Item")
    Result = TypeVar("Result")
    Scalar = TypeVar("Scalar", bound=np.generic)

AT_ONCE: Final = 1 << 18
"""So many numbers and what is computed from them are quick to reach.

Threads that work on fewer at a time wait for one another: Python lets one of them begin a step.
"""

_MOST_THREADS: Final = 8


def slices(length: int, size: int | None = None) -> Iterator[slice]:
    """Pieces of a long array, one after the other."""
    step = AT_ONCE if size is None else size
    for begin in range(0, length, step):
        yield slice(begin, min(begin + step, length))


def overlapping(length: int) -> list[slice]:
    """Pieces of a long array that each begin with the last item of the piece before."""
    return [slice(max(part.start - 1, 0), part.stop) for part in slices(length)]


def whole_walkers(starts: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """First walker, and the one after the last, of pieces that hold whole walkers each.

    Parameters
    ----------
    starts
        Position of each walker's first event, and at the end the number of events.
    """
    length = int(starts[-1])
    count = -(-length // AT_ONCE)
    if count > 1:
        # Every thread has as much to do.
        count = -(-count // _threads()) * _threads()
    wanted = np.arange(1, count + 1, dtype=np.int64) * length // max(count, 1)
    cuts = np.unique(np.append(0, np.searchsorted(starts[:-1], wanted))).tolist()
    return list(pairwise(cuts))


def bundles(items: Iterable[Item], lengths: Sequence[int], size: int) -> list[list[Item]]:
    """Put short items together that stand one after the other, each bundle about so long.

    Examples
    --------
    >>> bundles("abcd", [2, 1, 9, 1], size=3)
    [['a', 'b'], ['c'], ['d']]
    """
    numbers = (np.cumsum(lengths) - 1) // size
    numbered_items = zip(numbers.tolist(), items, strict=True)
    return [[item for _, item in own] for _, own in groupby(numbered_items, itemgetter(0))]


def in_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Call a function on each item, several at a time; the results in the order of the items.

    numpy and Arrow let other threads run while they work on arrays.
    """
    workers = min(len(items), _threads())
    if workers <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(workers, thread_name_prefix="hardal-frames") as threads:
        return list(threads.map(function, items))


def both(
    first: Callable[[], Item], second: Callable[[], Result], *, length: int
) -> tuple[Item, Result]:
    """Call two functions, at the same time if they work on many items; as if in turn.

    Examples
    --------
    >>> both(lambda: 1, lambda: "one", length=2)
    (1, 'one')
    """
    if length <= AT_ONCE or _threads() == 1:
        return first(), second()
    with ThreadPoolExecutor(1, thread_name_prefix="hardal-frames") as thread:
        beside = thread.submit(second)
        return first(), beside.result()


_alone: ContextVar[bool] = ContextVar("alone", default=False)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Use no more threads until the block ends, for others work beside this one."""
    before = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(before)


def _threads() -> int:
    return 1 if _alone.get() else min(os.cpu_count() or 1, _MOST_THREADS)


def numbered(firsts: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int32]:
    """Give each item the number of its group, where groups begin at the firsts, of which 0 is one.

    numpy's own repeat is slower, and lets no other thread run meanwhile.

    Examples
    --------
    >>> numbered(np.array([0, 2]), 5).tolist()
    [0, 0, 1, 1, 1]
    """
    numbers = np.zeros(length, dtype=np.int32)
    numbers[firsts[1:]] = 1
    return counted_up_to(numbers)


def counted_up_to(marks: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """How many of some marks, each 0 or 1, there are up to each place.

    Examples
    --------
    >>> counted_up_to(np.array([True, False, True])).tolist()
    [1, 1, 2]
    """
    # Where numpy's cumsum must convert what it adds up, no other thread runs meanwhile.
    return np.cumsum(marks.astype(np.int32, copy=False), dtype=np.int32)


def begins_of(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Where runs of equal values begin.

    Examples
    --------
    >>> begins_of(np.array([4, 4, 5])).tolist()
    [0, 2]
    """
    begins = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def lasts_of(changes: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """For each of some items in groups, the last one of its group.

    Parameters
    ----------
    changes
        For each item but the first, whether a group begins with it.

    Examples
    --------
    >>> lasts_of(np.array([False, True, False])).tolist()
    [1, 1, 3, 3]
    """
    ends = np.append(np.flatnonzero(changes), len(changes))
    lasts: npt.NDArray[np.int64] = ends[np.append(np.int32(0), counted_up_to(changes))]
    return lasts


def joined(arrays: Sequence[npt.NDArray[Scalar]]) -> npt.NDArray[Scalar]:
    """Put arrays of one type, one at least, one after the other on their last axis.

    As numpy's concatenate, but in threads.

    Examples
    --------
    >>> joined([np.array([1, 2]), np.array([3])]).tolist()
    [1, 2, 3]
    """
    ends = np.cumsum([each.shape[-1] for each in arrays]).tolist()
    result = np.empty((*arrays[0].shape[:-1], ends[-1]), dtype=arrays[0].dtype)

    def put(number: int) -> None:
        own = arrays[number]
        result[..., ends[number] - own.shape[-1] : ends[number]] = own

    in_threads(put, range(len(arrays)))
    return result


def sort(numbers: npt.NDArray[np.number[Any]]) -> None:
    """Sort numbers in place; as numpy's own, but many of them in threads.

    Examples
    --------
    >>> numbers = np.array([2, 3, 1])
    >>> sort(numbers)
    >>> numbers.tolist()
    [1, 2, 3]
    """
    _sort(numbers, _threads())


def _sort(numbers: npt.NDArray[np.number[Any]], threads: int) -> None:
    if len(numbers) <= 2 * AT_ONCE or threads == 1:
        numbers.sort()
        return
    # Halves of halves, for numpy is quick only where it parts numbers at one place.
    middle = len(numbers) // 2
    numbers.partition(middle)
    in_threads(lambda half: _sort(half, threads // 2), [numbers[:middle], numbers[middle:]])


def taken(
    values: npt.NDArray[Scalar],
    positions: npt.NDArray[np.integer[Any]],
    *,
    out: npt.NDArray[Scalar] | None = None,
) -> npt.NDArray[Scalar]:
    """Values at many positions; as ``values[positions]``, but in threads."""
    result = np.empty(len(positions), dtype=values.dtype) if out is None else out

    def take(part: slice) -> None:
        result[part] = values[positions[part]]

    in_threads(take, list(slices(len(positions))))
    return result
