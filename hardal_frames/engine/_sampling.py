"""Some whole sessions of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames.engine._hashing import stable_hashes
from hardal_frames.engine._reading import read_part, table_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.engine._source import Part, Source


def sampled(
    source: Source, sessions: int, columns: list[str], *, key: str, timezone: str | None
) -> pd.DataFrame:
    """Read the sessions whose keys have the lowest hashes.

    Parameters
    ----------
    source
        The events.
    sessions
        How many sessions.
    columns
        Columns to read.
    key
        Column that names the session.
    timezone
        As for `scan_events`.
    """
    lowest = np.empty(0, dtype=np.uint64)
    for part in source.parts:
        own = np.unique(_hashes(source, part, key))
        lowest = np.unique(np.concatenate([lowest, own[own > 0]]))[:sessions]
    highest = lowest[-1] if len(lowest) else np.uint64(0)
    names = [name for name in source.schema.names if name in {*columns, key}]
    frames = []
    for part in source.parts:
        hashes = _hashes(source, part, key)
        rows = np.flatnonzero((hashes <= highest) & (hashes > 0))
        if len(rows):
            frame = read_part(part, source.schema, names, coded=[], timezone=timezone)
            frames.append(frame.take(rows))
    if not frames:
        part = source.parts[0]
        nothing = read_part(part, source.schema, names, coded=[], timezone=timezone)
        return nothing.iloc[:0][columns]
    return pd.concat(frames, ignore_index=True)[columns]


def _hashes(source: Source, part: Part, key: str) -> npt.NDArray[Any]:
    return stable_hashes(table_of(part, source.schema, [key], coded=[])[key])
