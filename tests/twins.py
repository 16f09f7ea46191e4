"""The analyses again, slow and obvious: plain loops over plain lists.

An event is a dict with session_id, id, sequence, name, timestamp (whole microseconds), and whatever
else a test needs. Nothing here is shared with the package.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise


def walks_of(events, key="session_id"):
    """Group events by walker, each walker's events in the total order."""
    walks = defaultdict(list)
    for event in events:
        if None not in (event[key], event["name"], event["timestamp"]):
            walks[event[key]].append(event)
    for walk in walks.values():
        walk.sort(
            key=lambda event: (
                event["timestamp"],
                event["session_id"],
                event["sequence"],
                event["id"],
                event["name"],
            )
        )
    return walks


def in_reporting_order(walks):
    """Walkers by their first instant, then by their key."""
    return sorted(walks, key=lambda walker: (walks[walker][0]["timestamp"], walker))


def quantile(values, share):
    """Interpolate linearly between the two nearest values, exactly; round half to even."""
    values = sorted(values)
    place = (len(values) - 1) * Fraction(share)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return round(values[below] + (values[above] - values[below]) * (place - below))


def transitions(events, key="session_id"):
    """(source, target) to (count, sessions, probability, median, p90)."""
    gaps, walkers, leaving = defaultdict(list), defaultdict(set), Counter()
    for walker, walk in walks_of(events, key).items():
        stops = [None, *walk, None]
        for before, after in pairwise(stops):
            pair = (before and before["name"], after and after["name"])
            inside = before is not None and after is not None
            gaps[pair].append(after["timestamp"] - before["timestamp"] if inside else None)
            walkers[pair].add(walker)
            leaving[pair[0]] += 1
    return {
        pair: (
            len(found),
            len(walkers[pair]),
            len(found) / leaving[pair[0]],
            None if None in pair else quantile(found, Fraction(1, 2)),
            None if None in pair else quantile(found, Fraction(9, 10)),
        )
        for pair, found in gaps.items()
    }


def journey_flows(events, steps, top, key="session_id"):
    """(step, source, target, kind, source is other, target is other) to sessions."""
    names = [[event["name"] for event in walk] for walk in walks_of(events, key).values()]
    kept = []
    for step in range(steps):
        counts = Counter(walk[step] for walk in names if len(walk) > step)
        kept.append(sorted(counts, key=lambda name: (-counts[name], name))[:top])

    def shown(walk, step):
        return (walk[step], False) if walk[step] in kept[step] else ("other", True)

    flows = Counter()
    for walk in names:
        for step in range(min(steps, len(walk))):
            source, source_is_other = shown(walk, step)
            if len(walk) == step + 1:
                target, target_is_other, kind = None, False, "exit"
            elif step + 1 == steps:
                target, target_is_other, kind = None, False, "beyond"
            else:
                target, target_is_other = shown(walk, step + 1)
                kind = "flow"
            flows[step + 1, source, target, kind, source_is_other, target_is_other] += 1
    return dict(flows)


def paths(events, key="session_id"):
    """List (path, sessions), most common first."""
    counts = Counter(
        tuple(event["name"] for event in walk) for walk in walks_of(events, key).values()
    )
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def fills(event, step):
    """Tell whether an event fills a step."""
    if isinstance(step, str):
        return event["name"] == step
    if isinstance(step, dict):
        return all(
            event[column] in (value if isinstance(value, list) else [value])
            for column, value in step.items()
        )
    return event["name"] in step


def follows(walk, earlier, later, ties):
    """Tell whether one position of a walk counts as later than another."""
    if ties == "strict":
        return walk[later]["timestamp"] > walk[earlier]["timestamp"]
    return later > earlier


def attempts(walk, steps, start, within, ties):
    """Every way to fill steps from one start, tried exhaustively."""
    begun = walk[start]["timestamp"]

    def grow(filled):
        yield filled
        if len(filled) == len(steps):
            return
        for place in range(len(walk)):
            if (
                fills(walk[place], steps[len(filled)])
                and follows(walk, filled[-1], place, ties)
                and (within is None or walk[place]["timestamp"] - begun <= within)
            ):
                yield from grow((*filled, place))

    yield from grow((start,))


def funnel_sessions(events, steps, within=None, entry="best", ties="feed", key="session_id"):
    """Walker to the events that filled the steps of the attempt that is reported."""
    walks = walks_of(events, key)
    reported = {}
    for walker in in_reporting_order(walks):
        walk = walks[walker]
        starts = [place for place, event in enumerate(walk) if fills(event, steps[0])]
        if entry == "first":
            starts = starts[:1]
        ways = [way for start in starts for way in attempts(walk, steps, start, within, ties)]
        if ways:
            best = min(ways, key=lambda way: (-len(way), way))
            reported[walker] = [walk[place] for place in best]
    return reported


def session_summary(events, key="session_id"):
    """Sum each session up, one dict a session."""
    walks = walks_of(events, key)
    rows = []
    for walker in in_reporting_order(walks):
        walk = walks[walker]
        names = [event["name"] for event in walk]
        paths_seen = [event["path"] for event in walk if event["path"] is not None]
        landing = next((event for event in walk if event["utm_source"] is not None), None)
        bought, seen = [], set()
        for event in walk:
            order = event["transaction_id"]
            if event["name"] == "purchase" and (order is None or order not in seen):
                bought.append(event)
                seen.add(order)
        quantities = [1 if event["quantity"] is None else event["quantity"] for event in bought]
        currencies = {event["currency"] for event in bought}
        amounts = [
            event["value"]
            if event["value"] is not None
            else event["price"] and event["price"] * quantity
            for event, quantity in zip(bought, quantities, strict=True)
        ]
        priced = bool(bought) and None not in amounts
        comparable = priced and len(currencies) == 1
        rows.append(
            {
                key: walker,
                "start": walk[0]["timestamp"],
                "end": walk[-1]["timestamp"],
                "duration": walk[-1]["timestamp"] - walk[0]["timestamp"],
                "events": len(walk),
                "page_views": sum(event["type"] == "pageview" for event in walk),
                "distinct_names": len(set(names)),
                "entry_name": names[0],
                "exit_name": names[-1],
                "entry_path": paths_seen[0] if paths_seen else None,
                "exit_path": paths_seen[-1] if paths_seen else None,
                "utm_source": landing and landing["utm_source"],
                "bounce": len(walk) == 1,
                "purchases": len(bought),
                "revenue": sum(amounts) if comparable else None,
                "currency": currencies.pop() if comparable else None,
                "items": sum(quantities) if bought else None,
            }
        )
    return rows
