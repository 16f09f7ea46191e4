"""The chart of times between events, read back from its artists, and its numbers."""

from __future__ import annotations

import pickle
import random

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames import plot
from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.time_axis import time_axis
from hardal_frames.plot._time_between.layout import MOST_STEPS, Gaps, edges_for, read_gaps
from tests.plot.artists import drawn, said
from tests.plot.random_tables import ODD, gaps_tables
from tests.plot.text_boxes import figures, require_apart

TIMES = st.lists(
    st.one_of(st.floats(-1e7, 1e9), st.just(0.0), st.floats(0, 1), st.integers(0, 100)), max_size=60
)


def table(*seconds):
    """Make a table of times; None for no end."""
    return pd.DataFrame({"elapsed": pd.to_timedelta(list(seconds), unit="s")})


def lines(ax, label="times"):
    """Find the curves of a label."""
    return [line for line in ax.lines if line.get_label() == label]


@given(TIMES)
def test_curve(values):
    """At each of its times the curve is the share of pairs that took no longer."""
    seconds = np.sort(np.array(values, dtype=float))
    times, shares = Gaps("", seconds, 0).curve()
    assert (np.diff(times) > 0).all()
    for time, share in zip(times.tolist(), shares.tolist(), strict=True):
        assert share == sum(value <= time for value in values) / len(values)
    assert set(times.tolist()) == set(map(float, values))


def test_long_curves_are_thinned_and_stay_true():
    """Steps finer than a line are left out; those that stay are exact, and so are the ends."""
    seconds = np.sort(np.random.default_rng(1).lognormal(3, 2, 100_000))
    times, shares = Gaps("", seconds, 0).curve()
    assert len(times) == MOST_STEPS
    assert (times[0], times[-1], shares[-1]) == (seconds[0], seconds[-1], 1.0)
    assert (np.searchsorted(seconds, times, side="right") / len(seconds) == shares).all()
    assert np.diff(shares).max() < 2 / MOST_STEPS


@given(st.lists(TIMES, min_size=1, max_size=3))
def test_stretches(groups):
    """Every time is in one stretch, so that those of a table make 100 %."""
    gaps = [Gaps("", np.sort(np.array(values, dtype=float)), 0) for values in groups]
    edges = edges_for(time_axis([each.seconds for each in gaps]))
    assert (np.diff(edges) > 0).all()
    for each in gaps:
        assert each.stretches(edges).sum() == pytest.approx(float(len(each.seconds) > 0))


def test_texts(new_axes):
    """Pairs, median, 90th percentile and starts without an end, for each table."""
    ax = plot.time_between(
        {"mobile": table(20, 40, 300, 7, 9, None), "desktop": table(60, 120)},
        ax=new_axes(),
        title="Cart to order",
    )
    drawn(ax)
    texts = said(ax)
    assert texts[:4] == ["pairs", "median", "p90", "no end"]
    assert texts[4:9] == ["mobile", "5", "20s", "3m 16s", "1"]
    assert texts[9:14] == ["desktop", "2", "1m 30s", "1m 54s", "0"]
    assert texts[14:] == [
        "share of pairs that took at most so long",
        "time from start to end · log scale",
    ]
    assert ax.get_title(loc="left") == "Cart to order"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["5s", "15s", "1m", "5m"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "0%", "25%", "50%", "75%", "90%", "100%"
    ]  # fmt: skip


def test_no_unmatched_no_column(new_axes):
    """Where every start has an end, nothing is said of those without."""
    ax = plot.time_between(table(20, 40), ax=new_axes())
    drawn(ax)
    assert said(ax)[:6] == ["pairs", "median", "p90", "2", "30s", "38s"]


def test_nothing_vanishes(new_axes):
    """Zero, less than a second and less than nothing are on the axis, and are spoken of."""
    ax = plot.time_between(table(-60, 0, 0, 0.5, *[60] * 30), ax=new_axes())
    drawn(ax)
    (curve,) = lines(ax)
    times, shares = curve.get_data()
    assert dict(zip(times.tolist(), shares.tolist(), strict=True))[0.0] == 3 / 34
    first, last = ax.get_xlim()
    assert first <= -60 < 60 <= last
    assert "1 of 34 pairs end before they start" in said(ax)[-1]
    assert "2 of 34 pairs took 0s" in said(ax)[-1]
    assert "1 of 34 pairs took under a second" in said(ax)[-1]
    assert "straight up to" in said(ax)[-1]
    assert "0s" in [tick.get_text() for tick in ax.get_xticklabels()]


def test_curves_reach_both_ends(new_axes):
    """Every curve goes from 0 at the axis' beginning to 1 at its end."""
    ax = plot.time_between({"a": table(5, 7), "b": table(100, 200)}, ax=new_axes())
    for label in "ab":
        (curve,) = lines(ax, label)
        times, shares = curve.get_data()
        assert (times[0], times[-1]) == (5, 200)
        assert (shares[0], shares[-1]) == (0, 1)


def test_marks(new_axes):
    """The median and the 90th percentile are marked on the curve."""
    ax = plot.time_between(table(*range(1, 101)), ax=new_axes())
    marks = [line.get_xydata().tolist() for line in lines(ax, "_mark")]
    assert marks == [[[50.5, 0.5]], [[pytest.approx(90.1), 0.9]]]


def test_lines_differ_in_colour_and_dashes(new_axes):
    """No two of eight curves have one colour or the same dashes; more are grey and said so."""
    tables = {f"t{number}": table(number + 1, 60) for number in range(11)}
    ax = plot.time_between(tables, ax=new_axes(12, 8))
    drawn(ax)
    curves = [lines(ax, label)[0] for label in tables]
    assert len({curve.get_color() for curve in curves[:8]}) == 8
    assert len({str(curve._dash_pattern) for curve in curves[:8]}) == 8
    assert len({curve.get_color() for curve in curves[8:]}) == 1
    assert "and 3 more, in grey" in said(ax)


@pytest.mark.parametrize("times", [[1800] * 40 + [60] * 60, [5, 60, 3600], [900, 1000], [0, 1]])
def test_no_stretch_is_without_width(new_axes, times):
    """Also the longest time, which may lie on an edge, is in a stretch that can be seen."""
    ax = plot.time_between(table(*times), ax=new_axes(), kind="histogram")
    drawn(ax)
    shares, edges, _ = ax.patches[0].get_data()
    assert shares.sum() == pytest.approx(1)
    assert (np.diff(edges)[shares > 0] > 1e-4).all()
    assert ax.get_xlim()[1] >= edges[-1]


def test_histogram(new_axes):
    """One table is filled, several are outlines; the highest stretch is inside."""
    one = plot.time_between(table(*[10] * 9, 100), ax=new_axes(), kind="histogram")
    (steps,) = one.patches
    assert steps.get_fill()
    assert max(steps.get_data().values) == 0.9
    assert "share of pairs within each stretch of time" in said(one)
    more = plot.time_between({"a": table(10), "b": table(9, 1000)}, ax=new_axes(), kind="histogram")
    drawn(more)
    assert [steps.get_fill() for steps in more.patches] == [False, False]
    assert more.get_ylim()[1] >= 1
    assert said(more)[:3] == ["pairs", "median", "p90"]


@pytest.mark.parametrize("seed", range(16))
def test_drawn_texts_stay_apart_and_inside(seed):
    """Measured as drawn, no text lies on another one or sticks out of the figure."""
    generator = random.Random(seed)
    figure, grid = figures(generator)
    for ax in grid:
        kind = generator.choice(["ecdf", "histogram"])
        plot.time_between(gaps_tables(generator), ax=ax, title="A title", kind=kind)
    require_apart(figure)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 300))
def test_texts_of_many_tables_stay_apart(seed):
    """The same, of many more tables."""
    test_drawn_texts_stay_apart_and_inside(seed)


def test_many_tables(new_axes):
    """Two hundred tables can be drawn."""
    tables = {f"t{number}": table(number, 60) for number in range(200)}
    require_apart(plot.time_between(tables, ax=new_axes()).figure)


def test_empty(new_axes):
    """Without pairs there is a message, which counts the starts."""
    assert said(plot.time_between(table(), ax=new_axes())) == ["no pairs to draw"]
    assert said(plot.time_between({"a": table(None, None)}, ax=new_axes())) == [
        "no pairs to draw: 2 starts have no end"
    ]
    none = pd.DataFrame({"elapsed": [None, None]})
    assert said(plot.time_between(none, ax=new_axes()))[0].endswith("2 starts have no end")


def test_an_empty_one_among_others(new_axes):
    """A table without pairs has a row of dashes and no curve."""
    ax = plot.time_between({"a": table(5, 9), "b": table(None)}, ax=new_axes())
    drawn(ax)
    dash = "\N{EN DASH}"
    assert said(ax)[9:14] == ["b", "0", dash, dash, "1"]
    assert lines(ax, "b") == []


def test_no_letter_is_mathematics(new_axes):
    """Labels are written as they are."""
    ax = plot.time_between({name: table(5) for name in ODD[:8]}, ax=new_axes(), title="$t_1$")
    drawn(ax)
    assert "$begin_$x^2$" in said(ax)
    assert not any(text.get_parse_math() for text in [*ax.texts, ax._left_title])


def test_data_coordinates_are_seconds(new_axes):
    """A line of the caller's own at 60 lies where the axis says 1m."""
    ax = plot.time_between(table(1, 5, 60, 600), ax=new_axes())
    drawn(ax)
    ticks = dict(
        zip([tick.get_text() for tick in ax.get_xticklabels()], ax.get_xticks(), strict=True)
    )
    assert ticks["1m"] == 60


def test_what_the_analysis_returns(new_axes):
    """The table of the analysis can be drawn, and is left as it is; settings too."""
    times = hf.time_between(hf.sample_events(sessions=60), "page_view", "view_item", unmatched=True)
    before, settings = times.copy(deep=True), dict(mpl.rcParams)
    drawn(plot.time_between(times, ax=new_axes()))
    pd.testing.assert_frame_equal(times, before)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == settings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "not list"),
        ({}, "dict of tables is empty"),
        ({"a": 3}, "not int"),
        (pd.DataFrame({"step": [1]}), "no column 'elapsed'"),
        (pd.DataFrame({"elapsed": [3.5]}), "durations are needed"),
        (
            pd.DataFrame({"session_id": [], "timestamp": []}),
            r"time_between\(events, start, end\) returns",
        ),
    ],
)
def test_tables_that_cannot_be_drawn(wrong, message):
    """The message says what is wrong."""
    with pytest.raises(InvalidInput, match=message):
        plot.time_between(wrong)
    with pytest.raises(InvalidInput, match="kind is 'pie'"):
        plot.time_between(table(1), kind="pie")
    assert plt.get_fignums() == []


def test_read_gaps():
    """Labels are on one line, and several tables stay in their order."""
    groups = read_gaps({"b\nc": table(2, 1), "a": table(None)})
    assert [group.label for group in groups] == ["b c", "a"]
    assert [group.unmatched for group in groups] == [0, 1]
    assert groups[0].seconds.tolist() == [1, 2]


def test_figures_can_be_pickled(new_axes):
    """A chart survives a pickle, and is placed anew afterwards."""
    ax = plot.time_between(table(1, 5, 60), ax=new_axes())
    figure = pickle.loads(pickle.dumps(ax.figure))  # noqa: S301
    figure.set_size_inches(6, 4)
    require_apart(figure)
