"""The artists of a journey chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.path import Path

from hardal_frames.plot._journey.order import order_nodes
from hardal_frames.plot._journey.plan import (
    ARROW,
    DROOP,
    NODE_WIDTH,
    JourneyPlan,
    JourneyWriter,
    Percent,
)
from hardal_frames.plot._shared.axes import LINE, Ink, ink_of, without_frame
from hardal_frames.plot._shared.colours import Rgb, colour_of, mixed, rgb
from hardal_frames.plot._shared.counted import ending
from hardal_frames.plot._shared.drawing import Relayout, Ruler
from hardal_frames.plot._shared.sheet import hidden_texts
from hardal_frames.plot._shared.text import count_text, first_fitting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from hardal_frames.plot._journey.graph import JourneyGraph

    Floats = NDArray[np.float64]

SHAPES: Final = ("_exits", "_ribbons", "_arrows", "_nodes", "_patches")
"""Labels of the collections; the underscore keeps them out of legends."""

_LABEL_FONT: Final = 0.9
_RIBBON_ALPHA: Final = 0.42
_ARROW_ALPHA: Final = 0.6
_STUB_ALPHA: Final = 0.032
_PATCH_ALPHA: Final = 0.78
_PATCH_MARGIN: Final = 2.0
_OUTLINE: Final = 0.6
_STUB_INK: Final = 0.55
_FADES: Final = 24
_COARSE_FADES: Final = 4
_COARSE_BELOW: Final = 1.5
_UNSEEN: Final = 0.02
_CURVE: Final = (Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4)
_STUB: Final = (
    Path.MOVETO,
    Path.CURVE3,
    Path.CURVE3,
    Path.LINETO,
    Path.CURVE3,
    Path.CURVE3,
    Path.CLOSEPOLY,
)
_RIBBON: Final = (Path.MOVETO, *_CURVE[1:], *_CURVE, Path.CLOSEPOLY)

_STUBS, _RIBBONS, _NODES, _PATCHES, _TEXTS = 1.0, 1.2, 1.4, 1.6, 3.0


class JourneyChart:
    """Draws a journey into an Axes, whose data coordinates become 0 to 1 both ways.

    Parameters
    ----------
    ax
        Where to draw.
    graph
        What to draw.
    percent
        What the labels' percentages are of.
    counted
        What is counted, in the plural.
    """

    def __init__(self, ax: Axes, graph: JourneyGraph, percent: Percent, counted: str) -> None:
        self._counted = counted
        self._ax = ax
        self._graph = graph
        self._percent = percent
        self._ruler, bold = Ruler(), Ruler(bold=True)
        self._base = _LABEL_FONT * mpl.rcParams["font.size"]
        orders = order_nodes(graph)
        self._writer = JourneyWriter(
            graph, orders, percent=percent, ruler=self._ruler, bold_ruler=bold, base=self._base
        )
        without_frame(ax)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        ink = ink_of(ax)
        ax.set_xlabel(
            "", loc="left", color=ink.muted, fontsize=_LABEL_FONT * self._base, parse_math=False
        )
        self._add_shapes(ink)
        self._names = self._add_texts(len(graph.names), ink.strong)
        self._numbers = self._add_texts(len(graph.names), ink.muted)
        self._titles = self._add_texts(len(graph.steps), ink.strong, weight="bold")
        self._alive = self._add_texts(len(graph.steps), ink.muted)
        for node in np.flatnonzero(graph.is_other).tolist():
            self._names[node].set_fontstyle("italic")
        Relayout(ax, self.place, (self._ruler, bold))

    def place(self, width: float, height: float) -> None:
        """Move everything to where it belongs in an Axes of this size in points."""
        width, height = max(width, 1.0), max(height, 1.0)
        to_axes = np.array([1 / width, -1 / height])
        plan = self._writer.plan(width, height)
        self._place_shapes(plan, to_axes)
        self._place_labels(plan, to_axes)
        for header, title, alive in zip(plan.headers, self._titles, self._alive, strict=True):
            _write(title, header.title, (header.left, LINE * plan.size / 2), plan.size, to_axes)
            _write(alive, header.numbers, (header.left, 1.5 * LINE * plan.size), plan.size, to_axes)
        note, notes = self._ax.xaxis.label, self._notes()
        width_of = self._ruler.sized(float(note.get_fontsize()))
        note.set_text(first_fitting(notes, width, width_of) or notes[-1])

    def _notes(self) -> tuple[str, ...]:
        total, counted = count_text(int(self._graph.alive[0])), self._counted
        unit = f"{counted}, % of all {total} {counted}"
        if self._percent == "step":
            unit = f"{counted}, % of those at the same step (in the headers of all {total})"
        said = [unit]
        if self._graph.exits.any():
            said.append(f"fading: {ending(counted)}")
        if self._graph.beyond.any():
            said.append("arrow: it goes on")
        short = f"{counted}, % of {'all' if self._percent == 'start' else 'the step'}"
        return " · ".join(said), unit, short

    def _add_texts(self, count: int, colour: Rgb, weight: str = "normal") -> list[Text]:
        return hidden_texts(
            self._ax, count, colour=colour, weight=weight, along="center_baseline", layer=_TEXTS
        )

    def _add_shapes(self, ink: Ink) -> None:
        graph = self._graph
        named = zip(graph.names, graph.is_other.tolist(), strict=True)
        colours = np.array([rgb(colour_of(name, is_other=other)) for name, other in named])
        self._stub_colours = [mixed(ink.muted, tuple(colour), _STUB_INK) for colour in colours]
        self._stubs = PathCollection([], alpha=_STUB_ALPHA, linewidths=0, zorder=_STUBS)
        self._ribbons = PathCollection(
            [], facecolors=colours[graph.source], alpha=_RIBBON_ALPHA, linewidths=0, zorder=_RIBBONS
        )
        goes_on = graph.beyond > 0
        self._arrows = PolyCollection(
            [], facecolors=colours[goes_on], alpha=_ARROW_ALPHA, linewidths=0, zorder=_RIBBONS
        )
        self._nodes = PolyCollection(
            [], facecolors=colours, edgecolors=colours, linewidths=_OUTLINE, zorder=_NODES
        )
        self._patches = PolyCollection(
            [], facecolors=[ink.ground], alpha=_PATCH_ALPHA, linewidths=0, zorder=_PATCHES
        )
        shapes = (self._stubs, self._ribbons, self._arrows, self._nodes, self._patches)
        for shape, label in zip(shapes, SHAPES, strict=True):
            shape.set_label(label)
            shape.set_in_layout(False)
            self._ax.add_artist(shape)

    def _place_shapes(self, plan: JourneyPlan, to_axes: Floats) -> None:
        graph, layout = self._graph, plan.layout
        left = plan.left[graph.column]
        top = plan.body_top + layout.top
        nodes = _rectangles(left, top, left + NODE_WIDTH, top + layout.thickness)
        self._nodes.set_verts(_shapes(nodes, to_axes))
        ribbons = _ribbons(
            left[graph.source] + NODE_WIDTH,
            plan.body_top + layout.source_top,
            left[graph.target],
            plan.body_top + layout.target_top,
            layout.ribbon,
        )
        self._ribbons.set_paths([Path(one, _RIBBON) for one in _in_axes(ribbons, to_axes)])
        self._place_ends(plan, left + NODE_WIDTH, to_axes)
        boxes = [label.box for label in plan.labels]
        edges = np.array([(box.left, box.top, box.right, box.bottom) for box in boxes])
        margin = _PATCH_MARGIN * np.array([-1, 0, 1, 0])
        patches = _rectangles(*(edges.reshape(-1, 4) + margin).T)
        self._patches.set_verts(_shapes(patches, to_axes))

    def _place_ends(self, plan: JourneyPlan, right: Floats, to_axes: Floats) -> None:
        layout = plan.layout
        goes_on = self._graph.beyond > 0
        arrows = _arrows(
            right[goes_on],
            plan.body_top + layout.beyond_top[goes_on],
            layout.beyond_thickness[goes_on],
        )
        self._arrows.set_verts(_shapes(arrows, to_axes))
        self._place_stubs(plan, right, to_axes)

    def _place_stubs(self, plan: JourneyPlan, right: Floats, to_axes: Floats) -> None:
        layout = plan.layout
        ends = np.flatnonzero(layout.exit_thickness > _UNSEEN)
        starts = np.stack([right, plan.body_top + layout.exit_top], axis=-1)
        coarse = layout.exit_thickness < _COARSE_BELOW
        paths: list[Path] = []
        colours: list[Rgb] = []
        for fades, nodes in ((_FADES, ends[~coarse[ends]]), (_COARSE_FADES, ends[coarse[ends]])):
            stubs = _stubs(starts[nodes], layout.exit_thickness[nodes], plan.stub, fades)
            for node, bands in zip(nodes.tolist(), _in_axes(stubs, to_axes), strict=True):
                # Few fades are as dark at the start as many: each is drawn several times over.
                paths += [Path(band, _STUB) for band in bands] * (_FADES // fades)
                colours += [self._stub_colours[node]] * _FADES
        self._stubs.set_paths(paths)
        self._stubs.set_facecolor(colours)

    def _place_labels(self, plan: JourneyPlan, to_axes: Floats) -> None:
        for text in (*self._names, *self._numbers):
            text.set_visible(False)
        for label in plan.labels:
            _write(self._names[label.node], label.name, label.name_at, plan.size, to_axes)
            _write(self._numbers[label.node], label.numbers, label.numbers_at, plan.size, to_axes)


def _write(text: Text, content: str, at: tuple[float, float], size: float, to_axes: Floats) -> None:
    text.set_text(content)
    text.set_fontsize(size)
    text.set_position((at[0] * to_axes[0], 1 + at[1] * to_axes[1]))
    text.set_visible(bool(content))


def _in_axes(points: Floats, to_axes: Floats) -> Floats:
    """From points from the top left to parts of the Axes from the bottom left."""
    in_axes: Floats = points * to_axes + np.array([0.0, 1.0])
    return in_axes


def _shapes(points: Floats, to_axes: Floats) -> list[Floats]:
    return list(_in_axes(points, to_axes))


def _rectangles(left: Floats, top: Floats, right: Floats, bottom: Floats) -> Floats:
    across = np.stack([left, right, right, left], axis=-1)
    down = np.stack([top, top, bottom, bottom], axis=-1)
    return np.stack([across, down], axis=-1)


def _ribbons(
    left: Floats, source_top: Floats, right: Floats, target_top: Floats, thickness: Floats
) -> Floats:
    """Bands that leave and arrive level: two Bézier curves each, in the order of `_RIBBON`."""
    middle = (left + right) / 2
    source_bottom, target_bottom = source_top + thickness, target_top + thickness
    upper = [(left, source_top), (middle, source_top), (middle, target_top), (right, target_top)]
    lower = [
        (right, target_bottom),
        (middle, target_bottom),
        (middle, source_bottom),
        (left, source_bottom),
    ]
    outline = [*upper, *lower, upper[0]]
    return np.stack([np.stack(point, axis=-1) for point in outline], axis=-2)


def _arrows(left: Floats, top: Floats, thickness: Floats) -> Floats:
    shoulder = left + 0.55 * ARROW
    across = np.stack([left, shoulder, left + ARROW, shoulder, left], axis=-1)
    bottom = top + thickness
    down = np.stack([top, top, top + thickness / 2, bottom, bottom], axis=-1)
    return np.stack([across, down], axis=-1)


def _stubs(starts: Floats, thickness: Floats, length: float, fades: int) -> Floats:
    """Bands of growing length on each other: together one that sinks and fades, for each start.

    Each edge is a piece of one parabola, which a quadratic Bézier curve draws exactly.
    """
    part = np.linspace(1 / fades, 1, fades)
    none = np.zeros(fades)
    across = np.stack([none, length * part / 2, length * part], axis=-1)
    down = np.stack([none, none, DROOP * part**2], axis=-1)
    edge = np.stack([across, down], axis=-1)
    outline = np.concatenate([edge, edge[:, ::-1], edge[:, :1]], axis=1)
    lower = np.zeros((len(starts), 1, outline.shape[1], 2))
    lower[:, 0, 3:6, 1] = thickness[:, np.newaxis]
    bands: Floats = outline + lower + starts[:, np.newaxis, np.newaxis]
    return bands
