"""Where everything of a funnel chart stands; no matplotlib here.

Along the bars the unit is the share of the sessions that did step 1; across them each step has the
width 1, step 1 standing at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.table import (
    flags,
    numbers,
    require_table,
    seconds,
    texts,
    whole_numbers,
)
from hardal_frames.plot._shared.text import count_text, duration_text, one_line, percent_text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COLUMNS: Final = ("step", "name", "sessions", "conversion_from_first", "conversion_from_previous")
BAR: Final = 0.62
"""Width of a bar, where steps are 1 apart."""

OPTIONAL: Final = " (optional)"

_MOST_UPRIGHT: Final = 6


@dataclass(frozen=True, eq=False)
class FunnelSteps:
    """What a funnel chart shows, in the order of the steps.

    Parameters
    ----------
    names
        Of the events, on one line.
    solid
        Share of the first step's sessions that each step keeps: the length of its bar.
    before
        The same of the step before that is not optional: where the drop-off ends.
    low, high
        Confidence interval of `solid`; NaN where there is none.
    counts, shares
        The texts at the end of each bar.
    kept, medians
        The texts between a bar and the one before; the first has none.
    optional
        Which steps may be left out; nothing drops off at them.
    """

    names: tuple[str, ...]
    solid: Floats
    before: Floats
    low: Floats
    high: Floats
    counts: tuple[str, ...]
    shares: tuple[str, ...]
    kept: tuple[str, ...]
    medians: tuple[str, ...]
    optional: NDArray[np.bool_]

    @property
    def ends(self) -> Floats:
        """Where bar, drop-off and whisker of each step end."""
        return np.fmax(np.maximum(self.solid, self.before), self.high)


def read_funnel(table: pd.DataFrame) -> FunnelSteps:
    """Read what `funnel` returns.

    Parameters
    ----------
    table
        Columns step, name, sessions, conversion_from_first, conversion_from_previous; those of
        the confidence interval and the medians where there are any.

    Returns
    -------
    FunnelSteps
        In the order of the steps.

    Raises
    ------
    InvalidInput
        If a column is missing or holds what cannot be drawn.

    Examples
    --------
    >>> import pandas as pd
    >>> steps = read_funnel(
    ...     pd.DataFrame(
    ...         {
    ...             "step": [1, 2],
    ...             "name": ["view_item", "purchase"],
    ...             "sessions": [200, 8],
    ...             "conversion_from_first": [1.0, 0.04],
    ...             "conversion_from_previous": [1.0, 0.04],
    ...             "median_from_previous": pd.to_timedelta([None, 80], unit="min"),
    ...         }
    ...     )
    ... )
    >>> steps.shares, steps.medians, steps.before.tolist()
    (('100%', '4.0%'), ('', '1h 20m'), [1.0, 1.0])
    """
    require_table(
        table, COLUMNS, chart="funnel", what="funnel steps", made_by="funnel(events, steps)"
    )
    step = whole_numbers(table, "step", least=1, what="funnel steps")
    if len(np.unique(step)) < len(step):
        raise InvalidInput(
            f"Step {int(step[np.flatnonzero(np.diff(np.sort(step)) == 0)[0]])} stands in several "
            "rows of the table of funnel steps. Where they are groups, the columns that tell them "
            "apart must stand before the column 'step', as funnel(events, steps, by=...) has them."
        )
    order = np.argsort(step, kind="stable")
    table = table.iloc[order]
    counts = whole_numbers(table, "sessions", least=0, what="funnel steps").tolist()
    shares = numbers(table, "conversion_from_first")
    kept = numbers(table, "conversion_from_previous")[1:].tolist()
    solid = np.clip(np.nan_to_num(shares), 0.0, 1.0)
    low, high = (np.clip(numbers(table, column), 0.0, 1.0) for column in ("ci_low", "ci_high"))
    medians = seconds(table, "median_from_previous")[1:].tolist()
    first = ("",) if len(table) else ()
    optional = flags(table, "optional")
    return FunnelSteps(
        names=step_names(table),
        solid=solid,
        before=_before(solid, optional),
        low=low,
        high=high,
        counts=tuple(count_text(count) for count in counts),
        shares=tuple(percent_text(share, fine=True) for share in shares.tolist()),
        kept=(*first, *(percent_text(share) for share in kept)),
        medians=(*first, *(duration_text(median) for median in medians)),
        optional=optional,
    )


def step_names(table: pd.DataFrame) -> tuple[str, ...]:
    """Names of the steps on one line, optional ones marked as such."""
    pairs = zip(texts(table, "name"), flags(table, "optional").tolist(), strict=True)
    return tuple(f"{one_line(name or '')}{OPTIONAL if may else ''}" for name, may in pairs)


def _before(solid: Floats, optional: NDArray[np.bool_]) -> Floats:
    """For each step the share of the last required one before it; an optional one loses none."""
    places = np.where(optional, -1, np.arange(len(solid)))
    last = np.maximum.accumulate(places)
    found = np.concatenate([solid[:1], solid[np.maximum(last[:-1], 0)]])
    before: Floats = np.where(optional, solid, found)
    return before


def lies_flat(steps: int, *, widest: float, between: float, width: float) -> bool:
    """Whether the bars lie: there are many, or their texts need more width than they have.

    Parameters
    ----------
    steps
        How many bars.
    widest
        Width of the longest text below or above a bar.
    between
        Width of the longest text between two bars.
    width
        Of the Axes, in the same unit.

    Returns
    -------
    bool
        True for bars that lie.

    Examples
    --------
    >>> lies_flat(3, widest=60, between=20, width=300)
    False
    >>> lies_flat(3, widest=120, between=20, width=300)
    True
    >>> lies_flat(7, widest=10, between=10, width=1000)
    True
    """
    if steps > _MOST_UPRIGHT:
        return True
    pitch = width / max(steps, 1)
    return widest > pitch or between > (1 - BAR) * pitch


def every_nth(pitch: float, line: float) -> int:
    """Of labels that stand `pitch` apart, which ones can be written without touching.

    Examples
    --------
    >>> every_nth(20, 12), every_nth(5, 12)
    (1, 3)
    """
    return max(1, int(np.ceil(line / max(pitch, 1e-9) - 1e-9)))
