"""The Axes that a chart is drawn into: its size, its ink, its frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.colours import Rgb, luminance, mixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

POINTS_PER_INCH: Final = 72
LINE: Final = 1.35
"""Height of a line of text, of its font size."""
SIZE: Final = (10.0, 5.0)
"""Width and height of a new figure in inches."""

_NAMES: Final = 0.28
_TICK_SPACE: Final = 9.0
_MUTED: Final = 0.6
_OPAQUE_FROM: Final = 0.5
_LIGHT_FROM: Final = 0.5


@dataclass(frozen=True)
class Ink:
    """The colours of text and ground in one Axes.

    Parameters
    ----------
    strong
        The colour of what must be read.
    muted
        The colour of what may be read.
    ground
        The colour behind.
    """

    strong: Rgb
    muted: Rgb
    ground: Rgb

    def faint(self, share: float) -> Rgb:
        """Mix a little ink into the ground."""
        return mixed(self.strong, self.ground, share)


def axes_or_new(ax: Axes | None, *, size: tuple[float, float] = SIZE) -> Axes:
    """Return the Axes given, or one in a new pyplot figure.

    Parameters
    ----------
    ax
        What the caller gave.
    size
        Inches of the new figure.

    Returns
    -------
    Axes
        Where to draw.

    Raises
    ------
    InvalidInput
        If `ax` is not one Axes, such as the array that ``plt.subplots(2, 2)`` returns.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> axes_or_new(ax) is ax
    True
    """
    if ax is None:
        import matplotlib.pyplot as plt  # noqa: PLC0415  (only here does pyplot get a figure)

        _, new = plt.subplots(figsize=size, layout="constrained")
        return new
    from matplotlib.axes import Axes  # noqa: PLC0415  (loads when a chart is drawn)

    if not isinstance(ax, Axes):
        raise InvalidInput(
            f"ax= takes one matplotlib Axes, not {type(ax).__name__}; "
            "of the array that plt.subplots(2, 2) returns, give one element."
        )
    return ax


def size_in_points(ax: Axes) -> tuple[float, float]:
    """Width and height of the Axes in points, the unit of font sizes."""
    scale = POINTS_PER_INCH / ax.figure.dpi
    return ax.bbox.width * scale, ax.bbox.height * scale


def name_room(ax: Axes) -> float:
    """Points to the left of the Axes that the names of its rows may take."""
    figure = ax.figure
    scale = POINTS_PER_INCH / float(figure.dpi)
    if figure.get_layout_engine() is None:
        # Nothing will make room, so there is the margin and no more.
        return max(float(ax.bbox.x0 - figure.bbox.x0) * scale - _TICK_SPACE, 0.0)
    place = ax.get_subplotspec()
    part = len(place.colspan) / place.get_gridspec().ncols if place is not None else 1.0
    return float(_NAMES * part * figure.bbox.width * scale)


def ink_of(ax: Axes) -> Ink:
    """Read the colours that the style gave the Axes.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ink = ink_of(Figure(facecolor="white").add_subplot(facecolor="black"))
    >>> ink.ground
    (0.0, 0.0, 0.0)
    """
    strong = _solid(ax.xaxis.label.get_color())
    grounds = (_opaque(ax.get_facecolor()), _opaque(ax.figure.get_facecolor()))
    unseen = (1.0, 1.0, 1.0) if luminance(strong) < _LIGHT_FROM else (0.0, 0.0, 0.0)
    ground = next((colour for colour in grounds if colour is not None), unseen)
    return Ink(strong, mixed(strong, ground, _MUTED), ground)


def _solid(colour: ColorType) -> Rgb:
    from matplotlib.colors import to_rgb  # noqa: PLC0415  (loads when a chart is drawn)

    red, green, blue = to_rgb(colour)
    return red, green, blue


def _opaque(colour: ColorType) -> Rgb | None:
    from matplotlib.colors import to_rgba  # noqa: PLC0415  (loads when a chart is drawn)

    return _solid(colour) if to_rgba(colour)[3] >= _OPAQUE_FROM else None


def set_title(ax: Axes, title: str | None) -> None:
    """Write the caller's title, as it is, on the left above the chart."""
    if title is not None:
        ax.set_title(title, loc="left", fontweight="bold", parse_math=False)


def without_frame(ax: Axes) -> None:
    """Take the ticks and the frame away."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def say_empty(ax: Axes, message: str) -> None:
    """Write, muted, why there is nothing to see.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> say_empty(ax, "no sessions")
    >>> ax.texts[0].get_text()
    'no sessions'
    """
    without_frame(ax)
    ax.text(
        0.5,
        0.5,
        message,
        transform=ax.transAxes,
        ha="center",
        va="center",
        color=ink_of(ax).muted,
        parse_math=False,
    )
