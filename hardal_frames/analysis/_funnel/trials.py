"""Attempts found by trying all: for the one case that has no better way.

Where events at one instant may stand in either order, and an event both fills a later step and is
excluded between others, what an attempt may still do depends on all that it did at its instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.analysis._funnel.chains import last_within
from hardal_frames.analysis._parts import begins_of
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from hardal_frames.analysis._funnel.places import Places, Table
    from hardal_frames.analysis._funnel.rules import Rules
    from hardal_frames.analysis._sequences import Integers

_MOST: Final = 20_000_000


def all_chains(places: Places, rules: Rules) -> Table:
    """Try every way through the steps; as places, -1 from where no step follows.

    Parameters
    ----------
    places
        The events, with the excluded ones as barriers.
    rules
        The rules.

    Raises
    ------
    InvalidInput
        If there are too many ways.
    """
    reach = places.last_of_lane
    if rules.within is not None:
        reach = last_within(places.times, reach, rules.within)
    step_reach = reach
    if rules.step_within is not None:
        step_reach = last_within(places.times, reach, rules.step_within)
    last = places.last_of_instant
    begins = begins_of(last)
    first = np.repeat(begins, np.diff(np.append(begins, len(last))))
    ways = np.full((int(places.may_start.sum()), len(places.fills)), -1, dtype=np.int64)
    ways[:, 0] = np.flatnonzero(places.may_start)
    found = [ways]
    for step in range(1, len(places.fills)):
        candidates = np.flatnonzero(places.fills[step])
        before = ways[:, step - 1]
        limit = np.minimum(step_reach[before], reach[ways[:, 0]])
        low = np.searchsorted(candidates, first[before])
        counts = np.maximum(np.searchsorted(candidates, limit, side="right") - low, 0)
        if counts.sum() > _MOST:
            raise InvalidInput(
                f"A name in exclude={list(rules.exclude)!r:.100} is a later step as well, and with "
                "ties='either' there are too many orders to try. Take it out of exclude, or use "
                "ties='feed'."
            )
        ways = np.repeat(ways, counts, axis=0)
        run = np.arange(len(ways)) - np.repeat(np.cumsum(counts) - counts, counts)
        ways[:, step] = candidates[np.repeat(low, counts) + run]
        ways = _distinct(places, _allowed(places, ways, step), step)
        found.append(ways)
    return np.concatenate(found)


def _allowed(places: Places, ways: Table, step: int) -> Table:
    here, before = ways[:, step], ways[:, step - 1]
    fresh = ~(ways[:, :step] == here[:, np.newaxis]).any(axis=1)
    one, other = places.positions[here], places.positions[before]
    high = np.searchsorted(places.barriers, np.maximum(one, other))
    low = np.searchsorted(places.barriers, np.minimum(one, other), side="right")
    return np.asarray(ways[fresh & (high <= low)])


def _distinct(places: Places, ways: Table, step: int) -> Table:
    """Of ways that can go on alike, the one whose steps come earliest."""
    current: Integers = places.last_of_instant[ways[:, step]]
    taken = ways[:, 1:step]
    same = places.last_of_instant[taken] == current[:, np.newaxis]
    here = np.sort(np.where(same, taken, -1), axis=1)
    alike = np.column_stack([ways[:, 0], ways[:, step], here])
    _, first = np.unique(alike, axis=0, return_index=True)
    return np.asarray(ways[np.sort(first)])
