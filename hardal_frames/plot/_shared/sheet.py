"""Texts on an Axes: many made at once, and placed in points, whatever its data are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from matplotlib.text import Text
from matplotlib.transforms import TransformedPatchPath

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

    from hardal_frames.plot._shared.colours import Rgb

Across = Literal["left", "center", "right"]
Along = Literal["bottom", "baseline", "center", "center_baseline"]


def hidden_texts(
    ax: Axes,
    count: int,
    *,
    colour: Rgb | None = None,
    weight: str = "normal",
    along: Along = "baseline",
    spacing: float | None = None,
    layer: float = 3,
    transform: Transform | None = None,
) -> list[Text]:
    """Make texts that say nothing yet; none can be added while a chart is drawn.

    They take no part in the figure's layout: all of them stay inside, and asking each for its size
    takes long.

    Parameters
    ----------
    ax
        Where they stand.
    count
        How many.
    colour, weight, along, spacing
        Of the letters; which side of a text its place is; from line to line.
    layer
        Those above others are drawn later.
    transform
        From places to the screen; that of the data without it.

    Returns
    -------
    list of Text
        Those added.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> hidden_texts(ax, 2) == list(ax.texts)
    True
    """
    # A path of its own for each text is most of what adding a text costs; none is clipped.
    shared = TransformedPatchPath(ax.patch)
    made = [
        Text(
            0, 0, "", color=colour, weight=weight, verticalalignment=along, linespacing=spacing,
            zorder=layer, transform=transform or ax.transData, parse_math=False, visible=False,
        )
        for _ in range(count)
    ]  # fmt: skip
    for text in made:
        text.set_clip_path(shared)
        text.set_clip_on(False)
        text.set_in_layout(False)
        ax.add_artist(text)
    return made


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
        self._texts = hidden_texts(ax, most, transform=ax.transAxes, layer=4, spacing=1.1)

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
