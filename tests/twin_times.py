"""The analyses of time again, slow and obvious; nothing here is shared with the package."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from tests.twins import fills, in_reporting_order, quantile, walks_of


def is_later(walk, earlier, later, ties):
    """Tell whether one event of a walk counts as later than another."""
    if earlier == later:
        return False
    gap = walk[later]["timestamp"] - walk[earlier]["timestamp"]
    return gap > 0 or (gap == 0 and (ties == "either" or (ties == "feed" and later > earlier)))


def places(walk, step):
    """Where the events stand that fill a step."""
    return [place for place, event in enumerate(walk) if fills(event, step)]


def pairs_of(walk, starts, ends, pair, ties, min_gap, max_gap):
    """Pairs of places, tried one by one against the definition."""

    def in_gap(start, end):
        elapsed = walk[end]["timestamp"] - walk[start]["timestamp"]
        return (min_gap is None or elapsed >= min_gap) and (max_gap is None or elapsed <= max_gap)

    if pair in {"first-first", "last-last"}:
        which = 0 if pair == "first-first" else -1
        if not starts or not ends or starts[which] == ends[which]:
            return []
        return [(starts[which], ends[which])] if in_gap(starts[which], ends[which]) else []
    possible = [
        (start, end)
        for start in starts
        for end in ends
        if is_later(walk, start, end, ties) and in_gap(start, end)
    ]
    chosen = []
    for start, end in possible:
        is_first_end = all(end <= other for first, other in possible if first == start)
        is_last_start = all(start >= other for other, last in possible if last == end)
        if {
            "any-any": True,
            "any-firstafter": is_first_end,
            "first-firstafter": is_first_end and start == starts[0],
            "lastbefore-firstafter": is_first_end and is_last_start,
        }[pair]:
            chosen.append((start, end))
    return chosen


def time_between(
    events,
    start,
    end,
    pair="first-firstafter",
    ties="feed",
    min_gap=None,
    max_gap=None,
    unmatched=False,  # noqa: FBT002  (as the real one)
    key="session_id",
):
    """List (walker, start event, end event or None)."""
    walks = walks_of(events, key)
    rows = []
    for walker in in_reporting_order(walks):
        walk = walks[walker]
        starts, ends = places(walk, start), places(walk, end)
        found = sorted(pairs_of(walk, starts, ends, pair, ties, min_gap, max_gap))
        rows += [(walker, walk[first], walk[last]) for first, last in found]
        if unmatched and starts and not found:
            rows.append((walker, walk[starts[-1 if pair == "last-last" else 0]], None))
    return sorted(rows, key=lambda row: (row[1]["timestamp"], row[0]))


def conversion_time(
    events, start, end, by=None, within=None, at=None, ties="feed", key="session_id"
):
    """List (group, elapsed, converted, sessions), the groups as they are reported."""
    rows = time_between(events, start, end, ties=ties, max_gap=within, unmatched=True, key=key)
    times = defaultdict(list)
    if by is None:
        times[None] = []
    for _, first, last in rows:
        elapsed = None if last is None else last["timestamp"] - first["timestamp"]
        times[first[by] if by else None].append(elapsed)
    table = []
    for group in sorted(times, key=lambda value: (value is None, value or "")):
        converted = [elapsed for elapsed in times[group] if elapsed is not None]
        moments = sorted({0, *converted}) if at is None else sorted(set(at))
        for moment in moments:
            reached = sum(elapsed <= moment for elapsed in converted)
            table.append((group, moment, reached, len(times[group])))
    return table


def transition_times(events, quantiles, key="session_id"):
    """(source, target) to (count, shortest, quantiles, longest, total)."""
    gaps = defaultdict(list)
    for walk in walks_of(events, key).values():
        for before, after in pairwise(walk):
            gaps[before["name"], after["name"]].append(after["timestamp"] - before["timestamp"])
    return {
        pair: (
            len(found),
            min(found),
            *(quantile(found, Fraction(str(each))) for each in quantiles),
            max(found),
            sum(found),
        )
        for pair, found in gaps.items()
    }


def activity_by_hour(events, zone, key="session_id"):
    """(weekday, hour) to (events, sessions), only where there are any."""

    def hour_of(event):
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=event["timestamp"])
        clock = instant.astimezone(zone)
        return clock.weekday(), clock.hour

    counts, begun = Counter(), Counter()
    for walk in walks_of(events, key).values():
        counts.update(map(hour_of, walk))
        begun[hour_of(walk[0])] += 1
    return {hour: (count, begun[hour]) for hour, count in counts.items()}
