"""The heatmap's numbers, and where its cells, names and key stand; no matplotlib here.

Lengths are points from the upper left corner of the Axes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._sheet import LINE
from hardal_frames.plot._table import numbers, require_table, texts, whole_numbers
from hardal_frames.plot._text import count_text, one_line, percent_text, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Measure = Callable[[str, float], float]

ENTRY: Final = "(entry)"
EXIT: Final = "(exit)"
OTHER: Final = "(other)"
LEAVE: Final = "all"
"""Over the column of how many leave each row's event."""

_WHAT: Final = "transitions"
_APART: Final = 0.22
_BETWEEN: Final = 1.0
_PAD: Final = 5.0
_NAME_PART: Final = 0.26
_HEAD_PART: Final = 0.3
_LINES: Final = 3
_SMALL: Final = 0.8
_SMALLEST: Final = 5.0
_CELL: Final = 0.86
_ROUNDING: Final = 0.51


@dataclass(frozen=True, eq=False)
class Matrix:
    """What the heatmap shows.

    Parameters
    ----------
    rows, columns
        What stands beside and above: names on one line, other and exit last, entry first.
    counts, shares
        Of each cell.
    leaving
        How many leave each row's event: what the shares are of.
    entry, others
        Whether the first row is the entry, and whether there is an other row.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Integers
    shares: Floats
    leaving: Integers
    entry: bool
    others: bool

    @property
    def events(self) -> int:
        """How many events have a row of their own."""
        return len(self.rows) - self.entry - self.others


def read_transitions(table: pd.DataFrame, *, top: int) -> Matrix:
    """Read what `transitions` returns; shares are of all that leave, before any cut.

    Parameters
    ----------
    table
        Columns source, target, count, probability; any of its rows.
    top
        How many events to keep; the rest is other.

    Returns
    -------
    Matrix
        The most frequent event first.

    Raises
    ------
    InvalidInput
        If a column is missing or holds what cannot be drawn.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "source": [None, "a", "a", "b"],
    ...         "target": ["a", "b", "a", None],
    ...         "count": [3, 3, 1, 3],
    ...         "probability": [1.0, 0.75, 0.25, 1.0],
    ...     }
    ... )
    >>> matrix = read_transitions(table, top=1)
    >>> matrix.rows, matrix.columns, matrix.shares.tolist()
    (('(entry)', 'a', '(other)'), ('a', '(other)', '(exit)'), [[1.0, 0.0, 0.0], [0.25, 0.75, 0.0], \
[0.0, 0.0, 1.0]])
    """
    require_table(table, ("source", "target", "count", "probability"), what=_WHAT)
    counts = whole_numbers(table, "count", least=0, what=_WHAT)
    shares = _probabilities(table, counts)
    labels, codes = _coded(texts(table, "source") + texts(table, "target"))
    sources, targets = codes[: len(table)], codes[len(table) :]
    _require_each_once(sources, targets, labels)
    leaving = _leaving(sources, counts, shares, len(labels))
    arriving = np.bincount(targets[targets >= 0], counts[targets >= 0], len(labels))
    # A part of the table may have an event only as a target; so whichever is seen more counts.
    order = np.argsort(-np.maximum(leaving[:-1], arriving), kind="stable")
    kept = order[:top]
    place = np.full(len(labels) + 1, len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    # Rows: entry, kept, other; columns: kept, other, exit.
    row = np.where(sources < 0, 0, place[sources] + 1)
    column = np.where(targets < 0, len(kept) + 1, place[targets])
    cells = np.zeros((len(kept) + 2, len(kept) + 2), dtype=np.int64)
    np.add.at(cells, (row, column), counts)
    totals = np.zeros(len(kept) + 2, dtype=np.int64)
    totals[0] = leaving[-1]
    np.add.at(totals, place[:-1] + 1, leaving[:-1])
    entry, others = bool((sources < 0).any()), len(labels) > len(kept)
    shown = np.ones(len(kept) + 2, dtype=bool)
    shown[[0, -1]] = entry, others
    names = [one_line(labels[code]) for code in kept.tolist()]
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.where(totals[:, np.newaxis] > 0, cells / totals[:, np.newaxis], 0.0)
    rows = (ENTRY, *names, OTHER)
    return Matrix(
        rows=tuple(name for name, seen in zip(rows, shown, strict=True) if seen) if names else (),
        columns=(*names, OTHER, EXIT),
        counts=cells[shown],
        shares=np.minimum(parts[shown], 1.0),
        leaving=totals[shown],
        entry=entry,
        others=others,
    )


def _coded(names: list[str | None]) -> tuple[list[str], Integers]:
    """Labels in alphabetical order, and the code of each name; -1 for none."""
    labels = sorted({name for name in names if name is not None})
    codes = {name: code for code, name in enumerate(labels)}
    found = [-1 if name is None else codes[name] for name in names]
    return labels, np.array(found, dtype=np.int64)


def _probabilities(table: pd.DataFrame, counts: Integers) -> Floats:
    shares = numbers(table, "probability")
    wrong = ~((shares >= 0) & (shares <= 1)) | ((counts > 0) & (shares == 0))
    if wrong.any():
        example = table["probability"].iloc[int(np.flatnonzero(wrong)[0])]
        raise InvalidInput(
            f"Column 'probability' of the frame of {_WHAT} has {example!r} in {int(wrong.sum())} "
            f"of {len(table)} rows; shares above 0, up to 1, are needed, as transitions(events) "
            "gives them."
        )
    return shares


def _require_each_once(sources: Integers, targets: Integers, labels: list[str]) -> None:
    pairs = pd.Series((sources + 1) * (len(labels) + 1) + targets + 1)
    again = pairs.duplicated()
    if again.any():
        at = int(np.flatnonzero(again)[0])
        names = [*labels, None]
        raise InvalidInput(
            f"The frame of {_WHAT} has the pair {names[sources[at]]!r}, {names[targets[at]]!r} "
            "twice; each is needed once. Draw the transitions of one group at a time."
        )


def _leaving(sources: Integers, counts: Integers, shares: Floats, labels: int) -> Integers:
    """How many leave each source, the entry last: told by any of its rows, best by the largest."""
    leaving = np.zeros(labels + 1, dtype=np.int64)
    order = np.argsort(counts, kind="stable")
    order = order[counts[order] > 0]
    leaving[sources[order]] = np.rint(counts[order] / shares[order]).astype(np.int64)
    summed = np.zeros(labels + 1, dtype=np.int64)
    np.add.at(summed, sources, counts)
    return np.maximum(leaving, summed)


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


@dataclass(frozen=True, eq=False)
class Plan:
    """Where everything of a heatmap stands, in an Axes of one size.

    Parameters
    ----------
    lefts, tops, cell
        Upper left corners of columns and rows; width and height of a cell.
    rows, heads
        Names as they fit.
    upright
        Whether heads read upwards.
    name_size, head_size, cell_size
        Font sizes; 0 for none.
    with_counts
        Whether cells say counts, in a smaller font.
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
    heads: tuple[str, ...]
    upright: bool
    name_size: float
    head_size: float
    cell_size: float
    with_counts: bool
    bottom: float
    leaving: float
    small: float


def plan_for(
    matrix: Matrix, width: float, height: float, *, base: float, measure: Measure
) -> Plan:
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
    leaving = longest + _PAD if longest < 0.12 * width else 0.0  # noqa: PLR2004
    rows = tuple(
        shortened(name, _NAME_PART * width, lambda text: measure(text, name_size))
        for name in matrix.rows
    )
    names = max((measure(name, name_size) for name in rows), default=0.0) + _PAD
    across, along = _units(matrix)
    pitch = max(width - names - leaving, 1.0) / across
    head_size = min(0.9 * base, name_size * 1.1)
    heads, upright, head = _heads(matrix, pitch, _HEAD_PART * height, head_size, measure)
    if upright:
        head_size = min(head_size, max((pitch - _BETWEEN) / 1.2, _SMALLEST - 1))
        heads, _, head = _upright(matrix, _HEAD_PART * height, head_size, measure)
    row_pitch = max(height - head - key, 1.0) / along
    cell = (max(pitch - _BETWEEN, 0.5), max(row_pitch - _BETWEEN, 0.5))
    cell_size, with_counts = _cell_texts(matrix, cell, 0.85 * base, measure)
    return Plan(
        lefts=names + pitch * _places(len(matrix.columns), before=False, after=2),
        tops=head + row_pitch * _places(len(matrix.rows), before=matrix.entry, after=matrix.others),
        cell=cell,
        rows=rows if row_pitch >= name_size * 1.1 else _some(rows, row_pitch, name_size),
        heads=heads if pitch >= head_size * 1.1 else _some(heads, pitch, head_size),
        upright=upright,
        name_size=name_size,
        head_size=head_size,
        cell_size=cell_size,
        with_counts=with_counts,
        bottom=height - key,
        leaving=width if leaving and row_pitch >= small * 1.1 else 0.0,
        small=small,
    )


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
    nth = int(np.ceil(size * 1.2 / pitch))
    return tuple("" if place % nth else name for place, name in enumerate(names))


def _heads(
    matrix: Matrix, pitch: float, room: float, size: float, measure: Measure
) -> tuple[tuple[str, ...], bool, float]:
    """Heads in a few lines if all fit so, else upright; and how high they are."""
    broken = [
        in_lines(name, pitch - 3, lambda text: measure(text, size)) for name in matrix.columns
    ]
    lines = [head for head in broken if head is not None]
    most = max((head.count("\n") + 1 for head in lines), default=1)
    high = most * 1.3 * size + _PAD
    if len(lines) == len(broken) and high <= room:
        return tuple(lines), False, high
    return _upright(matrix, room, size, measure)


def _upright(
    matrix: Matrix, room: float, size: float, measure: Measure
) -> tuple[tuple[str, ...], bool, float]:
    heads = tuple(
        shortened(name, room - 2 * _PAD, lambda text: measure(text, size))
        for name in matrix.columns
    )
    return heads, True, max((measure(head, size) for head in heads), default=0.0) + 2 * _PAD


def _cell_texts(
    matrix: Matrix, cell: tuple[float, float], size: float, measure: Measure
) -> tuple[float, bool]:
    """Font size in which every share fits its cell, and whether every count does too."""
    seen = matrix.counts > 0
    shares = {percent_text(share) for share in matrix.shares[seen].tolist()}
    widest = max((measure(text, 1.0) for text in shares), default=1.0)
    size = min(size, _CELL * cell[0] / widest, cell[1] / 1.2)
    if size < _SMALLEST:
        return 0.0, False
    counts = [count_text(count) for count in matrix.counts[seen].tolist()]
    longest = max((measure(text, size) for text in counts), default=0.0)
    return size, longest <= _CELL * cell[0] and cell[1] >= 2.5 * size  # noqa: PLR2004
