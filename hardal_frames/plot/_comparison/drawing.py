"""The artists of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection

from hardal_frames.plot._comparison.layout import ARROW, Plan, Scale, plan_for
from hardal_frames.plot._comparison.rows import interval_text, tick_text
from hardal_frames.plot._funnel.layout import every_nth
from hardal_frames.plot._shared.axes import LINE, ink_of, without_frame
from hardal_frames.plot._shared.colours import AMBER, BLUE, mixed, rgb
from hardal_frames.plot._shared.counted import counting
from hardal_frames.plot._shared.drawing import Relayout, Ruler
from hardal_frames.plot._shared.groups import legible
from hardal_frames.plot._shared.sheet import Sheet, Written
from hardal_frames.plot._shared.text import count_text, first_fitting, percent_text, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

    from hardal_frames.plot._comparison.rows import Compared
    from hardal_frames.plot._shared.colours import Rgb

    Floats = NDArray[np.float64]

SHARES: Final = ("share of the sessions of each", "share of sessions", "share")
DIFFERENCE: Final = (
    "difference in percentage points of sessions, 95% interval",
    "difference in percentage points, 95% interval",
    "percentage points, 95% interval",
    "difference, points",
    "points",
)

_MARK: Final = 6.5
_APART: Final = 1.15
_PALE: Final = 0.45
_GRID: Final = 0.12
_PAD: Final = 8.0
_SPARE: Final = 100


class Forest:
    """Draws a comparison into an Axes.

    Parameters
    ----------
    ax
        Where to draw.
    rows
        What to draw.
    labels
        What the groups are called.
    counted
        What is counted, in the plural.
    """

    def __init__(self, ax: Axes, rows: Compared, labels: tuple[str, str], counted: str) -> None:
        self._shares = [counting(text, counted) for text in SHARES]
        self._difference = [counting(text, counted) for text in DIFFERENCE]
        self._rows, self._labels = rows, labels
        self._base: float = mpl.rcParams["font.size"]
        self._ruler = Ruler()
        self._ink = ink = ink_of(ax)
        without_frame(ax)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        self._first, self._second = (legible(rgb(hue), ink) for hue in (AMBER, BLUE))
        pale = [mixed(ink.strong, ink.ground, 1.0 if sure else _PALE) for sure in rows.sure]
        self._grid = self._lines(ax, [ink.faint(_GRID)], 0.8, 1.0, "_grid")
        self._zero = self._lines(ax, [ink.muted], 1.1, 1.5, "_zero")
        self._between = self._lines(ax, [ink.faint(0.3)], 1.6, 1.6, "_between")
        self._intervals = self._lines(ax, pale, 1.6, 2.0, "_interval")
        self._marks = [
            self._dots(ax, "o", ink.ground, self._first, "first"),
            self._dots(ax, "o", self._second, self._second, "second"),
            self._dots(ax, "s", ink.strong, ink.strong, "difference"),
            self._dots(ax, "s", ink.ground, ink.muted, "difference, unsure"),
        ]
        self._sheet = Sheet(ax, 4 * len(rows.names) + _SPARE)
        Relayout(ax, self.place, (self._ruler,))

    @staticmethod
    def _lines(
        ax: Axes, colours: list[Rgb], thickness: float, above: float, label: str
    ) -> LineCollection:
        lines = LineCollection(
            [],
            colors=colours,
            linewidths=thickness,
            zorder=above,
            transform=ax.transAxes,
            label=label,
        )
        lines.set_in_layout(False)
        ax.add_artist(lines)
        return lines

    @staticmethod
    def _dots(ax: Axes, mark: str, inside: Rgb, edge: Rgb, label: str) -> Line2D:
        (dots,) = ax.plot(
            [],
            [],
            mark,
            markersize=_MARK if mark == "o" else _MARK - 1.5,
            markerfacecolor=inside,
            markeredgecolor=edge,
            markeredgewidth=1.5,
            transform=ax.transAxes,
            zorder=3,
            label=label,
            in_layout=False,
            clip_on=False,
        )
        return dots

    def place(self, width: float, height: float) -> None:
        """Put everything where it belongs in an Axes of this size in points."""
        rows = self._rows
        plan = plan_for(rows, width, height, base=self._base, measure=self._ruler.width)
        size = np.maximum((width, height), 1)
        texts = [*self._names(plan), *self._numbers(plan, width)]
        grid = self._grid_of(plan.differences, plan)
        texts += self._tick_texts(plan.differences, plan, tick_text)
        dots = [np.zeros((0, 2))] * 4
        if plan.shares is not None:
            grid += self._grid_of(plan.shares, plan)
            texts += self._tick_texts(plan.shares, plan, percent_text)
            ends = np.stack([plan.shares.place(each) for each in (rows.first, rows.second)])
            pairs = np.stack([ends.T, np.repeat(plan.tops[:, np.newaxis], 2, axis=1)], axis=-1)
            self._set(self._between, list(pairs[np.isfinite(ends).all(axis=0)]), size)
            dots[:2] = [np.column_stack([each, plan.tops]) for each in ends]
        else:
            self._set(self._between, [], size)
        known = np.column_stack([plan.differences.place(rows.difference), plan.tops])
        dots[2:] = [known[rows.sure], known[~rows.sure]]
        low, high = (plan.differences.place(each) for each in (rows.low, rows.high))
        intervals = np.stack(
            [np.column_stack([low, plan.tops]), np.column_stack([high, plan.tops])], axis=1
        )
        self._set(self._intervals, list(intervals), size)
        self._set(self._grid, grid, size)
        zero = float(plan.differences.place(0.0))
        self._set(self._zero, [np.array([[zero, plan.head], [zero, plan.foot]])], size)
        heads, keys = self._heads(plan, width, height)
        for place, key in enumerate(keys):
            dots[place] = np.concatenate([dots[place], key])
        marks = min(_MARK, 0.75 * plan.pitch)
        for line, points in zip(self._marks, dots, strict=True):
            line.set_markersize(marks if line.get_marker() == "o" else 0.8 * marks)
            on_axes = points / size
            line.set_data(on_axes[:, 0], 1 - on_axes[:, 1])
        self._sheet.write([*texts, *heads], width, height)

    @staticmethod
    def _set(lines: LineCollection, segments: list[Floats], size: Floats) -> None:
        placed = [segment / size for segment in segments]
        lines.set_segments([np.column_stack([one[:, 0], 1 - one[:, 1]]) for one in placed])

    def _names(self, plan: Plan) -> list[Written]:
        """Write source and target of each row, either shortened to its part of the room."""
        nth = every_nth(plan.pitch, _APART * plan.size)
        return [
            Written(
                self._fitting(source, target, plan),
                plan.names,
                float(plan.tops[place]),
                plan.size,
                self._ink.strong if self._rows.sure[place] else self._ink.muted,
                across="right",
            )
            for place, (source, target) in enumerate(self._rows.names)
            if place % nth == 0
        ]

    def _fitting(self, source: str, target: str, plan: Plan) -> str:
        width_of = self._ruler.sized(plan.size)
        whole = f"{source}{ARROW}{target}"
        if width_of(whole) <= plan.names:
            return whole
        room = plan.names - width_of(ARROW)
        first = shortened(source, max(room / 2, room - width_of(target)), width_of)
        return f"{first}{ARROW}{shortened(target, room - width_of(first), width_of)}"

    def _numbers(self, plan: Plan, width: float) -> list[Written]:
        rows = self._rows
        nth = every_nth(plan.pitch, _APART * plan.size)
        texts = []
        for place in range(0, len(rows.names), nth):
            colour = self._ink.strong if rows.sure[place] else self._ink.muted
            y = float(plan.tops[place])
            if plan.said:
                said = interval_text(
                    float(rows.difference[place]), float(rows.low[place]), float(rows.high[place])
                )
                texts.append(Written(said, width, y, plan.size, colour, across="right"))
            if plan.shares is None:
                texts += [
                    Written(percent_text(float(share[place])), right, y, plan.size, colour,
                            across="right")
                    for share, right in zip((rows.first, rows.second), plan.numbers, strict=True)
                ]  # fmt: skip
        return texts

    @staticmethod
    def _grid_of(scale: Scale, plan: Plan) -> list[Floats]:
        places = [float(scale.place(tick)) for tick in scale.ticks]
        return [np.array([[place, plan.head], [place, plan.foot]]) for place in places]

    def _tick_texts(
        self, scale: Scale, plan: Plan, written: Callable[[float], str]
    ) -> list[Written]:
        y = plan.foot + 0.65 * LINE * plan.small
        return [
            Written(written(tick), float(scale.place(tick)), y, plan.small, self._ink.muted,
                    across="center")
            for tick in scale.ticks
        ]  # fmt: skip

    def _heads(self, plan: Plan, width: float, height: float) -> tuple[list[Written], list[Floats]]:
        """Say which group is which and what is measured; and where the marks of that stand."""
        small, ink, line = plan.small, self._ink, LINE * plan.small
        width_of = self._ruler.sized(small)
        texts: list[Written] = []
        keys: list[Floats] = []
        room, y = width / 2 - _MARK - 3 * _PAD, 0.6 * line
        key = sum(map(width_of, self._labels)) + 2 * (_MARK + 3 * _PAD)
        x = plan.shares.left if plan.shares and plan.shares.left + key <= width else 0.0
        for place, label in enumerate(self._labels):
            name = shortened(label, max(room, 0.0), width_of)
            marks = [[x + _MARK / 2 + 1, y]]
            if plan.shares is None:
                marks.append([plan.numbers[place] - width_of("0"), 1.7 * line])
            keys.append(np.array(marks))
            x += _MARK + _PAD
            texts.append(Written(name, x, y, small, ink.strong))
            x += width_of(name) + 2 * _PAD
        scale, y = plan.differences, 1.65 * line
        right = width if plan.said else scale.right + _PAD
        if plan.shares is not None:
            left = plan.shares.left
            shares = first_fitting(self._shares, scale.left - left - _PAD, width_of)
            texts.append(Written(shares, left, y, small, ink.muted))
        difference = first_fitting(self._difference, right - scale.left, width_of)
        texts.append(Written(difference, scale.left, y, small, ink.muted))
        note = first_fitting(self._notes(), width, width_of)
        texts.append(Written(note, width, height - 0.6 * line, small, ink.muted, across="right"))
        return texts, keys

    def _notes(self) -> list[str]:
        """Say below what the difference is; the first that fits is written."""
        first, second = self._labels
        rows = self._rows
        right = f"right of 0: more often in “{second}” than in “{first}”"
        pale = "" if rows.sure.all() else "hollow square: the interval holds 0"
        hidden = ""
        if rows.hidden:
            which = "row is" if rows.hidden == 1 else "rows are"
            hidden = f"{count_text(rows.hidden)} more {which} not shown"
        rest = " · ".join(part for part in (pale, hidden) if part)
        short = "right of 0: more often in the second group"
        brief = "right of 0: more in the second"
        return [
            *(f"{said} · {rest}" for said in (right, short) if rest),
            *(f"{brief} · {part}" for part in (hidden,) if part),
            right,
            short,
            brief,
        ]
