"""Rows that no analysis can use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

LOOK: Final = {
    "session_id": "Look for events that are sent before the session is known.",
    "timestamp": "Look at how it is written; ISO 8601 with an offset is read.",
    "name": "Look for calls of the tracker whose event name is a variable that is not set.",
}


def unusable_event(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find rows without session, timestamp or name, which every analysis leaves out."""
    for column, look in LOOK.items():
        rows = np.flatnonzero(frame[column].isna().to_numpy(dtype=bool))
        if len(rows):
            yield Finding(
                "high",
                f"Events without {column} are left out of every analysis and figure. {look}",
                rows,
                of=len(frame),
                property=column,
            )
