"""The funnel chart, read back from its artists, and its layout."""

from __future__ import annotations

import itertools
import pickle

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames import plot
from hardal_frames.errors import InvalidInput
from hardal_frames.plot._funnel.layout import every_nth, lies_flat, read_funnel
from tests.plot.artists import drawn, said, visible
from tests.plot.sample_tables import funnel_table

SHOP = ["page_view", "view_item", "add_to_cart", "begin_checkout", "add_payment_info", "purchase"]
COUNTS = [2251, 1321, 542, 221, 136, 97]
ODD = ["sayfa_İĞŞçöü", "$begin_$x^2$", "a\nb", "x" * 80, "", "%d\\frac", "other"]


def shop(steps=6):
    """Make the funnel table of a shop."""
    return funnel_table(COUNTS[:steps], SHOP[:steps])


def bars(ax, label):
    """Find the bars of one kind."""
    return next(one for one in ax.containers if one.get_label() == label)


def lies(ax):
    """Whether the bars lie."""
    return ax.get_ylabel() == ""


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=9).map(lambda all_: sorted(all_)[::-1]))
def test_bars_and_drop_offs_meet(counts):
    """Where the solid bar ends the drop-off begins, and it ends where the bar before ended."""
    steps = read_funnel(funnel_table(counts))
    assert (steps.solid <= steps.before).all()
    assert steps.before[1:].tolist() == steps.solid[:-1].tolist()
    assert (steps.ends >= steps.before).all()
    assert ((steps.ends >= 0) & (steps.ends <= 1)).all()


def test_texts(new_axes):
    """Counts and shares at the bars, the share of the step before and the time between them."""
    ax = plot.funnel(shop(), ax=new_axes(), title="Checkout")
    drawn(ax)
    assert said(ax)[:5] == ["2,251", "100%", "1,321", "59%", "59%\n49s"]
    assert said(ax)[-3:] == ["97", "4.3%", "71%\n24s"]
    assert [label.get_text() for label in ax.get_xticklabels()] == SHOP
    assert ax.get_ylabel() == "share of sessions that did step 1"
    assert "median time" in ax.get_xlabel()
    assert ax.get_title(loc="left") == "Checkout"


def test_bars(new_axes):
    """A solid bar for each step, and hatched on it what was lost since the step before."""
    ax = plot.funnel(shop(), ax=new_axes())
    kept = [bar.get_height() for bar in bars(ax, "kept")]
    lost = [bar.get_height() for bar in bars(ax, "dropped off")]
    assert np.allclose(kept, np.array(COUNTS) / COUNTS[0])
    assert np.allclose(lost, np.array([0, *-np.diff(COUNTS)]) / COUNTS[0])
    assert all(bar.get_hatch() for bar in bars(ax, "dropped off"))


@pytest.mark.parametrize(
    ("table", "flat"),
    [
        (shop(), False),
        (funnel_table([9, 8, 7, 6, 5, 4, 3]), True),
        (funnel_table([9, 8], ["x" * 80, "y"]), True),
        (funnel_table([10**9] * 3), False),
    ],
    ids=["six", "seven", "long names", "large counts"],
)
def test_direction(new_axes, table, flat):
    """Bars lie beyond six steps or where names are long."""
    ax = plot.funnel(table, ax=new_axes())
    drawn(ax)
    assert lies(ax) == flat


@pytest.mark.parametrize("size", [(10, 5), (16, 6), (5, 2.5)])
@pytest.mark.parametrize("names", [SHOP, ODD, ODD * 3], ids=["shop", "odd", "many"])
@pytest.mark.parametrize("layout", ["constrained", None])
def test_drawn_texts_stay_apart_and_inside(new_axes, size, names, layout):
    """Measured as drawn, no text lies on another one or sticks out of the figure."""
    counts = sorted(range(5, 5 + 111 * len(names), 111), reverse=True)
    ax = plot.funnel(funnel_table(counts, names), ax=new_axes(*size, layout=layout))
    renderer = drawn(ax)
    labels = [*ax.get_xticklabels(), *ax.get_yticklabels()]
    texts = [text for text in (*visible(ax), *labels) if text.get_text()]
    boxes = [text.get_window_extent(renderer) for text in texts]
    for box in boxes:
        assert ax.figure.bbox.x0 - 1 <= box.x0 < box.x1 <= ax.figure.bbox.x1 + 1
    for one, two in itertools.combinations(boxes, 2):
        across = min(one.x1, two.x1) - max(one.x0, two.x0)
        along = min(one.y1, two.y1) - max(one.y0, two.y0)
        assert across <= 0.5 or along <= 3


def test_no_letter_is_mathematics(new_axes):
    """Names are written as they are."""
    ax = plot.funnel(funnel_table([7, 6, 5, 4, 3, 2, 1], ODD), ax=new_axes(), title="$a_b$")
    drawn(ax)
    names = ax.get_yticklabels()
    assert names[1].get_text() == "$begin_$x^2$"
    assert not any(text.get_parse_math() for text in [*names, *ax.texts, ax._left_title])


def test_intervals(new_axes):
    """Confidence intervals are lines at the end of the bars, from the second step."""
    table = shop()
    (lines,) = (
        one
        for one in plot.funnel(table, ax=new_axes()).collections
        if one.get_label() == "_interval"
    )
    ends = np.array([path.vertices[:, 1] for path in lines.get_paths()])
    assert np.allclose(ends, table[["ci_low", "ci_high"]].to_numpy()[1:])


def test_only_the_needed_columns(new_axes):
    """Without intervals and medians there are none, and the note does not speak of them."""
    needed = ["step", "name", "sessions", "conversion_from_first", "conversion_from_previous"]
    ax = plot.funnel(shop()[needed], ax=new_axes())
    assert "59%" in said(ax)
    assert ax.get_xlabel() == "arrows: % of the step before"


def test_rows_in_any_order(new_axes):
    """Steps are drawn in their order, whatever that of the rows."""
    assert said(plot.funnel(shop()[::-1], ax=new_axes())) == said(
        plot.funnel(shop(), ax=new_axes())
    )


def test_nothing_done(new_axes):
    """Where nobody did the first step, undefined shares are dashes."""
    ax = plot.funnel(funnel_table([0, 0], ["a", "b"]), ax=new_axes())
    drawn(ax)
    assert said(ax) == ["0", "\N{EN DASH}", "0", "\N{EN DASH}", "\N{EN DASH}\n49s"]


@pytest.mark.parametrize("steps", [1, 2, 200])
def test_any_number_of_steps(new_axes, steps):
    """One step, and more than can be labelled."""
    ax = plot.funnel(funnel_table(list(range(10**9, 10**9 - steps, -1))), ax=new_axes())
    drawn(ax)
    assert len(bars(ax, "kept")) == steps
    assert "1,000,000,000" in said(ax)


def test_empty(new_axes):
    """A table without steps draws a message."""
    assert said(plot.funnel(shop()[:0], ax=new_axes())) == ["no steps to draw"]


def test_dark(new_axes):
    """Ink and ground come from the style."""
    with plt.style.context("dark_background"):
        ax = plot.funnel(shop(), ax=new_axes())
        drawn(ax)
    assert mpl.colors.to_rgb(visible(ax)[0].get_color()) == (1, 1, 1)
    assert max(bars(ax, "dropped off")[1].get_facecolor()[:3]) < 0.3


def test_a_grid():
    """Charts share a figure; in a narrow one the bars lie."""
    figure, grid = plt.subplots(2, 2, figsize=(10, 5), layout="constrained")
    for ax, steps in zip(grid.flat, (6, 3, 1, 5), strict=True):
        assert plot.funnel(shop(steps), ax=ax) is ax
    figure.canvas.draw()
    assert [lies(ax) for ax in grid.flat] == [True, False, False, True]


def test_a_new_figure_grows_with_the_steps():
    """Without an Axes there is a new figure, higher where there are many steps."""
    assert plot.funnel(shop()).figure.get_size_inches().tolist() == [10, 5]
    assert plot.funnel(funnel_table([5] * 30)).figure.get_size_inches()[1] > 10


def test_pyplot_and_the_table_are_left_alone(new_axes):
    """With an Axes given, pyplot gets no figure; settings and table stay."""
    settings, table = dict(mpl.rcParams), shop()
    drawn(plot.funnel(table, ax=new_axes()))
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == settings
    pd.testing.assert_frame_equal(table, shop())


def test_tables_that_cannot_be_drawn():
    """Neither something else nor a frame without the columns, nor broken numbers."""
    with pytest.raises(InvalidInput, match="not dict"):
        plot.funnel({})
    with pytest.raises(InvalidInput, match="no column 'sessions'"):
        plot.funnel(shop().drop(columns="sessions"))
    with pytest.raises(InvalidInput, match="whole numbers from 0"):
        plot.funnel(shop().assign(sessions=None))


def test_figures_can_be_pickled(new_axes):
    """A chart survives a pickle, and is placed anew afterwards."""
    figure = pickle.loads(pickle.dumps(plot.funnel(shop(), ax=new_axes()).figure))  # noqa: S301
    figure.set_size_inches(6, 4)
    drawn(figure.axes[0])


def test_layout_rules():
    """Long texts make bars lie; dense labels are written one in so many."""
    assert not lies_flat(6, widest=100, between=30, width=600)
    assert lies_flat(6, widest=101, between=30, width=600)
    assert lies_flat(6, widest=50, between=40, width=600)
    assert [every_nth(pitch, 12) for pitch in (24, 12, 11, 1)] == [1, 1, 2, 12]


def test_optional_steps_lose_nobody(new_axes):
    """They are paler and called so; losses are measured from the required step before."""
    table = funnel_table([300, 7, 185, 10]).assign(optional=[False, True, False, False])
    steps = read_funnel(table)
    assert steps.before.tolist() == pytest.approx([1, 7 / 300, 1, 185 / 300])
    assert steps.names[1] == "step_2 (optional)"
    ax = plot.funnel(table, ax=new_axes())
    drawn(ax)
    kept = bars(ax, "kept").patches
    assert kept[1].get_facecolor() != kept[0].get_facecolor() == kept[2].get_facecolor()
    assert "step before that is not optional" in ax.get_xlabel()
