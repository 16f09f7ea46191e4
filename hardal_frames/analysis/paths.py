"""Whole paths: everything that a session did, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._counting import Counting, computed
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._parts import taken
from hardal_frames.analysis._states import States
from hardal_frames.analysis._statistics import group_integers, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._sequences import Codes, Integers
    from hardal_frames.analysis._states import Patterns

_LARGEST: Final = 2**62
_BLOCK: Final = 8


def paths(
    events: Events,
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
        Any frame with session_id, timestamp and name, or what `scan_events` returns.
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
    return computed(events, _Paths(top, States(state, patterns, collapse), key))


@dataclass(frozen=True)
class _Paths(Counting["Walked", pd.DataFrame]):
    top: int | None
    states: States
    key: str

    def columns(self) -> list[str]:
        return self.states.columns()

    def count(self, events: pd.DataFrame) -> Walked:
        states = self.states.of(sequences_of(events, key=self.key))
        return Walked(states.labels, states.codes, states.starts).distinct()

    def finish(self, whole: Walked) -> pd.DataFrame:
        counts = whole.sessions
        everyone = int(counts.sum())
        shown = len(counts) if self.top is None else min(self.top, len(counts))
        path = np.arange(len(counts))
        if shown < len(counts):
            least = np.partition(counts, len(counts) - shown)[len(counts) - shown]
            path, counts = path[counts >= least], counts[counts >= least]
        order = _alphabetical(whole, path)
        order = order[np.argsort(-counts[order], kind="stable")][:shown]
        path, counts = path[order], counts[order]
        return pd.DataFrame(
            {
                "path": pd.Series(_tuples(whole, path), dtype=object),
                "length": whole.lengths[path],
                "sessions": counts,
                "share": shares(counts, everyone),
                "cumulative_share": shares(np.cumsum(counts), everyone),
            }
        )


@dataclass(frozen=True, eq=False)
class Walked:
    """Paths, one after the other, and how many sessions took each.

    Parameters
    ----------
    labels
        The names that occur, in alphabetical order.
    codes
        Names of the events, as positions in the labels.
    starts
        Where each path begins, and at the end where the last one ends.
    counts
        Sessions of each; None if one each.
    """

    labels: list[str]
    codes: Codes
    starts: Integers
    counts: Integers | None = None

    @classmethod
    def merged(cls, parts: Sequence[Walked]) -> Walked:
        """Put equal paths of parts together."""
        labels = sorted({label for part in parts for label in part.labels})
        place = {label: code for code, label in enumerate(labels)}
        narrow = np.min_scalar_type(-max(len(labels), 1))
        codes = [
            taken(np.array([place[label] for label in part.labels], dtype=narrow), part.codes)
            for part in parts
        ]
        lengths = np.concatenate([part.lengths for part in parts])
        return cls(
            labels,
            np.concatenate(codes),
            np.append(0, np.cumsum(lengths)),
            np.concatenate([part.sessions for part in parts]),
        ).distinct()

    @property
    def sessions(self) -> Integers:
        """How many sessions took each path."""
        return np.ones(len(self.lengths), dtype=np.int64) if self.counts is None else self.counts

    @property
    def lengths(self) -> Integers:
        """How many events each path has."""
        return np.diff(self.starts)

    def distinct(self) -> Walked:
        """Each path once."""
        path = _path_codes(self)
        size = int(path.max(initial=-1)) + 1
        one = np.zeros(size, dtype=np.int64)
        one[path] = np.arange(len(path))  # one that took the path, whichever
        lengths = self.lengths[one]
        starts = np.append(0, np.cumsum(lengths))
        positions = np.repeat(self.starts[one] - starts[:-1], lengths) + np.arange(starts[-1])
        counts = group_integers(self.sessions, path, size)
        return Walked(self.labels, self.codes[positions], starts, counts)


def _path_codes(walked: Walked) -> Integers:
    """Code from 0 of each walker's path: equal for equal paths, and for no others.

    Neighbouring events become a pair, neighbouring pairs a pair of pairs, until one is left; each
    round halves what there is, so the work is linear in the events, however long the sessions.
    """
    path = np.zeros(len(walked.lengths), dtype=np.int64)
    walkers = np.arange(len(path))
    codes, size = walked.codes.astype(np.int64), len(walked.labels)
    firsts, lengths = walked.starts[:-1], walked.lengths
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


def _alphabetical(walked: Walked, paths: Integers) -> Integers:
    """Order of some paths, which differ, name after name; what is shorter is first."""
    base = len(walked.labels) + 1
    width = 1
    while width < _BLOCK and base ** (width + 1) <= _LARGEST:
        width += 1
    weights = base ** np.arange(width - 1, -1, -1, dtype=np.int64)
    firsts, lengths = walked.starts[paths], walked.lengths[paths]
    order = np.arange(len(paths))
    undecided, group, offset = order.copy(), np.zeros(len(paths), dtype=np.int64), 0
    while len(undecided):
        members = order[undecided]
        places = offset + np.arange(width)
        positions = firsts[members, np.newaxis] + places
        names = walked.codes.take(positions, mode="clip").astype(np.int64) + 1
        names[places >= lengths[members, np.newaxis]] = 0
        block = names @ weights
        within = np.lexsort((block, group))
        order[undecided] = members[within]
        block = block[within]
        new = (np.diff(group, prepend=-1) != 0) | (np.diff(block, prepend=-1) != 0)
        alone = new & np.append(new[1:], True)
        undecided, group, offset = undecided[~alone], np.cumsum(new)[~alone], offset + width
    return order


def _tuples(walked: Walked, paths: Integers) -> list[tuple[str, ...]]:
    """Labels of all events of some paths."""
    names = np.array(walked.labels, dtype=object)
    begins, ends = walked.starts[:-1][paths].tolist(), walked.starts[1:][paths].tolist()
    return [
        tuple(names[walked.codes[begin:end]].tolist())
        for begin, end in zip(begins, ends, strict=True)
    ]
