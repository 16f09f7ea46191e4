"""Conversions shared among touches, counted so that parts of the events can be merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._counting import Counting
from hardal_frames.analysis._credit import Owed, Paths, adding_up, credit_of, owed_of
from hardal_frames.analysis._encoding import factorized, ranks
from hardal_frames.analysis._groups import grouped
from hardal_frames.analysis._listed import Listed
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._orders import ORDER_COLUMNS, orders_of
from hardal_frames.analysis._steps import Seen, match_step, seen, step_columns
from hardal_frames.analysis._tally import Tally, tally_of_ones, texts_at
from hardal_frames.analysis._touch import DIRECT, touch_columns, touches_of
from hardal_frames.analysis._visits import leading_to, preferring, visits_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardal_frames.analysis._credit import Model, Weights
    from hardal_frames.analysis._orders import Orders, Price
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._steps import Missing, Step

_NONE: Final = -2
"""Stands for the touch of conversions that have none; -1 is a touch without the value."""


@dataclass(frozen=True)
class Asked:
    """The options of `attribution`, checked."""

    conversion: Step
    model: Model
    weights: Weights
    by: tuple[str, ...]
    visitor: str
    longest: int | None
    ignore_direct: bool
    revenue: bool
    price: Price
    missing: Missing

    def columns(self) -> list[str]:
        """Columns that are read."""
        return [*step_columns([self.conversion]), *ORDER_COLUMNS, *touch_columns(), self.visitor]

    def orders(self, events: pd.DataFrame, key: str) -> tuple[Sequences, Orders, Seen]:
        """Events in order, their conversions, each once, and what is seen of these."""
        sequences = sequences_of(events, key=key)
        schema.require_columns(sequences.frame, (self.visitor,))
        matched = match_step(sequences, self.conversion)
        converted = matched.positions[sequences.in_order_of_time(matched.positions)]
        found = orders_of(sequences, converted, price=self.price)
        return sequences, found, seen(events, sequences, [matched])


@dataclass(frozen=True)
class Conversions(Counting["tuple[Listed, Seen]", pd.DataFrame]):
    """Which conversions come again in another part, before credit is shared.

    Parameters
    ----------
    asked
        The options.
    key
        Column that names the session.
    """

    asked: Asked
    key: str

    @property
    def together(self) -> str:
        """A visitor's sessions."""
        return self.asked.visitor

    def columns(self) -> list[str]:
        """Columns that are read."""
        return self.asked.columns()

    def count(self, events: pd.DataFrame) -> tuple[Listed, Seen]:
        """List the conversions that have a number."""
        sequences, orders, found = self.asked.orders(events, self.key)
        numbers = pd.DataFrame({"number": orders.transaction_ids})
        walkers = pd.Series(sequences.column(self.key, orders.positions))
        has_number = numbers["number"].notna().to_numpy(dtype=bool)
        instants = sequences.times[orders.positions[has_number]]
        kept = np.flatnonzero(has_number)
        rows = numbers.take(kept).reset_index(drop=True)
        return Listed(rows, instants, walkers.take(kept).reset_index(drop=True)), found

    def finish(self, whole: tuple[Listed, Seen]) -> Attribution:
        """Go on with the credit, where each number counts in the session that had it first."""
        rows, found = whole
        found.require([self.asked.conversion], self.asked.missing)
        numbers = rows.table["number"]
        again = numbers.duplicated(keep=False) & ~numbers.duplicated()
        winners = dict(zip(numbers[again].tolist(), rows.walkers[again].tolist(), strict=True))
        return Attribution(self.asked, winners, self.key)

    def of_frame(self, events: pd.DataFrame) -> pd.DataFrame:
        """Share credit at once: there is no other part."""
        return Attribution(self.asked, {}, self.key).of_frame(events)


class Shared(NamedTuple):
    """What is known of touches.

    Parameters
    ----------
    sessions
        By touch, how many sessions began with it.
    owed
        By touch, currency, part of the path (of `PARTS`) and length of the path: conversions, those
        with an amount, and their amounts in units and billionths.
    ends
        By touch and currency, of how many conversions it is the first touch, and the last.
    seen
        What is seen of the conversion.
    """

    sessions: Tally
    owed: Tally
    ends: Tally
    seen: Seen


@dataclass(frozen=True)
class Attribution(Counting[Shared, pd.DataFrame]):
    """Credit of touches.

    Parameters
    ----------
    asked
        The options.
    winners
        Of conversions that come in several parts, the session whose is the one that counts.
    key
        Column that names the session.
    """

    asked: Asked
    winners: Mapping[str, Any]
    key: str

    @property
    def together(self) -> str:
        """A visitor's sessions."""
        return self.asked.visitor

    def columns(self) -> list[str]:
        """Columns that are read."""
        return self.asked.columns()

    def count(self, events: pd.DataFrame) -> Shared:
        """Count touches by the conversions that they led to."""
        asked = self.asked
        sequences, orders, found = asked.orders(events, self.key)
        orders = self._once(sequences, orders)
        visits = visits_of(sequences, asked.visitor)
        kinds, _, touch = touches_of(sequences, visits.order)
        coded = [factorized(pd.Series(touch[name])) for name in asked.by]
        values = tuple(pd.Index(distinct, dtype=object) for _, distinct in coded)
        touches = np.column_stack([codes for codes, _ in coded])
        groups, begins = grouped([codes for codes, _ in coded], len(visits.order))
        of_group = np.vstack([touches[begins], np.full((1, len(coded)), _NONE)])
        currency, currencies = factorized(pd.Series(orders.currencies))
        if not asked.revenue:
            currency = np.full_like(currency, -1)
        runs = leading_to(visits, sequences, orders.positions, asked.longest)
        preferred = (kinds != DIRECT) | (not asked.ignore_direct)
        paths = _paths(groups, len(begins), currency, orders, preferring(preferred, *runs))
        with_currency = (*values, pd.Index(currencies, dtype=object))
        return Shared(
            tally_of_ones(touches, values),
            _owed(paths, asked.model, of_group, with_currency),
            _ends(paths, of_group, with_currency),
            found,
        )

    def finish(self, whole: Shared) -> pd.DataFrame:
        """Make the table of exact fractions."""
        asked = self.asked
        whole.seen.require([asked.conversion], asked.missing)
        cells = _Cells.of(whole, len(asked.by))
        owed = [
            Owed(part, *own.T)
            for part in np.unique(whole.owed.keys[:, -2]).tolist()
            for own in [cells.owed(whole.owed, part)]
        ]
        credit = credit_of(owed, cells.count, asked.model, asked.weights)
        firsts, lasts = cells.ends(whole.ends)
        is_used = (np.array(credit.conversions, dtype=object) > 0) | (firsts > 0) | (lasts > 0)
        by_touch = is_used.astype(bool).reshape(-1, cells.width)
        # A touch that led to nothing is shown as well.
        by_touch[:-1, -1] |= ~by_touch[:-1].any(axis=1)
        none = len(by_touch) - 1
        shown = sorted(
            np.flatnonzero(by_touch).tolist(),
            key=lambda cell: (cell // cells.width == none, -credit.conversions[cell]),
        )
        group, offset = np.divmod(np.array(shown, dtype=np.int64), cells.width)
        touched = group < none
        table: dict[str, Any] = {
            name: texts_at(values, np.append(cells.touches[:, column], -1)[group])
            for column, (name, values) in enumerate(
                zip(asked.by, whole.sessions.labels, strict=True)
            )
        }
        if asked.revenue:
            table["currency"] = texts_at(cells.currencies, np.append(cells.offsets, -1)[offset])
        table["sessions"] = np.append(cells.sessions, 0)[group]
        conversions = [credit.conversions[cell] for cell in shown]
        table["conversions"] = adding_up(conversions, credit.denominator)
        table["first_touches"] = np.where(touched, firsts[shown], 0)
        table["last_touches"] = np.where(touched, lasts[shown], 0)
        if asked.revenue:
            is_priced = np.array([credit.priced[cell] > 0 for cell in shown], dtype=bool)
            table["revenue"] = pd.arrays.FloatingArray(credit.amounts(shown), ~is_priced)
        return pd.DataFrame({**table, "attributed": touched})

    def _once(self, sequences: Sequences, orders: Orders) -> Orders:
        """Leave conversions out that count in a session of another part."""
        if not self.winners:
            return orders
        walkers = pd.Series(sequences.column(self.key, orders.positions)).astype(object)
        winners = pd.Series(orders.transaction_ids).astype(object).map(self.winners)
        return orders.taken((winners.isna() | (winners == walkers)).to_numpy(dtype=bool))


def _paths(
    groups: Integers,
    none: int,
    currencies: Integers,
    orders: Orders,
    runs: tuple[Integers, Integers, Integers],
) -> Paths:
    """Give conversions their touches; those without any get one that stands for none."""
    listed, begins, lengths = runs
    width = int(currencies.max(initial=-1)) + 2
    return Paths(
        cells=np.append(groups[listed], none) * width,
        begins=np.where(lengths == 0, len(listed), begins),
        lengths=np.maximum(lengths, 1),
        # The last of a touch's cells is for conversions without a currency.
        offsets=np.where(currencies < 0, width - 1, currencies),
        width=width,
        amounts=orders.amounts,
    )


def _cell_keys(paths: Paths, cells: Integers, of_group: Integers) -> Integers:
    group, offset = np.divmod(cells, paths.width)
    return np.column_stack([of_group[group], np.where(offset == paths.width - 1, -1, offset)])


def _owed(
    paths: Paths, model: Model, of_group: Integers, values: tuple[pd.Index[Any], ...]
) -> Tally:
    keys, counts = [], []
    for each in owed_of(paths, model):
        part = np.full(len(each.cells), each.part)
        keys.append(np.column_stack([_cell_keys(paths, each.cells, of_group), part, each.sizes]))
        counts.append(np.column_stack([each.counts, each.priced, each.whole, each.parts]))
    return Tally(values, np.concatenate(keys), np.concatenate(counts))


def _ends(paths: Paths, of_group: Integers, values: tuple[pd.Index[Any], ...]) -> Tally:
    firsts = np.bincount(paths.cells[paths.begins] + paths.offsets, minlength=paths.cell_count)
    ends = paths.begins + paths.lengths - 1
    lasts = np.bincount(paths.cells[ends] + paths.offsets, minlength=paths.cell_count)
    used = np.flatnonzero(firsts | lasts)
    counts = np.column_stack([firsts, lasts])[used]
    return Tally(values, _cell_keys(paths, used, of_group), counts)


@dataclass(frozen=True, eq=False)
class _Cells:
    """A cell for each touch and currency; touches in the order of their values, none the last.

    Parameters
    ----------
    touches, sessions
        Codes of each touch, and its sessions.
    labels
        What these codes stand for.
    currencies
        What codes of currencies stand for.
    offsets
        Code of the currency of each of a touch's cells but the last, which is for no currency.
    """

    touches: Integers
    sessions: Integers
    labels: tuple[pd.Index[Any], ...]
    currencies: pd.Index[Any]
    offsets: Integers

    @classmethod
    def of(cls, whole: Shared, columns: int) -> _Cells:
        """Give the touches and currencies that occur a number each."""
        sessions = whole.sessions
        places = [
            np.append(ranks(values), -1)[codes]
            for values, codes in zip(sessions.labels, sessions.keys.T, strict=True)
        ]
        _, begins = grouped(places, len(sessions.keys))
        currencies = whole.ends.labels[columns]
        used = np.unique(whole.ends.keys[:, columns])
        used = used[used >= 0]
        return cls(
            sessions.keys[begins],
            sessions.counts[begins, 0],
            sessions.labels,
            currencies,
            used[np.argsort(ranks(currencies)[used])],
        )

    @property
    def width(self) -> int:
        """How many cells a touch has."""
        return len(self.offsets) + 1

    @property
    def count(self) -> int:
        """How many cells there are."""
        return (len(self.touches) + 1) * self.width

    def owed(self, owed: Tally, part: int) -> Integers:
        """Cell, length of the path, and counts of one part."""
        chosen = owed.taken(np.flatnonzero(owed.keys[:, -2] == part))
        return np.column_stack([self._cells(chosen), chosen.keys[:, -1], chosen.counts])

    def ends(self, ends: Tally) -> Integers:
        """Of how many conversions each cell is the first touch, and the last."""
        found = np.zeros((2, self.count), dtype=np.int64)
        found[:, self._cells(ends)] = ends.counts.T
        return found

    def _cells(self, tally: Tally) -> Integers:
        columns = self.touches.shape[1]
        known = Tally(self.labels, self.touches, self.touches[:, :0])
        touched = Tally(tally.labels[:columns], tally.keys[:, :columns], tally.keys[:, :0])
        group = known.places_of(touched)
        group = np.where(group < 0, len(self.touches), group)
        place = np.full(len(self.currencies) + 1, self.width - 1)
        place[self.offsets] = np.arange(len(self.offsets))
        own = np.append(self.currencies.get_indexer(tally.labels[columns]), -1)
        cells: Integers = group * self.width + place[own[tally.keys[:, columns]]]
        return cells
