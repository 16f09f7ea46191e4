"""How far a long fetch is: a bar, one plain line, or lines in a log."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    Progress = Callable[[int, int], None]

_WORTH_SHOWING: Final = 20
_TERMINAL_SECONDS: Final = 0.2
_LOG_SECONDS: Final = 10.0
_NOTEBOOK_COLUMNS: Final = 100
_LEAST_BAR: Final = 17
# What a stream raises that is closed, or whose reader has left.
_GONE: Final = (OSError, ValueError)


def spoken_seconds(seconds: float) -> str:
    """Write a duration as people say it.

    Parameters
    ----------
    seconds
        How long it is.

    Examples
    --------
    >>> [spoken_seconds(each) for each in (39.7, 59.9, 750, 6180, 7200, 200000)]
    ['40 s', '1 min', '12 min', '1 h 43 min', '2 h', '2 days 8 h']
    """
    if round(seconds) < 60:  # noqa: PLR2004  (seconds of a minute)
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:  # noqa: PLR2004  (minutes of an hour)
        return f"{minutes} min"
    hours = round(seconds / 3600)
    if hours < 48:  # noqa: PLR2004  (until then people count in hours)
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h" if hours else f"{days} days"


def seconds_left(
    done: int, total: int, elapsed: float, *, done_before: int = 0, per_minute: int | None = None
) -> float | None:
    """Estimate how long the rest takes, at the pace so far and within the budget.

    The first requests of a budget go at once; the rest wait for the minutes that follow.

    Parameters
    ----------
    done, total
        How far it is.
    elapsed
        Seconds since it began.
    done_before
        How many of the done were so when it began.
    per_minute
        How many the budget allows; None for any number.

    Returns
    -------
    float or None
        Seconds; None if nothing can be said yet.

    Examples
    --------
    >>> seconds_left(100, 1000, 5.0, per_minute=100)
    535.0
    >>> seconds_left(100, 1000, 5.0)
    45.0
    """
    estimates = []
    if done > done_before:
        estimates.append(elapsed / (done - done_before) * max(0, total - done))
    if per_minute is not None:
        whole_minutes = max(0, total - done_before - 1) // per_minute
        if whole_minutes * 60.0 > elapsed:
            estimates.append(whole_minutes * 60.0 - elapsed)
    return max(estimates, default=None)


def reporter(
    progress: Progress | bool | None,  # noqa: FBT001
    *,
    total: int,
    per_minute: int | None,
    unit: str = "sessions",
) -> Reporter:
    """Choose who is told how far it is; for a ``with`` statement around the work.

    Parameters
    ----------
    progress
        A function to call with (done, total), True or False; None shows it where the work is long.
    total
        How many there are to do.
    per_minute
        How many requests the budget allows; about one is needed for each.
    unit
        What they are.

    Returns
    -------
    Reporter
        To be called with (done, total).
    """
    if callable(progress):
        return _Function(progress)
    stream = _stream()
    if stream is None or not (progress or (progress is None and total > _WORTH_SHOWING)):
        return Reporter()
    bar = _bar_class(stream)
    if bar is not None:
        return _Bar(bar, stream, per_minute=per_minute, unit=unit)
    return ProgressLine(stream, per_minute=per_minute, unit=unit)


class Reporter:
    """Hears how far it is, and keeps it to itself."""

    def __call__(self, done: int, total: int) -> None:
        """Hear that so many of all are done."""

    def say(self, text: str) -> None:
        """Write a line of its own."""

    def close(self) -> None:
        """End what is shown, at whatever it has come to."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Function(Reporter):
    """Passes it on to a function of the user's."""

    def __init__(self, function: Progress) -> None:
        self._function = function

    def __call__(self, done: int, total: int) -> None:
        self._function(done, total)


class ProgressLine(Reporter):
    """One line that a terminal overwrites and a log file gets every ten seconds.

    Parameters
    ----------
    stream
        Where to write; standard error unless in a notebook, which paints that red.
    per_minute
        How many requests the budget allows.
    unit
        What is counted.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        per_minute: int | None = None,
        unit: str = "sessions",
    ) -> None:
        self._stream = stream or _stream()
        self._overwrites = self._stream is not None and _overwrites(self._stream)
        self._per_minute = per_minute
        self._unit = unit
        self._started = self._shown_at = time.monotonic()
        self._done_before = 0
        self._heard: tuple[int, int] | None = None
        self._shown: tuple[int, int] | None = None
        self._running = ""

    def __call__(self, done: int, total: int) -> None:
        """Show that so many of all are done, if it is time to."""
        if self._heard is None:
            # Whoever begins with many did them another time.
            self._done_before = max(0, done - 1)
        self._heard = (done, total)
        now = time.monotonic()
        is_first = self._overwrites and self._shown is None
        pause = _TERMINAL_SECONDS if self._overwrites else _LOG_SECONDS
        if done >= total or is_first or now - self._shown_at >= pause:
            self._show(now)

    def say(self, text: str) -> None:
        """Write a line of its own, above the running one."""
        self._write("\r" + text.ljust(len(self._running)) + "\n" if self._running else text + "\n")
        if self._running:
            self._write(self._running)

    def close(self) -> None:
        """Leave the last state as a whole line."""
        if self._heard != self._shown:
            self._show(time.monotonic())
        if self._running:
            self._write("\n")
            self._running = ""

    def _show(self, now: float) -> None:
        if self._heard is None or self._heard == self._shown:
            return
        self._shown, self._shown_at = self._heard, now
        self._draw(*self._heard, now - self._started)

    def _draw(self, done: int, total: int, elapsed: float) -> None:
        if not self._overwrites:
            self._write(self._text(done, total, elapsed) + "\n")
            return
        line = self._text(done, total, elapsed, _columns(self._stream) - 1)
        self._write("\r" + line.ljust(len(self._running)))
        self._running = line
        if done >= total:
            self._write("\n")
            self._running = ""

    def _text(self, done: int, total: int, elapsed: float, columns: int = 1000) -> str:
        parts = [f"{done:,} of {total:,} {self._unit}", spoken_seconds(elapsed)]
        left = seconds_left(
            done, total, elapsed, done_before=self._done_before, per_minute=self._per_minute
        )
        if done < total and left is not None:
            parts.append(f"about {spoken_seconds(left)} to go")
        # In a narrow terminal, the end matters more than what has passed.
        if len(", ".join(parts)) > columns:
            del parts[1]
        return ", ".join(parts)[: max(1, columns)]

    def _write(self, text: str) -> None:
        # A fetch does not fail for a terminal that is gone.
        with contextlib.suppress(*_GONE):
            if self._stream is not None:
                self._stream.write(text)
                self._stream.flush()


class _Bar(ProgressLine):
    """The same as a bar, where tqdm is installed."""

    def __init__(
        self,
        bar_class: Callable[..., Any],
        stream: TextIO,
        *,
        per_minute: int | None,
        unit: str,
    ) -> None:
        super().__init__(stream, per_minute=per_minute, unit=unit)
        self._bar_class = bar_class
        self._bar: Any = None

    def say(self, text: str) -> None:
        if self._bar is None:
            super().say(text)
            return
        with contextlib.suppress(*_GONE):
            self._bar.write(text, file=self._stream)

    def close(self) -> None:
        super().close()
        self._end()

    def _draw(self, done: int, total: int, elapsed: float) -> None:
        columns = _columns(self._stream) - 1
        text = self._text(done, total, elapsed, columns - _LEAST_BAR)
        with contextlib.suppress(*_GONE):
            if self._bar is None:
                self._bar = self._bar_class(
                    total=total,
                    file=self._stream,
                    bar_format="{percentage:3.0f}%|{bar}| {desc}",
                    desc=text,
                    ncols=columns,
                    nrows=20,  # of terminals that do not tell their size, tqdm thinks 0
                )
            self._bar.n, self._bar.total, self._bar.ncols = done, total, columns
            self._bar.set_description_str(text, refresh=False)
            self._bar.refresh()
        if done >= total:
            self._end()

    def _end(self) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            with contextlib.suppress(*_GONE):
                bar.close()


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def _stream() -> TextIO | None:
    # A program without a window has neither; a notebook paints errors red.
    return sys.stdout if _in_notebook() else sys.stderr


def _overwrites(stream: TextIO) -> bool:
    if _in_notebook():
        return True
    try:
        return stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:
        return False


def _columns(stream: TextIO | None) -> int:
    if _in_notebook() or stream is None:
        return _NOTEBOOK_COLUMNS
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return columns or shutil.get_terminal_size().columns


def _bar_class(stream: TextIO) -> Callable[..., Any] | None:
    """Find the bar that fits where the stream goes; None if our own line does."""
    # Without ipywidgets, tqdm's bar for notebooks warns and shows nothing.
    lacks_widgets = _in_notebook() and importlib.util.find_spec("ipywidgets") is None
    if lacks_widgets or not _overwrites(stream):
        return None
    try:
        tqdm: Any = importlib.import_module("tqdm.notebook" if _in_notebook() else "tqdm.std").tqdm
    except ImportError:
        return None

    class Bar(tqdm):  # type: ignore[misc]
        # Its own lock, and no thread that watches over bars, for nothing of it is to stay.
        monitor_interval = 0
        _lock = threading.RLock()

    return Bar
