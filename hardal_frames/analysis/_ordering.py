"""From a frame to its events in order."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import (
    as_arrow_text,
    decoded,
    microseconds,
)
from hardal_frames.analysis._grouping import rows_by_value
from hardal_frames.analysis._names import name_codes
from hardal_frames.analysis._order import order_in_time, settle_ties
from hardal_frames.analysis._parts import both, bundles, in_threads, taken
from hardal_frames.analysis._runs import runs_of
from hardal_frames.analysis._sequences import Sequences, Tied
from hardal_frames.errors import DataWarning, InvalidInput, warn

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from hardal_frames.analysis._names import NamedRows
    from hardal_frames.analysis._runs import Runs
    from hardal_frames.analysis._sequences import Integers

    Mask = npt.NDArray[np.bool_]


class RowsLeftOut(DataWarning):
    """Rows that lack what every analysis needs.

    Parameters
    ----------
    rows, of
        How many, of how many.
    without
        How many lack each column.
    """

    def __init__(self, rows: int, of: int, without: Mapping[str, int]) -> None:
        each = ", ".join(f"{count:,} without {column}" for column, count in without.items())
        super().__init__(f"{rows:,} of {of:,} rows are left out: {each}.")
        self.rows = rows
        self.of = of
        self.without = dict(without)

    def __reduce__(self) -> tuple[type[RowsLeftOut], tuple[int, int, dict[str, int]]]:
        return type(self), (self.rows, self.of, self.without)


_NOT_A_TIME: Final = np.iinfo(np.int64).min
_TIES_AT_ONCE: Final = 1 << 15


def sequences_of(
    events: pd.DataFrame,
    *,
    key: str = "session_id",
    chosen: NamedRows | None = None,
) -> Sequences:
    """Put the events of a frame in order.

    Parameters
    ----------
    events
        Any frame with timestamp, name and the key; sequence and id decide between equal instants.
    key
        Column that names the walker.
    chosen
        The rows to put in order, which may be done in place; all by default. The others are left
        out as if they were not there, but for the warning.

    Returns
    -------
    Sequences
        The events that have a timestamp, a name and a walker.

    Raises
    ------
    InvalidInput
        If a column is missing or of a type that cannot be used.

    Warns
    -----
    DataWarning
        Once, with counts, if rows lack a timestamp, a name or a walker and are left out.
    """
    frame = schema.require_frame(events)
    if not isinstance(key, str):
        raise InvalidInput(f"key is {key!r:.100}; the name of one column is needed.")
    schema.require_columns(frame, (key, "timestamp", "name"))
    schema.require_distinct_columns(frame)
    if key in {"timestamp", "name"}:
        raise InvalidInput(f"key is {key!r}; a column that names who walks is needed.")
    times = microseconds(frame["timestamp"])
    keys, names = decoded(frame[key]), decoded(frame["name"])
    asked = None if chosen is None else chosen.rows
    rows, runs = _usable_rows(times, keys, names, asked)
    times = times if rows is None else taken(times, rows)
    if chosen is not None and rows is asked:
        codes, labels = chosen.codes, chosen.labels
    else:
        codes, labels = name_codes(names, rows)
    if runs is not None:
        found = Sequences(frame, key, rows, times, codes, labels, runs.starts)
        are_distinct, tied = both(runs.are_distinct, found.tied, length=len(times))
        if are_distinct and tied is not None:
            return _with_ties_settled(found, tied)
    order, sizes = rows_by_value(keys, rows)
    times = order_in_time(order, sizes, times)
    found = Sequences(
        frame,
        key,
        order if rows is None else taken(rows, order),
        times,
        taken(codes, order),
        labels,
        np.append(0, np.cumsum(sizes)),
    )
    tied = found.tied()
    return found if tied is None else _with_ties_settled(found, tied)


def has_events(frame: pd.DataFrame, key: str) -> bool:
    """Whether any row has a timestamp, a name and a walker."""
    return bool(frame[["timestamp", "name", key]].notna().all(axis=1).any())


def _usable_rows(
    times: Integers, keys: pd.Series[Any], names: pd.Series[Any], rows: Integers | None
) -> tuple[Integers | None, Runs | None]:
    """Those of some rows that lack nothing, None for all there are; and the runs of their keys."""

    def early_runs() -> Runs | None:
        # A key that cannot be used is told of when its row is sure to be looked at.
        with suppress(InvalidInput):
            return runs_of(keys, rows)
        return None

    # Most frames lack nothing, so runs are looked for before that is sure.
    lacking, runs = both(lambda: _lacking(times, keys, names), early_runs, length=len(times))
    if lacking:
        usable = _usable(lacking)
        rows = np.flatnonzero(usable) if rows is None else rows[usable[rows]]
        runs = runs_of(keys, rows)
    return rows, runs


def _lacking(times: Integers, *texts: pd.Series[Any]) -> dict[str, Mask]:
    """Rows that lack a value, by the column; only columns in which any does."""
    lacking = {}
    if times.min(initial=0) == _NOT_A_TIME:
        lacking["timestamp"] = times == _NOT_A_TIME
    for column in texts:
        missing = _missing(column)
        if missing is not None:
            lacking[str(column.name)] = missing
    return lacking


def _usable(lacking: Mapping[str, Mask]) -> Mask:
    """Rows that lack nothing, once a warning has told of the others."""
    unusable = np.logical_or.reduce(list(lacking.values()))
    without = {column: int(mask.sum()) for column, mask in lacking.items()}
    warn(RowsLeftOut(int(unusable.sum()), len(unusable), without))
    return np.asarray(~unusable)


def _missing(column: pd.Series[Any]) -> Mask | None:
    """Rows without a value; None if each has one."""
    text = as_arrow_text(column)
    if text is not None and not text.null_count:
        return None
    if isinstance(column.dtype, pd.CategoricalDtype) and column.array.codes.min(initial=0) >= 0:
        return None
    missing = column.isna().to_numpy(dtype=bool)
    return missing if missing.any() else None


def _with_ties_settled(sequences: Sequences, ties: list[Tied]) -> Sequences:
    """Sequences whose events at one instant stand in their order too."""

    def settle(bundle: list[Tied]) -> tuple[Integers, Integers]:
        each = Tied.together(bundle)
        settled = settle_ties(
            sequences.frame,
            sequences.key,
            rows=sequences.order,
            tied=each.positions,
            groups=each.groups,
            names=sequences.codes[each.positions],
        )
        return each.positions, each.positions if settled is None else settled

    ties = [each for each in ties if len(each.positions)]
    sizes = [len(each.positions) for each in ties]
    found = in_threads(settle, bundles(ties, sizes, _TIES_AT_ONCE))
    moved = [(tied, settled) for tied, settled in found if settled is not tied]
    if not moved:
        return sequences
    tied, settled = (np.concatenate(each) for each in zip(*moved, strict=True))
    codes = sequences.codes.copy()
    codes[tied] = codes[settled]
    if sequences.order is None:
        return replace(sequences, moved=(tied, settled), codes=codes)
    # Nobody needs the order of before; the codes, though, may be those of the caller's frame.
    sequences.order[tied] = sequences.order[settled]
    return replace(sequences, codes=codes)
