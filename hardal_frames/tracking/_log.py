"""The events of an audit, and what several checks ask of them, worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import microseconds, ranks
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.tracking._distinct import Distinct, distinct_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from hardal_frames.analysis._sequences import Sequences
    from hardal_frames.tracking._limits import Limits

    Integers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

FEED_POSITIONS: Final = ("sequence", "seq")
"""Columns that may hold the position of an event in its session's feed."""


@dataclass(frozen=True, eq=False)
class Log:
    """Events that have a session, a name and a timestamp, in the order of the caller's rows.

    Parameters
    ----------
    frame
        The events.
    sessions
        The session list, if there is one.
    limits
        From where on something is a finding.
    left_out
        Rows that lack one of the three.
    """

    frame: pd.DataFrame
    sessions: pd.DataFrame | None
    limits: Limits
    left_out: pd.DataFrame
    _distinct: dict[str, Distinct] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def properties(self) -> list[str]:
        """Columns that hold properties."""
        prefix = schema.PROPERTY_PREFIX
        return [name for name in map(str, self.frame.columns) if name.startswith(prefix)]

    def has(self, *columns: str) -> bool:
        """Whether the frame has all of the columns."""
        return set(columns) <= set(self.frame.columns)

    @cached_property
    def sequences(self) -> Sequences:
        """The events session by session, in the total order."""
        return sequences_of(self.frame)

    @cached_property
    def walkers(self) -> Integers:
        """Session of each row, as a code from 0."""
        found = np.empty(len(self), dtype=np.int64)
        found[self.sequences.rows] = self.sequences.walkers
        return found

    @cached_property
    def places(self) -> Integers:
        """Place of each row in order of time; sessions, then their feeds decide between ties."""
        sequences = self.sequences
        keys = ranks(sequences.column("session_id", sequences.firsts))
        order = sequences.rows[np.lexsort((keys[sequences.walkers], sequences.times))]
        found = np.empty(len(self), dtype=np.int64)
        found[order] = np.arange(len(self))
        return found

    @cached_property
    def times(self) -> Integers:
        """Instant of each row, in microseconds since 1970 UTC."""
        return microseconds(self.frame["timestamp"])

    @cached_property
    def days(self) -> Integers:
        """Day of each row in the zone of the frame, in days since 1970."""
        stamps = pd.Series(pd.to_datetime(self.times, unit="us", utc=True))
        zone = getattr(self.frame["timestamp"].dt, "tz", None)
        clock = stamps.dt.tz_convert(zone).dt.tz_localize(None)
        return clock.to_numpy(dtype="datetime64[D]").astype(np.int64)

    def distinct(self, column: str) -> Distinct:
        """Give the distinct values of a column as text, and which of them each row has."""
        if column not in self._distinct:
            self._distinct[column] = distinct_values(self.frame[column])
        return self._distinct[column]

    @cached_property
    def pages(self) -> Distinct:
        """Urls without query and plain fragment, which make nearly every one another."""
        return self.distinct("url").rewritten((r"\?[^#]*", ""), (r"(?s)#[^/!].*$", ""))

    @cached_property
    def names(self) -> list[str]:
        """The event names that occur, as coded by `name_codes`."""
        return self.sequences.labels

    @cached_property
    def name_codes(self) -> Integers:
        """Name of each row, as a position in `names`."""
        found = np.empty(len(self), dtype=np.int64)
        found[self.sequences.rows] = self.sequences.codes
        return found

    @cached_property
    def name_counts(self) -> Integers:
        """How many events have each of the names."""
        return np.bincount(self.name_codes, minlength=len(self.names))

    @cached_property
    def _by_name(self) -> Integers:
        return np.argsort(self.name_codes, kind="stable")

    def named(self, name: str) -> Integers:
        """Rows of the events of that name."""
        if name not in self.names:
            return np.empty(0, dtype=np.int64)
        code = self.names.index(name)
        end = int(self.name_counts[: code + 1].sum())
        return self._by_name[end - int(self.name_counts[code]) : end]

    def split_by_name(self, rows: Integers) -> Iterator[tuple[str, Integers]]:
        """Split rows by event name, in alphabetical order."""
        codes = self.name_codes[rows]
        for code in np.unique(codes):
            yield self.names[code], rows[codes == code]

    @cached_property
    def is_pageview(self) -> Mask:
        """Whether each row is the view of a page, by its type or by its name."""
        named = ["".join(filter(str.isalnum, name)).casefold() == "pageview" for name in self.names]
        found = np.array(named, dtype=bool)[self.name_codes]
        if self.has("type"):
            types = self.distinct("type")
            is_view = np.array([text == "pageview" for text in types.texts], dtype=bool)
            found |= types.where(is_view)
        return found

    def filled(self, column: str) -> Mask:
        """Whether each row has a value that is not blank; none has in an absent column."""
        if column not in self.frame.columns:
            return np.zeros(len(self), dtype=bool)
        dtype = self.frame[column].dtype
        if getattr(dtype, "kind", "O") in "biufmM":
            return self.frame[column].notna().to_numpy(dtype=bool)
        values = self.distinct(column)
        return values.where(~values.blank)

    def in_time(self, rows: Integers) -> Integers:
        """Rows in order of time, whichever order the frame has."""
        return rows[np.argsort(self.places[rows])]

    def same(self, columns: Sequence[str], rows: Integers) -> Integers:
        """Give rows numbers: the same where all of the columns are equal, missing or not."""
        found = np.zeros(len(rows), dtype=np.int64)
        for column in columns:
            values = self.frame[column].array.take(rows)
            codes = distinct_values(pd.Series(values, name=column)).codes.astype(np.int64) + 1
            pairs = found * (int(codes.max(initial=0)) + 1) + codes
            found = np.unique(pairs, return_inverse=True)[1].reshape(-1)
        return found
