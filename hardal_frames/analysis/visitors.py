"""Visitors over their visits: sessions cut from their events, and how many come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._counting import Counting, Latest, Same, computed, zone_of
from hardal_frames.analysis._listed import Listed
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._statistics import shares
from hardal_frames.analysis._steps import (
    Seen,
    duration_in_microseconds,
    match_step,
    seen,
    step_columns,
)
from hardal_frames.analysis._tally import Tally, tally_of_ones
from hardal_frames.analysis._values import as_text

if TYPE_CHECKING:
    from datetime import timedelta

    from pandas.api.extensions import ExtensionArray

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._sequences import Integers
    from hardal_frames.analysis._steps import Missing, Step

Period = Literal["week", "day", "month"]

PERIODS: Final = ("week", "day", "month")

_DAYS_OF_WEEK: Final = 7
_MONDAY: Final = 3  # days from a Monday to the first day of 1970


def split_sessions(events: Events, *, key: str, timeout: str | timedelta = "30min") -> pd.DataFrame:
    """Cut each visitor's events into sessions, wherever nothing happened for longer than a timeout.

    Parameters
    ----------
    events
        Any frame with timestamp, name and the key, or what `scan_events` returns; session_id need
        not be there.
    key
        Column that names the visitor, such as ``"visitor_id"`` or ``"prop_user_id"``.
    timeout
        The longest pause inside a session, as a Timedelta or text with a unit; a pause of exactly
        that long does not end it.

    Returns
    -------
    DataFrame
        One row an event, as in the given frame but in canonical order: visitors by their first
        event, each visitor's events in order of time. session_id (string) is ``key-number``, the
        number of the session among the visitor's, from 1; sequence (int64) is the position in the
        session, from 0. Both come first where the frame did not have them.

    Raises
    ------
    InvalidInput
        If the frame or an option cannot be used.

    Notes
    -----
    Two sessions never have one id: what stands after the last hyphen is the number, the rest is the
    key, hyphens included. Sessions that the frame had before serve only as an order for events at
    one instant; a pause longer than the timeout ends a session even inside one of them, and two of
    them without a pause between become one. The other columns are kept as they are.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": "page_view", "timestamp": f"2026-03-02T{clock}:00Z"}
    ...      for clock in ("10:00", "10:30", "11:01")],
    ...     session_id="s1",
    ... )
    >>> events["visitor_id"] = "v1"
    >>> hf.split_sessions(events, key="visitor_id")[["session_id", "sequence"]]
      session_id  sequence
    0       v1-1         0
    1       v1-1         1
    2       v1-2         0
    """
    longest = duration_in_microseconds(timeout, "timeout")
    return computed(events, _SplitSessions(longest, key))


@dataclass(frozen=True)
class _SplitSessions(Counting[Listed, pd.DataFrame]):
    longest: int
    key: str

    def columns(self) -> None:
        """Every column comes back."""

    def count(self, events: pd.DataFrame) -> Listed:
        key = self.key
        schema.require_columns(events, (key,))
        # Keys that read alike, such as 1 and "1", are one visitor, or two would share their ids.
        alike = events.assign(**{key: as_text(events[key])})
        sequences = sequences_of(alike, key=key)
        begins = np.ones(len(sequences.times), dtype=bool)
        begins[1:] = (np.diff(sequences.walkers) != 0) | (np.diff(sequences.times) > self.longest)
        sessions = np.cumsum(begins) - 1
        first = np.flatnonzero(begins)
        visitors = sequences.walkers[first]
        # Number of the session among those of its visitor.
        numbers = np.arange(len(first)) - sessions[sequences.firsts][visitors] + 1
        ids = _joined(sequences.column(key, first), numbers)
        order = sequences.in_canonical_order()
        result = events.take(sequences.rows[order]).reset_index(drop=True)
        columns = {
            "session_id": ids.take(sessions[order]),
            "sequence": (np.arange(len(sessions)) - first[sessions])[order],
        }
        for place, (name, values) in enumerate(columns.items()):
            if name in result.columns:
                result[name] = values
            else:
                result.insert(place, name, values)
        walkers = sequences.walkers[order]
        names = pd.Series(sequences.column(key, sequences.firsts[walkers]))
        return Listed(result, sequences.times[sequences.firsts[walkers]], names)

    def finish(self, whole: Listed) -> pd.DataFrame:
        return whole.table


def retention(
    events: Events,
    *,
    period: Period = "week",
    event: Step | None = None,
    periods: int | None = None,
    missing: Missing = "error",
    key: str = "visitor_id",
) -> pd.DataFrame:
    """Count how many visitors come back, by the period of their first event.

    Parameters
    ----------
    events
        Any frame with timestamp, name and the key, or what `scan_events` returns;
        `with_sessions` gives events their visitor.
    period
        ``"week"`` (from Monday, as in ISO 8601), ``"day"`` or ``"month"``, by the calendar of the
        frame's zone.
    event
        What counts as coming back: an event name, a list of names, or a dict of column to
        value(s); None for any event.
    periods
        How many periods of each cohort to show, its own included; None for all.
    missing
        ``"error"`` or ``"zero"`` for an event that no event of the frame is.
    key
        Column that names who comes back.

    Returns
    -------
    DataFrame
        One row a cohort and period, in this order: cohort (timestamp: the start, in the frame's
        zone, of the period in which its visitors' first events lie), period (int64: periods since
        then, from 0), visitors (int64: those of the cohort), active (int64: those of them with such
        an event in that period), share (float64: active / visitors), complete (bool: later periods
        have events, so that nothing of this one is missing).

    Raises
    ------
    UnknownName
        If no event fills event, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame or an option cannot be used.

    Notes
    -----
    A cohort has rows up to the period of the frame's last event and none for later ones, which
    nobody could have observed: a young cohort has fewer rows, never a false zero. The last of them
    may be cut short; complete tells. The first event is any event, whatever counts as coming back,
    so that not all visitors of a cohort need be active in period 0. Periods are those of the
    calendar: a day is one with 23 or 25 hours as well. Visitors whose first event lies before the
    frame begins look new: leave the first cohorts out, or give a frame that begins early enough.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": "page_view", "timestamp": f"2026-03-{day}T10:00:00Z", "sessionId": visitor}
    ...      for day, visitor in (("02", "v1"), ("03", "v2"), ("09", "v1"), ("10", "v3"))],
    ... )
    >>> table = hf.retention(events, key="session_id")
    >>> table[["period", "visitors", "active", "share", "complete"]]
       period  visitors  active  share  complete
    0       0         2       2    1.0      True
    1       1         2       1    0.5     False
    2       0         1       1    1.0     False
    """
    schema.require_one_of(period, "period", PERIODS)
    limit = np.iinfo(np.int64).max if periods is None else schema.require_whole(periods, "periods")
    schema.require_one_of(missing, "missing", ("error", "zero"))
    steps = [] if event is None else [event]
    return computed(events, _Retention(period, tuple(steps), limit, missing, key))


class _Cohorts(NamedTuple):
    """What is known of the visitors of each cohort.

    Parameters
    ----------
    visitors
        How many each has, by the number of its period.
    active
        How many came back, by the period of their cohort and how many periods later that was.
    last
        The last period that has events.
    seen
        What is seen of the event that counts.
    zone
        Type of the timestamps.
    """

    visitors: Tally
    active: Tally
    last: Latest
    seen: Seen
    zone: Same


@dataclass(frozen=True)
class _Retention(Counting[_Cohorts, pd.DataFrame]):
    period: Period
    steps: tuple[Step, ...]
    limit: int
    missing: Missing
    key: str

    def columns(self) -> list[str]:
        return step_columns(self.steps)

    def count(self, events: pd.DataFrame) -> _Cohorts:
        sequences = sequences_of(events, key=self.key)
        matched = [match_step(sequences, step) for step in self.steps]
        positions = matched[0].positions if matched else np.arange(len(sequences.times))
        zone = zone_of(sequences.frame)
        ordinals = _ordinals(sequences.times, zone.value.tz, self.period)
        cohorts = ordinals[sequences.firsts]
        walkers = sequences.walkers[positions]
        came = np.column_stack([walkers, ordinals[positions] - cohorts[walkers]])
        changes = np.diff(came, axis=0, prepend=-1) != 0
        came = np.unique(came[changes.any(axis=1)], axis=0)
        walkers, since = came.T
        return _Cohorts(
            tally_of_ones(cohorts[:, np.newaxis]),
            tally_of_ones(np.column_stack([cohorts[walkers], since])),
            Latest(int(ordinals.max()) if len(ordinals) else None),
            seen(events, sequences, matched),
            zone,
        )

    def finish(self, whole: _Cohorts) -> pd.DataFrame:
        whole.seen.require(self.steps, self.missing)
        cohorts, visitors = whole.visitors.keys[:, 0], whole.visitors.counts[:, 0]
        observed = (whole.last.value or 0) - cohorts + 1
        shown = np.minimum(observed, self.limit)
        # Rows of the table: one for each cohort and each of its periods.
        begins = np.cumsum(shown) - shown
        cohort = np.repeat(np.arange(len(cohorts)), shown)
        number = np.arange(len(cohort)) - begins[cohort]
        active = np.zeros(len(cohort), dtype=np.int64)
        of, since = whole.active.keys.T
        within = since < self.limit
        place = begins[np.searchsorted(cohorts, of[within])] + since[within]
        active[place] = whole.active.counts[within, 0]
        return pd.DataFrame(
            {
                "cohort": _starts(cohorts, whole.zone.value.tz, self.period)[cohort],
                "period": number,
                "visitors": visitors[cohort],
                "active": active,
                "share": shares(active, visitors[cohort]),
                "complete": number + 1 < observed[cohort],
            }
        )


def _joined(keys: ExtensionArray, numbers: Integers) -> ExtensionArray:
    written: Any = pd.Series(keys) + "-" + pd.Series(numbers).astype(schema.TEXT)
    joined: ExtensionArray = written.astype(schema.TEXT).array
    return joined


def _ordinals(times: Integers, zone: Any, period: Period) -> Integers:  # noqa: ANN401
    """Tell in which period each instant lies, by the calendar of the zone."""
    instants = pd.DatetimeIndex(times.view("datetime64[us]")).tz_localize("UTC")
    clock = instants.tz_convert(zone).tz_localize(None).to_numpy()
    if period == "month":
        return clock.astype("datetime64[M]").astype(np.int64)
    days = clock.astype("datetime64[D]").astype(np.int64)
    return days if period == "day" else (days + _MONDAY) // _DAYS_OF_WEEK


def _starts(ordinals: Integers, zone: Any, period: Period) -> Any:  # noqa: ANN401
    """Instant at which each period begins."""
    if period == "week":
        ordinals = ordinals * _DAYS_OF_WEEK - _MONDAY
    unit = "datetime64[M]" if period == "month" else "datetime64[D]"
    midnights = pd.DatetimeIndex(ordinals.astype(unit).astype("datetime64[us]"))
    # A midnight that clocks skip begins after the gap, one that comes twice begins at the first.
    return midnights.tz_localize(
        zone, nonexistent="shift_forward", ambiguous=np.ones(len(midnights), dtype=bool)
    )
