"""Random result tables, as odd as real ones can be."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pandas as pd

ODD = [
    "page_view", "view_item", "add_to_cart", "begin_checkout", "add_payment_info", "purchase",
    "sayfa_İĞŞçöü", "$begin_$x^2$", "a\nb", "x" * 80, "", "%d\\frac", "other", "(other)", "exit",
    "A Very Long Name Of An Event, With Words, That Somebody Wrote By Hand Some Time Ago",
    "camelCaseNameOfEvent", "/p/some-product.html", "Q", "entry",
]  # fmt: skip


def names(generator, most=40):
    """Some event names."""
    count = generator.choice([1, 2, 3, 8, most])
    pool = ODD + [f"event_{number}" for number in range(most)]
    return generator.sample(pool, min(count, len(pool)))


def transitions_of(pairs):
    """Make the table that transitions gives from counts of (source, target)."""
    leaving = Counter()
    for (source, _), count in pairs.items():
        leaving[source] += count
    rows = sorted(pairs.items(), key=lambda row: -row[1])
    return pd.DataFrame(
        {
            "source": pd.array([source for (source, _), _ in rows], dtype="string"),
            "target": pd.array([target for (_, target), _ in rows], dtype="string"),
            "count": np.array([count for _, count in rows], dtype=np.int64),
            "probability": [count / leaving[source] for (source, _), count in rows],
        }
    )


def transitions_table(generator):
    """Random transitions among some names; entries and exits among them."""
    known = names(generator)
    largest = generator.choice([1, 9, 10_000, 10**9])
    pairs = {}
    for source in [None, *known]:
        targets = [*known, None] if source is not None else known
        for target in generator.sample(targets, generator.randint(0, min(len(targets), 12))):
            pairs[source, target] = math.ceil(largest ** generator.random())
    return transitions_of(pairs or {(known[0], None): 1})


def elapsed(generator, most=3000):
    """Random durations in seconds: some of a session, some of no time, some backwards."""
    count = generator.choice([0, 1, 2, 40, most])
    centre = generator.choice([0.02, 3, 60, 4000, 10**6])
    values = [min(centre * 10 ** generator.gauss(0, 0.8), 4e9) for _ in range(count)]
    if generator.random() < 0.4:
        values = [0.0 if generator.random() < 0.2 else value for value in values]
    if generator.random() < 0.2:
        values = [-value if generator.random() < 0.2 else value for value in values]
    if generator.random() < 0.4:
        values = [round(value) for value in values]
    return values


def gaps_table(generator):
    """Random times between events, some starts without an end."""
    missing = [None] * generator.choice([0, 3, 900])
    return pd.DataFrame({"elapsed": pd.to_timedelta([*elapsed(generator), *missing], unit="s")})


def gaps_tables(generator):
    """One such table, or some by label."""
    count = generator.choice([0, 1, 2, 4, 12])
    if not count:
        return gaps_table(generator)
    labels = generator.sample(ODD, count)
    return {label: gaps_table(generator) for label in labels}


def conversion_table(generator):
    """Random conversion over time, of some groups or none, at every time or at some."""
    count = generator.choice([0, 1, 2, 3, 5, 11, 20])
    labels = generator.sample([*ODD, None], count) if count else [None]
    at = generator.choice([None, None, [30, 3600, 86_400]])
    tables = []
    for label in labels:
        times = np.sort(np.abs(elapsed(generator, 500)))
        times = times[times > 0]
        sessions = max(int(generator.choice([1, 50, 10**9]) * generator.random()), len(times), 1)
        moments = np.array([0, *np.unique(times)] if at is None else at, dtype=float)
        converted = np.searchsorted(times, moments, side="right")
        share = converted / sessions
        half = 1.96 * np.sqrt(share * (1 - share) / sessions) + 1 / (sessions + 10)
        tables.append(
            pd.DataFrame(
                {
                    "group": label,
                    "elapsed": pd.to_timedelta(moments, unit="s"),
                    "converted": converted,
                    "sessions": sessions,
                    "share": share,
                    "ci_low": np.maximum(share - half, 0),
                    "ci_high": np.minimum(share + half, 1),
                }
            )
        )
    table = pd.concat(tables, ignore_index=True)
    return table if count else table.drop(columns="group")


def comparison_table(generator):
    """Random comparisons of two groups."""
    count = generator.choice([1, 2, 5, 12, 40])
    known = names(generator)
    scale = generator.choice([1.0, 0.1, 0.001])
    shares = np.array([[generator.random() * scale for _ in range(2)] for _ in range(count)])
    half = np.array([generator.random() * scale for _ in range(count)])
    difference = shares[:, 1] - shares[:, 0]
    table = pd.DataFrame(
        {
            "source": [generator.choice([*known, None]) for _ in range(count)],
            "target": [generator.choice([*known, None]) for _ in range(count)],
            "share_first": shares[:, 0],
            "share_second": shares[:, 1],
            "share_difference": difference,
            "share_ci_low": np.maximum(difference - half, -1),
            "share_ci_high": np.minimum(difference + half, 1),
        }
    )
    if generator.random() < 0.1:
        table[["share_second", "share_difference", "share_ci_low", "share_ci_high"]] = np.nan
    return table
