"""A large frame counted in blocks of whole walkers, where each walker's rows stand together.

A block goes through all of an analysis while the next one goes through it beside: nobody waits
between two steps, and what a step leaves for the next is a small part of what the whole frame
would leave. That no walker is in two blocks is proven when all are counted. Where that fails the
frame is counted as a whole.
"""

from __future__ import annotations

from itertools import pairwise
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pandas as pd

from hardal_frames.analysis._encoding import as_arrow_text, decoded
from hardal_frames.analysis._parts import AT_ONCE, in_threads, one_thread, thread_count
from hardal_frames.analysis._runs import RunsApart, marks_noted, runs_of
from hardal_frames.errors import HardalError, warnings_kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardal_frames.analysis._runs import Marks

    Part = TypeVar("Part")
    Block = tuple[int, int]

_OF_EACH_THREAD: Final = 3
_SAMPLE: Final = 1 << 12
_NEAR: Final = 1 << 8


def counted_in_blocks(
    events: pd.DataFrame, key: str, count: Callable[[pd.DataFrame], Part]
) -> list[Part]:
    """Count a frame: in blocks of whole walkers if that is of use, or all at once.

    Parameters
    ----------
    events
        The frame.
    key
        Column that names the walker.
    count
        Counts events; must put them in order by `sequences_of`.

    Returns
    -------
    list
        What was counted of each block, one at least.
    """
    blocks = _blocks(events, key)
    parts = None if blocks is None else _counted(events, blocks, count)
    return [count(events)] if parts is None else parts


def _counted(
    events: pd.DataFrame, blocks: list[Block], count: Callable[[pd.DataFrame], Part]
) -> list[Part] | None:
    """Count each block; None if they are not proven to be of different walkers."""
    given_up = Event()

    def counted(block: Block) -> tuple[Part, list[Marks]] | None:
        if given_up.is_set():
            return None
        try:
            with one_thread(), marks_noted() as marks, warnings_kept() as said:
                part = count(events.iloc[slice(*block)])
        except (RunsApart, HardalError):
            given_up.set()  # whatever is to be said is said of the whole frame
            return None
        if said:
            given_up.set()
        return part, marks

    found = in_threads(counted, blocks)
    if given_up.is_set():
        return None
    parts = [each for each in found if each is not None]
    return [part for part, _ in parts] if _are_apart([marks for _, marks in parts]) else None


def _are_apart(marks_of_blocks: list[list[Marks]]) -> bool:
    """Whether no two blocks share a mark: then they share no walker."""
    if not all(marks_of_blocks):
        return False
    own = [np.unique(np.concatenate(each)) if each[1:] else each[0] for each in marks_of_blocks]

    # Each thread looks at the marks between two bounds.
    longest, threads = max(own, key=len), thread_count()
    bounds = longest[len(longest) * np.arange(1, threads) // threads] if len(longest) else longest
    ends = [[0, *np.searchsorted(each, bounds).tolist(), len(each)] for each in own]

    def share_none(number: int) -> bool:
        slices = [slice(*each[number : number + 2]) for each in ends]
        some = np.concatenate([each[part] for each, part in zip(own, slices, strict=True)])
        some.sort()
        return not np.any(some[1:] == some[:-1])

    return all(in_threads(share_none, range(len(bounds) + 1)))


def _blocks(events: pd.DataFrame, key: str) -> list[Block] | None:
    """First row of each block and the one after its last; None if blocks are of no use."""
    threads = thread_count()
    count = min(_OF_EACH_THREAD, len(events) // (2 * AT_ONCE * threads)) * threads
    names = list(events.columns)
    if not count or names.count(key) != 1:
        return None
    walkers = decoded(events[key])
    is_quick = as_arrow_text(walkers) is not None or isinstance(walkers.dtype, pd.CategoricalDtype)
    if not is_quick or not _stand_together(walkers.iloc[:_SAMPLE]):
        return None
    cuts = {_begin_from(walkers, len(events) * number // count) for number in range(1, count)}
    ends = sorted(cuts | {0, len(events)})
    return list(pairwise(ends))


def _stand_together(walkers: pd.Series[Any]) -> bool:
    try:
        with marks_noted():
            runs = runs_of(walkers)
            return runs is not None and runs.are_distinct()
    except RunsApart:
        return False


def _begin_from(walkers: pd.Series[Any], row: int) -> int:
    """First row, from one on, that is of another walker than the one before it."""
    seen = _NEAR
    while row < len(walkers):
        values = walkers.iloc[row - 1 : row + seen]
        differ = np.flatnonzero((values != values.iloc[0]).to_numpy(dtype=bool, na_value=True))
        if len(differ):
            return row - 1 + int(differ[0])
        row, seen = row + seen, 4 * seen
    return len(walkers)
