"""Which chart a table is for, told by its columns."""

from __future__ import annotations

from typing import Final

import pandas as pd

KINDS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "funnel": ("funnel", frozenset({"step", "name", "sessions", "conversion_from_first"})),
    "journey": ("journey_flows", frozenset({"step", "source", "target", "kind", "sessions"})),
    "comparison": (
        "compare_transitions",
        frozenset({"source", "target", "share_first", "share_second"}),
    ),
    "transitions": ("transitions", frozenset({"source", "target", "count", "probability"})),
    # Its first column may be one of the events', such as path.
    "conversion_time": (
        "conversion_time",
        frozenset({"elapsed", "converted", "sessions", "share"}),
    ),
    "paths": ("paths", frozenset({"path", "sessions", "share"})),
    "time_between": ("time_between", frozenset({"elapsed"})),
    "session": ("events", frozenset({"timestamp", "name"})),
}
"""For each chart, what returns its table and the columns that tell it; the first that fits."""


def chart_of(table: object) -> str | None:
    """Tell which chart a table is for; None if no chart is.

    Examples
    --------
    >>> chart_of(pd.DataFrame(columns=["elapsed", "converted", "sessions", "share"]))
    'conversion_time'
    """
    given = set(table.columns) if isinstance(table, pd.DataFrame) else set()
    return next((chart for chart, (_, columns) in KINDS.items() if columns <= given), None)
