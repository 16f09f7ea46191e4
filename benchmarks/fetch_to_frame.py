"""How long a million fetched events take to become a frame: ours, and the way most would write it.

    python benchmarks/fetch_to_frame.py [--events 1000000] [--rounds 3]

Sessions are simulated with a fixed seed and written as raw answers, as the API gives them, into a
temporary SQLite file, and from there exported to parquet. Then each way runs in a process of its
own, the ways in turn, and the fastest round counts. Before any figure is printed, the rows are
counted and compared.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

ZONE = "Europe/Istanbul"
EVENTS_PER_SESSION = 9
STORE = "store"
EXPORT = "export"

WAYS = {
    "from_answers": "store -> frame, hardal_frames",
    "from_export": "exported parquet -> frame, hardal_frames",
    "naively": "store -> frame, json_normalize a session",
}


def prepare(folder: Path, events: int) -> int:
    """Simulate sessions, put them into a store as a pull does, export it, and count the events."""
    from hardal_frames import Store
    from hardal_frames.frames.quality import measure
    from hardal_frames.sandbox.simulator import simulate

    recording = simulate(sessions=max(1, events // EVENTS_PER_SESSION), seed=1)
    total = 0
    with Store(folder / STORE) as store:
        ledger = store._ledger()  # noqa: SLF001  (as a pull does)
        ledger.begin("the simulator")
        names = ledger.note_listed(recording.sessions, ZONE)
        for wanted in ledger.to_fetch(names, named=False):
            if total < events:
                ledger.claim(wanted, named=False)
                records = recording.events[wanted.session_id]
                ledger.keep(wanted.session_id, records, measure(records))
                total += len(records)
        ledger.end()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the sessions that were too many are not stored
            store.export(folder / EXPORT)
    return total


def from_answers(folder: Path, _: int) -> pd.DataFrame:
    """Read the frame from the store."""
    from hardal_frames import Store

    with Store(folder / STORE) as store, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return store.events()


def from_export(folder: Path, _: int) -> pd.DataFrame:
    """Read the frame from exported parquet."""
    from hardal_frames import read_events

    return read_events(folder / EXPORT)


def naively(folder: Path, sessions: int) -> pd.DataFrame:
    """Build a frame of the first sessions the way most would write it."""
    import pandas as pd

    frames = []
    with closing(sqlite3.connect(folder / STORE / "sessions.sqlite")) as connection:
        query = "SELECT session_id, answer FROM answers LIMIT ?"
        for name, answer in connection.execute(query, [sessions]):
            frame = pd.json_normalize(json.loads(zlib.decompress(answer)))
            frame["timestamp"] = pd.to_datetime(frame["timestamp"])
            frame["session_id"] = name
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def events_of_the_first(folder: Path, sessions: int) -> int:
    """How many events the sessions have that the naive way reads."""
    with closing(sqlite3.connect(folder / STORE / "sessions.sqlite")) as connection:
        query = (
            "SELECT sum(events) FROM (SELECT session_id FROM answers LIMIT ?) "
            "JOIN sessions USING (session_id)"
        )
        (events,) = connection.execute(query, [sessions]).fetchone()
    return int(events)


def timed(way: Callable[[Path, int], pd.DataFrame], folder: Path, sessions: int) -> dict[str, Any]:
    """Run one way in this process and tell its rows, seconds and peak memory."""
    import pandas as pd  # noqa: F401  (its import is nobody's work)
    import pyarrow.parquet  # noqa: F401  (same)

    begin = time.perf_counter()
    rows = len(way(folder, sessions))
    return {"rows": rows, "seconds": time.perf_counter() - begin, "peak_mb": peak_mb()}


def peak_mb() -> float | None:
    """Most memory that this process has held, where the system tells."""
    try:
        import resource
    except ImportError:
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def in_fresh_process(stage: str, folder: Path, number: int) -> Any:
    """Run a stage of this script in a process of its own."""
    command = [sys.executable, __file__, "--stage", stage, str(folder), str(number)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Measure each way and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--naive-sessions", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events = in_fresh_process("prepare", folder, options.events)
        best: dict[str, dict[str, Any]] = {}
        for _ in range(options.rounds):
            for way in WAYS:
                result = in_fresh_process(way, folder, options.naive_sessions)
                if way not in best or result["seconds"] < best[way]["seconds"]:
                    best[way] = result
        few = events_of_the_first(folder, options.naive_sessions)
    expected = {"from_answers": events, "from_export": events, "naively": few}
    for way, result in best.items():
        if result["rows"] != expected[way]:
            sys.exit(f"{WAYS[way]}: {result['rows']:,} rows, not {expected[way]:,}; no figures.")
    scale = events / few
    best["naively"]["seconds"] *= scale
    slowest = best["naively"]["seconds"]
    print(f"{events:,} events; fastest of {options.rounds} rounds; Python {sys.version.split()[0]}")
    print(f"{'way':50} {'seconds':>8} {'ratio':>6} {'peak MB':>8}")
    for way, result in best.items():
        peak = "" if result["peak_mb"] is None else f"{result['peak_mb']:,.0f}"
        ratio = slowest / result["seconds"]
        print(f"{WAYS[way]:50} {result['seconds']:8.2f} {ratio:6.1f} {peak:>8}")
    if scale > 1:
        print(f"The last was measured on {few:,} events and scaled: its real peak is higher.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stage"]:
        stage, folder, number = sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
        if stage == "prepare":
            print(json.dumps(prepare(folder, number)))
        else:
            print(json.dumps(timed(globals()[stage], folder, number)))
    else:
        main()
