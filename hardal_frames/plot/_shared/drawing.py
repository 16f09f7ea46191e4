"""What drawing needs of matplotlib: widths of texts, and a second look when the size is known."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text

from hardal_frames.plot._shared.axes import POINTS_PER_INCH, size_in_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure, SubFigure

_BEHIND_ALL: Final = -1e6
_SAME_SIZE: Final = 2
_UNIT: Final = 10.0
_FIXED_POINT: Final = 65_536
_SPARE: Final = 1.03
_MOST: Final = 10_000
_STYLE: Final = (
    "font.family",
    "font.sans-serif",
    "font.serif",
    "font.monospace",
    "font.cursive",
    "font.fantasy",
    "text.hinting",
    "text.usetex",
    "pdf.use14corefonts",
    "ps.useafm",
)
"""What else the width of a text depends on."""


class Ruler:
    """Measures texts: nearly without a renderer, exactly with the one that will draw them.

    What was measured is kept for the next chart in the same style, on the same kind of canvas.
    Screens move letters to whole pixels, which makes a line of small text up to a tenth longer or
    shorter, so what fits can be told for certain only at draw time. Before that the letters are
    added up: shaping a text takes longer than drawing it.

    Parameters
    ----------
    bold
        Whether the texts are bold.

    Examples
    --------
    >>> ruler = Ruler()
    >>> ruler.width("page_view", 10) > ruler.width("view", 10) > ruler.width("view", 5)
    True
    """

    def __init__(self, *, bold: bool = False) -> None:
        self._font = FontProperties(weight="bold" if bold else "normal", size=_UNIT)
        # A plain text: what matplotlib 3.11 returns cannot be pickled.
        self._file = str(findfont(self._font))
        self._weight = str(self._font.get_weight())
        self._exact: dict[tuple[str, float], float] = {}
        self._renderer: RendererBase | None = None
        self._probe: Text | None = None

    def measure_with(self, renderer: RendererBase, figure: Figure | SubFigure) -> None:
        """Measure exactly as this renderer draws texts of this figure."""
        style = tuple(str(mpl.rcParams[name]) for name in _STYLE)
        kind = (type(renderer), type(figure.canvas), _pixels_a_point(renderer))
        self._exact = _widths(kind, style, self._weight)
        if len(self._exact) > _MOST:
            self._exact.clear()
        self._renderer = renderer
        # Through a text: matplotlib then knows the size of those that are drawn as measured.
        self._probe = Text(fontproperties=self._font.copy(), parse_math=False)
        self._probe.set_figure(figure)

    def forget_renderer(self) -> None:
        """Measure nearly again."""
        self._renderer = self._probe = None

    def width(self, text: str, size: float) -> float:
        """Width in points of a text in the given font size."""
        if not text:
            return 0.0
        if self._renderer is None or self._probe is None:
            return self._near_width(text, size)
        if (text, size) not in self._exact:
            self._exact[text, size] = _drawn_width(self._probe, text, size, self._renderer)
        return self._exact[text, size]

    def sized(self, size: float) -> Callable[[str], float]:
        """Give the function that measures texts in this font size."""
        return partial(self.width, size=size)

    def _near_width(self, text: str, size: float) -> float:
        return sum(_advance(self._file, letter) for letter in text) * _SPARE * size


class Relayout(Artist):
    """Places a chart anew whenever its Axes has another size than last time, or is drawn elsewhere.

    Only at draw time is the size known: subplots, constrained layout and windows change it. This
    artist draws nothing; being the first to be drawn, it moves the others before their turn.

    Parameters
    ----------
    ax
        The Axes of the chart.
    place
        Gets the width and height of the Axes in points.
    rulers
        What `place` measures with.
    """

    def __init__(
        self, ax: Axes, place: Callable[[float, float], None], rulers: Iterable[Ruler]
    ) -> None:
        super().__init__()
        self.set_zorder(_BEHIND_ALL)
        self.set_in_layout(False)
        self._chart = ax
        self._place = place
        self._rulers = tuple(rulers)
        self._placed_for: tuple[str, float, float, float] | None = None
        ax.add_artist(self)
        place(*size_in_points(ax))

    def draw(self, renderer: RendererBase) -> None:
        """Place the chart if anything has changed since it was last placed."""
        if not self.get_visible():
            return
        width, height = (round(length, _SAME_SIZE) for length in size_in_points(self._chart))
        now = (type(renderer).__name__, _pixels_a_point(renderer), width, height)
        if now == self._placed_for:
            return
        self._placed_for = now
        for ruler in self._rulers:
            ruler.measure_with(renderer, self._chart.figure)
        self._place(width, height)
        for ruler in self._rulers:
            ruler.forget_renderer()


@lru_cache(maxsize=16)
def _widths(
    kind: tuple[type, type, float],  # noqa: ARG001  (what widths depend on)
    style: tuple[str, ...],  # noqa: ARG001
    weight: str,  # noqa: ARG001
) -> dict[tuple[str, float], float]:
    """Give the widths of texts that were measured so; they depend on nothing else."""
    return {}


def _drawn_width(probe: Text, text: str, size: float, renderer: RendererBase) -> float:
    probe.set_text(text)
    probe.set_fontsize(size)
    return float(probe.get_window_extent(renderer).width) / _pixels_a_point(renderer)


def _pixels_a_point(renderer: RendererBase) -> float:
    return float(np.asarray(renderer.points_to_pixels(1.0), dtype=np.float64))


@lru_cache(maxsize=10_000)
def _advance(file: str, letter: str) -> float:
    """Width of a letter in font sizes; one that the font lacks is taken to be square."""
    font = get_font(file)
    if not font.get_char_index(ord(letter)):
        return 1.0
    font.set_size(_UNIT, POINTS_PER_INCH)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / _FIXED_POINT / _UNIT
