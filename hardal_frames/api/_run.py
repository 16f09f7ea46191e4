"""What the requests of one call share: its counts, and a way to stop them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Counted = Literal["requests", "retries", "refusals"]

_LONGEST_NAP: Final = 0.5


class Stopped(Exception):
    """The call that a request belongs to has ended before the request."""


class Run:
    """One call of the client, however many threads work for it.

    Parameters
    ----------
    sleep
        Waits so many seconds; None really waits, and wakes when the run is stopped.
    most_requests
        After so many, nothing is sent again.
    """

    def __init__(
        self, sleep: Callable[[float], None] | None = None, *, most_requests: int | None = None
    ) -> None:
        self._sleep = sleep
        self._most_requests = most_requests
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._counts: Counter[Counted] = Counter()
        self.waited_seconds = 0.0

    def count(self, what: Counted) -> None:
        """Count a request, a retry or a refusal (429)."""
        with self._lock:
            self._counts[what] += 1

    def counted(self, what: Counted) -> int:
        """How many there were."""
        return self._counts[what]

    @property
    def may_retry(self) -> bool:
        """Whether a request may be sent again."""
        sent = self._counts["requests"] + self._counts["retries"]
        return self._most_requests is None or sent < self._most_requests

    def wait(self, seconds: float) -> None:
        """Wait so long, all threads of the run for themselves.

        Raises
        ------
        Stopped
            As soon as the run is stopped.
        """
        with self._lock:
            self.waited_seconds += seconds
        if self._sleep is not None:
            self._sleep(seconds)
        else:
            # Short naps: on Windows, Ctrl-C does not interrupt a longer one.
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0 and not self._stop.is_set():
                self._stop.wait(min(left, _LONGEST_NAP))
        self.go_on()

    def go_on(self) -> None:
        """Raise `Stopped` if the run has been stopped."""
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """Let no further request go."""
        self._stop.set()
