"""Journeys: what follows what, step by step, and whole paths."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._sequences import sequences_of
from hardal_frames.analysis._statistics import MEDIAN, P90, quantiles_of_ordered, shares

if TYPE_CHECKING:
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._statistics import Durations

    Counted = tuple[Integers, Integers, Integers]

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
    pairs, counts, sessions = _merged(sequences.map_parts(_counted_pairs))
    entries = np.bincount(sequences.codes[sequences.firsts], minlength=outside)
    entered = np.flatnonzero(entries)
    pairs = np.concatenate([pairs, outside * (outside + 1) + entered])
    counts = np.concatenate([counts, entries[entered]])
    sources, targets = np.divmod(pairs, outside + 1)
    leaving = np.zeros(outside + 1, dtype=np.int64)
    np.add.at(leaving, sources, counts)
    entry_first = np.where(sources == outside, -1, sources)
    order = np.lexsort((targets, entry_first, -counts))
    columns: dict[str, Any] = {
        "source": sequences.name_column(sources),
        "target": sequences.name_column(targets),
        "count": counts,
        "sessions": np.concatenate([sessions, entries[entered]]),
        "probability": shares(counts, leaving[sources]),
    }
    if times:
        timed = np.where((sources < outside) & (targets < outside), counts, 0)
        quantiles = _gap_quantiles(sequences, pairs, timed)
        columns |= dict(zip(("median", "p90"), quantiles, strict=True))
    return pd.DataFrame({name: values[order] for name, values in columns.items()})


def _pairs(part: Sequences) -> Integers:
    """Code of each event's name and the next one's, or the exit's."""
    outside = len(part.labels)
    pairs = part.names * (outside + 1)
    pairs[:-1] += part.codes[1:]
    pairs[part.lasts] = part.names[part.lasts] * (outside + 1) + outside
    return pairs


def _counted_pairs(part: Sequences) -> Counted:
    """Pairs that occur, ascending, how often, and in how many sessions."""
    bits = part.walker_count.bit_length()
    keys = _pairs(part) << bits | part.walkers
    highest = int(keys.max())
    if highest <= np.iinfo(np.int32).max:
        keys = keys.astype(np.int32)
    keys.sort()
    new = np.append(True, keys[1:] != keys[:-1])
    pairs = (keys >> bits).astype(np.int64)
    begins = np.flatnonzero(np.diff(pairs, prepend=-1))
    counts = np.diff(np.append(begins, len(pairs)))
    return pairs[begins], counts, np.add.reduceat(new, begins, dtype=np.int64)


def _merged(parts: list[Counted]) -> Counted:
    """Add up the counts of the same pairs."""
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    pairs, counts, sessions = (np.concatenate(each) for each in zip(*parts, strict=True))
    found, which = np.unique(pairs, return_inverse=True)
    added = np.zeros((2, len(found)), dtype=np.int64)
    np.add.at(added[0], which, counts)
    np.add.at(added[1], which, sessions)
    return found, added[0], added[1]


def _gap_quantiles(sequences: Sequences, pairs: Integers, counts: Integers) -> list[Durations]:
    """Median and p90 of the time from source to target of each pair; its counts are given."""
    # A gap is part of its session, so no gap needs more bits than the longest session.
    longest = sequences.times[sequences.lasts] - sequences.times[sequences.firsts]
    bits = int(longest.max(initial=0)).bit_length()
    parts = sequences.map_parts(partial(_gaps, bits=bits))
    gaps = np.concatenate([np.empty(0, dtype=np.int64), *parts])
    del parts
    gaps.sort()
    ascending = np.argsort(pairs)
    sizes = counts[ascending]
    gaps &= (1 << bits) - 1
    found = quantiles_of_ordered(gaps, sizes, [MEDIAN, P90])
    back = np.argsort(ascending)
    return [quantile[back] for quantile in found]


def _gaps(part: Sequences, *, bits: int) -> Integers:
    """Pair and gap of each event and the next one, in one integer."""
    inside = np.ones(len(part.times), dtype=bool)
    inside[part.lasts] = False
    inside = inside[:-1]
    return (_pairs(part)[:-1] << bits | np.diff(part.times))[inside]


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
