"""Where the rows and scales of a comparison stand; no matplotlib here.

Lengths are points from the upper left corner of the Axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.plot._comparison.rows import interval_text
from hardal_frames.plot._shared.axes import LINE
from hardal_frames.plot._shared.text import percent_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hardal_frames.plot._comparison.rows import Compared

    Floats = NDArray[np.float64]

ARROW: Final = " → "

_MINUS: Final = "\N{MINUS SIGN}"
_STEPS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
_ALMOST: Final = 1e-9
_NAME_PART: Final = 0.4
_PAD: Final = 8.0
_SMALL: Final = 0.85
_SMALLEST: Final = 5.0
_LEAST_SCALE: Final = 90.0
_LEAST_BESIDE: Final = 45.0
_FEWEST_ROWS: Final = 4


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
    size = float(np.clip(pitch / 1.3, _SMALLEST, 0.95 * base * min(1.0, max(0.8, width / 420))))
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
    shown = {percent_text(share) for share in np.concatenate([rows.first, rows.second]).tolist()}
    column = max(measure(share, size) for share in shown) + _PAD
    said = width - taken - text - 2 * column - label >= _LEAST_BESIDE
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
        tops=head + pitch * (np.arange(len(rows.names), dtype=np.float64) + 0.5),
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
