"""A stand-in for the Hardal API on this machine: sessions behind the same endpoints.

Examples
--------
>>> from hardal_frames.sandbox import simulate
>>> recording = simulate(sessions=5, seed=1)
>>> len(recording.sessions)
5
"""

from __future__ import annotations

from hardal_frames.sandbox.faults import plant
from hardal_frames.sandbox.recording import Recording, read_recording, write_recording
from hardal_frames.sandbox.server import Sandbox
from hardal_frames.sandbox.simulator import simulate

__all__ = ["Recording", "Sandbox", "plant", "read_recording", "simulate", "write_recording"]
