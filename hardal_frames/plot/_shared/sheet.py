"""Texts on an Axes, placed in points from its upper left corner, whatever its data are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from matplotlib.text import Text
from matplotlib.transforms import TransformedPatchPath

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hardal_frames.plot._shared.colours import Rgb

Across = Literal["left", "center", "right"]
Along = Literal["bottom", "center", "center_baseline"]


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
    upright
        Whether it reads upwards.
    """

    content: str
    x: float
    y: float
    size: float
    colour: Rgb
    across: Across = "left"
    along: Along = "center_baseline"
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
        # A path of its own for each text is most of what adding a text costs; none is clipped.
        shared = TransformedPatchPath(ax.patch)
        self._texts = [self._added(ax, shared) for _ in range(most)]

    @staticmethod
    def _added(ax: Axes, shared: TransformedPatchPath) -> Text:
        text = Text(
            0, 0, "", transform=ax.transAxes, zorder=4, parse_math=False, visible=False,
            linespacing=1.1,
        )  # fmt: skip
        text.set_clip_path(shared)
        text.set_clip_on(False)
        text.set_in_layout(False)
        ax.add_artist(text)
        return text

    def write(self, texts: list[Written], width: float, height: float) -> None:
        """Show these texts, and no others, on an Axes of this size in points."""
        shown = [written for written in texts if written.content]
        for text, written in zip(self._texts, shown, strict=False):
            text.set_text(written.content)
            text.set_position((written.x / max(width, 1), 1 - written.y / max(height, 1)))
            text.set_fontsize(max(written.size, 1))
            text.set_color(written.colour)
            text.set_horizontalalignment(written.across)
            text.set_verticalalignment(written.along)
            text.set_rotation(90 if written.upright else 0)
            text.set_visible(True)
        for text in self._texts[len(shown) :]:
            text.set_visible(False)
