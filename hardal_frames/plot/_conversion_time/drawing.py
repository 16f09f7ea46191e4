"""The artists of a chart of conversion over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection

from hardal_frames.plot._conversion_time.layout import spread
from hardal_frames.plot._shared.axes import LINE, ink_of
from hardal_frames.plot._shared.counted import counting
from hardal_frames.plot._shared.drawing import Relayout, Ruler
from hardal_frames.plot._shared.groups import MOST, line_of
from hardal_frames.plot._shared.panel import TICK_FONT, Panel
from hardal_frames.plot._shared.sheet import Sheet, Written
from hardal_frames.plot._shared.text import count_text, first_fitting, percent_text, shortened
from hardal_frames.plot._shared.time_axis import time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hardal_frames.plot._conversion_time.layout import Curve

CAPTIONS: Final = (
    "share of all sessions with a start that converted within that time",
    "share of all sessions with a start, converted",
    "share of sessions with a start",
    "share of sessions",
)
WAITING: Final = ("sessions not converted yet", "not converted yet", "not yet")
NOTES: Final = ("time since the start · log scale", "time, log scale", "log scale")
BANDS: Final = " · shaded: 95% confidence interval"
WHISKERS: Final = " · whiskers: 95% confidence interval"

_LINE_WIDTH: Final = 1.8
_MOST_BANDS: Final = 4
_BAND: Final = 0.16
_LEAD: Final = 14.0
_PAD: Final = 5.0
_LABEL_PART: Final = 0.3
_TABLE_PART: Final = 0.34
_MOST_ROWS: Final = 6


class Conversion:
    """Draws conversion over time into an Axes.

    Parameters
    ----------
    ax
        Where to draw.
    curves
        What to draw.
    counted
        What is counted, in the plural.
    """

    def __init__(self, ax: Axes, curves: tuple[Curve, ...], counted: str) -> None:
        self._ax, self._curves, self._counted = ax, curves, counted
        self._ink = ink_of(ax)
        self._small: float = TICK_FONT * mpl.rcParams["font.size"]
        self._ruler = Ruler()
        self._axis = time_axis([curve.seconds for curve in curves], zero=True)
        # The largest groups have the names, the colours and the rows.
        ranked = sorted(range(len(curves)), key=lambda place: -curves[place].sessions)[:MOST]
        self._named = sorted(ranked)
        self._bands = False
        self._whiskers = False
        top = max(self._draw(place) for place in reversed(range(len(curves))))
        read_at = sorted({time for curve in curves for time in curve.seconds.tolist()})
        times = None if any(curve.stepped for curve in curves) else read_at
        self._panel = Panel(ax, self._ink, self._axis, max(top, 0.001), times)
        self._leads = LineCollection(
            [],
            colors=[line_of(row, self._ink)[0] for row in range(len(self._named))],
            linewidths=0.9,
            transform=ax.transAxes,
            label="_leads",
        )
        self._leads.set_in_layout(False)
        ax.add_artist(self._leads)
        self._sheet = Sheet(ax, 6 + len(self._named) * 24)
        Relayout(ax, self.place, (self._ruler,))

    def _draw(self, place: int) -> float:
        """Draw one curve and its interval; the highest share it reaches."""
        curve = self._curves[place].thinned()
        named = place in self._named
        row = self._named.index(place) if named else MOST
        colour, dashes = line_of(row, self._ink)
        times, shares, low, high = curve.seconds, curve.shares, curve.low, curve.high
        if curve.stepped:
            times, shares, low, high = (
                np.append(values, end)
                for values, end in (
                    (times, max(self._axis.last, times[-1])),
                    (shares, shares[-1]),
                    (low, low[-1]),
                    (high, high[-1]),
                )
            )
        self._ax.plot(
            times,
            shares,
            drawstyle="steps-post" if curve.stepped else "default",
            color=colour,
            linestyle=dashes,
            linewidth=_LINE_WIDTH if named else 1.0,
            marker="" if curve.stepped else "o",
            markersize=5,
            zorder=2.5 if named else 2,
            label=curve.label or self._counted,
        )
        known = bool(np.isfinite(low).any() and np.isfinite(high).any())
        if not known or not named or len(self._named) > _MOST_BANDS:
            return float(shares.max())
        if curve.stepped:
            self._bands = True
            self._ax.fill_between(
                times, low, high, step="post", color=colour, alpha=_BAND, linewidth=0,
                zorder=1.5, label="_interval",
            )  # fmt: skip
        else:
            self._whiskers = True
            self._ax.vlines(
                times, low, high, color=colour, linewidth=1.1, zorder=2.4, label="_interval"
            )
        return float(np.fmax(shares, high).max())

    def place(self, width: float, height: float) -> None:
        """Put everything where it belongs in an Axes of this size in points."""
        small, line, muted = self._small, LINE * self._small, self._ink.muted
        width_of = self._ruler.sized(small)
        names = [self._name(place, width) for place in self._named]
        hidden = len(self._curves) - len(self._named)
        more = [f"{count_text(hidden)} more", "in grey"] if hidden else []
        longest = max(map(width_of, [*names, *more]))
        right = longest + _LEAD + _PAD
        rows = self._rows(height)
        head = line * 1.15 if rows else 0.0
        above = 1.5 * line
        below = self._panel.below + head + line * (rows + 1.25)
        ticks = self._panel.place(
            (width, height), above=above, below=below, right=right, ruler=self._ruler
        )
        wide = width - right
        texts = self._labels(names, more, (wide, above, height - below), (width, height))
        texts.append(Written(self._fitting(CAPTIONS, width), 0, line / 2, small, muted))
        base = height - below + self._panel.below
        if rows:
            said = self._fitting(WAITING, width)
            texts.append(Written(said, 0, base + line * 0.75, small, muted))
            texts += self._table(ticks, names, base + head, wide)
        extra = BANDS if self._bands else WHISKERS if self._whiskers else ""
        note = first_fitting([NOTES[0] + extra, *NOTES], width, width_of)
        texts.append(Written(note, width, height - line / 2, small, muted, across="right"))
        self._sheet.write(texts, width, height)

    def _fitting(self, wordings: tuple[str, ...], width: float) -> str:
        said = [counting(wording, self._counted) for wording in wordings]
        return first_fitting(said, width, self._ruler.sized(self._small))

    def _name(self, place: int, width: float) -> str:
        """Name and last share, of which the name is shortened."""
        curve = self._curves[place]
        share = percent_text(curve.end, fine=True)
        if not curve.label:
            return f"{share} of {count_text(curve.sessions)}"
        width_of = self._ruler.sized(self._small)
        room = _LABEL_PART * width - width_of(f" {share}")
        name = shortened(curve.label, max(room, 0.0), width_of)
        return f"{name} {share}".strip()

    def _rows(self, height: float) -> int:
        """How many rows of numbers have room below: all that are named, or none."""
        rows = len(self._named)
        fits = LINE * self._small * (rows + 1) <= _TABLE_PART * height
        return rows if rows <= _MOST_ROWS and fits else 0

    def _labels(
        self,
        names: list[str],
        more: list[str],
        field: tuple[float, float, float],
        size: tuple[float, float],
    ) -> list[Written]:
        """Name each curve at its end, moved apart where they end together."""
        wide, above, bottom = field
        small, line = self._small, LINE * self._small
        low, high = self._ax.get_ylim()
        pixels = size[1] / (high - low)
        ends = np.array([(high - self._curves[place].end) * pixels for place in self._named])
        lowest = bottom - line / 2 - line * len(more)
        fitting = max(int((lowest - above) / line) + 1, 1)
        # Where not all have room, those named are the largest.
        order = sorted(range(len(names)), key=lambda row: -self._curves[self._named[row]].sessions)
        shown = sorted(order[:fitting])
        places = spread(ends[shown], line, above, max(lowest, above))
        texts, leads = [], np.zeros((len(names), 2, 2))
        for row, y in zip(shown, places.tolist(), strict=True):
            texts.append(Written(names[row], wide + _LEAD, y, small, self._ink.strong))
            leads[row] = (wide + 2, ends[row]), (wide + _LEAD - 3, y)
        leads /= np.maximum(size, 1)
        leads[..., 1] = 1 - leads[..., 1]
        self._leads.set_segments(list(leads))
        texts += [
            Written(text, wide + _LEAD, bottom - line * (len(more) - place - 0.5), small,
                    self._ink.muted)
            for place, text in enumerate(more)
        ]  # fmt: skip
        return texts

    def _table(
        self, ticks: list[tuple[float, str, float]], names: list[str], top: float, wide: float
    ) -> list[Written]:
        """Write how many have not converted at each tick, where numbers do not touch."""
        small, ink, line = self._small, self._ink, LINE * self._small
        width_of = self._ruler.sized(small)
        numbers = [
            [self._curves[place].waiting(tick) for tick, _, _ in ticks] for place in self._named
        ]
        said = [["" if number is None else count_text(number) for number in row] for row in numbers]
        texts: list[Written] = []
        named = any(self._curves[place].label for place in self._named)
        taken, limit = -np.inf, wide + _LEAD - _PAD
        for column, (_, _, x) in enumerate(ticks):
            half = max(width_of(row[column]) for row in said) / 2
            # The first would stand where the names of shares are, the last among the groups'.
            middle = min(max(x, half), limit - half)
            if middle - half < taken + _PAD:
                continue
            taken = middle + half
            texts += [
                Written(row[column], middle, top + line * (place + 0.5), small, ink.muted,
                        across="center")
                for place, row in enumerate(said)
            ]  # fmt: skip
        if named:
            texts += [
                Written(self._curve_name(name), wide + _LEAD, top + line * (place + 0.5), small,
                        ink.muted)
                for place, name in enumerate(names)
            ]  # fmt: skip
        return texts

    @staticmethod
    def _curve_name(name: str) -> str:
        return name.rsplit(" ", 1)[0]
