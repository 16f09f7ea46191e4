"""retentioneering's transition matrix, once for pairs and once for the sessions that have them.

Its times are whole seconds, its funnel has no window, so that neither can be compared. Building
its event stream is counted as conversion. It reports its use to its makers as soon as it is
imported; without the package posthog it cannot.
"""

from __future__ import annotations

import sys

import pandas as pd

sys.modules["posthog"] = None
from retentioneering.eventstream import Eventstream  # noqa: E402

OUTSIDE = {"path_start": None, "path_end": None}


def prepare(frame):
    """Build its event stream, which leaves events of one instant in the order of the rows."""
    return Eventstream(
        frame.sort_values("sequence", kind="stable"),
        schema={"path_cols": ["session_id"], "event_col": "name", "timestamp_col": "timestamp"},
    )


def transitions(stream):
    """Melt both matrices."""
    matrices = {
        "count": stream.transition_graph_data(edge_weight="count"),
        "sessions": stream.transition_graph_data(edge_weight="unique_paths"),
    }
    columns = {name: matrix.stack() for name, matrix in matrices.items()}  # noqa: PD013
    table = pd.DataFrame(columns)
    table.index.names = ["source", "target"]
    table = table[table["count"] > 0].reset_index()
    return table.replace({"source": OUTSIDE, "target": OUTSIDE})


QUERIES = {"transitions": transitions}
