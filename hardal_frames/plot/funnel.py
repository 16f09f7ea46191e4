"""The funnel chart: how many sessions get how far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardal_frames.plot._funnel.groups import group_columns, read_groups
from hardal_frames.plot._funnel.layout import read_funnel
from hardal_frames.plot._shared.axes import SIZE, axes_or_new, say_empty, set_title
from hardal_frames.plot._shared.counted import SESSIONS, require_noun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_INCHES_A_STEP: Final = 0.36
_TALLEST: Final = 20.0


def funnel(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    counted: str = SESSIONS,
) -> Axes:
    """Draw a funnel: a solid bar for the sessions that reach a step, hatched for those lost there.

    Beyond six steps, or where names are too long to stand beside each other, the bars lie. Of a
    funnel ``by`` groups, or with a trend, the groups' bars stand side by side: the eight largest
    groups, the eight latest periods.

    Parameters
    ----------
    table
        What `funnel` of the analysis returns: columns step, name, sessions, conversion_from_first,
        conversion_from_previous; ci_low and ci_high become whiskers, median_from_previous is
        written between the steps. Columns before the step tell groups apart.
    ax
        Where to draw; a new figure without it.
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
    ...         "step": [1, 2],
    ...         "name": ["view_item", "purchase"],
    ...         "sessions": [200, 8],
    ...         "conversion_from_first": [1.0, 0.04],
    ...         "conversion_from_previous": [1.0, 0.04],
    ...     }
    ... )
    >>> ax = funnel(table, ax=Figure(figsize=(10, 5)).add_subplot())
    >>> [text.get_text() for text in ax.texts if text.get_text()]
    ['200', '100%', '8', '4.0%', '4%']

    Of a table that counts visitors:

    >>> axes = Figure(figsize=(10, 5)).add_subplot()
    >>> funnel(table, ax=axes, counted="visitors").get_ylabel()
    'share of visitors that did step 1'
    """
    noun = require_noun(counted)
    if group_columns(table):
        return _grouped(table, ax, title, noun)
    steps = read_funnel(table)
    width, height = SIZE
    axes = axes_or_new(
        ax, size=(width, min(max(height, _INCHES_A_STEP * len(steps.names) + 1), _TALLEST))
    )
    set_title(axes, title)
    if not steps.names:
        say_empty(axes, "no steps to draw")
        return axes
    from hardal_frames.plot._funnel.drawing import chart_for  # noqa: PLC0415  (matplotlib)

    chart_for(axes, steps)(axes, steps, noun)
    return axes


def _grouped(table: pd.DataFrame, ax: Axes | None, title: str | None, counted: str) -> Axes:
    steps = read_groups(table)
    axes = axes_or_new(ax)
    set_title(axes, title)
    if not steps.names:
        say_empty(axes, "no steps to draw")
        return axes
    from hardal_frames.plot._funnel.groups_drawing import GroupedFunnel  # noqa: PLC0415

    GroupedFunnel(axes, steps, counted)
    return axes
