"""How long a journey takes to draw: one as it comes by default, and one of 2,000 ribbons.

    python benchmarks/drawing.py [--rounds 5]

Sessions of random events, so that there is a ribbon between almost any two events. A row tells the
CPU time, least of rounds, to make a figure of 10 by 5 inches, draw the chart and render it.
"""

from __future__ import annotations

import argparse
import time

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import hardal_frames as hf

SESSIONS = 20_000
NAMES = 14
CASES = {"5 steps, 8 names": (5, 8), "12 steps, 14 names": (12, 14)}


def made_up(longest):
    """Sessions that end after 1 to so many events."""
    random = np.random.default_rng(1)
    lengths = random.integers(1, longest + 1, SESSIONS)
    session = np.repeat(np.arange(SESSIONS), lengths)
    return pd.DataFrame(
        {
            "session_id": pd.Series(session).map("s{}".format),
            "name": pd.Series(random.integers(0, NAMES, len(session))).map("event_{}".format),
            "timestamp": pd.Timestamp("2026-01-01", tz="UTC")
            + pd.to_timedelta(np.arange(len(session)), unit="s"),
        }
    )


def cost(flows):
    """Seconds to draw."""
    begun = time.process_time()
    figure, ax = plt.subplots(figsize=(10, 5), layout="constrained")
    hf.plot.journey(flows, ax=ax)
    figure.canvas.draw()
    plt.close(figure)
    return time.process_time() - begun


def main():
    """Draw each journey several times and print the least."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    mpl.use("Agg")
    events = made_up(longest=20)
    for name, (steps, top) in CASES.items():
        flows = hf.journey_flows(events, steps=steps, top=top)
        ribbons = int((flows["kind"] == "flow").sum())
        least = min(cost(flows) for _ in range(asked.rounds + 1))
        print(f"{name:20}{ribbons:>8,} ribbons{1000 * least:>8,.0f} ms")


if __name__ == "__main__":
    main()
