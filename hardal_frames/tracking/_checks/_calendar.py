"""Counts by name and day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.tracking._log import Integers, Log

    Floats = npt.NDArray[np.float64]

STRAY: Final = 0.001
"""So small a share of the events may have a wrong clock, and makes no first or last day."""


@dataclass(frozen=True)
class Calendar:
    """The whole days of a log: without the first and the last one, which may be parts of one.

    Parameters
    ----------
    first
        The first of them, in days since 1970.
    count
        How many there are, none left out between them.
    rows
        The rows of these days.
    day_of
        Which of the days each of these rows belongs to.
    visit_of
        Number of the session, day and name of each of these rows.
    place_of
        Of each such number, its name and day as a place in a table of names by days.
    names
        How many names there are.
    traffic
        How many sessions have events on each day.
    """

    first: int
    count: int
    rows: Integers
    day_of: Integers
    visit_of: Integers
    place_of: Integers
    names: int
    traffic: Floats

    def table(self, values: Floats) -> Floats:
        """Add up one value for each visit, by name and day."""
        size = self.names * self.count
        return np.bincount(self.place_of, values, size).reshape(self.names, self.count)

    def of_visits(self, values: Any = None) -> Floats:  # noqa: ANN401  (an array, or nothing)
        """Add up one value for each row, by visit; count the rows if there is none."""
        found: Floats = np.bincount(self.visit_of, values, len(self.place_of)).astype(np.float64)
        return found

    def date(self, day: int) -> str:
        """Write a day."""
        return str(np.datetime64(self.first + day, "D"))


def calendar_of(log: Log, *, least: int) -> Calendar | None:
    """Find the whole days of a log; None if there are not more than so few of them."""
    now = log.limits.now.tz_convert(log.frame["timestamp"].dt.tz)
    today = int(np.datetime64(now.tz_localize(None), "D").astype(np.int64))
    past = log.days[log.days <= today]
    if not len(past):
        return None
    begin, end = np.quantile(past, [STRAY, 1 - STRAY], method="nearest").astype(np.int64)
    first, count = int(begin) + 1, int(end - begin) - 1
    if count <= least:
        return None
    rows = np.flatnonzero((log.days > begin) & (log.days < end))
    day_of = log.days[rows] - first
    stays = np.unique(log.walkers[rows] * count + day_of)
    size = len(log.names)
    cells = (log.walkers[rows] * count + day_of) * size + log.name_codes[rows]
    visits, visit_of = np.unique(cells, return_inverse=True)
    return Calendar(
        first=first,
        count=count,
        rows=rows,
        day_of=day_of,
        visit_of=visit_of.reshape(-1),
        place_of=visits % size * count + visits // size % count,
        names=size,
        traffic=np.bincount(stays % count, minlength=count).astype(np.float64),
    )
