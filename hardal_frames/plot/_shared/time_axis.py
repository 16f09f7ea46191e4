"""An axis of durations whose ticks are those of a clock: 1s 5s 15s 1m 5m 15m 1h 6h 1d 7d.

It is logarithmic, but straight around 0 up to a duration that nearly everything exceeds, so that
what takes no time, or less than none, is on it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.plot._shared.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0

TICKS: Final = (
    0.001, 0.01, 0.1, 1.0, 5.0, 15.0,
    _MINUTE, 5 * _MINUTE, 15 * _MINUTE,
    _HOUR, 6 * _HOUR,
    _DAY, 7 * _DAY, 30 * _DAY, 90 * _DAY,
    365 * _DAY, 3650 * _DAY, 36_500 * _DAY,
)  # fmt: skip
"""Seconds that an axis may mark, apart from 0 and what is before it."""

STRAIGHT: Final = 0.4
"""How wide the straight part is, from 0 to its end, where a tenfold time is 1 wide."""

# What to mark first where there is no room for all.
_FIRST: Final = (
    0.0, _MINUTE, _HOUR, _DAY, 1.0, 7 * _DAY, 15 * _MINUTE, 5.0, 30 * _DAY, 6 * _HOUR,
    15.0, 5 * _MINUTE, 0.001, 365 * _DAY, 0.1, 0.01, 90 * _DAY, 3650 * _DAY, 36_500 * _DAY,
)  # fmt: skip
_RARE: Final = 0.05
_GAP: Final = 8.0


@dataclass(frozen=True)
class TimeAxis:
    """Which durations an axis shows, in seconds.

    Parameters
    ----------
    straight
        Up to here, either side of 0, it is no logarithm.
    first, last
        Its ends.
    """

    straight: float
    first: float
    last: float

    def place(self, seconds: Floats | float) -> Floats:
        """Where durations lie: 0 at 0, and 1 for each tenfold time beyond the straight part.

        Examples
        --------
        >>> TimeAxis(1.0, 0.0, 100.0).place(np.array([0.0, 0.5, 1.0, 10.0])).round(2).tolist()
        [0.0, 0.2, 0.4, 1.4]
        """
        values = np.asarray(seconds, dtype=np.float64) / self.straight
        size = np.abs(values)
        beyond = STRAIGHT + np.log10(np.maximum(size, 1.0))
        placed: Floats = np.where(size <= 1, STRAIGHT * values, np.sign(values) * beyond)
        return placed

    def seconds_at(self, place: float) -> float:
        """Which duration lies at a place.

        Examples
        --------
        >>> axis = TimeAxis(5.0, 0.0, 100.0)
        >>> round(axis.seconds_at(float(axis.place(86.0))), 6)
        86.0
        """
        size = abs(place)
        if size <= STRAIGHT:
            return self.straight * place / STRAIGHT
        return float(np.sign(place) * self.straight * 10 ** (size - STRAIGHT))

    def shares(self, seconds: Floats | float) -> Floats:
        """Where durations lie, as shares of the axis from its first end to its last."""
        first, last = self.place(self.first), self.place(self.last)
        shares: Floats = (self.place(seconds) - first) / (last - first)
        return shares

    def ticks(self) -> list[float]:
        """All durations that it could mark, ascending."""
        ticks = [
            *(-tick for tick in reversed(TICKS) if tick >= self.straight),
            0.0,
            *(tick for tick in TICKS if tick >= self.straight),
        ]
        return [tick for tick in ticks if self.first <= tick <= self.last]


def time_axis(durations: Iterable[Floats], *, zero: bool = False) -> TimeAxis:
    """Make an axis on which all of the durations are.

    Parameters
    ----------
    durations
        Seconds, one array for each curve; none of them NaN.
    zero
        Whether it begins at 0 in any case.

    Returns
    -------
    TimeAxis
        From the last tick that is not later than all of them to the longest of them. It is straight
        where less than a twentieth of each curve lies.

    Examples
    --------
    >>> time_axis([np.array([0.0, 20.0, 4000.0])])
    TimeAxis(straight=15.0, first=0.0, last=4000.0)
    >>> time_axis([np.array([20.0, 4000.0])])
    TimeAxis(straight=15.0, first=15.0, last=4000.0)
    """
    known = [values for values in durations if len(values)]
    if not known:
        return TimeAxis(1.0, 0.0, 60.0)
    sizes = [np.abs(values[values != 0]) for values in known]
    common = min(
        (float(np.quantile(size, _RARE, method="lower")) for size in sizes if len(size)),
        default=1.0,
    )
    straight = max((tick for tick in TICKS if tick <= common), default=TICKS[0])
    least = min(float(values.min()) for values in known)
    most = max(float(values.max()) for values in known)
    last = max(most, _after(straight))
    if least < 0:
        return TimeAxis(straight, -max(-least, _after(straight)), last)
    if zero or least < straight:
        return TimeAxis(straight, 0.0, last)
    return TimeAxis(straight, max(tick for tick in TICKS if tick <= least), last)


def _after(tick: float) -> float:
    return next((later for later in TICKS if later > tick), 10 * tick)


def marks(
    axis: TimeAxis,
    length: float,
    width_of: Callable[[str], float],
    only: Sequence[float] | None = None,
    *,
    spare: float = 0.0,
) -> list[tuple[float, str]]:
    """Choose the ticks that can be written beneath an axis of this length, and their labels.

    Parameters
    ----------
    axis
        What it shows.
    length
        Its length in points.
    width_of
        Measures a label in points.
    only
        What to mark instead of the hands of a clock.
    spare
        Points right of the axis into which a label may reach.

    Returns
    -------
    list of (float, str)
        Ascending; none touches another.

    Examples
    --------
    >>> axis = TimeAxis(1.0, 0.0, 3600.0)
    >>> [label for _, label in marks(axis, 300, lambda text: 6.0 * len(text))]
    ['0s', '1s', '5s', '15s', '1m', '5m', '15m']
    >>> [label for _, label in marks(axis, 80, lambda text: 6.0 * len(text))]
    ['0s', '5s', '1m', '15m']
    """
    if only is None:
        order = sorted(axis.ticks(), key=lambda tick: (_FIRST.index(abs(tick)), tick < 0))
    else:
        order = [*only[:1], *reversed(only[1:])]
    taken: list[tuple[float, float, float, str]] = []
    for tick in order:
        label = duration_text(tick)
        middle = float(axis.shares(tick)) * length
        half = (width_of(label) + _GAP) / 2
        if taken and middle + half - _GAP / 2 > length + spare:
            continue
        if all(middle + half <= left or middle - half >= right for left, right, _, _ in taken):
            taken.append((middle - half, middle + half, tick, label))
    return sorted((tick, label) for _, _, tick, label in taken)
