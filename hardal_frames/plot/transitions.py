"""The heatmap of transitions: which event follows which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardal_frames import schema
from hardal_frames.plot._shared.axes import axes_or_new, say_empty, set_title
from hardal_frames.plot._transitions.matrix import read_transitions

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def transitions(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 10,
) -> Axes:
    r"""Draw which event directly follows which: a row an event, a column what comes next.

    A cell is the share of all that leave the row's event, whatever the columns shown: what is not
    among the most frequent events is in the column "(other)", and the end of the session in
    "(exit)". The row "(entry)" is how sessions begin.

    Parameters
    ----------
    table
        What `transitions` of the analysis returns: columns source, target, count, probability.
    ax
        Where to draw; a new figure without it. Its data coordinates become 0 to 1 both ways.
    title
        Written above, such as the filters in force.
    top
        How many events get a row and a column of their own, the most frequent first.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    InvalidInput
        If the table cannot be drawn, or `top` is no whole number from 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {
    ...         "source": [None, "page_view", "page_view"],
    ...         "target": ["page_view", "page_view", None],
    ...         "count": [6, 2, 6],
    ...         "probability": [1.0, 0.25, 0.75],
    ...     }
    ... )
    >>> ax = transitions(table, ax=Figure(figsize=(10, 5)).add_subplot())
    >>> [text.get_text() for text in ax.texts if "%" in text.get_text()][:3]
    ['100% =', '100%\n6', '25%\n2']
    """
    schema.require_whole(top, "top")
    matrix = read_transitions(table, top=top)
    axes = axes_or_new(ax)
    set_title(axes, title)
    if not matrix.rows:
        say_empty(axes, "no transitions to draw")
        return axes
    from hardal_frames.plot._transitions.drawing import Heatmap  # noqa: PLC0415  (matplotlib)

    Heatmap(axes, matrix)
    return axes
