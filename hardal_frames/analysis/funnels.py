"""Funnels: how many sessions do the steps, one after the other, and how long that takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from hardal_frames.analysis._counting import Counting, Same, computed, zone_of
from hardal_frames.analysis._funnel.attempts import attempts_of
from hardal_frames.analysis._funnel.counts import counted_attempts, grouping_columns, refuse_by
from hardal_frames.analysis._funnel.rules import funnel_of
from hardal_frames.analysis._funnel.table import QUANTILES, table_of
from hardal_frames.analysis._listed import Listed, listed
from hardal_frames.analysis._timed import TimedCounting
from hardal_frames.analysis._values import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._funnel.rules import (
        Entry,
        Funnel,
        OptionalStep,
        Order,
        Preset,
        Trend,
    )
    from hardal_frames.analysis._spread import GroupedDurations
    from hardal_frames.analysis._statistics import Durations
    from hardal_frames.analysis._steps import Duration, Missing, Seen, Step, Ties
    from hardal_frames.analysis._tally import Tally


def funnel(
    events: Events,
    steps: Sequence[Step | OptionalStep],
    *,
    order: Order = "ordered",
    within: Duration | None = None,
    step_within: Duration | None = None,
    entry: Entry = "best",
    ties: Ties = "feed",
    exclude: str | Iterable[str] | None = None,
    hold: str | Iterable[str] | None = None,
    by: str | None = None,
    trend: Trend | None = None,
    preset: Preset | None = None,
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """Count how many sessions do the steps of a funnel.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns.
    steps
        The steps: each an event name, a list of names of which any counts, or a dict of column to
        value(s), such as ``{"name": "page_view", "path": "/cart"}``; `optional` marks one that may
        be left out. One event fills at most one step.
    order
        ``"ordered"``: other events may stand between the steps. ``"strict"``: none may. ``"any"``:
        the steps come in any order.
    within
        Longest time from the first step to the last one reached, inclusive: ``"30min"``.
    step_within
        Longest time from each step to the next, inclusive.
    entry
        ``"best"``: every occurrence of step 1 starts an attempt and the deepest counts, of equally
        deep ones the earliest. ``"first"``: only the first occurrence starts one.
    ties
        Events at the same instant follow each other as in the ``"feed"``, in ``"either"`` order,
        whichever helps, or, ``"strict"``, not at all.
    exclude
        Names that end an attempt where they happen between its steps; the session may try again.
    hold
        Columns whose value must stay the same through the attempt, such as ``"prop_product_id"``.
        An event where one is missing fills no step.
    by
        Column for each of whose values there is a funnel; a session belongs to the value at its
        attempt's first step.
    trend
        ``"day"`` or ``"week"`` (from Monday), for each of which, in the frame's zone, there is a
        funnel; a session belongs to the period of its attempt's first step.
    preset
        The options nearest to what another engine counts; see the notes.
    missing
        ``"error"`` or ``"zero"`` for a step that no event of the frame fills.
    key
        Column that names who walks through the funnel, such as ``"visitor_id"``.

    Returns
    -------
    DataFrame
        One row a step, for each value of ``by`` (largest first, missing last) and each period:
        the column of by, and period (timestamp of its begin), where asked for; step (int64, from
        1), name (string), optional (bool; only where a step is), sessions (int64: that reached at
        least this step; did it, if it is optional; did so many steps, if order is any),
        conversion_from_first, conversion_from_previous (float64), drop_off (int64: sessions lost
        since the previous step, none at an optional one), ci_low, ci_high (float64: Wilson's 95 %
        interval of conversion_from_first), and median, p75, p90, p95 of the time since the
        previous step and since the first: median_from_previous, ..., p95_from_first
        (timedelta64[us]). Shares of nothing are NaN, times of nobody NaT.

    Raises
    ------
    UnknownName
        If no event fills a step, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame or an option cannot be used, or two options do not go together.

    See Also
    --------
    funnel_sessions : The sessions that these numbers count.

    Notes
    -----
    Times are those of the attempt that is reported; of several with the same depth and start it is
    the one whose steps come earliest. Between means position in the feed, whatever ties says.
    With ties in either order, or steps in any, a funnel has at most ten steps, and both time and
    memory double with each. Optional steps change no number of the others: the attempt is decided
    without them, and each is then filled by the first event that fits between the steps before and
    after it, if the required step before it was reached. Quantiles are exact, interpolated linearly
    and rounded half-even to a microsecond. The interval is that of Wilson (1927), doi
    10.1080/01621459.1927.10502953.

    Presets set what is left at its default. ``"clickhouse"`` (ties either) counts what windowFunnel
    in its mode strict_once does, and its default mode as long as no event fills two steps (there
    one row may fill both), tested against the engine itself. ``"posthog"`` (ties either, within 14
    days): there a person who does an excluded step anywhere is removed. ``"mixpanel"`` (within 30
    days): there steps within two seconds of each other may be swapped. ``"ga4"`` (no window): an
    open funnel of GA4 has no equivalent. Each of the three counts persons: give
    ``key="visitor_id"``. They are the nearest options by what their makers document, not tested
    against them.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> steps = ["view_item", "add_to_cart", "purchase"]
    >>> table = hf.funnel(events, steps, within="1h")
    >>> bool(table["sessions"].is_monotonic_decreasing)
    True

    The same product all the way, week by week:

    >>> weekly = hf.funnel(events, steps[:2], hold="prop_product_id", trend="week")
    >>> weekly.columns[:3].tolist()
    ['period', 'step', 'name']

    In a part of the sessions where nobody bought, the step counts none when asked to:

    >>> part = events[events["session_id"] == events["session_id"].iloc[0]]
    >>> hf.funnel(part, steps, missing="zero")["sessions"].tolist()[-1]
    0
    """
    asked = funnel_of(
        steps,
        {
            "order": order,
            "within": within,
            "step_within": step_within,
            "entry": entry,
            "ties": ties,
            "exclude": exclude,
            "hold": hold,
            "by": by,
            "trend": trend,
            "preset": preset,
            "missing": missing,
            "key": key,
        },
    )
    return computed(events, _Funnel(asked, asked.key))


class _Counted(NamedTuple):
    """Attempts by group and step, what is seen of the steps, and the type of the timestamps."""

    steps: Tally
    seen: Seen
    zone: Same


@dataclass(frozen=True)
class _Funnel(TimedCounting[_Counted]):
    asked: Funnel
    key: str
    quantiles = tuple(QUANTILES.values())

    def columns(self) -> list[str]:
        return self.asked.columns()

    def measured(self, events: pd.DataFrame) -> tuple[_Counted, GroupedDurations]:
        attempts = attempts_of(events, self.asked, every_event=False)
        steps, times = counted_attempts(attempts, self.asked)
        return _Counted(steps, attempts.seen, zone_of(attempts.sequences.frame)), times

    def require(self, counted: _Counted) -> None:
        counted.seen.require(self.asked.all_steps, self.asked.missing)

    def table(
        self, counted: _Counted, timed: Tally, durations: Sequence[Durations]
    ) -> pd.DataFrame:
        zone = counted.zone.value
        return table_of(self.asked, counted.steps, timed=timed, durations=durations, zone=zone)


def funnel_sessions(
    events: Events,
    steps: Sequence[Step | OptionalStep],
    *,
    order: Order = "ordered",
    within: Duration | None = None,
    step_within: Duration | None = None,
    entry: Entry = "best",
    ties: Ties = "feed",
    exclude: str | Iterable[str] | None = None,
    hold: str | Iterable[str] | None = None,
    by: str | None = None,
    trend: Trend | None = None,
    preset: Preset | None = None,
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """List the sessions that entered a funnel, how far they came, and by which events.

    Parameters
    ----------
    events, steps, order, within, step_within, entry, ties, exclude, hold, by, trend, preset
        As for `funnel`, whose counts are counts of these rows.
    missing, key
        Likewise.

    Returns
    -------
    DataFrame
        One row a session that did step 1 (or any step, if order is any), in order of its first
        event: session_id (or the key), the column of by and period where asked for, reached
        (int64, steps reached, optional ones not counted), and for each step k step_k_id (string;
        missing if the frame has no ids) and step_k_time (timestamp in the frame's zone), missing
        where not reached.

    Raises
    ------
    UnknownName, InvalidInput
        As for `funnel`.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> sessions = hf.funnel_sessions(events, ["add_to_cart", "purchase"])
    >>> dropped = sessions[sessions["reached"] == 1]
    >>> bool(dropped["step_2_time"].isna().all())
    True
    """
    asked = funnel_of(
        steps,
        {
            "order": order,
            "within": within,
            "step_within": step_within,
            "entry": entry,
            "ties": ties,
            "exclude": exclude,
            "hold": hold,
            "by": by,
            "trend": trend,
            "preset": preset,
            "missing": missing,
            "key": key,
        },
    )
    return computed(events, _FunnelSessions(asked, asked.key))


@dataclass(frozen=True)
class _FunnelSessions(Counting["tuple[Listed, Seen]", pd.DataFrame]):
    asked: Funnel
    key: str

    def columns(self) -> list[str]:
        return ["id", *self.asked.columns()]

    def count(self, events: pd.DataFrame) -> tuple[Listed, Seen]:
        attempts = attempts_of(events, self.asked, every_event=True)
        sequences = attempts.sequences
        order = sequences.in_reporting_order(attempts.starts)
        grouping = pd.DataFrame(grouping_columns(attempts, self.asked))
        columns: dict[str, Any] = {
            name: grouping[name].array.take(order) for name in grouping.columns
        }
        numbers = range(1, len(self.asked.steps) + 1)
        own = {f"step_{number}_{what}" for number in numbers for what in ("id", "time")}
        if self.asked.by in {"reached", *own}:
            refuse_by(self.asked.by)
        columns["reached"] = attempts.reached[order]
        for number in numbers:
            positions = attempts.positions[number - 1, order]
            columns[f"step_{number}_id"] = texts(sequences, "id", positions)
            columns[f"step_{number}_time"] = sequences.column("timestamp", positions)
        starts = attempts.starts[order]
        instants = sequences.times[sequences.firsts[sequences.walkers_at(starts)]]
        return listed(sequences.keyed(starts, columns), instants, self.key), attempts.seen

    def finish(self, whole: tuple[Listed, Seen]) -> pd.DataFrame:
        rows, seen = whole
        seen.require(self.asked.all_steps, self.asked.missing)
        return rows.table
