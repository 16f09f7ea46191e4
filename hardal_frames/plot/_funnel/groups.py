"""Where everything of a funnel broken down by groups stands; no matplotlib here.

Along the bars the unit is the share of a group's sessions that did step 1; across them each step
has the width 1, and its bars stand side by side in the order of the groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._funnel.layout import COLUMNS, step_names
from hardal_frames.plot._shared.groups import MOST
from hardal_frames.plot._shared.table import numbers, require_table, whole_numbers
from hardal_frames.plot._shared.text import NO_VALUE, count_text, one_line, percent_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_PERIOD: Final = "period"

CLUSTER: Final = 0.8
"""Width of the bars of one step together, where steps are 1 apart."""


@dataclass(frozen=True, eq=False)
class GroupedSteps:
    """What a funnel chart of groups shows.

    Parameters
    ----------
    names
        Of the steps, on one line.
    groups
        What the groups are called.
    entrants
        Sessions of each group that did step 1, as text.
    solid, low, high
        One row a group, one column a step: share of the first step's sessions and its confidence
        interval, NaN where there is none.
    shares
        The texts at the ends of the bars.
    hidden
        Says which groups of the table are left out; empty if none is.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    entrants: tuple[str, ...]
    solid: Floats
    low: Floats
    high: Floats
    shares: tuple[tuple[str, ...], ...]
    hidden: str

    @property
    def bar(self) -> float:
        """Width of a bar, where steps are 1 apart."""
        return CLUSTER / max(len(self.groups), 1)

    @property
    def places(self) -> Floats:
        """Middle of each bar across; one row a group, one column a step."""
        within = (np.arange(len(self.groups)) - (len(self.groups) - 1) / 2) * self.bar
        return np.asarray(within[:, np.newaxis] + np.arange(len(self.names)))

    @property
    def ends(self) -> Floats:
        """Where bar and whisker end; one row a group, one column a step."""
        return np.fmax(self.solid, self.high)


def group_columns(table: object) -> list[str]:
    """Columns that tell groups apart: those that stand before the step.

    Examples
    --------
    >>> group_columns(pd.DataFrame(columns=["country", "step", "name"]))
    ['country']
    """
    if not isinstance(table, pd.DataFrame) or "step" not in table.columns:
        return []
    return [str(name) for name in table.columns[: list(table.columns).index("step")]]


def read_groups(table: pd.DataFrame) -> GroupedSteps:
    """Read what `funnel` returns with ``by`` or ``trend``.

    Parameters
    ----------
    table
        The columns of the groups, then those of a funnel.

    Returns
    -------
    GroupedSteps
        The groups with most sessions, or the latest periods of a trend, in the table's order; of
        a trend in the order of time.

    Raises
    ------
    InvalidInput
        If a column is missing or holds what cannot be drawn, or the groups differ in their steps.

    Examples
    --------
    >>> grouped = read_groups(
    ...     pd.DataFrame(
    ...         {
    ...             "country": ["TR", "TR", "DE", "DE"],
    ...             "step": [1, 2, 1, 2],
    ...             "name": ["view_item", "purchase"] * 2,
    ...             "sessions": [200, 8, 50, 5],
    ...             "conversion_from_first": [1.0, 0.04, 1.0, 0.1],
    ...             "conversion_from_previous": [1.0, 0.04, 1.0, 0.1],
    ...         }
    ...     )
    ... )
    >>> grouped.groups, grouped.entrants, grouped.shares
    (('TR', 'DE'), ('200', '50'), (('100%', '4%'), ('100%', '10%')))
    """
    require_table(
        table, COLUMNS, chart="funnel", what="funnel steps", made_by="funnel(events, steps)"
    )
    columns = group_columns(table)
    if columns == [_PERIOD] and _is_trend(table):
        table = table.sort_values(_PERIOD, kind="stable")
    rows = table[columns].itertuples(index=False)
    codes, groups = pd.factorize(pd.Series([" · ".join(map(_label, row)) for row in rows]))
    step = whole_numbers(table, "step", least=1, what="funnel steps")
    numbers_of_steps = np.unique(step)
    size = (len(groups), len(numbers_of_steps))
    cell = codes * size[1] + np.searchsorted(numbers_of_steps, step)
    if len(np.unique(cell)) != len(table) or len(table) != size[0] * size[1]:
        raise InvalidInput(
            f"The table has {len(table)} rows for {size[0]} groups by {columns} and {size[1]} "
            "steps; one row a group and step is needed, as funnel(events, steps, by=...) returns."
        )
    table = table.iloc[np.argsort(cell)]
    shares = numbers(table, "conversion_from_first").reshape(size)
    counts = whole_numbers(table, "sessions", least=0, what="funnel steps").reshape(size)
    kept = _kept(table.iloc[:: max(size[1], 1)], counts[:, :1].ravel())
    low, high = (
        np.clip(numbers(table, column), 0.0, 1.0).reshape(size)[kept]
        for column in ("ci_low", "ci_high")
    )
    return GroupedSteps(
        names=step_names(table.iloc[: size[1]]),
        groups=tuple(one_line(group) for group in groups[kept]),
        entrants=tuple(count_text(count) for count in counts[kept, :1].ravel().tolist()),
        solid=np.clip(np.nan_to_num(shares[kept]), 0.0, 1.0),
        low=low,
        high=high,
        shares=tuple(tuple(map(percent_text, row)) for row in shares[kept].tolist()),
        hidden=_hidden_text(table, size[0] - len(kept)),
    )


def _is_trend(table: pd.DataFrame) -> bool:
    columns = group_columns(table)
    return _PERIOD in columns and pd.api.types.is_datetime64_any_dtype(table[_PERIOD].dtype)


def _kept(groups: pd.DataFrame, sessions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose the groups that are drawn, one row of the frame each."""
    later = np.zeros_like(sessions)
    if _is_trend(groups):
        later = pd.DatetimeIndex(groups[_PERIOD]).asi8
    order = np.lexsort((-np.arange(len(groups)), sessions, later))[::-1]
    return np.sort(order[:MOST])


def _hidden_text(table: pd.DataFrame, count: int) -> str:
    if not count:
        return ""
    which = "smaller group"
    if _is_trend(table):
        which = "earlier period" if group_columns(table) == [_PERIOD] else "further group"
    return f"{count_text(count)} {which}{' is' if count == 1 else 's are'} not shown"


def rows_of(widths: list[float], room: float, gap: float) -> list[tuple[int, float]]:
    """Set items one after the other on as many lines as they need.

    Parameters
    ----------
    widths
        Of the items.
    room
        Width of a line.
    gap
        Between two items of a line.

    Returns
    -------
    list of tuples
        Line, from 0, and left end of each item.

    Examples
    --------
    >>> rows_of([40, 40, 40], room=100, gap=10)
    [(0, 0.0), (0, 50.0), (1, 0.0)]
    """
    placed, line, left = [], 0, 0.0
    for width in widths:
        if left and left + width > room:
            line, left = line + 1, 0.0
        placed.append((line, left))
        left += width + gap
    return placed


def _label(value: Any) -> str:  # noqa: ANN401  (any value of a column)
    if pd.isna(value):
        return NO_VALUE
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return value.date().isoformat()
    return str(value)
