"""The table of a paths chart as a tree: each node an event after all those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.table import numbers, require_table, summed, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

WHAT: Final = "paths"
_EXACT: Final = 1e-6


@dataclass(frozen=True, eq=False)
class PathTree:
    """What a paths chart shows; siblings stand in order, those with most sessions first.

    Parameters
    ----------
    names
        Of each node.
    step
        Step of each node, from 0.
    children
        The nodes that follow on each node; at the end those that are first.
    sessions
        How many sessions come to each node along its path.
    ends
        How many of them end there.
    total
        All sessions, also those whose paths the table leaves out.
    rest
        How many sessions the table leaves out.
    paths
        How many paths the table holds.
    """

    names: tuple[str, ...]
    step: Integers
    children: tuple[tuple[int, ...], ...]
    sessions: Integers
    ends: Integers
    total: int
    rest: int
    paths: int

    @property
    def roots(self) -> tuple[int, ...]:
        """The nodes of the first step."""
        return self.children[-1]

    @property
    def steps(self) -> int:
        """How many steps there are; one at least, for the sessions that the table leaves out."""
        return int(self.step.max(initial=0)) + 1


def read_paths(table: pd.DataFrame, *, steps: int) -> PathTree:
    """Read what `paths` returns.

    Parameters
    ----------
    table
        Columns path, sessions and share.
    steps
        How many events of each path count.

    Returns
    -------
    PathTree
        The events of the paths, those they begin with in common being one node.

    Raises
    ------
    InvalidInput
        If a column is missing or holds what cannot be drawn.

    Examples
    --------
    >>> tree = read_paths(
    ...     pd.DataFrame(
    ...         {"path": [("a", "b"), ("a",)], "sessions": [3, 2], "share": [0.3, 0.2]}
    ...     ),
    ...     steps=5,
    ... )
    >>> tree.names, tree.sessions.tolist(), tree.ends.tolist(), tree.rest
    (('a', 'b'), [5, 3], [2, 3], 5)
    """
    require_table(
        table, ("path", "sessions", "share"), chart="paths", what=WHAT, made_by="paths(events)"
    )
    paths = _paths(table)
    counts = whole_numbers(table, "sessions", least=0, what=WHAT)
    total = _total(table, counts)
    names: list[str] = []
    parents: list[Integers] = [np.full(0, -1)]
    levels: list[Integers] = [np.zeros(0, dtype=np.int64)]
    sums: list[Integers] = [np.zeros(0, dtype=np.int64)]
    ends: list[Integers] = [np.zeros(0, dtype=np.int64)]
    lengths = np.array([len(path) for path in paths], dtype=np.int64)
    alive = np.flatnonzero(counts > 0)
    node = np.full(len(paths), -1)
    for step in range(steps):
        alive = alive[lengths[alive] > step]
        if not len(alive):
            break
        codes, found = pd.factorize(np.array([paths[row][step] for row in alive], dtype=object))
        pairs, firsts = _factorized(node[alive] * len(found) + codes)
        parents.append(node[alive][firsts])
        node[alive] = len(names) + pairs
        names.extend(found[codes[firsts]])
        levels.append(np.full(len(firsts), step))
        sums.append(summed(pairs, counts[alive], len(firsts)))
        ending = np.where(lengths[alive] == step + 1, counts[alive], 0)
        ends.append(summed(pairs, ending, len(firsts)))
    sessions = np.concatenate(sums)
    return PathTree(
        names=tuple(names),
        step=np.concatenate(levels),
        children=_children(np.concatenate(parents), sessions),
        sessions=sessions,
        ends=np.concatenate(ends),
        total=total,
        rest=total - int(counts.sum()),
        paths=len(paths),
    )


def _paths(table: pd.DataFrame) -> list[Sequence[str]]:
    """Read the paths, whatever kind of sequence each is."""
    paths: list[Sequence[str]] = []
    for value in table["path"]:
        if isinstance(value, str) or not isinstance(value, tuple | list | np.ndarray):
            raise InvalidInput(
                f"Column 'path' of the frame of paths has {value!r:.100}; tuples of names are "
                "needed, as paths(events) returns them."
            )
        if not len(value):
            raise InvalidInput(
                "Column 'path' of the frame of paths has a path without events; each needs one."
            )
        paths.append([str(name) for name in value])
    return paths


def _total(table: pd.DataFrame, counts: Integers) -> int:
    """Work out of how many sessions the shares are."""
    shares = numbers(table, "share")
    some = counts > 0
    if not some.any():
        return 0
    shares, some_counts = shares[some], counts[some]
    known = np.isfinite(shares) & (shares > 0)
    totals = np.where(known, some_counts / np.where(known, shares, 1.0), np.nan)
    total = round(float(totals[np.argmax(some_counts)])) if known.all() else 0
    # A share that was rounded for people still tells how many sessions there are, nearly.
    if not known.all() or np.any(np.abs(totals - total) > 0.5 + _EXACT * total):
        raise InvalidInput(
            "Column 'share' of the frame of paths does not hold each path's part of all sessions; "
            "give the chart one table as paths(events) returns it, or some of its rows."
        )
    if total < int(counts.sum()):
        raise InvalidInput(
            f"The frame of paths counts {int(counts.sum()):,} sessions, but its shares are of "
            f"{total:,}; each path is needed once, in one table as paths(events) returns it."
        )
    return total


def _factorized(values: Integers) -> tuple[Integers, Integers]:
    """Codes in order of appearance, and where each appears first."""
    codes, _ = pd.factorize(values)
    _, firsts = np.unique(codes, return_index=True)
    return codes, firsts


def _children(parents: Integers, sessions: Integers) -> tuple[tuple[int, ...], ...]:
    """List the nodes after each node; at the end, as after node -1, those of the first step."""
    after: list[list[int]] = [[] for _ in range(len(parents) + 1)]
    for node in np.argsort(-sessions, kind="stable").tolist():
        after[parents[node]].append(node)
    return tuple(map(tuple, after))
