"""What each session was, in one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._amounts import group_sums
from hardal_frames.analysis._counting import Counting, Latest, computed
from hardal_frames.analysis._encoding import codes_of
from hardal_frames.analysis._landing import UTM, campaigns, hosts, referred, utm
from hardal_frames.analysis._listed import Listed, listed
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._orders import ORDER_COLUMNS, orders_of
from hardal_frames.analysis._parts import in_threads
from hardal_frames.analysis._statistics import group_integers
from hardal_frames.analysis._values import marked, present, texts

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._values import Mask

    Columns = dict[str, Any]

PURCHASE: Final = "purchase"

_VIEWS_BY_NAME: Final = "page_views by name"

_BITS: Final = 64
_BITS_OF_TWO_BYTES: Final = 16


def session_summary(events: Events, *, key: str = "session_id") -> pd.DataFrame:
    """Sum up each session.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns;
        type, path, referrer and the properties
        value, price, quantity, currency, transaction_id and utm_* are used where they are there.
    key
        Column that names what is summed up.

    Returns
    -------
    DataFrame
        One row a session, in order of its first event: session_id (or the key), start, end
        (timestamps in the frame's zone), duration (timedelta64[us]), events, page_views,
        distinct_names (int64), entry_name, exit_name, entry_path, exit_path (the first and the
        last path there is), referrer_host (of the first referrer), utm_source, utm_medium,
        utm_campaign, utm_content, utm_term (all of the first event that has one), bounce (bool:
        it has one event only), purchases (int64), revenue (Float64), currency, items (Int64).

    Raises
    ------
    InvalidInput
        If the frame cannot be analysed.

    Notes
    -----
    Page views are events of type pageview; where no event has a type, those called page_view.
    A purchase is an event of that name; one that repeats a transaction_id of its session does
    not count again. What a purchase is worth is its property value, the sum of the order, and
    where it has none price times quantity (1 where missing), as `purchases` says it. The session's
    revenue is missing where one of its purchases has neither value nor price, or where their
    currencies differ. The campaign is the first that there is: with ``key="visitor_id"`` one that
    may have come after a purchase, which `attribution` tells apart.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": "page_view", "type": "pageview", "timestamp": "2026-03-02T10:00:00Z"},
    ...      {"name": "purchase", "timestamp": "2026-03-02T10:04:30Z",
    ...       "properties": {"price": 249.9, "quantity": 2, "currency": "TRY"}}],
    ...     session_id="s1",
    ... )
    >>> hf.session_summary(events)[["duration", "events", "page_views", "revenue", "currency"]]
             duration  events  page_views  revenue currency
    0 0 days 00:04:30       2           1    499.8      TRY
    """
    return computed(events, _SessionSummary(key))


class _Summed(NamedTuple):
    """The rows, with page views by type and by name, and whether any event has a type."""

    rows: Listed
    has_types: Latest


@dataclass(frozen=True)
class _SessionSummary(Counting[_Summed, pd.DataFrame]):
    key: str

    def columns(self) -> list[str]:
        properties = [f"{schema.PROPERTY_PREFIX}{name}" for name in UTM]
        return ["type", "path", "referrer", *ORDER_COLUMNS, *properties]

    def count(self, events: pd.DataFrame) -> _Summed:
        sequences = sequences_of(events, key=self.key)
        order = sequences.in_reporting_order(sequences.firsts)
        parts = (_purchases, _spans, _names, _pages, _sources)
        bought, spans, names, pages, sources = in_threads(
            lambda part: part(sequences, order), parts
        )
        bounce = {"bounce": spans["events"] == 1}
        columns = spans | names | pages | sources | bounce | bought
        firsts = sequences.firsts[order]
        rows = listed(sequences.keyed(firsts, columns), sequences.times[firsts], self.key)
        return _Summed(rows, Latest(int(present(sequences, "type").any())))

    def finish(self, whole: _Summed) -> pd.DataFrame:
        table = whole.rows.table
        unused = _VIEWS_BY_NAME if whole.has_types.value else "page_views"
        return table.drop(columns=unused).rename(columns={_VIEWS_BY_NAME: "page_views"})


def _spans(sequences: Sequences, order: Integers) -> Columns:
    firsts, lasts = sequences.firsts[order], sequences.lasts[order]
    duration = sequences.times[lasts] - sequences.times[firsts]
    return {
        "start": sequences.column("timestamp", firsts),
        "end": sequences.column("timestamp", lasts),
        "duration": duration.view("timedelta64[us]"),
        "events": sequences.lengths[order],
    }


def _names(sequences: Sequences, order: Integers) -> Columns:
    first, last = (sequences.codes[each][order] for each in (sequences.firsts, sequences.lasts))
    return {
        "page_views": marked(sequences, _is_page_view(sequences)).counts[order],
        _VIEWS_BY_NAME: marked(sequences, sequences.named(["page_view"])).counts[order],
        "distinct_names": _distinct_names(sequences)[order],
        "entry_name": sequences.name_column(first),
        "exit_name": sequences.name_column(last),
    }


def _pages(sequences: Sequences, order: Integers) -> Columns:
    pages = marked(sequences, present(sequences, "path"))
    return {
        "entry_path": texts(sequences, "path", pages.first[order]),
        "exit_path": texts(sequences, "path", pages.last[order]),
    }


def _sources(sequences: Sequences, order: Integers) -> Columns:
    referrers = texts(sequences, "referrer", referred(sequences)[order])
    return {"referrer_host": hosts(referrers), **utm(sequences, campaigns(sequences)[order])}


def _is_page_view(sequences: Sequences) -> Mask:
    """Events of type pageview."""
    if "type" not in sequences.frame.columns:
        return np.zeros(len(sequences.times), dtype=bool)
    types = sequences.frame["type"]
    found: Mask = (types == "pageview").to_numpy(dtype=bool, na_value=False)
    return sequences.of_rows(found)


def _distinct_names(sequences: Sequences) -> Integers:
    """How many distinct names each walker's events have."""
    if len(sequences.labels) > _BITS:
        counts = sequences.map_parts(_distinct_names_of_part)
        return np.concatenate([np.zeros(0, dtype=np.int64), *counts])
    bits = sequences.map_parts(_names_as_bits)
    together = np.concatenate([np.zeros(0, dtype=np.uint64), *bits])
    ones = np.zeros(1, dtype=np.int64)
    for _ in range(_BITS_OF_TWO_BYTES):
        ones = np.append(ones, ones + 1)
    each = ones[together.view(np.uint16)].reshape(-1, _BITS // _BITS_OF_TWO_BYTES)
    return np.asarray(each.sum(axis=1))


def _distinct_names_of_part(part: Sequences) -> Integers:
    # Sorted so, each walker's events stay where they are, and equal names meet.
    pairs = np.sort(part.walkers * len(part.labels) + part.names)
    is_new = np.diff(pairs, prepend=-1) != 0
    return np.asarray(np.add.reduceat(is_new, part.firsts, dtype=np.int64))


def _names_as_bits(part: Sequences) -> npt.NDArray[np.uint64]:
    """Make one number of each walker's names, each of which is a bit."""
    bits = np.uint64(1) << np.arange(len(part.labels), dtype=np.uint64)
    return np.bitwise_or.reduceat(bits[part.codes], part.firsts)


def _purchases(sequences: Sequences, order: Integers) -> Columns:
    """Purchases of the walkers, in the given order of theirs."""
    bought = np.flatnonzero(sequences.named([PURCHASE])).astype(np.int64, copy=False)
    orders = orders_of(sequences, bought, once_per="walker")
    walkers, size = sequences.walkers_at(orders.positions), sequences.walker_count
    counts = np.bincount(walkers, minlength=size)
    # One unpriced purchase, or a second currency, and no sum would be the session's revenue.
    unpriced = np.bincount(walkers[~orders.is_priced], minlength=size)
    currencies = codes_of(pd.Series(orders.currencies))
    one = np.full(size, -1, dtype=np.int64)
    one[walkers] = np.arange(len(walkers))
    differs = currencies != currencies[one[walkers]]
    others = np.bincount(walkers[differs], minlength=size)
    comparable = ((counts > 0) & (unpriced == 0) & (others == 0))[order]
    total = group_sums(orders.amounts, walkers, size)[order]
    items = group_integers(orders.items, walkers, size)[order]
    return {
        "purchases": counts[order],
        "revenue": pd.arrays.FloatingArray(total, ~comparable),
        "currency": orders.currencies.take(np.where(comparable, one[order], -1), allow_fill=True),
        "items": pd.arrays.IntegerArray(items, counts[order] == 0),
    }
