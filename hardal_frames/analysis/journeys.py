"""Journeys: what follows what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames.analysis._counting import Counting, computed
from hardal_frames.analysis._counts import merged as merged_counts
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._parts import numbered, sort
from hardal_frames.analysis._spread import GroupedDurations
from hardal_frames.analysis._states import States
from hardal_frames.analysis._statistics import (
    BITS,
    MEDIAN,
    P90,
    group_integers,
    group_quantiles,
    quantiles_of_ordered,
    shares,
    with_missing,
)
from hardal_frames.analysis._tally import Tally, labels_index, texts_at
from hardal_frames.analysis._timed import TimedCounting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._counts import Counted
    from hardal_frames.analysis._sequences import Codes, Integers, Sequences
    from hardal_frames.analysis._states import Patterns
    from hardal_frames.analysis._statistics import Durations

_QUANTILES: Final = {"median": MEDIAN, "p90": P90}


def transitions(
    events: Events,
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
        Any frame with session_id, timestamp and name, or what `scan_events` returns.
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
    states = States(state, patterns, collapse)
    kind = _TimedTransitions if times else _Transitions
    return computed(events, kind(states, key))


@dataclass(frozen=True)
class _Transitions(Counting["Tally", pd.DataFrame]):
    states: States
    key: str

    def columns(self) -> list[str]:
        return self.states.columns()

    def count(self, events: pd.DataFrame) -> Tally:
        return _counted(self.states.of(sequences_of(events, key=self.key)))

    def finish(self, whole: Tally) -> pd.DataFrame:
        return _table(whole, {})


@dataclass(frozen=True)
class _TimedTransitions(TimedCounting["Tally"]):
    states: States
    key: str
    quantiles = tuple(_QUANTILES.values())

    def columns(self) -> list[str]:
        return self.states.columns()

    def measured(self, events: pd.DataFrame) -> tuple[Tally, GroupedDurations]:
        sequences = self.states.of(sequences_of(events, key=self.key))
        counted = _counted(sequences)
        return counted, _gaps_of(sequences, counted)

    def require(self, counted: Tally) -> None:
        """Nothing is named that could be missing."""

    def table(self, counted: Tally, timed: Tally, durations: Sequence[Durations]) -> pd.DataFrame:
        places = timed.places_of(counted)
        found = [with_missing(each, places) for each in durations]
        return _table(counted, dict(zip(_QUANTILES, found, strict=True)))

    def of_frame(self, events: pd.DataFrame) -> pd.DataFrame:
        """Order pair and gap in one integer, which is quicker than the general way."""
        sequences = self.states.of(sequences_of(events, key=self.key))
        counted = _counted(sequences)
        inside = _inside(counted)
        return self.table(counted, inside, _gap_quantiles(sequences, inside))


def _counted(sequences: Sequences) -> Tally:
    """Count source and target of each pair, -1 for entry and exit, and sessions that have it."""
    outside = len(sequences.labels)
    parts = sequences.map_parts(_counted_pairs)
    pairs, [counts, sessions] = merged_counts(parts, below=outside * (outside + 2), columns=2)
    entries = np.bincount(sequences.codes[sequences.firsts], minlength=outside)
    entered = np.flatnonzero(entries)
    sources, targets = np.divmod(pairs, outside + 1)
    targets[targets == outside] = -1
    entry = np.column_stack([np.full_like(entered, -1), entered])
    return Tally(
        (labels_index(sequences.labels),) * 2,
        np.concatenate([np.column_stack([sources, targets]), entry]),
        np.concatenate(
            [
                np.column_stack([counts, sessions]),
                np.repeat(entries[entered, np.newaxis], 2, axis=1),
            ]
        ),
    )


def _table(counted: Tally, quantiles: Mapping[str, Durations]) -> pd.DataFrame:
    counted = counted.alphabetical()
    (sources, targets), (counts, sessions) = counted.keys.T, counted.counts.T
    size = len(counted.labels[0]) + 1
    leaving = group_integers(counts, sources, size)  # the last is that of the entry
    exit_last = np.where(targets < 0, size, targets)
    order = np.lexsort((exit_last, sources, -counts))
    columns: dict[str, Any] = {
        "source": texts_at(counted.labels[0], sources),
        "target": texts_at(counted.labels[1], targets),
        "count": counts,
        "sessions": sessions,
        "probability": shares(counts, leaving[sources]),
        **quantiles,
    }
    return pd.DataFrame({name: values[order] for name, values in columns.items()})


def _pairs(part: Sequences, dtype: type[np.signedinteger[Any]] = np.int64) -> Codes:
    """Code of each event's name and the next one's, or the exit's."""
    outside = len(part.labels)
    pairs = np.multiply(part.codes, outside + 1, dtype=dtype)
    ends = pairs[part.lasts] + outside
    pairs[:-1] += part.codes[1:]
    pairs[part.lasts] = ends
    return pairs


def _counted_pairs(part: Sequences) -> Counted:
    """Pairs that occur, ascending, how often, and in how many sessions."""
    bits = part.walker_count.bit_length()
    outside, found = len(part.labels), None
    most = outside * (outside + 2)
    # Half as wide, integers are sorted in half the time.
    narrow = most.bit_length() + bits < np.iinfo(np.int32).bits
    keys = _pairs(part, np.int32 if narrow else np.int64)
    if most.bit_length() + bits > BITS:
        found, keys = np.unique(keys, return_inverse=True)
    keys <<= bits
    keys |= numbered(part.firsts, len(keys))
    keys.sort()
    pairs, ends = _ends_of_pairs(keys, bits, most if found is None else len(found))
    counts = np.diff(ends, prepend=0)
    again = np.flatnonzero(keys[1:] == keys[:-1])  # in a session
    sessions = counts - np.diff(np.searchsorted(again, ends - 1), prepend=0)
    return pairs if found is None else found[pairs], [counts, sessions]


def _ends_of_pairs(keys: Codes, bits: int, possible: int) -> tuple[Integers, Integers]:
    """Pairs that occur, and where each ends among sorted keys of pair and walker."""
    if possible > len(keys) // 8:
        pairs = keys >> bits
        ends = np.append(np.flatnonzero(pairs[1:] != pairs[:-1]) + 1, len(keys))
        return pairs[ends - 1].astype(np.int64), ends
    ends = np.searchsorted(keys, np.arange(1, possible + 1, dtype=keys.dtype) << bits)
    occurring = np.flatnonzero(np.diff(ends, prepend=0))
    return occurring, ends[occurring]


def _inside(counted: Tally) -> Tally:
    """Pairs without those of entry and exit."""
    return counted.taken(np.flatnonzero((counted.keys >= 0).all(axis=1)))


def _gaps_of(sequences: Sequences, counted: Tally) -> GroupedDurations:
    """Gap of each two consecutive events, with their pair."""
    inside = _inside(counted)
    size = len(sequences.labels) + 1
    goes_on = _goes_on(sequences)[:-1]
    pairs = _pairs(sequences)[:-1][goes_on]
    groups = np.searchsorted(inside.keys[:, 0] * size + inside.keys[:, 1], pairs)
    return GroupedDurations(np.diff(sequences.times)[goes_on], groups, inside)


def _gap_quantiles(sequences: Sequences, inside: Tally) -> list[Durations]:
    """Median and p90 of the time from source to target of each pair."""
    # A gap is part of its session, so no gap needs more bits than the longest session.
    bits = max(sequences.map_parts(_longest), default=0).bit_length()
    highest = len(sequences.labels) * (len(sequences.labels) + 1)
    if highest.bit_length() + bits > BITS:
        durations, groups, _ = _gaps_of(sequences, inside)
        return group_quantiles(durations, groups, len(inside.keys), [MEDIAN, P90])
    gaps = np.empty(len(sequences.times) - sequences.walker_count, dtype=np.int64)

    def put(part: Sequences) -> None:
        events_before = part.offset - sequences.offset
        # Each walker has one gap fewer than events.
        begin = events_before - int(np.searchsorted(sequences.starts, events_before))
        own = _gaps(part, bits=bits)
        gaps[begin : begin + len(own)] = own

    sequences.map_parts(put)
    sort(gaps)
    return quantiles_of_ordered(gaps, inside.counts[:, 0], [MEDIAN, P90], mask=(1 << bits) - 1)


def _longest(part: Sequences) -> int:
    """Time from the first to the last event of the longest walker."""
    return int((part.times[part.lasts] - part.times[part.firsts]).max(initial=0))


def _gaps(part: Sequences, *, bits: int) -> Integers:
    """Pair and gap of each event and the next one, in one integer."""
    gaps: Integers = _pairs(part)[:-1]
    gaps <<= bits
    gaps |= np.diff(part.times)
    return gaps[_goes_on(part)[:-1]]


def _goes_on(part: Sequences) -> npt.NDArray[np.bool_]:
    """Events that are not the last of their walker."""
    goes_on = np.ones(len(part.times), dtype=bool)
    goes_on[part.lasts] = False
    return goes_on
