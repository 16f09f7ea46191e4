"""Attempts counted into the table of a funnel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import factorized
from hardal_frames.analysis._statistics import (
    MEDIAN,
    P75,
    P90,
    P95,
    group_quantiles,
    shares,
    wilson_interval,
)
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardal_frames.analysis._funnel.attempts import Attempts
    from hardal_frames.analysis._funnel.places import Mask, Table
    from hardal_frames.analysis._funnel.rules import Funnel, Trend
    from hardal_frames.analysis._sequences import Integers

_QUANTILES = {"median": MEDIAN, "p75": P75, "p90": P90, "p95": P95}


@dataclass(frozen=True, slots=True)
class Groups:
    """Which attempts belong together: those of one value, or of one period.

    Parameters
    ----------
    codes
        Group of each attempt, from 0 in the order of the table.
    columns
        Value of each group, column by column; none if all attempts are one group.
    count
        How many groups there are.
    """

    codes: Integers
    columns: Mapping[str, Any]
    count: int


def groups_of(attempts: Attempts, funnel: Funnel) -> Groups:
    """Tell attempts apart by what the funnel asks for."""
    columns = grouping_columns(attempts, funnel)
    if not columns:
        return Groups(np.zeros(len(attempts.starts), dtype=np.int64), {}, 1)
    keys = []
    if funnel.by is not None:
        codes, values = factorized(pd.Series(columns[funnel.by], name=funnel.by))
        sizes = np.bincount(codes + 1, minlength=len(values) + 1)
        alphabetical = _ranks(values)
        # Large groups first, the missing value last.
        rank = np.lexsort((alphabetical, -sizes[1:]))
        place = np.append(np.argsort(rank), len(values))
        keys.append(place[codes])
    if funnel.trend is not None:
        keys.append(pd.factorize(pd.Series(columns["period"]), sort=True)[0])
    distinct, first, codes = np.unique(
        np.stack(keys, axis=1), axis=0, return_index=True, return_inverse=True
    )
    table = pd.DataFrame(columns).iloc[first]
    return Groups(codes.reshape(-1), {name: table[name].array for name in columns}, len(distinct))


def _ranks(values: Any) -> Integers:  # noqa: ANN401  (any index of pandas)
    try:
        order = np.argsort(np.asarray(values, dtype=object), kind="stable")
    except TypeError:
        order = np.argsort(np.array([str(value) for value in values], dtype=object), kind="stable")
    return np.argsort(order)


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


def table_of(attempts: Attempts, funnel: Funnel) -> pd.DataFrame:
    """Count the attempts of each group, step by step."""
    groups = groups_of(attempts, funnel)
    is_optional = np.array(funnel.is_optional)
    counts = _counts(attempts, groups, is_optional)
    entrants = np.repeat(counts[:, :1], counts.shape[1], axis=1)
    previous = counts[:, _previous_required(is_optional)]
    columns: dict[str, Any] = {
        name: values.take(np.repeat(np.arange(groups.count), counts.shape[1]))
        for name, values in groups.columns.items()
    }
    by_values = columns.get(funnel.by or "")
    columns["step"] = np.tile(np.arange(1, counts.shape[1] + 1), groups.count)
    columns["name"] = pd.array(attempts.labels * groups.count, dtype=schema.TEXT)
    if is_optional.any():
        columns["optional"] = np.tile(is_optional, groups.count)
    low, high = wilson_interval(counts.ravel(), entrants.ravel())
    columns |= {
        "sessions": counts.ravel(),
        "conversion_from_first": shares(counts.ravel(), entrants.ravel()),
        "conversion_from_previous": shares(counts.ravel(), previous.ravel()),
        "drop_off": np.where(is_optional, 0, previous - counts).ravel(),
        "ci_low": low,
        "ci_high": high,
    }
    columns |= _times(attempts, funnel, groups, is_optional)
    if funnel.by is not None and columns[funnel.by] is not by_values:
        refuse_by(funnel.by)
    return pd.DataFrame(columns)


def _counts(attempts: Attempts, groups: Groups, is_optional: Mask) -> Table:
    """How many attempts of each group reached each step."""
    depths = int(np.sum(~is_optional)) + 1
    places = groups.codes * depths + attempts.reached
    at_depth = np.bincount(places, minlength=groups.count * depths).reshape(-1, depths)
    at_least = at_depth[:, ::-1].cumsum(axis=1)[:, ::-1]
    counts = at_least[:, np.cumsum(~is_optional)]
    for step in np.flatnonzero(is_optional):
        done = groups.codes[attempts.positions[:, step] >= 0]
        counts[:, step] = np.bincount(done, minlength=groups.count)
    return counts


def _previous_required(is_optional: Mask) -> Integers:
    """For each step the nearest required one before it; the first step is its own."""
    required = np.where(is_optional, 0, np.arange(len(is_optional)))
    return np.append(0, np.maximum.accumulate(required)[:-1])


def _times(attempts: Attempts, funnel: Funnel, groups: Groups, is_optional: Mask) -> dict[str, Any]:
    """Quantiles of the time since the step before and since the first one."""
    positions = attempts.positions
    if funnel.rules.order == "any":
        # Steps in any order follow one another in time.
        none = np.iinfo(np.int64).max
        ordered = np.sort(np.where(positions < 0, none, positions), axis=1)
        positions = np.where(ordered == none, -1, ordered)
    times = attempts.sequences.times
    found = {
        f"{name}_from_{since}": np.full(positions.shape[1] * groups.count, "NaT", "timedelta64[us]")
        for since in ("previous", "first")
        for name in _QUANTILES
    }
    required = _previous_required(is_optional)
    for step in range(1, positions.shape[1]):
        there = positions[:, step] >= 0
        reached, codes = positions[there], groups.codes[there]
        before = reached[:, required[step]]
        if is_optional[step]:
            latest = np.where(reached[:, :step] >= 0, np.arange(step), -1).max(axis=1)
            before = reached[np.arange(len(reached)), latest]
        for since, start in (("previous", before), ("first", reached[:, 0])):
            if since == "previous" or step > 1:  # the first step is the one before the second
                elapsed = times[reached[:, step]] - times[start]
                quantiles = group_quantiles(elapsed, codes, groups.count, list(_QUANTILES.values()))
            for name, values in zip(_QUANTILES, quantiles, strict=True):
                found[f"{name}_from_{since}"][step :: positions.shape[1]] = values
    return found
