"""Journeys: what follows what, step by step, and whole paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._sequences import sequences_of
from hardal_frames.analysis._statistics import MEDIAN, P90, group_quantiles, shares

if TYPE_CHECKING:
    from hardal_frames.analysis._sequences import Integers, Sequences

OTHER = "other"


def transitions(
    events: pd.DataFrame, *, times: bool = True, key: str = "session_id"
) -> pd.DataFrame:
    """Count which event directly follows which, entries and exits included.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name.
    times
        Whether to compute median and p90, the slower part.
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
        If the frame cannot be analysed.

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
    sequences = sequences_of(events, key=key)
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


def journey_flows(
    events: pd.DataFrame, *, steps: int = 5, top: int = 8, key: str = "session_id"
) -> pd.DataFrame:
    """Count how sessions flow from event to event over their first steps.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name.
    steps
        How many events of each session to follow.
    top
        How many names to keep at each step; the rest is "other".
    key
        Column that names whose journey it is.

    Returns
    -------
    DataFrame
        One row a flow: step (int64: the source's, from 1), source, target (strings), kind
        (``"flow"``; ``"exit"``: the session ends here, target null; ``"beyond"``: it goes on after
        the last step, target null), sessions (int64), source_is_other, target_is_other (bool: the
        name stands for the rest, and is no event called "other").

    Raises
    ------
    InvalidInput
        If the frame cannot be analysed, or steps or top is no whole number from 1.

    Notes
    -----
    At every step, the sessions that are alive and those that ended make all sessions.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": name, "timestamp": f"2026-03-02T10:0{minute}:00Z"}
    ...      for minute, name in enumerate(["page_view", "search", "purchase"])],
    ...     session_id="s1",
    ... )
    >>> hf.journey_flows(events, steps=2).drop(columns=["source_is_other", "target_is_other"])
       step     source  target    kind  sessions
    0     1  page_view  search    flow         1
    1     2     search    <NA>  beyond         1
    """
    schema.require_whole(steps, "steps")
    schema.require_whole(top, "top")
    sequences = sequences_of(events, key=key)
    kept = [_kept_names(sequences, step, top) for step in range(1, steps + 1)]
    parts = [
        _flows_of_step(sequences, step, kept[step - 1], kept[step] if step < steps else None)
        for step in range(1, steps + 1)
    ]
    return pd.concat(parts, ignore_index=True)


def _kept_names(sequences: Sequences, step: int, top: int) -> Integers:
    """Translate name codes at a step: kept names stay, the rest becomes one more code."""
    other = len(sequences.labels)
    alive = sequences.firsts[sequences.lengths >= step]
    counts = np.bincount(sequences.names[alive + step - 1], minlength=other)
    ranked = np.argsort(-counts, kind="stable")
    code = np.full(other, other, dtype=np.int64)
    code[ranked[:top]] = ranked[:top]
    return code


def _flows_of_step(
    sequences: Sequences, step: int, kept: Integers, kept_next: Integers | None
) -> pd.DataFrame:
    other = len(sequences.labels)
    lengths = sequences.lengths
    here = sequences.firsts + step - 1
    goes_on = here[lengths > step]
    ends = kept[sequences.names[here[lengths == step]]]
    sources = kept[sequences.names[goes_on]]
    if kept_next is None:
        parts = [_counted(ends, None, "exit", other), _counted(sources, None, "beyond", other)]
    else:
        targets = kept_next[sequences.names[goes_on + 1]]
        parts = [_counted(sources, targets, "flow", other), _counted(ends, None, "exit", other)]
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values(
        ["sessions", "source", "target", "kind"], ascending=[False, True, True, True]
    )
    return pd.DataFrame(
        {
            "step": np.full(len(table), step, dtype=np.int64),
            "source": _labels(sequences, table["source"].to_numpy()),
            "target": _labels(sequences, table["target"].to_numpy()),
            "kind": table["kind"].astype(schema.TEXT).array,
            "sessions": table["sessions"].to_numpy(),
            "source_is_other": table["source"].to_numpy() == other,
            "target_is_other": table["target"].to_numpy() == other,
        }
    )


def _counted(
    sources: Integers, targets: Integers | None, kind: Literal["flow", "exit", "beyond"], other: int
) -> pd.DataFrame:
    nowhere = other + 1
    ends = np.full(len(sources), nowhere) if targets is None else targets
    pairs, counts = np.unique(sources * (nowhere + 1) + ends, return_counts=True)
    source, target = np.divmod(pairs, nowhere + 1)
    return pd.DataFrame({"source": source, "target": target, "kind": kind, "sessions": counts})


def _labels(sequences: Sequences, codes: Integers) -> pd.Series[str]:
    names = pd.Series(sequences.name_column(codes))
    return names.mask(codes == len(sequences.labels), OTHER)


def paths(events: pd.DataFrame, *, top: int | None = 20, key: str = "session_id") -> pd.DataFrame:
    """Count whole paths: the names of all events of a session, in order.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name.
    top
        How many of the most common paths to return; None for all.
    key
        Column that names whose path it is.

    Returns
    -------
    DataFrame
        One row a path, most common first: path (tuple of str), length (int64: events in it),
        sessions (int64), share, cumulative_share (float64: of all sessions).

    Raises
    ------
    InvalidInput
        If the frame cannot be analysed, or top is no whole number from 1.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": "page_view", "timestamp": 1772434800, "sessionId": session}
    ...      for session in ["s1", "s2", "s2"]]
    ... )
    >>> hf.paths(events)
                         path  length  sessions  share  cumulative_share
    0            (page_view,)       1         1    0.5               0.5
    1  (page_view, page_view)       2         1    0.5               1.0
    """
    if top is not None:
        schema.require_whole(top, "top")
    sequences = sequences_of(events, key=key)
    lengths = sequences.lengths
    found: list[tuple[int, tuple[int, ...]]] = []
    for length in np.unique(lengths).tolist():
        begins = sequences.firsts[lengths == length]
        codes = sequences.names[begins[:, np.newaxis] + np.arange(length)]
        distinct, counts = np.unique(codes, axis=0, return_counts=True)
        found += zip(counts.tolist(), map(tuple, distinct.tolist()), strict=True)
    # Codes follow the alphabet, so equally common paths stand in the order of their names.
    found.sort(key=lambda each: (-each[0], each[1]))
    counts = np.array([count for count, _ in found], dtype=np.int64)
    share = shares(counts, sequences.walker_count)
    cumulative = shares(np.cumsum(counts), sequences.walker_count)
    shown = len(found) if top is None else min(top, len(found))
    names = [tuple(sequences.labels[code] for code in codes) for _, codes in found[:shown]]
    return pd.DataFrame(
        {
            "path": pd.Series(names, dtype=object),
            "length": np.array([len(path) for path in names], dtype=np.int64),
            "sessions": counts[:shown],
            "share": share[:shown],
            "cumulative_share": cumulative[:shown],
        }
    )
