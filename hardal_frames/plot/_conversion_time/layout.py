"""What a chart of conversion over time shows, and where its labels go; no matplotlib here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.table import numbers, require_table, seconds, texts, whole_numbers
from hardal_frames.plot._shared.text import NO_VALUE, one_line

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

COLUMNS: Final = ("elapsed", "converted", "sessions", "share")
MOST_STEPS: Final = 1500
"""Steps of a drawn curve; finer ones are narrower than a line."""

_KNOWN: Final = {*COLUMNS, "ci_low", "ci_high"}
_WHAT: Final = "conversion over time"
_MADE_BY: Final = "conversion_time(events, start, end)"


@dataclass(frozen=True, eq=False)
class Curve:
    """One group.

    Parameters
    ----------
    label
        Its value on one line; empty where there are no groups.
    seconds
        Times, ascending.
    shares, low, high
        Converted by then, and the confidence interval; NaN where there is none.
    converted
        Sessions converted by then.
    sessions
        All of the group.
    stepped
        Whether the share is known between the times too: it rises at these alone.
    """

    label: str
    seconds: Floats
    shares: Floats
    low: Floats
    high: Floats
    converted: Integers
    sessions: int
    stepped: bool

    @property
    def end(self) -> float:
        """Share at the last time."""
        return float(self.shares[-1])

    def waiting(self, at: float) -> int | None:
        """Sessions that have not converted by a time; None where that is not known.

        Examples
        --------
        >>> times, shares = np.array([0.0, 5.0]), np.array([0.0, 0.5])
        >>> curve = Curve("", times, shares, shares, shares, np.array([0, 2]), 4, stepped=True)
        >>> curve.waiting(4), curve.waiting(5), curve.waiting(-1)
        (4, 2, None)
        """
        place = int(np.searchsorted(self.seconds, at, side="right")) - 1
        if place < 0 or not (self.stepped or self.seconds[place] == at):
            return None
        return self.sessions - int(self.converted[place])

    def thinned(self) -> Curve:
        """Leave out steps that no line could show; first and last stay."""
        count = len(self.seconds)
        if count <= MOST_STEPS:
            return self
        kept = np.linspace(0, count - 1, MOST_STEPS).astype(np.int64)
        return Curve(
            self.label,
            self.seconds[kept],
            self.shares[kept],
            self.low[kept],
            self.high[kept],
            self.converted[kept],
            self.sessions,
            stepped=self.stepped,
        )


def read_curves(table: pd.DataFrame) -> tuple[Curve, ...]:
    """Read what `conversion_time` returns.

    Parameters
    ----------
    table
        Columns elapsed, converted, sessions, share; those of the interval and of the groups where
        there are any.

    Returns
    -------
    tuple of Curve
        In the order of the table; without those that have no sessions, unless all are so.

    Raises
    ------
    InvalidInput
        If a column is missing or holds what cannot be drawn.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {
    ...         "device": [None, None],
    ...         "elapsed": pd.to_timedelta([0, 90], unit="s"),
    ...         "converted": [0, 30],
    ...         "sessions": [120, 120],
    ...         "share": [0.0, 0.25],
    ...     }
    ... )
    >>> (curve,) = read_curves(table)
    >>> curve.label, curve.sessions, curve.end, curve.stepped
    ('(none)', 120, 0.25, True)
    """
    require_table(table, COLUMNS, chart="conversion_time", what=_WHAT, made_by=_MADE_BY)
    if table["elapsed"].dtype.kind != "m" and len(table):
        raise InvalidInput(
            f"Column 'elapsed' of the frame of {_WHAT} is {table['elapsed'].dtype}; durations are "
            "needed, such as pd.to_timedelta(seconds, unit='s') makes."
        )
    elapsed = seconds(table, "elapsed")
    if not (elapsed >= 0).all():
        wrong = int(np.flatnonzero(~(elapsed >= 0))[0])
        raise InvalidInput(
            f"Column 'elapsed' of the frame of {_WHAT} has {table['elapsed'].iloc[wrong]!r}; "
            "durations from 0 are needed."
        )
    converted = whole_numbers(table, "converted", least=0, what=_WHAT)
    sessions = whole_numbers(table, "sessions", least=0, what=_WHAT)
    columns = [numbers(table, column) for column in ("share", "ci_low", "ci_high")]
    _require_shares(table, columns[0], sessions)
    curves = []
    for label, rows in _groups(table):
        rows = rows[np.argsort(elapsed[rows], kind="stable")]  # noqa: PLW2901
        totals = np.unique(sessions[rows])
        if len(totals) > 1:
            raise InvalidInput(
                f"The frame of {_WHAT} has {totals.tolist()[:3]} sessions in the rows of "
                f"{label or 'its one group'!r}; all rows of a group have the same. Is a column "
                "missing that tells groups apart? It is the first one of the table."
            )
        shares, low, high = (np.clip(column[rows], 0.0, 1.0) for column in columns)
        times = elapsed[rows]
        curves.append(
            Curve(
                label, times, shares, low, high, converted[rows], int(totals[0]),
                stepped=bool(times[0] == 0),
            )
        )  # fmt: skip
    return tuple(curve for curve in curves if curve.sessions)


def _require_shares(table: pd.DataFrame, shares: Floats, sessions: Integers) -> None:
    wrong = (sessions > 0) & ~((shares >= 0) & (shares <= 1))
    if wrong.any():
        example = table["share"].iloc[int(np.flatnonzero(wrong)[0])]
        raise InvalidInput(
            f"Column 'share' of the frame of {_WHAT} has {example!r} in {int(wrong.sum())} of "
            f"{len(table)} rows; shares from 0 to 1 are needed."
        )


def _groups(table: pd.DataFrame) -> list[tuple[str, Integers]]:
    """Label and rows of each group, in the order in which they come."""
    if not len(table):
        return []
    by = table.columns[0]
    if by in _KNOWN:
        return [("", np.arange(len(table)))]
    places: dict[str | None, list[int]] = {}
    for row, value in enumerate(texts(table, by)):
        places.setdefault(value, []).append(row)
    return [
        (NO_VALUE if value is None else one_line(value), np.array(rows))
        for value, rows in places.items()
    ]


def spread(wanted: Floats, apart: float, low: float, high: float) -> Floats:
    """Move places apart, each as little as can be, in their order.

    Parameters
    ----------
    wanted
        Where each would like to be.
    apart
        The least distance of two.
    low, high
        Where the first and the last must end, if there is room.

    Returns
    -------
    ndarray of float64
        Where each is.

    Examples
    --------
    >>> spread(np.array([10.0, 11.0, 50.0]), 5.0, 0.0, 100.0).tolist()
    [8.0, 13.0, 50.0]
    >>> spread(np.array([1.0, 99.0, 1.0]), 5.0, 0.0, 100.0).tolist()
    [0.0, 99.0, 5.0]
    """
    order = np.argsort(wanted, kind="stable")
    steps = apart * np.arange(len(wanted))
    blocks: list[tuple[float, int]] = []
    # Places less their distance from the first must not fall: neighbours that would are averaged.
    for value in (wanted[order] - steps).tolist():
        total, count = value, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            before, many = blocks.pop()
            total, count = total + before, count + many
        blocks.append((total, count))
    level = np.concatenate(
        [np.zeros(0), *(np.full(count, total / count) for total, count in blocks)]
    )
    room = high - low - apart * (len(wanted) - 1)
    moved = np.clip(level, low, low + max(room, 0.0)) + steps
    placed = np.empty(len(moved), dtype=np.float64)
    placed[order] = moved
    return placed
