"""Processes that are started whole, and called off even where Ctrl-C comes at a bad moment."""

import signal
import threading
import time

import pytest

from hardal_frames.engine._pool import Pool


def test_interrupted_while_processes_start(monkeypatch):
    """Ctrl-C waits until the work is handed over, and then it comes."""
    pool = Pool(1)
    executor = pool.executor
    start = executor._start_executor_manager_thread

    def interrupted():
        signal.raise_signal(signal.SIGINT)
        start()

    monkeypatch.setattr(executor, "_start_executor_manager_thread", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        executor.submit(time.sleep, 0)
    monkeypatch.undo()
    assert signal.getsignal(signal.SIGINT) is handler
    assert executor.submit(abs, -1).result(timeout=60) == 1
    pool.close()


def test_closing_that_is_interrupted_can_be_repeated(monkeypatch):
    """What has not begun is called off by the second attempt."""
    pool = Pool(1)
    waiting = [pool.executor.submit(time.sleep, 0.5) for _ in range(20)]

    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pool.executor, "shutdown", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool.close()
    monkeypatch.undo()
    pool.close()
    assert waiting[-1].cancelled()


def test_in_another_thread():
    """Only the main thread is interrupted; in others there is nothing to put off."""
    pool, found = Pool(1), []
    thread = threading.Thread(target=lambda: found.append(pool.executor.submit(abs, -1).result()))
    thread.start()
    thread.join()
    pool.close()
    assert found == [1]
