"""A ruler that is quick before anything is drawn, and exact when it is."""

from __future__ import annotations

from typing import Final

from matplotlib.font_manager import FontProperties, findfont, get_font

from hardal_frames.plot._drawing import Ruler

_UNIT: Final = 10.0
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
        font = FontProperties(weight="bold" if bold else "normal")
        self._letters = get_font(findfont(font))
        self._advances: dict[str, float] = {}

    def _near_width(self, text: str, size: float) -> float:
        return sum(map(self._advance, text)) * _SPARE * size

    def _advance(self, letter: str) -> float:
        """Width of a letter in font sizes; one that the font lacks is taken to be square."""
        if letter not in self._advances:
            self._advances[letter] = self._measured(ord(letter))
        return self._advances[letter]

    def _measured(self, code: int) -> float:
        if not self._letters.get_char_index(code):
            return 1.0
        self._letters.set_size(_UNIT, 72)
        return float(self._letters.load_char(code).linearHoriAdvance) / _FIXED_POINT / _UNIT
