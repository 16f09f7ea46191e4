"""The artists of a funnel chart, its bars standing or lying."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.ticker import FuncFormatter

from hardal_frames.plot._funnel.layout import BAR, FunnelSteps, every_nth, lies_flat
from hardal_frames.plot._shared.axes import LINE, Ink, ink_of, name_room, size_in_points
from hardal_frames.plot._shared.colours import BLUE, mixed, rgb
from hardal_frames.plot._shared.counted import counting
from hardal_frames.plot._shared.drawing import Relayout, Ruler
from hardal_frames.plot._shared.text import first_fitting, percent_text, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SHARE: Final = "share of sessions that did step 1"
KEPT: Final = "arrows: % of the step before"
KEPT_OF_REQUIRED: Final = "arrows: % of the step before that is not optional"
TIME: Final = "median time since it"
INTERVAL: Final = "lines: 95% confidence interval"

_TICKS: Final = ((0.0, 0.25, 0.5, 0.75, 1.0), (0.0, 0.5, 1.0), (0.0, 1.0))
_TICK_FONT: Final = 0.9
_NAME_FONTS: Final = (1.0, 0.95, 0.9, 0.85, 0.8)
_SMALL: Final = 0.8
_FONT_FLOOR: Final = 5.5
_ROW: Final = 1.7
_DROP_TONE: Final = 0.2
_OPTIONAL_TONE: Final = 0.5
_HATCH_TONE: Final = 0.58
_GRID: Final = 0.12
_CHIP: Final = 0.09
_POINT: Final = 6.0
_MARGIN: Final = 4.0
_BARS_AT_LEAST: Final = 0.5
_LEAST_SLOTS: Final = 3


@dataclass(frozen=True)
class _StepTexts:
    """The texts of one step: at the end of its bar, and between it and the one before."""

    count: Text
    share: Text
    chip: Text


class FunnelChart(ABC):
    """Draws a funnel into an Axes; what the two directions have in common.

    Parameters
    ----------
    ax
        Where to draw.
    steps
        What to draw.
    counted
        What is counted, in the plural.
    """

    flat: bool

    def __init__(self, ax: Axes, steps: FunnelSteps, counted: str) -> None:
        self._ax = ax
        self._share = counting(SHARE, counted)
        self._steps = steps
        self._base: float = mpl.rcParams["font.size"]
        self._ruler, self._bold = Ruler(), Ruler(bold=True)
        # Names are not measured at draw time: the figure has then already made room for them.
        self._name_ruler = Ruler()
        self._name_size = self._base
        ink = ink_of(ax)
        self._frame(ink)
        self._bars(ink)
        self._chips = PolyCollection(
            [], facecolors=[ink.faint(_CHIP)], linewidths=0, zorder=2.5, label="_arrows"
        )
        self._chips.set_in_layout(False)
        ax.add_artist(self._chips)
        self._texts = [self._step_texts(ink) for _ in steps.names]
        Relayout(ax, self.place, (self._ruler, self._bold))

    @abstractmethod
    def place(self, width: float, height: float) -> None:
        """Move texts and arrows to where they belong in an Axes of this size in points."""

    def _frame(self, ink: Ink) -> None:
        ax, flat = self._ax, self.flat
        for side, spine in ax.spines.items():
            spine.set_visible(side == ("left" if flat else "bottom"))
            spine.set_color(ink.muted)
        along, across = (ax.xaxis, ax.yaxis) if flat else (ax.yaxis, ax.xaxis)
        along.set_ticks(_TICKS[0])
        along.set_major_formatter(FuncFormatter(_percent_tick))
        along.set_tick_params(length=0, labelcolor=ink.muted, labelsize=_TICK_FONT * self._base)
        along.grid(visible=True, color=ink.faint(_GRID), linewidth=0.8)
        across.set_ticks(range(len(self._steps.names)))
        across.set_tick_params(length=0, labelcolor=ink.strong)
        across.grid(visible=False)
        ax.set_axisbelow(True)
        small = _SMALL * self._base
        ax.set_xlabel("", loc="left", color=ink.muted, fontsize=small, parse_math=False)
        if not flat:
            ax.set_ylabel(self._share, color=ink.muted, fontsize=small, parse_math=False)

    def _write_note(self, width: float, *, times: bool = True) -> None:
        """Say below what the chart shows, as much as fits."""
        steps, note = self._steps, self._ax.xaxis.label
        parts = [self._share] if self.flat else []
        if any(steps.kept):
            kept = KEPT_OF_REQUIRED if steps.optional.any() else KEPT
            parts.append(f"{kept}, {TIME}" if times and any(steps.medians) else kept)
        if np.isfinite(steps.low[1:]).any():
            parts.append(INTERVAL)
        wordings = [" · ".join(parts[:end]) for end in range(len(parts), 0, -1)]
        width_of = self._ruler.sized(float(note.get_fontsize()))
        note.set_text(first_fitting(wordings, width, width_of) or "".join(wordings[-1:]))

    def _bars(self, ink: Ink) -> None:
        steps, colour = self._steps, rgb(BLUE)
        places = np.arange(len(steps.names))
        lost = np.maximum(steps.before - steps.solid, 0)
        draw = self._ax.barh if self.flat else self._ax.bar
        paler = mixed(colour, ink.ground, _OPTIONAL_TONE)
        colours = [paler if may else colour for may in steps.optional.tolist()]
        draw(places, steps.solid, BAR, color=colours, linewidth=0, label="kept")
        draw(
            places,
            lost,
            BAR,
            steps.solid,
            color=mixed(colour, ink.ground, _DROP_TONE),
            edgecolor=mixed(colour, ink.ground, _HATCH_TONE),
            hatch="////",
            linewidth=0,
            label="dropped off",
        )
        known = np.isfinite(steps.low) & np.isfinite(steps.high) & (places > 0)
        ends = np.stack([steps.low, steps.high], axis=-1)[known]
        across = np.repeat(places[known, np.newaxis], 2, axis=1)
        lines = np.stack([ends, across] if self.flat else [across, ends], axis=-1)
        whiskers = LineCollection(
            list(lines), colors=[ink.strong], linewidths=1.2, zorder=2.4, label="_interval"
        )
        self._ax.add_artist(whiskers)

    def _step_texts(self, ink: Ink) -> _StepTexts:
        def added(colour: tuple[float, float, float], weight: str = "normal") -> Text:
            text = self._ax.text(
                0, 0, "", color=colour, weight=weight, zorder=3, parse_math=False, visible=False
            )
            text.set_in_layout(False)
            return text

        return _StepTexts(added(ink.strong, "bold"), added(ink.muted), added(ink.strong))

    @staticmethod
    def _widest(texts: Iterable[str], ruler: Ruler, size: float) -> float:
        return max((ruler.width(text, size) for text in texts), default=0.0)

    def _name_ticks(self, room: float, size: float, nth: int) -> None:
        axis = self._ax.yaxis if self.flat else self._ax.xaxis
        width_of = self._name_ruler.sized(size)
        names = [
            "" if place % nth else shortened(name, room, width_of)
            for place, name in enumerate(self._steps.names)
        ]
        axis.set_ticks(range(len(names)), names, fontsize=size, parse_math=False)


class StandingFunnel(FunnelChart):
    """A funnel of standing bars: for few steps with short names."""

    flat = False

    def place(self, width: float, height: float) -> None:
        """Move texts and arrows to where they belong in an Axes of this size in points."""
        steps = self._steps
        slots = max(len(steps.names), _LEAST_SLOTS)
        middle = (len(steps.names) - 1) / 2
        self._ax.set_xlim(middle - slots / 2, middle + slots / 2)
        pitch = width / slots
        size, small = self._base, _SMALL * self._base
        self._write_note(width)
        above = LINE * (size + small) + 2 * _MARGIN
        top = 1 / max(1 - above / max(height, 1), 0.2)
        self._ax.set_ylim(0, top)
        point = top / max(height, 1)
        room = pitch - _MARGIN
        fitting = (
            part * size
            for part in _NAME_FONTS
            if self._widest(steps.names, self._name_ruler, part * size) <= room
        )
        self._name_ticks(room, next(fitting, _NAME_FONTS[-1] * size), 1)
        arrows = []
        for place, (texts, end) in enumerate(zip(self._texts, steps.ends.tolist(), strict=True)):
            share_at = end + _MARGIN * point
            _write(
                texts.share,
                steps.shares[place],
                (place, share_at),
                small,
                across="center",
                along="baseline",
            )
            count_at = share_at + LINE * small * point
            _write(
                texts.count,
                steps.counts[place],
                (place, count_at),
                size,
                across="center",
                along="baseline",
            )
            if steps.kept[place]:
                lines = [line for line in (steps.kept[place], steps.medians[place]) if line]
                half = (len(lines) * LINE * small / 2 + 3) * point
                centre = half + 5 * point
                left, right = (place - 1 + BAR / 2, place - BAR / 2)
                arrows.append(
                    _arrow(left + 2 / pitch, right - 1 / pitch, centre, half, _POINT / pitch)
                )
                at = ((left + right - _POINT / 2 / pitch) / 2, centre)
                _write(texts.chip, "\n".join(lines), at, small, across="center", along="center")
        self._chips.set_verts(arrows)


class LyingFunnel(FunnelChart):
    """A funnel of lying bars: for many steps or long names."""

    flat = True

    def place(self, width: float, height: float) -> None:
        """Move texts and arrows to where they belong in an Axes of this size in points."""
        steps = self._steps
        slots = max(len(steps.names), _LEAST_SLOTS)
        middle = (len(steps.names) - 1) / 2
        self._ax.set_ylim(middle + slots / 2, middle - slots / 2)
        pitch = height / slots
        size = float(np.clip(pitch / _ROW, _FONT_FLOOR, self._base))
        small = _SMALL * size
        nth = every_nth(pitch, size * LINE)
        # Names that grew now would leave the room that the figure's layout has just given them.
        self._name_size = min(self._name_size, size)
        self._name_ticks(name_room(self._ax), self._name_size, nth)
        ends = self._widest(steps.counts, self._bold, size) + self._widest(
            steps.shares, self._ruler, small
        )
        between, column = self._column(width - ends - 4 * _MARGIN, _BARS_AT_LEAST * width, small)
        room = min(ends + column + 4 * _MARGIN, 0.8 * width)
        right = 1 / (1 - room / max(width, 1))
        self._ax.set_xlim(0, right)
        self._along_ticks(width - room)
        self._write_note(width, times=between == self._between(times=True))
        point = right / max(width, 1)
        half = min(0.42, (small * LINE / 2 + _POINT / 2) / max(pitch, 1))
        arrows = []
        for place, (texts, end) in enumerate(zip(self._texts, steps.ends.tolist(), strict=True)):
            at = end + _MARGIN * point
            count, share, chip = (
                "" if place % nth else text
                for text in (steps.counts[place], steps.shares[place], between[place])
            )
            _write(texts.count, count, (at, place), size, across="left", along="center_baseline")
            at += (self._bold.width(count, size) + _MARGIN) * point
            _write(texts.share, share, (at, place), small, across="left", along="center_baseline")
            centre = (right - column * point / 2, place - 0.5)
            _write(texts.chip, chip, centre, small, across="center", along="center_baseline")
            if chip and nth == 1:
                arrows.append(_arrow_down(right - column * point, right, place - 0.5, half))
        self._chips.set_verts(arrows)

    def _column(self, room: float, bars: float, size: float) -> tuple[list[str], float]:
        """Choose the texts between the steps, and the column's width, that leave the bars room."""
        for texts in (self._between(times=True), self._between(times=False)):
            width = self._widest(texts, self._ruler, size) + 3 * _MARGIN
            if any(texts) and room - width >= bars:
                return texts, width
        return [""] * len(self._steps.names), 0.0

    def _between(self, *, times: bool) -> list[str]:
        steps = self._steps
        if not times:
            return list(steps.kept)
        pairs = zip(steps.kept, steps.medians, strict=True)
        return [" · ".join(text for text in pair if text) for pair in pairs]

    def _along_ticks(self, length: float) -> None:
        """Mark as many shares as can be written along bars of this length."""
        label = 1.4 * self._ruler.width("100%", _TICK_FONT * self._base)
        fitting = (ticks for ticks in _TICKS if (len(ticks) - 1) * label <= length)
        self._ax.xaxis.set_ticks(next(fitting, _TICKS[-1]))


def chart_for(ax: Axes, steps: FunnelSteps) -> Callable[[Axes, FunnelSteps, str], FunnelChart]:
    """Choose the direction of the bars for the Axes as it is now."""
    base = float(mpl.rcParams["font.size"])
    ruler, bold = Ruler(), Ruler(bold=True)
    names = [ruler.width(name, _NAME_FONTS[-1] * base) for name in steps.names]
    counts = [bold.width(count, base) for count in steps.counts]
    pieces = [ruler.width(text, _SMALL * base) for text in (*steps.kept, *steps.medians)]
    flat = lies_flat(
        len(steps.names),
        widest=max(names + counts) + _MARGIN,
        between=max(pieces) + _POINT + _MARGIN,
        width=size_in_points(ax)[0]
        * max(len(steps.names), 1)
        / max(len(steps.names), _LEAST_SLOTS),
    )
    return LyingFunnel if flat else StandingFunnel


def _percent_tick(share: float, _place: int | None = None) -> str:
    return percent_text(share)


def _write(
    text: Text, content: str, at: tuple[float, float], size: float, *, across: str, along: str
) -> None:
    text.set(
        text=content,
        position=at,
        fontsize=size,
        horizontalalignment=across,
        verticalalignment=along,
        visible=bool(content),
    )


def _arrow(left: float, right: float, centre: float, half: float, point: float) -> Floats:
    """Draw an arrow to the right, its head as long as `point`."""
    shoulder = right - point
    across = (left, shoulder, right, shoulder, left)
    along = (centre - half, centre - half, centre, centre + half, centre + half)
    return np.stack([across, along], axis=-1)


def _arrow_down(left: float, right: float, centre: float, half: float) -> Floats:
    """Draw an arrow downwards, steps being numbered downwards."""
    middle, shoulder = (left + right) / 2, centre + half * 0.55
    across = (left, right, right, middle, left)
    along = (centre - half, centre - half, shoulder, centre + half, shoulder)
    return np.stack([across, along], axis=-1)
