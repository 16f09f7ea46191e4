"""Journeys: what follows what."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames.analysis._counts import merged
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._parts import numbered
from hardal_frames.analysis._states import in_states
from hardal_frames.analysis._statistics import (
    BITS,
    MEDIAN,
    P90,
    group_integers,
    group_quantiles,
    quantiles_of_ordered,
    shares,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.analysis._counts import Counted
    from hardal_frames.analysis._sequences import Codes, Integers, Sequences
    from hardal_frames.analysis._states import Patterns
    from hardal_frames.analysis._statistics import Durations


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
    counted = sequences.map_parts(_counted_pairs)
    pairs, [counts, sessions] = merged(counted, below=outside * (outside + 2), columns=2)
    entries = np.bincount(sequences.codes[sequences.firsts], minlength=outside)
    entered = np.flatnonzero(entries)
    pairs = np.concatenate([pairs, outside * (outside + 1) + entered])
    counts = np.concatenate([counts, entries[entered]])
    sources, targets = np.divmod(pairs, outside + 1)
    leaving = group_integers(counts, sources, outside + 1)
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
    # Where a pair begins among the sorted keys, and where a pair of a walker does.
    pairs = keys >> bits
    begins = np.append(0, np.flatnonzero(pairs[1:] != pairs[:-1]) + 1)
    walks = np.append(0, np.flatnonzero(keys[1:] != keys[:-1]) + 1)
    counts = np.diff(begins, append=len(keys))
    sessions = np.diff(np.searchsorted(walks, begins), append=len(walks))
    occurring = pairs[begins].astype(np.int64)
    return occurring if found is None else found[occurring], [counts, sessions]


def _gap_quantiles(sequences: Sequences, pairs: Integers, counts: Integers) -> list[Durations]:
    """Median and p90 of the time from source to target of each pair; its counts are given."""
    # A gap is part of its session, so no gap needs more bits than the longest session.
    longest = sequences.times[sequences.lasts] - sequences.times[sequences.firsts]
    bits = int(longest.max(initial=0)).bit_length()
    ascending = np.argsort(pairs)
    if int(pairs.max(initial=0)).bit_length() + bits > BITS:
        return _gap_quantiles_of_many(sequences, pairs, ascending)
    parts = sequences.map_parts(partial(_gaps, bits=bits))
    gaps = np.concatenate([np.empty(0, dtype=np.int64), *parts])
    del parts
    gaps.sort()
    sizes = counts[ascending]
    gaps &= (1 << bits) - 1
    found = quantiles_of_ordered(gaps, sizes, [MEDIAN, P90])
    back = np.argsort(ascending)
    return [quantile[back] for quantile in found]


def _gaps(part: Sequences, *, bits: int) -> Integers:
    """Pair and gap of each event and the next one, in one integer."""
    return (_pairs(part)[:-1] << bits | np.diff(part.times))[_goes_on(part)[:-1]]


def _goes_on(part: Sequences) -> npt.NDArray[np.bool_]:
    """Events that are not the last of their walker."""
    goes_on = np.ones(len(part.times), dtype=bool)
    goes_on[part.lasts] = False
    return goes_on


def _gap_quantiles_of_many(
    sequences: Sequences, pairs: Integers, ascending: Integers
) -> list[Durations]:
    """Do the same where pair and gap do not fit into one integer."""
    goes_on = _goes_on(sequences)[:-1]
    place = np.searchsorted(pairs, _pairs(sequences)[:-1][goes_on], sorter=ascending)
    gaps = np.diff(sequences.times)[goes_on]
    return group_quantiles(gaps, ascending[place], len(pairs), [MEDIAN, P90])
