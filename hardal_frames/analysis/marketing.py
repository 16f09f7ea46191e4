"""Marketing: the touch that began each session, and the touches that conversions are owed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardal_frames import schema
from hardal_frames.analysis._attribution import Asked, Conversions
from hardal_frames.analysis._counting import Counting, computed
from hardal_frames.analysis._credit import MODELS, weights_of
from hardal_frames.analysis._groups import column_names
from hardal_frames.analysis._listed import Listed, listed
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._orders import PRICE
from hardal_frames.analysis._steps import duration_in_microseconds
from hardal_frames.analysis._touch import TOUCH, touch_columns, touches_of
from hardal_frames.analysis._values import texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    import pandas as pd

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._credit import Model
    from hardal_frames.analysis._orders import Price
    from hardal_frames.analysis._steps import Missing, Step


def touches(events: Events, *, key: str = "session_id") -> pd.DataFrame:
    """Tell what brought each session: a campaign, another site, or nothing that is known.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns; the
        properties utm_*, referrer and url are
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

    With ``key="visitor_id"`` it is the first campaign that a visitor ever came by, in whichever
    session, and even after a purchase. What brought a conversion is told by `attribution`; a
    visitor's first event alone, by ``by=`` of `conversion_time` and `funnel`.

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
    return computed(events, _TouchRows(key))


@dataclass(frozen=True)
class _TouchRows(Counting[Listed, "pd.DataFrame"]):
    key: str

    def columns(self) -> list[str]:
        return touch_columns()

    def count(self, events: pd.DataFrame) -> Listed:
        sequences = sequences_of(events, key=self.key)
        order = sequences.in_reporting_order(sequences.firsts)
        firsts = sequences.firsts[order]
        _, told_by, columns = touches_of(sequences, order)
        table = {
            "start": sequences.column("timestamp", firsts),
            "id": texts(sequences, "id", told_by),
            **columns,
        }
        return listed(sequences.keyed(firsts, table), sequences.times[firsts], self.key)

    def finish(self, whole: Listed) -> pd.DataFrame:
        return whole.table


def attribution(
    events: Events,
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
        Any frame with session_id, timestamp, name and the visitor, or what `scan_events` returns;
        `with_sessions` gives events
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
    schema.require_one_of(missing, "missing", ("error", "zero"))
    asked = Asked(
        conversion=conversion,
        model=model,
        weights=weights,
        by=tuple(_touch_columns(by)),
        visitor=visitor,
        longest=longest,
        ignore_direct=ignore_direct,
        revenue=revenue,
        price=price,
        missing=missing,
    )
    return computed(events, Conversions(asked, key))


def _touch_columns(by: object) -> list[str]:
    columns = column_names(by, name="by", taken=())
    for name in columns:
        schema.require_one_of(name, "by", TOUCH)
    return columns
