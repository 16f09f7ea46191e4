"""Hardal's recorded sessions as pandas frames: journeys, funnels, times, and their charts."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from hardal_frames.errors import (
    AuthenticationError,
    BadResponse,
    ConnectionFailed,
    DataWarning,
    HardalError,
    IncompleteSession,
    IncompleteSessionList,
    InvalidInput,
    NotFound,
    PaginationStalled,
    RateLimited,
    RequestRefused,
    StoreError,
    UnknownName,
)
from hardal_frames.frames.build import events_from_records

__version__ = "0.1.0"
