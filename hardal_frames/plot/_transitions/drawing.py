"""The artists of the heatmap of transitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import PolyCollection

from hardal_frames.plot._shared.axes import ink_of, without_frame
from hardal_frames.plot._shared.drawing import Relayout, Ruler
from hardal_frames.plot._shared.shades import letters_on, shades
from hardal_frames.plot._shared.sheet import Sheet, Written
from hardal_frames.plot._shared.text import count_text, first_fitting, percent_text, shortened
from hardal_frames.plot._transitions.layout import LEAVE, NEXT, Plan, plan_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from hardal_frames.plot._transitions.matrix import Matrix

    Floats = NDArray[np.float64]

NOTES: Final = (
    "share of all that leave the event of the row, by what comes next",
    "share of all that leave the row's event",
    "share of the row",
    "% of row",
)
_EMPTY: Final = 0.045
_KEY_STEPS: Final = 24
_KEY_WIDTH: Final = 90.0
_KEY_PART: Final = 0.25
_PAD: Final = 5.0


class Heatmap:
    """Draws transitions into an Axes.

    Parameters
    ----------
    ax
        Where to draw.
    matrix
        What to draw.
    """

    def __init__(self, ax: Axes, matrix: Matrix) -> None:
        self._matrix = matrix
        self._base: float = mpl.rcParams["font.size"]
        self._ruler = Ruler()
        self._ink = ink_of(ax)
        without_frame(ax)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        table = shades(self._ink.ground)
        steps = np.rint(matrix.shares.ravel() * (len(table) - 1)).astype(np.int64)
        colours = table[steps]
        self._letters = letters_on(colours)
        colours[matrix.counts.ravel() == 0] = self._ink.faint(_EMPTY)
        key = table[np.linspace(0, len(table) - 1, _KEY_STEPS).astype(np.int64)]
        self._cells = self._boxes(ax, colours, "cells")
        self._key = self._boxes(ax, key, "_key")
        filled = int((matrix.counts > 0).sum())
        self._sheet = Sheet(ax, filled + len(matrix.rows) * 2 + len(matrix.columns) + 8)
        Relayout(ax, self.place, (self._ruler,))

    @staticmethod
    def _boxes(ax: Axes, colours: Floats, label: str) -> PolyCollection:
        boxes = PolyCollection(
            [], facecolors=colours, linewidths=0, transform=ax.transAxes, label=label
        )
        boxes.set_in_layout(False)
        ax.add_artist(boxes)
        return boxes

    def place(self, width: float, height: float) -> None:
        """Put everything where it belongs in an Axes of this size in points."""
        plan = plan_for(self._matrix, width, height, base=self._base, measure=self._ruler.width)
        lefts, tops = np.meshgrid(plan.lefts, plan.tops)
        corners = _rectangles(lefts.ravel(), tops.ravel(), *plan.cell)
        self._cells.set_verts(list(_on_axes(corners, width, height)))
        texts = [*self._names(plan), *self._in_cells(plan), *self._note(plan, width, height)]
        self._sheet.write(texts, width, height)

    def _names(self, plan: Plan) -> list[Written]:
        ink, matrix = self._ink, self._matrix
        wide, high = plan.cell
        named = range(matrix.entry, matrix.entry + matrix.events)
        right = plan.lefts[0] - _PAD
        texts = [
            Written(
                name,
                right,
                top + high / 2,
                plan.name_size,
                ink.strong if place in named else ink.muted,
                across="right",
            )
            for place, (name, top) in enumerate(zip(plan.rows, plan.tops.tolist(), strict=True))
        ]
        foot = plan.tops[0] - _PAD
        texts += [
            Written(
                head,
                left + wide / 2,
                foot,
                plan.heads.size,
                ink.strong if place < matrix.events else ink.muted,
                across="center",
                along="bottom",
                upright=plan.heads.upright,
            )
            for place, (head, left) in enumerate(
                zip(plan.heads.texts, plan.lefts.tolist(), strict=True)
            )
        ]
        size = plan.small
        said = first_fitting(NEXT, right, self._ruler.sized(size))
        texts.append(Written(said, right, foot, size, ink.muted, across="right", along="bottom"))
        if plan.leaving:
            texts.append(
                Written(
                    LEAVE, plan.leaving, foot, plan.small, ink.muted, across="right", along="bottom"
                )
            )
            texts += [
                Written(
                    count_text(count),
                    plan.leaving,
                    top + high / 2,
                    plan.small,
                    ink.muted,
                    across="right",
                )
                for count, top in zip(matrix.leaving.tolist(), plan.tops.tolist(), strict=True)
            ]
        return texts

    def _in_cells(self, plan: Plan) -> list[Written]:
        size, signs, with_counts = plan.cells.size, plan.cells.signs, plan.cells.counts
        if not size:
            return []
        matrix, (wide, high) = self._matrix, plan.cell
        texts = []
        for row, column in np.argwhere(matrix.counts > 0).tolist():
            content = percent_text(float(matrix.shares[row, column]))
            content = content if signs else content.rstrip("%")
            if with_counts:
                content = f"{content}\n{count_text(int(matrix.counts[row, column]))}"
            red, green, blue = self._letters[row * len(matrix.columns) + column].tolist()
            texts.append(
                Written(
                    content,
                    plan.lefts[column] + wide / 2,
                    plan.tops[row] + high / 2,
                    size,
                    (red, green, blue),
                    across="center",
                    along="center" if with_counts else "center_baseline",
                )
            )
        return texts

    def _note(self, plan: Plan, width: float, height: float) -> list[Written]:
        """Say below what a colour means: a bar of all of them, its ends, and what they are of."""
        small, muted, left = plan.small, self._ink.muted, float(plan.lefts[0])
        middle = plan.bottom + (height - plan.bottom) * 0.62
        bar = min(_KEY_WIDTH, _KEY_PART * width)
        none, every = "0%", "100%"
        begin = left + self._ruler.width(none, small) + _PAD
        step = bar / _KEY_STEPS
        boxes = _rectangles(
            begin + step * np.arange(_KEY_STEPS, dtype=np.float64),
            np.full(_KEY_STEPS, middle - small / 2),
            step * 1.02,
            small,
        )
        self._key.set_verts(list(_on_axes(boxes, width, height)))
        texts = [
            Written(none, left, middle, small, muted),
            Written(every, begin + bar + _PAD, middle, small, muted),
        ]
        at = begin + bar + self._ruler.width(every, small) + 4 * _PAD
        below = " · below it the count" if plan.cells.counts else ""
        room, width_of = width - at, self._ruler.sized(small)
        notes = [note if plan.cells.signs else f"% of{note[8:]}" for note in NOTES[:-1]]
        fitting = first_fitting([note + below for note in notes], room, width_of)
        fitting = fitting or first_fitting([*notes, NOTES[-1]], room, width_of)
        fitting = fitting or shortened(NOTES[-1], max(room, 0.0), width_of)
        return [*texts, Written(fitting, at, middle, small, muted)]


def _rectangles(lefts: Floats, tops: Floats, wide: float, high: float) -> Floats:
    across = np.stack([lefts, lefts + wide, lefts + wide, lefts], axis=-1)
    along = np.stack([tops, tops, tops + high, tops + high], axis=-1)
    return np.stack([across, along], axis=-1)


def _on_axes(points: Floats, width: float, height: float) -> Floats:
    """Points from the upper left corner, as shares of the Axes from the lower left."""
    shares: Floats = points / (max(width, 1), max(height, 1))
    shares[..., 1] = 1 - shares[..., 1]
    return shares
