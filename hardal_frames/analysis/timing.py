"""Time between two events of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardal_frames import schema
from hardal_frames.analysis._sequences import sequences_of
from hardal_frames.analysis._steps import TIES, match_step

if TYPE_CHECKING:
    import pandas as pd

    from hardal_frames.analysis._steps import Missing, Step, Ties


def time_between(
    events: pd.DataFrame,
    start: Step,
    end: Step,
    *,
    ties: Ties = "feed",
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """Measure the time from each session's first start event to the first end event after it.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name.
    start, end
        An event name, a list of names of which any counts, or a dict of column to value(s).
    ties
        Whether an end at the start's own instant counts, if it is later in the ``"feed"``, or,
        ``"strict"``, not. An event never pairs with itself.
    missing
        ``"error"`` or ``"zero"`` for a start or end that no event of the frame fills.
    key
        Column that names whose time it is.

    Returns
    -------
    DataFrame
        One row a session that has both, in order of its first event: session_id (or the key),
        start_id, end_id (strings; missing if the frame has no ids), start_time, end_time
        (timestamps in the frame's zone), elapsed (timedelta64[us]).

    Raises
    ------
    UnknownName
        If no event fills start or end, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame or an option cannot be used.

    Notes
    -----
    The pairing is what R's funneljoin calls first-firstafter.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": "add_to_cart", "timestamp": "2026-03-02T10:00:00Z"},
    ...      {"name": "purchase", "timestamp": "2026-03-02T10:04:30Z"}],
    ...     session_id="s1",
    ... )
    >>> hf.time_between(events, "add_to_cart", "purchase")[["session_id", "elapsed"]]
      session_id         elapsed
    0         s1 0 days 00:04:30
    """
    schema.require_one_of(ties, "ties", TIES)
    sequences = sequences_of(events, key=key)
    starts = match_step(sequences, start, missing=missing).positions
    ends = match_step(sequences, end, missing=missing).positions
    starts = sequences.first_of_each(starts)
    after = sequences.last_of_instant()[starts] if ties == "strict" else starts
    ends = sequences.following(after, ends)
    starts, ends = starts[ends >= 0], ends[ends >= 0]
    order = sequences.in_reporting_order(starts)
    starts, ends = starts[order], ends[order]
    return sequences.keyed(
        starts,
        {
            "start_id": sequences.text("id", starts),
            "end_id": sequences.text("id", ends),
            "start_time": sequences.column("timestamp", starts),
            "end_time": sequences.column("timestamp", ends),
            "elapsed": (sequences.times[ends] - sequences.times[starts]).view("timedelta64[us]"),
        },
    )
