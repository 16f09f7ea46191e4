"""Journeys over states, from anchors, both ways, and two groups compared: slow and obvious.

A journey is a list of stops; a stop is its state and the events that it stands for. Nothing here is
shared with the package.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import sqrt

from tests.twins import fills, walks_of

Z = 1.959963984540054


def matches(text, pattern):
    """Tell whether a pattern with * and ? matches the whole text."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(matches(text[cut:], pattern[1:]) for cut in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and matches(text[1:], pattern[1:])


def labelled(value, patterns):
    """Label of the first pattern that matches, else the value."""
    groups = patterns.items() if isinstance(patterns, dict) else [(p, p) for p in patterns or []]
    for label, wanted in groups:
        for pattern in [wanted] if isinstance(wanted, str) else wanted:
            if matches(value, pattern):
                return label
    return value


def journeys_of(events, *, state="name", patterns=None, collapse=False, key="session_id"):
    """Walker to stops (state, events)."""
    journeys = {}
    for walker, walk in walks_of(events, key).items():
        stops = []
        for event in walk:
            if event[state] is None:
                continue
            here = labelled(event[state], patterns)
            if collapse and stops and stops[-1][0] == here:
                stops[-1][1].append(event)
            else:
                stops.append((here, [event]))
        if stops:
            journeys[walker] = stops
    return journeys


def is_anchor(stop, anchor):
    """Tell whether a stop is what journeys begin at."""
    if isinstance(anchor, dict):
        return any(fills(event, anchor) for event in stop[1])
    return stop[0] == anchor if isinstance(anchor, str) else stop[0] in anchor


def walked(stops, anchor, direction, occurrence):
    """States from the anchor on, forwards or backwards; None without an anchor."""
    if anchor is None:
        place = 0 if direction == "after" else len(stops) - 1
    else:
        places = [place for place, stop in enumerate(stops) if is_anchor(stop, anchor)]
        if not places:
            return None
        place = places[0] if occurrence == "first" else places[-1]
    part = stops[place:] if direction == "after" else stops[place::-1]
    return [state for state, _ in part]


def journey_flows(
    events, steps, top, anchor=None, direction="after", occurrence="first", least=1, **options
):
    """Rows (step, source, target, kind, sessions, source is other, target is other, coverage)."""
    journeys = journeys_of(events, **options).values()
    walks = [walked(stops, anchor, direction, occurrence) for stops in journeys]
    walks = [walk for walk in walks if walk is not None]
    kept, coverage = [], []
    for step in range(steps):
        counts = Counter(walk[step] for walk in walks if len(walk) > step)
        best = sorted(counts, key=lambda name: (-counts[name], name))[:top]
        kept.append([name for name in best if counts[name] >= least])
        shown = sum(counts[name] for name in kept[-1])
        coverage.append(shown / counts.total() if counts else None)

    flows = Counter()
    for walk in walks:
        nodes = [
            (name, False) if name in kept[step] else ("other", True)
            for step, name in enumerate(walk[:steps])
        ]
        for step, node in enumerate(nodes):
            if len(walk) == step + 1:
                target, kind = (None, False), "exit" if direction == "after" else "entry"
            elif step + 1 == steps:
                target, kind = (None, False), "beyond"
            else:
                target, kind = nodes[step + 1], "flow"
            flows[step + 1, node, target, kind] += 1
    # Names by the alphabet, the rest after them, nothing last.
    rank = {row: tuple((each[0] is None, each[1], each[0]) for each in row[1:3]) for row in flows}
    order = sorted(flows, key=lambda row: (row[0], -flows[row], *rank[row], row[3]))
    return [
        (
            *(step, source[0], target[0], kind),
            flows[step, source, target, kind],
            *(source[1], target[1], coverage[step - 1]),
        )
        for step, source, target, kind in order
    ]


def paths(events, **options):
    """List (path, sessions), most common first."""
    journeys = journeys_of(events, **options).values()
    counts = Counter(tuple(state for state, _ in stops) for stops in journeys)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def transitions(events, **options):
    """(source, target) to how often each walker has the pair."""
    pairs = {}
    for walker, stops in journeys_of(events, **options).items():
        for pair in pairwise([None, *(state for state, _ in stops), None]):
            pairs.setdefault(pair, Counter())[walker] += 1
    return pairs


def wilson(share, trials):
    """Wilson's interval of a share."""
    centre = share + Z**2 / (2 * trials)
    half = Z * sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    low, high = (centre - half) / (1 + Z**2 / trials), (centre + half) / (1 + Z**2 / trials)
    return 0 if share == 0 else low, 1 if share == 1 else high


def newcombe(first, second):
    """Difference of two (share, trials), second less first, and its interval."""
    if None in (first, second):
        return None, None, None
    (low, high), (low_second, high_second) = wilson(*first), wilson(*second)
    difference = second[0] - first[0]
    below = sqrt((second[0] - low_second) ** 2 + (high - first[0]) ** 2)
    above = sqrt((high_second - second[0]) ** 2 + (first[0] - low) ** 2)
    return difference, difference - below, difference + above


def clustered(pairs, pair):
    """Share of a pair among those out of its source, and as how many trials these count."""
    out = Counter()
    for (source, _), counts in pairs.items():
        if source == pair[0]:
            out.update(counts)
    if not out:
        return None
    successes = pairs.get(pair, Counter())
    trials = out.total()
    share = successes.total() / trials
    least = trials**2 / sum(count**2 for count in out.values())
    if share in {0, 1} or len(out) == 1:
        return share, least
    scatter = sum((successes[walker] - share * count) ** 2 for walker, count in out.items())
    variance = scatter / trials**2 * len(out) / (len(out) - 1)
    told = share * (1 - share) / variance if variance > 1e-15 else trials
    return share, min(max(told, least), trials)


def compare_transitions(first, second, **options):
    """(source, target) to its row: counts, sessions, probabilities, shares, with differences."""
    groups = [transitions(events, **options) for events in (first, second)]
    sizes = [len(journeys_of(events, **options)) for events in (first, second)]
    rows = {}
    for pair in set(groups[0]) | set(groups[1]):
        counts = [group.get(pair, Counter()) for group in groups]
        probabilities = [clustered(group, pair) for group in groups]
        shares = [
            (len(count) / size, size) if size else None
            for count, size in zip(counts, sizes, strict=True)
        ]
        rows[pair] = (
            *(count.total() for count in counts),
            *(len(count) for count in counts),
            *(each and each[0] for each in probabilities),
            *newcombe(*probabilities),
            *(each and each[0] for each in shares),
            *newcombe(*shares),
        )
    return rows
