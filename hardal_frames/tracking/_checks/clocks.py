"""Instants that cannot be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.tracking._log import FEED_POSITIONS
from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._log import Integers, Log

SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND


def out_of_order(log: Log) -> Iterator[Finding]:
    """Find events that are earlier than one before them in the feed of their session."""
    column = next((name for name in FEED_POSITIONS if log.has(name)), None)
    if column is None or getattr(log.frame[column].dtype, "kind", "O") not in "iuf":
        return
    positions = log.frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    rows = np.flatnonzero(~np.isnan(positions))
    # Events at one place of the feed have no order: the earlier comes first.
    order = rows[np.lexsort((log.times[rows], positions[rows], log.walkers[rows]))]
    late = order[_behind(log.times[order], log.walkers[order])]
    for name, own in log.split_by_name(late):
        yield Finding(
            "medium",
            f"{name!r} is earlier than an event before it in its session's feed ({column}); order "
            "and times between events are doubtful. Look at clocks of several machines, events "
            "sent from a queue, or a feed that was stored newest first.",
            own,
            of=len(log.named(name)),
            name=name,
            property="timestamp",
        )


def _behind(times: Integers, walkers: Integers) -> np.ndarray:
    """Events, session after session, that are earlier than the latest before them."""
    if not len(times):
        return np.zeros(0, dtype=bool)
    # Each session's instants are lifted above those of the one before: one maximum does for all.
    instants = np.unique(times, return_inverse=True)[1].reshape(-1)
    lifted = walkers * (int(instants.max()) + 1) + instants
    found: np.ndarray = lifted < np.maximum.accumulate(lifted)
    return found


def future_event(log: Log) -> Iterator[Finding]:
    """Find events later than now."""
    now = log.limits.now.value // 1000
    for name, rows in log.split_by_name(np.flatnonzero(log.times > now)):
        yield Finding(
            "medium",
            f"{name!r} lies in the future; it is missing from what is true of today and will be "
            "wrong later. Look at the clock of the machine that sends it, and at its zone.",
            rows,
            of=len(log.named(name)),
            name=name,
            property="timestamp",
        )


def tied_events(log: Log) -> Iterator[Finding]:
    """Find many events of one session, or of many sessions, at one instant.

    Many sessions are more than ten times those that chance would put at one instant of a clock of
    seconds, of as many events as there are in that hour, and more than twice `ties`.
    """
    ties = log.limits.ties
    times, walkers = log.sequences.times, log.sequences.walkers
    begins = np.flatnonzero((np.diff(times, prepend=-1) != 0) | (np.diff(walkers, prepend=-1) != 0))
    sizes = np.diff(np.append(begins, len(times)))
    many = np.repeat(sizes >= ties, sizes)
    yield Finding(
        "low",
        f"{ties} events or more of one session are at one instant; no person does that, and only "
        "the feed knows their order. Look for events that are sent in a batch, or timestamps that "
        "have lost their clock.",
        log.sequences.rows[many],
        of=len(log),
        property="timestamp",
    )
    rows = _crowds(log, times[begins], ties)
    yield Finding(
        "low",
        f"More than {2 * ties} sessions have events at one instant. Look for an import, a test "
        "that runs many at once, or timestamps that have lost their clock.",
        rows,
        of=len(log),
        property="timestamp",
    )


def _crowds(log: Log, instants: Integers, ties: int) -> Integers:
    """Rows at an instant that far more sessions share than chance explains.

    `instants` holds each session's distinct ones.
    """
    distinct, counts = np.unique(instants, return_counts=True)
    hours, hour_of = np.unique(distinct // HOUR, return_inverse=True)
    by_hour = np.bincount(hour_of.reshape(-1), weights=counts, minlength=len(hours))
    expected = by_hour[hour_of.reshape(-1)] * SECOND / HOUR
    crowded = distinct[(counts > 2 * ties) & (counts > 10 * expected)]
    return np.flatnonzero(np.isin(log.times, crowded))
