"""How far a long fetch is, in one plain line."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[int, int], None]

_WORTH_SHOWING: Final = 20
_TERMINAL_SECONDS: Final = 0.2
_LOG_SECONDS: Final = 10.0


def reporter(
    progress: Progress | bool | None,  # noqa: FBT001
    *,
    total: int,
    per_minute: int | None,
) -> Progress:
    """Choose who is told how far it is.

    Parameters
    ----------
    progress
        A function to call with (done, total), True or False; None shows a line where the work
        is long.
    total
        How many sessions there are to do.
    per_minute
        How many requests the budget allows.
    """
    if callable(progress):
        return progress
    if progress or (progress is None and total > _WORTH_SHOWING):
        line = ProgressLine()
        if per_minute is not None and total > per_minute:
            line.say(
                f"{total:,} sessions at {per_minute} requests a minute: "
                f"about {-(-total // per_minute) - 1} min"
            )
        return line
    return _silence


def _silence(_done: int, _total: int) -> None:
    pass


class ProgressLine:
    """One line that a terminal overwrites and a log file gets every ten seconds.

    Parameters
    ----------
    stream
        Where to write; standard error unless in a notebook, which paints that red.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        in_notebook = "ipykernel" in sys.modules
        self._stream = stream or (sys.stdout if in_notebook else sys.stderr)
        self._overwrites = in_notebook or self._stream.isatty()
        self._started = time.monotonic()
        self._said = self._started

    def say(self, text: str) -> None:
        """Write a line of its own."""
        self._stream.write(text + "\n")
        self._stream.flush()

    def __call__(self, done: int, total: int) -> None:
        """Say that so many of all the sessions are done, if it is time to."""
        now = time.monotonic()
        pause = _TERMINAL_SECONDS if self._overwrites else _LOG_SECONDS
        if done < total and now - self._said < pause:
            return
        self._said = now
        elapsed = now - self._started
        left = elapsed / done * (total - done)
        line = f"{done:,} of {total:,} sessions, {elapsed:.0f} s"
        if done < total:
            line += f", about {left:.0f} s to go"
        if self._overwrites:
            self._stream.write("\r" + line.ljust(70) + ("\n" if done == total else ""))
            self._stream.flush()
        else:
            self.say(line)
