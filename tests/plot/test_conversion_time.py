"""The chart of conversion over time, read back from its artists, and its layout."""

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
from hardal_frames.plot._conversion_time.layout import MOST_STEPS, read_curves, spread
from tests.plot.artists import drawn, said
from tests.plot.random_tables import ODD, conversion_table
from tests.plot.text_boxes import figures, require_apart


def table(groups, *, sessions=100, times=(0, 90, 600), by="device"):
    """Make a table in which each group has so many more conversions at each time after 0."""
    rows = []
    for label, rises in groups.items():
        converted = 0
        for place, time in enumerate(times):
            converted += rises * (time > 0) * (place > 0 or times[0] > 0)
            share = converted / sessions
            rows.append((label, pd.Timedelta(seconds=time), converted, sessions, share,
                         max(share - 0.05, 0.0), share + 0.05))  # fmt: skip
    return pd.DataFrame(
        rows, columns=[by, "elapsed", "converted", "sessions", "share", "ci_low", "ci_high"]
    )


DEVICES = table({"mobile": 10, "desktop": 20})


def line(ax, label):
    """Find a curve."""
    return next(one for one in ax.lines if one.get_label() == label)


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=12).map(np.array),
    st.floats(0.5, 20),
    st.floats(100, 300),
)
def test_labels_are_moved_apart_in_order(wanted, apart, room):
    """Places are apart, in order, inside where they fit, and where they wished if they may."""
    placed = spread(wanted, apart, 0.0, room)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(placed[order]) >= apart - 1e-6).all()
    assert placed.min() >= -1e-9
    if apart * (len(wanted) - 1) <= room:
        assert placed.max() <= room + 1e-6
    if len(wanted) == 1 or np.diff(np.sort(wanted)).min() >= apart:
        assert np.allclose(placed, np.minimum(wanted, room))


def test_texts(new_axes):
    """Each curve has its name and last share at its end, and what it has yet to convert below."""
    ax = plot.conversion_time(DEVICES, ax=new_axes(), title="Cart to order")
    drawn(ax)
    texts = said(ax)
    assert texts[:2] == ["mobile 20%", "desktop 40%"]
    assert texts[2:4] == [
        "share of all sessions with a start that converted within that time",
        "sessions not converted yet",
    ]
    ticks = [tick.get_text() for tick in ax.get_xticklabels()]
    assert ticks == ["0s", "1m", "5m"]
    assert texts[4:10] == ["100", "100", "100", "100", "90", "80"]
    assert texts[10:12] == ["mobile", "desktop"]
    assert texts[12] == "time since the start · log scale · shaded: 95% confidence interval"
    assert ax.get_title(loc="left") == "Cart to order"


def test_curves(new_axes):
    """Steps at the times of the table, on to the end of the axis, over all sessions."""
    ax = plot.conversion_time(DEVICES, ax=new_axes())
    times, shares = line(ax, "desktop").get_data()
    assert times.tolist() == [0, 90, 600, 600]
    assert shares.tolist() == [0, 0.2, 0.4, 0.4]
    assert line(ax, "desktop").get_drawstyle() == "steps-post"
    assert line(ax, "mobile").get_color() != line(ax, "desktop").get_color()
    assert str(line(ax, "mobile")._dash_pattern) != str(line(ax, "desktop")._dash_pattern)
    assert len([one for one in ax.collections if one.get_label() == "_interval"]) == 2


def test_a_shorter_curve_goes_on(new_axes):
    """The sessions of a group that converts early stay, so its curve goes on to the end."""
    early = table({"early": 5}, times=(0, 30))
    ax = plot.conversion_time(pd.concat([early, DEVICES]), ax=new_axes())
    assert line(ax, "early").get_xdata()[-1] == 600


def test_one_group(new_axes):
    """Without groups, the curve says its share and of how many."""
    ax = plot.conversion_time(DEVICES[:3].drop(columns="device"), ax=new_axes())
    drawn(ax)
    assert said(ax)[0] == "20% of 100"
    assert "mobile" not in said(ax)


def test_read_at_some_times(new_axes):
    """A table read at some times is points with whiskers, at ticks of their own."""
    ax = plot.conversion_time(table({"a": 5, "b": 9}, times=(30, 300, 3600)), ax=new_axes())
    drawn(ax)
    assert line(ax, "a").get_drawstyle() == "default"
    assert line(ax, "a").get_marker() == "o"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["30s", "5m", "1h"]
    assert "whiskers" in said(ax)[-1]
    assert {"95", "90", "85"} <= set(said(ax))


def test_without_intervals(new_axes):
    """Without intervals there are none, and nothing is said of them."""
    ax = plot.conversion_time(DEVICES.drop(columns=["ci_low", "ci_high"]), ax=new_axes())
    drawn(ax)
    assert not [one for one in ax.collections if one.get_label() == "_interval"]
    assert said(ax)[-1] == "time since the start · log scale"


def test_many_groups(new_axes):
    """The eight largest are named; the others are grey and counted."""
    groups = [table({f"g{number:02}": 3}, sessions=1000 - number) for number in range(20)]
    ax = plot.conversion_time(pd.concat(groups), ax=new_axes(12, 8))
    drawn(ax)
    texts = said(ax)
    assert [text[:3] for text in texts[:8]] == [f"g{number:02}" for number in range(8)]
    assert texts[8:10] == ["12 more", "in grey"]
    assert len({line(ax, f"g{number:02}").get_color() for number in range(8, 20)}) == 1
    assert not [one for one in ax.collections if one.get_label() == "_interval"]


@pytest.mark.parametrize("seed", range(16))
def test_drawn_texts_stay_apart_and_inside(seed):
    """Measured as drawn, no text lies on another one or sticks out of the figure."""
    generator = random.Random(seed)
    figure, grid = figures(generator)
    for ax in grid:
        plot.conversion_time(conversion_table(generator), ax=ax, title="A title")
    require_apart(figure)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 300))
def test_texts_of_many_tables_stay_apart(seed):
    """The same, of many more tables."""
    test_drawn_texts_stay_apart_and_inside(seed)


def test_empty(new_axes):
    """Without sessions there is a message."""
    message = ["no sessions that could convert"]
    assert said(plot.conversion_time(DEVICES[:0], ax=new_axes())) == message
    nobody = DEVICES.assign(sessions=0, converted=0, share=np.nan, ci_low=np.nan, ci_high=np.nan)
    assert said(plot.conversion_time(nobody, ax=new_axes())) == message


def test_nobody_converts(new_axes):
    """A curve that stays at 0 is drawn."""
    ax = plot.conversion_time(table({"a": 0}, times=(0,)), ax=new_axes())
    require_apart(ax.figure)
    assert said(ax)[0] == "a 0%"


def test_long_curves_are_thinned():
    """Steps finer than a line are left out; the first and the last stay, and counts are exact."""
    times = range(100_000)
    curve = read_curves(table({"a": 1}, sessions=10**6, times=times))[0]
    thin = curve.thinned()
    assert len(thin.seconds) == MOST_STEPS
    assert (thin.seconds[0], thin.end) == (0, curve.end)
    assert curve.waiting(500) == 10**6 - 500


def test_no_letter_is_mathematics(new_axes):
    """Names of groups are written as they are."""
    ax = plot.conversion_time(table(dict.fromkeys(ODD[:8], 3)), ax=new_axes(), title="$t$")
    drawn(ax)
    assert any("$begin_$x^2$" in text for text in said(ax))
    assert not any(text.get_parse_math() for text in [*ax.texts, ax._left_title])


def test_what_the_analysis_returns(new_axes):
    """Tables of the analysis can be drawn, whatever their groups, and are left as they are."""
    events = hf.sample_events(sessions=80).assign(day=lambda frame: frame["timestamp"].dt.date)
    settings = dict(mpl.rcParams)
    for options in ({}, {"by": "day"}, {"by": "prop_utm_source", "at": ["1min", "1h"]}):
        curve = hf.conversion_time(events, "page_view", "view_item", **options)
        before = curve.copy(deep=True)
        require_apart(plot.conversion_time(curve, ax=new_axes()).figure)
        pd.testing.assert_frame_equal(curve, before)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == settings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "not dict"),
        (DEVICES.drop(columns="share"), "no column 'share'"),
        (DEVICES.assign(elapsed=3.0), "durations are needed"),
        (DEVICES.assign(elapsed=-DEVICES["elapsed"]), "durations from 0"),
        (DEVICES.assign(share=20.0), "shares from 0 to 1"),
        (DEVICES.assign(share=np.nan), "shares from 0 to 1"),
        (DEVICES.assign(converted=0.5), "whole numbers from 0"),
        (DEVICES.assign(sessions=[100, 100, 100, 90, 90, 80]), "all rows of a group"),
        (
            pd.DataFrame({"session_id": [], "timestamp": []}),
            r"conversion_time\(events, start, end\) returns",
        ),
    ],
)
def test_tables_that_cannot_be_drawn(wrong, message):
    """The message says what is wrong."""
    with pytest.raises(InvalidInput, match=message):
        plot.conversion_time(wrong)
    assert plt.get_fignums() == []


def test_figures_can_be_pickled(new_axes):
    """A chart survives a pickle, and is placed anew afterwards."""
    ax = plot.conversion_time(DEVICES, ax=new_axes())
    figure = pickle.loads(pickle.dumps(ax.figure))  # noqa: S301
    figure.set_size_inches(6, 4)
    require_apart(figure)
