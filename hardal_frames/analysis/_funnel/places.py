"""The events that can fill a step of a funnel, and who competes with whom for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hardal_frames.analysis._encoding import codes_of
from hardal_frames.analysis._parts import begins_of, lasts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from hardal_frames.analysis._funnel.rules import Rules
    from hardal_frames.analysis._sequences import Integers, Sequences

    Mask = npt.NDArray[np.bool_]
    Table = npt.NDArray[np.int64]

MOST_COUNTS: Final = 1 << 22
"""So many counts, one an event and set of steps, are held at once, unless one lane has more."""


@dataclass(frozen=True)
class Places:
    """Events that fill a step, by lane and position.

    A lane is what one attempt stays in: a walker, or less of it where values are held or
    excluded events cut it.

    Parameters
    ----------
    positions, walkers, lanes, times
        Of each event: its position among all events of the part, its walker, its lane (ascending),
        its instant.
    fills
        One row a step: which of the events fill it.
    may_start
        Which of them may start an attempt.
    barriers
        Ascending positions of excluded events that do not cut lanes.
    is_all
        Whether these are all events of the part, each one's place its position.
    """

    positions: Integers
    walkers: Integers
    lanes: Integers
    times: Integers
    fills: Mask
    may_start: Mask
    barriers: Integers
    is_all: bool = False

    @cached_property
    def last_of_lane(self) -> Integers:
        """Place of the last event in each event's lane."""
        return lasts_of(self.lanes[1:] != self.lanes[:-1])

    @cached_property
    def last_of_instant(self) -> Integers:
        """Place of the last event in each event's lane and instant."""
        other_lane = self.lanes[1:] != self.lanes[:-1]
        return lasts_of(other_lane | (self.times[1:] != self.times[:-1]))

    def positions_at(self, found: Table) -> Table:
        """Positions of places, which may be the same array; -1 stays."""
        # The last one is that of -1.
        return found if self.is_all else np.append(self.positions, -1)[found]

    def only(self, mask: Mask) -> Places:
        """Choose some of the events."""
        return Places(
            self.positions[mask],
            self.walkers[mask],
            self.lanes[mask],
            self.times[mask],
            self.fills[:, mask],
            self.may_start[mask],
            self.barriers,
        )


def in_halves(
    places: Places, rules: Rules, follow: Callable[[Places, Rules], Table]
) -> Table | None:
    """Follow the one half of the lanes and then the other; None if all can be followed at once.

    Parameters
    ----------
    places, rules
        What to follow.
    follow
        Finds attempts, as places, and holds a count for each event and set of steps.
    """
    if len(places.lanes) << len(places.fills) <= MOST_COUNTS:
        return None
    half = int(np.searchsorted(places.lanes, places.lanes[len(places.lanes) // 2]))
    if not half:
        return None
    is_early = np.arange(len(places.lanes)) < half
    early, late = (follow(places.only(mask), rules) for mask in (is_early, ~is_early))
    return np.concatenate([early, np.where(late >= 0, late + half, -1)])


def places_of(
    part: Sequences, marks: Mask, excluded: Mask | None, rules: Rules, *, cut: bool
) -> Places:
    """Find the events that can fill a step.

    Parameters
    ----------
    part
        Events of whole walkers.
    marks
        One row a step: which events fill it.
    excluded
        Which events end an attempt, if any do.
    rules
        How steps make an attempt.
    cut
        Whether excluded events cut lanes; otherwise they are barriers.
    """
    positions = np.flatnonzero(any_of(marks))
    held = held_codes(part, positions, rules)
    if held is not None:
        positions, held = positions[held >= 0], held[held >= 0]
    barriers = np.empty(0, dtype=np.int64) if excluded is None else np.flatnonzero(excluded)
    is_cut = cut and len(barriers) > 0
    section = None
    if is_cut:
        section = np.searchsorted(barriers, positions)
        # An excluded event that is the first step begins what follows it, and ends what is before.
        twice = excluded[positions] if excluded is not None else np.empty(0, dtype=bool)
        positions = np.concatenate([positions, positions[twice]])
        held = None if held is None else np.concatenate([held, held[twice]])
        section = np.concatenate([section, section[twice] + 1])
    is_split = is_cut or held is not None
    # Where lanes are split, as many positions as there are events may be others than theirs.
    is_all = not is_split and len(positions) == len(part.times)
    walkers = part.walkers if is_all else part.walkers_at(positions)
    lanes = walkers
    if is_split:
        keys = [walkers, *(each for each in (section, held) if each is not None)]
        order = np.lexsort([positions, *keys[::-1]])
        positions, walkers = positions[order], walkers[order]
        changes = np.zeros(max(len(positions) - 1, 0), dtype=bool)
        for values in keys:
            ordered = values[order]
            changes |= ordered[1:] != ordered[:-1]
        lanes = np.append(0, np.cumsum(changes))[: len(positions)]
    fills = marks if is_all else marks.take(positions, axis=1)
    return Places(
        positions,
        walkers,
        lanes,
        part.times if is_all else part.times[positions],
        fills,
        _starts(positions, walkers, fills, rules, part.walker_count),
        np.empty(0, dtype=np.int64) if cut else barriers,
        is_all,
    )


def any_of(marks: Mask) -> Mask:
    """Which events fill any of the steps; one row a step."""
    found: Mask = marks[0].copy()
    for each in marks[1:]:
        found |= each
    return found


def held_codes(part: Sequences, positions: Integers, rules: Rules) -> Integers | None:
    """Code of what is held at each of some events, -1 where a value is missing; None if nothing."""
    if not rules.hold:
        return None
    held = np.zeros(len(positions), dtype=np.int64)
    missing = np.zeros(len(positions), dtype=bool)
    for column in rules.hold:
        codes = codes_of(pd.Series(part.column(column, positions), name=column))
        missing |= codes < 0
        # Combined pairs are numbered anew, so that they never outgrow an integer.
        pairs = held * (codes.max(initial=0) + 1) + np.maximum(codes, 0)
        held = np.unique(pairs, return_inverse=True)[1].reshape(-1)
    held[missing] = -1
    return held


def _starts(
    positions: Integers, walkers: Integers, fills: Mask, rules: Rules, walker_count: int
) -> Mask:
    begins = any_of(fills) if rules.order == "any" else fills[0].copy()
    if rules.entry == "best":
        return begins
    first = np.full(walker_count, np.iinfo(np.int64).max)
    np.minimum.at(first, walkers[begins], positions[begins])
    return np.asarray(begins & (positions == first[walkers]))


def best_of_each(
    walkers: Integers, attempts: Table, starts: Integers, positions: Integers | None = None
) -> Integers:
    """Row of the attempt that is reported for each walker, by walker.

    The deepest; of equally deep ones the one that starts earliest; then the one whose steps come
    earliest, compared in order.

    Parameters
    ----------
    walkers
        Walker of each attempt.
    attempts
        One row an attempt, one column a step: a position, or -1.
    starts
        Position at which each begins.
    positions
        If the attempts are told by place: the position of each place.
    """
    depths = reached_steps(attempts)
    if np.all(starts[1:] > starts[:-1]):
        return _deepest(walkers, depths)
    none = np.iinfo(np.int64).max
    candidates = np.arange(len(walkers))
    size = int(walkers.max(initial=-1)) + 1
    for values, reduce, worst in ((depths, np.maximum, -1), (starts, np.minimum, none)):
        best = np.full(size, worst)
        reduce.at(best, walkers[candidates], values[candidates])
        candidates = candidates[values[candidates] == best[walkers[candidates]]]
    rest = attempts[candidates]
    rest = np.where(rest < 0, none, rest if positions is None else positions[rest])
    order = np.lexsort([*rest.T[::-1], walkers[candidates]])
    candidates = candidates[order]
    return candidates[begins_of(walkers[candidates])]


def reached_steps(attempts: Table) -> Integers:
    """How many steps each attempt reached."""
    reached = np.zeros(len(attempts), dtype=np.int16)
    for column in attempts.T:
        reached += column >= 0
    return reached.astype(np.int64)


def _deepest(walkers: Integers, depths: Integers) -> Integers:
    """First of the deepest attempts of each walker, where attempts ascend."""
    begins = begins_of(walkers)
    if not len(begins):
        return begins
    # The deeper is the greater, and of equally deep ones the earlier.
    count = len(depths)
    ranks = depths * count - np.arange(count)
    return -np.maximum.reduceat(ranks, begins) % count
