"""The time axis of a session chart: idle gaps squeezed, and its ticks; no matplotlib here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_IDLE_FROM: Final = 60.0
_TIMES_USUAL: Final = 12.0
_PART_OF_ACTIVE: Final = 0.15
_LEAST_PART: Final = 0.04
_BREAK: Final = 24.0
_BREAKS: Final = 0.4
_EDGE: Final = 0.28
_ORDER_PITCH: Final = 60.0
_TICK_ROOM: Final = 2.4
_TICK_GAP: Final = 8.0

_SECOND, _MINUTE, _HOUR, _DAY = 1, 60, 3_600, 86_400
_STEPS: Final = (
    *(unit * part for unit in (0.001, 0.01, 0.1) for part in (1, 2, 5)),
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * part for part in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * part for part in (1, 2, 3, 6, 12)),
    *(_DAY * part for part in (1, 2, 7, 14, 28, 56, 112, 364, 1_820, 18_200)),
)


@dataclass(frozen=True)
class Break:
    """A squeezed gap: from where to where, and the seconds that it lasts."""

    left: float
    right: float
    seconds: float


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """Where instants stand, in points.

    Parameters
    ----------
    places
        Of the events.
    breaks
        The squeezed gaps.
    ticks
        Places and texts.
    """

    places: Floats
    breaks: tuple[Break, ...]
    ticks: tuple[tuple[float, str], ...]


def idle_gaps(elapsed: Floats) -> NDArray[np.bool_]:
    """Find the gaps between events that would leave the rest of the axis no room.

    Parameters
    ----------
    elapsed
        Seconds of the events, ascending.

    Returns
    -------
    ndarray of bool
        For each event but the last whether the gap after it is long: a minute at least, far
        longer than usual, and a good part of all the time that is not idle.

    Examples
    --------
    >>> idle_gaps(np.array([0.0, 20.0, 50.0, 3_000.0, 3_010.0])).tolist()
    [False, False, True, False]
    >>> idle_gaps(np.array([0.0, 3_000.0, 6_000.0])).tolist()
    [False, False]
    """
    gaps = np.diff(elapsed)
    positive = np.sort(gaps[gaps > 0])
    if not len(positive):
        return np.zeros(len(gaps), dtype=np.bool_)
    usual = positive[(len(positive) - 1) // 2]
    idle = gaps >= max(_IDLE_FROM, _TIMES_USUAL * usual)
    idle &= gaps >= _PART_OF_ACTIVE * gaps[~idle].sum()
    # What is not idle adds up, and a gap that is short beside it would be stretched.
    while True:
        long = idle & (gaps >= _LEAST_PART * gaps[~idle].sum())
        if (long == idle).all():
            return np.asarray(idle)
        idle = long


def time_axis(
    elapsed: Floats,
    idle: NDArray[np.bool_],
    *,
    left: float,
    right: float,
    most: float,
    width_of: Callable[[str], float],
) -> TimeAxis:
    """Place events between two edges, idle gaps squeezed.

    Parameters
    ----------
    elapsed
        Seconds of the events, ascending from 0.
    idle
        What `idle_gaps` says of them.
    left, right
        Where the first and the last event stand.
    most
        Where the text of a tick must end.
    width_of
        Measures the text of a tick.

    Returns
    -------
    TimeAxis
        Events of a single instant stand beside each other in their order, without ticks.

    Examples
    --------
    >>> axis = time_axis(
    ...     np.array([0.0, 20.0, 60.0]),
    ...     np.array([False, False]),
    ...     left=0,
    ...     right=300,
    ...     most=330,
    ...     width_of=lambda text: 15.0 * len(text),
    ... )
    >>> axis.places.tolist(), axis.ticks
    ([0.0, 100.0, 300.0], ((0.0, '0'), (150.0, '30s'), (300.0, '1m')))
    """
    length = max(right - left, 1.0)
    if not elapsed[-1]:
        pitch = min(length / max(len(elapsed) - 1, 1), _ORDER_PITCH)
        return TimeAxis(left + pitch * np.arange(len(elapsed), dtype=np.float64), (), ())
    gaps = np.diff(elapsed)
    squeezed = min(_BREAK, _BREAKS * length / max(int(idle.sum()), 1))
    scale = (length - squeezed * idle.sum()) / gaps[~idle].sum()
    steps = np.where(idle, squeezed, gaps * scale)
    at = left + np.append(0.0, np.cumsum(steps))
    edge = _EDGE * squeezed
    breaks = [
        Break(float(at[place] + edge), float(at[place + 1] - edge), float(gaps[place]))
        for place in np.flatnonzero(idle).tolist()
    ]
    ticks = _ticks(elapsed, at, idle, scale=scale, most=most, width_of=width_of)
    return TimeAxis(at, tuple(breaks), tuple(ticks))


def _ticks(
    elapsed: Floats,
    at: Floats,
    idle: NDArray[np.bool_],
    *,
    scale: float,
    most: float,
    width_of: Callable[[str], float],
) -> list[tuple[float, str]]:
    """Mark the start, where events go on after a gap, and round times where there is room."""
    taken: list[tuple[float, float]] = []
    ticks: list[tuple[float, str]] = []

    def mark(place: float, text: str) -> None:
        half = width_of(text) / 2
        low, high = place - half - _TICK_GAP, place + half + _TICK_GAP
        # The text of the first tick may begin left of it, where the names of the lanes are.
        if high - _TICK_GAP > most or text in (said for _, said in ticks):
            return
        if any(low < end and begin < high for begin, end in taken):
            return
        taken.append((place - half, place + half))
        ticks.append((place, text))

    mark(float(at[0]), "0")
    begins = np.append(0, np.flatnonzero(idle) + 1)
    ends = np.append(np.flatnonzero(idle), len(at) - 1)
    for begin in begins[1:].tolist():
        seconds = float(elapsed[begin])
        unit = _SECOND if seconds < _HOUR else _MINUTE if seconds < _DAY else _HOUR
        mark(float(at[begin]), elapsed_text(round(seconds / unit) * unit))
    room = _TICK_ROOM * width_of("00m")
    step = next((step for step in _STEPS if step * scale >= room), _STEPS[-1])
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        for place in _multiples(float(elapsed[begin]), float(elapsed[end]), step):
            mark(float(at[begin] + (place - elapsed[begin]) * scale), elapsed_text(place))
    return sorted(ticks)


def _multiples(low: float, high: float, step: float) -> Iterator[float]:
    first = int(np.ceil(low / step - 1e-9))
    for number in range(first, int(np.floor(high / step + 1e-9)) + 1):
        yield round(number * step, 6)


def elapsed_text(seconds: float) -> str:
    """Write how much time has passed, exactly.

    Examples
    --------
    >>> [elapsed_text(value) for value in (0, 0.25, 49, 3_390, 7_200, 90_000)]
    ['0', '0.25s', '49s', '56m 30s', '2h', '1d 1h']
    """
    if not seconds:
        return "0"
    if seconds % 1:
        return f"{seconds:g}s"
    parts = []
    rest = round(seconds)
    for unit, letter in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m"), (_SECOND, "s")):
        count, rest = divmod(rest, unit)
        if count:
            parts.append(f"{count}{letter}")
    return " ".join(parts)
