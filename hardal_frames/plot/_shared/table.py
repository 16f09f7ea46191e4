"""Reading the tables that charts are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.kinds import KINDS, chart_of
from hardal_frames.schema import require_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def require_table(
    table: object,
    columns: Iterable[str],
    *,
    chart: str,
    what: str,
    made_by: str,
) -> pd.DataFrame:
    """Return the table if it is a DataFrame that has the columns.

    Parameters
    ----------
    table
        What the caller gave.
    columns
        Names that must be there.
    chart
        What is to be drawn.
    what
        The table that is needed, for the message.
    made_by
        The call that returns it, for the message.

    Returns
    -------
    DataFrame
        The same object.

    Raises
    ------
    InvalidInput
        If it is anything else, is the table of another chart, or a column is missing.

    Examples
    --------
    >>> require_table(
    ...     [1, 2],
    ...     ["step"],
    ...     chart="funnel",
    ...     what="funnel steps",
    ...     made_by="funnel(events, steps)",
    ... )
    Traceback (most recent call last):
    ...
    hardal_frames.errors.InvalidInput: A pandas DataFrame of funnel steps is needed, not list.
    """
    if not isinstance(table, pd.DataFrame):
        raise InvalidInput(f"A pandas DataFrame of {what} is needed, not {type(table).__name__}.")
    if "step" not in table.columns and {"session_id", "timestamp"} <= set(table.columns):
        raise InvalidInput(
            f"That is a frame of events, and the chart needs a table of {what}: give it what "
            f"{made_by} returns."
        )
    columns = tuple(columns)
    own = chart_of(table)
    # A table that lacks but one column may look like another that has few.
    nearer = own is not None and len({*columns} & {*table.columns}) > len(KINDS[own][1])
    if own not in (None, chart, "session") and not nearer:
        raise InvalidInput(
            f"That is a table of {KINDS[own][0]}(), and the chart needs a table of {what}: give it "
            f"what {made_by} returns, or draw the table with plot.{own}."
        )
    require_columns(table, columns, what=what)
    return table


def numbers(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Read a numeric column; what is missing becomes NaN, also where the column is absent."""
    if column not in table.columns:
        return np.full(len(table), np.nan)
    values = pd.to_numeric(table[column], errors="coerce")
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def whole_numbers(table: pd.DataFrame, column: str, *, least: int, what: str) -> NDArray[np.int64]:
    """Read a column of counts or step numbers.

    Parameters
    ----------
    table
        Where the column is.
    column
        Its name.
    least
        The smallest value that makes sense.
    what
        What the table is, for the message.

    Returns
    -------
    ndarray of int64
        The values.

    Raises
    ------
    InvalidInput
        If a value is missing, is no whole number or is below `least`.

    Examples
    --------
    >>> whole_numbers(pd.DataFrame({"step": [1, 2]}), "step", least=1, what="funnel steps")
    array([1, 2])
    """
    values = numbers(table, column)
    wrong = ~(np.isfinite(values) & (values >= least))
    wrong |= ~wrong & (values != np.floor(values))
    if wrong.any():
        example = table[column].iloc[int(np.flatnonzero(wrong)[0])]
        raise InvalidInput(
            f"Column {column!r} of the frame of {what} has {example!r} in {int(wrong.sum())} of "
            f"{len(table)} rows; whole numbers from {least} are needed."
        )
    return values.astype(np.int64)


def texts(table: pd.DataFrame, column: str) -> list[str | None]:
    """Read a text column of any type; what is missing becomes None."""
    series = table[column]
    missing = series.isna().to_numpy(dtype=bool)
    return [
        None if gone else str(value)
        for value, gone in zip(series.astype(object), missing, strict=True)
    ]


def flags(table: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Read a column of booleans; what is missing is False, also where the column is absent."""
    if column not in table.columns:
        return np.zeros(len(table), dtype=np.bool_)
    series = table[column]
    return np.asarray(series.astype(object).where(series.notna(), other=False), dtype=np.bool_)


def seconds(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Read a column of durations in seconds; NaN where there is none or no such column."""
    if column not in table.columns:
        return np.full(len(table), np.nan)
    durations = pd.to_timedelta(table[column], errors="coerce")
    return np.asarray(durations.dt.total_seconds().to_numpy(), dtype=np.float64)


def summed(
    groups: NDArray[np.integer[Any]], counts: NDArray[np.int64], size: int
) -> NDArray[np.int64]:
    """Sum of the counts of each group."""
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, groups, counts)
    return sums
