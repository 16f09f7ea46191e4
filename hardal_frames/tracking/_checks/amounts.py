"""Prices and quantities that cannot be reckoned with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames.tracking._checks._patterns import IS_NUMBER, LIKE_NUMBER
from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hardal_frames.tracking._log import Integers, Log, Mask
    from hardal_frames.tracking.finding import Severity

AMOUNTS: Final = (
    "price",
    "unit_price",
    "value",
    "revenue",
    "total",
    "subtotal",
    "amount",
    "tax",
    "shipping",
    "discount",
    "quantity",
)
COMMERCE: Final = ("price", "currency", "transaction_id", "quantity", "items")
"""An event with one of these has to do with money; elsewhere `value` may be anything."""

MAY_BE_NEGATIVE: Final = frozenset({"discount"})
GIVES_BACK: Final = ("refund", "return", "cancel", "remove", "iade", "iptal")
"""Parts of the names of events that take money back: their amounts may be negative."""

BAD_ITEM: Final = (
    r'"(?:price|quantity)"\s*:\s*(?:-|"[^"]*[^0-9."][^"]*"|""|"[^"]*\.[^"]*\.[^"]*"|null)'
)

LOOK: Final = {
    "text": "is no number and counts as missing in every sum",
    "comma": "is written with a decimal comma, a currency or points between thousands, and counts "
    "as missing in every sum; send 1299.9 rather than '1.299,90 TL'",
    "negative": "is negative and takes away from every sum",
    "zero": "is zero, as if nothing had been bought",
    "endless": "is infinite",
}


@dataclass(frozen=True)
class _Read:
    """What the rows of a column hold: the number, and whether it is a text that is none."""

    numbers: npt.NDArray[np.float64]
    is_text: Mask
    is_like_number: Mask


def is_amount(column: str) -> bool:
    """Whether a column is one of those that must be numbers."""
    return column.removeprefix("prop_") in AMOUNTS


def bad_number(log: Log) -> Iterator[Finding]:
    """Find prices, quantities and the like that are no numbers, infinite or negative.

    Zero is a finding for quantity only: what is free may be meant so; discounts may be negative. A
    text that does not look like a number is only one where money is concerned and most of that
    event's values are numbers, or in a purchase; events that give money back may be negative.
    """
    of_commerce = _names_of_commerce(log)
    for column in filter(is_amount, log.properties):
        read = _read(log, column)
        rows = np.flatnonzero(log.filled(column) & of_commerce[log.name_codes])
        for name, own in log.split_by_name(rows):
            for kind, bad in _faults(log, column, name, read, own):
                yield _finding(log, column, name, kind, bad)
    if log.has("prop_items"):
        items = log.distinct("prop_items")
        for name, own in log.split_by_name(np.flatnonzero(items.where(items.find(BAD_ITEM)))):
            yield Finding(
                "high",
                f"items of {name!r} hold a price or quantity that is no number, or negative; "
                "it is lost when items are taken apart. Send numbers, 1299.9 rather than "
                "'1.299,90 TL'.",
                own,
                of=len(log.named(name)),
                name=name,
                property="items",
            )


def _finding(log: Log, column: str, name: str, kind: str, rows: Integers) -> Finding:
    severity: Severity = "medium" if kind == "zero" else "high"
    prop = column.removeprefix("prop_")
    return Finding(
        severity,
        f"{prop} of {name!r} {LOOK[kind]}. Look at what the tag writes there.",
        rows,
        of=len(log.named(name)),
        name=name,
        property=prop,
    )


def _names_of_commerce(log: Log) -> Mask:
    """Which of the names have events with a price, a currency or an order."""
    found = np.array([name == log.limits.purchase for name in log.names], dtype=bool)
    for column in COMMERCE:
        counts = np.bincount(log.name_codes[log.filled(f"prop_{column}")], minlength=len(log.names))
        # A stray one among thousands makes no event one of commerce.
        found |= counts * 2 > log.name_counts
    return found


def _faults(
    log: Log, column: str, name: str, read: _Read, rows: Integers
) -> Iterator[tuple[str, Integers]]:
    numbers, is_text, is_like = read.numbers[rows], read.is_text[rows], read.is_like_number[rows]
    mostly_numbers = 2 * np.count_nonzero(~is_text | is_like) > len(rows)
    plain = is_text & ~is_like
    if name == log.limits.purchase or mostly_numbers:
        yield "text", rows[plain]
    yield "comma", rows[is_text & is_like]
    yield "endless", rows[np.isinf(numbers)]
    prop = column.removeprefix("prop_")
    gives_back = any(part in name.casefold() for part in GIVES_BACK)
    if prop not in MAY_BE_NEGATIVE and not gives_back:
        yield "negative", rows[(numbers < 0) & np.isfinite(numbers)]
    if prop == "quantity" and not gives_back:
        yield "zero", rows[numbers == 0]


def _read(log: Log, column: str) -> _Read:
    values = log.frame[column]
    dtype: Any = values.dtype
    if getattr(dtype, "kind", "O") in "iuf":
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        none = np.zeros(len(log), dtype=bool)
        return _Read(numbers, none, none)
    distinct = log.distinct(column)
    is_number, is_like = distinct.find(IS_NUMBER), distinct.find(LIKE_NUMBER)
    texts = pd.Series(distinct.texts, dtype=object)
    read = pd.to_numeric(texts.where(is_number), errors="coerce").to_numpy(dtype=np.float64)
    return _Read(
        np.append(read, np.nan)[distinct.codes],
        distinct.where(~is_number & ~distinct.blank),
        distinct.where(is_like & ~is_number),
    )
