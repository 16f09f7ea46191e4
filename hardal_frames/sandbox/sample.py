"""A frame to try things on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardal_frames import schema
from hardal_frames.frames.build import build_events
from hardal_frames.sandbox.simulator import simulate

if TYPE_CHECKING:
    import pandas as pd


def sample_events(
    *, sessions: int = 300, seed: int = 1, timezone: str = schema.DEFAULT_TIMEZONE
) -> pd.DataFrame:
    """Simulate the sessions of a shop, to try things on without a key.

    Parameters
    ----------
    sessions
        How many sessions.
    seed
        The same seed gives the same events on every machine.
    timezone
        IANA name of the zone in which timestamps are shown.

    Returns
    -------
    DataFrame
        One row an event, as `events_from_records` describes.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.sample_events(sessions=50)
    >>> events["session_id"].nunique()
    50
    """
    recording = simulate(sessions, seed=seed)
    return build_events(recording.events.items(), timezone=timezone).events
