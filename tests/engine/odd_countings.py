"""Analyses that kill whoever counts them, or fail, or take their time."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hardal_frames as hf
from hardal_frames.analysis._counting import Counting


def die():
    """End this process as the system does for want of memory."""
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(9)


@contextlib.contextmanager
def killing_one(folder, within=60):
    """Kill the first process that counts; its number is in the list once that is done."""
    killed = []

    def kill():
        end = time.monotonic() + within
        while time.monotonic() < end:
            for file in folder.glob("pid-*"):
                killed.append(int(file.name.removeprefix("pid-")))
                os.kill(killed[0], signal.SIGKILL)
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        killer.join()


@dataclass(frozen=True)
class Odd(Counting[Any, Any]):
    """Another analysis, of which some parts go wrong where there are events.

    Parameters
    ----------
    real
        The analysis.
    folder
        Folder in which each death is told.
    deaths
        How many there shall be.
    fails, sleeps
        Whether to raise, and how long to sleep.
    """

    real: Counting[Any, Any]
    folder: str
    deaths: int = 0
    fails: bool = False
    sleeps: float = 0
    key: str = "session_id"

    def columns(self):
        """Those of the analysis."""
        return self.real.columns()

    def count(self, events):
        """Go wrong, or count."""
        if len(events):
            Path(self.folder, f"pid-{os.getpid()}").touch()
            time.sleep(self.sleeps)
            if self.fails:
                raise hf.UnknownName("quarks", "are not here")
            if self.deaths:
                self._die_perhaps()
        return self.real.count(events)

    def _die_perhaps(self):
        for number in range(self.deaths):
            try:
                Path(self.folder, f"death-{number}").touch(exist_ok=False)
            except FileExistsError:
                continue
            die()

    def finish(self, whole):
        """As the analysis does, in which more rounds are as odd."""
        return self.real.finish(whole)


@dataclass
class Asking(hf.EventScan):
    """A scan whose analyses are odd."""

    scan: Any
    options: dict[str, Any]

    def computed(self, counting):
        """Have an odd analysis run."""
        return self.scan.computed(Odd(counting, **self.options))
