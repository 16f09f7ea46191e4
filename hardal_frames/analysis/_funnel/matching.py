"""Whether steps can be filled by events, each event filling at most one.

By Hall's theorem (1935) that is so if every set of steps finds at least as many events as it has
steps; and what is lacking at most is how many steps stay unfilled (König 1931). Sets of steps are
numbers whose bits are the steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.analysis._funnel.places import Mask

    Integers = npt.NDArray[np.int64]
    Table = npt.NDArray[np.int64]


def step_sets(fills: Mask) -> Integers:
    """Set of the steps that each event fills, from one row a step.

    Examples
    --------
    >>> step_sets(np.array([[True, False], [True, True]])).tolist()
    [3, 2]
    """
    bits = 1 << np.arange(len(fills), dtype=np.int64)
    return np.asarray((fills * bits[:, np.newaxis]).sum(axis=0), dtype=np.int64)


def touching(sets: Integers, step_count: int) -> npt.NDArray[np.int8]:
    """For each event and each set of steps, 1 if the event fills a step of the set."""
    every = np.arange(1 << step_count)
    return np.asarray((sets[:, np.newaxis] & every) != 0, dtype=np.int8)


def sizes(step_count: int) -> Integers:
    """How many steps each set has.

    Examples
    --------
    >>> sizes(2).tolist()
    [0, 1, 1, 2]
    """
    every = np.arange(1 << step_count)
    return ((every[:, np.newaxis] >> np.arange(step_count)) & 1).sum(axis=1)


def inside(steps: range, step_count: int) -> Integers:
    """Find the sets that hold none but the given steps.

    Examples
    --------
    >>> inside(range(1, 3), 3).tolist()
    [0, 2, 4, 6]
    """
    allowed = sum(1 << step for step in steps)
    every = np.arange(1 << step_count)
    return np.asarray(every[(every & ~allowed) == 0])


def can_all_be_filled(counts: Table, steps: range, step_count: int) -> Mask:
    """Whether all of the steps can be filled.

    Parameters
    ----------
    counts
        One row a case, one column a set of steps: how many events fill a step of the set.
    steps
        Those to fill.
    step_count
        How many steps there are in all.
    """
    sets = inside(steps, step_count)
    return np.asarray((counts[:, sets] >= sizes(step_count)[sets]).all(axis=1))


def most_filled(counts: Table, steps: range, step_count: int) -> Integers:
    """How many of the steps can be filled at most; the parameters as above."""
    sets = inside(steps, step_count)
    lacking = (sizes(step_count)[sets] - counts[:, sets]).max(axis=1)
    return len(steps) - lacking
