"""Journeys: what follows what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames.analysis._sequences import sequences_of
from hardal_frames.analysis._states import in_states
from hardal_frames.analysis._statistics import MEDIAN, P90, group_quantiles, shares

if TYPE_CHECKING:
    from hardal_frames.analysis._states import Patterns


def transitions(
    events: pd.DataFrame,
    *,
    times: bool = True,
    state: str = "name",
    patterns: Patterns | None = None,
    collapse: bool = False,
    key: str = "session_id",
) -> pd.DataFrame:
    """Count which event directly follows which, entries and exits included.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name.
    times
        Whether to compute median and p90, the slower part.
    state
        The text column that journeys go over, such as ``"path"`` for pages; an event without a
        value in it takes part in nothing.
    patterns
        Patterns such as ``"/p/*"``, or a dict of labels and their pattern(s): a value goes by the
        label of the first that matches (``*`` any text, ``?`` one letter), or by itself.
    collapse
        Whether consecutive events in one state count as one, at the time of the first.
    key
        Column that names whose journey it is.

    Returns
    -------
    DataFrame
        One row a pair of consecutive events, most frequent first: source, target (strings; a null
        source is the entry, a null target the exit), count, sessions (int64: pairs, and sessions
        that have one), probability (float64: count / all that leave the source, exits included),
        median, p90 (timedelta64[us]: time from source to target; NaT at entry and exit).

    Raises
    ------
    InvalidInput
        If the frame cannot be analysed, or an option cannot be used.

    Notes
    -----
    For each name, the pairs into it, those out of it and its occurrences are equally many.
    Quantiles are exact, interpolated linearly and rounded half-even to a microsecond.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": name, "timestamp": f"2026-03-02T10:0{minute}:00Z"}
    ...      for minute, name in enumerate(["page_view", "search", "page_view", "search"])],
    ...     session_id="s1",
    ... )
    >>> hf.transitions(events, times=False)
          source     target  count  sessions  probability
    0  page_view     search      2         1          1.0
    1       <NA>  page_view      1         1          1.0
    2     search  page_view      1         1          0.5
    3     search       <NA>      1         1          0.5
    """
    sequences = in_states(
        sequences_of(events, key=key), state=state, patterns=patterns, collapse=collapse
    )
    # Names are codes 0..K-1; K stands for the entry as a source and for the exit as a target.
    outside = len(sequences.labels)
    follows = sequences.walkers[1:] == sequences.walkers[:-1]
    before = np.flatnonzero(follows)
    pairs = sequences.names[before] * (outside + 1) + sequences.names[before + 1]
    entries = outside * (outside + 1) + sequences.names[sequences.firsts]
    exits = sequences.names[sequences.lasts] * (outside + 1) + outside
    everyone = np.arange(sequences.walker_count)
    walkers = np.concatenate([sequences.walkers[before], everyone, everyone])
    found, which, counts = np.unique(
        np.concatenate([pairs, entries, exits]), return_inverse=True, return_counts=True
    )
    sessions = np.bincount(np.unique(walkers * len(found) + which) % max(len(found), 1))
    leaving = np.bincount(np.append(sequences.names, np.full(len(everyone), outside)))
    sources, targets = np.divmod(found, outside + 1)
    entry_first = np.where(sources == outside, -1, sources)
    order = np.lexsort((targets, entry_first, -counts))
    columns: dict[str, Any] = {
        "source": sequences.name_column(sources),
        "target": sequences.name_column(targets),
        "count": counts,
        "sessions": sessions,
        "probability": shares(counts, leaving[sources]),
    }
    if times:
        gaps = sequences.times[before + 1] - sequences.times[before]
        quantiles = group_quantiles(gaps, which[: len(gaps)], len(found), [MEDIAN, P90])
        columns |= dict(zip(("median", "p90"), quantiles, strict=True))
    return pd.DataFrame({name: values[order] for name, values in columns.items()})
