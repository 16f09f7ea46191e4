"""The budget: so many requests a minute for one key."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Budget:
    """A sliding log of requests; at most so many in any window.

    Parameters
    ----------
    requests_per_minute
        How many; None for no limit.
    clock
        Seconds, ever growing.
    sleep
        Waits so many seconds.
    window
        Seconds that count as the minute: one more than the server's, as clocks and wires differ.
    """

    def __init__(
        self,
        requests_per_minute: int | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        window: float = 61.0,
    ) -> None:
        self._most = requests_per_minute
        self._clock = clock
        self._sleep = sleep
        self.window = window
        self._sent: deque[float] = deque()
        self._blocked_until = float("-inf")
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Wait until one more request is allowed, and count it."""
        while (wait := self._try_to_send()) > 0:
            self._sleep(wait)

    def block(self, seconds: float) -> None:
        """Let nothing pass for so many seconds; the server asked for it."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock() + seconds)

    def _try_to_send(self) -> float:
        with self._lock:
            now = self._clock()
            if now < self._blocked_until:
                return self._blocked_until - now
            if self._most is None:
                return 0.0
            while self._sent and self._sent[0] <= now - self.window:
                self._sent.popleft()
            if len(self._sent) < self._most:
                self._sent.append(now)
                return 0.0
            return self._sent[0] + self.window - now
