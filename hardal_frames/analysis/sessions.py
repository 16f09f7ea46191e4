"""What each session was, in one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import codes_of
from hardal_frames.analysis._sequences import sequences_of

if TYPE_CHECKING:
    import numpy.typing as npt
    from pandas.api.extensions import ExtensionArray

    from hardal_frames.analysis._sequences import Integers, Sequences

    Mask = npt.NDArray[np.bool_]

UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
PURCHASE: Final = "purchase"


def session_summary(events: pd.DataFrame, *, key: str = "session_id") -> pd.DataFrame:
    """Sum up each session.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name; type, path, referrer and the properties
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
    where it has none price times quantity (1 where missing). The session's revenue is missing
    where one of its purchases has neither value nor price, or where their currencies differ.

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
    sequences = sequences_of(events, key=key)
    order = sequences.in_reporting_order(sequences.firsts)
    firsts, lasts = sequences.firsts[order], sequences.lasts[order]
    duration = sequences.times[lasts] - sequences.times[firsts]
    table: dict[str, Any] = {
        "start": sequences.column("timestamp", firsts),
        "end": sequences.column("timestamp", lasts),
        "duration": duration.view("timedelta64[us]"),
        "events": sequences.lengths[order],
        "page_views": _per_walker(sequences, _is_page_view(sequences))[order],
        "distinct_names": _distinct_names(sequences)[order],
        "entry_name": sequences.name_column(sequences.names[firsts]),
        "exit_name": sequences.name_column(sequences.names[lasts]),
    }
    table |= {name: values.take(order) for name, values in _places(sequences).items()}
    table |= {name: values.take(order) for name, values in _landing_utm(sequences).items()}
    table["bounce"] = table["events"] == 1
    table |= {name: values.take(order) for name, values in _purchases(sequences).items()}
    return sequences.keyed(firsts, table)


def _per_walker(sequences: Sequences, mask: Mask) -> Integers:
    """How many of the events that the mask marks each walker has."""
    counts = np.bincount(sequences.walkers[mask], minlength=sequences.walker_count)
    return counts.astype(np.int64, copy=False)


def _is_page_view(sequences: Sequences) -> Mask:
    if _present(sequences, "type").any():
        is_one = (sequences.frame["type"] == "pageview").to_numpy(dtype=bool, na_value=False)
        return is_one[sequences.rows]
    return sequences.named(["page_view"])


def _distinct_names(sequences: Sequences) -> Integers:
    size = max(len(sequences.labels), 1)
    pairs = np.unique(sequences.walkers * size + sequences.names)
    return np.bincount(pairs // size, minlength=sequences.walker_count)


def _present(sequences: Sequences, column: str) -> Mask:
    """Events that have a value in the column; none if there is no such column."""
    if column not in sequences.frame.columns:
        return np.zeros(len(sequences.rows), dtype=bool)
    present = sequences.frame[column].notna().to_numpy(dtype=bool)
    return present[sequences.rows]


def _first(sequences: Sequences, mask: Mask) -> Integers:
    """Position of each walker's first event that the mask marks, or -1."""
    result = np.full(sequences.walker_count, -1, dtype=np.int64)
    firsts = sequences.first_of_each(np.flatnonzero(mask))
    result[sequences.walkers[firsts]] = firsts
    return result


def _last(sequences: Sequences, mask: Mask) -> Integers:
    """Position of each walker's last event that the mask marks, or -1."""
    result = np.full(sequences.walker_count, -1, dtype=np.int64)
    marked = np.flatnonzero(mask)
    result[sequences.walkers[marked]] = marked  # of several, numpy keeps the last
    return result


def _places(sequences: Sequences) -> dict[str, ExtensionArray]:
    has_path = _present(sequences, "path")
    referrers = sequences.text("referrer", _first(sequences, _present(sequences, "referrer")))
    hosts = {text: _host(text) for text in pd.unique(referrers) if isinstance(text, str)}
    referrer_hosts = [hosts.get(text) if isinstance(text, str) else None for text in referrers]
    return {
        "entry_path": sequences.text("path", _first(sequences, has_path)),
        "exit_path": sequences.text("path", _last(sequences, has_path)),
        "referrer_host": pd.array(referrer_hosts, dtype=schema.TEXT),
    }


def _host(referrer: str) -> str | None:
    try:
        return urlsplit(referrer).hostname
    except ValueError:
        return None


def _landing_utm(sequences: Sequences) -> dict[str, ExtensionArray]:
    columns = {name: schema.PROPERTY_PREFIX + name for name in UTM}
    has_any = np.logical_or.reduce([_present(sequences, column) for column in columns.values()])
    landing = _first(sequences, has_any)
    return {name: sequences.text(column, landing) for name, column in columns.items()}


def _purchases(sequences: Sequences) -> dict[str, ExtensionArray]:
    bought = _distinct_purchases(sequences)
    walkers = sequences.walkers[bought]
    value = _number_at(sequences, "prop_value", bought)
    price = _number_at(sequences, "prop_price", bought)
    quantity = _number_at(sequences, "prop_quantity", bought)
    pieces = np.where(np.isnan(quantity), 1.0, quantity)
    currency = sequences.text("prop_currency", bought)
    purchases = pd.DataFrame(
        {
            "amount": np.where(np.isnan(value), price * pieces, value),
            "items": pieces,
            "currency": pd.Series(currency, dtype=object).fillna("").to_numpy(),
        }
    )
    grouped = purchases.groupby(walkers)
    # One unpriced purchase, or a second currency, and no sum would be the session's revenue.
    one_currency = grouped["currency"].min() == grouped["currency"].max()
    comparable = one_currency & (grouped["amount"].count() == grouped.size())
    revenue = grouped["amount"].sum().where(comparable)
    known_currency = grouped["currency"].first().where(comparable)
    everyone = pd.RangeIndex(sequences.walker_count)
    items = grouped["items"].sum().reindex(everyone)
    return {
        "purchases": pd.array(np.bincount(walkers, minlength=len(everyone)), dtype="Int64"),
        "revenue": revenue.reindex(everyone).astype("Float64").array,
        "currency": known_currency.replace("", None).reindex(everyone).astype(schema.TEXT).array,
        "items": items.round().astype("Int64").array,
    }


def _distinct_purchases(sequences: Sequences) -> Integers:
    """Positions of the purchases, of several with one transaction_id in a session the first."""
    bought = np.flatnonzero(sequences.named([PURCHASE]))
    if "prop_transaction_id" not in sequences.frame.columns:
        return bought
    codes = codes_of(pd.Series(sequences.column("prop_transaction_id", bought)))
    unnamed = codes < 0
    codes[unnamed] = codes.max(initial=-1) + 1 + np.arange(int(unnamed.sum()))
    pairs = pd.DataFrame({"walker": sequences.walkers[bought], "code": codes})
    repeated = np.flatnonzero(pairs.duplicated().to_numpy(dtype=bool))
    return np.delete(bought, repeated)


def _number_at(sequences: Sequences, column: str, positions: Integers) -> npt.NDArray[np.float64]:
    """Numbers of a column at the given events; NaN where there is none."""
    if column not in sequences.frame.columns:
        return np.full(len(positions), np.nan)
    values = pd.Series(sequences.column(column, positions))
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
