"""The funnel chart of groups, read back from its artists, and its layout."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames import plot
from hardal_frames.errors import InvalidInput
from hardal_frames.plot._funnel.groups import CLUSTER, read_groups, rows_of
from hardal_frames.plot._shared.groups import MOST
from tests.plot.artists import drawn, said, visible
from tests.plot.sample_tables import funnel_table

ODD = ["Türkiye", "$x_1$", "a\nb", "y" * 80, "", "Straße", "%d"]


def grouped(counts, names=None, labels=None):
    """Make the table of several groups' funnels."""
    labels = labels or [f"group {number}" for number in range(len(counts))]
    parts = [funnel_table(each, names) for each in counts]
    for part, label in zip(parts, labels, strict=True):
        part.insert(0, "country", [label] * len(part))
    return pd.concat(parts, ignore_index=True)


COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=7).map(
    lambda counts: sorted(counts)[::-1]
)


@given(st.lists(COUNTS, min_size=1, max_size=12))
def test_bars_of_a_step_stand_side_by_side(counts):
    """No bar touches the next, all of a step are nearer to it than to another, none is lost."""
    steps = min(map(len, counts))
    layout = read_groups(grouped([each[:steps] for each in counts]))
    assert len(layout.groups) == min(len(counts), MOST)
    assert bool(layout.hidden) == (len(counts) > MOST)
    across = np.sort(layout.places.ravel())
    assert (np.diff(across) >= layout.bar * (1 - 1e-9)).all()
    assert (np.abs(layout.places - np.arange(steps)) <= CLUSTER / 2).all()
    assert ((layout.ends >= layout.solid) & (layout.ends <= 1)).all()


@given(st.lists(st.floats(1, 200), max_size=20), st.floats(50, 500), st.floats(0, 20))
def test_rows_of_a_key(widths, room, gap):
    """Items of one line do not touch, stay inside unless alone too wide, and none is left out."""
    placed = rows_of(widths, room, gap)
    assert len(placed) == len(widths)
    for (line, left), (other, right), width in zip(placed, placed[1:], widths, strict=False):
        assert other == line + 1 or right >= left + width
    for (_, left), width in zip(placed, widths, strict=True):
        assert left == 0 or left + width <= room


def test_bars_and_texts(new_axes):
    """A bar a group and step, as high as its share; the key tells the sessions."""
    table = grouped([[200, 100, 10], [50, 20, 5]], labels=["TR", None])
    ax = plot.funnel(table, ax=new_axes(), title="Checkout")
    drawn(ax)
    assert [bars.get_label() for bars in ax.containers] == ["TR", "(none)"]
    assert np.allclose([bar.get_height() for bar in ax.containers[1]], [1, 0.4, 0.1])
    assert said(ax) == ["TR  200", "(none)  50", "50%", "5%", "40%", "10%"]
    assert ax.get_ylabel() == "share of the group's sessions that did step 1"
    assert "confidence interval" in ax.get_xlabel()
    assert ax.get_title(loc="left") == "Checkout"


def test_groups_beyond_the_eighth_are_told(new_axes):
    """The chart says how many groups it leaves out."""
    ax = plot.funnel(grouped([[9 - n % 3, 2] for n in range(11)]), ax=new_axes())
    drawn(ax)
    assert len(ax.containers) == MOST
    assert "3 smaller groups are not shown" in said(ax)


def trend(entrants, days=None):
    """Make the table of a funnel with a trend, day after day."""
    table = grouped([[count, count // 2] for count in entrants])
    days = days or range(len(entrants))
    starts = pd.to_datetime([f"2026-03-{day + 1:02}" for day in days], utc=True)
    table["country"] = starts.repeat(2)
    return table.rename(columns={"country": "period"})


def test_the_latest_periods_of_a_trend_are_drawn(new_axes):
    """However small they are, in the order of time, and the words do not call the others small."""
    table = trend([90, 80, *[5] * 8])
    ax = plot.funnel(table.iloc[::-1], ax=new_axes())
    drawn(ax)
    days = [bars.get_label() for bars in ax.containers]
    assert days == [f"2026-03-{day:02}" for day in range(3, 11)]
    assert "2 earlier periods are not shown" in said(ax)
    told = plot.describe(table)
    assert "2026-03-10: 5 sessions" in told
    assert "2026-03-01" not in told
    assert told.endswith(" 2 earlier periods are not shown.")
    assert plot.describe(trend([3] * 9)).endswith(" 1 earlier period is not shown.")


def test_groups_of_a_trend(new_axes):
    """By a column and by time at once, the latest are drawn, of one period the largest."""
    table = trend([1, 2, 3, *[9] * 7], days=[2, 2, 2, 1, 3, 4, 5, 6, 7, 8])
    table.insert(0, "country", np.repeat([f"land {n}" for n in range(10)], 2))
    ax = plot.funnel(table, ax=new_axes())
    drawn(ax)
    lands = [bars.get_label().split(" · ")[0] for bars in ax.containers]
    assert lands == [f"land {n}" for n in (1, 2, 4, 5, 6, 7, 8, 9)]
    assert "2 further groups are not shown" in said(ax)


def test_the_largest_groups_are_drawn(new_axes):
    """Wherever they stand in the table, as the group without a value stands last."""
    entrants = [8, 1, 7, 6, 5, 2, 4, 9, 3, 99]
    labels = [*map(str, entrants[:-1]), None]
    ax = plot.funnel(grouped([[n, 1] for n in entrants], labels=labels), ax=new_axes())
    drawn(ax)
    assert [bars.get_label() for bars in ax.containers] == [*"8765493", "(none)"]
    told = plot.describe(grouped([[n, 1] for n in entrants], labels=labels))
    assert "(none): 99 sessions" in told
    assert told.endswith(" 2 smaller groups are not shown.")


@pytest.mark.parametrize("steps", [3, 9])
def test_a_share_is_not_written_where_a_long_whisker_ends(steps, new_axes):
    """Beside the top of the whisker of a tiny group it would be read as that share."""
    table = grouped([[400, 200] + [100] * (steps - 2), [1] + [0] * (steps - 1)])
    table["ci_low"], table["ci_high"] = 0.0, 0.79
    ax = plot.funnel(table, ax=new_axes(10, 9))
    drawn(ax)
    nothing = [text for text in visible(ax) if text.get_text() == "0%"]
    assert len(nothing) == steps - 1
    assert all(min(text.get_position()) < 0.05 for text in nothing)
    short = table.assign(ci_high=table["conversion_from_first"] + 0.005)
    ax = plot.funnel(short, ax=new_axes(10, 9))
    drawn(ax)
    half = next(text for text in visible(ax) if text.get_text() == "50%")
    assert max(half.get_position()) > 0.505
    assert "lines: 95% confidence interval" in ax.get_xlabel()


def test_a_real_breakdown_and_trend(new_axes):
    """What funnel returns is drawn, by a column and by week."""
    events = hf.sample_events()
    steps = ["page_view", "view_item", "purchase"]
    by = plot.funnel(hf.funnel(events, steps, by="prop_utm_source"), ax=new_axes())
    assert [bars.get_label() for bars in by.containers][-1] == "(none)"
    weeks = plot.funnel(hf.funnel(events, steps, trend="week"), ax=new_axes())
    assert [bars.get_label() for bars in weeks.containers] == ["2026-03-02", "2026-03-09"]


@pytest.mark.parametrize("size", [(10, 5), (13.3, 7.5), (5, 3.5), (3, 2.5)])
@pytest.mark.parametrize("groups", [1, 2, 5, 8])
@pytest.mark.parametrize("steps", [1, 3, 6, 9])
def test_texts_neither_overlap_nor_leave_the_figure(new_axes, size, groups, steps):
    """At any size, whatever the names are."""
    counts = [
        sorted((7 * (n + 3) * (k + 2)) % 997 for k in range(steps))[::-1] for n in range(groups)
    ]
    names = [ODD[number % len(ODD)] for number in range(steps)]
    labels = [f"{ODD[-number % len(ODD)]} {number}" for number in range(groups)]
    ax = plot.funnel(grouped(counts, names, labels), ax=new_axes(*size))
    renderer = drawn(ax)
    renderer = drawn(ax)
    boxes = [text.get_window_extent(renderer) for text in visible(ax)]
    for one, two in itertools.combinations(boxes, 2):
        width = min(one.x1, two.x1) - max(one.x0, two.x0)
        height = min(one.y1, two.y1) - max(one.y0, two.y0)
        assert width <= 0.5 or height <= 1
    figure = ax.figure.bbox
    for box in boxes:
        assert box.x0 >= figure.x0 - 1
        assert box.x1 <= figure.x1 + 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (grouped([[3, 2], [3, 2]]).iloc[:3], "one row a group and step"),
        (grouped([[3, 2], [3, 2]], labels=["a", "a"]), "one row a group and step"),
        (grouped([[3, 2], [3, 2]]).drop(columns="country"), "stands in several"),
        (grouped([[3, 2]]).drop(columns="sessions"), "sessions"),
    ],
)
def test_what_cannot_be_drawn_is_refused(table, message, new_axes):
    """Steps that differ between groups, a group twice, groups without their column."""
    with pytest.raises(InvalidInput, match=message):
        plot.funnel(table, ax=new_axes())


def test_no_rows(new_axes):
    """An empty table says so."""
    ax = plot.funnel(grouped([[3, 2]]).iloc[:0], ax=new_axes())
    assert said(ax) == ["no steps to draw"]
