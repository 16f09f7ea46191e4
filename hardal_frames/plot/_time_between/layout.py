"""What a chart of times between events shows, as numbers; no matplotlib here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.table import require_table, seconds
from hardal_frames.plot._shared.text import count_text, duration_text, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hardal_frames.plot._shared.time_axis import TimeAxis

    Floats = NDArray[np.float64]

MOST_STEPS: Final = 1500
"""Steps of a drawn curve; finer ones are narrower than a line."""

_WHAT: Final = "times between events"
_MADE_BY: Final = "time_between(events, start, end)"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
EDGES: Final = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8, 15, 30,
    *(_MINUTE * many for many in (1, 2, 4, 8, 15, 30)),
    *(_HOUR * many for many in (1, 2, 4, 8, 12)),
    *(_DAY * many for many in (1, 2, 4, 7, 14, 30, 60, 120, 240)),
    *(365 * _DAY * many for many in (1, 2, 4, 8, 16, 32, 64, 128)),
)  # fmt: skip
"""Seconds at which the stretches of a histogram end."""


@dataclass(frozen=True, eq=False)
class Gaps:
    """The times of one table.

    Parameters
    ----------
    label
        Its name on one line; empty for the only table.
    seconds
        Ascending; of pairs.
    unmatched
        How many starts have no end.
    """

    label: str
    seconds: Floats
    unmatched: int

    @property
    def median(self) -> float:
        """Half of the pairs took no longer; NaN if there are none."""
        return _quantile(self.seconds, 0.5)

    @property
    def p90(self) -> float:
        """Nine of ten pairs took no longer; NaN if there are none."""
        return _quantile(self.seconds, 0.9)

    def curve(self) -> tuple[Floats, Floats]:
        """Where the share of pairs that took at most so long rises, and to what.

        Examples
        --------
        >>> times, shares = Gaps("", np.array([0.0, 5.0, 5.0, 9.0]), 0).curve()
        >>> times.tolist(), shares.tolist()
        ([0.0, 5.0, 9.0], [0.25, 0.75, 1.0])
        """
        count = len(self.seconds)
        ends = np.flatnonzero(
            np.append(self.seconds[1:] != self.seconds[:-1], [True] * (count > 0))
        )
        if len(ends) > MOST_STEPS:
            # Those left out are steps between two that stay where they are.
            ends = ends[np.linspace(0, len(ends) - 1, MOST_STEPS).astype(np.int64)]
        return self.seconds[ends], (ends + 1) / max(count, 1)

    def stretches(self, edges: Floats) -> Floats:
        """Share of the pairs within each stretch, its beginning included, its end not."""
        places = np.searchsorted(self.seconds, edges)
        shares: Floats = np.diff(places) / max(len(self.seconds), 1)
        return shares

    def texts(self) -> tuple[str, str, str, str]:
        """Pairs, median, 90th percentile and starts without an end, as they are written."""
        return (
            count_text(len(self.seconds)),
            duration_text(self.median) or "\N{EN DASH}",
            duration_text(self.p90) or "\N{EN DASH}",
            count_text(self.unmatched),
        )


def _quantile(values: Floats, share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else float("nan")


def read_gaps(table: object) -> tuple[Gaps, ...]:
    """Read what `time_between` returns, once or by label.

    Parameters
    ----------
    table
        A frame with a column elapsed, or a mapping of label and such frames.

    Returns
    -------
    tuple of Gaps
        In the order given.

    Raises
    ------
    InvalidInput
        If it is anything else, or elapsed are no durations.

    Examples
    --------
    >>> import pandas as pd
    >>> (gaps,) = read_gaps(pd.DataFrame({"elapsed": pd.to_timedelta([9, None, 5], unit="s")}))
    >>> gaps.seconds.tolist(), gaps.unmatched, gaps.median
    ([5.0, 9.0], 1, 7.0)
    """
    if not isinstance(table, Mapping):
        return (_gaps("", table),)
    if not table:
        raise InvalidInput(
            "The dict of tables is empty; give at least one label and its table, such as "
            "{'mobile': time_between(...)}."
        )
    return tuple(_gaps(one_line(str(label)), each) for label, each in table.items())


def _gaps(label: str, table: object) -> Gaps:
    frame = require_table(table, ("elapsed",), chart="time_between", what=_WHAT, made_by=_MADE_BY)
    if frame["elapsed"].dtype.kind != "m" and frame["elapsed"].notna().any():
        raise InvalidInput(
            f"Column 'elapsed' of the frame of {_WHAT} is {frame['elapsed'].dtype}; durations are "
            "needed, such as pd.to_timedelta(seconds, unit='s') makes."
        )
    values = seconds(frame, "elapsed")
    known = np.sort(values[np.isfinite(values)])
    return Gaps(label, known, len(values) - len(known))


def edges_for(axis: TimeAxis) -> Floats:
    """Where the stretches of a histogram begin and end: they cover the axis, 0 being an edge.

    Examples
    --------
    >>> from hardal_frames.plot._shared.time_axis import TimeAxis
    >>> edges_for(TimeAxis(5.0, 0.0, 50.0)).tolist()
    [0.0, 8.0, 15.0, 30.0, 60.0]
    """
    beyond = [float(edge) for edge in EDGES if edge >= axis.straight]
    edges = np.array([*(-edge for edge in reversed(beyond)), 0.0, *beyond])
    first = max(int(np.searchsorted(edges, axis.first, side="right")) - 1, 0)
    last = min(int(np.searchsorted(edges, axis.last, side="right")), len(edges) - 1)
    found: Floats = edges[first : last + 1].copy()
    # Beyond the longest stretch that has a name there is no more than one.
    found[0] = min(found[0], axis.first)
    found[-1] = max(found[-1], np.nextafter(axis.last, np.inf))
    return found


def notes_for(groups: Sequence[Gaps], axis: TimeAxis, *, histogram: bool) -> list[str]:
    """Word what is said below the chart, the most important last to go.

    Parameters
    ----------
    groups
        What is drawn.
    axis
        Where it is drawn.
    histogram
        Whether stretches are drawn and no curves.

    Returns
    -------
    list of str
        The first that fits is to be written.
    """
    every = np.concatenate([group.seconds for group in groups])
    number = count_text(len(every))
    odd = [
        f"{count_text(count)} of {number} pairs {said}"
        for count, said in (
            (int((every < 0).sum()), "end before they start"),
            (int((every == 0).sum()), "took 0s"),
            (int(((every > 0) & (every < min(axis.straight, 1.0))).sum()), "took under a second"),
        )
        if count
    ]
    straight = f"straight up to {duration_text(axis.straight)}"
    scale = f"log scale, {straight}" if axis.first < axis.straight else "log scale"
    if histogram:
        scale += ", each stretch about twice as long as the one before"
    full = ["time from start to end", scale, *odd]
    return [
        " · ".join(parts)
        for parts in (full, [scale, *odd], [scale.split(", each")[0], *odd], odd, ["log scale"])
        if parts
    ]
