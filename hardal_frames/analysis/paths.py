"""Whole paths: everything that a session did, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._states import in_states
from hardal_frames.analysis._statistics import shares

if TYPE_CHECKING:
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._states import Patterns

_LARGEST: Final = 2**62
_BLOCK: Final = 8


def paths(
    events: pd.DataFrame,
    *,
    top: int | None = 20,
    state: str = "name",
    patterns: Patterns | None = None,
    collapse: bool = False,
    key: str = "session_id",
) -> pd.DataFrame:
    """Count whole paths: the names of all events of a session, in order.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name.
    top
        How many of the most common paths to return; None for all.
    state
        The text column that paths go over, such as ``"path"`` for pages; an event without a value
        in it takes part in nothing.
    patterns
        Patterns such as ``"/p/*"``, or a dict of labels and their pattern(s): a value goes by the
        label of the first that matches (``*`` any text, ``?`` one letter), or by itself.
    collapse
        Whether consecutive events in one state count as one.
    key
        Column that names whose path it is.

    Returns
    -------
    DataFrame
        One row a path, most common first, equally common ones in alphabetical order: path (tuple
        of str), length (int64: events in it), sessions (int64), share, cumulative_share (float64:
        of all sessions that have a state).

    Raises
    ------
    InvalidInput
        If the frame cannot be analysed, or an option cannot be used.

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
    >>> hf.paths(events, collapse=True)
               path  length  sessions  share  cumulative_share
    0  (page_view,)       1         2    1.0               1.0
    """
    if top is not None:
        schema.require_whole(top, "top")
    sequences = in_states(
        sequences_of(events, key=key), state=state, patterns=patterns, collapse=collapse
    )
    path = _path_codes(sequences)
    counts = np.bincount(path)
    walker = np.zeros(len(counts), dtype=np.int64)
    walker[path] = np.arange(len(path))  # one that took the path, whichever
    shown = len(counts) if top is None else min(top, len(counts))
    if shown < len(counts):
        least = np.partition(counts, len(counts) - shown)[len(counts) - shown]
        walker, counts = walker[counts >= least], counts[counts >= least]
    order = _alphabetical(sequences, walker)
    order = order[np.argsort(-counts[order], kind="stable")][:shown]
    walker, counts = walker[order], counts[order].astype(np.int64)
    return pd.DataFrame(
        {
            "path": pd.Series(_tuples(sequences, walker), dtype=object),
            "length": sequences.lengths[walker].astype(np.int64),
            "sessions": counts,
            "share": shares(counts, sequences.walker_count),
            "cumulative_share": shares(np.cumsum(counts), sequences.walker_count),
        }
    )


def _path_codes(sequences: Sequences) -> Integers:
    """Code from 0 of each walker's path: equal for equal paths, and for no others.

    Neighbouring events become a pair, neighbouring pairs a pair of pairs, until one is left; each
    round halves what there is, so the work is linear in the events, however long the sessions.
    """
    path = np.zeros(sequences.walker_count, dtype=np.int64)
    walkers = np.arange(sequences.walker_count)
    codes, size = sequences.codes.astype(np.int64), len(sequences.labels)
    firsts, lengths = sequences.firsts.astype(np.int64), sequences.lengths.astype(np.int64)
    found = 0
    while len(walkers):
        done = lengths == 1
        finished, distinct = pd.factorize(codes[firsts[done]])
        path[walkers[done]] = found + finished
        found += len(distinct)
        walkers, firsts, lengths = walkers[~done], firsts[~done], lengths[~done]
        if (size + 1) ** 2 > _LARGEST:
            dense, distinct = pd.factorize(codes)
            codes, size = dense.astype(np.int64), len(distinct)
        halves = (lengths + 1) // 2
        begins = np.cumsum(halves) - halves
        left = np.repeat(firsts - 2 * begins, halves) + 2 * np.arange(int(halves.sum()))
        right = codes.take(left + 1, mode="clip") if len(left) else left
        right[(begins + halves - 1)[lengths % 2 == 1]] = size  # nothing stands beside the last
        codes = codes[left] * (size + 1) + right
        size = (size + 1) ** 2
        firsts, lengths = begins, halves
    return path


def _alphabetical(sequences: Sequences, walkers: Integers) -> Integers:
    """Order of walkers by their paths, which differ, name after name; what is shorter is first."""
    base = len(sequences.labels) + 1
    width = 1
    while width < _BLOCK and base ** (width + 1) <= _LARGEST:
        width += 1
    weights = base ** np.arange(width - 1, -1, -1, dtype=np.int64)
    firsts, lengths = sequences.firsts[walkers], sequences.lengths[walkers]
    order = np.arange(len(walkers))
    undecided, group, offset = order.copy(), np.zeros(len(walkers), dtype=np.int64), 0
    while len(undecided):
        members = order[undecided]
        places = offset + np.arange(width)
        positions = firsts[members, np.newaxis] + places
        names = sequences.codes.take(positions, mode="clip").astype(np.int64) + 1
        names[places >= lengths[members, np.newaxis]] = 0
        block = names @ weights
        within = np.lexsort((block, group))
        order[undecided] = members[within]
        block = block[within]
        new = (np.diff(group, prepend=-1) != 0) | (np.diff(block, prepend=-1) != 0)
        alone = new & np.append(new[1:], True)
        undecided, group, offset = undecided[~alone], np.cumsum(new)[~alone], offset + width
    return order


def _tuples(sequences: Sequences, walkers: Integers) -> list[tuple[str, ...]]:
    """Labels of all events of each walker."""
    lengths = sequences.lengths[walkers]
    ends = np.cumsum(lengths)
    begins = ends - lengths
    positions = np.repeat(sequences.firsts[walkers] - begins, lengths) + np.arange(lengths.sum())
    names = np.array(sequences.labels, dtype=object)[sequences.codes[positions]].tolist()
    return [
        tuple(names[begin:end]) for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
