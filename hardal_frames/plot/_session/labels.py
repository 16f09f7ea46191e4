"""Runs of events in a lane, and where their labels find room; no matplotlib here."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    _Places = list[tuple[float, int]]

GAP: Final = 5.0
"""Least space between two labels beside each other."""

_LEADER: Final = 2.0
_FEW: Final = 24
_ATTEMPTS: Final = 24
_HANG: Final = 3.0


@dataclass(frozen=True)
class Run:
    """Events of one name that follow each other in a lane, closely.

    Parameters
    ----------
    name
        Which name.
    events
        The places of the events.
    left, right
        Where the first and the last of them stand.
    """

    name: int
    events: tuple[int, ...]
    left: float
    right: float


@dataclass(frozen=True)
class Placed:
    """A label: its left edge, how many lines above the lane, and where its leader stands."""

    left: float
    level: int
    leader: float | None


def runs_of(
    name: Integers, at: Floats, lane: Integers, segment: Integers, *, near: float
) -> list[tuple[int, Run]]:
    """Group the events of each lane into runs.

    Parameters
    ----------
    name, at, lane, segment
        Of each event, in order: its name, its place, its lane, and how many idle gaps were before.
    near
        Events farther apart than this are labelled each.

    Returns
    -------
    list of (lane, Run)
        Lane after lane, from left to right.

    Examples
    --------
    >>> import numpy as np
    >>> found = runs_of(
    ...     np.array([0, 0, 1, 0]),
    ...     np.array([0.0, 9.0, 12.0, 15.0]),
    ...     np.array([0, 0, 0, 0]),
    ...     np.array([0, 0, 0, 0]),
    ...     near=10,
    ... )
    >>> [run.events for _, run in found]
    [(0, 1), (2,), (3,)]
    """
    order = np.argsort(lane, kind="stable")
    new = np.ones(len(order), dtype=np.bool_)
    before, after = order[:-1], order[1:]
    new[1:] = (
        (lane[before] != lane[after])
        | (name[before] != name[after])
        | (segment[before] != segment[after])
        | (at[after] - at[before] > near)
    )
    pieces = np.split(order, np.flatnonzero(new)[1:])
    return [
        (
            int(lane[piece[0]]),
            Run(
                int(name[piece[0]]),
                tuple(piece.tolist()),
                float(at[piece[0]]),
                float(at[piece[-1]]),
            ),
        )
        for piece in pieces
        if len(piece)
    ]


@dataclass
class _Lines:
    """What stands in the lines above a lane already."""

    labels: list[tuple[int, float, float]] = field(default_factory=list)
    leaders: list[tuple[int, float]] = field(default_factory=list)

    def takes(self, left: float, right: float, level: int, leader: float | None) -> bool:
        for other, begin, end in self.labels:
            if other == level and left < end + GAP and begin < right + GAP:
                return False
            met = leader is not None and begin - _LEADER < leader < end + _LEADER
            if met and other < level:
                return False
        crossed = any(
            other > level and left - _LEADER < place < right + _LEADER
            for other, place in self.leaders
        )
        return not crossed

    def add(self, left: float, right: float, level: int, leader: float | None) -> None:
        self.labels.append((level, left, right))
        if leader is not None:
            self.leaders.append((level, leader))


def place_labels(
    runs: Sequence[Run],
    widths: Sequence[float],
    *,
    low: float,
    high: float,
    levels: int,
    reach: float,
) -> list[Placed | None]:
    """Place the labels of one lane so that none lies on another one or on another's leader.

    A label stands right above its own dots only where no other's are below it; else a line leads
    down to its first dot. Of several ways to go about it, the one that leaves least out is taken.

    Parameters
    ----------
    runs
        The runs of the lane, from left to right.
    widths
        Of their labels.
    low, high
        The edges that labels stay within.
    levels
        How many lines there are above the lane.
    reach
        How far the dots of an event reach to each side.

    Returns
    -------
    list of Placed or None
        For each run where its label stands; None if it has no room.

    Examples
    --------
    >>> one, two = Run(0, (0,), 50.0, 50.0), Run(1, (1,), 60.0, 60.0)
    >>> place_labels([one, two], [40, 40], low=0, high=200, levels=2, reach=4)
    [Placed(left=47.0, level=1, leader=50.0), Placed(left=57.0, level=0, leader=None)]
    """
    hanging, leaning = _candidates(runs, widths, low=low, high=high, levels=levels, reach=reach)
    best: list[Placed | None] = []
    least = (len(runs) + 1, 0)
    for order, hangs in _ways(runs):
        placed = _placed_in(order, runs, widths, hanging if hangs else leaning)
        lost = _lost(runs, placed)
        if lost < least:
            best, least = placed, lost
        if not lost[1]:
            break
    return best


def _lost(runs: Sequence[Run], placed: Sequence[Placed | None]) -> tuple[int, int]:
    """How many names have no label at all, and how many runs have none."""
    pairs = list(zip(runs, placed, strict=True))
    labelled = {run.name for run, place in pairs if place is not None}
    return len({run.name for run in runs} - labelled), sum(place is None for _, place in pairs)


def _placed_in(
    order: Iterable[int],
    runs: Sequence[Run],
    widths: Sequence[float],
    candidates: Sequence[_Places],
) -> list[Placed | None]:
    """Place labels one after the other, each where the ones before leave room."""
    lines = _Lines()
    placed: list[Placed | None] = [None] * len(runs)
    for place in order:
        for left, level in candidates[place]:
            right = left + widths[place]
            leader = runs[place].left if level else None
            if lines.takes(left, right, level, leader):
                lines.add(left, right, level, leader)
                placed[place] = Placed(left, level, leader)
                break
    return placed


def _ways(runs: Sequence[Run]) -> Iterator[tuple[Sequence[int], bool]]:
    """Orders in which to place labels, and whether their leader is at their left end.

    From the right, hanging labels become steps that no leader crosses, and so do leaning ones from
    the left; where neither leaves room for all, chance may.
    """
    forward = range(len(runs))
    yield forward[::-1], True
    yield forward, False
    yield _by_need(runs), True
    if len(runs) > _FEW:
        return
    chance = random.Random(0)  # noqa: S311  (no secret depends on it)
    for attempt in range(_ATTEMPTS):
        yield chance.sample(forward, len(runs)), attempt % 2 == 0


def _by_need(runs: Sequence[Run]) -> list[int]:
    """Order of the runs: the first of each name, rare names before common ones, then the others."""
    events: dict[int, int] = {}
    for run in runs:
        events[run.name] = events.get(run.name, 0) + len(run.events)
    first: dict[int, int] = {}
    for place, run in enumerate(runs):
        first.setdefault(run.name, place)
    leading = sorted(first.values(), key=lambda place: (events[runs[place].name], place))
    return [*leading, *(place for place in range(len(runs)) if first[runs[place].name] != place)]


def _candidates(
    runs: Sequence[Run],
    widths: Sequence[float],
    *,
    low: float,
    high: float,
    levels: int,
    reach: float,
) -> tuple[list[_Places], list[_Places]]:
    """Places for each label, the best first; of those with a leader, hanging or leaning first."""
    begins = np.array([run.left for run in runs])
    ends = np.array([run.right for run in runs])
    width = np.array(widths, dtype=np.float64)
    hanging, leaning = begins - _HANG, begins + _HANG - width
    over = np.minimum(np.maximum((begins + ends) / 2 - width / 2, low), high - width)
    lefts = np.stack([over, hanging, leaning], axis=-1)
    rights = lefts + width[:, np.newaxis]
    inside = (low <= lefts) & (lefts <= (high - width)[:, np.newaxis])
    inside &= ((width <= high - low) & (levels > 0))[:, np.newaxis]
    # Of the dots below a label that has no leader, none may be another's.
    below = (begins - reach < rights[..., np.newaxis]) & (ends + reach > lefts[..., np.newaxis])
    alone = inside & (below.sum(axis=-1) <= 1)
    hanging_first, leaning_first = [], []
    for edges, fits, free in zip(lefts.tolist(), inside.tolist(), alone.tolist(), strict=True):
        above = [(edge, 0) for edge, may in zip(edges, free, strict=True) if may]
        hangs, leans = (
            [(edge, level) for level in range(1, levels) if may]
            for edge, may in zip(edges[1:], fits[1:], strict=True)
        )
        hanging_first.append([*above, *hangs, *leans])
        leaning_first.append([*above, *leans, *hangs])
    return hanging_first, leaning_first


def stacked(at: Floats, lane: Integers, name: Integers, *, near: float, most: int) -> Integers:
    """How far down each dot moves so that a dot of another name does not hide it.

    Parameters
    ----------
    at, lane, name
        Of each event, in order of time.
    near
        Dots closer than this hide each other.
    most
        The lowest place that there is.

    Returns
    -------
    ndarray of int64
        0 for dots on their lane, 1 for those below, and so on.

    Examples
    --------
    >>> import numpy as np
    >>> place, lane, name = np.array([5.0, 5.0, 5.0]), np.array([0, 0, 0]), np.array([0, 1, 0])
    >>> stacked(place, lane, name, near=3, most=2).tolist()
    [0, 1, 0]
    """
    down = np.zeros(len(at), dtype=np.int64)
    recent: dict[int, dict[int, tuple[float, int]]] = {}
    for event, (place, row, label) in enumerate(
        zip(at.tolist(), lane.tolist(), name.tolist(), strict=True)
    ):
        seen = recent.setdefault(row, {})
        taken = {level: other for level, (where, other) in seen.items() if place - where < near}
        own = next((level for level, other in taken.items() if other == label), None)
        free = next((level for level in range(most + 1) if level not in taken), most)
        level = free if own is None else own
        seen[level] = (place, label)
        down[event] = level
    return down
