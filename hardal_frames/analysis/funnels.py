"""Funnels: how many sessions do the steps, one after the other, and how long that takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._sequences import sequences_of
from hardal_frames.analysis._statistics import (
    MEDIAN,
    group_quantiles,
    shares,
    wilson_interval,
)
from hardal_frames.analysis._steps import TIES, duration_in_microseconds, match_step
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._steps import MatchedStep, Missing, Step, Ties

Entry = Literal["best", "first"]


def funnel(
    events: pd.DataFrame,
    steps: Sequence[Step],
    *,
    within: str | pd.Timedelta | None = None,
    entry: Entry = "best",
    ties: Ties = "feed",
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """Count how many sessions do the steps in order; other events may stand between.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name.
    steps
        The steps: each an event name, a list of names of which any counts, or a dict of column to
        value(s), such as ``{"name": "page_view", "path": "/cart"}``.
    within
        Longest time from the first step to the last one reached, inclusive: ``"30min"``.
    entry
        ``"best"``: every occurrence of step 1 starts an attempt and the deepest counts, of equally
        deep ones the earliest. ``"first"``: only the first occurrence starts one.
    ties
        Events at the same instant follow each other as in the ``"feed"``, or, ``"strict"``, not.
    missing
        ``"error"`` or ``"zero"`` for a step that no event of the frame fills.
    key
        Column that names who walks through the funnel.

    Returns
    -------
    DataFrame
        One row a step: step (int64, from 1), name (string), sessions (int64: that reached at least
        this step), conversion_from_first, conversion_from_previous (float64), drop_off (int64:
        sessions lost since the previous step), ci_low, ci_high (float64: Wilson's 95 % interval of
        conversion_from_first), median_from_previous, median_from_first (timedelta64[us]). Shares
        of nothing are NaN, times of nobody NaT.

    Raises
    ------
    UnknownName
        If no event fills a step, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame or an option cannot be used.

    Notes
    -----
    One event fills at most one step. Times are those of the attempt that is reported.
    The interval is that of Wilson (1927), doi 10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> steps = ["view_item", "add_to_cart", "purchase"]
    >>> table = hf.funnel(events, steps, within="1h")
    >>> bool(table["sessions"].is_monotonic_decreasing)
    True

    In a part of the sessions where nobody bought, the step counts none when asked to:

    >>> part = events[events["session_id"] == events["session_id"].iloc[0]]
    >>> hf.funnel(part, steps, missing="zero")["sessions"].tolist()[-1]
    0
    """
    walks = _walks(events, steps, within=within, entry=entry, ties=ties, missing=missing, key=key)
    reached = np.array([int((walks.depths >= step).sum()) for step in walks.numbers])
    entrants = int(reached[0])
    previous = np.append(entrants, reached[:-1])
    low, high = wilson_interval(reached, entrants)
    return pd.DataFrame(
        {
            "step": walks.numbers,
            "name": pd.array(walks.labels, dtype=schema.TEXT),
            "sessions": reached,
            "conversion_from_first": shares(reached, entrants),
            "conversion_from_previous": shares(reached, previous),
            "drop_off": previous - reached,
            "ci_low": low,
            "ci_high": high,
            "median_from_previous": _medians(walks, since_previous=True),
            "median_from_first": _medians(walks, since_previous=False),
        }
    )


def funnel_sessions(
    events: pd.DataFrame,
    steps: Sequence[Step],
    *,
    within: str | pd.Timedelta | None = None,
    entry: Entry = "best",
    ties: Ties = "feed",
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """List the sessions that entered a funnel, how far they came, and by which events.

    Parameters
    ----------
    events, steps, within, entry, ties, missing, key
        As for `funnel`, whose counts are counts of these rows.

    Returns
    -------
    DataFrame
        One row a session that did step 1, in order of its first event: session_id (or the key),
        reached (int64, steps reached), and for each step k step_k_id (string; missing if the frame
        has no ids) and step_k_time (timestamp in the frame's zone), missing where not reached.

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
    walks = _walks(events, steps, within=within, entry=entry, ties=ties, missing=missing, key=key)
    sequences = walks.sequences
    order = sequences.in_reporting_order(walks.positions[:, 0])
    columns: dict[str, Any] = {"reached": walks.depths[order]}
    for step in walks.numbers.tolist():
        positions = walks.positions[order, step - 1]
        columns[f"step_{step}_id"] = sequences.text("id", positions)
        columns[f"step_{step}_time"] = sequences.column("timestamp", positions)
    return sequences.keyed(walks.positions[order, 0], columns)


@dataclass(frozen=True, slots=True)
class _Walks:
    """The reported attempt of each walker that entered.

    Parameters
    ----------
    sequences
        The events.
    labels
        The steps in words.
    positions
        One row an attempt, one column a step: position of the event that filled it, or -1.
    """

    sequences: Sequences
    labels: list[str]
    positions: npt.NDArray[np.int64]

    @property
    def numbers(self) -> Integers:
        """Numbers of the steps, from 1."""
        return np.arange(1, len(self.labels) + 1)

    @property
    def depths(self) -> Integers:
        """How many steps each attempt reached."""
        return np.asarray((self.positions >= 0).sum(axis=1), dtype=np.int64)


def _walks(
    events: pd.DataFrame,
    steps: Sequence[Step],
    *,
    within: str | pd.Timedelta | None,
    entry: Entry,
    ties: Ties,
    missing: Missing,
    key: str,
) -> _Walks:
    _require_steps(steps)
    schema.require_one_of(entry, "entry", ("best", "first"))
    schema.require_one_of(ties, "ties", TIES)
    window = None if within is None else duration_in_microseconds(within, "within")
    sequences = sequences_of(events, key=key)
    matched = [match_step(sequences, step, missing=missing) for step in steps]
    starts = matched[0].positions
    if entry == "first" or window is None:
        # Without a window no later start can come deeper than the first one.
        starts = sequences.first_of_each(starts)
    attempts = _attempts(sequences, matched, starts, window=window, strict=ties == "strict")
    best = _deepest(sequences.walkers[starts], (attempts >= 0).sum(axis=1))
    return _Walks(sequences, [step.label for step in matched], attempts[best])


def _require_steps(steps: object) -> None:
    if not isinstance(steps, Sequence) or isinstance(steps, str) or len(steps) == 0:
        raise InvalidInput(
            f"steps is {steps!r:.100}; a list of steps is needed, such as "
            "['view_item', 'purchase']."
        )


def _attempts(
    sequences: Sequences,
    steps: Sequence[MatchedStep],
    starts: Integers,
    *,
    window: int | None,
    strict: bool,
) -> npt.NDArray[np.int64]:
    """Follow each start to the next event of each further step; -1 from where it fails."""
    positions = np.full((len(starts), len(steps)), -1, dtype=np.int64)
    positions[:, 0] = starts
    last_of_instant = sequences.last_of_instant() if strict else None
    alive = np.arange(len(starts))
    for number, step in enumerate(steps[1:], start=1):
        current = positions[alive, number - 1]
        after = current if last_of_instant is None else last_of_instant[current]
        following = sequences.following(after, step.positions)
        reached = following >= 0
        if window is not None:
            elapsed = sequences.times[following] - sequences.times[starts[alive]]
            reached &= elapsed <= window
        alive = alive[reached]
        positions[alive, number] = following[reached]
    return positions


def _deepest(walkers: Integers, depths: Integers) -> Integers:
    """Position of each walker's deepest attempt, of equally deep ones the earliest."""
    if not len(walkers):
        return np.empty(0, dtype=np.int64)
    begins = np.flatnonzero(np.diff(walkers, prepend=-1))
    sizes = np.diff(np.append(begins, len(walkers)))
    deepest = np.repeat(np.maximum.reduceat(depths, begins), sizes)
    candidates = np.flatnonzero(depths == deepest)
    first = np.flatnonzero(np.diff(walkers[candidates], prepend=-1))
    return candidates[first].astype(np.int64)


def _medians(walks: _Walks, *, since_previous: bool) -> npt.NDArray[np.timedelta64]:
    times = walks.sequences.times
    medians = np.full(len(walks.labels), "NaT", dtype="timedelta64[us]")
    for step in range(1, len(walks.labels)):
        reached = walks.positions[walks.positions[:, step] >= 0]
        since = reached[:, step - 1 if since_previous else 0]
        elapsed = times[reached[:, step]] - times[since]
        medians[step] = group_quantiles(elapsed, np.zeros_like(elapsed), 1, [MEDIAN])[0][0]
    return medians
