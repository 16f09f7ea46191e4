"""Processes of this machine: started when they are needed, and deaf to Ctrl-C."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import signal
import threading
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Pool:
    """Processes that are started when they are needed, and again when one was killed.

    A terminal sends Ctrl-C to all processes. These leave it to the one that started them, which
    calls off what has not begun.

    Parameters
    ----------
    processes
        How many.
    """

    def __init__(self, processes: int) -> None:
        self.processes = processes
        self._executor: _Processes | None = None

    @property
    def executor(self) -> Executor:
        """The executor."""
        if self._executor is None:
            with _interrupts_put_off():
                self._executor = _Processes(
                    self.processes,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_ignore_interrupts,
                )
        return self._executor

    def close(self) -> None:
        """End the processes."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            # Not before: where a second Ctrl-C comes first, what waits is still to be called off.
            self._executor = None


class _Processes(concurrent.futures.ProcessPoolExecutor):
    """Processes that are started whole, and get no Ctrl-C where they are started."""

    def submit(
        self, call: Callable[Given, Result], /, *args: Given.args, **options: Given.kwargs
    ) -> Future[Result]:
        # Processes are started here: done by half, one would wait for the rest for ever.
        with _interrupts_put_off(), _interrupts_blocked():
            return super().submit(call, *args, **options)


@contextlib.contextmanager
def _interrupts_put_off() -> Iterator[None]:
    """Let Ctrl-C wait in the thread that it interrupts."""
    put_off: list[int] = []
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or handler is None:
        yield
        return
    signal.signal(signal.SIGINT, lambda number, _: put_off.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if put_off:
            signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Keep Ctrl-C from a process that is started meanwhile, which takes over what is blocked.

    Windows has nothing like it: there, a process may tell of Ctrl-C while it imports.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
