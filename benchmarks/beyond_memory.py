"""Events cut across files: ours by one process, several and a Dask cluster, beside other engines.

    python -m pip install -e ".[benchmarks]"
    python benchmarks/beyond_memory.py --folder FOLDER [--events 20000000] [--rounds 3] [--ways ...]

makes the events unless they are there, and asks each way the same two questions, transition counts
and a funnel of four, in a fresh process: answers are checked to be equal, then seconds on the
clock, seconds of all processors and the most memory of all processes together are printed. Pages
that processes share are counted once (PSS), where the system tells.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import psutil
import pyarrow.parquet as pq
from _tasks import TASKS, differences, normalised

QUESTIONS = ("transitions", "funnel")
COLUMNS = ["session_id", "sequence", "name", "timestamp"]


def _timed(queries, events):
    answers = {}
    for question in QUESTIONS:
        begin = time.perf_counter()
        answers[question] = queries[question](events)
        print(f"  {question:15} {time.perf_counter() - begin:6.1f} s", flush=True)
    return answers


def _ours(folder, **options):
    from peers import ours

    import hardal_frames as hf

    scan = hf.scan_events(folder, progress=False, **options)
    return _timed(ours.QUERIES, scan)


def _on_dask(folder):
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit="1GB",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # None would be port 8787
        ) as cluster,
        Client(cluster) as client,
    ):
        return _ours(folder, client=client)


def _on_daft(folder):
    """Ask with window functions; of a funnel that tries every start nothing is known in Daft."""
    import daft
    from daft import Window, col

    events = daft.read_parquet(f"{folder}/events/*.parquet").select(*COLUMNS)
    walk = Window().partition_by("session_id").order_by("timestamp", "sequence")
    source, target = col("name").lag(1).over(walk), col("name").lead(1).over(walk)
    walks = events.select("session_id", col("name"), source.alias("before"), target.alias("after"))
    entries = walks.where(col("before").is_null()).select(
        col("session_id"), col("before").alias("source"), col("name").alias("target")
    )
    pairs = walks.select(
        col("session_id"), col("name").alias("source"), col("after").alias("target")
    )
    counts = (col("session_id").count().alias("count"), col("session_id").count_distinct())
    table = pairs.concat(entries).groupby("source", "target").agg(*counts).to_arrow()
    return {"transitions": table.rename_columns(["source", "target", "count", "sessions"])}


def _on_duckdb(folder):
    import duckdb as engine
    from peers import duckdb

    connection = engine.connect()
    connection.execute(f"set threads = {multiprocessing.cpu_count()}")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(
        f"create view events as select * from read_parquet('{folder}/events/*.parquet')"  # noqa: S608
    )
    return _timed(duckdb.QUERIES, connection)


def _on_frame(folder, peer):
    import importlib

    import hardal_frames as hf

    module = importlib.import_module(f"peers.{peer}")
    data = module.prepare(hf.read_events(folder, columns=COLUMNS))
    return _timed(module.QUERIES, data)


BY_NAME = {
    "ours": _ours,
    "ours, 1 process": partial(_ours, processes=1),
    "ours, 2 processes": partial(_ours, processes=2),
    "ours on Dask": _on_dask,
    "ours on a frame": partial(_on_frame, peer="ours"),
    "DuckDB": _on_duckdb,
    "Daft": _on_daft,
    "Polars": partial(_on_frame, peer="polars"),
    "pandas": partial(_on_frame, peer="pandas"),
}


def answer(way, folder, into):
    """Answer the questions in this process, and leave answers and costs in files."""
    begin = time.perf_counter()
    answers = BY_NAME[way](folder)
    wall = time.perf_counter() - begin
    for question, table in answers.items():
        pq.write_table(normalised(table, TASKS[question]), Path(into, f"{question}.parquet"))
    Path(into, "wall.json").write_text(json.dumps(wall), encoding="utf-8")


def measured(way, folder, into):
    """Run a way in a process of its own; seconds on the clock and of processors, and bytes."""
    Path(into).mkdir()
    command = [sys.executable, __file__, "--answer", way, "--folder", str(folder), "--into", into]
    process = subprocess.Popen(command)
    watch = _Watch(process.pid)
    watch.start()
    status = process.wait()
    watch.join()
    if status:
        raise SystemExit(f"{way} failed.")
    wall = json.loads(Path(into, "wall.json").read_text(encoding="utf-8"))
    return wall, sum(watch.seconds.values()), watch.most


class _Watch(threading.Thread):
    """Looks at a process and its children while they run."""

    def __init__(self, process):
        super().__init__()
        self.root = psutil.Process(process)
        self.seconds = {}
        self.most = 0

    def run(self):
        """Look, until the process has ended."""
        while True:
            try:
                processes = [self.root, *self.root.children(recursive=True)]
                held = 0
                for each in processes:
                    with _gone():
                        times = each.cpu_times()
                        self.seconds[each.pid] = times.user + times.system
                        held += _held(each)
                self.most = max(self.most, held)
                if self.root.status() == psutil.STATUS_ZOMBIE:
                    return
            except psutil.NoSuchProcess:
                return
            time.sleep(0.03)


def _held(process):
    try:
        return process.memory_full_info().pss
    except AttributeError:
        return process.memory_info().rss


class _gone:  # noqa: N801  (a context)
    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        return kind is not None and issubclass(kind, psutil.Error)


def main():
    """Ask all, check the answers, and print the costs."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--events", type=int, default=20_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--ways", nargs="+", choices=list(BY_NAME), default=list(BY_NAME))
    options.add_argument("--answer", choices=list(BY_NAME))
    options.add_argument("--into")
    asked = options.parse_args()
    if asked.answer:
        answer(asked.answer, asked.folder, asked.into)
        return
    folder = asked.folder / f"events_{asked.events}"
    if not folder.exists():
        import hardal_frames as hf

        hf.simulate_events(folder, events=asked.events)
    costs = {way: [] for way in asked.ways}
    with tempfile.TemporaryDirectory() as aside:
        first = None
        for number in range(asked.rounds):
            for way in asked.ways:
                into = str(Path(aside, f"{way} {number}"))
                costs[way].append(measured(way, folder, into))
                tables = {file.stem: pq.read_table(file) for file in Path(into).glob("*.parquet")}
                first = first or tables
                for question, table in tables.items():
                    if odd := differences(first[question], table):
                        raise SystemExit(f"{way} answers {question} differently: {odd}")
                wall, cpu, most = costs[way][-1]
                print(
                    f"{number} {way:20} {wall:7.1f} s {cpu:7.1f} s {most / 1e6:7,.0f} MB",
                    flush=True,
                )
    print(f"\nmedians of {asked.rounds}, all answers equal")
    print(f"{'':20} {'clock':>9} {'processors':>12} {'memory':>11}")
    for way, each in costs.items():
        walls, cpus, most = (sorted(values)[len(each) // 2] for values in zip(*each, strict=True))
        print(f"{way:20} {walls:7.1f} s {cpus:10.1f} s {most / 1e6:8,.0f} MB")


if __name__ == "__main__":
    main()
