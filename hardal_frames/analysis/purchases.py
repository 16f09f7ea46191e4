"""Purchases, and the revenue that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._amounts import group_sums
from hardal_frames.analysis._counting import Counting, computed
from hardal_frames.analysis._encoding import codes_of, ranks
from hardal_frames.analysis._groups import column_names, grouped
from hardal_frames.analysis._listed import Listed
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._orders import ONCE_PER, ORDER_COLUMNS, PRICE, orders_of
from hardal_frames.analysis._sequences import with_key
from hardal_frames.analysis._statistics import group_integers
from hardal_frames.analysis._steps import Seen, match_step, seen, step_columns
from hardal_frames.analysis._values import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._orders import OncePer, Price
    from hardal_frames.analysis._sequences import Integers
    from hardal_frames.analysis._steps import Missing, Step

RESULTS: Final = (
    "currency",
    "orders",
    "priced_orders",
    "revenue",
    "average_order_value",
    "items",
    "sessions",
)


def purchases(
    events: Events,
    *,
    purchase: Step = "purchase",
    price: Price = "unit",
    once_per: OncePer = "frame",
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """List the orders, each once, with what it is worth.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns; the
        properties value, price, quantity,
        currency and transaction_id are used where they are there.
    purchase
        What a purchase is: an event name, a list of names, or a dict of column to value(s).
    price
        Whether the property price is that of one piece (``"unit"``) or of all (``"total"``).
    once_per
        An order number that comes again (a thank-you page opened anew, even days later) is the
        same order in the whole ``"frame"``, or only within one ``"walker"``: one session, or what
        key names.
    missing
        ``"error"`` or ``"zero"`` for a purchase that no event of the frame is.
    key
        Column that names whose purchases they are.

    Returns
    -------
    DataFrame
        One row an order, in order of time: session_id (or the key), id (string), timestamp (in
        the frame's zone), transaction_id, currency (strings), amount (Float64, in units of the
        currency), items (Int64).

    Raises
    ------
    UnknownName
        If no event is such a purchase, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame or an option cannot be used.

    Notes
    -----
    An order is worth its property value, the sum of the order; where it has none, price times
    quantity, and where it has no price either, the amount is missing. A missing quantity is 1;
    items are the quantity, rounded to a whole number. An amount is rounded to a billionth; from
    1e12 on it is taken for a mistake and missing. Empty text is no order number and no currency:
    two orders without a number are two orders. Of the events of one order the earliest is the row.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> order = {"transaction_id": "T1", "price": 249.9, "quantity": 2, "currency": "TRY"}
    >>> events = hf.events_from_records(
    ...     [{"name": "purchase", "timestamp": f"2026-03-02T10:0{minute}:00Z", "properties": order}
    ...      for minute in (4, 7)],
    ...     session_id="s1",
    ... )
    >>> hf.purchases(events)[["session_id", "transaction_id", "currency", "amount", "items"]]
      session_id transaction_id currency  amount  items
    0         s1             T1      TRY   499.8      2
    """
    ordered = _Ordered.of(purchase, price, once_per, missing, key)
    return computed(events, _Purchases(ordered, key))


def revenue(
    events: Events,
    *,
    by: str | Sequence[str] | None = None,
    purchase: Step = "purchase",
    price: Price = "unit",
    once_per: OncePer = "frame",
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """Add the orders up, each currency apart.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns; the
        properties value, price, quantity,
        currency and transaction_id are used where they are there.
    by
        A column or several: one group for each value that the order's event has there.
    purchase, price, once_per, missing
        As in `purchases`.
    key
        Column that names who buys.

    Returns
    -------
    DataFrame
        One row a currency (and group), most orders first: the columns of by, currency (string;
        orders that name none are a row of their own), orders, priced_orders (int64: those that say
        what they are worth), revenue (Float64, in units of the currency; missing where no order is
        priced), average_order_value (Float64: revenue / priced_orders), items (Int64), sessions
        (int64: sessions, or whatever key names, that bought).

    Raises
    ------
    UnknownName
        If no event is such a purchase, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame or an option cannot be used.

    Notes
    -----
    No two currencies are ever added. An amount is a count of billionths, so that a sum is exact,
    whatever the order of the rows, and 0.1 + 0.2 is 0.3. A missing value of by is a group of its
    own.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": "purchase", "timestamp": "2026-03-02T10:00:00Z", "properties": order}
    ...      for order in ({"value": 0.1, "currency": "EUR"}, {"value": 0.2, "currency": "EUR"},
    ...                    {"value": 900.0, "currency": "TRY"})],
    ...     session_id="s1",
    ... )
    >>> hf.revenue(events)[["currency", "orders", "revenue", "average_order_value"]]
      currency  orders  revenue  average_order_value
    0      EUR       2      0.3                 0.15
    1      TRY       1    900.0                900.0
    """
    columns = [] if by is None else column_names(by, name="by", taken=RESULTS)
    ordered = _Ordered.of(purchase, price, once_per, missing, key)
    return computed(events, _Revenue(ordered, tuple(columns), key))


class _Found(NamedTuple):
    """A row an order, and what is seen of the purchase."""

    rows: Listed
    seen: Seen


class _Ordered(NamedTuple):
    """What counts as an order."""

    purchase: Step
    price: Price
    once_per: OncePer
    missing: Missing
    key: str

    @classmethod
    def of(
        cls, purchase: Step, price: Price, once_per: OncePer, missing: Missing, key: str
    ) -> _Ordered:
        """Check the options."""
        schema.require_one_of(price, "price", PRICE)
        schema.require_one_of(once_per, "once_per", ONCE_PER)
        schema.require_one_of(missing, "missing", ("error", "zero"))
        return cls(purchase, price, once_per, missing, key)

    def columns(self) -> list[str]:
        """Columns that are read."""
        return [*step_columns([self.purchase]), *ORDER_COLUMNS]

    def found(self, events: pd.DataFrame, by: Sequence[str] = ()) -> _Found:
        """Orders in order of time, with the given columns of their events by number."""
        sequences = sequences_of(events, key=self.key)
        matched = match_step(sequences, self.purchase)
        bought = matched.positions[sequences.in_order_of_time(matched.positions)]
        orders = orders_of(sequences, bought, price=self.price, once_per=self.once_per)
        schema.require_columns(sequences.frame, by)
        columns: dict[Any, Any] = {
            "id": texts(sequences, "id", orders.positions),
            "timestamp": sequences.column("timestamp", orders.positions),
            "transaction_id": orders.transaction_ids,
            "currency": orders.currencies,
            "amount": orders.amounts,
            "items": orders.items,
        }
        columns |= {
            number: sequences.column(name, orders.positions) for number, name in enumerate(by)
        }
        walkers = pd.Series(sequences.column(self.key, orders.positions), name=self.key)
        rows = Listed(pd.DataFrame(columns), sequences.times[orders.positions], walkers)
        return _Found(rows, seen(events, sequences, [matched]))

    def once(self, whole: _Found) -> tuple[pd.DataFrame, pd.Series[Any]]:
        """Each order once, in order of time, and who bought it."""
        whole.seen.require([self.purchase], self.missing)
        table, walkers = whole.rows.table, whole.rows.walkers
        if self.once_per == "walker":
            return table, walkers
        numbered = table["transaction_id"]
        first = ~(numbered.duplicated() & numbered.notna())
        return table[first].reset_index(drop=True), walkers[first].reset_index(drop=True)


@dataclass(frozen=True)
class _Purchases(Counting[_Found, pd.DataFrame]):
    ordered: _Ordered
    key: str

    def columns(self) -> list[str]:
        return ["id", *self.ordered.columns()]

    def count(self, events: pd.DataFrame) -> _Found:
        return self.ordered.found(events)

    def finish(self, whole: _Found) -> pd.DataFrame:
        table, walkers = self.ordered.once(whole)
        amounts = table["amount"].to_numpy()
        columns = {
            **table,
            "amount": pd.arrays.FloatingArray(amounts, np.isnan(amounts)),
            "items": table["items"].astype("Int64"),
        }
        return pd.DataFrame(with_key(self.key, walkers, columns))


@dataclass(frozen=True)
class _Revenue(Counting[_Found, pd.DataFrame]):
    ordered: _Ordered
    by: tuple[str, ...]
    key: str

    def columns(self) -> list[str]:
        return [*self.ordered.columns(), *self.by]

    def count(self, events: pd.DataFrame) -> _Found:
        return self.ordered.found(events, self.by)

    def finish(self, whole: _Found) -> pd.DataFrame:
        orders, walkers = self.ordered.once(whole)
        columns = [orders[number].rename(name) for number, name in enumerate(self.by)]
        places = [ranks(each) for each in (*columns, orders["currency"])]
        groups, begins = grouped(places, len(orders))
        size = len(begins)
        amounts = orders["amount"].to_numpy()
        counts = np.bincount(groups, minlength=size)
        priced = np.bincount(groups[~np.isnan(amounts)], minlength=size)
        total = group_sums(amounts, groups, size)
        items = group_integers(orders["items"].to_numpy(), groups, size)
        nothing = priced == 0
        table: dict[str, Any] = {
            **{name: each.array.take(begins) for name, each in zip(self.by, columns, strict=True)},
            "currency": orders["currency"].array.take(begins),
            "orders": counts,
            "priced_orders": priced,
            "revenue": pd.arrays.FloatingArray(total, nothing),
            "average_order_value": pd.arrays.FloatingArray(total / np.maximum(priced, 1), nothing),
            "items": pd.array(items, dtype="Int64"),
            "sessions": _distinct(groups, codes_of(walkers), size),
        }
        order = np.argsort(-counts, kind="stable")
        return pd.DataFrame(table).take(order).reset_index(drop=True)


def _distinct(groups: Integers, walkers: Integers, size: int) -> Integers:
    pairs = np.unique(groups * (walkers.max(initial=-1) + 1) + walkers)
    return np.bincount(pairs // (walkers.max(initial=0) + 1), minlength=size)
