"""Limits as servers keep them, and time that tests can move."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import deque


def most_in_window(times, seconds):
    """Count the most moments that lie in any half-open window of so many seconds.

    Examples
    --------
    >>> most_in_window([0, 1, 59, 60, 60.5], 60)
    4
    """
    ordered = sorted(times)
    # A window that holds the most can be moved until it begins with a moment.
    counts = (bisect_left(ordered, at + seconds) - place for place, at in enumerate(ordered))
    return max(counts, default=0)


class FixedWindow:
    """So many in each window; windows follow one another and begin at multiples of their length.

    Parameters
    ----------
    most, seconds
        How many requests in how many seconds.
    clock
        Tells the time.
    counts_refused
        Whether a refused request uses up the budget as well.
    tells
        Whether a refusal carries Retry-After.
    """

    def __init__(self, most, seconds, *, clock, counts_refused=False, tells=True):
        self.most, self.seconds = most, seconds
        self.counts_refused, self.tells = counts_refused, tells
        self._clock = clock
        self._lock = threading.Lock()
        self._window, self._count = None, 0

    def refuse(self):
        """Take one request: None if it may pass, else the seconds until one may."""
        with self._lock:
            now = self._clock()
            if self._window != now // self.seconds:
                self._window, self._count = now // self.seconds, 0
            if self._count < self.most:
                self._count += 1
                return None
            # Counting it changes nothing: this window is full, and the next one begins at 0.
            return (self._window + 1) * self.seconds - now


class SlidingLog:
    """So many in any window: the moments of the last window are remembered.

    Parameters
    ----------
    most, seconds, clock, counts_refused, tells
        As for `FixedWindow`.
    """

    def __init__(self, most, seconds, *, clock, counts_refused=False, tells=True):
        self.most, self.seconds = most, seconds
        self.counts_refused, self.tells = counts_refused, tells
        self._clock = clock
        self._lock = threading.Lock()
        self._sent: deque[float] = deque()

    def refuse(self):
        """Take one request: None if it may pass, else the seconds until one may."""
        with self._lock:
            now = self._clock()
            while self._sent and self._sent[0] <= now - self.seconds:
                self._sent.popleft()
            passes = len(self._sent) < self.most
            if passes or self.counts_refused:
                self._sent.append(now)
            return None if passes else self._sent[-self.most] + self.seconds - now


class TokenBucket:
    """A bucket that starts full and fills evenly; each request takes a token out.

    Parameters
    ----------
    most, seconds
        What the bucket holds, and how long it takes to fill.
    clock, counts_refused, tells
        As for `FixedWindow`; a refused request that counts takes a token that is not there yet.
    """

    def __init__(self, most, seconds, *, clock, counts_refused=False, tells=True):
        self.most, self.seconds = most, seconds
        self.counts_refused, self.tells = counts_refused, tells
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens, self._at = float(most), clock()

    def refuse(self):
        """Take one request: None if it may pass, else the seconds until one may."""
        with self._lock:
            now = self._clock()
            each = self.seconds / self.most
            self._tokens = min(self.most, self._tokens + (now - self._at) / each)
            self._at = now
            # A hair less than one: seconds / most * most is not always seconds.
            passes = self._tokens >= 1 - 1e-9
            if passes or self.counts_refused:
                self._tokens = max(self._tokens - 1, -self.most)
            return None if passes else (1 - self._tokens) * each


class VirtualTime:
    """A clock that only sleeping moves, for any number of threads; nothing waits.

    A thread reckons how long to sleep from its last look at the clock, and another thread may have
    moved the clock since. So a sleep ends so many seconds after that look: four workers that all
    wait for the same moment wake at that moment, and not one after the other.

    A sleep of one thread passes for the others too, whatever they are at: give clients of several
    workers a timeout longer than any pause, or requests under way seem to have taken all that time.

    Parameters
    ----------
    start
        What the clock shows first.
    """

    def __init__(self, start=1000.0):
        self._now = start
        self._lock = threading.Lock()
        self._looked = threading.local()
        self.slept: list[float] = []

    def clock(self):
        """Tell the time."""
        with self._lock:
            self._looked.at = self._now
            return self._now

    def sleep(self, seconds):
        """Move the clock to so many seconds after this thread last looked at it."""
        with self._lock:
            self.slept.append(seconds)
            looked = getattr(self._looked, "at", self._now)
            self._now = max(self._now, looked + seconds)
            self._looked.at = self._now

    def pass_by(self, seconds):
        """Move the clock so many seconds on; the server's way to be slow."""
        with self._lock:
            self._now += seconds


class ScaledTime:
    """Real time that runs faster, the same in all processes of this machine.

    Parameters
    ----------
    factor
        How many seconds pass in a real one.
    """

    def __init__(self, factor):
        self.factor = factor

    def clock(self):
        """Tell the time."""
        return time.monotonic() * self.factor

    def sleep(self, seconds):
        """Wait so many of the fast seconds."""
        time.sleep(seconds / self.factor)

    def pass_by(self, seconds):
        """Wait as well; the server's way to be slow."""
        self.sleep(seconds)
