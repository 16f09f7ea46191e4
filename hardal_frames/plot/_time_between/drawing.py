"""The artists of a chart of times between events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection

from hardal_frames.plot._shared.axes import LINE, ink_of
from hardal_frames.plot._shared.drawing import Relayout, Ruler
from hardal_frames.plot._shared.groups import MOST, line_of
from hardal_frames.plot._shared.panel import TICK_FONT, Panel
from hardal_frames.plot._shared.sheet import Sheet, Written
from hardal_frames.plot._shared.text import count_text, first_fitting, shortened
from hardal_frames.plot._shared.time_axis import time_axis
from hardal_frames.plot._time_between.layout import edges_for, notes_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hardal_frames.plot._time_between.layout import Floats, Gaps

AT_MOST: Final = ("share of pairs that took at most so long", "share of pairs, at most")
WITHIN: Final = ("share of pairs within each stretch of time", "share of pairs")
COLUMNS: Final = ("pairs", "median", "p90", "no end")

_LINE_WIDTH: Final = 1.8
_SAMPLE: Final = 24.0
_PAD: Final = 6.0
_MARK: Final = 5.0
_WIDEST_LABEL: Final = 0.45
_LEGEND_PART: Final = 0.42


class Times:
    """Draws times between events into an Axes.

    Parameters
    ----------
    ax
        Where to draw.
    groups
        What to draw.
    histogram
        Whether to draw stretches of time, and no curves.
    """

    def __init__(self, ax: Axes, groups: tuple[Gaps, ...], *, histogram: bool) -> None:
        self._ax, self._groups, self._histogram = ax, groups, histogram
        self._ink = ink_of(ax)
        self._small: float = TICK_FONT * mpl.rcParams["font.size"]
        self._ruler = Ruler()
        self._axis = time_axis([group.seconds for group in groups])
        top = None
        if histogram:
            edges = edges_for(self._axis)
            # The axis ends where a stretch does, so that the last one is as wide as it is.
            self._axis = replace(self._axis, first=float(edges[0]), last=float(edges[-1]))
            top = self._stretches(edges)
        else:
            self._curves()
        self._panel = Panel(ax, self._ink, self._axis, top)
        self._columns = [*range(3), *([3] if any(group.unmatched for group in groups) else [])]
        shown = min(len(groups), MOST)
        self._samples = LineCollection(
            [],
            colors=[line_of(place, self._ink)[0] for place in range(shown)],
            linestyles=[line_of(place, self._ink)[1] for place in range(shown)],
            linewidths=_LINE_WIDTH,
            transform=ax.transAxes,
            label="_samples",
        )
        self._samples.set_in_layout(False)
        ax.add_artist(self._samples)
        self._marks = [
            ax.plot([], [], mark, color=self._ink.muted, markersize=_MARK, transform=ax.transAxes,
                    label="_key", in_layout=False)[0]
            for mark in ("o", "D")
        ]  # fmt: skip
        self._sheet = Sheet(ax, 8 + 6 * (shown + 1))
        Relayout(ax, self.place, (self._ruler,))

    def _curves(self) -> None:
        """Draw the curves, and marks at their median and 90th percentile."""
        axis = self._axis
        for place, group in reversed(list(enumerate(self._groups))):
            colour, dashes = line_of(place, self._ink)
            times, shares = group.curve()
            if not len(times):
                continue
            self._ax.plot(
                np.concatenate([[axis.first], times, [axis.last]]),
                np.concatenate([[0.0], shares, [1.0]]),
                drawstyle="steps-post",
                color=colour,
                linestyle=dashes,
                linewidth=_LINE_WIDTH if place < MOST else 1.0,
                solid_joinstyle="round",
                zorder=2.5 if place < MOST else 2,
                label=group.label or "times",
            )
            if place >= MOST:
                continue
            for mark, at, share in (("o", group.median, 0.5), ("D", group.p90, 0.9)):
                self._ax.plot(
                    [at], [share], mark, color=colour, markersize=_MARK + 1,
                    markeredgecolor=self._ink.ground, markeredgewidth=1, zorder=3, label="_mark",
                )  # fmt: skip

    def _stretches(self, edges: Floats) -> float:
        """Draw an outline of the stretches of each table; the highest of them."""
        top = 0.0
        for place, group in reversed(list(enumerate(self._groups))):
            colour, dashes = line_of(place, self._ink)
            shares = group.stretches(edges)
            top = max(top, float(shares.max(initial=0.0)))
            alone = len(self._groups) == 1
            self._ax.stairs(
                shares,
                edges,
                color=colour,
                fill=alone,
                linestyle=dashes,
                linewidth=0.0 if alone else _LINE_WIDTH,
                zorder=2.5 if place < MOST else 2,
                label=group.label or "times",
            )
        return top or 1.0

    def place(self, width: float, height: float) -> None:
        """Put everything where it belongs in an Axes of this size in points."""
        line = LINE * self._small
        rows = min(len(self._groups), MOST, max(int(_LEGEND_PART * height / line) - 2, 1))
        hidden = len(self._groups) - rows
        above = line * (rows + 2.5 + (hidden > 0))
        below = self._panel.below + line
        self._panel.place(
            (width, height), above=above, below=below, right=self._small, ruler=self._ruler
        )
        texts = [*self._legend(rows, hidden, width, height)]
        width_of = self._ruler.sized(self._small)
        caption = WITHIN if self._histogram else AT_MOST
        note = notes_for(self._groups, self._axis, histogram=self._histogram)
        muted = self._ink.muted
        texts += [
            Written(first_fitting(caption, width, width_of), 0, above - 0.75 * line, self._small,
                    muted),
            Written(
                first_fitting(note, width, width_of) or shortened(note[-1], width, width_of),
                width, height - line / 2, self._small, muted, across="right",
            ),
        ]  # fmt: skip
        self._sheet.write(texts, width, height)

    def _legend(self, rows: int, hidden: int, width: float, height: float) -> list[Written]:
        """Write a row for each table: its line, its name, and its numbers in columns."""
        small, ink, line = self._small, self._ink, LINE * self._small
        width_of = self._ruler.sized(small)
        named = [group.label for group in self._groups[:rows]]
        numbers = [group.texts() for group in self._groups[:rows]]
        mark = 0.0 if self._histogram else _MARK + 5
        sample = _SAMPLE + _PAD if any(named) else 0.0
        wide = [
            max(
                width_of(COLUMNS[column]) + mark * (column in (1, 2)),
                *(width_of(row[column]) for row in numbers),
            )
            + 2 * _PAD
            for column in self._columns
        ]
        room = min(width - sample - sum(wide), _WIDEST_LABEL * width)
        labels = [shortened(label, max(room, 0.0), width_of) for label in named]
        longest = max(map(width_of, labels))
        edges = sample + longest + np.cumsum(wide) - (0 if any(named) else 2 * _PAD)
        texts = []
        for column, right in zip(self._columns, edges.tolist(), strict=True):
            texts.append(
                Written(COLUMNS[column], right, line / 2, small, ink.muted, across="right")
            )
            if column in (1, 2):
                left = right - width_of(COLUMNS[column]) - mark + _MARK / 2 + 1
                at = [left / max(width, 1)], [1 - line / 2 / max(height, 1)]
                self._marks[column - 1].set_data(*at)
                self._marks[column - 1].set_visible(bool(mark))
        samples = []
        for row, (label, values) in enumerate(zip(labels, numbers, strict=True)):
            y = line * (row + 1.5)
            texts.append(Written(label, sample, y, small, ink.strong))
            texts += [
                Written(values[column], right, y, small, ink.strong, across="right")
                for column, right in zip(self._columns, edges.tolist(), strict=True)
            ]
            samples.append([(0.0, y), (_SAMPLE, y)])
        ends = np.array(samples) / (max(width, 1), max(height, 1))
        ends[..., 1] = 1 - ends[..., 1]
        self._samples.set_segments(list(ends) if any(named) else [])
        if hidden:
            more = f"and {count_text(hidden)} more, in grey"
            texts.append(Written(more, sample, line * (rows + 1.5), small, ink.muted))
        return texts
