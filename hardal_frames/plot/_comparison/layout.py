"""The numbers of a comparison, and where its rows and scales stand; no matplotlib here.

Lengths are points from the upper left corner of the Axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._sheet import LINE
from hardal_frames.plot._table import numbers, require_table, texts
from hardal_frames.plot._text import UNKNOWN, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COLUMNS: Final = (
    "source",
    "target",
    "share_first",
    "share_second",
    "share_difference",
    "share_ci_low",
    "share_ci_high",
)
ARROW: Final = " → "

_WHAT: Final = "compared transitions"
_MINUS: Final = "\N{MINUS SIGN}"
_STEPS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
_TENTH: Final = 0.0995
_ALMOST: Final = 1e-9
_NAME_PART: Final = 0.4
_PAD: Final = 8.0
_SMALL: Final = 0.85
_SMALLEST: Final = 5.0
_LEAST_SCALE: Final = 90.0
_FEWEST_ROWS: Final = 4


@dataclass(frozen=True, eq=False)
class Compared:
    """What the chart shows, a row for each transition.

    Parameters
    ----------
    names
        Source and target of each, on one line.
    first, second
        Share of the sessions of either group.
    difference, low, high
        Second less first, and its interval; NaN where a group has no sessions.
    hidden
        How many rows the table has beyond these.
    """

    names: tuple[tuple[str, str], ...]
    first: Floats
    second: Floats
    difference: Floats
    low: Floats
    high: Floats
    hidden: int

    @property
    def sure(self) -> NDArray[np.bool_]:
        """Whether the interval leaves out 0."""
        return (self.low > 0) | (self.high < 0)


def checked_labels(labels: object) -> tuple[str, str]:
    """Return the names of the two groups, each on one line.

    Raises
    ------
    InvalidInput
        If they are no two texts, or twice the same.

    Examples
    --------
    >>> checked_labels(("before", "after"))
    ('before', 'after')
    """
    if not isinstance(labels, tuple | list) or len(labels) != 2:  # noqa: PLR2004
        raise InvalidInput(f"labels is {labels!r:.100}; two are needed, such as ('old', 'new').")
    if not all(isinstance(label, str) for label in labels):
        raise InvalidInput(f"labels is {labels!r:.100}; two texts are needed.")
    first, second = (one_line(label) for label in labels)
    if first == second:
        raise InvalidInput(f"Both labels are {first!r}; the groups need different ones.")
    return first, second


def read_comparison(table: pd.DataFrame, *, top: int) -> Compared:
    """Read the first rows of what `compare_transitions` returns.

    Parameters
    ----------
    table
        Its columns source, target and those of the share of sessions.
    top
        How many rows.

    Returns
    -------
    Compared
        In the order of the table.

    Raises
    ------
    InvalidInput
        If a column is missing or holds what cannot be drawn.
    """
    require_table(table, COLUMNS, what=_WHAT)
    shown = table.iloc[:top]
    values = {column: numbers(shown, column) for column in COLUMNS[2:]}
    for column, least in zip(COLUMNS[2:], (0.0, 0.0, -1.0, -1.0, -1.0), strict=True):
        wrong = (values[column] < least - _ALMOST) | (values[column] > 1 + _ALMOST)
        if wrong.any():
            example = shown[column].iloc[int(np.flatnonzero(wrong)[0])]
            raise InvalidInput(
                f"Column {column!r} of the frame of {_WHAT} has {example!r}; shares from {least:g} "
                "to 1 are needed, no percentages."
            )
    sources = [
        "(entry)" if name is None else one_line(name) for name in texts(shown, "source")
    ]
    targets = ["(exit)" if name is None else one_line(name) for name in texts(shown, "target")]
    return Compared(
        tuple(zip(sources, targets, strict=True)),
        *(values[column] for column in COLUMNS[2:]),
        hidden=len(table) - len(shown),
    )


def points_text(difference: float, *, sign: bool = True) -> str:
    """Write a difference of shares in percentage points.

    Examples
    --------
    >>> [points_text(value) for value in (0.25, -0.041, 0.0, 0.00001, float("nan"))]
    ['+25', '−4.1', '0', '+<0.1', '–']
    """
    if not np.isfinite(difference):
        return UNKNOWN
    size = abs(difference)
    if size < _ALMOST:
        return "0"
    mark = _MINUS if difference < 0 else "+" if sign else ""
    if size < 0.0005:  # noqa: PLR2004  (would be written 0.0)
        return f"{mark}<0.1"
    digits = 0 if size >= _TENTH else 1
    return f"{mark}{100 * size:.{digits}f}"


def interval_text(difference: float, low: float, high: float) -> str:
    """Write a difference and its interval.

    Examples
    --------
    >>> interval_text(0.25, -0.1, 0.4), interval_text(0.25, float("nan"), 0.4)
    ('+25 (−10 to +40)', '+25')
    """
    said = points_text(difference)
    if not (np.isfinite(low) and np.isfinite(high)):
        return said
    return f"{said} ({points_text(low)} to {points_text(high)})"


def scale_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from not above `low` to not below `high`, at most so many of them.

    Examples
    --------
    >>> scale_ticks(-0.13, 0.4, 6), scale_ticks(0.0, 1.0, 3)
    ([-0.2, 0.0, 0.2, 0.4], [0.0, 0.5, 1.0])
    """
    for step in _STEPS:
        first, last = int(np.floor(low / step + _ALMOST)), int(np.ceil(high / step - _ALMOST))
        if last - first < most:
            break
    last = max(last, first + 1)
    return [round(step * number, 6) for number in range(first, last + 1)]


@dataclass(frozen=True, eq=False)
class Scale:
    """A horizontal scale.

    Parameters
    ----------
    left, right
        Its ends.
    ticks
        What is marked; the first and the last are at its ends.
    """

    left: float
    right: float
    ticks: tuple[float, ...]

    def place(self, values: Floats | float) -> Floats:
        """Where values stand."""
        low, high = self.ticks[0], self.ticks[-1]
        share = (np.asarray(values, dtype=np.float64) - low) / (high - low)
        placed: Floats = self.left + share * (self.right - self.left)
        return placed


@dataclass(frozen=True, eq=False)
class Plan:
    """Where everything stands, in an Axes of one size.

    Parameters
    ----------
    tops
        Middle of each row.
    pitch
        From one row to the next.
    size, small
        Font sizes of the rows, and of all else.
    names
        Room for the names, from the left.
    shares
        The scale of both shares; None where they are written as numbers only.
    numbers
        Right edges of the two columns of numbers instead.
    differences
        The scale of the difference.
    said
        Whether the difference is written at the right, too.
    head, foot
        Where rows begin and end.
    """

    tops: Floats
    pitch: float
    size: float
    small: float
    names: float
    shares: Scale | None
    numbers: tuple[float, float]
    differences: Scale
    said: bool
    head: float
    foot: float


def plan_for(
    rows: Compared,
    width: float,
    height: float,
    *,
    base: float,
    measure: Callable[[str, float], float],
) -> Plan:
    """Find a place for everything.

    Parameters
    ----------
    rows
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
    line = LINE * small
    head, foot = 2.2 * line, max(height - 2.6 * line, 3.0 * line)
    pitch = (foot - head) / max(len(rows.names), _FEWEST_ROWS)
    size = float(np.clip(pitch / 1.3, _SMALLEST, 0.95 * base))
    names = [ARROW.join(pair) for pair in rows.names]
    longest = max(measure(name, size) for name in names)
    taken = min(longest + _PAD, _NAME_PART * width)
    intervals = [
        interval_text(*values)
        for values in zip(
            rows.difference.tolist(), rows.low.tolist(), rows.high.tolist(), strict=True
        )
    ]
    text = max(measure(each, size) for each in intervals) + _PAD
    label = 1.7 * measure(f"{_MINUS}100", small)
    column = measure("100%", size) + _PAD
    said = width - taken - text - 2 * column >= _LEAST_SCALE
    text = text if said else 0.0
    room = width - taken - text - label
    ends = (
        float(np.nanmin([0.0, *rows.low, *rows.difference])),
        float(np.nanmax([0.0, *rows.high, *rows.difference])),
    )
    if room >= 2.6 * _LEAST_SCALE:
        half = (room - 3 * _PAD) / 2
        begin = taken + label / 2
        shares = Scale(begin, begin + half - label / 2, _share_ticks(rows, half, label))
        left = shares.right + label / 2 + 3 * _PAD
        columns = (0.0, 0.0)
    else:
        shares = None
        columns = (taken + column, taken + 2 * column)
        left = columns[1] + label / 2 + _PAD
    right = max(width - text - label / 2, left + 10)
    most = max(int((right - left) / label), 2)
    return Plan(
        tops=head + pitch * (np.arange(len(rows.names)) + 0.5),
        pitch=pitch,
        size=size,
        small=small,
        names=taken - _PAD,
        shares=shares,
        numbers=columns,
        differences=Scale(left, right, tuple(scale_ticks(*ends, most))),
        said=said,
        head=head,
        foot=foot,
    )


def _share_ticks(rows: Compared, length: float, label: float) -> tuple[float, ...]:
    most = max(int(length / label), 2)
    top = float(np.nanmax([0.001, *rows.first, *rows.second]))
    return tuple(tick for tick in scale_ticks(0.0, top, most))
