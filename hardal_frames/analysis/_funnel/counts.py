"""Attempts counted by group and step, and the times from step to step."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import factorized
from hardal_frames.analysis._parts import in_threads, slices
from hardal_frames.analysis._spread import GroupedDurations
from hardal_frames.analysis._tally import Tally
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from hardal_frames.analysis._funnel.attempts import Attempts
    from hardal_frames.analysis._funnel.places import Mask, Table
    from hardal_frames.analysis._funnel.rules import Funnel, Trend
    from hardal_frames.analysis._sequences import Codes, Integers


_ATTEMPTS_AT_ONCE: Final = 1 << 15


class CountedAttempts(NamedTuple):
    """What a funnel counts.

    Parameters
    ----------
    steps
        By value of by (-1 where it is missing, or nothing is asked for) and by begin of the period
        (in microseconds, 0 where none is asked for): how many attempts there are, then how many
        have each step.
    times
        The times of steps; the last column of the keys is twice the step's place, and one more for
        the time since the first step instead of the one before.
    """

    steps: Tally
    times: GroupedDurations


def counted_attempts(attempts: Attempts, funnel: Funnel) -> CountedAttempts:
    """Count the attempts of each group, step by step."""
    values, keys, groups = _grouped(attempts, funnel)
    is_optional = np.array(funnel.is_optional)
    steps = Tally(values, keys, _counts(attempts, groups, len(keys), is_optional))
    return CountedAttempts(steps, _times(attempts, funnel, groups, steps))


def _grouped(attempts: Attempts, funnel: Funnel) -> tuple[tuple[pd.Index[Any]], Integers, Codes]:
    """Values of by, key of each group, and group of each attempt."""
    columns = grouping_columns(attempts, funnel)
    if not columns:
        return (pd.Index([]),), np.array([[-1, 0]]), np.zeros(len(attempts.starts), dtype=np.int8)
    nothing = np.full(len(attempts.starts), -1, dtype=np.int64)
    values: Any = ()
    by, period = nothing, nothing + 1
    if funnel.by is not None:
        by, values = factorized(pd.Series(columns[funnel.by], name=funnel.by))
    if funnel.trend is not None:
        instants = pd.Series(columns["period"]).dt.tz_convert("UTC")
        period = instants.to_numpy(dtype="datetime64[us]").view(np.int64)
    keys, groups = np.unique(np.column_stack([by, period]), axis=0, return_inverse=True)
    return (pd.Index(values),), keys, groups.reshape(-1)


def refuse_by(by: str | None) -> NoReturn:
    """Refuse a column whose name a column of the result has."""
    raise InvalidInput(
        f"by is {by!r}, which is also a column of the result. Give yours another name: "
        f"events.assign(group=events[{by!r}]), and by='group'."
    )


def grouping_columns(attempts: Attempts, funnel: Funnel) -> dict[str, Any]:
    """Value of each attempt in the columns that tell attempts apart."""
    columns: dict[str, Any] = {}
    sequences = attempts.sequences
    if funnel.by is not None:
        schema.require_columns(sequences.frame, [funnel.by])
        if funnel.by in {"name", "period", funnel.key}:
            refuse_by(funnel.by)
        columns[funnel.by] = sequences.column(funnel.by, attempts.starts)
    if funnel.trend is not None:
        instants = pd.Series(sequences.column("timestamp", attempts.starts))
        columns["period"] = periods(instants, funnel.trend)
    return columns


def periods(instants: pd.Series[Any], period: Trend) -> pd.Series[Any]:
    """First instant of the day, or of the Monday's week, in which each instant is."""
    if isinstance(instants.dtype, pd.ArrowDtype):
        instants = instants.astype(schema.zoned(str(instants.dt.tz)))
    zone = instants.dt.tz
    days = instants.dt.tz_localize(None).dt.normalize()
    if period == "week":
        days -= pd.to_timedelta(days.dt.day_of_week, unit="D")
    is_summer = np.ones(len(days), dtype=bool)
    # A day that begins with a change of clocks begins after it, or when it comes first.
    begins = days.dt.tz_localize(zone, nonexistent="shift_forward", ambiguous=is_summer)
    same_type: pd.Series[Any] = begins.astype(instants.dtype)
    return same_type


def _counts(attempts: Attempts, groups: Codes, size: int, is_optional: Mask) -> Table:
    """How many attempts each group has, and how many of them reached each step."""
    depths = int(np.sum(~is_optional)) + 1
    at_depth = np.zeros(size * depths, dtype=np.int64)
    for part in slices(len(groups), max(_ATTEMPTS_AT_ONCE, size * depths)):
        places = groups[part].astype(np.int64) * depths + attempts.reached[part]
        at_depth += np.bincount(places, minlength=size * depths)
    at_least = at_depth.reshape(-1, depths)[:, ::-1].cumsum(axis=1)[:, ::-1]
    counts = at_least[:, np.cumsum(~is_optional)]
    for step in np.flatnonzero(is_optional):
        done = groups[attempts.positions[step] >= 0]
        counts[:, step] = np.bincount(done, minlength=size)
    return np.column_stack([at_least[:, 0], counts])


def previous_required(is_optional: Mask) -> Integers:
    """For each step the nearest required one before it; the first step is its own."""
    required = np.where(is_optional, 0, np.arange(len(is_optional)))
    return np.append(0, np.maximum.accumulate(required)[:-1])


def _times(attempts: Attempts, funnel: Funnel, groups: Codes, steps: Tally) -> GroupedDurations:
    """Measure the times since the step before and since the first one."""
    positions = attempts.positions
    if funnel.rules.order == "any":
        # Steps in any order follow one another in time.
        none = np.iinfo(np.int64).max
        ordered = np.sort(np.where(positions < 0, none, positions), axis=0)
        positions = np.where(ordered == none, -1, ordered)
    times = attempts.sequences.times
    measures = 2 * len(positions)
    narrow = np.min_scalar_type(-(measures * len(steps.keys) + 1))

    def measured(part: slice) -> list[tuple[Integers, Codes]]:
        codes = groups[part].astype(narrow)
        codes *= measures
        return _measured(positions[:, part], times, codes, funnel)

    parts = in_threads(measured, list(slices(len(groups), _ATTEMPTS_AT_ONCE)))
    found = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=narrow)), *chain.from_iterable(parts)]
    durations, codes = (np.concatenate(each) for each in zip(*found, strict=True))
    keys = np.column_stack(
        [
            np.repeat(steps.keys, measures, axis=0),
            np.tile(np.arange(measures), len(steps.keys)),
        ]
    )
    nothing = np.empty((len(keys), 0), dtype=np.int64)
    return GroupedDurations(durations, codes, Tally(steps.labels, keys, nothing))


def _measured(
    positions: Table, times: Integers, codes: Codes, funnel: Funnel
) -> list[tuple[Integers, Codes]]:
    """Measure the times of steps of some attempts; with the code of each, group's and measure."""
    is_optional = np.array(funnel.is_optional)
    required = previous_required(is_optional)
    found = []
    for step in range(1, len(positions)):
        there = np.flatnonzero(positions[step] >= 0)
        own = codes[there] + 2 * step
        before = positions[required[step], there]
        if is_optional[step]:
            is_done = positions[:step, there] >= 0
            latest = np.where(is_done, np.arange(step)[:, np.newaxis], -1).max(axis=0)
            before = positions[latest, there]
        instants = times[positions[step, there]]
        found.append((instants - times[before], own))
        if step > 1:  # the first step is the one before the second
            found.append((instants - times[positions[0, there]], own + 1))
    return found
