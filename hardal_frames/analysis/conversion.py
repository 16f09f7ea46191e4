"""How many sessions convert, and after how long: a curve over all that could."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._counting import Counting, computed
from hardal_frames.analysis._encoding import factorized, ranks
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._pairings import Gap, first_at_least, limit, paired
from hardal_frames.analysis._statistics import shares, wilson_interval
from hardal_frames.analysis._steps import TIES, Seen, match_step, seen, step_columns
from hardal_frames.analysis._tally import Tally, tally_of_ones
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._sequences import Integers
    from hardal_frames.analysis._steps import Missing, Step, Ties

_NEVER: Final = np.iinfo(np.int64).max
"""A time later than all moments that are asked for."""


def conversion_time(
    events: Events,
    start: Step,
    end: Step,
    *,
    by: str | None = None,
    within: str | pd.Timedelta | None = None,
    at: Sequence[str | pd.Timedelta] | None = None,
    ties: Ties = "feed",
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """Follow how many of all sessions with a start have reached an end, as time goes by.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns.
    start, end
        An event name, a list of names of which any counts, or a dict of column to value(s).
        A session converts at the first end later than its first start; its time runs from there.
    by
        Column to draw one curve for each value of: a session belongs to the value at its first
        start. Null is a group of its own, the last one.
    within
        Longest time to convert, inclusive: ``"7d"``. Later ends do not count.
    at
        Times to read the curve at, ``["1h", "1d", "7d"]``; None for every time at which it rises.
    ties
        As for `time_between`.
    missing
        ``"error"`` or ``"zero"`` for a start or end that no event of the frame fills.
    key
        Column that names who converts: with ``"visitor_id"``, in any of their sessions.

    Returns
    -------
    DataFrame
        One row for each distinct time to convert, ascending, preceded by one for 0; or one for
        each time of at, ascending. With by, the values in ascending order, each with its own rows.
        The by column, elapsed (timedelta64[us]), converted (int64: sessions that converted within
        that time, inclusive), sessions (int64: all that have a start, the denominator), share
        (float64: converted / sessions), ci_low, ci_high (float64: Wilson's 95 % interval of share,
        for each time by itself). Without sessions, sessions is 0 and shares are NaN.

    Raises
    ------
    UnknownName
        If no event fills start or end, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame or an option cannot be used.

    Notes
    -----
    This is the cumulative incidence over everyone who started. It is not a Kaplan-Meier curve,
    which would take the end of a session for an observation cut short: most sessions end because
    they will not convert, and the curve would climb towards 1 whatever the true share is
    (94-100 % for a true 27-30 % in a trial).
    A visitor who started shortly before the events end has had less time than the others, and
    counts as not converted. Where that matters, leave out those who started within the last
    stretch as long as the times compared.
    The interval is that of Wilson (1927), doi 10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": name, "timestamp": f"2026-03-02T10:0{minute}:00Z", "sessionId": session}
    ...      for session, minute, name in [("s1", 0, "cart"), ("s1", 2, "purchase"),
    ...                                    ("s2", 1, "cart"), ("s2", 6, "purchase"),
    ...                                    ("s3", 5, "cart"), ("s4", 9, "cart")]]
    ... )
    >>> curve = hf.conversion_time(events, "cart", "purchase")
    >>> curve[["elapsed", "converted", "sessions", "share"]]
              elapsed  converted  sessions  share
    0 0 days 00:00:00          0         4   0.00
    1 0 days 00:02:00          1         4   0.25
    2 0 days 00:05:00          2         4   0.50
    >>> hf.conversion_time(events, "cart", "purchase", at=["3min", "1h"])["share"].tolist()
    [0.25, 0.5]
    """
    schema.require_one_of(ties, "ties", TIES)
    window = Gap(longest=None if within is None else limit(within, "within"))
    moments = _moments(at)
    schema.require_one_of(missing, "missing", ("error", "zero"))
    return computed(events, _ConversionTime((start, end), by, window, moments, ties, missing, key))


class _Counted(NamedTuple):
    """Sessions by value of by, conversions by value and time, and what is seen of the steps."""

    sessions: Tally
    converted: Tally
    seen: Seen


@dataclass(frozen=True)
class _ConversionTime(Counting[_Counted, pd.DataFrame]):
    steps: tuple[Step, Step]
    by: str | None
    window: Gap
    moments: Integers | None
    ties: Ties
    missing: Missing
    key: str

    def columns(self) -> list[str]:
        return [*step_columns(self.steps), *([] if self.by is None else [self.by])]

    def count(self, events: pd.DataFrame) -> _Counted:
        sequences = sequences_of(events, key=self.key)
        _require_by(sequences.frame, self.by)
        start, end = (match_step(sequences, step) for step in self.steps)
        entrants = sequences.first_of_each(start.positions)
        firsts, lasts = paired(
            sequences, start.positions, end.positions, ties=self.ties, gap=self.window
        )
        values: pd.Index[Any] = pd.Index([])
        groups = np.full(len(entrants), -1, dtype=np.int64)
        if self.by is not None:
            column = pd.Series(sequences.column(self.by, entrants), name=self.by)
            groups, distinct = factorized(column)
            values = pd.Index(distinct)
        elapsed = sequences.times[lasts] - sequences.times[firsts]
        if self.moments is not None:
            elapsed = np.append(self.moments, _NEVER)[np.searchsorted(self.moments, elapsed)]
        own = groups[np.searchsorted(entrants, firsts)]
        return _Counted(
            tally_of_ones(groups[:, np.newaxis], (values,)),
            tally_of_ones(np.column_stack([own, elapsed]), (values,)),
            seen(events, sequences, [start, end]),
        )

    def finish(self, whole: _Counted) -> pd.DataFrame:
        whole.seen.require(self.steps, self.missing)
        sessions, converted = whole.sessions, whole.converted
        values = sessions.labels[0]
        members = sessions.keys[:, 0]
        everyone = sessions.counts[:, 0]
        if self.by is None and not len(members):
            members, everyone = np.array([-1]), np.array([0])
        # Groups in ascending order of value, a missing one last.
        rank = np.append(ranks(values), len(values))
        order = np.argsort(rank[members])
        members, everyone = members[order], everyone[order]
        place = np.full(len(values) + 1, -1)
        place[members] = np.arange(len(members))
        known = converted.coded_as(sessions.labels)
        group, elapsed, so_far = _curves(
            place[known.keys[:, 0]],
            known.keys[:, 1],
            known.counts[:, 0],
            len(members),
            self.moments,
        )
        of = everyone[group]
        low, high = wilson_interval(so_far, of)
        columns: dict[str, Any] = {
            "elapsed": elapsed.view("timedelta64[us]"),
            "converted": so_far,
            "sessions": of,
            "share": shares(so_far, of),
            "ci_low": low,
            "ci_high": high,
        }
        if self.by is not None:
            by = pd.Series(values).array.take(members[group], allow_fill=True)
            columns = {self.by: by, **columns}
        return pd.DataFrame(columns)


def _moments(at: object) -> Integers | None:
    if at is None:
        return None
    if isinstance(at, str) or not pd.api.types.is_list_like(at):
        raise InvalidInput(
            f"at is {at!r:.100}; a list of durations is needed, such as ['1h', '1d']."
        )
    durations = [limit(each, "at") for each in at]  # type: ignore[attr-defined]
    return np.unique(np.array(durations, dtype=np.int64))


def _require_by(frame: pd.DataFrame, by: str | None) -> None:
    if by is None:
        return
    schema.require_columns(frame, (by,))
    if by in {"elapsed", "converted", "sessions", "share", "ci_low", "ci_high"}:
        raise InvalidInput(
            f"by is {by!r}, which is also a column of the result. Rename yours: "
            f"events.rename(columns={{{by!r}: ...}})."
        )


def _curves(
    groups: Integers, times: Integers, counts: Integers, group_count: int, moments: Integers | None
) -> tuple[Integers, Integers, Integers]:
    """Group, time and conversions so far of every row."""
    order = np.lexsort((times, groups))
    times, groups = times[order], groups[order]
    everyone = np.arange(group_count)
    if moments is None:
        rises = np.flatnonzero(times > 0)
        group = np.concatenate([everyone, groups[rises]])
        elapsed = np.concatenate([np.zeros_like(everyone), times[rises]])
        in_order = np.lexsort((elapsed, group))
        group, elapsed = group[in_order], elapsed[in_order]
    else:
        group, elapsed = np.repeat(everyone, len(moments)), np.tile(moments, group_count)
    sizes = np.bincount(groups, minlength=group_count)
    ends = np.cumsum(sizes)[group]
    begins = ends - sizes[group]
    beyond = first_at_least(times, elapsed + 1, begins, ends)
    sums = np.append(0, np.cumsum(counts[order]))
    return group, elapsed, sums[beyond] - sums[begins]
