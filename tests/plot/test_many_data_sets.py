"""Each chart of many random data sets: no text touches another, and none leaves the figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames import plot
from tests.plot.artists import drawn
from tests.plot.text_boxes import require_apart

SIZES = [(10, 5), (13.3, 7.5), (5, 3.5), (8, 4)]
WORDS = ["view", "sepete_ekle", "$begin$", "İade", "a_b", "x" * 80, "%", "ürün\ngör", "Straße", "q"]
DAILY, NIGHTLY = 6, 200


def random_events(seed):
    """Make the events of a few or many sessions with a few or many names, common and rare."""
    generator = np.random.default_rng(seed)
    names = [
        f"{WORDS[number % len(WORDS)]}{number if number >= len(WORDS) else ''}"
        for number in range(int(generator.choice([1, 2, 4, 12, 60])))
    ]
    sessions = int(generator.choice([1, 2, 10, 150]))
    lengths = generator.geometric(1 / generator.choice([2, 8, 20]), sessions)
    walkers = np.repeat(np.arange(sessions), lengths)
    weights = 1 / np.arange(1, len(names) + 1) ** generator.choice([0.3, 1.0, 2.0])
    codes = generator.choice(len(names), len(walkers), p=weights / weights.sum())
    gaps = np.exp(generator.normal(3, generator.choice([0.5, 3.0]), len(walkers)))
    gaps[generator.random(len(walkers)) < 0.05] = 0
    begins = pd.Timestamp("2026-03-02", tz="Europe/Istanbul")
    return pd.DataFrame(
        {
            "session_id": [f"s{number}" for number in walkers],
            "name": np.array(names, dtype=object)[codes],
            "type": np.where(codes % 3 == 0, "pageview", "event"),
            "path": [f"/p/{code % 7}" for code in codes],
            "timestamp": begins + pd.to_timedelta(np.cumsum(gaps).round(6), unit="s"),
            "group": np.array(["eposta", "google", "x" * 30, None], dtype=object)[walkers % 4],
        }
    )


def steps_of(events):
    """Pick the steps of a funnel: the commonest names, in order."""
    return list(events["name"].value_counts().index[:8])


CHARTS = {
    "journey": lambda events, ax: plot.journey(hf.journey_flows(events), ax=ax),
    "funnel": lambda events, ax: plot.funnel(hf.funnel(events, steps_of(events)), ax=ax),
    "funnel by group": lambda events, ax: plot.funnel(
        hf.funnel(events, steps_of(events), by="group"), ax=ax
    ),
}


def check(draw, new_axes, seed):
    """Draw a data set at one of the sizes and look where its texts are."""
    ax = draw(random_events(seed), new_axes(*SIZES[seed % len(SIZES)]))
    # A figure's layout and its labels settle in two drawings.
    drawn(ax)
    require_apart(ax.figure)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_few(chart, new_axes):
    """Texts stay apart and inside."""
    for seed in range(DAILY):
        check(CHARTS[chart], new_axes, seed)


@pytest.mark.nightly
@pytest.mark.parametrize("chart", CHARTS)
def test_two_hundred(chart, new_axes):
    """Texts stay apart and inside, in two hundred data sets."""
    for seed in range(NIGHTLY):
        check(CHARTS[chart], new_axes, seed)
