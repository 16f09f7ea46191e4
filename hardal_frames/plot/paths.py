"""The paths chart: what sessions do from their first event on, as an icicle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardal_frames import schema
from hardal_frames.plot._paths.tree import read_paths
from hardal_frames.plot._shared.axes import axes_or_new, say_empty, set_title
from hardal_frames.plot._shared.counted import SESSIONS, require_noun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def paths(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    counted: str = SESSIONS,
    steps: int = 6,
) -> Axes:
    r"""Draw whole paths as an icicle: the steps from left to right, what follows beside each event.

    Each block is an event after all those to its left, as high as it has sessions. A grey edge is
    where sessions end, an arrow where they go on beyond the last step. Events too rare for a label
    are one block of others. Paths that the table leaves out are one block as well, so that a table
    of all paths (``paths(events, top=None)``) tells the most.

    Parameters
    ----------
    table
        What `paths` of the analysis returns: columns path, sessions, share.
    ax
        Where to draw; a new figure without it. Its data coordinates become 0 to 1 both ways.
    title
        Written above, such as the filters in force.
    counted
        What the table counts, in the plural: ``"visitors"`` where it was made with
        ``key="visitor_id"``.
    steps
        How many events of each path are drawn at most.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    InvalidInput
        If the table cannot be drawn, steps is no whole number from 1, or counted is no noun.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {
    ...         "path": [("search", "view_item"), ("search",)],
    ...         "sessions": [3, 2],
    ...         "share": [0.6, 0.4],
    ...     }
    ... )
    >>> ax = paths(table, ax=Figure(figsize=(10, 5)).add_subplot())
    >>> [text.get_text() for text in ax.texts if text.get_visible()]
    ['Step 1', 'Step 2', '5 · 100%', '3 · 60%', 'search\n5 · 100%', 'view_item\n3 · 60%',
     'exit\n2 · 40%', 'exit\n3 · 60%']
    """
    noun = require_noun(counted)
    tree = read_paths(table, steps=schema.require_whole(steps, "steps"))
    axes = axes_or_new(ax)
    set_title(axes, title)
    if not tree.total:
        say_empty(axes, f"no {noun} to draw")
        return axes
    from hardal_frames.plot._paths.drawing import PathsChart  # noqa: PLC0415  (matplotlib)

    PathsChart(axes, tree, noun)
    return axes
