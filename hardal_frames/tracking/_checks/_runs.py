"""Days on which a rate is not what the days before make expect, alone or together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.tracking._checks._chance import UNLIKELY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

BEFORE: Final = 14
"""A day is compared with so many days before it that were not changed themselves."""

LOOK_BACK: Final = 60
"""They are not farther away than this."""

TOGETHER: Final = (2, 4, 7, 14, 28)
"""So many days on end are judged as one: what is rare shows in no single day that it stopped."""

WEEK: Final = 7


@dataclass(frozen=True)
class Counts:
    """What is counted by row and day, and of how many.

    Parameters
    ----------
    counts
        What is counted.
    squares
        Its variance: squares of what each visit adds to a count, added up.
    exposure
        Of how many.
    whole
        For shares: squares of how many each visit has, added up, which is what visits that have it
        in all of their events, or in none, add to the variance.
    """

    counts: Floats
    squares: Floats
    exposure: Floats
    whole: Floats | None = None


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


def changed(table: Counts, *, change: float, least: int, together: bool = True) -> Iterator[Run]:
    """Find days on which a rate is not what it was on the days before.

    Parameters
    ----------
    table
        What is counted, by row and day.
    change
        The share by which the rate must differ from the one before.
    least
        How many days there must be before.
    together
        Whether days on end are also judged as one, for falls.

    Notes
    -----
    A session's events come together, and days differ by more than chance (a weekend, a campaign):
    the difference must be 4.5 times the larger of the spread that visits of that size make and the
    spread of the days before. What was expected of 2, 4, 7, 14 or 28 days on end is compared with
    what came in all of them, for falls: what is rare is judged by few, and rises by chance. Of
    these, those days are told that a change explains better than none. Changed days are no measure
    for those after them.
    """
    search = _Search(table, change, least)
    for day in range(least, search.days):
        search.measure(slice(None), day)
        is_changed, sign = search.compare(day, 1)
        search.signs[is_changed, day] = sign[is_changed]
        search.alone[is_changed, day] = True
        for length in TOGETHER if together else ():
            # One weekend before is too few to know how much weekends differ.
            if day + 1 - length >= (least if length >= WEEK else 2 * WEEK):
                search.judge_together(day, length)
    yield from search.runs()


class _Search:
    """The days so far: which of them are changed, and what was usual before each."""

    def __init__(self, table: Counts, change: float, least: int) -> None:
        shape = table.counts.shape
        self.days = shape[1]
        self.change, self.least = change, least
        self.counts = table.counts
        self.squares = table.squares
        self.exposure: Floats = np.broadcast_to(table.exposure, shape)
        self.is_share = table.whole is not None
        exposed = self.exposure > 0
        self.rates = np.divide(self.counts, self.exposure, out=np.zeros(shape), where=exposed)
        self.inverse = np.divide(1.0, self.exposure, out=np.zeros(shape), where=exposed)
        self.signs = np.zeros(shape, dtype=np.int8)
        self.alone = np.zeros(shape, dtype=bool)
        self.usual, self.unit, self.error, self.apart, self.excess = np.zeros((5, *shape))
        parts = self.counts, table.squares, self.exposure, self.exposure**2, table.whole
        self.sums = [_running(part) for part in parts if part is not None]

    def measure(self, rows: slice | int, day: int) -> None:
        """Work out what is usual on the days before one that are not changed."""
        chosen = slice(rows, rows + 1) if isinstance(rows, int) else rows
        window = (chosen, slice(max(0, day - LOOK_BACK), day))
        exposure, rates = self.exposure[window], self.rates[window]
        fit = (self.signs[window] == 0) & (exposure > 0)
        fit &= np.cumsum(fit[:, ::-1], axis=1)[:, ::-1] <= BEFORE
        days = fit.sum(axis=1)
        of = np.maximum((exposure * fit).sum(axis=1), 1e-9)
        rate = (self.counts[window] * fit).sum(axis=1) / of
        unit = (self.squares[window] * fit).sum(axis=1) / of
        apart = ((rates - rate[:, None]) ** 2 * fit).sum(axis=1) / np.maximum(days - 1, 1)
        by_chance = unit * (self.inverse[window] * fit).sum(axis=1) / np.maximum(days, 1)
        self.usual[chosen, day] = np.where(days >= self.least, rate, 0)
        self.unit[chosen, day] = unit
        self.error[chosen, day] = unit / of
        self.apart[chosen, day] = apart
        self.excess[chosen, day] = np.maximum(apart - by_chance, 0)

    def compare(self, day: int, length: int) -> tuple[Mask, Floats]:
        """Compare so many days up to one with what is usual before them."""
        begin = day + 1 - length
        came, squares, own, own_squares, *whole = (
            part[:, day + 1] - part[:, begin] for part in self.sums
        )
        usual, unit = self.usual[:, begin], self.unit[:, begin]
        expected = usual * own
        if self.is_share:
            middle = (usual + came / np.maximum(own, 1e-9)) / 2
            squares = middle * (1 - middle) * whole[0]
        within = np.maximum(squares, own * unit)
        if length == 1:
            variance = np.maximum(within, own_squares * self.apart[:, begin])
        else:
            # Days of a weekend differ from the others together; whole weeks do not.
            alike = length if length < WEEK else 1
            variance = within + alike * own_squares * self.excess[:, begin]
        difference = came - expected
        deviation = np.sqrt(variance + own**2 * self.error[:, begin])
        found = (np.abs(difference) > self.change * expected) & (usual > 0)
        return found & (np.abs(difference) > UNLIKELY * deviation), np.sign(difference)

    def judge_together(self, day: int, length: int) -> None:
        """Mark those of so many days up to one that are fewer together."""
        is_changed, signs = self.compare(day, length)
        begin = day + 1 - length
        for row in np.flatnonzero(is_changed & (signs < 0) & (self.signs[:, day] == 0)).tolist():
            span = slice(begin, day + 1)
            expected = self.usual[row, begin] * self.exposure[row, span]
            first = _first_changed(self.counts[row, span], expected)
            if first is None:
                continue
            self.signs[row, begin + first : day + 1] = -1
            for each in range(begin + first, day + 1):
                self.measure(row, each)

    def runs(self) -> Iterator[Run]:
        """Give the changed days, those on end as one."""
        for row in np.flatnonzero(self.signs.any(axis=1)).tolist():
            signs, counts = self.signs[row], self.counts[row]
            told = 0
            for start in np.flatnonzero((np.diff(signs, prepend=0) != 0) & (signs != 0)).tolist():
                if start < told:
                    continue
                end = start + _leading(signs[start:] == signs[start])
                begin = start + self.too_early(row, start, end)
                if not counts[begin:end].any():
                    # What stopped for longer than there are days to compare with has not resumed.
                    end += _leading(counts[end:] == 0)
                told = end
                total = self.exposure[row, begin:end].sum()
                during = counts[begin:end].sum() / total if total else 0.0
                yield Run(row, begin, end, float(self.usual[row, begin]), float(during))

    def too_early(self, row: int, begin: int, end: int) -> int:
        """Count the first days of a run that prove, once all of it is known, to be no part."""
        expected = self.usual[row, begin] * self.exposure[row, begin:end]
        first = _first_changed(self.counts[row, begin:end], expected) or 0
        return min(first, _leading(~self.alone[row, begin:end]))


def _first_changed(came: Floats, expected: Floats) -> int | None:
    """Find from which day on a change explains best what came; None if not on the last day."""
    first = 0
    for _ in range(3):
        ratio = max(came[first:].sum(), 0.5) / max(expected[first:].sum(), 1e-9)
        gains = came * np.log(ratio) + expected * (1 - ratio)
        if gains[-1] <= 0:
            return None
        first = int(np.argmax(np.cumsum(gains[::-1])[::-1]))
    return first


def _leading(is_so: Mask) -> int:
    """Count for how many days from the first on something is so."""
    return int(np.argmin(is_so)) if not is_so.all() else len(is_so)


def _running(values: Floats) -> Floats:
    return np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
