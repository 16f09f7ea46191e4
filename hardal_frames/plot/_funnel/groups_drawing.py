"""The artists of a funnel chart of groups, its bars standing or lying."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.container import BarContainer
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import FuncFormatter

from hardal_frames.plot._funnel.drawing import INTERVAL
from hardal_frames.plot._funnel.groups import rows_of
from hardal_frames.plot._funnel.layout import lies_flat
from hardal_frames.plot._shared.axes import LINE, ink_of, name_room, size_in_points
from hardal_frames.plot._shared.colours import OTHER_COLOUR, Rgb, rgb
from hardal_frames.plot._shared.counted import counting
from hardal_frames.plot._shared.drawing import Relayout, Ruler
from hardal_frames.plot._shared.groups import GROUP_COLOURS
from hardal_frames.plot._shared.sheet import hidden_texts
from hardal_frames.plot._shared.text import NO_VALUE, first_fitting, percent_text, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from hardal_frames.plot._funnel.groups import GroupedSteps

    Floats = NDArray[np.float64]

SHARE: Final = "share of the group's sessions that did step 1"
KEY: Final = "numbers: sessions that did step 1"

_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_SMALL: Final = 0.8
_FINER: Final = (0.8, 0.7, 0.6)
_GRID: Final = 0.12
_MARGIN: Final = 4.0
_SWATCH: Final = 0.75
_LEAST_SLOTS: Final = 3
_MOST_KEY: Final = 0.4
_LONG: Final = 2.0
_HALO: Final = 2.5


class GroupedFunnel:
    """Draws the bars of several groups beside each other, step by step.

    Parameters
    ----------
    ax
        Where to draw.
    steps
        What to draw.
    counted
        What is counted, in the plural.
    """

    def __init__(self, ax: Axes, steps: GroupedSteps, counted: str) -> None:
        self._share, self._key_note = counting(SHARE, counted), counting(KEY, counted)
        self._ax = ax
        self._steps = steps
        self._base = float(mpl.rcParams["font.size"])
        self._small = _SMALL * self._base
        self._ruler, self._name_ruler = Ruler(), Ruler()
        widest = max(self._name_ruler.width(name, self._base) for name in steps.names)
        self._flat = lies_flat(
            len(steps.names), widest=widest + _MARGIN, between=0, width=size_in_points(ax)[0]
        )
        ink = ink_of(ax)
        colours = [
            rgb(OTHER_COLOUR if group == NO_VALUE else colour)
            for group, colour in zip(steps.groups, GROUP_COLOURS, strict=False)
        ]
        self._frame(ink.muted, ink.faint(_GRID))
        self._bars(colours, ink.strong)
        self._swatches = PolyCollection([], facecolors=colours, linewidths=0, label="_key")
        self._swatches.set_in_layout(False)
        ax.add_artist(self._swatches)
        self._key = hidden_texts(ax, len(steps.groups), colour=ink.strong)
        (self._rest,) = hidden_texts(ax, 1, colour=ink.muted)
        self._ends = [hidden_texts(ax, len(steps.names), colour=ink.strong) for _ in steps.groups]
        for text in itertools.chain(*self._ends):
            # A whisker goes on behind its text.
            text.set_path_effects([Stroke(linewidth=_HALO, foreground=ink.ground), Normal()])
        Relayout(ax, self.place, (self._ruler,))

    def _frame(self, muted: Rgb, faint: Rgb) -> None:
        ax, flat = self._ax, self._flat
        for side, spine in ax.spines.items():
            spine.set_visible(side == ("left" if flat else "bottom"))
            spine.set_color(muted)
        along, across = (ax.xaxis, ax.yaxis) if flat else (ax.yaxis, ax.xaxis)
        along.set_ticks(_TICKS)
        along.set_major_formatter(FuncFormatter(lambda share, _: percent_text(share)))
        along.set_tick_params(length=0, labelcolor=muted, labelsize=0.9 * self._base)
        along.grid(visible=True, color=faint, linewidth=0.8)
        across.set_tick_params(length=0)
        across.grid(visible=False)
        ax.set_axisbelow(True)
        ax.set_xlabel("", loc="left", color=muted, fontsize=self._small, parse_math=False)
        if not flat:
            ax.set_ylabel(self._share, color=muted, fontsize=self._small, parse_math=False)

    def _bars(self, colours: list[Rgb], ink: Rgb) -> None:
        steps = self._steps
        for group, colour in enumerate(colours):
            bars = [
                Rectangle(*self._corner_and_size(group, step), color=colour, linewidth=0)
                for step in range(len(steps.names))
            ]
            for bar in bars:
                bar.set_label("_nolegend_")
                # The limits of the Axes are set, so that bars need not be asked for theirs.
                self._ax.add_artist(bar)
            self._ax.add_container(BarContainer(bars, label=steps.groups[group]))
        known = np.isfinite(steps.low) & np.isfinite(steps.high)
        known[:, :1] = False
        ends = np.stack([steps.low[known], steps.high[known]], axis=-1)
        across = np.repeat(steps.places[known][:, np.newaxis], 2, axis=1)
        lines = np.stack([ends, across] if self._flat else [across, ends], axis=-1)
        self._ax.add_artist(
            LineCollection(list(lines), colors=[ink], linewidths=1.0, zorder=2.4, label="_interval")
        )

    def _corner_and_size(self, group: int, step: int) -> tuple[tuple[float, float], float, float]:
        steps, wide = self._steps, 0.9 * self._steps.bar
        side, share = float(steps.places[group, step]) - wide / 2, float(steps.solid[group][step])
        return ((0.0, side), share, wide) if self._flat else ((side, 0.0), wide, share)

    def place(self, width: float, height: float) -> None:
        """Move texts to where they belong in an Axes of this size in points."""
        steps = self._steps
        slots = max(len(steps.names), _LEAST_SLOTS)
        middle = (len(steps.names) - 1) / 2
        across = (middle - slots / 2, middle + slots / 2)
        pitch = (height if self._flat else width) / slots
        key = self._place_key(width, height)
        if self._flat:
            key_share = min(key / max(height, 1), _MOST_KEY)
            pitch *= 1 - key_share
            top = across[0] - slots * key_share / (1 - key_share)
            self._ax.set_ylim(across[1], top)
            room = 4 * self._small
            self._ax.set_xlim(0, 1 / max(1 - room / max(width, 1), 0.5))
        else:
            above = key + LINE * self._small + 2 * _MARGIN
            self._ax.set_xlim(*across)
            self._ax.set_ylim(0, 1 / max(1 - above / max(height, 1), 0.2))
        self._name_ticks(name_room(self._ax) if self._flat else pitch - _MARGIN)
        self._place_ends(pitch, width, height)
        self._write_note(width)

    def _place_key(self, width: float, height: float) -> float:
        """Name the groups on lines at the top of the Axes, and tell how high these are."""
        steps, size = self._steps, self._small
        width_of = self._ruler.sized(size)
        swatch = _SWATCH * size
        room = width - swatch - 2 * _MARGIN
        words = [
            shortened(f"{group}  {count}", room, width_of)
            for group, count in zip(steps.groups, steps.entrants, strict=True)
        ]
        rest = steps.hidden
        widths = [swatch + _MARGIN + width_of(text) for text in words]
        placed = rows_of([*widths, width_of(rest)], width, 3 * _MARGIN)
        line = LINE * size
        squares = []
        for text, words_of, (row, left) in zip(self._key, words, placed, strict=False):
            top = height - row * line
            corners = [(left, top - 0.15 * line - swatch), (left + swatch, top - 0.15 * line)]
            (x0, y0), (x1, y1) = ((x / max(width, 1), y / max(height, 1)) for x, y in corners)
            squares.append([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
            at = ((left + swatch + _MARGIN) / max(width, 1), (top - 0.1 * line) / max(height, 1))
            self._write_in_axes(text, words_of, at, size)
        self._swatches.set(verts=squares, transform=self._ax.transAxes)
        row, left = placed[-1]
        at = (left / max(width, 1), (height - (row + 0.1) * line) / max(height, 1))
        self._write_in_axes(self._rest, rest, at, size)
        lines = placed[-1 if rest else -2][0] + 1
        return float(lines * line + _MARGIN)

    def _write_in_axes(
        self, text: Text, content: str, at: tuple[float, float], size: float
    ) -> None:
        text.set(
            text=content,
            position=at,
            transform=self._ax.transAxes,
            fontsize=size,
            verticalalignment="top",
            visible=bool(content),
        )

    def _place_ends(self, pitch: float, width: float, height: float) -> None:
        """Write the shares at the ends of the bars, where all of them have room.

        A share stands beyond the whisker of its bar; but where that is long, as of a tiny group,
        it would be read as the share that the whisker reaches, so there it stands on the whisker.
        """
        steps = self._steps
        room = steps.bar * pitch
        every = [text for row in steps.shares for text in row[1:]]
        size = 0.0
        for part in _FINER:
            here = part * self._base
            widest = max((self._ruler.width(text, here) for text in every), default=0.0)
            if (LINE * here if self._flat else widest + 2) <= room:
                size = here
                break
        width_of = self._ruler.sized(size or self._small)
        a_point = 1 / max(width if self._flat else height, 1)
        a_point *= self._ax.get_xlim()[1] if self._flat else self._ax.get_ylim()[1]
        for group, row in enumerate(self._ends):
            for step, text in enumerate(row):
                here = size or self._small
                written = width_of(steps.shares[group][step]) if self._flat else LINE * here
                bar = steps.solid[group, step]
                along = steps.ends[group, step]
                if along - bar > _LONG * written * a_point:
                    along = bar
                along += _MARGIN * a_point
                across = steps.places[group, step]
                text.set(
                    text=steps.shares[group][step],
                    position=(along, across) if self._flat else (across, along),
                    fontsize=here,
                    horizontalalignment="left" if self._flat else "center",
                    verticalalignment="center_baseline" if self._flat else "baseline",
                    visible=bool(size) and step > 0,
                )

    def _name_ticks(self, room: float) -> None:
        axis = self._ax.yaxis if self._flat else self._ax.xaxis
        width_of = self._name_ruler.sized(self._base)
        names = [shortened(name, room, width_of) for name in self._steps.names]
        axis.set_ticks(range(len(names)), names, fontsize=self._base, parse_math=False)

    def _write_note(self, width: float) -> None:
        """Say below what the chart shows, as much as fits."""
        parts = [self._share] if self._flat else []
        if np.isfinite(self._steps.low[:, 1:]).any():
            parts.append(INTERVAL)
        parts.append(self._key_note)
        wordings = [" · ".join(parts[:end]) for end in range(len(parts), 0, -1)]
        note = self._ax.xaxis.label
        width_of = self._ruler.sized(float(note.get_fontsize()))
        note.set_text(first_fitting(wordings, width, width_of) or parts[0])
