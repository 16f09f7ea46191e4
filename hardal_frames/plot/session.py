"""The session chart: what happened in one session, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardal_frames.plot._session.reading import read_session
from hardal_frames.plot._shared.axes import axes_or_new, say_empty, set_title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def session(
    events: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw one session as a timeline: a lane for each type of event, the pages below.

    Long idle gaps are squeezed and say how long they last. Events of one name that follow each
    other closely are one label, such as ``view_item ×3``; a red ring is around events with the
    name and the instant of another one. From 150 events on, each name has a row of ticks. A
    session all of whose events have one instant is drawn in their order.

    Parameters
    ----------
    events
        The events of one session: columns timestamp and name; type makes the lanes; path, url or
        title, the first that there is, tells the pages, written without query and fragment;
        sequence and id decide the order of events at one instant.
    ax
        Where to draw; a new figure without it. Its data coordinates become 0 to 1 both ways.
    title
        Written above.

    Returns
    -------
    Axes
        The Axes drawn into.

    Raises
    ------
    InvalidInput
        If the frame cannot be drawn, such as one of several sessions.

    Warns
    -----
    DataWarning
        If rows lack a timestamp, a name or a session and are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> events = pd.DataFrame(
    ...     {
    ...         "type": ["pageview", "custom", "custom"],
    ...         "name": ["page_view", "view_item", "view_item"],
    ...         "timestamp": pd.to_datetime(
    ...             [1772434800, 1772434849, 1772434850], unit="s", utc=True
    ...         ),
    ...     }
    ... )
    >>> ax = session(events, ax=Figure(figsize=(10, 5)).add_subplot())
    >>> [text.get_text() for text in ax.texts if text.get_visible()]
    ['pageview', 'custom', 'page_view', 'view_item ×2']
    >>> ax.get_xlabel()
    'elapsed since 2026-03-02 07:00:00 UTC · 3 events in 50s'
    """
    read = read_session(events)
    axes = axes_or_new(ax)
    set_title(axes, title)
    if not len(read.elapsed):
        say_empty(axes, "no events of that session")
        return axes
    from hardal_frames.plot._session.drawing import SessionChart  # noqa: PLC0415  (matplotlib)

    SessionChart(axes, read)
    return axes
