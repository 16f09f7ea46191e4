"""How many walkers go from which event to which, step by step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.analysis._counts import merged, occurring
from hardal_frames.analysis._tally import Tally, labels_index

if TYPE_CHECKING:
    from hardal_frames.analysis._counts import Counted
    from hardal_frames.analysis._sequences import Integers, Sequences


ENDS: Final = -1
"""Stands for a target where the walker's events end."""

GOES_ON: Final = -2
"""Stands for a target where the walker goes on beyond the last step."""


def count_flows(
    states: Sequences, anchors: Integers | None, *, backwards: bool, steps: int
) -> Tally:
    """Count the walkers that go from one event to the next, by step and names.

    Parameters
    ----------
    states
        The events.
    anchors
        Ascending positions of the event with which each walker's flow begins, at most one a walker;
        None for its first event, or its last one backwards.
    backwards
        Whether the flow runs towards earlier events.
    steps
        How many steps it has.

    Returns
    -------
    Tally
        One row a flow that occurs: source, target, `ENDS` or `GOES_ON`, step from 1; sessions.
    """
    count = partial(_counted_part, anchors=anchors, backwards=backwards, steps=steps)
    names = len(states.labels)
    pairs = names * (names + 2)
    found, [sessions] = merged(states.map_parts(count), below=(steps + 1) * pairs)
    step, pair = np.divmod(found, pairs or 1)
    source, target = np.divmod(pair, names + 2)
    target = np.where(target < names, target, names - 1 - target)
    values = (labels_index(states.labels),) * 2
    return Tally(values, np.column_stack([source, target, step]), sessions[:, np.newaxis])


def _counted_part(
    part: Sequences, *, anchors: Integers | None, backwards: bool, steps: int
) -> Counted:
    """Step, source and target in one number, ascending, and how often each occurs."""
    if anchors is None:
        here = part.lasts if backwards else part.firsts
        ahead = part.lengths - 1
    else:
        ends = [part.offset, part.offset + len(part.times)]
        begin, end = np.searchsorted(anchors, ends)
        here = anchors[begin:end] - part.offset
        walkers = part.walkers_at(here)
        ahead = here - part.firsts[walkers] if backwards else part.lasts[walkers] - here
    names, move = len(part.labels), -1 if backwards else 1
    pairs = names * (names + 2)
    most = min(steps, int(ahead.max(initial=0)))
    ahead = np.minimum(ahead, most).astype(np.min_scalar_type(most))
    # Those that go on longest come first, so that those that still go on are the first so many.
    here = here[np.argsort(ahead, kind="stable")[::-1]]
    going_on = np.append(np.bincount(ahead)[::-1].cumsum()[::-1], 0)
    steps = min(steps, most + 1)
    below = (steps + 1) * pairs
    source = part.codes[here].astype(np.min_scalar_type(-below))
    found = np.empty(int(going_on[:steps].sum()), dtype=source.dtype)
    end = 0
    for step, going in enumerate(going_on[1 : steps + 1].tolist(), start=1):
        keys = found[end : end + len(source)]
        end += len(source)
        np.multiply(source, names + 2, out=keys)
        keys += names + step * pairs
        if step < steps:
            here = here[:going]
            here += move
            source = part.codes[here].astype(source.dtype)
            keys[:going] += source
            keys[:going] -= names
        else:
            keys[:going] += 1
    return occurring(found, below=below)
