"""Whether the cost of our analyses grows with the number of events, and with nothing else.

    python benchmarks/growth.py [--rounds 3] [--folder FOLDER] [--tasks transitions ...]
        [--millions 1 3 10 30]

Events of a made-up shop, in canonical order with text as strings: more and more of them; then as
many as the third with 1,000 distinct names instead of 30; then with five sessions of 100,000
events among the others. Each analysis runs in a process of its own, once for nothing and then
timed; a row tells the nanoseconds of CPU time an event, median of rounds, and how many times that
of the first row it is. CPU time is what stays true on a machine with other work; the last column is
the most memory that an analysis held above its input, in bytes an event.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

import _data
from _tasks import TASKS
from _timing import Worker

MILLION = 1_000_000
TOLERATED = 2.0


def cases(millions):
    """Each case: what it is, how many events, and options of the data."""
    found = [(f"{number:g} M events", int(number * MILLION), {}) for number in millions]
    name, events, _ = found[min(2, len(found) - 1)]
    found.append((f"{name}, 1,000 names", events, {"names": 1_000}))
    found.append((f"{name}, 5 sessions of 100,000", events, {"long_sessions": 5}))
    return found


def cost(task, events, options, data):
    """Nanoseconds an event, and bytes an event."""
    where = {"folder": options.folder, "events": events, "data": data}
    worker = Worker("ours", task, "canonical", **where)
    try:
        first = worker.ask()
        first.file.unlink()
        seconds = median(worker.ask().cpu for _ in range(options.rounds))
    finally:
        worker.close()
    return 1e9 * seconds / events, first.memory / events


def main():
    """Run every analysis on every case and print the table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--folder", type=Path, help="keeps the events from one run to the next")
    options.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    options.add_argument("--millions", nargs="+", type=float, default=[1, 3, 10, 30])
    asked = options.parse_args()
    print(f"{'':30}" + "".join(f"{task:>22}" for task in asked.tasks) + f"{'bytes':>8}")
    first, worst = {}, 0.0
    with tempfile.TemporaryDirectory() as temporary:
        asked.folder = asked.folder or Path(temporary)
        asked.folder.mkdir(parents=True, exist_ok=True)
        for title, events, data in cases(asked.millions):
            _data.prepare(asked.folder, events, **data)
            print(f"{title:30}", end="", flush=True)
            most = 0.0
            for task in asked.tasks:
                nanoseconds, memory = cost(task, events, asked, data)
                times = nanoseconds / first.setdefault(task, nanoseconds)
                worst, most = max(worst, times), max(most, memory)
                print(f"{nanoseconds:>11.1f} ns ({times:>5.2f})", end="", flush=True)
            print(f"{most:>8.0f}")
    print(
        f"At most {worst:.2f} times the first row's cost an event; up to {TOLERATED:g} is linear."
    )
    sys.exit(worst > TOLERATED)


if __name__ == "__main__":
    main()
