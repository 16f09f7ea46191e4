"""Charts of the analyses: a result table in, a matplotlib Axes out.

Every chart draws into the Axes that it is given, or into a new figure, and returns the Axes; none
shows or saves anything. Matplotlib is imported when the first chart is drawn, not before.
"""

from __future__ import annotations

from hardal_frames.plot.comparison import comparison
from hardal_frames.plot.conversion_time import conversion_time
from hardal_frames.plot.describe import describe
from hardal_frames.plot.funnel import funnel
from hardal_frames.plot.journey import journey
from hardal_frames.plot.paths import paths
from hardal_frames.plot.session import session
from hardal_frames.plot.time_between import time_between
from hardal_frames.plot.transitions import transitions

__all__ = [
    "comparison",
    "conversion_time",
    "describe",
    "funnel",
    "journey",
    "paths",
    "session",
    "time_between",
    "transitions",
]
