"""A ruler that is quick before anything is drawn, and exact when it is."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from matplotlib.font_manager import FontProperties, findfont, get_font

from hardal_frames.plot._drawing import Ruler

_UNIT: Final = 10.0
_POINTS_PER_INCH: Final = 72
_FIXED_POINT: Final = 65_536
_SPARE: Final = 1.03


class LetterRuler(Ruler):
    """Measures texts by adding their letters up, until there is a renderer to ask.

    Shaping a text takes longer than drawing it, and where a chart stands before it is drawn
    matters only to what makes room for it.

    Parameters
    ----------
    bold
        Whether the texts are bold.

    Examples
    --------
    >>> ruler = LetterRuler()
    >>> 50 < ruler.width("page_view", 10) < 60
    True
    """

    def __init__(self, *, bold: bool = False) -> None:
        super().__init__(bold=bold)
        # A plain text: what matplotlib 3.11 returns cannot be pickled.
        self._file = str(findfont(FontProperties(weight="bold" if bold else "normal")))

    def _near_width(self, text: str, size: float) -> float:
        return sum(_advance(self._file, letter) for letter in text) * _SPARE * size


@lru_cache(maxsize=10_000)
def _advance(file: str, letter: str) -> float:
    """Width of a letter in font sizes; one that the font lacks is taken to be square."""
    font = get_font(file)
    if not font.get_char_index(ord(letter)):
        return 1.0
    font.set_size(_UNIT, _POINTS_PER_INCH)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / _FIXED_POINT / _UNIT
