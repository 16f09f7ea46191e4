"""How much there is: events, sessions, visitors, days and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from hardal_frames.analysis._counting import Counting, Latest, Same, computed, zone_of
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._statistics import shares
from hardal_frames.analysis._tally import Tally, labels_index, texts_at
from hardal_frames.engine._hashing import stable_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._sequences import Integers, Sequences

VISITOR: Final = "visitor_id"

_DAY: Final = 86_400_000_000


@dataclass(frozen=True)
class Volumes:
    """How much there is.

    Parameters
    ----------
    rows
        All rows, those included that no analysis can use.
    events, sessions
        How many can be used.
    single
        Sessions of one event.
    visitors
        How many different ones the events name; None if they name none.
    first, last
        Instants of the first and the last event.
    names
        One row a name, most frequent first: name, events, share (of all events), sessions (that
        have it), share_of_sessions.
    days
        One row a day from the first to the last, in the zone of the events: day (a Timestamp
        without zone), events, sessions (that began on it).
    """

    rows: int
    events: int
    sessions: int
    single: int
    visitors: int | None
    first: pd.Timestamp
    last: pd.Timestamp
    names: pd.DataFrame
    days: pd.DataFrame


def volumes(events: Events) -> Volumes:
    """Count what there is.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> found = volumes(hf.sample_events())
    >>> found.sessions, int(found.names["events"].sum()) == found.events
    (300, True)
    """
    return computed(events, _Counting("session_id"))


@dataclass(frozen=True, eq=False)
class _Distinct:
    """Different hashes of 64 bits, ascending; two values of which share one once in ages."""

    hashes: Any

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Take those of all."""
        return cls(np.unique(np.concatenate([part.hashes for part in parts])))


class _Counted(NamedTuple):
    """What is counted of some sessions."""

    totals: Tally
    names: Tally
    days: Tally
    visitors: _Distinct
    first: Latest
    last: Latest
    zone: Same


@dataclass(frozen=True)
class _Counting(Counting[_Counted, Volumes]):
    key: str

    def columns(self) -> list[str]:
        return [VISITOR]

    def count(self, events: pd.DataFrame) -> _Counted:
        sequences = sequences_of(events, key=self.key)
        zone = zone_of(sequences.frame)
        times = sequences.times
        single = int((sequences.lengths == 1).sum())
        counts = [len(events), len(times), sequences.walker_count, single]
        return _Counted(
            Tally((), np.zeros((1, 1), dtype=np.int64), np.array([counts])),
            _by_name(sequences),
            _by_day(sequences, zone.value.tz),
            _Distinct(_visitors(sequences)),
            Latest(-int(times.min()) if len(times) else None),
            Latest(int(times.max()) if len(times) else None),
            zone,
        )

    def finish(self, whole: _Counted) -> Volumes:
        rows, events, sessions, single = (int(each) for each in whole.totals.counts[0])
        zone = whole.zone.value.tz
        first, last = (
            pd.NaT if value is None else pd.Timestamp(value, unit="us", tz="UTC").tz_convert(zone)
            for value in (
                None if whole.first.value is None else -whole.first.value,
                whole.last.value,
            )
        )
        return Volumes(
            rows=rows,
            events=events,
            sessions=sessions,
            single=single,
            visitors=len(whole.visitors.hashes) or None,
            first=first,  # type: ignore[arg-type]
            last=last,  # type: ignore[arg-type]
            names=_names(whole.names, events, sessions),
            days=_days(whole.days),
        )


def _by_name(sequences: Sequences) -> Tally:
    """Events and sessions of each name."""
    size = max(len(sequences.labels), 1)
    names = sequences.names
    pairs = np.unique(sequences.walkers * size + names)
    counts = [np.bincount(each, minlength=size) for each in (names, pairs % size)]
    codes = np.arange(len(sequences.labels))
    table = np.column_stack(counts)[: len(codes)]
    return Tally((labels_index(sequences.labels),), codes[:, np.newaxis], table)


def _by_day(sequences: Sequences, zone: Any) -> Tally:  # noqa: ANN401  (any tzinfo)
    """Events of each day on the clock of a zone, and sessions that began on it."""
    instants = pd.DatetimeIndex(sequences.times.view("datetime64[us]")).tz_localize("UTC")
    clock = instants.tz_convert(zone).tz_localize(None).to_numpy(dtype="datetime64[us]")
    days: Integers = clock.view(np.int64) // _DAY
    distinct, codes = np.unique(days, return_inverse=True)
    counts = [
        np.bincount(each, minlength=len(distinct)) for each in (codes, codes[sequences.firsts])
    ]
    return Tally((), distinct[:, np.newaxis], np.column_stack(counts))


def _visitors(sequences: Sequences) -> Any:  # noqa: ANN401  (an array of hashes)
    if VISITOR not in sequences.frame.columns:
        return np.empty(0, dtype=np.uint64)
    column = sequences.frame[VISITOR].iloc[sequences.rows]
    hashes = np.unique(stable_hashes(pa.array(pd.unique(column.dropna()))))
    return hashes[hashes > 0]


def _names(counted: Tally, events: int, sessions: int) -> pd.DataFrame:
    counted = counted.alphabetical()
    own, having = counted.counts.T
    order = np.lexsort((counted.keys[:, 0], -own))
    columns: dict[str, Any] = {
        "name": texts_at(counted.labels[0], counted.keys[:, 0]),
        "events": own,
        "share": shares(own, events),
        "sessions": having,
        "share_of_sessions": shares(having, sessions),
    }
    return pd.DataFrame({name: values[order] for name, values in columns.items()})


def _days(counted: Tally) -> pd.DataFrame:
    if not len(counted.keys):
        return pd.DataFrame({"day": pd.DatetimeIndex([]), "events": [], "sessions": []})
    days = pd.DatetimeIndex((counted.keys[:, 0] * _DAY).view("datetime64[us]"), name="day")
    found = pd.DataFrame(counted.counts, index=days, columns=["events", "sessions"]).sort_index()
    every = pd.date_range(days.min(), days.max(), freq="D", name="day")
    return found.reindex(every, fill_value=0).reset_index()
