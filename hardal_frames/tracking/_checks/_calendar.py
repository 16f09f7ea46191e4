"""Counts by name and day, and which of them are not what the days before make expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hardal_frames.tracking._checks._chance import UNLIKELY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hardal_frames.tracking._log import Integers, Log

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

BEFORE: Final = 14
"""A day is compared with so many days before it that were not changed themselves."""

LOOK_BACK: Final = 60
"""They are not farther away than this."""

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


@dataclass(frozen=True)
class Run:
    """Days on end that are not what the days before them make expect.

    Parameters
    ----------
    row
        Which row of the table.
    begin, end
        The first day, and the one after the last.
    before, during
        Of one, how many had it before and on these days: two rates.
    """

    row: int
    begin: int
    end: int
    before: float
    during: float


def changed(
    counts: Floats, squares: Floats, exposure: Floats, *, change: float, least: int
) -> Iterator[Run]:
    """Find days on which a rate is not what it was on the days before.

    Parameters
    ----------
    counts
        What is counted, by row and day.
    squares
        Its variance: squares of what each visit adds to a count, added up.
    exposure
        Of how many, by row and day.
    change
        The share by which the rate must differ from the one before.
    least
        How many days there must be before.

    Notes
    -----
    A session's events come together, and days differ by more than chance (a weekend, a campaign):
    the difference must be 4.5 times the larger of the spread that visits of that size make and the
    spread of the days before. Changed days are no measure for those after them.
    """
    exposure = np.broadcast_to(exposure, counts.shape)
    rates = np.divide(counts, exposure, out=np.zeros(counts.shape), where=exposure > 0)
    signs = np.zeros(counts.shape, dtype=np.int8)
    usual = np.zeros(counts.shape)
    for day in range(least, counts.shape[1]):
        window = slice(max(0, day - LOOK_BACK), day)
        fit = (signs[:, window] == 0) & (exposure[:, window] > 0)
        recent = np.cumsum(fit[:, ::-1], axis=1)[:, ::-1] <= BEFORE
        fit &= recent
        days = fit.sum(axis=1)
        of = np.maximum((exposure[:, window] * fit).sum(axis=1), 1e-9)
        rate = (counts[:, window] * fit).sum(axis=1) / of
        spread = (squares[:, window] * fit).sum(axis=1)
        own = exposure[:, day]
        apart = ((rates[:, window] - rate[:, None]) ** 2 * fit).sum(axis=1)
        between = own**2 * apart / np.maximum(days - 1, 1)
        within = np.maximum(squares[:, day], own * spread / of)
        deviation = np.sqrt(np.maximum(within, between) + (own / of) ** 2 * spread)
        difference = counts[:, day] - rate * own
        is_changed = (np.abs(difference) > change * rate * own) & (days >= least) & (rate > 0)
        is_changed &= np.abs(difference) > UNLIKELY * deviation
        signs[:, day] = np.where(is_changed, np.sign(difference), 0)
        usual[:, day] = rate
    for row in np.flatnonzero(signs.any(axis=1)):
        begins = np.flatnonzero((np.diff(signs[row], prepend=0) != 0) & (signs[row] != 0))
        for begin in begins:
            after = np.flatnonzero(signs[row, begin:] != signs[row, begin])
            end = int(begin + after[0]) if len(after) else counts.shape[1]
            total = exposure[row, begin:end].sum()
            during = counts[row, begin:end].sum() / total if total else 0.0
            yield Run(int(row), int(begin), end, float(usual[row, begin]), float(during))
