"""The journey flows table as arrays: nodes, and links between the nodes of neighbouring steps."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.table import flags, require_table, summed, texts, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    Node = tuple[int, bool, str]
    Row = tuple[str, Node, Node | None, int]

WHAT: Final = "journey flows"
COLUMNS: Final = ("step", "source", "target", "kind", "sessions")
KINDS: Final = ("flow", "exit", "entry", "beyond")
OTHER: Final = "other"


@dataclass(frozen=True, eq=False)
class JourneyGraph:
    """Nodes and links of a journey, sessions counted.

    Nodes are sorted by step, within a step by sessions, the explicit other last, so the order of
    the table's rows plays no part. `sessions`, `exits` and `beyond` are per node; `source`,
    `target` (places of nodes) and `flow` per link.

    Parameters
    ----------
    steps
        The numbers of the steps.
    column
        Place in `steps` of each node.
    names
        Name of each node.
    is_other
        Whether the node is the explicit other.
    sessions
        Sessions that are at the node.
    exits
        Sessions that end there.
    beyond
        Sessions that go on, although no later step is in the table.
    source, target
        The nodes that each link joins.
    flow
        Sessions of each link.
    """

    steps: tuple[int, ...]
    column: NDArray[np.intp]
    names: tuple[str, ...]
    is_other: NDArray[np.bool_]
    sessions: NDArray[np.int64]
    exits: NDArray[np.int64]
    beyond: NDArray[np.int64]
    source: NDArray[np.intp]
    target: NDArray[np.intp]
    flow: NDArray[np.int64]

    @property
    def alive(self) -> NDArray[np.int64]:
        """Sessions at each step."""
        return summed(self.column, self.sessions, len(self.steps))

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where the nodes of each step begin, and at the end the number of nodes."""
        return np.searchsorted(self.column, np.arange(len(self.steps) + 1))


def read_flows(flows: pd.DataFrame) -> JourneyGraph:
    """Read what `journey_flows` returns.

    Parameters
    ----------
    flows
        Columns step, source, target, kind, sessions; source_is_other and target_is_other if
        there is an explicit other.

    Returns
    -------
    JourneyGraph
        Its nodes and links; rows of no sessions are left out.

    Raises
    ------
    InvalidInput
        If a column is missing or holds what cannot be drawn.

    Examples
    --------
    >>> import pandas as pd
    >>> graph = read_flows(
    ...     pd.DataFrame(
    ...         {
    ...             "step": [1, 1, 2],
    ...             "source": ["search", "search", "view_item"],
    ...             "target": ["view_item", None, None],
    ...             "kind": ["flow", "exit", "beyond"],
    ...             "sessions": [3, 2, 3],
    ...         }
    ...     )
    ... )
    >>> graph.names, graph.sessions.tolist(), graph.exits.tolist(), graph.beyond.tolist()
    (('search', 'view_item'), [5, 3], [2, 0], [0, 3])
    """
    table = require_table(
        flows, COLUMNS, chart="journey", what=WHAT, made_by="journey_flows(events)"
    )
    _require_one_direction(table)
    rows = list(_rows(table))
    leaving: dict[Node, int] = defaultdict(int)
    arriving: dict[Node, int] = defaultdict(int)
    ends: dict[tuple[str, Node], int] = defaultdict(int)
    links: dict[tuple[Node, Node], int] = defaultdict(int)
    for kind, source, target, sessions in rows:
        leaving[source] += sessions
        if target is None:
            ends[kind, source] += sessions
        else:
            arriving[target] += sessions
            links[source, target] += sessions
    # A filtered table may hold only what arrives at a node, or less than arrives.
    sizes = {node: max(leaving[node], arriving[node]) for node in [*leaving, *arriving]}
    nodes = sorted(sizes, key=lambda node: (node[0], node[1], -sizes[node], node[2]))
    place = {node: number for number, node in enumerate(nodes)}
    joined = sorted(
        (place[source], place[target], flow) for (source, target), flow in links.items()
    )
    steps = tuple(sorted({node[0] for node in nodes}))
    return JourneyGraph(
        steps=steps,
        column=np.array([steps.index(node[0]) for node in nodes], dtype=np.intp),
        names=tuple(node[2] for node in nodes),
        is_other=np.array([node[1] for node in nodes], dtype=np.bool_),
        sessions=np.array([sizes[node] for node in nodes], dtype=np.int64),
        exits=np.array([ends["exit", node] for node in nodes], dtype=np.int64),
        beyond=np.array([ends["beyond", node] for node in nodes], dtype=np.int64),
        source=np.array([source for source, _, _ in joined], dtype=np.intp),
        target=np.array([target for _, target, _ in joined], dtype=np.intp),
        flow=np.array([flow for _, _, flow in joined], dtype=np.int64),
    )


def _rows(flows: pd.DataFrame) -> Iterable[Row]:
    steps = whole_numbers(flows, "step", least=1, what=WHAT).tolist()
    sessions = whole_numbers(flows, "sessions", least=0, what=WHAT).tolist()
    sources = _named(flows, "source")
    targets = _named(flows, "target")
    for step, kind, source, target, count in zip(
        steps, texts(flows, "kind"), sources, targets, sessions, strict=True
    ):
        _require_row(step, kind, source, target)
        if count and kind is not None and source is not None:
            arrives = (step + 1, *target) if kind == "flow" and target is not None else None
            yield "exit" if kind == "entry" else kind, (step, *source), arrives, count


def _named(flows: pd.DataFrame, column: str) -> list[tuple[bool, str] | None]:
    others = flags(flows, f"{column}_is_other").tolist()
    return [
        (True, OTHER) if other else None if name is None else (False, name)
        for name, other in zip(texts(flows, column), others, strict=True)
    ]


def _require_one_direction(flows: pd.DataFrame) -> None:
    if "direction" in flows.columns and len(flows["direction"].unique()) > 1:
        raise InvalidInput(
            f"The frame of {WHAT} holds both directions; draw them one by one: "
            "flows[flows['direction'] == 'after'] and flows[flows['direction'] == 'before']."
        )


def _require_row(step: int, kind: str | None, source: object, target: object) -> None:
    if kind not in KINDS:
        raise InvalidInput(
            f"A row of step {step} of the frame of {WHAT} has kind {kind!r}; "
            f"{', '.join(map(repr, KINDS))} are known."
        )
    if source is None:
        raise InvalidInput(f"A row of step {step} of the frame of {WHAT} has no source.")
    if (kind == "flow") != (target is not None):
        raise InvalidInput(
            f"A row of step {step} of the frame of {WHAT} has kind {kind!r} and target "
            f"{target!r}; 'flow' needs a target, 'exit', 'entry' and 'beyond' have none."
        )
