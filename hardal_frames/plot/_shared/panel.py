"""A field of curves inside an Axes: durations along, shares upwards, room for words around it.

Words above, below and at the right stand inside the Axes, so that a chart never leaves its place
in a figure; only the labels of the shares stand at its left, as labels do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from hardal_frames.plot._shared.axes import LINE
from hardal_frames.plot._shared.text import percent_text
from hardal_frames.plot._shared.time_axis import STRAIGHT, TimeAxis, marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from hardal_frames.plot._shared.axes import Ink
    from hardal_frames.plot._shared.drawing import Ruler

TICK_FONT: Final = 0.85

_STEPS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
_QUANTILES: Final = (
    (0.0, 0.25, 0.5, 0.75, 0.9, 1.0),
    (0.0, 0.25, 0.5, 0.75, 1.0),
    (0.0, 0.5, 1.0),
    (0.0, 1.0),
)
_APART: Final = 1.25
_FEW: Final = 5
_GRID: Final = 0.12
_TICK: Final = 3.5
_PAD: Final = 3.0
_LEAST: Final = 20.0
_BEYOND: Final = 1.001


def share_ticks(top: float, most: int = _FEW) -> list[float]:
    """Round shares from 0, the last of which is the first not below `top`.

    Examples
    --------
    >>> share_ticks(1.0), share_ticks(0.33, 4)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 0.1, 0.2, 0.3, 0.4])
    """
    step = next((step for step in _STEPS if top <= step * most * _BEYOND), _STEPS[-1])
    count = max(int(np.ceil(top / step / _BEYOND)), 1)
    return [min(round(step * number, 6), 1.0) for number in range(count + 1)]


class Panel:
    """The axes and the grid of such a field.

    Parameters
    ----------
    ax
        Where it is.
    ink
        Its colours.
    axis
        Durations that it shows.
    top
        The largest share in it; None for all, with the median and the 90th percentile marked.
    times
        What to mark on the axis of times, if not the hands of a clock.
    """

    def __init__(
        self,
        ax: Axes,
        ink: Ink,
        axis: TimeAxis,
        top: float | None,
        times: Sequence[float] | None = None,
    ) -> None:
        self._ax, self._axis, self._top, self._times = ax, axis, top, times
        self.small: float = TICK_FONT * mpl.rcParams["font.size"]
        ax.set_xscale(
            "symlog", base=10, linthresh=axis.straight, linscale=STRAIGHT * (1 - 1 / 10), subs=[]
        )
        for side, spine in ax.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(ink.muted)
        # Below the curves there is room for words, and the ticks belong to the curves.
        ax.spines["bottom"].set_position(("data", 0))
        ax.spines["bottom"].set_bounds(axis.first, axis.last)
        ax.xaxis.set_minor_locator(NullLocator())
        ax.grid(visible=False)
        for each in (ax.xaxis, ax.yaxis):
            each.set_tick_params(labelcolor=ink.muted, labelsize=self.small)
        ax.xaxis.set_tick_params(length=_TICK, pad=_PAD, color=ink.muted)
        ax.yaxis.set_tick_params(length=0)
        self._grid = LineCollection(
            [], colors=[ink.faint(_GRID)], linewidths=0.8, zorder=0.5, label="_grid"
        )
        self._grid.set_in_layout(False)
        ax.add_artist(self._grid)

    @property
    def below(self) -> float:
        """Points that the ticks and their labels need beneath the field."""
        return _TICK + _PAD + LINE * self.small

    def place(
        self,
        size: tuple[float, float],
        *,
        above: float,
        below: float,
        right: float,
        ruler: Ruler,
    ) -> list[tuple[float, str, float]]:
        """Leave room around the field, in points, and mark its axes.

        Parameters
        ----------
        size
            Of the Axes.
        above, below, right
            Room to leave; below includes that of the ticks.
        ruler
            Measures the labels.

        Returns
        -------
        list of (float, str, float)
            The durations marked, their labels, and where they are, in points from the left.
        """
        ax, axis = self._ax, self._axis
        width, height = size
        high, wide = max(height - above - below, _LEAST), max(width - right, _LEAST)
        ticks = self._shares(high)
        unit = ticks[-1] / high
        ax.set_ylim(-below * unit, ticks[-1] + above * unit)
        first, last = float(axis.place(axis.first)), float(axis.place(axis.last))
        ax.set_xlim(axis.first, axis.seconds_at(first + (last - first) * max(width / wide, 1.0)))
        ax.yaxis.set_major_locator(FixedLocator(ticks))
        ax.yaxis.set_major_formatter(FixedFormatter([percent_text(tick) for tick in ticks]))
        marked = marks(axis, wide, ruler.sized(self.small), self._times, spare=right)
        ax.xaxis.set_major_locator(FixedLocator([tick for tick, _ in marked]))
        ax.xaxis.set_major_formatter(FixedFormatter([label for _, label in marked]))
        self._grid.set_segments(
            [np.array([[axis.first, tick], [axis.last, tick]]) for tick in ticks[1:]]
        )
        return [(tick, label, float(axis.shares(tick)) * wide) for tick, label in marked]

    def _shares(self, high: float) -> list[float]:
        """Shares to mark upwards, where there are so many points."""
        if self._top is not None:
            return share_ticks(self._top, int(np.clip(high / (2.2 * self.small), 1, _FEW)))
        fitting = (
            shares for shares in _QUANTILES if min(np.diff(shares)) * high >= _APART * self.small
        )
        return list(next(fitting, _QUANTILES[-1]))
