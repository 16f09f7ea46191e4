"""The artists of a session chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.path import Path
from matplotlib.ticker import NullFormatter

from hardal_frames.plot._session.writer import SessionWriter
from hardal_frames.plot._shared.axes import ink_of, without_frame
from hardal_frames.plot._shared.colours import RED, Rgb, colour_of, luminance, mixed, rgb
from hardal_frames.plot._shared.drawing import Relayout, Ruler
from hardal_frames.plot._shared.sheet import hidden_texts
from hardal_frames.plot._shared.text import amount_text, duration_text, first_fitting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from hardal_frames.plot._session.plan import SessionPlan, Words
    from hardal_frames.plot._session.reading import SessionEvents

    Floats = NDArray[np.float64]

_LABEL_FONT: Final = 0.9
_NOTE_FONT: Final = 0.9
_TICK_FONT: Final = 0.9
_DOT: Final = 0.72
_RING: Final = 1.3
_LANE: Final = 0.1
_LANE_WIDTH: Final = 4.0
_IDLE: Final = 0.05
_PAGES: Final = (0.1, 0.17)
_JOINED: Final = 0.55
_OUTLINE: Final = 0.55
_TICK: Final = 0.82
_ROW: Final = 0.05
_DARK_BELOW: Final = 0.5
_GRAIN: Final = 0.5
_TICK_CODES: Final = (Path.MOVETO, Path.LINETO)
_PAGE_LABELS: Final = 48
_BREAK_LABELS: Final = 40
_KEY_LABELS: Final = 16
_ROW_LABELS: Final = 64


class SessionChart:
    """Draws a session into an Axes, whose data coordinates become 0 to 1 both ways.

    Parameters
    ----------
    ax
        Where to draw.
    session
        What to draw.
    """

    def __init__(self, ax: Axes, session: SessionEvents) -> None:
        self._ax = ax
        self._session = session
        base: float = mpl.rcParams["font.size"]
        self._base = _LABEL_FONT * base
        self._ruler, bold = Ruler(), Ruler(bold=True)
        self._writer = SessionWriter(
            session,
            ruler=self._ruler,
            bold_ruler=bold,
            base=self._base,
            tick_size=_TICK_FONT * self._base,
        )
        self._ink = ink_of(ax)
        self._colours = [rgb(colour_of(name)) for name in session.names]
        self._edges = [mixed(one, self._ink.strong, _OUTLINE) for one in self._colours]
        self._tick_colours = [mixed(one, self._ink.strong, _TICK) for one in self._colours]
        dark = luminance(self._ink.ground) < _DARK_BELOW
        self._red = mixed(rgb(RED), (1.0, 0.45, 0.4), 0.25) if dark else rgb(RED)
        self._frame()
        self._add_shapes()
        self._texts = hidden_texts(ax, self._most_texts(), along="center")
        Relayout(ax, self.place, (self._ruler, bold))

    def place(self, width: float, height: float) -> None:
        """Move everything to where it belongs in an Axes of this size in points."""
        width, height = max(width, 1.0), max(height, 1.0)
        to_axes = np.array([1 / width, -1 / height])
        plan = self._writer.plan(width, height)
        self._place_axis(plan, width)
        self._place_lanes(plan, to_axes)
        self._place_pages(plan, to_axes)
        if self._writer.dense:
            self._place_ticks(plan, to_axes)
        else:
            self._place_dots(plan, to_axes)
        self._write(plan.words, to_axes)
        note, notes = self._ax.xaxis.label, self._notes()
        width_of = self._ruler.sized(float(note.get_fontsize()))
        note.set_text(first_fitting(notes, width, width_of) or notes[-1])

    def _notes(self) -> tuple[str, ...]:
        session = self._session
        events = len(session.elapsed)
        counted = amount_text(events, "event")
        clock = f"{session.start} {session.zone}"
        if not session.duration:
            order = f"order of events, all at {clock}" if events > 1 else f"at {clock}"
            return f"{order} · {counted}", order, session.start
        since = f"elapsed since {clock}"
        return f"{since} · {counted} in {duration_text(session.duration)}", since, session.start

    def _frame(self) -> None:
        ax, ink = self._ax, self._ink
        without_frame(ax)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        ax.spines["bottom"].set(visible=True, color=ink.muted)
        ax.xaxis.set_tick_params(
            length=3, color=ink.muted, labelcolor=ink.muted, labelsize=_TICK_FONT * self._base
        )
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.grid(visible=False)
        ax.set_xlabel(
            "", loc="left", color=ink.muted, fontsize=_NOTE_FONT * self._base, parse_math=False
        )

    def _most_texts(self) -> int:
        session = self._session
        names = _ROW_LABELS if self._writer.dense else len(session.elapsed) + len(session.lanes)
        changes = int(np.count_nonzero(np.diff(session.page)))
        key = min(len(session.names), _KEY_LABELS) + 2
        breaks = min(int(self._writer.idle.sum()), _BREAK_LABELS)
        return names + min(changes + 2, _PAGE_LABELS) + breaks + key

    def _add_shapes(self) -> None:
        ink, ground = self._ink, self._ink.ground
        self._idle = self._polygons("_idle", 1.0, [ink.faint(_IDLE)])
        self._pages = self._polygons("_pages", 1.1, [])
        self._lanes = self._polygons(
            "_lanes", 1.1, [ink.faint(_ROW if self._writer.dense else _LANE)]
        )
        self._joined = self._lines("_joined", 1.3, _LANE_WIDTH)
        self._leaders = self._lines("_leaders", 1.2, 0.7)
        self._leaders.set_color([mixed(ink.muted, ground, 0.7)])
        self._ticks = PathCollection(
            [], facecolors="none", linewidths=1.1, zorder=1.5, label="_ticks"
        )
        self._ticks.set_in_layout(False)
        self._ax.add_artist(self._ticks)
        size = (_DOT * self._base) ** 2
        self._dots = self._scatter("_events", 2.0, size, 0.8)
        self._key = self._scatter("_key", 2.0, size, 0.8)
        self._rings = self._scatter("_rings", 2.2, (_RING * self._base) ** 2, 1.4)
        self._rings.set_facecolor("none")
        self._rings.set_edgecolor([self._red])

    def _polygons(self, label: str, zorder: float, colours: list[Rgb]) -> PolyCollection:
        shape = PolyCollection([], facecolors=colours, linewidths=0, zorder=zorder, label=label)
        shape.set_in_layout(False)
        self._ax.add_artist(shape)
        return shape

    def _lines(self, label: str, zorder: float, width: float) -> LineCollection:
        shape = LineCollection([], linewidths=width, zorder=zorder, label=label)
        shape.set_capstyle("butt")
        shape.set_in_layout(False)
        self._ax.add_artist(shape)
        return shape

    def _scatter(self, label: str, zorder: float, size: float, width: float) -> PathCollection:
        shape = self._ax.scatter(
            [], [], s=size, linewidths=width, zorder=zorder, label=label, clip_on=False
        )
        shape.set_in_layout(False)
        return shape

    def _write(self, words: list[Words], to_axes: Floats) -> None:
        for text in self._texts[len(words) :]:
            text.set_visible(False)
        for one, text in zip(words, self._texts, strict=False):
            text.set(
                text=one.text,
                position=(one.left * to_axes[0], 1 + one.middle * to_axes[1]),
                fontsize=one.size,
                fontweight="bold" if one.bold else "normal",
                color=self._ink.strong if one.strong else self._ink.muted,
                visible=bool(one.text),
            )

    def _place_axis(self, plan: SessionPlan, width: float) -> None:
        axis = self._ax.xaxis
        places = [place / width for place, _ in plan.axis.ticks]
        axis.set_ticks(places, [text for _, text in plan.axis.ticks], parse_math=False)
        self._ax.spines["bottom"].set_bounds(plan.left / width, 1)

    def _place_lanes(self, plan: SessionPlan, to_axes: Floats) -> None:
        bottom = -1 / to_axes[1]
        bands = [(one.left, plan.breaks_top, one.right, bottom) for one in plan.axis.breaks]
        self._idle.set_verts(_rectangles(bands, to_axes))
        edges = [plan.left, *(x for one in plan.axis.breaks for x in (one.left, one.right))]
        pieces = list(zip(edges[::2], [*edges[1::2], plan.right], strict=True))
        half = max(plan.row / 2, _LANE_WIDTH / 2)
        self._lanes.set_verts(
            _rectangles(
                [(left, line - half, right, line + half)
                 for line in plan.lines for left, right in pieces],
                to_axes,
            )
        )  # fmt: skip

    def _place_pages(self, plan: SessionPlan, to_axes: Floats) -> None:
        spans = [(one.left, plan.page_top, one.right, plan.page_bottom) for one in plan.spans]
        self._pages.set_verts(_rectangles(spans, to_axes))
        tones = [self._ink.faint(part) for part in _PAGES]
        self._pages.set_facecolor([tones[one.even] for one in plan.spans])

    def _place_dots(self, plan: SessionPlan, to_axes: Floats) -> None:
        session = self._session
        points = _in_axes(np.stack([plan.axis.places, plan.down], axis=-1), to_axes)
        self._dots.set_offsets(points)
        self._dots.set_facecolor(_each(self._colours, session.name))
        self._dots.set_edgecolor(_each(self._edges, session.name))
        self._joined.set_segments([_in_axes(dots, to_axes) for dots, _ in plan.joined])
        ground = self._ink.ground
        self._joined.set_color(
            [mixed(self._colours[name], ground, _JOINED)
             for _, name in plan.joined]
        )  # fmt: skip
        leaders = [((x, top), (x, bottom)) for x, top, bottom in plan.leaders]
        self._leaders.set_segments(_segments(leaders, to_axes))
        self._place_rings(plan, points[session.doubled], to_axes)

    def _place_ticks(self, plan: SessionPlan, to_axes: Floats) -> None:
        """Draw one tick for all events of a name that fall on the same hair's breadth."""
        session = self._session
        grain = np.round(plan.axis.places / _GRAIN).astype(np.int64)
        pairs = session.lane * len(session.names) + session.name
        _, kept = np.unique(pairs * (grain.max() + 1) + grain, return_index=True)
        x, y, half = plan.axis.places[kept], plan.down[kept], plan.row / 2
        lines = np.stack([np.stack([x, y - half], -1), np.stack([x, y + half], -1)], axis=1)
        # One path for all ticks of a name is quicker, and smaller in a file, than one for each.
        begins = np.flatnonzero(np.diff(pairs[kept], prepend=-1))
        self._ticks.set_paths(
            [
                Path(one.reshape(-1, 2), np.tile(_TICK_CODES, len(one)))
                for one in np.split(_in_axes(lines, to_axes), begins[1:])
            ]
        )
        self._ticks.set_edgecolor(_each(self._tick_colours, session.name[kept[begins]]))
        doubled = kept[session.doubled[kept]]
        points = np.stack([plan.axis.places, plan.down], axis=-1)[doubled]
        self._place_rings(plan, _in_axes(points, to_axes), to_axes)

    def _place_rings(self, plan: SessionPlan, points: Floats, to_axes: Floats) -> None:
        marks = np.array([(mark.across, mark.down) for mark in plan.key]).reshape(-1, 2)
        names = np.array([mark.name for mark in plan.key], dtype=np.int64)
        placed, ring = _in_axes(marks, to_axes), names < 0
        self._key.set_offsets(placed[~ring])
        self._key.set_facecolor(_each(self._colours, names[~ring]))
        self._key.set_edgecolor(_each(self._edges, names[~ring]))
        self._rings.set_offsets(np.unique(np.concatenate([points, placed[ring]]), axis=0))


def _each(colours: list[Rgb], names: NDArray[np.int64]) -> list[Rgb]:
    return [colours[name] for name in names.tolist()]


def _in_axes(points: Floats, to_axes: Floats) -> Floats:
    """From points from the top left to parts of the Axes from the bottom left."""
    in_axes: Floats = points * to_axes + np.array([0.0, 1.0])
    return in_axes


def _segments(
    lines: Iterable[tuple[tuple[float, float], tuple[float, float]]], to_axes: Floats
) -> list[Floats]:
    return [_in_axes(np.array(line), to_axes) for line in lines]


def _rectangles(
    edges: Iterable[tuple[float, float, float, float]], to_axes: Floats
) -> list[Floats]:
    corners = np.array(list(edges)).reshape(-1, 4)
    left, top, right, bottom = corners.T
    across = np.stack([left, right, right, left], axis=-1)
    down = np.stack([top, top, bottom, bottom], axis=-1)
    return list(_in_axes(np.stack([across, down], axis=-1), to_axes))
