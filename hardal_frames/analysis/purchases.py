"""Purchases, and the revenue that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._amounts import group_sums
from hardal_frames.analysis._encoding import ranks
from hardal_frames.analysis._groups import column_names, grouped
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._orders import ONCE_PER, PRICE, in_order_of_time, orders_of
from hardal_frames.analysis._statistics import group_integers
from hardal_frames.analysis._steps import match_step
from hardal_frames.analysis._values import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardal_frames.analysis._orders import OncePer, Orders, Price
    from hardal_frames.analysis._sequences import Integers, Sequences
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
    events: pd.DataFrame,
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
        Any frame with session_id, timestamp and name; the properties value, price, quantity,
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
    sequences = sequences_of(events, key=key)
    orders = _orders(sequences, purchase, missing, price=price, once_per=once_per)
    return sequences.keyed(
        orders.positions,
        {
            "id": texts(sequences, "id", orders.positions),
            "timestamp": sequences.column("timestamp", orders.positions),
            "transaction_id": orders.transaction_ids,
            "currency": orders.currencies,
            "amount": pd.arrays.FloatingArray(orders.amounts, ~orders.is_priced),
            "items": pd.array(orders.items, dtype="Int64"),
        },
    )


def revenue(
    events: pd.DataFrame,
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
        Any frame with session_id, timestamp and name; the properties value, price, quantity,
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
    sequences = sequences_of(events, key=key)
    orders = _orders(sequences, purchase, missing, price=price, once_per=once_per)
    schema.require_columns(sequences.frame, columns)
    values = [pd.Series(sequences.column(name, orders.positions), name=name) for name in columns]
    places = [ranks(each) for each in values]
    places.append(ranks(orders.currencies))
    groups, begins = grouped(places, len(orders.positions))
    size = len(begins)
    is_priced = orders.is_priced
    counts = np.bincount(groups, minlength=size)
    priced = np.bincount(groups[is_priced], minlength=size)
    total = group_sums(orders.amounts, groups, size)
    nothing = priced == 0
    table: dict[str, Any] = {
        **{name: sequences.column(name, orders.positions[begins]) for name in columns},
        "currency": orders.currencies.take(begins),
        "orders": counts,
        "priced_orders": priced,
        "revenue": pd.arrays.FloatingArray(total, nothing),
        "average_order_value": pd.arrays.FloatingArray(total / np.maximum(priced, 1), nothing),
        "items": pd.array(group_integers(orders.items, groups, size), dtype="Int64"),
        "sessions": _distinct(groups, sequences.walkers[orders.positions], size),
    }
    order = np.argsort(-counts, kind="stable")
    return pd.DataFrame(table).take(order).reset_index(drop=True)


def _orders(
    sequences: Sequences, purchase: Step, missing: Missing, *, price: Price, once_per: OncePer
) -> Orders:
    """Orders in order of time."""
    schema.require_one_of(price, "price", PRICE)
    schema.require_one_of(once_per, "once_per", ONCE_PER)
    bought = match_step(sequences, purchase, missing=missing).positions
    bought = in_order_of_time(sequences, bought)
    return orders_of(sequences, bought, price=price, once_per=once_per)


def _distinct(groups: Integers, walkers: Integers, size: int) -> Integers:
    pairs = np.unique(groups * (walkers.max(initial=-1) + 1) + walkers)
    return np.bincount(pairs // (walkers.max(initial=0) + 1), minlength=size)
