"""Sessions, visitors, money and marketing again, slow and obvious: plain loops over plain lists.

An event is a dict as in tests/twins.py, with url, referrer, the utm properties, value, price,
quantity, currency and transaction_id beside. Nothing here is shared with the package.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from urllib.parse import urlsplit

from tests.twins import fills, in_reporting_order, walks_of

UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"]


def exactly(number):
    """Read the decimal number that a float is written as."""
    return Fraction(str(number))


def nearest(fraction):
    """Round to a billionth, then to a double."""
    return round(fraction * 10**9) / 10**9


def order_of(event, price="unit"):
    """Currency, amount and items of a purchase; None where it does not say."""
    quantity = 1 if event["quantity"] is None else event["quantity"]
    amount = None
    if event["value"] is not None:
        amount = exactly(event["value"])
    elif event["price"] is not None:
        amount = exactly(event["price"]) * (quantity if price == "unit" else 1)
    return {
        "transaction_id": event["transaction_id"] or None,
        "currency": event["currency"] or None,
        "amount": amount,
        "items": quantity,
    }


def in_order_of_time(walks):
    """All events with their walkers, by instant, then walker, then place."""
    return [
        (walker, event)
        for _, walker, _, event in sorted(
            (
                (event["timestamp"], walker, place, event)
                for walker, walk in walks.items()
                for place, event in enumerate(walk)
            ),
            key=lambda entry: entry[:3],
        )
    ]


def orders(events, purchase, *, price="unit", once_per="frame", key="session_id"):
    """List (walker, event, order) of the orders, each once, in order of time."""
    seen, found = set(), []
    for walker, event in in_order_of_time(walks_of(events, key)):
        if not fills(event, purchase):
            continue
        order = order_of(event, price)
        number = order["transaction_id"]
        known_by = number if once_per == "frame" else (walker, number)
        if number is not None and known_by in seen:
            continue
        seen.add(known_by)
        found.append((walker, event, order))
    return found


def missing_last(values):
    """Sort values that may be missing after the others."""
    return [(value is None, value or "") for value in values]


def revenue(events, purchase, *, by=(), price="unit", once_per="frame", key="session_id"):
    """List the rows of the table, most orders first."""
    groups = defaultdict(list)
    found = orders(events, purchase, price=price, once_per=once_per, key=key)
    for walker, event, order in found:
        groups[*(event[column] for column in by), order["currency"]].append((walker, order))
    rows = []
    for values in sorted(groups, key=lambda each: (-len(groups[each]), missing_last(each))):
        amounts = [order["amount"] for _, order in groups[values] if order["amount"] is not None]
        total = nearest(sum(amounts)) if amounts else None
        rows.append(
            (
                *values,
                len(groups[values]),
                len(amounts),
                total,
                total / len(amounts) if amounts else None,
                sum(order["items"] for _, order in groups[values]),
                len({walker for walker, _ in groups[values]}),
            )
        )
    return rows


def host(address):
    """Host of an address, or None."""
    return None if address is None else urlsplit(address).hostname


def landing(walk):
    """Five utm properties of the first event that has any."""
    for event in walk:
        if any(event[name] is not None for name in UTM):
            return {name: event[name] for name in UTM}
    return dict.fromkeys(UTM)


def summary(events, key="session_id"):
    """Sum each session up, one dict a session: what tests/twins.py leaves out."""
    walks = walks_of(events, key)
    bought = defaultdict(list)
    for walker, _, order in orders(events, "purchase", once_per="walker", key=key):
        bought[walker].append(order)
    rows = []
    for walker in in_reporting_order(walks):
        walk = walks[walker]
        amounts = [order["amount"] for order in bought[walker]]
        currencies = {order["currency"] for order in bought[walker]}
        comparable = None not in amounts and len(currencies) == 1
        referrers = [event["referrer"] for event in walk if event["referrer"] is not None]
        rows.append(
            {
                key: walker,
                "events": len(walk),
                "distinct_names": len({event["name"] for event in walk}),
                "referrer_host": host(referrers[0]) if referrers else None,
                **landing(walk),
                "purchases": len(bought[walker]),
                "revenue": nearest(sum(amounts)) if comparable else None,
                "currency": currencies.pop() if comparable else None,
                "items": sum(each["items"] for each in bought[walker]) if bought[walker] else None,
            }
        )
    return rows


def split_sessions(events, key, timeout):
    """List (session id, sequence, event) in the order of the frame."""
    walks = walks_of(events, key)
    rows = []
    for walker in in_reporting_order(walks):
        number, sequence, before = 0, 0, None
        for event in walks[walker]:
            if before is None or event["timestamp"] - before > timeout:
                number, sequence = number + 1, 0
            rows.append((f"{walker}-{number}", sequence, event))
            sequence, before = sequence + 1, event["timestamp"]
    return rows


def start_of(instant, zone, period):
    """First day of the period in which an instant lies, by the calendar of a zone."""
    day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(zone)
    day = day.date()
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def next_start(day, period):
    """First day of the next period."""
    if period == "month":
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if period == "week" else 1)


def first_instant(day, zone):
    """First instant of a day, in microseconds: tried minute by minute."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    tried = midnight - timedelta(hours=16)
    while tried.astimezone(zone).date() < day:
        tried += timedelta(minutes=1)
    return (tried - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def retention(events, zone, *, period="week", event=None, periods=None, key="visitor_id"):
    """List (cohort, period, visitors, active, share, complete)."""
    walks = walks_of(events, key)
    if not walks:
        return []
    last = max(
        start_of(each["timestamp"], zone, period) for walk in walks.values() for each in walk
    )
    cohorts = defaultdict(list)
    for walk in walks.values():
        cohorts[start_of(walk[0]["timestamp"], zone, period)].append(walk)
    rows = []
    for cohort in sorted(cohorts):
        number, start = 0, cohort
        while start <= last and (periods is None or number < periods):
            active = sum(
                any(
                    (event is None or fills(each, event))
                    and start_of(each["timestamp"], zone, period) == start
                    for each in walk
                )
                for walk in cohorts[cohort]
            )
            size = len(cohorts[cohort])
            instant = first_instant(cohort, zone)
            rows.append((instant, number, size, active, active / size, start < last))
            number, start = number + 1, next_start(start, period)
    return rows


def touch(walk):
    """Touch of a session: the event that tells, kind, and the five utm properties."""
    for event in walk:
        if any(event[name] is not None for name in UTM):
            return event, {"kind": "campaign", **{name: event[name] for name in UTM}}
    blank = dict.fromkeys(UTM)
    for event in walk:
        if event["referrer"] is not None:
            brought, own = host(event["referrer"]), host(event["url"])
            if brought is not None and (
                own is None or brought.removeprefix("www.") != own.removeprefix("www.")
            ):
                source = {"utm_source": brought, "utm_medium": "referral"}
                return event, {"kind": "referral", **blank, **source}
            break
    return None, {"kind": "direct", **blank, "utm_source": "direct", "utm_medium": "none"}


def weights(model, size, position_weights):
    """Share of each of so many touches."""
    if model == "last":
        return [Fraction(0)] * (size - 1) + [Fraction(1)]
    if model == "first":
        return [Fraction(1)] + [Fraction(0)] * (size - 1)
    if model == "linear" or size == 1:
        return [Fraction(1, size)] * size
    first, between, last = map(exactly, position_weights)
    if size == 2:
        total = first + last
        return [first / total, last / total] if total else [Fraction(1, 2)] * 2
    total = first + between + last
    return [first / total, *[between / total / (size - 2)] * (size - 2), last / total]


def paths_to(events, conversion, *, visitor, lookback, ignore_direct, price):
    """Sessions in their places, and each conversion's order and the touches before it."""
    walks = walks_of(events)
    owner = {}
    for session, walk in walks.items():
        named = [event[visitor] for event in walk if event[visitor] is not None]
        owner[session] = ("visitor", named[0]) if named else ("session", session)
    came = {session: (walk[0]["timestamp"], session) for session, walk in walks.items()}
    touch_of = {session: touch(walk)[1] for session, walk in walks.items()}
    for session, event, order in orders(events, conversion, price=price):
        path = [
            touch_of[other]
            for other in sorted(walks, key=came.get)
            if owner[other] == owner[session]
            and came[other] <= came[session]
            and (lookback is None or event["timestamp"] - came[other][0] <= lookback)
        ]
        others = [each for each in path if each["kind"] != "direct"]
        yield order, others if ignore_direct and others else path


def attribution(
    events,
    conversion,
    *,
    model="last",
    by=("utm_source",),
    visitor="visitor_id",
    lookback=None,
    position_weights=(0.4, 0.2, 0.4),
    ignore_direct=True,
    revenue=False,
    price="unit",
):
    """(touch values, currency, attributed) to (conversions, first, last, revenue), all exact."""
    rows = defaultdict(lambda: [Fraction(0), 0, 0, None])
    options = {"visitor": visitor, "lookback": lookback, "ignore_direct": ignore_direct}
    for order, path in paths_to(events, conversion, price=price, **options):
        currency = order["currency"] if revenue else None
        values = [tuple(each[name] for name in by) for each in path]
        entries = [(value, currency, True) for value in values]
        shares = weights(model, len(entries), position_weights) if entries else [Fraction(1)]
        if entries:
            rows[entries[0]][1] += 1
            rows[entries[-1]][2] += 1
        else:
            entries = [((None,) * len(by), currency, False)]
        for entry, share in zip(entries, shares, strict=True):
            rows[entry][0] += share
            if share and order["amount"] is not None:
                rows[entry][3] = (rows[entry][3] or 0) + share * order["amount"]
    rows = {entry: row for entry, row in rows.items() if any(row[:3])}
    for walk in walks_of(events).values():
        value = tuple(touch(walk)[1][name] for name in by)
        if not any(entry[0] == value and entry[2] for entry in rows):
            rows[value, None, True] = [Fraction(0), 0, 0, None]
    return {entry: tuple(row) for entry, row in rows.items()}


def sessions_by_touch(events, by):
    """Touch values to how many sessions began with them."""
    counts = defaultdict(int)
    for walk in walks_of(events).values():
        counts[tuple(touch(walk)[1][name] for name in by)] += 1
    return counts
