"""Where everything of a journey chart stands, in points from the top left; no matplotlib here.

Vertically: one scale for all steps, so heights compare across the chart. Each node stands in a
slot at least as high as its label, and slots never overlap, so neither do nodes or labels. As far
as the slots allow, nodes stand where their ribbons run level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hardal_frames.plot._journey.graph import JourneyGraph

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

_LEAST_FILL: Final = 0.4
_BISECTIONS: Final = 60
_RELAXATIONS: Final = 3
_GAPS_AT_MOST: Final = 0.2


@dataclass(frozen=True, eq=False)
class JourneyLayout:
    """Heights and tops of all that a journey chart shows, y growing downwards from 0.

    Parameters
    ----------
    scale
        Height of one session.
    top, thickness
        Of each node.
    labelled
        Whether there is room for the node's label.
    slot
        Height of each node's slot, in the middle of which it stands.
    source_top, target_top, ribbon
        Where each ribbon leaves and arrives, and its thickness.
    exit_top, exit_thickness
        Of the stub of the sessions that end at each node.
    beyond_top, beyond_thickness
        Of the arrow of those that go on beyond the table.
    """

    scale: float
    top: Floats
    thickness: Floats
    labelled: NDArray[np.bool_]
    slot: Floats
    source_top: Floats
    target_top: Floats
    ribbon: Floats
    exit_top: Floats
    exit_thickness: Floats
    beyond_top: Floats
    beyond_thickness: Floats

    @property
    def middle(self) -> Floats:
        """Where the label of each node belongs."""
        return self.top + self.thickness / 2


@dataclass(frozen=True, eq=False)
class Slots:
    """How high everything is, before it is known where.

    Parameters
    ----------
    gaps
        Between the nodes of each step.
    scale
        Points per session.
    labelled
        Which nodes have room for a label.
    thickness, slot
        Height of each node, alone and with its label.
    """

    gaps: Floats
    scale: float
    labelled: NDArray[np.bool_]
    thickness: Floats
    slot: Floats


def lay_out(
    graph: JourneyGraph,
    orders: tuple[Places, ...],
    *,
    height: float,
    label_height: float,
    gap: float,
    least_fill: float = _LEAST_FILL,
) -> JourneyLayout:
    """Place nodes, ribbons, exits and arrows between 0 and `height`.

    Parameters
    ----------
    graph
        The journey.
    orders
        The nodes of each step, the topmost first.
    height
        What there is.
    label_height
        Of a label; a node without room for it gets none, the smallest first.
    gap
        Between two slots; less where many nodes share a step.
    least_fill
        The part of the height that labels must leave to the fullest step.

    Returns
    -------
    JourneyLayout
        All positions.

    Examples
    --------
    >>> import pandas as pd
    >>> from hardal_frames.plot._journey.graph import read_flows
    >>> flows = pd.DataFrame(
    ...     {
    ...         "step": [1, 1],
    ...         "source": ["search", "login"],
    ...         "target": [None, None],
    ...         "kind": ["exit", "exit"],
    ...         "sessions": [30, 10],
    ...     }
    ... )
    >>> layout = lay_out(
    ...     read_flows(flows), (np.array([0, 1]),), height=110, label_height=12, gap=10
    ... )
    >>> layout.top.round(3).tolist(), layout.thickness.round(3).tolist()
    ([0.0, 85.0], [75.0, 25.0])
    """
    found = slots_of(
        graph, orders, height=height, label_height=label_height, gap=gap, least_fill=least_fill
    )
    scale, thickness, slot = found.scale, found.thickness, found.slot
    flow, exits = graph.flow.astype(np.float64), graph.exits.astype(np.float64)
    beyond = graph.beyond.astype(np.float64)
    leave, arrive = _offsets(graph, orders)
    top = _Levelling(graph, orders, found.gaps, slot, scale, height, leave, arrive).tops()
    ribbons_end = top + scale * _sums(graph.source, flow, len(graph.names))
    return JourneyLayout(
        scale=scale,
        top=top,
        thickness=thickness,
        labelled=found.labelled,
        slot=slot,
        source_top=top[graph.source] + leave * scale,
        target_top=top[graph.target] + arrive * scale,
        ribbon=flow * scale,
        exit_top=ribbons_end + beyond * scale,
        exit_thickness=exits * scale,
        beyond_top=ribbons_end,
        beyond_thickness=beyond * scale,
    )


def slots_of(
    graph: JourneyGraph,
    orders: tuple[Places, ...],
    *,
    height: float,
    label_height: float,
    gap: float,
    least_fill: float = _LEAST_FILL,
) -> Slots:
    """Tell how high nodes are and which have labels; the parameters are those of `lay_out`."""
    gaps = np.array([_gap(len(order), height, gap) for order in orders])
    rooms = height - gaps * [max(len(order) - 1, 0) for order in orders]
    floor = least_fill * height / max(int(graph.alive.max()), 1)
    labelled = np.zeros(len(graph.names), dtype=np.bool_)
    for order, room in zip(orders, rooms, strict=True):
        labelled[_with_labels(order, graph.sessions, room, floor, label_height)] = True
    least = np.where(labelled, label_height, 0.0)
    scale = _scale(graph, rooms, least)
    thickness = graph.sessions.astype(np.float64) * scale
    return Slots(gaps, scale, labelled, thickness, np.maximum(thickness, least))


def _gap(nodes: int, height: float, wanted: float) -> float:
    return min(wanted, _GAPS_AT_MOST * height / (nodes - 1)) if nodes > 1 else 0.0


def _with_labels(
    order: Places, sessions: NDArray[np.int64], room: float, scale: float, label_height: float
) -> Places:
    """Pick the largest nodes whose labels leave the step its room at the given scale."""
    largest = order[np.lexsort((order, -sessions[order]))]
    heights = sessions[largest] * scale
    extra = np.cumsum(np.maximum(label_height - heights, 0))
    kept: Places = largest[heights.sum() + extra <= room]
    return kept


def _scale(graph: JourneyGraph, rooms: Floats, least: Floats) -> float:
    """Find the largest scale at which the slots of every step fit its room."""
    low, high = 0.0, float((rooms / np.maximum(graph.alive, 1)).min())
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        slots = np.maximum(graph.sessions * middle, least)
        used = np.bincount(graph.column, slots, minlength=len(rooms))
        low, high = (middle, high) if (used <= rooms).all() else (low, middle)
    return low


def _offsets(graph: JourneyGraph, orders: tuple[Places, ...]) -> tuple[Floats, Floats]:
    """Sessions above each link at its source and at its target."""
    rank = np.zeros(len(graph.names), dtype=np.intp)
    for order in orders:
        rank[order] = np.arange(len(order))
    leave = _stacked(graph.source, rank[graph.target], graph.flow)
    arrive = _stacked(graph.target, rank[graph.source], graph.flow)
    return leave, arrive


def _stacked(group: Places, rank: Places, amount: NDArray[np.int64]) -> Floats:
    order = np.lexsort((rank, group))
    above = np.cumsum(amount[order]) - amount[order]
    sorted_group = group[order]
    begins = np.searchsorted(sorted_group, sorted_group)
    stacked = np.empty(len(group))
    stacked[order] = above - above[begins]
    return stacked


def _sums(group: Places, amount: Floats, groups: int) -> Floats:
    return np.bincount(group, amount, minlength=groups).astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Levelling:
    """Finds tops at which the ribbons run as level as slots and order allow."""

    graph: JourneyGraph
    orders: tuple[Places, ...]
    gaps: Floats
    slot: Floats
    scale: float
    height: float
    leave: Floats
    arrive: Floats

    def tops(self) -> Floats:
        """Place the steps from the left by what arrives, then again by what leaves as well."""
        inset = (self.slot - self.graph.sessions * self.scale) / 2
        top = np.zeros(len(self.slot))
        for again in range(_RELAXATIONS):
            for column, order in enumerate(self.orders):
                if column == 0 and not again:
                    wished = _centred(order, self.slot, self.gaps[column], self.height)
                    strength = np.ones(len(order))
                else:
                    level, pull = self._pulled(top, leaving=again > 0)
                    wished = np.where(pull > 0, level, top)[order] - inset[order]
                    strength = np.maximum(pull[order], 1.0)
                free = _separated(
                    wished, strength, self.slot[order], self.gaps[column], self.height
                )
                top[order] = free + inset[order]
        return top

    def _pulled(self, top: Floats, *, leaving: bool) -> tuple[Floats, Floats]:
        """Tops at which the ribbons of each node would on average run level, and their sessions."""
        graph, offset = self.graph, (self.leave - self.arrive) * self.scale
        nodes, flow = len(top), graph.flow.astype(np.float64)
        pull = _sums(graph.target, flow, nodes)
        wish = _sums(graph.target, flow * (top[graph.source] + offset), nodes)
        if leaving:
            pull += _sums(graph.source, flow, nodes)
            wish += _sums(graph.source, flow * (top[graph.target] - offset), nodes)
        return wish / np.where(pull > 0, pull, 1.0), pull


def _centred(order: Places, slot: Floats, gap: float, height: float) -> Floats:
    below = np.cumsum(slot[order] + gap)
    spare = height - (below[-1] - gap)
    tops: Floats = spare / 2 + below - slot[order] - gap
    return tops


def _separated(wished: Floats, strength: Floats, slot: Floats, gap: float, height: float) -> Floats:
    """Find the tops nearest to those wished that keep the order, the gaps and the bounds."""
    before = np.cumsum(slot + gap) - slot - gap
    spare = max(height - (before[-1] + slot[-1]), 0.0)
    return np.clip(_isotonic(wished - before, strength), 0.0, spare) + before


def _isotonic(wished: Floats, strength: Floats) -> Floats:
    """Pool adjacent violators: the nearest values that never fall."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(wished.tolist(), strength.tolist(), strict=True):
        mean, total, count = value, weight, 1
        while blocks and blocks[-1][0] > mean:
            last_mean, last_total, last_count = blocks.pop()
            mean = (mean * total + last_mean * last_total) / (total + last_total)
            total, count = total + last_total, count + last_count
        blocks.append((mean, total, count))
    return np.repeat([mean for mean, _, _ in blocks], [count for _, _, count in blocks])
