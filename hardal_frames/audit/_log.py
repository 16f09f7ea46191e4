"""The events of an audit, and what several checks ask of them, worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import codes_of, microseconds
from hardal_frames.analysis._ordering import sequences_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from hardal_frames.analysis._sequences import Sequences

    Integers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Limits:
    """From where on something is a finding; see `audit` for each."""

    purchase: str
    duplicate_within: pd.Timedelta
    nearly_all: float
    ties: int
    regular_events: int
    regularity: float
    change: float
    now: pd.Timestamp
    own_hosts: frozenset[str] | None


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
    """

    frame: pd.DataFrame
    sessions: pd.DataFrame | None
    limits: Limits
    _codes: dict[str, Integers] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def properties(self) -> list[str]:
        """Columns that hold properties."""
        return [name for name in self.frame.columns if name.startswith(schema.PROPERTY_PREFIX)]

    def has(self, *columns: str) -> bool:
        """Whether the frame has all of the columns."""
        return set(columns) <= set(self.frame.columns)

    @cached_property
    def sequences(self) -> Sequences:
        """The events session by session, in the total order."""
        return sequences_of(self.frame)

    @cached_property
    def times(self) -> Integers:
        """Instant of each row, in microseconds since 1970 UTC."""
        return microseconds(self.frame["timestamp"])

    @cached_property
    def days(self) -> Integers:
        """Day of each row in the zone of the frame, in days since 1970."""
        clock = pd.Series(self.frame["timestamp"]).dt.tz_localize(None)
        days = clock.to_numpy(dtype="datetime64[D]")
        return np.asarray(days.astype(np.int64))

    def codes(self, column: str) -> Integers:
        """Code from 0 of each row's value, -1 where it is missing."""
        if column not in self._codes:
            self._codes[column] = codes_of(self.frame[column])
        return self._codes[column]

    def named(self, name: str) -> Integers:
        """Rows of the events of that name."""
        return np.flatnonzero((self.frame["name"] == name).to_numpy(dtype=bool))

    def missing(self, column: str, rows: Integers | None = None) -> Mask:
        """Whether each row, or each of some, has no value; an absent column has none."""
        count = len(self) if rows is None else len(rows)
        if column not in self.frame.columns:
            return np.ones(count, dtype=bool)
        lacking = self.frame[column].isna().to_numpy(dtype=bool)
        return lacking if rows is None else lacking[rows]

    def values(self, column: str, rows: Integers) -> pd.Series[Any]:
        """Values of a column at some rows, indexed by row."""
        return pd.Series(self.frame[column].array.take(rows), index=rows, name=column)

    def same(self, columns: Sequence[str], rows: Integers) -> Integers:
        """Give rows numbers: the same where all of the columns are equal, missing or not."""
        found = np.zeros(len(rows), dtype=np.int64)
        for column in columns:
            codes = codes_of(self.values(column, rows)) + 1
            pairs = found * (int(codes.max(initial=0)) + 1) + codes
            found = np.unique(pairs, return_inverse=True)[1].reshape(-1)
        return found
