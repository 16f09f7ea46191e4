"""How many requests a key may make in a minute."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RequestBudget"]

WINDOW: Final = 60.0


class RequestBudget:
    """A sliding window of 60 seconds in which so many requests are let through.

    Refused requests do not count.

    Parameters
    ----------
    requests
        How many requests fit into the window.
    clock
        Tells the seconds; a test gives its own.

    Examples
    --------
    >>> budget = RequestBudget(1, clock=lambda: 0.0)
    >>> budget.spend(), budget.spend()
    (0, 60)
    """

    def __init__(self, requests: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._requests = requests
        self._clock = clock
        self._spent: deque[float] = deque()

    def spend(self) -> int:
        """Let one request through, or say how long to wait.

        Returns
        -------
        int
            0 if it may pass, else the whole seconds after which the next one will.
        """
        now = self._clock()
        while self._spent and now - self._spent[0] >= WINDOW:
            self._spent.popleft()
        if len(self._spent) < self._requests:
            self._spent.append(now)
            return 0
        return math.ceil(self._spent[0] + WINDOW - now)
