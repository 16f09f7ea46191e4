"""The table of a funnel, made of what was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import ranks_of_distinct
from hardal_frames.analysis._funnel.counts import previous_required, refuse_by
from hardal_frames.analysis._statistics import (
    MEDIAN,
    P75,
    P90,
    P95,
    shares,
    wilson_interval,
    with_missing,
)
from hardal_frames.analysis._steps import asked_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardal_frames.analysis._funnel.rules import Funnel
    from hardal_frames.analysis._sequences import Integers
    from hardal_frames.analysis._statistics import Durations
    from hardal_frames.analysis._tally import Tally

QUANTILES: Final = {"median": MEDIAN, "p75": P75, "p90": P90, "p95": P95}


def table_of(
    funnel: Funnel,
    steps: Tally,
    *,
    timed: Tally,
    durations: Sequence[Durations],
    zone: Any,  # noqa: ANN401  (any type of timestamps)
) -> pd.DataFrame:
    """Make the table.

    Parameters
    ----------
    funnel
        Steps and options.
    steps
        As in `CountedAttempts`.
    timed
        Groups and steps that have times, with keys as there.
    durations
        For each of `QUANTILES`, that of each of the timed ones.
    zone
        Type of the timestamps.
    """
    steps = steps.taken(_order(steps))
    counts, size = steps.counts[:, 1:], len(steps.keys)
    width = counts.shape[1]
    is_optional = np.array(funnel.is_optional)
    entrants = np.repeat(counts[:, :1], width, axis=1)
    previous = counts[:, previous_required(is_optional)]
    columns: dict[str, Any] = {}
    by_values = None
    if funnel.by is not None:
        values = pd.Series(steps.labels[0]).array
        by_values = values.take(np.repeat(steps.keys[:, 0], width), allow_fill=True)
        columns[funnel.by] = by_values
    if funnel.trend is not None:
        begins = pd.DatetimeIndex(steps.keys[:, 1].view("datetime64[us]")).tz_localize("UTC")
        columns["period"] = begins.tz_convert(zone.tz).astype(zone).repeat(width)
    columns["step"] = np.tile(np.arange(1, width + 1), size)
    labels = [asked_step(step).label for step in funnel.steps]
    columns["name"] = pd.array(labels * size, dtype=schema.TEXT)
    if is_optional.any():
        columns["optional"] = np.tile(is_optional, size)
    low, high = wilson_interval(counts.ravel(), entrants.ravel())
    columns |= {
        "sessions": counts.ravel(),
        "conversion_from_first": shares(counts.ravel(), entrants.ravel()),
        "conversion_from_previous": shares(counts.ravel(), previous.ravel()),
        "drop_off": np.where(is_optional, 0, previous - counts).ravel(),
        "ci_low": low,
        "ci_high": high,
    }
    columns |= _times(steps, timed, durations, width)
    if funnel.by is not None and columns[funnel.by] is not by_values:
        refuse_by(funnel.by)
    return pd.DataFrame(columns)


def _times(
    steps: Tally, timed: Tally, durations: Sequence[Durations], width: int
) -> dict[str, Any]:
    """Quantiles of the time since the step before and since the first one."""
    measures = 2 * np.arange(width)
    found = {}
    for since in ("previous", "first"):
        if since == "first":
            measures[2:] += 1  # the first step is the one before the second
        keys = np.column_stack(
            [np.repeat(steps.keys, width, axis=0), np.tile(measures, len(steps.keys))]
        )
        places = timed.places_of(type(timed)(steps.labels, keys, keys[:, :0]))
        for name, values in zip(QUANTILES, durations, strict=True):
            found[f"{name}_from_{since}"] = with_missing(values, places)
    return found


def _order(steps: Tally) -> Integers:
    """Large values of by first, in alphabetical order if equally large, a missing one last."""
    by, period = steps.keys[:, 0], steps.keys[:, 1]
    values = steps.labels[0]
    sizes = np.zeros(len(values) + 1, dtype=np.int64)
    np.add.at(sizes, by, steps.counts[:, 0])
    rank = np.lexsort((ranks_of_distinct(values), -sizes[:-1]))
    place = np.append(np.argsort(rank), len(values))
    return np.lexsort((period, place[by]))
