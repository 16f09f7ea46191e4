"""Purchase events to orders: each counted once, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._amounts import LIMIT, rounded
from hardal_frames.analysis._encoding import codes_of
from hardal_frames.analysis._values import filled_texts, numbers

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionArray

    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._values import Floats, Mask

Price = Literal["unit", "total"]
OncePer = Literal["frame", "walker"]

PRICE: Final = ("unit", "total")
ONCE_PER: Final = ("frame", "walker")


ORDER_COLUMNS: Final = tuple(
    f"{schema.PROPERTY_PREFIX}{name}"
    for name in ("transaction_id", "value", "price", "quantity", "currency")
)
"""Columns of events that tell an order."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders, one event each.

    Parameters
    ----------
    positions
        Position of each order's event in the sequences.
    transaction_ids
        Order numbers, as text.
    currencies
        Currencies, as text.
    amounts
        What each is worth, rounded to a billionth; NaN where the event does not say.
    items
        How many pieces were bought.
    """

    positions: Integers
    transaction_ids: ExtensionArray
    currencies: ExtensionArray
    amounts: Floats
    items: Integers

    @property
    def is_priced(self) -> Mask:
        """Which of them say what they are worth."""
        return ~np.isnan(self.amounts)

    def taken(self, mask: Mask) -> Orders:
        """Only those that a mask marks."""
        return Orders(
            self.positions[mask],
            self.transaction_ids[mask],
            self.currencies[mask],
            self.amounts[mask],
            self.items[mask],
        )


def orders_of(
    sequences: Sequences, positions: Integers, *, price: Price = "unit", once_per: OncePer = "frame"
) -> Orders:
    """Count the order behind several events once, and price it.

    Parameters
    ----------
    sequences
        The events.
    positions
        Positions of the purchase events, each walker's ascending.
    price
        Whether the property price is that of one piece or of all.
    once_per
        Of the events with one order number the first counts: of the whole ``"frame"``, or of each
        ``"walker"``.

    Returns
    -------
    Orders
        In the order of the positions.
    """
    numbered = filled_texts(sequences, "prop_transaction_id", positions)
    kept = np.flatnonzero(_is_new(sequences, positions, numbered, once_per))
    positions = positions[kept]
    value = numbers(sequences, "prop_value", positions)
    of_one = numbers(sequences, "prop_price", positions)
    quantity = numbers(sequences, "prop_quantity", positions)
    pieces = np.where(np.abs(quantity) < LIMIT, quantity, 1.0)
    with np.errstate(over="ignore"):
        worth = of_one * pieces if price == "unit" else of_one
    return Orders(
        positions,
        numbered.take(kept),
        filled_texts(sequences, "prop_currency", positions),
        rounded(np.where(np.isnan(value), worth, value)),
        np.rint(pieces).astype(np.int64),
    )


def _is_new(
    sequences: Sequences, positions: Integers, numbered: ExtensionArray, once_per: OncePer
) -> Mask:
    codes = codes_of(pd.Series(numbered))
    unnumbered = codes < 0
    codes[unnumbered] = codes.max(initial=-1) + 1 + np.arange(int(unnumbered.sum()))
    seen = {"code": codes}
    if once_per == "walker":
        seen["walker"] = sequences.walkers_at(positions)
    repeated: Mask = pd.DataFrame(seen).duplicated().to_numpy(dtype=bool)
    return ~repeated
