"""The journey chart: which events sessions do first, second, third."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._journey.graph import read_flows
from hardal_frames.plot._journey.plan import Percent
from hardal_frames.plot._shared.axes import axes_or_new, say_empty, set_title
from hardal_frames.plot._shared.counted import SESSIONS, require_noun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def journey(
    flows: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    counted: str = SESSIONS,
    percent: Percent = "start",
) -> Axes:
    """Draw journey flows as a Sankey chart, the steps from left to right.

    Each node is an event at a step, as high as it has sessions; ribbons lead to the next step.
    Sessions that end fade out at their own step; arrows are sessions that go on beyond the last.
    Flows read backwards (``direction="before"``) are drawn the same way: step 2 is what came before
    step 1, and what fades out began there.

    Parameters
    ----------
    flows
        What `journey_flows` returns: columns step, source, target, kind, sessions; with
        source_is_other and target_is_other the explicit other stays apart from an event that is
        called so.
    ax
        Where to draw; a new figure without it. Its data coordinates become 0 to 1 both ways.
    title
        Written above, such as the filters in force.
    counted
        What the table counts, in the plural: ``"visitors"`` where it was made with
        ``key="visitor_id"``.
    percent
        What the percentages of the labels are of: ``"start"``, all sessions, or ``"step"``, those
        at the same step.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    InvalidInput
        If the table cannot be drawn, holds both directions, percent is unknown or counted
        is no noun.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> flows = pd.DataFrame(
    ...     {
    ...         "step": [1, 1, 2],
    ...         "source": ["search", "search", "view_item"],
    ...         "target": ["view_item", None, None],
    ...         "kind": ["flow", "exit", "beyond"],
    ...         "sessions": [3, 2, 3],
    ...     }
    ... )
    >>> ax = journey(flows, ax=Figure(figsize=(10, 5)).add_subplot())
    >>> [text.get_text() for text in ax.texts]
    ['search', 'view_item', '5 · 100%', '3 · 60%', 'Step 1', 'Step 2', '5 · 100%', '3 · 60%']
    """
    if percent not in get_args(Percent):
        raise InvalidInput(f"percent={percent!r} is unknown: 'start' or 'step' is needed.")
    noun = require_noun(counted)
    graph = read_flows(flows)
    axes = axes_or_new(ax)
    set_title(axes, title)
    if not graph.names:
        say_empty(axes, f"no {noun} to draw")
        return axes
    from hardal_frames.plot._journey.drawing import JourneyChart  # noqa: PLC0415  (matplotlib)

    JourneyChart(axes, graph, percent, noun)
    return axes
