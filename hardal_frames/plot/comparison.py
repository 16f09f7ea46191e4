"""The chart of a comparison: which transitions two groups of sessions do not have alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardal_frames import schema
from hardal_frames.plot._comparison.rows import checked_labels, read_comparison
from hardal_frames.plot._shared.axes import SIZE, axes_or_new, say_empty, set_title
from hardal_frames.plot._shared.counted import SESSIONS, require_noun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def comparison(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    counted: str = SESSIONS,
    top: int = 12,
    labels: tuple[str, str] = ("first", "second"),
) -> Axes:
    """Draw the transitions that two groups of sessions are surest to have unequally often.

    Each row is a pair of consecutive events. On the left, the share of the sessions of either group
    that have it, the first group hollow, the second solid; on the right, the difference in
    percentage points with its 95 % interval, beside the line of no difference. Where the interval
    reaches that line, the row is pale.

    Parameters
    ----------
    table
        What `compare_transitions` returns: columns source, target, share_first, share_second,
        share_difference, share_ci_low, share_ci_high; its rows in that order.
    ax
        Where to draw; a new figure without it. Its data coordinates become 0 to 1 both ways.
    title
        Written above, such as the filters in force.
    counted
        What the table counts, in the plural: ``"visitors"`` where it was made with
        ``key="visitor_id"``.
    top
        How many rows to draw, from the first.
    labels
        What the two groups are called.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    InvalidInput
        If the table cannot be drawn, `top` is no whole number from 1, `labels` are no two texts, or
        counted is no noun.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {
    ...         "source": ["cart"],
    ...         "target": [None],
    ...         "share_first": [0.25],
    ...         "share_second": [0.5],
    ...         "share_difference": [0.25],
    ...         "share_ci_low": [0.1],
    ...         "share_ci_high": [0.4],
    ...     }
    ... )
    >>> axes = Figure(figsize=(10, 5)).add_subplot()
    >>> ax = comparison(table, ax=axes, labels=("without login", "with login"))
    >>> texts = [text.get_text() for text in ax.texts]
    >>> "cart → (exit)" in texts, "+25 (+10 to +40)" in texts
    (True, True)
    """
    schema.require_whole(top, "top")
    named = checked_labels(labels)
    noun = require_noun(counted)
    rows = read_comparison(table, top=top)
    count = len(rows.names)
    axes = axes_or_new(ax, size=(SIZE[0], min(max(SIZE[1], 0.3 * count + 1.2), 20.0)))
    set_title(axes, title)
    if not count:
        say_empty(axes, "no transitions to compare")
        return axes
    from hardal_frames.plot._comparison.drawing import Forest  # noqa: PLC0415  (matplotlib)

    Forest(axes, rows, named, noun)
    return axes
