"""What a purchase must say, and what must come before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hardal_frames.tracking._checks._chance import nearly_all
from hardal_frames.tracking._checks._currencies import CURRENCIES
from hardal_frames.tracking.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._log import Integers, Log, Mask

STEPS: Final = (
    "view_item",
    "add_to_cart",
    "view_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
)


class Need(NamedTuple):
    """Something that a purchase must have: properties of which one is enough."""

    enough: tuple[str, ...]
    severity: Severity
    consequence: str


NEEDS: Final = {
    "value": Need(("value", "price", "items"), "high", "its revenue is not known"),
    "currency": Need(("currency",), "high", "its revenue can be added to no other"),
    "quantity": Need(("quantity", "items"), "medium", "it counts as one piece"),
    "transaction_id": Need(
        ("transaction_id",), "medium", "an order sent again cannot be told from another order"
    ),
}


def lacking(log: Log) -> dict[str, Integers]:
    """Purchases that lack each of the things that a purchase must have."""
    rows = log.named(log.limits.purchase)
    found = {}
    for name, need in NEEDS.items():
        has_any = np.logical_or.reduce([_said(log, prop)[rows] for prop in need.enough])
        found[name] = rows[~has_any]
    return found


def _said(log: Log, column: str) -> Mask:
    filled = log.filled(f"prop_{column}")
    if column == "items" and filled.any():
        items = log.distinct("prop_items")
        filled &= ~items.where(items.find(r"^\s*(\[\s*\]|\{\s*\})\s*$"))
    return filled


def incomplete_purchase(log: Log) -> Iterator[Finding]:
    """Find purchases without amount, currency, quantity or transaction id."""
    name = log.limits.purchase
    for prop, rows in lacking(log).items():
        need = NEEDS[prop]
        yield Finding(
            need.severity,
            f"{name!r} without {' or '.join(need.enough)}: {need.consequence}. Look at what the "
            "tag reads on the thank-you page, and whether it is there when the tag fires.",
            rows,
            of=len(log.named(name)),
            name=name,
            property=prop,
        )


def mixed_currencies(log: Log) -> Iterator[Finding]:
    """Find currencies that are no code of ISO 4217, and sessions with several that are.

    In a session with several, the currency of most of its events, of the first of these, is right.
    """
    if not log.has("prop_currency"):
        return
    values = log.distinct("prop_currency")
    is_code = np.array([text in CURRENCIES for text in values.texts], dtype=bool)
    for name, rows in log.split_by_name(np.flatnonzero(values.where(~is_code & ~values.blank))):
        yield Finding(
            "high",
            f"{name!r} has a currency that is no code of ISO 4217 in capitals, such as 'TRY'; "
            "sums are then kept apart from those of the right code, or left out.",
            rows,
            of=len(log.named(name)),
            name=name,
            property="currency",
        )
    rows = _of_another_currency(log, np.flatnonzero(values.where(is_code)))
    for name, own in log.split_by_name(rows):
        yield Finding(
            "medium",
            f"{name!r} has another currency than most events of its session. Look whether the "
            "visitor changed it, or a page writes its own.",
            own,
            of=len(log.named(name)),
            name=name,
            property="currency",
        )


def _of_another_currency(log: Log, rows: Integers) -> Integers:
    rows = log.in_time(rows)
    codes = log.distinct("prop_currency").codes[rows].astype(np.int64)
    size = int(codes.max(initial=0)) + 1
    pairs, first, pair_of, counts = np.unique(
        log.walkers[rows] * size + codes, return_index=True, return_inverse=True, return_counts=True
    )
    sessions = pairs // size
    order = np.lexsort((first, -counts, sessions))
    is_main = np.zeros(len(pairs), dtype=bool)
    is_main[order[np.flatnonzero(np.diff(sessions[order], prepend=-1))]] = True
    minor: Integers = rows[~is_main[pair_of.reshape(-1)]]
    return minor


def purchase_without_steps(log: Log) -> Iterator[Finding]:
    """Find purchases that none of the steps comes before that nearly all purchases have.

    The steps are those of the usual names that precede nearly all purchases in their sessions, or,
    where none of these does, whatever other event does, page views apart. No step is taken from so
    few purchases that chance could have put it there.
    """
    name = log.limits.purchase
    if name not in log.names:
        return
    sequences = log.sequences
    places = np.flatnonzero(sequences.names == log.names.index(name))
    firsts, session_of = _first_places(log, places)
    before = firsts[session_of] < places[:, None]
    is_nearly = nearly_all(before.sum(axis=0), len(places), log.limits.nearly_all)
    usual = [code for code, step in enumerate(log.names) if step in STEPS and is_nearly[code]]
    views = np.zeros(len(log.names), dtype=bool)
    views[log.name_codes[log.is_pageview]] = True
    others = [
        code
        for code, step in enumerate(log.names)
        if is_nearly[code] and not views[code] and step != name
    ]
    steps = usual or others
    if not steps:
        return
    rows = sequences.rows[places[~before[:, steps].any(axis=1)]]
    told = ", ".join(repr(log.names[code]) for code in steps[:3])
    yield Finding(
        "medium",
        f"{name!r} without any of the steps that nearly all purchases have before them ({told}). "
        "Look whether the payment page starts a new session, or a test or a server sends it.",
        rows,
        of=len(places),
        name=name,
    )


def _first_places(log: Log, places: Integers) -> tuple[Integers, Integers]:
    """Place in the order of the first event of each name, in the sessions of some events.

    The second array says which row of the first is each event's session; where a session has no
    event of a name stands the place after the last.
    """
    sequences = log.sequences
    walkers, session_of = np.unique(sequences.walkers[places], return_inverse=True)
    number = np.full(sequences.walker_count, -1, dtype=np.int64)
    number[walkers] = np.arange(len(walkers))
    own = np.flatnonzero(number[sequences.walkers] >= 0)
    size = len(log.names)
    cells = number[sequences.walkers[own]] * size + sequences.names[own]
    cells, first = np.unique(cells, return_index=True)
    found = np.full(len(walkers) * size, len(log), dtype=np.int64)
    found[cells] = own[first]
    return np.asarray(found.reshape(len(walkers), size)), np.asarray(session_of.reshape(-1))
