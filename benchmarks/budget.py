"""Measure the budget at real speed: requests a minute, the most in any 60 s, refusals.

``python benchmarks/budget.py --minutes 4 --processes 4`` lets four processes of four threads share
one key, against four servers on this machine at once, each with another kind of limit.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hardal_frames.api._limit import Budget
from tests.api.limiters import FixedWindow, SlidingLog, TokenBucket, most_in_window

MOST, SECONDS, THREADS = 100, 60.0, 4
KINDS = {
    "fixed window": (FixedWindow, {}),
    "sliding log": (SlidingLog, {}),
    "token bucket": (TokenBucket, {}),
    "sliding log that counts refused": (SlidingLog, {"counts_refused": True}),
}


class Ended(Exception):
    """The time of the measurement is over."""


class Server(ThreadingHTTPServer):
    """Answers at once or with 429, and notes when each request was counted."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, limiter, latency):
        self.limiter, self.latency = limiter, latency
        self.passed, self.refused = [], 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        """Count the request somewhere between its coming and its answer."""
        server = self.server
        time.sleep(random.uniform(0, server.latency))
        with server.lock:
            now = time.monotonic()
            seconds = server.limiter.refuse()
            if seconds is None:
                server.passed.append(now)
            else:
                server.refused += 1
        time.sleep(random.uniform(0, server.latency))
        self.send_response(200 if seconds is None else 429)
        self.send_header("Content-Length", "0")
        if seconds is not None:
            self.send_header("Retry-After", f"{seconds:.3f}")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


def work(port, file, ends):
    """Send requests in four threads as fast as the budget lets them."""
    budget = Budget(MOST, clock=time.monotonic, file=file)

    def wait(seconds):
        time.sleep(max(0.0, min(seconds, ends - time.monotonic())))
        if time.monotonic() >= ends:
            raise Ended

    def labour():
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while True:
            try:
                slot = budget.take(wait)
            except Ended:
                break
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read()
            slot.done()
            if answer.status != 200:
                budget.refused(float(answer.headers["Retry-After"]))
        connection.close()

    threads = [threading.Thread(target=labour) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    budget.close()


def sustained(moments):
    """Tell the requests a minute in the long run: a hundred in the mean time of a hundred.

    Bursts at both ends of a measurement flatter the mere count by up to a hundred.
    """
    gaps = [later - at for at, later in zip(moments, moments[MOST:], strict=False)]
    return 60 * MOST * len(gaps) / sum(gaps) if gaps else float("nan")


def seconds_a_request(file):
    """Time one take and its done, while a hundred others are in the log."""
    ticks = count()
    budget = Budget(10 * MOST, clock=lambda: next(ticks) * SECONDS / MOST / 2, file=file)
    marks = []
    for _ in range(2000):
        marks.append(time.perf_counter())
        budget.take(time.sleep).done()
    budget.close()
    return sorted(later - at for at, later in pairwise(marks))[len(marks) // 2]


def main():
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=4.0)
    options.add_argument("--processes", type=int, default=4)
    options.add_argument("--latency", type=float, default=0.05, help="most seconds, each way")
    asked = options.parse_args()
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        cost = seconds_a_request(Path(folder) / "cost")
        print(f"a request costs {1e6 * cost:.0f} us in the file")
        servers = {
            name: Server(kind(MOST, SECONDS, clock=time.monotonic, **more), asked.latency)
            for name, (kind, more) in KINDS.items()
        }
        ends = time.monotonic() + 60 * asked.minutes
        workers = []
        for place, server in enumerate(servers.values()):
            threading.Thread(target=server.serve_forever, daemon=True).start()
            given = (server.server_port, Path(folder) / f"{place}.sqlite", ends)
            workers += [spawn.Process(target=work, args=given) for _ in range(asked.processes)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    print(f"{asked.processes} processes of {THREADS} threads, {asked.minutes:g} minutes")
    print(f"{'server':<34}{'requests':>9}{'a minute':>10}{'most in 60 s':>14}{'429':>5}")
    for name, server in servers.items():
        server.shutdown()
        server.server_close()
        print(
            f"{name:<34}{len(server.passed):>9}{sustained(server.passed):>10.2f}"
            f"{most_in_window(server.passed, SECONDS):>14}{server.refused:>5}"
        )
    sys.exit(any(worker.exitcode for worker in workers))


if __name__ == "__main__":
    main()
