"""Workers that answer tasks, each in a fresh process, and what an answer costs there."""

from __future__ import annotations

import ctypes
import gc
import importlib
import multiprocessing
import os
import re
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import _data
import pyarrow as pa
import pyarrow.parquet as pq
from _tasks import TASKS, normalised

FEW = 2_000  # events of the priming run
BARE = "bare passes"


@dataclass(frozen=True)
class Peer:
    """Who answers.

    Parameters
    ----------
    module
        Its module of peers.
    rival
        Whether it is one of the databases that ours is compared with.
    answers
        Whether it has answers, which are compared, or only does what all must do.
    queries
        Name of the queries in the module.
    variants
        Of the data, those that it is given.
    """

    module: str
    rival: bool = False
    answers: bool = True
    queries: str = "QUERIES"
    variants: tuple[str, ...] = _data.VARIANTS


PEERS = {
    "ours": Peer("ours"),
    "Polars": Peer("polars", rival=True),
    "DuckDB": Peer("duckdb", rival=True),
    "ClickHouse": Peer("clickhouse", rival=True),
    "pandas": Peer("pandas"),
    "pm4py": Peer("pm4py"),
    "retentioneering": Peer("retentioneering"),
    BARE: Peer("bare", answers=False),
    "Polars told the order": Peer("polars", queries="TOLD", variants=("canonical", "categorical")),
}


@dataclass(frozen=True)
class Cost:
    """What one answer cost.

    Parameters
    ----------
    wall, cpu
        Seconds on the clock, and of all threads.
    """

    wall: float
    cpu: float


@dataclass(frozen=True)
class First:
    """What the first full answer of a worker cost, and where it is.

    Parameters
    ----------
    cost
        As of any other.
    conversion
        Seconds from the pandas frame to what the library works on; not in the cost.
    memory
        Most bytes held above those before it.
    file
        The answer, as a normalised table; None of one that has none.
    """

    cost: Cost
    conversion: float
    memory: int
    file: Path | None


class Worker:
    """A process that holds the data for one peer and one task, and answers when asked.

    Parameters
    ----------
    peer
        Name in PEERS.
    task
        Name in TASKS.
    variant
        Of the data.
    folder, events
        Where the data is.
    data
        Options of the data.
    """

    def __init__(self, peer, task, variant, *, folder, events, data=None):
        spawn = multiprocessing.get_context("spawn")
        self._connection, other = spawn.Pipe()
        given = (other, PEERS[peer], task, (folder, events, variant), data or {})
        self._process = spawn.Process(target=_work, args=given, daemon=True)
        self._process.start()
        other.close()

    def ask(self):
        """Have the task answered once more, and tell the cost; the first time, First."""
        try:
            self._connection.send("go")
            answer = self._connection.recv()
        except (EOFError, OSError):
            self._process.join()
            raise RuntimeError(f"It ended with {self._process.exitcode}.") from None
        if isinstance(answer, str):
            raise RuntimeError(answer)  # noqa: TRY004
        return answer

    def close(self):
        """End the process."""
        with suppress(OSError):
            self._connection.close()
        self._process.join()


def _work(connection, peer, task, where, data):
    with suppress(EOFError):
        try:
            _answer(connection, peer, task, where, data)
        except EOFError:
            raise
        except BaseException:  # noqa: BLE001  (told to the one who asked)
            connection.recv()
            connection.send(traceback.format_exc())


def _answer(connection, peer, task, where, options):
    os.environ["POLARS_MAX_THREADS"] = str(os.cpu_count())
    module = importlib.import_module(f"peers.{peer.module}")
    query = getattr(module, peer.queries)[task]
    frame = _data.load(*where, list(TASKS[task].needs), **options)
    query(module.prepare(frame.head(FEW)))  # imports what it imports late, starts its threads
    begin = time.perf_counter()
    data = module.prepare(frame)
    conversion = time.perf_counter() - begin
    del frame
    connection.recv()
    meter = Meter()
    cost, result = timed(query, data)
    memory = meter.above()
    file = None
    if peer.answers:
        file = Path(where[0], f"answer_{os.getpid()}.parquet")
        pq.write_table(normalised(result, TASKS[task]), file)
    answer = First(cost, conversion, memory, file)
    while True:
        del result
        connection.send(answer)
        connection.recv()
        answer, result = timed(query, data)


def timed(query, data):
    """Answer a query once, and tell the cost and the answer."""
    gc.collect()
    before = time.perf_counter(), time.process_time()
    result = query(data)
    return Cost(time.perf_counter() - before[0], time.process_time() - before[1]), result


class Meter:
    """How much more memory is held at the most from now on than is now.

    Linux tells the peak and lets it be reset; elsewhere it is the peak of the whole process so far,
    which is lower where loading took more than what follows.
    """

    def __init__(self):
        gc.collect()
        pa.default_memory_pool().release_unused()
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._before = _peak()

    def above(self):
        """Bytes between then and the most since."""
        return _peak() - self._before


def _peak():
    with suppress(OSError, AttributeError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) << 10
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
