"""Attempts whose steps come one after the other in the feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hardal_frames.analysis._funnel.range_minimum import NOTHING, RangeMinimum
from hardal_frames.analysis._parts import begins_of, counted_up_to

if TYPE_CHECKING:
    from hardal_frames.analysis._funnel.places import Mask, Places, Table
    from hardal_frames.analysis._funnel.rules import Rules
    from hardal_frames.analysis._sequences import Integers, Sequences


def chains(places: Places, rules: Rules) -> Table:
    """Find the reported attempt of each lane; as places, -1 from where it fails.

    Taking the next event of each step leads as deep as anything can, and earliest, unless the time
    since the step before is limited or an event both is a step and bars the way: then the next
    event may be the wrong one, and all are considered.
    """
    after = places.last_of_instant if rules.ties == "strict" else None
    if rules.step_within is None and not _any_barrier_is_step(places):
        return _next_of_each(places, after, rules)
    if after is None:
        after = np.arange(len(places.lanes))
    steps = [np.flatnonzero(fills) for fills in places.fills]
    return _searched(places, steps, after, _reach(places, rules), rules)


def _any_barrier_is_step(places: Places) -> bool:
    if not len(places.barriers):
        return False
    later = places.positions[places.fills[1:].any(axis=0)]
    return bool(np.isin(later, places.barriers).any())


def _reach(places: Places, rules: Rules) -> Integers:
    """Last place from which each event may be followed by the next step."""
    reach = places.last_of_lane
    if rules.step_within is not None:
        reach = last_within(places.times, reach, rules.step_within)
    if len(places.barriers):
        none = NOTHING
        nearest = np.append(places.barriers, none)[
            np.searchsorted(places.barriers, places.positions, side="right")
        ]
        reach = _last_at_most(places.positions, reach, nearest)
    return reach


def last_within(times: Integers, last: Integers, longest: int) -> Integers:
    """Last place not after ``last`` whose time is at most so much later, for each place."""
    return _last_at_most(times, last, times + longest)


def _last_at_most(values: Integers, last: Integers, bound: Integers) -> Integers:
    """Last place up to ``last`` whose value is at most the bound; values ascend up to there."""
    low, high = np.arange(len(values)), last.copy()
    while np.any(low < high):
        middle = (low + high + 1) // 2
        fits = values[middle] <= bound
        low = np.where(fits, middle, low)
        high = np.where(fits, high, middle - 1)
    return low


def _next_of_each(places: Places, after: Integers | None, rules: Rules) -> Table:
    starts = np.flatnonzero(places.may_start)
    lanes = places.lanes.take(starts)
    if rules.within is None and not len(places.barriers):
        # Nothing that a later start of a lane could do is out of reach of the first one.
        firsts = begins_of(lanes)
        starts, lanes = starts.take(firsts), lanes.take(firsts)
    reach = _reach(places, rules) if len(places.barriers) else None
    steps = [_Reached(np.arange(len(starts)), lanes, starts)]
    for fills in places.fills[1:]:
        before = steps[-1]
        candidates = np.flatnonzero(fills)
        lane_of_candidate = np.append(places.lanes.take(candidates), -1)
        # So many of the candidates come before, or there.
        passed = counted_up_to(fills).take(before.at if after is None else after.take(before.at))
        there = np.flatnonzero(lane_of_candidate.take(passed) == before.lanes)
        numbers, at = before.numbers.take(there), candidates.take(passed.take(there))
        inside = np.ones(len(there), dtype=bool)
        if reach is not None:
            inside &= at <= reach.take(before.at.take(there))
        if rules.within is not None:
            inside &= (
                places.times.take(at) - places.times.take(starts.take(numbers)) <= rules.within
            )
        chosen = np.flatnonzero(inside)
        there = there.take(chosen)
        steps.append(_Reached(numbers.take(chosen), before.lanes.take(there), at.take(chosen)))
    return _deepest_of_lanes(steps)


class _Reached(NamedTuple):
    """Attempts that reached a step: their numbers, their lanes, and at which place each did."""

    numbers: Integers
    lanes: Integers
    at: Integers


def _deepest_of_lanes(steps: list[_Reached]) -> Table:
    """Of the attempts of each lane the deepest, and of equally deep ones the first."""
    deepest = np.full(int(steps[0].lanes.max(initial=-1)) + 1, -1)
    for reached in steps:
        firsts = begins_of(reached.lanes)
        deepest[reached.lanes.take(firsts)] = reached.numbers.take(firsts)
    row = counted_up_to(deepest >= 0) - 1
    attempts = np.full((len(steps), int(row[-1]) + 1 if len(row) else 0), -1, dtype=np.int64)
    for column, reached in zip(attempts, steps, strict=True):
        reported = np.flatnonzero(deepest.take(reached.lanes) == reached.numbers)
        column[row.take(reached.lanes.take(reported))] = reached.at.take(reported)
    return attempts.T


def _searched(
    places: Places, steps: list[Integers], after: Integers, reach: Integers, rules: Rules
) -> Table:
    """Find the reported attempt of each lane among all there are."""
    found = [np.empty((0, len(steps)), dtype=np.int64)]
    open_lanes = np.ones(int(places.lanes.max(initial=-1)) + 1, dtype=bool)
    for depth in range(len(steps), 0, -1):
        ends = _earliest_ends(places, steps[:depth], after, reach)
        starts = steps[0]
        longest = NOTHING if rules.within is None else rules.within
        in_time = ends[0].levels[0] < NOTHING
        in_time &= ends[0].levels[0] - places.times[starts] <= longest
        starts = starts[in_time & places.may_start[starts] & open_lanes[places.lanes[starts]]]
        starts = starts[begins_of(places.lanes[starts])]
        open_lanes[places.lanes[starts]] = False
        attempts = np.full((len(starts), len(steps)), -1, dtype=np.int64)
        attempts[:, 0] = starts
        bound = np.full(len(starts), NOTHING - 1)
        if rules.within is not None:
            bound = places.times[starts] + rules.within
        for number in range(1, depth):
            current = attempts[:, number - 1]
            begin, end = _candidates(steps[number], after[current], reach[current])
            attempts[:, number] = steps[number][ends[number].first_within(begin, end, bound)]
        found.append(attempts)
    return np.concatenate(found)


def _earliest_ends(
    places: Places, steps: list[Integers], after: Integers, reach: Integers
) -> list[RangeMinimum]:
    """For each event of each step, the earliest time at which the last step can be reached."""
    ends = [RangeMinimum(places.times[steps[-1]])]
    for number in range(len(steps) - 2, -1, -1):
        current = steps[number]
        begin, end = _candidates(steps[number + 1], after[current], reach[current])
        ends.append(RangeMinimum(ends[-1].smallest(begin, end)))
    return ends[::-1]


def _candidates(step: Integers, after: Integers, last: Integers) -> tuple[Integers, Integers]:
    """Where among the events of a step those later than one place and up to another stand."""
    begin = np.searchsorted(step, after, side="right")
    return begin, np.maximum(begin, np.searchsorted(step, last, side="right"))


def unbroken_chains(part: Sequences, marks: Mask, rules: Rules, held: Integers | None) -> Table:
    """Follow every start through events that directly follow one another; as positions.

    Where equal instants may stand in either order, the events may also run backwards; an attempt
    cannot turn, for it would meet itself.
    """
    begins = np.flatnonzero(marks[0] if held is None else marks[0] & (held >= 0))
    walkers = part.walkers_at(begins)
    if rules.entry == "first":
        firsts = begins_of(walkers)
        begins, walkers = begins[firsts], walkers[firsts]
    first, last = part.firsts[walkers], part.lasts[walkers]
    directions = (1, -1) if rules.ties == "either" else (1,)
    found = []
    for direction in directions:
        attempts = np.full((len(begins), len(marks)), -1, dtype=np.int64)
        attempts[:, 0] = begins
        alive = np.arange(len(begins))
        for number in range(1, len(marks)):
            before = attempts[alive, number - 1]
            here = before + direction
            inside = (here >= first[alive]) & (here <= last[alive])
            alive, before, here = alive[inside], before[inside], here[inside]
            gap = part.times[here] - part.times[before]
            fits = marks[number, here] & (gap >= (1 if rules.ties == "strict" else 0))
            if rules.step_within is not None:
                fits &= gap <= rules.step_within
            if rules.within is not None:
                fits &= part.times[here] - part.times[begins[alive]] <= rules.within
            if held is not None:
                fits &= held[here] == held[before]
            alive, here = alive[fits], here[fits]
            attempts[alive, number] = here
        found.append(attempts)
    return np.concatenate(found)
