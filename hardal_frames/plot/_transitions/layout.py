"""Where the cells, names and key of a heatmap stand; no matplotlib here.

Lengths are points from the upper left corner of the Axes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.plot._shared.axes import LINE
from hardal_frames.plot._shared.text import count_text, percent_text, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hardal_frames.plot._transitions.matrix import Matrix

    Floats = NDArray[np.float64]
    Measure = Callable[[str, float], float]

LEAVE: Final = "100% ="
"""Over the column of how many leave each row's event."""
NEXT: Final = ("next event →", "next →", "→")
"""Beside what stands above."""

_APART: Final = 0.22
_BETWEEN: Final = 1.0
_PAD: Final = 5.0
_NAME_PART: Final = 0.26
_HEAD_PART: Final = 0.3
_LINES: Final = 3
_LEAVING_PART: Final = 0.12
_TWO_LINES: Final = 2.8
_SMALL: Final = 0.8
_SMALLEST: Final = 5.0
_CELL: Final = 0.86
_SMALL_LETTERS: Final = 7.0
_HEAD_FONTS: Final = (1.0, 0.9, 0.8)
_HEAD_LINE: Final = 1.3
_BESIDE: Final = 3.0
_APART_LINES: Final = 1.15


def in_lines(name: str, room: float, width_of: Callable[[str], float]) -> str | None:
    r"""Break a name after blanks, ``_ - / .`` and before capitals, so that its lines fit.

    Parameters
    ----------
    name
        On one line.
    room
        Width of a line.
    width_of
        Measures a text.

    Returns
    -------
    str or None
        At most three lines; None if no breaking makes the name fit.

    Examples
    --------
    >>> in_lines("add_payment_info", 10, len), in_lines("search", 10, len)
    ('add_\npayment_\ninfo', 'search')
    >>> in_lines("verylongname", 10, len) is None
    True
    """
    lines = [""]
    for piece in re.findall(r".+?(?:[_\-/. ]+|(?<=[a-z])(?=[A-Z])|$)", name):
        if lines[-1] and width_of(lines[-1] + piece.rstrip()) > room:
            lines.append("")
        lines[-1] += piece
    lines = [line.rstrip() for line in lines]
    fits = len(lines) <= _LINES and all(width_of(line) <= room for line in lines)
    return "\n".join(lines) if fits else None


@dataclass(frozen=True)
class _Heads:
    """Names above the columns, as they fit, and how high they are with the room around them."""

    texts: tuple[str, ...]
    size: float
    high: float
    upright: bool


@dataclass(frozen=True)
class _CellTexts:
    """Font size in the cells, 0 for no texts; whether with the sign % and with counts."""

    size: float
    signs: bool
    counts: bool


@dataclass(frozen=True, eq=False)
class Plan:
    """Where everything of a heatmap stands, in an Axes of one size.

    Parameters
    ----------
    lefts, tops, cell
        Upper left corners of columns and rows; width and height of a cell.
    rows
        Names as they fit, in the size name_size.
    heads
        Names above.
    cells
        What stands in the cells.
    bottom
        Where the rows end.
    leaving
        Right edge of the column of how many leave; 0 for none.
    small
        Font size of the key and of that column.
    """

    lefts: Floats
    tops: Floats
    cell: tuple[float, float]
    rows: tuple[str, ...]
    name_size: float
    heads: _Heads
    cells: _CellTexts
    bottom: float
    leaving: float
    small: float


def plan_for(matrix: Matrix, width: float, height: float, *, base: float, measure: Measure) -> Plan:
    """Find a place for everything.

    Parameters
    ----------
    matrix
        What to show.
    width, height
        Of the Axes.
    base
        Font size.
    measure
        Width of a text in a font size.

    Returns
    -------
    Plan
        In which nothing lies on anything else.
    """
    small = _SMALL * base * min(1.0, max(0.75, width / 420))
    key = 2.0 * LINE * small
    about = max((height - key) * (1 - 0.5 * _HEAD_PART) / _units(matrix)[1], 1.0)
    name_size = float(np.clip(about / LINE, _SMALLEST, 0.9 * base))
    totals = [count_text(count) for count in matrix.leaving.tolist()]
    longest = max((measure(text, small) for text in (*totals, LEAVE)), default=0.0)
    leaving = longest + _PAD if longest < _LEAVING_PART * width else 0.0
    rows = tuple(
        shortened(name, _NAME_PART * width, sized(measure, name_size)) for name in matrix.rows
    )
    names = max((measure(name, name_size) for name in rows), default=0.0) + _PAD
    across, along = _units(matrix)
    pitch = max(width - names - leaving, 1.0) / across
    head_size = min(0.9 * base, name_size * 1.1)
    heads = _heads(matrix, pitch, _HEAD_PART * height, head_size, measure)
    row_pitch = max(height - heads.high - key, 1.0) / along
    cell = (max(pitch - _BETWEEN, 0.5), max(row_pitch - _BETWEEN, 0.5))
    cells = _cell_texts(matrix, cell, 0.85 * base, measure)
    return Plan(
        lefts=names + pitch * _places(len(matrix.columns), before=False, after=2),
        tops=heads.high
        + row_pitch * _places(len(matrix.rows), before=matrix.entry, after=matrix.others),
        cell=cell,
        rows=rows if row_pitch >= name_size * _APART_LINES else _some(rows, row_pitch, name_size),
        heads=heads,
        name_size=name_size,
        cells=cells,
        bottom=height - key,
        leaving=width if leaving and row_pitch >= small * _APART_LINES else 0.0,
        small=small,
    )


def sized(measure: Measure, size: float) -> Callable[[str], float]:
    """Measure texts in one font size."""
    return lambda text: measure(text, size)


def _units(matrix: Matrix) -> tuple[float, float]:
    """Columns and rows, the gaps among them included."""
    return (
        len(matrix.columns) + _APART * (1 + (matrix.events > 0)),
        len(matrix.rows) + _APART * (matrix.entry + matrix.others),
    )


def _places(count: int, *, before: bool, after: int) -> Floats:
    """Where columns or rows begin: one before and some after stand apart."""
    places = np.arange(count, dtype=np.float64)
    if before:
        places[1:] += _APART
    for last in range(1, int(after) + 1):
        places[count - last :] += _APART
    return places


def _some(names: tuple[str, ...], pitch: float, size: float) -> tuple[str, ...]:
    """Leave out names where they would lie on each other."""
    nth = int(np.ceil(size * _APART_LINES / pitch))
    return tuple("" if place % nth else name for place, name in enumerate(names))


def _heads(matrix: Matrix, pitch: float, room: float, size: float, measure: Measure) -> _Heads:
    """Heads in a few lines if all fit so, else upright."""
    for part in _HEAD_FONTS:
        width_of = sized(measure, part * size)
        broken = [in_lines(name, pitch - _BESIDE, width_of) for name in matrix.columns]
        lines = [head for head in broken if head is not None]
        most = max((head.count("\n") + 1 for head in lines), default=1)
        high = most * _HEAD_LINE * part * size + _PAD
        if len(lines) == len(broken) and high <= room:
            return _Heads(tuple(lines), part * size, high, upright=False)
    return _upright(matrix, pitch, room, size, measure)


def _upright(matrix: Matrix, pitch: float, room: float, size: float, measure: Measure) -> _Heads:
    size = min(size, max((pitch - _BETWEEN) / 1.2, _SMALLEST - 1))
    width_of = sized(measure, size)
    heads = tuple(shortened(name, room - 2 * _PAD, width_of) for name in matrix.columns)
    high = max(map(width_of, heads)) + 2 * _PAD
    if pitch < size * _APART_LINES:
        heads = _some(heads, pitch, size)
    return _Heads(heads, size, high, upright=True)


def _cell_texts(
    matrix: Matrix, cell: tuple[float, float], size: float, measure: Measure
) -> _CellTexts:
    """Find the size in which every share fits its cell, and whether every count does too."""
    seen = matrix.counts > 0
    shares = {percent_text(share) for share in matrix.shares[seen].tolist()}
    highest = min(size, cell[1] / 1.2)
    sizes = []
    for texts_ in (shares, {share.rstrip("%") for share in shares}):
        widest = max((measure(text, 1.0) for text in texts_), default=1.0)
        sizes.append(min(highest, _CELL * cell[0] / widest))
    # Below this size the sign costs more than it tells: the key has it, too.
    signs = sizes[0] >= min(_SMALL_LETTERS, highest)
    size = sizes[0] if signs else sizes[1]
    if size < _SMALLEST:
        return _CellTexts(0.0, signs=False, counts=False)
    counts = [count_text(count) for count in matrix.counts[seen].tolist()]
    longest = max((measure(text, size) for text in counts), default=0.0)
    fits = longest <= _CELL * cell[0] and cell[1] >= _TWO_LINES * size
    return _CellTexts(size, signs=signs, counts=fits)
