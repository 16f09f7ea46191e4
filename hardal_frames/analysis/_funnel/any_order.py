"""Attempts whose steps come in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hardal_frames.analysis._funnel.chains import last_within
from hardal_frames.analysis._funnel.matching import most_filled, step_sets, touching
from hardal_frames.analysis._funnel.places import in_halves
from hardal_frames.analysis._parts import begins_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.analysis._funnel.places import Places, Table
    from hardal_frames.analysis._funnel.rules import Rules
    from hardal_frames.analysis._sequences import Integers


def sets_of_steps(places: Places, rules: Rules) -> Table:
    """Find for each lane the start from which most steps are done, and the events that do them.

    Parameters
    ----------
    places
        The events.
    rules
        The rules.

    Returns
    -------
    array
        One row a lane, one column a step: a place, or -1. The start is the first of them.
    """
    halves = in_halves(places, rules, sets_of_steps)
    if halves is not None:
        return halves
    step_count = len(places.fills)
    starts = np.flatnonzero(places.may_start)
    last = places.last_of_lane
    if rules.within is not None:
        last = last_within(places.times, last, rules.within)
    slots = _Slots(places, one_an_instant=rules.ties == "strict")
    counts = slots.counts(starts, last[starts])
    depths = most_filled(counts, range(step_count), step_count)
    best = _first_of_deepest(places.lanes[starts], depths)
    starts, counts, depths = starts[best], counts[best], depths[best]
    attempts = np.full((len(starts), step_count), -1, dtype=np.int64)
    for step in range(step_count):
        chosen = slots.earliest(
            step,
            starts=starts,
            last=last[starts],
            counts=counts,
            depths=depths,
            used=attempts[:, :step],
        )
        attempts[:, step] = chosen
        done = chosen >= 0
        counts[done] -= slots.touch(starts[done], chosen[done])
        depths = depths - done
    return attempts


def _first_of_deepest(lanes: Integers, depths: Integers) -> Integers:
    order = np.lexsort((np.arange(len(lanes)), -depths, lanes))
    return order[begins_of(lanes[order])]


class _Slots:
    """What can fill one step each: an event, or where ties must not count an instant.

    Parameters
    ----------
    places
        The events.
    one_an_instant
        Whether events at one instant can fill one step only.
    """

    def __init__(self, places: Places, *, one_an_instant: bool) -> None:
        self.places = places
        self.step_count = len(places.fills)
        self.sets = step_sets(places.fills)
        count = len(places.lanes)
        self.slot = np.arange(count)
        if one_an_instant:
            new = places.last_of_instant[:-1] != places.last_of_instant[1:]
            self.slot = np.append(0, np.cumsum(new))[:count]
        begins = begins_of(self.slot)
        self.slot_sets = np.bitwise_or.reduceat(self.sets, begins) if count else self.sets
        touched = np.cumsum(touching(self.slot_sets, self.step_count), axis=0, dtype=np.int64)
        nothing = np.zeros((1, 1 << self.step_count), dtype=np.int64)
        self.touched_before = np.concatenate([nothing, touched])

    def counts(self, starts: Integers, last: Integers) -> Table:
        """For each start and set of steps, how many slots of its attempt fill a step of the set."""
        after = (
            self.touched_before[self.slot[last] + 1] - self.touched_before[self.slot[starts] + 1]
        )
        # Of the start's own slot, the start and no other event is part of the attempt.
        return np.asarray(after + touching(self.sets[starts], self.step_count))

    def touch(self, starts: Integers, chosen: Integers) -> npt.NDArray[np.int8]:
        """For each set of steps, whether the slot of the chosen event fills a step of it."""
        own = np.where(chosen == starts, self.sets[chosen], self.slot_sets[self.slot[chosen]])
        return touching(own, self.step_count)

    def earliest(
        self,
        step: int,
        *,
        starts: Integers,
        last: Integers,
        counts: Table,
        depths: Integers,
        used: Table,
    ) -> Integers:
        """First event with which a step can be filled and as many of the later ones as must be."""
        candidates = np.flatnonzero(self.places.fills[step])
        later = range(step + 1, self.step_count)
        at = np.searchsorted(candidates, starts)
        chosen = np.full(len(starts), -1, dtype=np.int64)
        searching = np.arange(len(starts))
        while True:
            searching = searching[at[searching] < len(candidates)]
            here = candidates[at[searching]]
            inside = here <= last[searching]
            searching, here = searching[inside], here[inside]
            if not len(searching):
                return chosen
            begin = starts[searching]
            # Events in the start's slot are no part of the attempt, and each slot fills one step.
            free = (here == begin) | (self.slot[here] != self.slot[begin])
            for taken in used[searching].T:
                free &= (taken < 0) | (self.slot[taken] != self.slot[here])
            rest = counts[searching] - self.touch(begin, here)
            enough = most_filled(rest, later, self.step_count) >= depths[searching] - 1
            fits = free & enough
            chosen[searching[fits]] = here[fits]
            searching = searching[~fits]
            at[searching] += 1
