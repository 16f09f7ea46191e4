"""The command `hardal-frames`, as `python -m hardal_frames`."""

from __future__ import annotations

import sys

from hardal_frames.shell.cli import main

if __name__ == "__main__":
    sys.exit(main())
