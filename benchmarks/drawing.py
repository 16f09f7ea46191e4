"""How long each chart takes to draw, beside matplotlib's own time for nothing but its texts.

    python benchmarks/drawing.py [--rounds 9] [--charts journey paths ...]

The least CPU time of the rounds, in milliseconds: to make a figure of 10 by 5 inches, draw the
chart and render it (`chart`); to make and render the same figure with nothing but the texts that
the chart shows, where it shows them (`its texts`), and the same with the chart's axis across, if it
has one, and its ticks (`and axis`). No chart that shows these can take less.
Before each chart comes the same figure with empty axes and nothing else (`empty axes`), which tells
how fast the machine is at the moment.
`flows of 2,000 ribbons` is made of random events, so that there is a ribbon between almost any two.
"""

from __future__ import annotations

import argparse
import time

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import hardal_frames as hf

SESSIONS = 4_000
STEPS = ["view_item", "add_to_cart", "begin_checkout", "purchase"]


def charts():
    """Give the charts by name, each with the table that it draws."""
    events = hf.sample_events(sessions=SESSIONS)
    actions = events[events["type"] != "pageview"]
    lengths = events.groupby("session_id", sort=False).size()
    buyers = events["session_id"].isin(events.loc[events["name"] == "purchase", "session_id"])
    device = np.where(events["session_id"].str[-1] < "8", "phone", "desktop")

    def session_of(length):
        nearest = (lengths - length).abs().idxmin()
        return hf.plot.session, events[events["session_id"] == nearest]

    ribbons = hf.journey_flows(random_events(), steps=12, top=14)
    return {
        "journey": (hf.plot.journey, hf.journey_flows(actions)),
        "flows of 2,000 ribbons": (hf.plot.journey, ribbons),
        "funnel": (hf.plot.funnel, hf.funnel(events, STEPS)),
        "funnel by groups": (
            hf.plot.funnel,
            hf.funnel(events.assign(device=device), STEPS, by="device"),
        ),
        "session of 20": session_of(20),
        "session of 60": session_of(60),
        "session of 1,200": session_of(1_200),
        "transitions": (hf.plot.transitions, hf.transitions(events)),
        "time between": (hf.plot.time_between, hf.time_between(events, *STEPS[:2])),
        "conversion time": (hf.plot.conversion_time, hf.conversion_time(events, *STEPS[:2])),
        "paths": (hf.plot.paths, hf.paths(actions)),
        "paths, all": (hf.plot.paths, hf.paths(actions, top=None)),
        "comparison": (hf.plot.comparison, hf.compare_transitions(events[buyers], events[~buyers])),
    }


def random_events(sessions=20_000, longest=20, names=14):
    """Sessions that end after 1 to so many events."""
    random = np.random.default_rng(1)
    lengths = random.integers(1, longest + 1, sessions)
    session = np.repeat(np.arange(sessions), lengths)
    return pd.DataFrame(
        {
            "session_id": pd.Series(session).map("s{}".format),
            "name": pd.Series(random.integers(0, names, len(session))).map("event_{}".format),
            "timestamp": pd.Timestamp("2026-01-01", tz="UTC")
            + pd.to_timedelta(np.arange(len(session)), unit="s"),
        }
    )


def drawn(chart, table):
    """Make a figure of the chart."""
    figure, ax = plt.subplots(figsize=(10, 5), layout="constrained")
    chart(table, ax=ax)
    figure.canvas.draw()
    return figure


def shown_texts(figure):
    """Give what the texts of a figure say, and where, in parts of the figure."""
    to_figure = figure.transFigure.inverted()
    return [
        (
            to_figure.transform(text.get_transform().transform(text.get_position())),
            text.get_text(),
            text.get_fontproperties(),
        )
        for text in figure.findobj(mpl.text.Text)
        if text.get_visible() and text.get_text().strip()
    ]


def shown_axis(figure):
    """Give the places and words of the ticks across, and the label; None without words."""
    [ax, *_] = figure.axes
    words = [text.get_text() for text in ax.get_xticklabels() if ax.xaxis.get_visible()]
    return (ax.get_xlim(), ax.get_xticks().tolist(), words, ax.get_xlabel()) if any(words) else None


def only_texts(texts, axis=None):
    """Make a figure of these texts and this axis; no other."""
    figure, ax = plt.subplots(figsize=(10, 5), layout="constrained")
    if axis is None:
        ax.set_axis_off()
    else:
        limits, places, words, label = axis
        ax.yaxis.set_visible(False)
        ax.set_xticks(places, words, parse_math=False)
        ax.set_xlim(limits)
        ax.set_xlabel(label)
        texts = [text for text in texts if text[1] not in {*words, label}]
    for place, content, font in texts:
        figure.text(*place, content, fontproperties=font, parse_math=False).set_in_layout(False)
    figure.canvas.draw()
    return figure


def cost(rounds, make, *made_of):
    """Milliseconds to make a figure."""
    least = float("inf")
    for _ in range(rounds + 1):
        begun = time.process_time()
        figure = make(*made_of)
        least = min(least, time.process_time() - begun)
        plt.close(figure)
    return 1000 * least


def main():
    """Draw each chart several times and print the least."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--charts", nargs="+", help="only these")
    asked = options.parse_args()
    mpl.use("Agg")
    known = charts()
    print(f"matplotlib {mpl.__version__}")
    costs = f"{'empty axes':>12}{'chart':>8}{'its texts':>11}{'and axis':>10}"
    print(f"{'':24}{costs}{'texts':>7}{'letters':>9}")
    for name in asked.charts or known:
        chart, table = known[name]
        empty = cost(asked.rounds, drawn, lambda _, ax: ax, None)
        whole = cost(asked.rounds, drawn, chart, table)
        figure = drawn(chart, table)
        texts, axis = shown_texts(figure), shown_axis(figure)
        plt.close(figure)
        along = cost(asked.rounds, only_texts, texts, axis)
        bare = cost(asked.rounds, only_texts, texts)
        letters = sum(len(content) for _, content, _ in texts)
        costs = f"{empty:>12,.0f}{whole:>8,.0f}{bare:>11,.0f}{along:>10,.0f}"
        print(f"{name:24}{costs}{len(texts):>7,}{letters:>9,}", flush=True)


if __name__ == "__main__":
    main()
