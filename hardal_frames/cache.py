"""Where what can be made again is kept on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_VARIABLE: Final = "HARDAL_FRAMES_CACHE_DIR"


def cache_folder() -> Path:
    """Folder that the variable ``HARDAL_FRAMES_CACHE_DIR`` names, else the user's cache's."""
    from platformdirs import user_cache_path  # noqa: PLC0415  (seldom needed)

    named = os.environ.get(_VARIABLE)
    return Path(named) if named else user_cache_path("hardal-frames")
