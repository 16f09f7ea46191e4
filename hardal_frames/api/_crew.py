"""Several workers that fetch at once; the caller's thread hands out and takes back."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from hardal_frames.api._run import Run

Task = TypeVar("Task")
Result = TypeVar("Result")

_NAP: Final = 0.1
_GOODBYE_SECONDS: Final = 1.0


class _Outcome(Generic[Task, Result]):
    """What became of one task: a result, or what was raised."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.results: list[Result] = []
        self.error: BaseException | None = None


def work_through(
    tasks: Iterator[Task | None], work: Callable[[Task], Result], *, workers: int, run: Run
) -> Generator[tuple[Task, Result], None, None]:
    """Do tasks in several threads, and give each back as it is done.

    All but the work itself happens in the caller's thread. However the loop ends, the workers
    are told to stop, and one that hangs in a request is left behind rather than waited for.

    Parameters
    ----------
    tasks
        Asked for the next one whenever a worker is free; None says that there is none just now.
    work
        Does one task; what it raises is raised here, and ends the loop.
    workers
        How many threads.
    run
        Stopped at the end.

    Yields
    ------
    tuple
        A task and its result.
    """
    crew = _Crew[Task, Result](work)
    more = True
    try:
        while more or crew.in_flight:
            while more and crew.in_flight < workers:
                try:
                    task = next(tasks)
                except StopIteration:
                    more = False
                    break
                if task is None:
                    break
                crew.hand_out(task)
            if not crew.in_flight:
                time.sleep(_NAP if more else 0)
            elif (outcome := crew.take_back()) is not None:
                if outcome.error is not None:
                    raise outcome.error
                yield outcome.task, outcome.results[0]
    finally:
        run.stop()
        crew.dismiss()


class _Crew(Generic[Task, Result]):
    """The threads, and the two queues between them and the caller."""

    def __init__(self, work: Callable[[Task], Result]) -> None:
        self._work = work
        self._waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[_Outcome[Task, Result]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self.in_flight = 0

    def hand_out(self, task: Task) -> None:
        """Give a task to whoever is free; there is one thread for each task in flight."""
        if len(self._threads) <= self.in_flight:
            # A daemon: a program that is told to end does not wait for a hanging server.
            self._threads.append(threading.Thread(target=self._labour, daemon=True))
            self._threads[-1].start()
        self._waiting.put(task)
        self.in_flight += 1

    def take_back(self) -> _Outcome[Task, Result] | None:
        """Return the next task that is done, or None if none is for a while."""
        try:
            # With a timeout, for without one Windows does not hear Ctrl-C.
            outcome = self._done.get(timeout=_NAP)
        except queue.Empty:
            return None
        self.in_flight -= 1
        return outcome

    def dismiss(self) -> None:
        """Send the threads home; one that hangs in a request is not waited for."""
        for _ in self._threads:
            self._waiting.put(None)
        end = time.monotonic() + _GOODBYE_SECONDS
        for thread in self._threads:
            with contextlib.suppress(RuntimeError):  # Ctrl-C came while it was starting
                thread.join(max(0.0, end - time.monotonic()))

    def _labour(self) -> None:
        while (task := self._waiting.get()) is not None:
            outcome = _Outcome[Task, Result](task)
            try:
                outcome.results.append(self._work(task))
            except BaseException as error:  # noqa: BLE001  (raised again in the caller's thread)
                outcome.error = error
            self._done.put(outcome)
