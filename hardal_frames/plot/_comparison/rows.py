"""The numbers of a comparison, and how they are written; no matplotlib here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.table import numbers, require_table, texts
from hardal_frames.plot._shared.text import UNKNOWN, one_line

if TYPE_CHECKING:
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

_WHAT: Final = "compared transitions"
_MADE_BY: Final = "compare_transitions(first, second)"
_MINUS: Final = "\N{MINUS SIGN}"
_TENTH: Final = 0.0995
_ALMOST: Final = 1e-9


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
    require_table(table, COLUMNS, chart="comparison", what=_WHAT, made_by=_MADE_BY)
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
    sources = ["(entry)" if name is None else one_line(name) for name in texts(shown, "source")]
    targets = ["(exit)" if name is None else one_line(name) for name in texts(shown, "target")]
    return Compared(
        tuple(zip(sources, targets, strict=True)),
        first=values["share_first"],
        second=values["share_second"],
        difference=values["share_difference"],
        low=values["share_ci_low"],
        high=values["share_ci_high"],
        hidden=len(table) - len(shown),
    )


def points_text(difference: float) -> str:
    """Write a difference of shares in percentage points.

    Examples
    --------
    >>> [points_text(value) for value in (0.25, 0.041, 0.0, 0.00001)]
    ['+25', '+4.1', '0', '+0.001']
    """
    if not np.isfinite(difference):
        return UNKNOWN
    size = abs(difference)
    if size < _ALMOST:
        return "0"
    mark = _MINUS if difference < 0 else "+"
    if size < 0.0005:  # noqa: PLR2004  (would be written 0.0)
        said = np.format_float_positional(100 * size, 1, unique=False, fractional=False, trim="-")
        return f"{mark}{said}"
    digits = 0 if size >= _TENTH else 1
    return f"{mark}{100 * size:.{digits}f}"


def tick_text(difference: float) -> str:
    """Write a round difference in percentage points.

    Examples
    --------
    >>> tick_text(0.05), tick_text(0.0), tick_text(0.002)
    ('+5', '0', '+0.2')
    """
    return f"{100 * difference:+g}".replace("-", _MINUS) if difference else "0"


def interval_text(difference: float, low: float, high: float) -> str:
    """Write a difference and its interval.

    Examples
    --------
    >>> interval_text(0.25, 0.1, 0.4), interval_text(0.25, float("nan"), 0.4)
    ('+25 (+10 to +40)', '+25')
    """
    said = points_text(difference)
    if not (np.isfinite(low) and np.isfinite(high)):
        return said
    return f"{said} ({points_text(low)} to {points_text(high)})"
