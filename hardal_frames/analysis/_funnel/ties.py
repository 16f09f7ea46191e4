"""Attempts in which events at one instant may stand in whichever order helps.

An attempt is a walk from instant to instant; at each it fills some steps that follow one another,
a block. Which blocks an instant can fill is a matching of steps and events. What remains is to
find the walk: from the last step to the first, the earliest end that can be reached from each
instant, and from the start, step by step, the first event from which that end is in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hardal_frames.analysis._funnel.chains import chains, last_within
from hardal_frames.analysis._funnel.matching import (
    can_all_be_filled,
    step_sets,
    touching,
)
from hardal_frames.analysis._funnel.places import in_halves
from hardal_frames.analysis._funnel.range_minimum import NOTHING, RangeMinimum
from hardal_frames.analysis._parts import begins_of, lasts_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.analysis._funnel.places import Mask, Places, Table
    from hardal_frames.analysis._funnel.rules import Rules
    from hardal_frames.analysis._sequences import Integers


def chains_among_ties(places: Places, rules: Rules) -> Table:
    """Find the attempts of lanes, as places, -1 from where they fail."""
    lane_count = int(places.lanes.max(initial=-1)) + 1
    is_tied = places.last_of_instant != np.arange(len(places.lanes))
    has_ties = np.zeros(lane_count, dtype=bool)
    has_ties[places.lanes[is_tied]] = True
    tied = has_ties[places.lanes]
    found = [np.empty((0, len(places.fills)), dtype=np.int64)]
    # Without ties the feed's order is the only one.
    for mask, follow in ((~tied, chains), (tied, _walks)):
        if mask.any():
            own = follow(places.only(mask), rules)
            found.append(np.where(own >= 0, np.flatnonzero(mask)[own], -1))
    return np.concatenate(found)


def _walks(places: Places, rules: Rules) -> Table:
    halves = in_halves(places, rules, _walks)
    if halves is not None:
        return halves
    instants = _Instants.of(places, rules)
    step_count = len(places.fills)
    found = []
    open_lanes = np.ones(int(places.lanes.max()) + 1, dtype=bool)
    for depth in range(step_count, 0, -1):
        ends = _Ends(instants, depth)
        starts = np.flatnonzero(places.may_start & open_lanes[places.lanes])
        bound = np.full(len(starts), NOTHING - 1)
        if rules.within is not None:
            bound = places.times[starts] + rules.within
        counts = instants.counts[instants.of_place[starts]] - instants.touch[starts]
        in_time = ends.can_go_on(counts, instants.of_place[starts], 1, bound)
        starts, bound, counts = starts[in_time], bound[in_time], counts[in_time]
        first = begins_of(places.lanes[starts])
        starts, bound, counts = starts[first], bound[first], counts[first]
        open_lanes[places.lanes[starts]] = False
        attempts = np.full((len(starts), step_count), -1, dtype=np.int64)
        attempts[:, 0] = starts
        for step in range(1, depth):
            _fill(attempts, step, counts, bound, ends)
        found.append(attempts)
    return np.concatenate(found)


@dataclass(frozen=True)
class _Instants:
    """The instants at which places are, and what each can fill.

    Parameters
    ----------
    places
        The events.
    begins
        Place of the first event of each instant, and at the end the number of places.
    of_place
        Instant of each place.
    reach
        Last instant from which each may be followed by the next step.
    times
        Of each instant.
    touch
        One row a place, one column a set of steps: 1 if the event fills a step of the set.
    counts
        The same for instants: how many of its events do.
    """

    places: Places
    begins: Integers
    of_place: Integers
    reach: Integers
    times: Integers
    touch: npt.NDArray[np.int8]
    counts: Table

    @classmethod
    def of(cls, places: Places, rules: Rules) -> _Instants:
        """Find the instants of places."""
        last = places.last_of_instant
        firsts = begins_of(last)
        of_place = np.repeat(np.arange(len(firsts)), np.diff(np.append(firsts, len(last))))
        lanes, times = places.lanes[firsts], places.times[firsts]
        reach = lasts_of(lanes[1:] != lanes[:-1])
        if rules.step_within is not None:
            reach = last_within(times, reach, rules.step_within)
        touch = touching(step_sets(places.fills), len(places.fills))
        counts = np.add.reduceat(touch, firsts, axis=0, dtype=np.int64)
        begins = np.append(firsts, len(last))
        return cls(places, begins, of_place, reach, times, touch, counts)

    @cached_property
    def step_count(self) -> int:
        """How many steps the funnel has."""
        return len(self.places.fills)


class _Ends:
    """How early the last of so many steps can be reached.

    Parameters
    ----------
    instants
        The instants.
    depth
        How many steps the attempts have.
    """

    def __init__(self, instants: _Instants, depth: int) -> None:
        self.instants = instants
        self.depth = depth
        self.begin_with: dict[int, RangeMinimum] = {}
        self.after: dict[int, Integers] = {depth: instants.times}
        here = np.arange(len(instants.times))
        for step in range(depth - 1, 0, -1):
            earliest = self._earliest(instants.counts, here, step)
            self.begin_with[step] = RangeMinimum(earliest)
            # What follows a step is at a later instant; the same one is in the block already.
            self.after[step] = self.begin_with[step].smallest(here + 1, instants.reach + 1)

    def _earliest(self, counts: Table, here: Integers, step: int) -> Integers:
        """Earliest end when steps from the given one are filled from counts, then go on."""
        result = np.full(len(here), NOTHING)
        for stop in range(step, self.depth + 1):
            # While the table is made, what follows the step itself is not known and not asked for.
            if stop not in self.after:
                continue
            block = range(step, stop)
            possible = can_all_be_filled(counts, block, self.instants.step_count)
            ends = self.after[stop][here]
            result = np.where(possible, np.minimum(result, ends), result)
        return result

    def can_go_on(self, counts: Table, here: Integers, step: int, bound: Integers) -> Mask:
        """Whether the steps from the given one can follow in time, some of them at this instant.

        Parameters
        ----------
        counts
            One row a case: what is left of its instant to fill steps with.
        here
            The instant.
        step
            The first step that is still to be filled.
        bound
            Latest time of the last step.
        """
        return self._earliest(counts, here, step) <= bound


def _fill(attempts: Table, step: int, counts: Table, bound: Integers, ends: _Ends) -> None:
    """Give each attempt the first event with which a step can be filled and the rest goes on."""
    instants = ends.instants
    before = attempts[:, step - 1]
    cases = np.arange(len(attempts))
    left = _fill_here(
        attempts,
        step,
        cases,
        here=instants.of_place[before],
        counts=counts,
        bound=bound,
        ends=ends,
    )
    here = instants.of_place[before[left]]
    later = ends.begin_with[step].first_within(here + 1, instants.reach[here] + 1, bound[left])
    counts[left] = instants.counts[later]
    _fill_here(attempts, step, left, here=later, counts=counts, bound=bound, ends=ends)


def _fill_here(
    attempts: Table,
    step: int,
    cases: Integers,
    *,
    here: Integers,
    counts: Table,
    bound: Integers,
    ends: _Ends,
) -> Integers:
    """Try the events of one instant, one after the other; return the cases that none suits."""
    instants = ends.instants
    fills = instants.places.fills[step]
    place, end = instants.begins[here], instants.begins[here + 1]
    left = [np.empty(0, dtype=np.int64)]
    while len(cases):
        inside = place < end
        left.append(cases[~inside])
        cases, here, place, end = cases[inside], here[inside], place[inside], end[inside]
        rest = counts[cases] - instants.touch[place]
        fits = fills[place] & ~(attempts[cases] == place[:, np.newaxis]).any(axis=1)
        fits &= ends.can_go_on(rest, here, step + 1, bound[cases])
        attempts[cases[fits], step] = place[fits]
        counts[cases[fits]] = rest[fits]
        cases, here, place, end = cases[~fits], here[~fits], place[~fits] + 1, end[~fits]
    return np.concatenate(left)
