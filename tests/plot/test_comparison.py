"""The chart of a comparison, read back from its artists, and its layout."""

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
from hardal_frames.plot._comparison.layout import plan_for, scale_ticks
from hardal_frames.plot._comparison.rows import (
    interval_text,
    points_text,
    read_comparison,
    tick_text,
)
from tests.plot.artists import drawn, said
from tests.plot.random_tables import comparison_table
from tests.plot.text_boxes import figures, require_apart

MINUS = "\N{MINUS SIGN}"
TABLE = pd.DataFrame(
    {
        "source": ["cart", None, "search"],
        "target": ["pay", "cart", None],
        "share_first": [0.1, 0.5, 0.2],
        "share_second": [0.4, 0.3, 0.21],
        "share_difference": [0.3, -0.2, 0.01],
        "share_ci_low": [0.2, -0.3, -0.05],
        "share_ci_high": [0.4, -0.1, 0.07],
    }
)


def dots(ax, label):
    """Where the marks of a kind are, keys included, as shares of the Axes."""
    return next(line for line in ax.lines if line.get_label() == label).get_xydata()


@given(st.floats(-1, 0), st.floats(0.0005, 1), st.integers(2, 9))
def test_scale_ticks(low, high, most):
    """Round numbers around both ends and 0, evenly apart, as few as wanted."""
    ticks = scale_ticks(low, high, most)
    assert ticks[0] <= low + 1e-6
    assert ticks[-1] >= high - 1e-6
    assert 0 in ticks
    assert len(ticks) <= max(most, 3)
    assert np.allclose(np.diff(ticks), ticks[1] - ticks[0])


@given(st.integers(0, 10**6), st.floats(80, 1500), st.floats(80, 900))
def test_everything_lies_beside_each_other(seed, width, height):
    """Names, shares, differences and their text follow each other; rows are apart and inside."""
    rows = read_comparison(comparison_table(random.Random(seed)), top=40)
    plan = plan_for(rows, width, height, base=10, measure=lambda text, size: 0.6 * size * len(text))
    assert plan.names < plan.differences.left < plan.differences.right
    if plan.shares is not None:
        assert plan.names < plan.shares.left < plan.shares.right < plan.differences.left
        assert plan.shares.ticks[-1] >= np.nanmax([*rows.first, *rows.second, 0]) - 1e-6
    else:
        assert plan.names < plan.numbers[0] < plan.numbers[1] < plan.differences.left
    if width >= 250:
        assert plan.differences.right <= width
    assert plan.head <= plan.tops[0]
    assert plan.tops[-1] <= plan.foot + 1e-6 <= height + height
    for values in (rows.low, rows.high, rows.difference, np.zeros(1)):
        known = plan.differences.place(values[np.isfinite(values)])
        assert (known >= plan.differences.left - 1e-6).all()
        assert (known <= plan.differences.right + 1e-6).all()


def test_texts(new_axes):
    """Groups, pairs, both scales, differences with their intervals, and what they are."""
    ax = plot.comparison(TABLE, ax=new_axes(), title="Who pays", labels=("old", "new"))
    drawn(ax)
    texts = said(ax)
    assert texts[:3] == ["cart → pay", "(entry) → cart", "search → (exit)"]
    assert texts[3:6] == [
        "+30 (+20 to +40)", f"{MINUS}20 ({MINUS}30 to {MINUS}10)", f"+1.0 ({MINUS}5.0 to +7.0)"
    ]  # fmt: skip
    assert f"{MINUS}40" in texts
    assert "share of the sessions of each" in texts
    assert "difference in percentage points of sessions, 95% interval" in texts
    assert {"old", "new"} <= set(texts)
    assert texts[-1] == (
        "right of 0: more often in “new” than in “old” · hollow square: the interval holds 0"
    )
    assert ax.get_title(loc="left") == "Who pays"


def test_marks(new_axes):
    """Both shares and the difference of each row, the unsure ones hollow, intervals around."""
    ax = plot.comparison(TABLE, ax=new_axes())
    drawn(ax)
    first, second = dots(ax, "first"), dots(ax, "second")
    assert len(first) == len(second) == 4
    assert (np.sign(second[:3, 0] - first[:3, 0]) == [1, -1, 1]).all()
    assert np.allclose(first[:3, 1], second[:3, 1])
    assert len(dots(ax, "difference")) == 2
    assert len(dots(ax, "difference, unsure")) == 1
    (intervals,) = (one for one in ax.collections if one.get_label() == "_interval")
    (zero,) = (one for one in ax.collections if one.get_label() == "_zero")
    middle = zero.get_segments()[0][0, 0]
    ends = np.array([segment[:, 0] for segment in intervals.get_segments()])
    assert (np.sign(ends - middle) == [[1, 1], [-1, -1], [-1, 1]]).all()


def test_top(new_axes):
    """Only the first rows are drawn, and the others are counted."""
    ax = plot.comparison(TABLE, ax=new_axes(), top=2)
    drawn(ax)
    assert "search → (exit)" not in said(ax)
    assert "1 more row is not shown" in said(ax)[-1]


def test_narrow(new_axes):
    """Without room for both scales the shares are numbers."""
    ax = plot.comparison(TABLE, ax=new_axes(4, 3))
    require_apart(ax.figure)
    assert {"10%", "40%", "50%", "30%"} <= set(said(ax))
    assert len(dots(ax, "first")) == 2


def test_narrow_columns_hold_the_longest_share(new_axes):
    """What is nearly all is longer than all, and has room."""
    table = TABLE.assign(share_first=0.9999, share_second=[0.8, 0.9996, 0.0001])
    ax = plot.comparison(table, ax=new_axes(4, 3))
    require_apart(ax.figure)
    assert {">99.9%", "<0.1%"} <= set(said(ax))


def test_differences_as_text():
    """Points with a sign, small ones never rounded to nothing."""
    assert points_text(-0.041) == f"{MINUS}4.1"
    assert points_text(0.0996) == "+10"
    assert points_text(-0.0004) == f"{MINUS}0.04"
    assert points_text(0.0000123) == "+0.001"
    assert points_text(float("nan")) == "\N{EN DASH}"
    assert interval_text(-0.2, -0.3, float("nan")) == f"{MINUS}20"
    assert tick_text(-0.025) == f"{MINUS}2.5"


@pytest.mark.parametrize("seed", range(16))
def test_drawn_texts_stay_apart_and_inside(seed):
    """Measured as drawn, no text lies on another one or sticks out of the figure."""
    generator = random.Random(seed)
    figure, grid = figures(generator)
    for ax in grid:
        labels = generator.choice([("first", "second"), ("$a$ " * 20, "those who did not")])
        plot.comparison(
            comparison_table(generator), ax=ax, title="A title", labels=labels,
            top=generator.choice([1, 12, 40]),
        )  # fmt: skip
    require_apart(figure)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 300))
def test_texts_of_many_tables_stay_apart(seed):
    """The same, of many more tables."""
    test_drawn_texts_stay_apart_and_inside(seed)


def test_a_group_without_sessions(new_axes):
    """Undefined differences are dashes, and only the shares that there are have marks."""
    columns = ["share_second", "share_difference", "share_ci_low", "share_ci_high"]
    ax = plot.comparison(TABLE.assign(**dict.fromkeys(columns, np.nan)), ax=new_axes())
    require_apart(ax.figure)
    assert said(ax)[3:6] == ["\N{EN DASH}"] * 3


def test_many_rows_make_a_new_figure_higher():
    """A new figure grows with its rows."""
    table = pd.concat([TABLE] * 20, ignore_index=True)
    assert plot.comparison(table).figure.get_size_inches().tolist() == [10, 5]
    assert plot.comparison(table, top=60).figure.get_size_inches()[1] > 15


def test_empty(new_axes):
    """Without rows there is a message."""
    assert said(plot.comparison(TABLE[:0], ax=new_axes())) == ["no transitions to compare"]


def test_no_letter_is_mathematics(new_axes):
    """Names are written as they are."""
    ax = plot.comparison(TABLE.assign(source="$a_b$"), ax=new_axes(), labels=("$x$", "y\nz"))
    drawn(ax)
    assert {"$a_b$ → pay", "$x$", "y z"} <= set(said(ax))
    assert not any(text.get_parse_math() for text in ax.texts)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_ink(new_axes, style):
    """The first group is hollow, its inside being the ground; ink comes from the style."""
    with plt.style.context(style):
        ax = plot.comparison(TABLE, ax=new_axes())
    first, second = (
        next(line for line in ax.lines if line.get_label() == name) for name in ("first", "second")
    )
    ground = (1, 1, 1) if style == "default" else (0, 0, 0)
    assert mpl.colors.to_rgb(first.get_markerfacecolor()) == ground
    assert second.get_markerfacecolor() == second.get_markeredgecolor()


def test_what_the_analysis_returns(new_axes):
    """The table of the analysis can be drawn, and is left as it is; settings too."""
    events = hf.sample_events(sessions=80)
    half = events["session_id"].isin(events["session_id"].unique()[::2])
    table = hf.compare_transitions(events[half], events[~half])
    before, settings = table.copy(deep=True), dict(mpl.rcParams)
    require_apart(plot.comparison(table, ax=new_axes()).figure)
    pd.testing.assert_frame_equal(table, before)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == settings


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ({}, {}, "not dict"),
        (TABLE.drop(columns="share_first"), {}, "no column 'share_first'"),
        (TABLE.assign(share_first=40), {}, "shares from 0 to 1"),
        (TABLE.assign(share_difference=-30), {}, "shares from -1 to 1"),
        (TABLE, {"top": 0}, "top is 0"),
        (TABLE, {"labels": "ab"}, "two are needed"),
        (TABLE, {"labels": ("a", "b", "c")}, "two are needed"),
        (TABLE, {"labels": (1, 2)}, "two texts"),
        (TABLE, {"labels": ("a", " a")}, "different ones"),
        (
            pd.DataFrame({"session_id": [], "timestamp": []}),
            {},
            r"compare_transitions\(first, second\) returns",
        ),
    ],
)
def test_tables_that_cannot_be_drawn(table, options, message):
    """The message says what is wrong."""
    with pytest.raises(InvalidInput, match=message):
        plot.comparison(table, **options)
    assert plt.get_fignums() == []


def test_figures_can_be_pickled(new_axes):
    """A chart survives a pickle, and is placed anew afterwards."""
    figure = pickle.loads(pickle.dumps(plot.comparison(TABLE, ax=new_axes()).figure))  # noqa: S301
    figure.set_size_inches(6, 4)
    require_apart(figure)
