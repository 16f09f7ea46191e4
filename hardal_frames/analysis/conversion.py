"""How many sessions convert, and after how long: a curve over all that could."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import ranks
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._pairings import Gap, first_at_least, limit, paired
from hardal_frames.analysis._statistics import shares, wilson_interval
from hardal_frames.analysis._steps import TIES, match_step
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._steps import Missing, Step, Ties


def conversion_time(
    events: pd.DataFrame,
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
        Any frame with session_id, timestamp and name.
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
    sequences = sequences_of(events, key=key)
    _require_by(sequences.frame, by)
    starts = match_step(sequences, start, missing=missing).positions
    ends = match_step(sequences, end, missing=missing).positions
    entrants = sequences.first_of_each(starts)
    firsts, lasts = paired(sequences, starts, ends, ties=ties, gap=window)
    groups, members = _groups(sequences, by, entrants)
    sessions = np.bincount(groups, minlength=len(members))
    group, elapsed, converted = _curves(
        sequences.times[lasts] - sequences.times[firsts],
        groups[np.searchsorted(entrants, firsts)],
        len(members),
        moments,
    )
    low, high = wilson_interval(converted, sessions[group])
    columns: dict[str, Any] = {
        "elapsed": elapsed.view("timedelta64[us]"),
        "converted": converted,
        "sessions": sessions[group].astype(np.int64, copy=False),
        "share": shares(converted, sessions[group]),
        "ci_low": low,
        "ci_high": high,
    }
    if by is not None:
        columns = {by: sequences.column(by, members[group]), **columns}
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


def _groups(sequences: Sequences, by: str | None, entrants: Integers) -> tuple[Integers, Integers]:
    """Group of each entrant from 0, in ascending order of value, null last; and one of each."""
    if by is None:
        return np.zeros(len(entrants), dtype=np.int64), np.full(1, -1, dtype=np.int64)
    codes = ranks(sequences.column(by, entrants))
    codes = np.where(codes < 0, codes.max(initial=-1) + 1, codes)
    _, members, groups = np.unique(codes, return_index=True, return_inverse=True)
    return groups.reshape(-1), entrants[members]


def _curves(
    times: Integers, groups: Integers, group_count: int, moments: Integers | None
) -> tuple[Integers, Integers, Integers]:
    """Group, time and conversions so far of every row."""
    order = np.lexsort((times, groups))
    times, groups = times[order], groups[order]
    everyone = np.arange(group_count)
    if moments is None:
        changes = np.diff(groups, prepend=-1) | np.diff(times, prepend=-1)
        rises = np.flatnonzero(changes.astype(bool) & (times > 0))
        group = np.concatenate([everyone, groups[rises]])
        elapsed = np.concatenate([np.zeros_like(everyone), times[rises]])
        in_order = np.argsort(group, kind="stable")
        group, elapsed = group[in_order], elapsed[in_order]
    else:
        group, elapsed = np.repeat(everyone, len(moments)), np.tile(moments, group_count)
    sizes = np.bincount(groups, minlength=group_count)
    begins = (np.cumsum(sizes) - sizes)[group]
    beyond = first_at_least(times, elapsed + 1, begins, begins + sizes[group])
    return group, elapsed, (beyond - begins).astype(np.int64, copy=False)
