"""The artists of a paths chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import PolyCollection

from hardal_frames.plot._paths.plan import ARROW, GAP, STRIPE, WALL, PathsPlan, PathsWriter
from hardal_frames.plot._shared.axes import Ink, ink_of, size_in_points, without_frame
from hardal_frames.plot._shared.colours import Rgb, colour_of, mixed, rgb
from hardal_frames.plot._shared.counted import ending
from hardal_frames.plot._shared.drawing import Relayout, Ruler
from hardal_frames.plot._shared.sheet import hidden_texts
from hardal_frames.plot._shared.text import count_text, first_fitting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from hardal_frames.plot._paths.layout import Block
    from hardal_frames.plot._paths.plan import Label
    from hardal_frames.plot._paths.tree import PathTree

    Floats = NDArray[np.float64]

SHAPES: Final = ("_blocks", "_stripes", "_exits", "_arrows")
"""Labels of the collections; the underscore keeps them out of legends."""

_LABEL_FONT: Final = 0.9
_TINT: Final = 0.3
_OTHER_TINT: Final = 0.16
_LINE_SPACING: Final = 1.2
_SEEN: Final = 0.7
_SEPARATOR: Final = 0.6
_THIN: Final = 4.0
_SHAPES_ABOVE, _TEXTS = 1.4, 3.0


class PathsChart:
    """Draws paths into an Axes, whose data coordinates become 0 to 1 both ways.

    Parameters
    ----------
    ax
        Where to draw.
    tree
        What to draw.
    counted
        What is counted, in the plural.
    """

    def __init__(self, ax: Axes, tree: PathTree, counted: str) -> None:
        self._ax = ax
        self._tree, self._counted = tree, counted
        self._ruler, bold = Ruler(), Ruler(bold=True)
        self._base: float = _LABEL_FONT * mpl.rcParams["font.size"]
        self._writer = PathsWriter(tree, ruler=self._ruler, bold_ruler=bold, base=self._base)
        without_frame(ax)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        self._ink = ink_of(ax)
        ax.set_xlabel(
            "",
            loc="left",
            color=self._ink.muted,
            fontsize=_LABEL_FONT * self._base,
            parse_math=False,
        )
        self._blocks, self._stripes, self._exits, self._arrows = self._add_shapes()
        self._titles = self._add_texts(tree.steps, "bold")
        self._numbers = self._add_texts(tree.steps)
        # A text that is added while the Axes is drawn comes too late, so they are all here.
        labels = self._writer.most_labels(size_in_points(ax)[1])
        self._labels = self._add_texts(labels)
        Relayout(ax, self.place, (self._ruler, bold))

    def place(self, width: float, height: float) -> None:
        """Move everything to where it belongs in an Axes of this size in points."""
        width, height = max(width, 1.0), max(height, 1.0)
        to_axes = np.array([1 / width, -1 / height])
        plan = self._writer.plan(width, height)
        self._place_shapes(plan, to_axes)
        for texts, labels in (
            (self._titles, plan.titles),
            (self._numbers, plan.numbers),
            (self._labels, plan.labels),
        ):
            self._write(texts, labels, to_axes)
        note, notes = self._ax.xaxis.label, self._notes(plan)
        width_of = self._ruler.sized(float(note.get_fontsize()))
        note.set_text(first_fitting(notes, width, width_of) or notes[-1])

    def _notes(self, plan: PathsPlan) -> tuple[str, ...]:
        tree = self._tree
        total, counted = count_text(tree.total), self._counted
        unit = f"{counted}, % of all {total} {counted}"
        if tree.rest and tree.paths:
            these = "this path" if tree.paths == 1 else f"these {count_text(tree.paths)} paths"
            unit = f"{counted} on {these}, % of all {total} {counted}"
        parts = [unit]
        if any(block.ends for block in plan.blocks):
            parts.append(f"grey edge: {ending(counted)}")
        if any(_goes_on(block, plan.steps) for block in plan.blocks):
            parts.append("arrow: it goes on")
        return " · ".join(parts), " · ".join(parts[:2]), unit, f"{counted}, % of all"

    def _add_shapes(self) -> tuple[PolyCollection, ...]:
        shapes = []
        for place, label in enumerate(SHAPES):
            shape = PolyCollection([], linewidths=0, zorder=_SHAPES_ABOVE + place / 10)
            shape.set_label(label)
            shape.set_in_layout(False)
            self._ax.add_artist(shape)
            shapes.append(shape)
        shapes[2].set_facecolor([self._ink.muted])
        return tuple(shapes)

    def _add_texts(self, count: int, weight: str = "normal") -> list[Text]:
        return hidden_texts(
            self._ax, count, weight=weight, along="center", spacing=_LINE_SPACING, layer=_TEXTS
        )

    def _write(self, texts: list[Text], labels: Iterable[Label], to_axes: Floats) -> None:
        for text in texts:
            text.set_visible(False)
        # In a figure made far larger since, there may be more labels than texts.
        for label, text in zip(labels, texts, strict=False):
            across, down = label.at
            text.set(
                text=label.text,
                position=(across * to_axes[0], 1 + down * to_axes[1]),
                fontsize=label.size,
                color=self._ink.muted if label.muted else self._ink.strong,
                visible=bool(label.text),
            )

    def _place_shapes(self, plan: PathsPlan, to_axes: Floats) -> None:
        blocks, steps = plan.blocks, plan.steps
        left = np.array([block.step for block in blocks]) * plan.pitch
        right = left + plan.pitch - GAP
        tops = plan.body_top + np.array([block.top for block in blocks])
        thickness = np.array([block.thickness for block in blocks])
        edge = np.where(thickness > _THIN, _SEPARATOR, 0.0)
        top, bottom = tops + edge, tops + thickness - edge
        colours = [_colour(block) for block in blocks]
        self._blocks.set_verts(_in_axes(_rectangles(left, top, right, bottom), to_axes))
        self._blocks.set_facecolor(
            [_tint(block, colour, self._ink) for block, colour in zip(blocks, colours, strict=True)]
        )
        event = np.array([block.kind == "event" for block in blocks])
        stripes = _rectangles(left, top, left + STRIPE, bottom)[event]
        self._stripes.set_verts(_in_axes(stripes, to_axes))
        self._stripes.set_facecolor([colours[place] for place in np.flatnonzero(event)])
        ends = np.array([block.ends_thickness for block in blocks])
        some = ends > _SEEN
        walls = _rectangles(
            right[some],
            np.maximum(top, bottom - ends + edge)[some],
            right[some] + WALL,
            bottom[some],
        )
        self._exits.set_verts(_in_axes(walls, to_axes))
        goes_on = np.array([_goes_on(block, steps) for block in blocks])
        arrows = _arrows(right[goes_on], top[goes_on], (bottom - ends)[goes_on])
        self._arrows.set_verts(_in_axes(arrows, to_axes))
        self._arrows.set_facecolor(
            [mixed(colours[place], self._ink.ground, 0.6) for place in np.flatnonzero(goes_on)]
        )


def _goes_on(block: Block, steps: int) -> bool:
    """Whether sessions go on beyond the last step from here."""
    return block.kind != "rest" and block.step == steps - 1 and block.ends < block.sessions


def _colour(block: Block) -> Rgb:
    return rgb(colour_of(block.name, is_other=block.kind != "event"))


def _tint(block: Block, colour: Rgb, ink: Ink) -> Rgb:
    return mixed(colour, ink.ground, _TINT if block.kind == "event" else _OTHER_TINT)


def _in_axes(points: Floats, to_axes: Floats) -> list[Floats]:
    """From points from the top left to parts of the Axes from the bottom left."""
    return list(points * to_axes + np.array([0.0, 1.0]))


def _rectangles(left: Floats, top: Floats, right: Floats, bottom: Floats) -> Floats:
    across = np.stack([left, right, right, left], axis=-1)
    down = np.stack([top, top, bottom, bottom], axis=-1)
    return np.stack([across, down], axis=-1)


def _arrows(left: Floats, top: Floats, bottom: Floats) -> Floats:
    across = np.stack([left, left + ARROW, left], axis=-1)
    down = np.stack([top, (top + bottom) / 2, bottom], axis=-1)
    return np.stack([across, down], axis=-1)
