"""The geometry of journey charts: laws that hold for any flows."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardal_frames.plot._journey.graph import read_flows
from hardal_frames.plot._journey.layout import _isotonic, lay_out
from hardal_frames.plot._journey.order import crossings, order_nodes
from hardal_frames.plot._journey.plan import JourneyWriter
from tests.plot.sample_tables import flows_of, many_names_flows, simulated_flows

HEIGHT = 300.0
CLOSE = 1e-6

names = st.sampled_from(["a", "b", "c", "d", "e", "other", "ğüş", "x" * 80, "$y$"])
journeys = st.lists(st.lists(names, min_size=1, max_size=7), min_size=1, max_size=60)
flows = st.builds(
    flows_of, journeys, steps=st.integers(1, 6), top=st.integers(0, 6), weight=st.integers(1, 10**9)
)


class Typewriter:
    """A font whose letters are all as wide."""

    def width(self, text, size):
        """Width of the text."""
        return 0.6 * size * len(text)

    def sized(self, size):
        """Measure in this size."""
        return lambda text: self.width(text, size)


def laid_out(table, *, height=HEIGHT, label_height=12.0, gap=4.0):
    """Read, order and lay out a table."""
    graph = read_flows(table)
    orders = order_nodes(graph)
    layout = lay_out(graph, orders, height=height, label_height=label_height, gap=gap)
    return SimpleNamespace(graph=graph, orders=orders, layout=layout)


def planned(table, *, width=700.0, height=HEIGHT, percent="start"):
    """Plan the chart of a table."""
    graph = read_flows(table)
    writer = JourneyWriter(
        graph,
        order_nodes(graph),
        percent=percent,
        ruler=Typewriter(),
        bold_ruler=Typewriter(),
        base=9.0,
    )
    return graph, writer.plan(width, height)


def sums(group, amount, size):
    """Sum the amounts of each group."""
    return np.bincount(group, amount, minlength=size)


@given(flows)
def test_sessions_are_conserved(table):
    """What arrives at a node is what leaves it, ends there or goes on beyond."""
    graph = read_flows(table)
    size = len(graph.names)
    leaving = sums(graph.source, graph.flow, size) + graph.exits + graph.beyond
    assert leaving.tolist() == graph.sessions.tolist()
    arriving = sums(graph.target, graph.flow, size)
    later = graph.column > 0
    assert arriving[later].tolist() == graph.sessions[later].tolist()
    assert graph.alive[0] == table.loc[table["step"] == 1, "sessions"].sum()


@given(flows)
def test_heights_are_proportional_to_sessions(table):
    """One scale for every node, ribbon, exit and arrow."""
    made = laid_out(table)
    graph, layout = made.graph, made.layout
    assert layout.scale > 0
    assert np.allclose(layout.thickness, graph.sessions * layout.scale)
    assert np.allclose(layout.ribbon, graph.flow * layout.scale)
    assert np.allclose(layout.exit_thickness, graph.exits * layout.scale)
    assert np.allclose(layout.beyond_thickness, graph.beyond * layout.scale)


@given(flows)
def test_ribbons_fill_both_sides_of_a_node(table):
    """Ribbons, arrow and exit lie side by side from the top of the node to its bottom."""
    made = laid_out(table)
    graph, layout = made.graph, made.layout
    for node in range(len(graph.names)):
        top, bottom = layout.top[node], layout.top[node] + layout.thickness[node]
        out = graph.source == node
        right = [
            *zip(layout.source_top[out], layout.ribbon[out], strict=True),
            (layout.beyond_top[node], layout.beyond_thickness[node]),
            (layout.exit_top[node], layout.exit_thickness[node]),
        ]
        assert_fills(right, top, bottom)
        into = graph.target == node
        if graph.column[node]:
            left = list(zip(layout.target_top[into], layout.ribbon[into], strict=True))
            assert_fills(left, top, bottom)
        else:
            assert not into.any()


def assert_fills(pieces, top, bottom):
    """Check that the pieces lie end to end from top to bottom."""
    at = top
    for begin, thickness in sorted(pieces):
        if thickness > 0:
            assert begin == pytest.approx(at, abs=CLOSE)
            at = begin + thickness
    assert at == pytest.approx(bottom, abs=CLOSE)


@given(flows, st.floats(20, 600), st.floats(4, 16))
def test_nodes_and_labels_stay_apart_and_inside(table, height, label_height):
    """Neither nodes nor labels of a step overlap or leave the chart."""
    made = laid_out(table, height=height, label_height=label_height)
    layout = made.layout
    half = np.where(layout.labelled, label_height, 0) / 2
    begin = np.minimum(layout.top, layout.middle - half)
    end = np.maximum(layout.top + layout.thickness, layout.middle + half)
    assert begin.min() >= -CLOSE
    assert end.max() <= height + CLOSE
    for order in made.orders:
        assert (begin[order][1:] >= end[order][:-1] - CLOSE).all()


@given(flows)
def test_ribbons_leave_and_arrive_in_the_order_of_the_nodes(table):
    """At a node no two ribbons cross: they are sorted as the nodes that they join."""
    made = laid_out(table)
    graph, layout = made.graph, made.layout
    for node in range(len(graph.names)):
        out = np.flatnonzero(graph.source == node)
        by_place = out[np.argsort(layout.source_top[out], kind="stable")]
        assert (np.diff(layout.top[graph.target[by_place]]) > 0).all()


@given(flows)
def test_other_is_last(table):
    """The explicit other stands at the bottom of its step."""
    graph = read_flows(table)
    for order in order_nodes(graph):
        assert not graph.is_other[order[:-1]].any()


@given(flows, st.randoms())
def test_the_order_of_the_rows_plays_no_part(table, random):
    """The same rows in another order give the same chart."""
    rows = list(range(len(table)))
    random.shuffle(rows)
    one, two = laid_out(table), laid_out(table.iloc[rows])
    assert one.graph.names == two.graph.names
    assert np.array_equal(one.layout.top, two.layout.top)


def test_hardly_an_order_crosses_less():
    """Of 300 random journeys of two steps and four names, 299 in 300 have the best order there is.

    The order is found by a heuristic, so the best is no law; each journey is seeded.
    """
    missed = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        sessions = random.choice(list("abcd"), size=(random.integers(3, 12), 2)).tolist()
        graph = read_flows(flows_of(sessions, steps=2, top=4))
        found = crossings(order_nodes(graph), graph)
        if found == 0:
            continue  # nothing crosses less than that
        starts = graph.starts
        every = itertools.product(
            *(itertools.permutations(range(starts[step], starts[step + 1])) for step in range(2))
        )
        least = min(
            crossings(tuple(np.array(order) for order in orders), graph) for orders in every
        )
        missed += found > least + 1e-9
    assert missed <= 1


def test_a_knot_that_sifting_alone_does_not_undo():
    """Six flows that can lie side by side do so."""
    sessions = ["ab", "ac", "ad", "bb", "cc", "da"]
    graph = read_flows(flows_of([list(each) for each in sessions], steps=2, top=4))
    assert crossings(order_nodes(graph), graph) == 0


def test_sifting_crosses_less_than_sorting_by_size():
    """On the flows of a shop the order found crosses far less than that of the counts."""
    graph = read_flows(simulated_flows())
    by_size = tuple(np.arange(*graph.starts[step : step + 2]) for step in range(len(graph.steps)))
    assert crossings(order_nodes(graph), graph) < 0.6 * crossings(by_size, graph)


@settings(max_examples=50)
@given(flows, st.floats(60, 1200), st.floats(60, 600), st.sampled_from(["start", "step"]))
def test_planned_labels_stay_apart_and_inside(table, width, height, percent):
    """No label touches another one or leaves the Axes, whatever its size."""
    _, plan = planned(table, width=width, height=height, percent=percent)
    for label in plan.labels:
        assert label.box.left >= 0
        assert label.box.right <= width + CLOSE
        assert label.box.bottom <= height + CLOSE
    for one, two in itertools.combinations(plan.labels, 2):
        assert not one.box.overlaps(two.box) or touches(one.box, two.box)


def touches(one, two):
    """Whether two boxes have no more in common than rounding explains."""
    return min(one.bottom, two.bottom) - max(one.top, two.top) < CLOSE


def test_labels_end_before_the_next_step():
    """A label never reaches the nodes of the next step."""
    graph, plan = planned(simulated_flows(rename={"page_view": "x" * 80}))
    for label in plan.labels:
        column = graph.column[label.node]
        if column + 1 < len(plan.left):
            assert label.box.right < plan.left[column + 1]


def test_the_smallest_nodes_lose_their_labels():
    """Where there is no room for all labels, the font is small and the largest keep theirs."""
    graph, plan = planned(many_names_flows(60, steps=2, sessions=500))
    labelled = plan.layout.labelled
    assert plan.size == 6
    assert 5 < labelled.sum() < len(graph.names)
    for column in range(len(graph.steps)):
        here = graph.column == column
        without = graph.sessions[here & ~labelled]
        assert graph.sessions[here & labelled].min() >= without.max()


def test_all_is_labelled_in_a_chart_of_the_usual_size():
    """Five steps of nine nodes have all their labels, in full, in 10 by 5 inches."""
    graph, plan = planned(simulated_flows(), width=700, height=330)
    assert plan.layout.labelled.all()
    assert [label.name for label in plan.labels] == [*graph.names]


def test_isotonic_regression():
    """Values that fall are pooled to their weighted mean."""
    values = _isotonic(np.array([1.0, 3.0, 1.0, 5.0]), np.array([1.0, 1.0, 3.0, 1.0]))
    assert values.tolist() == [1.0, 1.5, 1.5, 5.0]


def test_level_ribbons():
    """A single path through the steps runs level."""
    layout = laid_out(flows_of([["a", "b", "c"]] * 5, steps=3)).layout
    assert np.allclose(layout.source_top, layout.target_top)
