"""Where the blocks of a paths chart stand, and which of them share one; no matplotlib here.

Lengths are in points, tops count downwards from the top of the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardal_frames.plot._paths.tree import PathTree

Kind = Literal["event", "others", "rest"]


@dataclass(frozen=True)
class Block:
    """One block: an event after all those to its left, or several that share a block.

    Parameters
    ----------
    kind
        An event, the rare ones of one place, or the sessions that the table leaves out.
    name
        Of the event; empty for several.
    nodes
        Its nodes in the tree.
    step
        Its column, from 0.
    top, thickness
        Where it stands and how high it is.
    sessions, ends
        How many sessions it has, and how many of them end in it.
    names
        How many different events it holds.
    """

    kind: Kind
    name: str
    nodes: tuple[int, ...]
    step: int
    top: float
    thickness: float
    sessions: int
    ends: int
    names: int = 1

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.top + self.thickness

    @property
    def ends_top(self) -> float:
        """Where the part of it begins whose sessions end; it is the lowest."""
        return self.bottom - self.ends_thickness

    @property
    def ends_thickness(self) -> float:
        """How high the part of it is whose sessions end."""
        return self.thickness * self.ends / self.sessions


def lay_out(tree: PathTree, *, height: float, least: float, steps: int) -> list[Block]:
    """Place the blocks of all steps.

    Parameters
    ----------
    tree
        The paths.
    height
        What all sessions together get.
    least
        Where several of the events after one event are lower than this, they share a block.
    steps
        How many steps are placed.

    Returns
    -------
    list of Block
        Step after step, each from its top; heights are in proportion to sessions.

    Examples
    --------
    >>> import pandas as pd
    >>> from hardal_frames.plot._paths.tree import read_paths
    >>> table = pd.DataFrame(
    ...     {"path": [("a", "b"), ("a",)], "sessions": [3, 2], "share": [0.3, 0.2]}
    ... )
    >>> blocks = lay_out(read_paths(table, steps=5), height=100, least=10, steps=5)
    >>> [(block.kind, block.name, block.step, block.top, block.bottom) for block in blocks]
    [('event', 'a', 0, 0.0, 50.0), ('rest', '', 0, 50.0, 100.0), ('event', 'b', 1, 0.0, 30.0)]
    """
    scale = height / tree.total
    first = _side_by_side(tree, tree.roots, 0.0, scale, least)
    rest = _rest(tree, scale)
    blocks, column = [*first, *rest], first
    for _ in range(steps - 1):
        column = [block for before in column for block in _after(tree, before, scale, least)]
        blocks.extend(column)
    return blocks


def _after(tree: PathTree, before: Block, scale: float, least: float) -> list[Block]:
    nodes = [node for one in before.nodes for node in tree.children[one]]
    if before.kind == "others":
        return [_others(tree, nodes, before.top, scale)] if nodes else []
    return _side_by_side(tree, nodes, before.top, scale, least)


def _side_by_side(
    tree: PathTree, nodes: Iterable[int], top: float, scale: float, least: float
) -> list[Block]:
    """Stack events that come after the same ones, the rare ones in one block at the bottom."""
    blocks, rare = [], []
    for node in nodes:
        sessions = int(tree.sessions[node])
        if sessions * scale < least:
            rare.append(node)
            continue
        blocks.append(_event(tree, node, top, scale))
        top = blocks[-1].bottom
    if len(rare) == 1:
        blocks.append(_event(tree, rare[0], top, scale))
    elif rare:
        blocks.append(_others(tree, rare, top, scale))
    return blocks


def _event(tree: PathTree, node: int, top: float, scale: float) -> Block:
    sessions = int(tree.sessions[node])
    return Block(
        "event",
        tree.names[node],
        (node,),
        int(tree.step[node]),
        top,
        sessions * scale,
        sessions,
        int(tree.ends[node]),
    )


def _others(tree: PathTree, nodes: list[int], top: float, scale: float) -> Block:
    sessions = int(tree.sessions[nodes].sum())
    return Block(
        "others",
        "",
        tuple(nodes),
        int(tree.step[nodes[0]]),
        top,
        sessions * scale,
        sessions,
        int(tree.ends[nodes].sum()),
        len({tree.names[node] for node in nodes}),
    )


def _rest(tree: PathTree, scale: float) -> list[Block]:
    if not tree.rest:
        return []
    top = (tree.total - tree.rest) * scale
    return [Block("rest", "", (), 0, top, tree.rest * scale, tree.rest, 0, 0)]
