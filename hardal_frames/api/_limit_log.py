"""The log of a budget: which requests still count, and when the next one may go.

The server counts a request at some moment between its sending and its answer. So a request counts
here from when it is sent until a whole window after its answer: whatever the wires and the server
took, no window of the server's own can then hold more than the budget.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right, insort
from dataclasses import dataclass, field
from typing import Final

_NEVER: Final = float("-inf")
_SKEW_SECONDS: Final = 1.0
_SHRINK: Final = 0.8
_RECOVERY_PER_SECOND: Final = 2 / 60
_ONE_REFUSAL_SECONDS: Final = 10.0


@dataclass(slots=True)
class RequestLog:
    """All that a budget remembers; moments are readings of one clock, in seconds.

    Parameters
    ----------
    window
        Seconds that count as the minute.
    in_flight
        When each request without an answer was sent, ascending.
    answered
        When the answer of each other request came, ascending.
    blocked_from, blocked_until
        Between these nothing may pass.
    allowance
        How many requests a window was thought to bear after the last refusal.
    shrunk_at
        When that was.
    """

    window: float
    in_flight: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    blocked_from: float = _NEVER
    blocked_until: float = _NEVER
    allowance: float = math.inf
    shrunk_at: float = _NEVER

    def take(self, now: float, most: int | None) -> float:
        """Count one more request if it may go.

        Parameters
        ----------
        now
            The present.
        most
            Requests in a window; None for no limit, and then nothing is counted.

        Returns
        -------
        float
            Zero if it was counted, else the seconds after which to ask again.
        """
        self._forget_what_is_over(now)
        if now < self.blocked_until:
            return self.blocked_until - now
        if most is None:
            return 0.0
        too_many = len(self.in_flight) + len(self.answered) - self.allowed(now, most)
        if too_many < 0:
            insort(self.in_flight, now)
            return 0.0
        # The answer of one in flight may come at any moment from now.
        ends = [at + self.window for at in self.answered]
        ends += [min(now + self.window, at + 2 * self.window) for at in self.in_flight]
        return sorted(ends)[too_many] - now

    def settle(self, sent: float, now: float) -> None:
        """Note that the answer of the request sent then is here."""
        if sent in self.in_flight:
            self.in_flight.remove(sent)
        insort(self.answered, now)

    def refuse(self, now: float, seconds: float | None, most: int | None) -> None:
        """Note that the server said 429.

        Parameters
        ----------
        now
            The present.
        seconds
            How long to let nothing pass; None for a whole window.
        most
            Requests in a window.
        """
        self._forget_what_is_over(now)
        # The refusals of requests that were under way together tell one thing, not four.
        is_another = now >= max(self.blocked_until, self.shrunk_at + _ONE_REFUSAL_SECONDS)
        if most is not None and is_another:
            self.allowance = max(1.0, _SHRINK * self.allowed(now, most))
            self.shrunk_at = now
        until = now + (self.window if seconds is None else seconds)
        if until > self.blocked_until:
            self.blocked_from, self.blocked_until = now, until

    def allowed(self, now: float, most: int) -> int:
        """How many requests a window bears now: fewer after a refusal, and slowly more again."""
        recovered = self.allowance + _RECOVERY_PER_SECOND * (now - self.shrunk_at)
        return max(1, int(min(most, recovered)))

    def to_bytes(self) -> bytes:
        """Write it down, for this machine to read."""
        facts = (self.blocked_from, self.blocked_until, self.allowance, self.shrunk_at)
        return array("d", (*facts, len(self.in_flight), *self.in_flight, *self.answered)).tobytes()

    @classmethod
    def from_bytes(cls, written: bytes, window: float) -> RequestLog:
        """Read what `to_bytes` wrote.

        Parameters
        ----------
        written
            The bytes.
        window
            Seconds that count as the minute.

        Raises
        ------
        ValueError
            If it is something else.
        """
        numbers = array("d")
        numbers.frombytes(written)
        blocked_from, blocked_until, allowance, shrunk_at, in_flight, *moments = numbers
        if not 0 <= in_flight <= len(moments) or any(map(math.isnan, numbers)):
            raise ValueError("these bytes are no log of requests")
        border = int(in_flight)
        return cls(
            window,
            sorted(moments[:border]),
            sorted(moments[border:]),
            blocked_from,
            blocked_until,
            allowance,
            shrunk_at,
        )

    def _forget_what_is_over(self, now: float) -> None:
        # A clock that shows less than the log was started anew, with the machine.
        latest = now + _SKEW_SECONDS
        if self.blocked_from > latest:
            self.blocked_from = self.blocked_until = _NEVER
        if self.shrunk_at > latest:
            self.allowance, self.shrunk_at = math.inf, _NEVER
        self.answered = self._counting(self.answered, now, self.window)
        # No answer in a whole window: the process ended, and nobody will tell when it came.
        self.in_flight = self._counting(self.in_flight, now, 2 * self.window)

    @staticmethod
    def _counting(moments: list[float], now: float, seconds: float) -> list[float]:
        over = bisect_right(moments, now, key=lambda at: at + seconds)
        return moments[over : bisect_right(moments, now + _SKEW_SECONDS)]
