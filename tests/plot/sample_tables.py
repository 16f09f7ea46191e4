"""Result tables for the charts' tests, from simulated sessions."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pandas as pd

NEXT = {
    "page_view": {"view_item": 5, "page_view": 2, "search": 2, "login": 0.6, "view_promotion": 0.7,
                  "newsletter_signup": 0.2, "add_to_cart": 0.3, None: 4},
    "search": {"view_item": 6, "search": 1, "page_view": 1, None: 2},
    "login": {"view_item": 2, "page_view": 3, "add_to_cart": 0.5, None: 0.5},
    "view_promotion": {"view_item": 4, "page_view": 2, None: 2},
    "view_item": {"view_item": 4, "add_to_cart": 2.4, "page_view": 2, "search": 1.2,
                  "add_to_wishlist": 0.6, "begin_checkout": 0.3, None: 3},
    "add_to_wishlist": {"view_item": 2, "page_view": 1, None: 0.5},
    "newsletter_signup": {"page_view": 1, None: 1},
    "add_to_cart": {"view_cart": 2, "view_item": 3, "begin_checkout": 1.5, "page_view": 0.5,
                    None: 1},
    "view_cart": {"begin_checkout": 3, "remove_from_cart": 0.6, "view_item": 1, None: 1.5},
    "remove_from_cart": {"view_item": 1, None: 1},
    "begin_checkout": {"add_shipping_info": 1, "add_payment_info": 3, None: 1.5},
    "add_shipping_info": {"add_payment_info": 3, None: 0.6},
    "add_payment_info": {"purchase": 4, None: 1},
    "purchase": {"page_view": 0.5, None: 3},
}  # fmt: skip
FIRST = {"page_view": 60, "view_item": 20, "view_promotion": 8, "search": 6, "login": 4}


def _drawn(choices, generator):
    return generator.choices(list(choices), weights=list(choices.values()))[0]


def simulated_sessions(count=3000, *, seed=1, rename=None):
    """Sessions of a shop, each a list of event names."""
    generator = random.Random(seed)
    rename = rename or {}
    sessions = []
    for _ in range(count):
        name = _drawn(FIRST, generator)
        names = []
        while name is not None:
            names.append(rename.get(name, name))
            name = _drawn(NEXT[name], generator)
        sessions.append(names)
    return sessions


def flows_of(sessions, *, steps=5, top=8, weight=1):
    """Make the journey flows table of the sessions, each session counted `weight` times."""
    kept = []
    for step in range(steps):
        at_step = Counter(names[step] for names in sessions if len(names) > step)
        kept.append({name for name, _ in at_step.most_common(top)})
    rows = Counter()
    for names in sessions:
        nodes = [
            (name, False) if name in kept[step] else ("other", True)
            for step, name in enumerate(names[:steps])
        ]
        for step, source in enumerate(nodes, start=1):
            if step < len(nodes):
                rows[step, source, nodes[step], "flow"] += 1
            else:
                kind = "beyond" if len(names) > steps else "exit"
                rows[step, source, (None, False), kind] += 1
    return flows_table(
        (step, source, target, kind, count * weight)
        for (step, source, target, kind), count in rows.items()
    )


def flows_table(rows):
    """Make a journey flows table from (step, (source, other), (target, other), kind, sessions)."""
    return pd.DataFrame(
        [
            (step, source, target, kind, count, source_other, target_other)
            for step, (source, source_other), (target, target_other), kind, count in rows
        ],
        columns=[
            "step",
            "source",
            "target",
            "kind",
            "sessions",
            "source_is_other",
            "target_is_other",
        ],
    )


def simulated_flows(count=3000, *, steps=5, top=8, seed=1, rename=None):
    """Make the journey flows table of simulated sessions."""
    return flows_of(simulated_sessions(count, seed=seed, rename=rename), steps=steps, top=top)


def many_names_flows(names=200, *, steps=5, sessions=4000, seed=2):
    """Flows among many names, all kept."""
    generator = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(names)]
    drawn = [
        [f"event_{number}" for number in generator.choices(range(names), weights, k=steps + 1)]
        for _ in range(sessions)
    ]
    return flows_of(drawn, steps=steps, top=names)


def funnel_table(counts, names=None, *, medians=(49, 48, 51, 21, 24)):
    """Make a funnel table from the sessions of each step."""
    names = names or [f"step_{number}" for number in range(1, len(counts) + 1)]
    first = [count / counts[0] if counts[0] else float("nan") for count in counts]
    previous = [
        1.0 if not place else count / counts[place - 1] if counts[place - 1] else float("nan")
        for place, count in enumerate(counts)
    ]
    spread = [1.96 * (share * (1 - share) / max(counts[0], 1)) ** 0.5 for share in first]
    gaps = [None, *(medians[place % len(medians)] for place in range(len(counts) - 1))]
    return pd.DataFrame(
        {
            "step": range(1, len(counts) + 1),
            "name": names,
            "sessions": counts,
            "conversion_from_first": first,
            "conversion_from_previous": previous,
            "drop_off": [
                0,
                *(before - after for before, after in pairwise(counts)),
            ],
            "ci_low": [max(share - half, 0) for share, half in zip(first, spread, strict=True)],
            "ci_high": [min(share + half, 1) for share, half in zip(first, spread, strict=True)],
            "median_from_previous": pd.to_timedelta(gaps, unit="s"),
            "median_from_first": pd.to_timedelta(gaps, unit="s"),
        }
    )[: len(counts)]
