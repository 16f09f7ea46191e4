"""Analyses with quantiles of durations: counted in two rounds where no one sees all durations."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pandas as pd

from hardal_frames.analysis._counting import Counting
from hardal_frames.analysis._spread import Measured, Ranks
from hardal_frames.analysis._statistics import group_quantiles
from hardal_frames.analysis._tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from hardal_frames.analysis._spread import GroupedDurations
    from hardal_frames.analysis._statistics import Durations

Counted = TypeVar("Counted")


class TimedCounting(Counting["tuple[Counted, Measured]", pd.DataFrame], Generic[Counted]):
    """An analysis whose table has quantiles of durations."""

    @property
    @abstractmethod
    def quantiles(self) -> Sequence[Fraction]:
        """Which quantiles."""

    @abstractmethod
    def measured(self, events: pd.DataFrame) -> tuple[Counted, GroupedDurations]:
        """Count, and measure the durations."""

    @abstractmethod
    def require(self, counted: Counted) -> None:
        """Refuse what cannot be made a table of.

        Raises
        ------
        UnknownName
            If the options name what no event has.
        """

    @abstractmethod
    def table(self, counted: Counted, timed: Tally, durations: Sequence[Durations]) -> pd.DataFrame:
        """Make the table.

        Parameters
        ----------
        counted
            What was counted.
        timed
            Keys of the groups of which there are durations.
        durations
            For each quantile, that of each of these groups.
        """

    def count(self, events: pd.DataFrame) -> tuple[Counted, Measured]:
        """Count events, and their durations."""
        counted, durations = self.measured(events)
        return counted, Measured.of(durations)

    def finish(self, whole: tuple[Counted, Measured]) -> pd.DataFrame | Counting[Any, pd.DataFrame]:
        """Make the table, or say which of many durations the quantiles need."""
        counted, measured = whole
        self.require(counted)
        if measured.few is not None:
            durations, groups, timed = measured.few
            found = group_quantiles(durations, groups, len(timed.keys), self.quantiles)
            return self.table(counted, timed, found)
        ranks = Ranks.of(measured.as_spread(), self.quantiles)
        return _Collecting(self, counted, ranks, self.key)

    def of_frame(self, events: pd.DataFrame) -> pd.DataFrame:
        """Order all durations of a frame."""
        counted, (durations, groups, timed) = self.measured(events)
        self.require(counted)
        found = group_quantiles(durations, groups, len(timed.keys), self.quantiles)
        return self.table(counted, timed, found)


@dataclass(frozen=True)
class _Collecting(Counting[Tally, pd.DataFrame]):
    """The durations that the quantiles of an analysis need, once all are counted by size."""

    timed: TimedCounting[Any]
    counted: Any
    ranks: Ranks
    key: str

    @property
    def together(self) -> str:
        return self.timed.together

    def columns(self) -> Iterable[str] | None:
        return self.timed.columns()

    def count(self, events: pd.DataFrame) -> Tally:
        return self.ranks.collected(self.timed.measured(events)[1])

    def finish(self, whole: Tally) -> pd.DataFrame:
        return self.timed.table(self.counted, self.ranks.groups, self.ranks.read_off(whole))
