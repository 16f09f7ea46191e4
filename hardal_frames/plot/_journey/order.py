"""The order of the nodes within each step: as few ribbons as can be cross each other.

What counts is the area where ribbons lie on each other, which grows with the product of their
sessions. Barycenter sweeps find a good order, two-sided sifting (Matuszewski, Schönfeld and Molitor
1999) improves it, and a few seeded starts keep it from the worst of the local optima.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hardal_frames.plot._journey.graph import JourneyGraph

    Order = NDArray[np.intp]
    Weights = NDArray[np.float64]

_SWEEPS: Final = 4
_SIFTS: Final = 10
# The widest step to how many starts: small journeys have few nodes to move past a knot.
_STARTS: Final = {5: 48, 9: 8, 16: 6}
_LARGE: Final = 400
_BETTER: Final = 1e-12


def order_nodes(graph: JourneyGraph) -> tuple[NDArray[np.intp], ...]:
    """Order the nodes of each step so that little crosses; the explicit other is last.

    Parameters
    ----------
    graph
        The journey.

    Returns
    -------
    tuple of ndarray
        For each step its nodes (places in the graph), the topmost first; always the same for the
        same graph.

    Examples
    --------
    >>> import pandas as pd
    >>> from hardal_frames.plot._journey.graph import read_flows
    >>> flows = pd.DataFrame(
    ...     {
    ...         "step": [1, 1],
    ...         "source": ["search", "login"],
    ...         "target": ["view_item", "page_view"],
    ...         "kind": ["flow", "flow"],
    ...         "sessions": [5, 4],
    ...     }
    ... )
    >>> graph = read_flows(flows)
    >>> [[graph.names[node] for node in nodes] for nodes in order_nodes(graph)]
    [['search', 'login'], ['view_item', 'page_view']]
    """
    starts = graph.starts
    widths = np.diff(starts)
    weights = _weights(graph)
    fixed = [bool(graph.is_other[end - 1]) for end in starts[1:]]
    orders = [np.arange(width) for width in widths]
    if orders and widths.max() > _LARGE:
        orders = _swept(orders, weights, fixed)
    else:
        orders = _best(orders, weights, fixed)
    return tuple(start + order for start, order in zip(starts, orders, strict=False))


def crossings(orders: tuple[NDArray[np.intp], ...], graph: JourneyGraph) -> float:
    """How much crosses: the sum, over crossing pairs of ribbons, of the product of their shares.

    Parameters
    ----------
    orders
        The nodes of each step.
    graph
        The journey.

    Returns
    -------
    float
        0 if nothing crosses.
    """
    local = [order - start for order, start in zip(orders, graph.starts, strict=False)]
    return _crossings(local, _weights(graph))


def _weights(graph: JourneyGraph) -> list[Weights]:
    """Between each step and the next a matrix: from each node to each, the share of all flow."""
    starts = graph.starts
    matrices = [
        np.zeros((starts[left + 1] - starts[left], starts[left + 2] - starts[left + 1]))
        for left in range(len(graph.steps) - 1)
    ]
    total = max(float(graph.flow.sum()), 1.0)
    for source, target, flow in zip(graph.source, graph.target, graph.flow, strict=True):
        left, right = graph.column[source], graph.column[target]
        matrices[left][source - starts[left], target - starts[right]] = flow / total
    return matrices


def _best(orders: list[Order], weights: list[Weights], fixed: list[bool]) -> list[Order]:
    random = np.random.default_rng(0)
    widest = max((len(order) for order in orders), default=0)
    starts = next((count for width, count in _STARTS.items() if widest <= width), 1)
    found: list[tuple[float, list[Order]]] = []
    for start in range(starts):
        begin = [_shuffled(order, last, random) for order, last in zip(orders, fixed, strict=True)]
        tried = _sifted(_swept(begin if start else orders, weights, fixed), weights, fixed)
        found.append((_crossings(tried, weights), tried))
        if found[-1][0] == 0:
            break
    least = min(crossed for crossed, _ in found)
    return next(tried for crossed, tried in found if crossed <= least + _BETTER)


def _shuffled(order: Order, last: bool, random: np.random.Generator) -> Order:  # noqa: FBT001
    movable = len(order) - last
    return np.concatenate([random.permutation(order[:movable]), order[movable:]])


def _crossings(orders: list[Order], weights: list[Weights]) -> float:
    total = 0.0
    for left, matrix in enumerate(weights):
        ordered = matrix[np.ix_(orders[left], orders[left + 1])]
        lower = np.cumsum(ordered[::-1], axis=0)[::-1] - ordered
        lower_left = np.cumsum(lower, axis=1) - lower
        total += float((ordered * lower_left).sum())
    return total


def _swept(orders: list[Order], weights: list[Weights], fixed: list[bool]) -> list[Order]:
    """Sort each step by where its neighbours are, to and fro; return the best order met."""
    orders = list(orders)
    best, least = list(orders), _crossings(orders, weights)
    for _ in range(_SWEEPS):
        for column in range(1, len(orders)):
            links = weights[column - 1].T
            orders[column] = _by_barycenter(
                orders[column], links, orders[column - 1], fixed[column]
            )
        for column in reversed(range(len(orders) - 1)):
            links = weights[column]
            orders[column] = _by_barycenter(
                orders[column], links, orders[column + 1], fixed[column]
            )
        crossed = _crossings(orders, weights)
        if crossed < least - _BETTER:
            best, least = list(orders), crossed
    return best


def _by_barycenter(order: Order, links: Weights, neighbours: Order, last: bool) -> Order:  # noqa: FBT001
    place = np.empty(len(neighbours))
    place[neighbours] = np.arange(len(neighbours)) / max(len(neighbours), 1)
    total = links.sum(axis=1)
    own = np.empty(len(order))
    own[order] = np.arange(len(order)) / max(len(order), 1)
    middle = np.where(total > 0, links @ place / np.where(total > 0, total, 1), own)
    if last:
        middle[-1] = np.inf
    # Rounded, so that the last bits of a sum, which differ between machines, decide nothing.
    return order[np.argsort(np.round(middle[order], 9), kind="stable")]


def _sifted(orders: list[Order], weights: list[Weights], fixed: list[bool]) -> list[Order]:
    """Move single nodes to their best place, seen from both neighbouring steps, while it helps."""
    orders = list(orders)
    for _ in range(_SIFTS):
        gained = 0.0
        for column in range(len(orders)):
            costs = np.zeros((len(orders[column]), len(orders[column])))
            if column:
                costs += _pair_costs(weights[column - 1].T[:, orders[column - 1]])
            if column < len(weights):
                costs += _pair_costs(weights[column][:, orders[column + 1]])
            orders[column], gain = _sift(orders[column], costs, fixed[column])
            gained += gain
        if gained <= _BETTER:
            break
    return orders


def _pair_costs(links: Weights) -> Weights:
    """Crossings of each pair of nodes if the first of the two is above the second."""
    before = np.cumsum(links, axis=1) - links
    return links @ before.T


def _sift(order: Order, costs: Weights, last: bool) -> tuple[Order, float]:  # noqa: FBT001
    # Steps are so narrow that lists are many times as fast as arrays.
    lost = (costs.T - costs).tolist()
    nodes = order.tolist()
    gained = 0.0
    for node in range(len(nodes) - last):
        here = nodes.index(node)
        rest = [*nodes[:here], *nodes[here + 1 :]]
        # Cost of each place, less that of the topmost: below each node that it passes.
        costs_more = (lost[node][other] for other in rest[: len(rest) - last])
        passed = list(accumulate(costs_more, initial=0.0))
        there = _lowest(passed)
        if passed[there] < passed[here] - _BETTER:
            gained += passed[here] - passed[there]
            nodes = [*rest[:there], node, *rest[there:]]
    return np.array(nodes, dtype=np.intp), gained


def _lowest(costs: list[float]) -> int:
    """Find the first of the lowest, up to what the last bits of a sum decide."""
    lowest = min(costs)
    least = round(lowest / _BETTER)
    near = lowest + 2 * _BETTER
    return next(
        place for place, cost in enumerate(costs) if cost < near and round(cost / _BETTER) == least
    )
