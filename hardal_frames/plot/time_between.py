"""The chart of times between two events: how many take how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hardal_frames import schema
from hardal_frames.plot._shared.axes import axes_or_new, say_empty, set_title
from hardal_frames.plot._time_between.layout import read_gaps

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

Kind = Literal["ecdf", "histogram"]


def time_between(
    table: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    ax: Axes | None = None,
    title: str | None = None,
    kind: Kind = "ecdf",
) -> Axes:
    """Draw how long it takes from one event to another: the share that took at most so long.

    The axis of times is logarithmic, and straight below a time that nearly all exceed, so that 0
    and negative times are on it; what is said below the chart. Above it stand, for each table,
    the number of pairs, their median and 90th percentile, and how many starts had no end.

    Parameters
    ----------
    table
        What `time_between` of the analysis returns: a column elapsed. Several are compared as a
        dict of label and table, ``{"mobile": ..., "desktop": ...}``: any filters, anchors or pairs
        of events may differ between them, so no column could tell them apart.
    ax
        Where to draw; a new figure without it. Its data coordinates are seconds and shares.
    title
        Written above, such as the filters in force.
    kind
        ``"ecdf"`` for the share that took at most so long, ``"histogram"`` for the share within
        each stretch of time, every one of them about twice as long as the one before.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    InvalidInput
        If a table cannot be drawn, or `kind` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame({"elapsed": pd.to_timedelta([0, 20, 40, 300, None], unit="s")})
    >>> ax = time_between({"mobile": table}, ax=Figure(figsize=(10, 5)).add_subplot())
    >>> [text.get_text() for text in ax.texts if text.get_visible()][:10]
    ['pairs', 'median', 'p90', 'no end', 'mobile', '4', '30s', '3m 42s', '1',
     'share of pairs that took at most so long']
    """
    schema.require_one_of(kind, "kind", ("ecdf", "histogram"))
    groups = read_gaps(table)
    axes = axes_or_new(ax)
    set_title(axes, title)
    if not any(len(group.seconds) for group in groups):
        unmatched = sum(group.unmatched for group in groups)
        without = f": {unmatched:,} starts have no end" if unmatched else ""
        say_empty(axes, f"no pairs to draw{without}")
        return axes
    from hardal_frames.plot._time_between.drawing import Times  # noqa: PLC0415  (matplotlib)

    Times(axes, groups, histogram=kind == "histogram")
    return axes
