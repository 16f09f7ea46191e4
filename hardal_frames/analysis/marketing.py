"""Marketing: the touch that began each session, and the touches that conversions are owed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._credit import MODELS, Paths, adding_up, credit_of, weights_of
from hardal_frames.analysis._encoding import ranks
from hardal_frames.analysis._groups import column_names, grouped
from hardal_frames.analysis._landing import UTM, campaigns, hosts, referred, utm
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._orders import PRICE, in_order_of_time, orders_of
from hardal_frames.analysis._steps import duration_in_microseconds, match_step
from hardal_frames.analysis._values import texts
from hardal_frames.analysis._visits import leading_to, preferring, visits_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pandas.api.extensions import ExtensionArray

    from hardal_frames.analysis._credit import Credit, Model
    from hardal_frames.analysis._orders import Orders, Price
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._steps import Missing, Step

TOUCH: Final = ("kind", *UTM)
KINDS: Final = ("campaign", "referral", "direct")
CAMPAIGN, REFERRAL, DIRECT = range(3)


def touches(events: pd.DataFrame, *, key: str = "session_id") -> pd.DataFrame:
    """Tell what brought each session: a campaign, another site, or nothing that is known.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name; the properties utm_*, referrer and url are
        used where they are there.
    key
        Column that names what was brought.

    Returns
    -------
    DataFrame
        One row a session, in order of its first event: session_id (or the key), start (timestamp of
        that event, in the frame's zone), id (string: of the event that tells; missing for direct),
        kind (``"campaign"``, ``"referral"`` or ``"direct"``), utm_source, utm_medium, utm_campaign,
        utm_content, utm_term (strings).

    Raises
    ------
    InvalidInput
        If the frame cannot be analysed.

    Notes
    -----
    A campaign is told by the session's first event that has any utm property, all five read from
    that event, as in `session_summary`. Without one, the session's first event that has a referrer
    tells: its host is the source and ``"referral"`` the medium, unless it is the host of the
    event's own url (a leading ``www.`` aside), as from one page of the site to the next. Later
    referrers do not count: a bank that sends a customer back after the payment brought nobody. What
    is left is ``"direct"``, with the source ``"direct"`` and the medium ``"none"``.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [{"name": "page_view", "timestamp": "2026-03-02T10:00:00Z", "sessionId": "s1",
    ...       "properties": {"utm_source": "newsletter"}},
    ...      {"name": "page_view", "timestamp": "2026-03-02T11:00:00Z", "sessionId": "s2",
    ...       "url": "https://shop.example/", "referrer": "https://www.google.com/"},
    ...      {"name": "page_view", "timestamp": "2026-03-02T12:00:00Z", "sessionId": "s3"}],
    ... )
    >>> hf.touches(events)[["session_id", "kind", "utm_source", "utm_medium"]]
      session_id      kind      utm_source utm_medium
    0         s1  campaign      newsletter       <NA>
    1         s2  referral  www.google.com   referral
    2         s3    direct          direct       none
    """
    sequences = sequences_of(events, key=key)
    order = sequences.in_reporting_order(sequences.firsts)
    firsts = sequences.firsts[order]
    _, told_by, columns = _touches(sequences, order)
    table = {
        "start": sequences.column("timestamp", firsts),
        "id": texts(sequences, "id", told_by),
        **columns,
    }
    return sequences.keyed(firsts, table)


def attribution(
    events: pd.DataFrame,
    conversion: Step,
    *,
    model: Model = "last",
    by: str | Sequence[str] = "utm_source",
    visitor: str = "visitor_id",
    lookback: str | timedelta | None = None,
    position_weights: tuple[float, float, float] = (0.4, 0.2, 0.4),
    ignore_direct: bool = True,
    revenue: bool = False,
    price: Price = "unit",
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """Share conversions among the touches of all sessions by which their visitors came.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp, name and the visitor; `with_sessions` gives events
        their visitor. The touch of a session is what `touches` says.
    conversion
        An event name, a list of names of which any counts, or a dict of column to value(s).
    model
        ``"last"``: the last touch gets all; ``"first"``: the first does; ``"linear"``: each gets as
        much; ``"position"``: the first, those between together, and the last get position_weights.
    by
        Which columns of the touch to tell apart: kind, utm_source, utm_medium, utm_campaign,
        utm_content, utm_term, one or several.
    visitor
        Column that names the visitor.
    lookback
        How long before the conversion a session may have begun at most, inclusive; None for ever.
    position_weights
        Three numbers from 0. Of two touches, each gets its weight of the two; a single one all.
    ignore_direct
        Whether direct sessions count only where a visitor has no others, as Google Analytics does.
    revenue
        Whether to share the conversions' money as well: rows are then told apart by currency too.
    price
        Whether the property price is that of one piece (``"unit"``) or of all (``"total"``).
    missing
        ``"error"`` or ``"zero"`` for a conversion that no event of the frame is.
    key
        Column that names the session.

    Returns
    -------
    DataFrame
        One row a touch, most conversions first: the columns of by (strings); currency (string) if
        revenue is asked for; sessions (int64: all that began with this touch, in each currency's
        row the same), conversions (float64: its shares of conversions), first_touches, last_touches
        (int64: conversions of which it is the first touch, and the last), revenue (Float64, in
        units of the currency, if asked for; missing where no conversion with an amount is shared),
        attributed (bool). Conversions without any touch in the lookback are the last row,
        (or rows, by currency): by is missing there, and attributed False.

    Raises
    ------
    UnknownName
        If no event is such a conversion, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame or an option cannot be used.

    Notes
    -----
    Every event that fills conversion is one, but several with one transaction_id are one, the
    earliest, as in `purchases`. Its path are the visitor's sessions in order of their first events,
    (then of their ids), up to and including the session in which it happens. A session belongs to
    the visitor of its first event that names one; where none does, the session is a visitor of its
    own. Shares are exact fractions, rounded at the end in such a way that the column conversions
    adds up to the number of conversions exactly; revenue is rounded to the nearest double.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> visits = [("s1", "02", "newsletter"), ("s2", "03", "google"), ("s3", "04", None)]
    >>> events = hf.events_from_records(
    ...     [{"name": "page_view", "timestamp": f"2026-03-{day}T10:00:00Z", "sessionId": session,
    ...       "properties": {"utm_source": source} if source else {}}
    ...      for session, day, source in visits]
    ...     + [{"name": "purchase", "timestamp": "2026-03-04T10:05:00Z", "sessionId": "s3"}],
    ... )
    >>> events["visitor_id"] = "v1"
    >>> table = hf.attribution(events, "purchase", model="linear")
    >>> table[["utm_source", "conversions", "first_touches", "last_touches"]]
       utm_source  conversions  first_touches  last_touches
    0      google          0.5              0             1
    1  newsletter          0.5              1             0
    2      direct          0.0              0             0
    """
    weights = weights_of(position_weights)
    longest = None if lookback is None else duration_in_microseconds(lookback, "lookback")
    schema.require_one_of(model, "model", MODELS)
    schema.require_one_of(price, "price", PRICE)
    columns = _touch_columns(by)
    sequences = sequences_of(events, key=key)
    schema.require_columns(sequences.frame, (visitor,))
    found = match_step(sequences, conversion, missing=missing).positions
    orders = orders_of(sequences, in_order_of_time(sequences, found), price=price)
    visits = visits_of(sequences, visitor)
    kinds, _, touch = _touches(sequences, visits.order)
    groups, begins = grouped([ranks(touch[name]) for name in columns], len(visits.order))
    currencies = ranks(orders.currencies)
    if not revenue:
        currencies = np.full_like(currencies, -1)
    runs = leading_to(visits, sequences, orders.positions, longest)
    preferred = (kinds != DIRECT) | (not ignore_direct)
    paths = _paths(groups, currencies, orders, preferring(preferred, *runs))
    credit = credit_of(paths, model, weights)
    group, offset, rows = _rows(paths, credit)
    table: dict[str, Any] = {
        name: touch[name].take(np.append(begins, -1), allow_fill=True).take(group)
        for name in columns
    }
    if revenue:
        table["currency"] = _currencies(orders, currencies, offset)
    else:
        del rows["revenue"]
    table["sessions"] = np.bincount(groups, minlength=len(begins) + 1)[group]
    return pd.DataFrame(table | rows | {"attributed": group < len(begins)})


def _touches(
    sequences: Sequences, walkers: Integers
) -> tuple[Integers, Integers, dict[str, ExtensionArray]]:
    """Kind of touch of the given walkers, the event that tells, and the touch itself."""
    campaign = campaigns(sequences)[walkers]
    referrer = referred(sequences)[walkers]
    source = pd.Series(hosts(texts(sequences, "referrer", referrer)))
    own = pd.Series(hosts(texts(sequences, "url", referrer)))
    inside = source.str.removeprefix("www.").eq(own.str.removeprefix("www."))
    brought = source.notna().to_numpy() & ~inside.to_numpy(dtype=bool, na_value=False)
    kinds = np.where(campaign >= 0, CAMPAIGN, np.where(brought, REFERRAL, DIRECT))
    columns = {"kind": pd.array(KINDS, dtype=schema.TEXT).take(kinds), **utm(sequences, campaign)}
    known = pd.Series(columns["utm_source"])
    known = known.mask(kinds == REFERRAL, source).mask(kinds == DIRECT, "direct")
    media = pd.Series(columns["utm_medium"])
    media = media.mask(kinds == REFERRAL, "referral").mask(kinds == DIRECT, "none")
    columns |= {"utm_source": known.array, "utm_medium": media.array}
    told_by = np.where(kinds == CAMPAIGN, campaign, np.where(kinds == REFERRAL, referrer, -1))
    return kinds, told_by, columns


def _touch_columns(by: object) -> list[str]:
    columns = column_names(by, name="by", taken=())
    for name in columns:
        schema.require_one_of(name, "by", TOUCH)
    return columns


def _paths(
    groups: Integers,
    currencies: Integers,
    orders: Orders,
    runs: tuple[Integers, Integers, Integers],
) -> Paths:
    """Give conversions their touches; those without any get one that stands for none."""
    listed, begins, lengths = runs
    width = int(currencies.max(initial=-1)) + 2
    none = groups.max(initial=-1) + 1
    return Paths(
        cells=np.append(groups[listed], none) * width,
        begins=np.where(lengths == 0, len(listed), begins),
        lengths=np.maximum(lengths, 1),
        # The last of a touch's cells is for conversions without a currency.
        offsets=np.where(currencies < 0, width - 1, currencies),
        width=width,
        amounts=orders.amounts,
    )


def _rows(paths: Paths, credit: Credit) -> tuple[Integers, Integers, dict[str, Any]]:
    """Touch and currency of each row of the table, and what it counts."""
    ends = paths.begins + paths.lengths - 1
    firsts = np.bincount(paths.cells[paths.begins] + paths.offsets, minlength=paths.cell_count)
    lasts = np.bincount(paths.cells[ends] + paths.offsets, minlength=paths.cell_count)
    is_used = (np.array(credit.conversions, dtype=object) > 0) | (firsts > 0) | (lasts > 0)
    by_touch = is_used.astype(bool).reshape(-1, paths.width)
    # A touch that led to nothing is shown as well.
    by_touch[:-1, -1] |= ~by_touch[:-1].any(axis=1)
    none = len(by_touch) - 1
    cells = sorted(
        np.flatnonzero(by_touch).tolist(),
        key=lambda cell: (cell // paths.width == none, -credit.conversions[cell]),
    )
    group, offset = np.divmod(np.array(cells, dtype=np.int64), paths.width)
    conversions = [credit.conversions[cell] for cell in cells]
    is_priced = np.array([credit.priced[cell] > 0 for cell in cells], dtype=bool)
    touched = group < none
    return (
        group,
        offset,
        {
            "conversions": adding_up(conversions, credit.denominator),
            "first_touches": np.where(touched, firsts[cells], 0),
            "last_touches": np.where(touched, lasts[cells], 0),
            "revenue": pd.arrays.FloatingArray(credit.amounts(cells), ~is_priced),
        },
    )


def _currencies(orders: Orders, places: Integers, offset: Integers) -> ExtensionArray:
    """Text of the currency of each row, from the places of the orders' currencies."""
    _, one = np.unique(np.append(places, -1), return_index=True)
    known = orders.currencies.take(one[1:])
    chosen: ExtensionArray = known.take(np.where(offset < len(known), offset, -1), allow_fill=True)
    return chosen
