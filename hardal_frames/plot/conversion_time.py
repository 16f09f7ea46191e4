"""The chart of conversion over time: how many of all that could have converted, after how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardal_frames.plot._conversion_time.layout import read_curves
from hardal_frames.plot._shared.axes import axes_or_new, say_empty, set_title
from hardal_frames.plot._shared.counted import SESSIONS, require_noun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def conversion_time(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    counted: str = SESSIONS,
) -> Axes:
    """Draw the share of all sessions with a start that have converted, as time goes by.

    Each group is a line of its own colour and dashes, named at its end, with its confidence
    interval behind it. Below, at each time marked, stand the sessions that have not converted yet.
    The axis of times is logarithmic, and straight near 0. A table read at certain times
    (``at=``) is drawn as points with whiskers.

    Parameters
    ----------
    table
        What `conversion_time` of the analysis returns: columns elapsed, converted, sessions,
        share; ci_low and ci_high become bands; a first column of another name tells groups apart.
    ax
        Where to draw; a new figure without it. Its data coordinates are seconds and shares.
    title
        Written above, such as the filters in force.
    counted
        What the table counts, in the plural: ``"visitors"`` where it was made with
        ``key="visitor_id"``.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    InvalidInput
        If the table cannot be drawn, or counted is no noun.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {
    ...         "device": ["mobile", "mobile", "desktop", "desktop"],
    ...         "elapsed": pd.to_timedelta([0, 90, 0, 600], unit="s"),
    ...         "converted": [0, 30, 0, 10],
    ...         "sessions": [120, 120, 100, 100],
    ...         "share": [0.0, 0.25, 0.0, 0.1],
    ...     }
    ... )
    >>> ax = conversion_time(table, ax=Figure(figsize=(10, 5)).add_subplot())
    >>> [text.get_text() for text in ax.texts if "%" in text.get_text()]
    ['mobile 25%', 'desktop 10%']
    """
    noun = require_noun(counted)
    curves = read_curves(table)
    axes = axes_or_new(ax)
    set_title(axes, title)
    if not any(curve.sessions for curve in curves):
        say_empty(axes, f"no {noun} that could convert")
        return axes
    from hardal_frames.plot._conversion_time.drawing import Conversion  # noqa: PLC0415  (matplotlib)

    Conversion(axes, curves, noun)
    return axes
