"""What a report tells, worked out: of events in memory, or in files of any size."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd

from hardal_frames.analysis._ordering import RowsLeftOut
from hardal_frames.analysis._steps import duration_in_microseconds
from hardal_frames.analysis.conversion import conversion_time
from hardal_frames.analysis.flows import journey_flows
from hardal_frames.analysis.funnels import funnel
from hardal_frames.analysis.journeys import transitions
from hardal_frames.analysis.paths import paths
from hardal_frames.analysis.timing import time_between
from hardal_frames.errors import InvalidInput, warn, warnings_kept
from hardal_frames.frames.join import with_sessions
from hardal_frames.shell._report.shown import in_zone, shown
from hardal_frames.shell._report.volumes import VISITOR, Volumes, volumes
from hardal_frames.tracking.audit import audit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hardal_frames.analysis._counting import Events
    from hardal_frames.shell.event_input import Opened

WELL_KNOWN: Final = ("view_item", "add_to_cart", "begin_checkout", "purchase")
"""The names of a shop's way to a purchase, as Google Analytics 4 gives them; in natural order."""

JOURNEY_STEPS: Final = 5

_AUDITED: Final = 1_000_000
"""Of events that stay in their files, so many, about, are audited."""
_MOMENTS: Final = (
    "1s", "5s", "10s", "30s", "1min", "2min", "5min", "10min", "15min", "30min", "1h", "2h", "4h",
    "8h", "1D", "2D", "4D", "7D", "14D", "30D", "60D", "90D",
)  # fmt: skip


class Asked(NamedTuple):
    """What the report was asked for."""

    steps: Sequence[str]
    within: str | None
    top: int
    zone: str | None


class Sample(NamedTuple):
    """How much of the events was looked at closely."""

    events: int
    sessions: int


@dataclass(frozen=True)
class Times:
    """Times of the funnel's steps.

    Parameters
    ----------
    gaps
        For each two steps, by their names, what `time_between` returns.
    conversion
        From the first step to the last, at some moments.
    """

    gaps: Mapping[str, pd.DataFrame]
    conversion: pd.DataFrame


@dataclass(frozen=True)
class Numbers:
    """What a report tells.

    Parameters
    ----------
    volumes
        How much there is.
    left_out
        Why rows cannot be used; empty if all can.
    flows, transitions, paths
        The journeys.
    steps
        Those of the funnel; none if there is none.
    funnel, times
        Of these steps.
    findings
        Of the audit.
    sample
        What was audited and timed, if not all.
    """

    volumes: Volumes
    left_out: str
    flows: pd.DataFrame
    transitions: pd.DataFrame
    paths: pd.DataFrame
    steps: tuple[str, ...]
    funnel: pd.DataFrame | None
    times: Times | None
    findings: pd.DataFrame
    sample: Sample | None


def numbers_of(opened: Opened, asked: Asked, *, now: pd.Timestamp) -> Numbers:
    """Work out what a report tells.

    Parameters
    ----------
    opened
        The events.
    asked
        Steps, and the rest of the options.
    now
        Events that are later are in the future, says the audit.

    Raises
    ------
    UnknownName
        If no event fills a step, near names told.
    InvalidInput
        If an option cannot be used, or no event can.
    """
    if len(asked.steps) == 1:
        raise InvalidInput("A funnel needs two steps at least, such as --steps view_item purchase.")
    with warnings_kept() as kept:
        events = shown(_with_visitors(opened), asked.zone)
        counted = volumes(events)
        if not counted.events:
            raise InvalidInput(
                f"None of the {counted.rows:,} rows has a session, a timestamp and a name."
            )
        # A misspelt step is told before the long work.
        steps = tuple(asked.steps) or _well_known(counted)
        table = funnel(events, list(steps), within=asked.within) if steps else None
        flows = journey_flows(events, steps=JOURNEY_STEPS, top=asked.top, collapse=True)
        pairs = transitions(events)
        common = paths(events, top=asked.top, collapse=True)
        sample, close = _sampled(opened, counted, asked.zone)
        times = _times(events, shown(close, None), steps, asked.within) if steps else None
        findings = audit(close, opened.sessions, examples=0, now=now)
    for said in kept:
        if not isinstance(said, RowsLeftOut):
            warn(said)
    left_out = next((str(said) for said in kept if isinstance(said, RowsLeftOut)), "")
    return Numbers(
        volumes=counted,
        left_out=left_out,
        flows=flows,
        transitions=pairs,
        paths=common,
        steps=steps,
        funnel=table,
        times=times,
        findings=findings,
        sample=sample,
    )


def _with_visitors(opened: Opened) -> Events:
    """Name the visitor of each event where only the session list knows it."""
    events, sessions = opened.events, opened.sessions
    if sessions is None or VISITOR in events.columns or VISITOR not in sessions.columns:
        return events
    return with_sessions(events, sessions)


def _well_known(counted: Volumes) -> tuple[str, ...]:
    occurring = set(counted.names["name"])
    steps = tuple(name for name in WELL_KNOWN if name in occurring)
    return steps if len(steps) > 1 else ()


def _sampled(
    opened: Opened, counted: Volumes, zone: str | None
) -> tuple[Sample | None, pd.DataFrame]:
    """Read so many whole sessions that memory holds their events."""
    if isinstance(opened.events, pd.DataFrame):
        return None, in_zone(opened.events, zone)
    # As many as hold the events, if all were equally long.
    wanted = max(1, min(counted.sessions, _AUDITED * counted.sessions // counted.events))
    close = in_zone(opened.events.sample(wanted), zone)
    sessions = int(close["session_id"].nunique())
    return (None if sessions == counted.sessions else Sample(len(close), sessions)), close


def _times(events: Events, close: Events, steps: Sequence[str], within: str | None) -> Times:
    gaps = {
        f"{start} → {end}": time_between(
            close, start, end, max_gap=within, unmatched=True, missing="zero"
        )
        for start, end in pairwise(steps)
    }
    moments = list(_MOMENTS)
    if within is not None:
        longest = duration_in_microseconds(within, "within")
        shorter = (each for each in _MOMENTS if duration_in_microseconds(each, "at") < longest)
        moments = [*shorter, within]
    curve = conversion_time(events, steps[0], steps[-1], within=within, at=moments, missing="zero")
    return Times(gaps, _trimmed(curve))


def _trimmed(curve: pd.DataFrame) -> pd.DataFrame:
    """Leave out moments before anyone converted, and those after the last one did."""
    converted = curve["converted"]
    is_told = (converted.shift(-1) != 0) & (converted.shift(1) != converted.iloc[-1])
    return curve[is_told].reset_index(drop=True) if converted.iloc[-1] else curve.tail(1)
