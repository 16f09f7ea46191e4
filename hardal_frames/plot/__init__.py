"""Charts of the analyses: a result table in, a matplotlib Axes out.

Every chart draws into the Axes that it is given, or into a new figure, and returns the Axes; none
shows or saves anything. Matplotlib is imported when the first chart is drawn, not before.
"""

from __future__ import annotations

from hardal_frames.plot.describe import describe
from hardal_frames.plot.funnel import funnel
from hardal_frames.plot.journey import journey
from hardal_frames.plot.paths import paths
from hardal_frames.plot.session import session

__all__ = ["describe", "funnel", "journey", "paths", "session"]
