"""Texts on an Axes, placed in points from its upper left corner, whatever its data are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from hardal_frames.plot._colours import Rgb

LINE: Final = 1.35
"""Height of a line of text, of its font size."""


@dataclass(frozen=True)
class Written:
    """One text and where it stands.

    Parameters
    ----------
    content
        What it says.
    x, y
        Points from the upper left corner of the Axes.
    size
        Of the font.
    colour
        Of the letters.
    across, along
        Which of its sides x and y are.
    bold, upright
        Whether it is bold, and whether it reads upwards.
    """

    content: str
    x: float
    y: float
    size: float
    colour: Rgb
    across: str = "left"
    along: str = "center_baseline"
    bold: bool = False
    upright: bool = False


class Sheet:
    """As many texts as a chart can need, made once, since none can be added while drawing.

    Parameters
    ----------
    ax
        Where they stand.
    most
        How many there can be.
    """

    def __init__(self, ax: Axes, most: int) -> None:
        self._texts = [self._added(ax) for _ in range(most)]

    @staticmethod
    def _added(ax: Axes) -> Text:
        text = ax.text(0, 0, "", transform=ax.transAxes, zorder=4, parse_math=False, visible=False)
        text.set_in_layout(False)
        return text

    def write(self, texts: list[Written], width: float, height: float) -> None:
        """Show these texts, and no others, on an Axes of this size in points."""
        shown = [written for written in texts if written.content]
        for text, written in zip(self._texts, shown, strict=False):
            text.set(
                text=written.content,
                position=(written.x / max(width, 1), 1 - written.y / max(height, 1)),
                fontsize=max(written.size, 1),
                color=written.colour,
                horizontalalignment=written.across,
                verticalalignment=written.along,
                fontweight="bold" if written.bold else "normal",
                rotation=90 if written.upright else 0,
                linespacing=1.1,
                visible=True,
            )
        for text in self._texts[len(shown) :]:
            text.set_visible(False)
