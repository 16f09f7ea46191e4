"""The budget: so many requests a minute for one key, in all threads and processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardal_frames.api._limit_file import LogKeeper, budget_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hardal_frames.api._limit_log import RequestLog

__all__ = ["Budget", "Slot", "budget_file"]


class Slot:
    """The right to send one request; `Budget.take` gives it.

    Parameters
    ----------
    settle
        Called once, when the answer is here.
    """

    __slots__ = ("_settle",)

    def __init__(self, settle: Callable[[], None] | None) -> None:
        self._settle = settle

    def done(self) -> None:
        """Say that the answer, or the failure, is here."""
        settle, self._settle = self._settle, None
        if settle is not None:
            settle()


class Budget:
    """A sliding log of requests; at most so many in any minute of the server's clock.

    Parameters
    ----------
    requests_per_minute
        How many; None for no limit, though a refusal is still respected.
    clock
        Seconds, ever growing, the same for all processes that share the file.
    window
        Seconds that count as the minute: a little more than the server's, as clocks differ.
    file
        Shares the budget with other processes, see `budget_file`; None keeps it to this one.
    """

    def __init__(
        self,
        requests_per_minute: int | None,
        *,
        clock: Callable[[], float],
        window: float = 60.25,
        file: Path | None = None,
    ) -> None:
        self._most = requests_per_minute
        self._clock = clock
        self.window = window
        self._keeper = LogKeeper(window, file)

    def take(self, wait: Callable[[float], None]) -> Slot:
        """Wait until one more request may go, and count it.

        Parameters
        ----------
        wait
            Waits so many seconds. What it raises ends the waiting, and nothing is counted.

        Returns
        -------
        Slot
            To be told when the answer is here.
        """

        def one_more(log: RequestLog) -> tuple[float, float]:
            now = self._clock()
            return now, log.take(now, self._most)

        while True:
            sent, seconds = self._keeper.change(one_more)
            if seconds <= 0:
                break
            wait(seconds)
        if self._most is None:
            return Slot(None)
        return Slot(lambda: self._keeper.change(lambda log: log.settle(sent, self._clock())))

    def refused(self, seconds: float | None) -> None:
        """Let nothing pass for a while, and fewer requests a minute after it: a 429 came.

        Parameters
        ----------
        seconds
            What its Retry-After says; None waits for a whole window.
        """
        self._keeper.change(lambda log: log.refuse(self._clock(), seconds, self._most))

    def close(self) -> None:
        """Close the file."""
        self._keeper.close()
