"""The funnel with all its options, slow and obvious: every attempt is tried, the best one taken.

Events are dicts as in `tests.twins`. A step is a name, a list of names, a dict of column to
value(s), or ``("optional", step)``. Durations are whole microseconds. Nothing here is shared with
the package.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from itertools import product
from zoneinfo import ZoneInfo

from tests.twins import fills, in_reporting_order, quantile, walks_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUANTILES = {"median": (1, 2), "p75": (3, 4), "p90": (9, 10), "p95": (19, 20)}


@dataclass(frozen=True)
class Rules:
    """The options that decide what an attempt is."""

    order: str = "ordered"
    within: int | None = None
    step_within: int | None = None
    entry: str = "best"
    ties: str = "feed"
    exclude: tuple = ()
    hold: tuple = ()


def listed(value):
    """One value or many, as a tuple."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def rules_of(options):
    """Read the options as the funnel is given them."""
    names = {name: listed(options.get(name)) for name in ("exclude", "hold")}
    return Rules(**{**options, **names})


def is_optional(step):
    """Tell whether a step may be left out."""
    return isinstance(step, tuple) and step[0] == "optional"


def plain_step(step):
    """What a step is, optional or not."""
    return step[1] if is_optional(step) else step


def label(step):
    """Write a step in words."""
    step = plain_step(step)
    if isinstance(step, str):
        return step
    if isinstance(step, dict):
        return ", ".join(
            f"{column} = {' or '.join(map(str, listed(value)))}" for column, value in step.items()
        )
    return " or ".join(step)


def held(event, rules):
    """What an attempt through this event holds."""
    return tuple(event[column] for column in rules.hold)


def can_fill(event, step, rules):
    """Tell whether an event fills a step, which takes a value in each held column."""
    return fills(event, step) and None not in held(event, rules)


def is_later(walk, later, earlier, ties):
    """Tell whether a position of a walk counts as later than another, different one."""
    if ties == "feed":
        return later > earlier
    if ties == "strict":
        return walk[later]["timestamp"] > walk[earlier]["timestamp"]
    return walk[later]["timestamp"] >= walk[earlier]["timestamp"] and later != earlier


def excluded_between(walk, one, other, rules):
    """Tell whether an excluded event lies between two positions, they themselves left out."""
    return any(
        walk[place]["name"] in rules.exclude
        for place in range(min(one, other) + 1, max(one, other))
    )


def elapsed(walk, earlier, later):
    """Microseconds from one position to another."""
    return walk[later]["timestamp"] - walk[earlier]["timestamp"]


def goes_on(walk, places, place, rules):
    """Tell whether an attempt that filled its steps at some places may go on at another one."""
    first, previous = places[0], places[-1]
    return (
        place not in places
        and held(walk[place], rules) == held(walk[first], rules)
        and is_later(walk, place, previous, rules.ties)
        and (rules.order != "strict" or abs(place - previous) == 1)
        and (rules.within is None or elapsed(walk, first, place) <= rules.within)
        and (rules.step_within is None or elapsed(walk, previous, place) <= rules.step_within)
        and not excluded_between(walk, previous, place, rules)
    )


def attempts(walk, steps, rules):
    """Yield every way to fill the first steps: all of them, two, one."""
    starts = [place for place, event in enumerate(walk) if can_fill(event, steps[0], rules)]
    unfinished = [(start,) for start in (starts[:1] if rules.entry == "first" else starts)]
    while unfinished:
        places = unfinished.pop()
        yield places
        if len(places) < len(steps):
            unfinished += [
                (*places, place)
                for place, event in enumerate(walk)
                if can_fill(event, steps[len(places)], rules)
                and goes_on(walk, places, place, rules)
            ]


def best_attempt(walk, steps, rules):
    """The attempt that is reported, as one position or None a step; nothing without any."""
    deepest = min(
        attempts(walk, steps, rules), key=lambda places: (-len(places), places), default=None
    )
    return deepest and [*deepest, *[None] * (len(steps) - len(deepest))]


def is_unordered_attempt(walk, places, rules):
    """Tell whether some events, each for a step of its own, are an attempt in any order."""
    first, last = min(places), max(places)
    instants = {walk[place]["timestamp"] for place in places}
    return (
        len(set(places)) == len(places)
        and len({held(walk[place], rules) for place in places}) == 1
        and (rules.ties != "strict" or len(instants) == len(places))
        and (rules.within is None or elapsed(walk, first, last) <= rules.within)
        and not excluded_between(walk, first, last, rules)
    )


def best_unordered_attempt(walk, steps, rules):
    """The same as `best_attempt` where the steps may be done in any order."""
    fillers = [
        [None, *(place for place, event in enumerate(walk) if can_fill(event, step, rules))]
        for step in steps
    ]
    first_of_any = min((place for each in fillers for place in each[1:]), default=None)
    best = None
    for choice in product(*fillers):
        places = [place for place in choice if place is not None]
        if not places or not is_unordered_attempt(walk, places, rules):
            continue
        if rules.entry == "first" and min(places) != first_of_any:
            continue
        vector = tuple(math.inf if place is None else place for place in choice)
        rank = (-len(places), min(places), vector)
        if best is None or rank < best[0]:
            best = (rank, list(choice))
    return best and best[1]


def with_optional(walk, steps, required, rules):
    """Fill the optional steps along an attempt, whose places are None at each of them."""
    places = list(required)
    first = places[0]
    for number, step in enumerate(steps):
        if not is_optional(step):
            continue
        asked = [place for place, each in enumerate(steps[:number]) if not is_optional(each)]
        if required[asked[-1]] is None:
            continue
        before = next(place for place in reversed(places[:number]) if place is not None)
        after = next((place for place in required[number:] if place is not None), None)
        for place, event in enumerate(walk):
            if (
                can_fill(event, plain_step(step), rules)
                and place not in places
                and held(event, rules) == held(walk[first], rules)
                and is_later(walk, place, before, rules.ties)
                and (after is None or is_later(walk, after, place, rules.ties))
                and (rules.within is None or elapsed(walk, first, place) <= rules.within)
                and (rules.step_within is None or elapsed(walk, before, place) <= rules.step_within)
                and not excluded_between(walk, before, place, rules)
            ):
                places[number] = place
                break
    return places


def reported_places(walk, steps, rules):
    """Each step's position in a walk, None where it was not done; nothing for no attempt."""
    if rules.order == "any":
        return best_unordered_attempt(walk, steps, rules)
    found = best_attempt(walk, [step for step in steps if not is_optional(step)], rules)
    if not found:
        return None
    found = iter(found)
    required = [None if is_optional(step) else next(found) for step in steps]
    return with_optional(walk, steps, required, rules)


def funnel_sessions(events, steps, *, key="session_id", **options):
    """Walker to (steps reached, event or None of each step, the event that it starts with)."""
    rules = rules_of(options)
    walks = walks_of(events, key)
    reported = {}
    for walker in in_reporting_order(walks):
        walk = walks[walker]
        places = reported_places(walk, steps, rules)
        if places:
            reached = sum(
                place is not None and not is_optional(step)
                for place, step in zip(places, steps, strict=True)
            )
            chosen = [None if place is None else walk[place] for place in places]
            start = places[0]
            if rules.order == "any":
                start = min(place for place in places if place is not None)
            reported[walker] = (reached, chosen, walk[start])
    return reported


def period_of(instant, trend, zone):
    """Instant at which the day or the week (from Monday) of an instant begins in a zone."""
    zone = ZoneInfo(zone)
    day = (EPOCH + timedelta(microseconds=instant)).astimezone(zone).date()
    if trend == "week":
        day -= timedelta(days=day.weekday())
    midnight = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    return (midnight - EPOCH) // timedelta(microseconds=1)


def wilson(successes, trials):
    """Wilson's 95 % interval of a share, or nothing without trials."""
    if trials == 0:
        return None, None
    z, share = 1.959963984540054, successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    whole = 1 + z * z / trials
    low = 0.0 if successes == 0 else (centre - spread) / whole
    high = 1.0 if successes == trials else (centre + spread) / whole
    return low, high


def share(part, whole):
    """Divide counts; nothing where there is nothing to divide by."""
    return part / whole if whole else None


def times_of_step(steps, number, attempts_made, order):
    """(Since the previous step, since the first) of each attempt that did a step, from 0."""
    found = []
    for reached, chosen in attempts_made:
        if order == "any":
            times = sorted(event["timestamp"] for event in chosen if event is not None)
            if reached > number:
                found.append((times[number] - times[max(number - 1, 0)], times[number] - times[0]))
        elif chosen[number] is not None:
            # Of the steps before, an optional one counts only for another optional one.
            before = [
                event
                for step, event in zip(steps[:number], chosen, strict=False)
                if event is not None and (is_optional(steps[number]) or not is_optional(step))
            ]
            time_of_it = chosen[number]["timestamp"]
            before = [event["timestamp"] for event in before] or [time_of_it]
            found.append((time_of_it - before[-1], time_of_it - chosen[0]["timestamp"]))
    return found


def block(steps, attempts_made, order):
    """Rows of one funnel: one a step."""
    times = [times_of_step(steps, number, attempts_made, order) for number in range(len(steps))]
    entrants = len(attempts_made)
    previous = entrants
    rows = []
    for number, (step, elapsed_times) in enumerate(zip(steps, times, strict=True)):
        sessions = len(elapsed_times)
        low, high = wilson(sessions, entrants)
        row = {"step": number + 1, "name": label(step)}
        if any(map(is_optional, steps)):
            row["optional"] = is_optional(step)
        row |= {
            "sessions": sessions,
            "conversion_from_first": share(sessions, entrants),
            "conversion_from_previous": share(sessions, previous),
            "drop_off": 0 if is_optional(step) else previous - sessions,
            "ci_low": low,
            "ci_high": high,
        }
        for place, since in enumerate(("previous", "first")):
            for name, (part, whole) in QUANTILES.items():
                values = [each[place] for each in elapsed_times] if number else []
                exact = quantile(values, Fraction(part, whole)) if values else None
                row[f"{name}_from_{since}"] = exact
        rows.append(row)
        if not is_optional(step):
            previous = sessions
    return rows


def funnel_table(events, steps, *, by=None, trend=None, zone="UTC", **options):
    """Every row of the table, columns in their order; instants and durations in microseconds."""
    groups, sizes = defaultdict(list), Counter()
    for reached, chosen, start in funnel_sessions(events, steps, **options).values():
        group = {}
        if by is not None:
            group[by] = start[by]
            sizes[start[by]] += 1
        if trend is not None:
            group["period"] = period_of(start["timestamp"], trend, zone)
        groups[tuple(group.items())].append((reached, chosen))
    if by is None and trend is None:
        groups[()] += []

    def rank(group):
        group = dict(group)
        value = group.get(by)
        largest = (value is None, -sizes[value], "" if value is None else value)
        return (*(largest if by is not None else ()), group.get("period", 0))

    return [
        {**dict(group), **row}
        for group in sorted(groups, key=rank)
        for row in block(steps, groups[group], options.get("order", "ordered"))
    ]
