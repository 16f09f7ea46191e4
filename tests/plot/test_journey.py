"""The journey chart, read back from its artists."""

from __future__ import annotations

import itertools
import pickle

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from hardal_frames import plot
from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.colours import OTHER_COLOUR, colour_of, rgb
from tests.plot.artists import drawn, said, visible
from tests.plot.sample_tables import flows_of, flows_table, many_names_flows, simulated_flows

ODD_NAMES = {
    "page_view": "sayfa_görüntüleme_" + "İĞŞçöü" * 11,
    "search": "$special_$offer",
    "view_item": "two\nlines",
    "login": "other",
    "add_to_cart": "öde_$x^2$_{y}",
    "purchase": "",
    "view_cart": "%d\\frac\t",
}


def shape(ax, label):
    """One of the collections of a chart."""
    (found,) = (one for one in ax.collections if one.get_label() == label)
    return found


def heights(collection):
    """Height of each shape, in parts of the Axes."""
    return np.array([np.ptp(path.vertices[:, 1]) for path in collection.get_paths()])


def test_texts(new_axes):
    """Nodes say name, count and share, steps how many sessions get there."""
    ax = plot.journey(
        flows_of([["a", "b"], ["a"], ["c", "b"], ["a", "b", "d"]], steps=2), ax=new_axes()
    )
    drawn(ax)
    assert {"a", "b", "c", "Step 1", "Step 2", "4 · 100%", "3 · 75%", "1 · 25%"} == set(said(ax))
    assert ax.get_xlabel().startswith("sessions, % of all 4 sessions")


def test_percent_of_the_step(new_axes):
    """percent="step" counts from the sessions of the same step, and says so."""
    flows = flows_of([["a", "b"], ["a", "c"], ["a"], ["a"]], steps=2)
    ax = plot.journey(flows, ax=new_axes(), percent="step")
    assert said(ax).count("1 · 50%") == 2
    assert "the same step" in ax.get_xlabel()
    with pytest.raises(InvalidInput, match="'start' or 'step'"):
        plot.journey(flows, percent="all")


def test_one_collection_of_ribbons(new_axes):
    """All ribbons are one collection, one path each, in the colour of their source."""
    flows = simulated_flows()
    ax = plot.journey(flows, ax=new_axes())
    ribbons = shape(ax, "_ribbons")
    assert len(ribbons.get_paths()) == (flows["kind"] == "flow").sum()
    known = {rgb(colour_of(name)) for name in flows["source"]} | {rgb(OTHER_COLOUR)}
    assert {tuple(colour[:3]) for colour in ribbons.get_facecolor()} <= known


def test_nodes_are_as_high_as_they_have_sessions(new_axes):
    """Also on the canvas heights are proportional to sessions."""
    flows = simulated_flows()
    ax = plot.journey(flows, ax=new_axes())
    drawn(ax)
    sessions = flows.groupby(["step", "source", "source_is_other"])["sessions"].sum()
    shown = np.sort(heights(shape(ax, "_nodes")))
    assert np.allclose(shown / shown.max(), np.sort(sessions) / sessions.max())


@pytest.mark.parametrize("size", [(10, 5), (16, 6), (8, 4), (5, 2.5), (3, 2)])
@pytest.mark.parametrize("rename", [{}, ODD_NAMES], ids=["shop", "odd"])
def test_drawn_texts_stay_apart_and_inside(new_axes, size, rename):
    """Measured as drawn, no text lies on another one or sticks out of the Axes."""
    ax = plot.journey(simulated_flows(rename=rename), ax=new_axes(*size))
    renderer = drawn(ax)
    boxes = [text.get_window_extent(renderer) for text in visible(ax)]
    assert len(boxes) > 20
    frame = ax.get_window_extent()
    for box in boxes:
        assert frame.x0 - 1 <= box.x0 < box.x1 <= frame.x1 + 1
        assert frame.y0 - 1 <= box.y0 < box.y1 <= frame.y1 + 1
    for one, two in itertools.combinations(boxes, 2):
        across = min(one.x1, two.x1) - max(one.x0, two.x0)
        along = min(one.y1, two.y1) - max(one.y0, two.y0)
        # The box of a text counts the room for accents and descenders that it does not use.
        assert across <= 0.5 or along <= 3


def test_no_letter_is_mathematics(new_axes):
    """Names are written as they are, dollars, braces and all."""
    ax = plot.journey(simulated_flows(rename=ODD_NAMES), ax=new_axes(16, 6), title="$a_b$")
    drawn(ax)
    assert not any(text.get_parse_math() for text in [*ax.texts, ax._left_title, ax.xaxis.label])
    assert {"$special_$offer", "two lines", "öde_$x^2$_{y}", "(empty)"} <= set(said(ax))
    assert ax.get_title(loc="left") == "$a_b$"


def test_an_event_called_other_stays_apart(new_axes):
    """The explicit other and an event of that name are two nodes, of two colours."""
    flows = flows_table(
        [
            (1, ("other", False), (None, False), "exit", 3),
            (1, ("other", True), (None, False), "exit", 2),
        ]
    )
    ax = plot.journey(flows, ax=new_axes())
    others = [text for text in visible(ax) if text.get_text() == "other"]
    assert sorted(text.get_fontstyle() for text in others) == ["italic", "normal"]
    assert len({tuple(colour) for colour in shape(ax, "_nodes").get_facecolor()}) == 2
    without = plot.journey(
        flows.drop(columns=["source_is_other", "target_is_other"]), ax=new_axes()
    )
    assert said(without)[:2] == ["other", "5 · 100%"]


def test_exits_and_arrows(new_axes):
    """Sessions that end are stubs, those that go on arrows, and a note says which is which."""
    ax = plot.journey(flows_of([["a", "b", "c"], ["a"], ["a", "b"]], steps=2), ax=new_axes())
    stubs, arrows = shape(ax, "_exits"), shape(ax, "_arrows")
    assert len(stubs.get_paths()) % 2 == 0
    assert len(arrows.get_paths()) == 1
    assert "fading: the session ends there · arrow: it goes on" in ax.get_xlabel()


def test_empty(new_axes):
    """A table without sessions draws a message."""
    flows = simulated_flows(10)
    for table in (flows[:0], flows.assign(sessions=0)):
        assert said(plot.journey(table, ax=new_axes(), title="t")) == ["no sessions to draw"]


@pytest.mark.parametrize("steps", [1, 2, 12])
def test_any_number_of_steps(new_axes, steps):
    """One step, and more than there is room for."""
    ax = plot.journey(simulated_flows(steps=steps), ax=new_axes())
    drawn(ax)
    assert sum(text.startswith("Step ") for text in said(ax)) == steps


@pytest.mark.parametrize("count", [1, 10**9])
def test_any_count(new_axes, count):
    """Few sessions and very many."""
    ax = plot.journey(flows_of([["a"], ["b", "c"]], weight=count), ax=new_axes())
    assert f"{count:,} · 50%" in said(ax)


def test_a_filtered_table(new_axes):
    """Rows may be missing: a node is then as large as what is left of it."""
    flows = simulated_flows()
    ax = plot.journey(flows[(flows["sessions"] > 30) & (flows["kind"] == "flow")], ax=new_axes())
    drawn(ax)
    assert "page_view" in said(ax)


def test_dark(new_axes):
    """Ink and ground come from the style."""
    with plt.style.context("dark_background"):
        ax = plot.journey(simulated_flows(), ax=new_axes())
        drawn(ax)
    name = next(text for text in visible(ax) if text.get_text() == "page_view")
    assert mpl.colors.to_rgb(name.get_color()) == (1, 1, 1)
    patches = shape(ax, "_patches")
    assert {tuple(colour[:3]) for colour in patches.get_facecolor()} == {(0, 0, 0)}


def test_a_grid():
    """Charts share a figure, and even their axes."""
    figure, grid = plt.subplots(
        2, 2, figsize=(10, 5), layout="constrained", sharex=True, sharey=True
    )
    for ax in grid.flat:
        assert plot.journey(simulated_flows(200, steps=3), ax=ax, title="t") is ax
    figure.canvas.draw()
    assert all(shape(ax, "_nodes").get_paths() for ax in grid.flat)
    with pytest.raises(InvalidInput, match="give one element"):
        plot.journey(simulated_flows(10), ax=grid)


def test_placed_anew_for_another_size(new_axes):
    """A figure that grows gets larger text."""
    ax = plot.journey(simulated_flows(), ax=new_axes(4, 3))
    drawn(ax)
    before = visible(ax)[0].get_fontsize()
    ax.figure.set_size_inches(16, 9)
    drawn(ax)
    assert visible(ax)[0].get_fontsize() > before


def test_pyplot_is_left_alone(new_axes):
    """With an Axes given, pyplot gets no figure and the settings stay."""
    settings = dict(mpl.rcParams)
    ax = new_axes()
    assert plot.journey(simulated_flows(100), ax=ax) is ax
    drawn(ax)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == settings


def test_a_new_figure():
    """Without an Axes there is a new figure of 10 by 5 inches."""
    ax = plot.journey(simulated_flows(100))
    assert len(plt.get_fignums()) == 1
    assert ax.figure.get_size_inches().tolist() == [10, 5]
    assert ax.figure.get_layout_engine() is not None


def test_the_table_is_not_changed(new_axes):
    """Drawing reads and does not write."""
    flows = simulated_flows(100)
    copy = flows.copy(deep=True)
    plot.journey(flows, ax=new_axes())
    pd.testing.assert_frame_equal(flows, copy)


@pytest.mark.parametrize("dtype", ["object", "string", "category", "string[pyarrow]"])
def test_any_text_type(new_axes, dtype):
    """Text columns may have any type that pandas has for text."""
    flows = simulated_flows(100).astype({"source": dtype, "target": dtype, "kind": dtype})
    assert "page_view" in said(plot.journey(flows, ax=new_axes()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "flows"}, "kind 'flows'"),
        ({"source": None}, "no source"),
        ({"target": None, "kind": "flow"}, "needs a target"),
        ({"sessions": -1}, "whole numbers from 0"),
        ({"sessions": 1.5}, "whole numbers from 0"),
        ({"step": 0}, "whole numbers from 1"),
    ],
)
def test_rows_that_cannot_be_drawn(change, message):
    """Each is refused before there is a figure, with what is wrong."""
    flows = simulated_flows(50).drop(columns=["source_is_other", "target_is_other"])
    with pytest.raises(InvalidInput, match=message):
        plot.journey(flows.assign(**change))
    assert plt.get_fignums() == []


def test_tables_that_cannot_be_drawn():
    """Neither something else nor a frame without the columns."""
    with pytest.raises(InvalidInput, match="not list"):
        plot.journey([1])
    with pytest.raises(InvalidInput, match="no column 'kind'"):
        plot.journey(simulated_flows(10).drop(columns="kind"))


def test_figures_can_be_pickled(new_axes):
    """A chart survives a pickle, and is placed anew afterwards."""
    figure = pickle.loads(pickle.dumps(plot.journey(simulated_flows(50), ax=new_axes()).figure))  # noqa: S301
    figure.set_size_inches(6, 4)
    drawn(figure.axes[0])


def test_two_hundred_names(new_axes):
    """A chart of two hundred names a step is drawn, its commonest names labelled."""
    ax = plot.journey(many_names_flows(), ax=new_axes())
    drawn(ax)
    assert "event_0" in said(ax)
