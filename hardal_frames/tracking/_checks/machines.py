"""Sessions that no person makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._log import Log


def regular_session(log: Log) -> Iterator[Finding]:
    """Find sessions whose pauses are all alike, or so short that no person acts so fast.

    Only sessions with events at `regular_events` different instants are looked at; what comes at
    one instant is one action. People's pauses vary by more than their mean, those of machines by
    next to nothing: so many alike are no chance.
    """
    sequences, limits = log.sequences, log.limits
    times, walkers = sequences.times, sequences.walkers
    begins = np.flatnonzero((np.diff(times, prepend=-1) != 0) | (np.diff(walkers, prepend=-1) != 0))
    pauses = np.diff(times[begins]).astype(np.float64)
    inside = np.diff(walkers[begins]) == 0
    owner = walkers[begins[1:]][inside]
    pauses = pauses[inside]
    counts = np.bincount(owner, minlength=sequences.walker_count)
    mean = np.bincount(owner, pauses, sequences.walker_count) / np.maximum(counts, 1)
    squares = np.bincount(owner, (pauses - mean[owner]) ** 2, sequences.walker_count)
    spread = np.sqrt(squares / np.maximum(counts, 1))
    long = counts + 1 >= limits.regular_events
    regular = long & (spread < limits.regularity * mean)
    fast = long & ~regular & (mean * 1000 < limits.fastest.value)
    at_most = f"{limits.fastest.total_seconds():g} s"
    for chosen, what in (
        (regular, "whose pauses between events are all alike"),
        (fast, f"whose pauses between events are on average shorter than {at_most}"),
    ):
        yield Finding(
            "medium",
            f"Sessions {what}: no person does that, and they count as visits. Look for robots, "
            "monitoring, or a timer that sends events; leave them out of conversion rates.",
            sequences.rows[chosen[walkers]],
            of=len(log),
        )
