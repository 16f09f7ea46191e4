"""Small random sessions, full of ties and repeats, and the frames that hold them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from hardal_frames import schema

NAMES = ("A", "B", "C", "other")
MARCH = 1_772_434_800_000_000

EVENTS = st.fixed_dictionaries(
    {
        "session_id": st.sampled_from(["s1", "s2", "s3"]),
        "visitor_id": st.sampled_from(["v1", "v2"]),
        "name": st.sampled_from(NAMES),
        "timestamp": st.integers(0, 6).map(lambda step: MARCH + step * 500_001),
        "type": st.sampled_from(["pageview", "custom"]),
        "path": st.sampled_from([None, "/", "/cart"]),
    }
)


def numbered(events):
    """Give events ids that no sort reveals, and sequences that repeat as odd sources have them."""
    return [
        {**event, "id": f"e{place * 7 % 101}", "sequence": place // 2}
        for place, event in enumerate(events)
    ]


EVENT_LISTS = st.lists(EVENTS, max_size=14).map(numbered)


def frame_of(events, columns=("session_id", "visitor_id", "id", "name", "type", "path")):
    """Make the frame of some events, with our types."""
    times = np.array([event["timestamp"] for event in events], dtype=np.int64)
    frame = {
        name: pd.array([event[name] for event in events], dtype=schema.TEXT) for name in columns
    }
    instants = pd.Series(times.view("datetime64[us]")).dt.tz_localize("UTC")
    return pd.DataFrame(
        {
            **frame,
            "sequence": np.array([event["sequence"] for event in events], dtype=np.int64),
            "timestamp": instants.dt.tz_convert("Europe/Istanbul"),
        }
    )


def microseconds(value):
    """Whole microseconds of a Timedelta or Timestamp, None of a missing one."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timedelta):
        return value // pd.Timedelta(1, unit="us")
    return (value - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(1, unit="us")


def plain(value):
    """Turn a missing value into None, leaving others."""
    return None if value is None or (not isinstance(value, tuple) and pd.isna(value)) else value
