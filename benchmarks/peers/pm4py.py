"""pm4py's directly-follows graph: how often what follows what, in how many sessions it cannot tell.

It leaves events of one instant in the order of the rows, which are put by sequence first.
"""

from __future__ import annotations

import pandas as pd
import pm4py


def prepare(frame):
    """Name the columns as pm4py does, without copying them."""
    return frame.rename(
        columns={
            "session_id": "case:concept:name",
            "name": "concept:name",
            "timestamp": "time:timestamp",
        }
    )


def transitions(events):
    """Count pairs, and first and last names."""
    pairs, firsts, lasts = pm4py.discover_dfg(events.sort_values("sequence", kind="stable"))
    rows = [(source, target, count) for (source, target), count in pairs.items()]
    rows += [(None, name, count) for name, count in firsts.items()]
    rows += [(name, None, count) for name, count in lasts.items()]
    return pd.DataFrame(rows, columns=["source", "target", "count"])


QUERIES = {"transitions": transitions}
