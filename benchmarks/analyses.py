"""How fast the analyses are, beside Polars, DuckDB, ClickHouse, pandas, pm4py and retentioneering.

    python -m pip install -e ".[benchmarks]"
    python benchmarks/analyses.py [--events 10000000] [--rounds 5] [--folder FOLDER]
        [--tasks transitions ...] [--variants canonical ...] [--peers ours Polars ...]

Events of a made-up shop are written once, into the folder if one is given, with a fixed seed. Each
library answers each task from the same pandas frame: in canonical order with text as strings, the
same with names and types as categoricals, and with shuffled rows. Nobody is told that rows are in
order, except the row that says so, which is a limit and no rival. Each library runs in a process of
its own that loads the data, answers once, and keeps answering; before anything is timed all
answers are compared, and where one differs from ours its rows are shown and the exit status is 1.
The libraries take turns, round by round, and the median counts; one that is no database and ten
times slower than the fastest is left at its first answer. CPU seconds stand beside those of the
clock: on a machine with other work only they can be trusted.

Order is (timestamp, sequence) for everybody, said in each query, so that ties agree. Quantiles are
compared to the microsecond; where others compute them in floating point, whichever way they round a
half. pm4py cannot count sessions, which are not compared there. What it takes to get from the frame
to what a library works on is told apart and not counted: DuckDB scans the frame's Arrow buffers and
ClickHouse its columns, pandas and pm4py take it as it is, Polars makes views of strings, and
retentioneering copies and sorts all. Memory is the most that the first answer held above what was
held before it. The summary of ours holds more than it is compared in, and its funnel always has
its times. The bare passes are no library: they are what we know no way around in numpy and Arrow,
so that a goal which they miss cannot be met ("cannot").
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median

import _data
import pyarrow.parquet as pq
from _tasks import TASKS, differences, total
from _timing import BARE, PEERS, Worker

SLOW = 10
MEMORY_GOAL = 0.5
LIBRARIES = ("pandas", "pyarrow", "polars", "duckdb", "chdb", "pm4py", "retentioneering")


@dataclass(frozen=True)
class Figures:
    """What a peer needed for a task: median seconds, fewest seconds, and so on."""

    wall: float
    least: float
    cpu: float
    rounds: int
    memory: int
    conversion: float


@dataclass(frozen=True)
class Verdict:
    """How ours did in a task of a variant; memory as a part of each rival's.

    Parameters
    ----------
    ratio, bare
        How many times faster than the fastest rival ours is, and the bare passes are.
    """

    variant: str
    task: str
    rival: str
    ratio: float
    bare: float
    cpu_ratio: float
    goal: float
    memory: dict[str, float]


class Race:
    """One task on one variant of the data.

    Parameters
    ----------
    task, variant
        Which.
    options
        Those of the command.
    """

    def __init__(self, task, variant, options):
        self.task, self.variant, self.options = task, variant, options
        self.workers, self.firsts, self.costs = {}, {}, {}
        self.answers = {}
        self.agreed = True

    def run(self):
        """Have everybody answer, compare, time, and print; return figures by peer."""
        print(f"\n{TASKS[self.task].title}; {self.variant}, {self.options.events:,} events")
        try:
            for name in self.options.peers:
                if self.variant in PEERS[name].variants:
                    self._enter(name)
            if self.agreed:
                for _ in range(self.options.rounds):
                    for name, worker in self.workers.items():
                        self.costs[name].append(worker.ask())
        finally:
            for worker in self.workers.values():
                worker.close()
        if not self.agreed:
            print("    The answers differ: nothing is timed.")
            return {}
        figures = {name: self._figures(name) for name in self.firsts}
        self._show(figures)
        return figures

    def _enter(self, name):
        if self.task not in _queries_of(name):
            return
        where = {"folder": self.options.folder, "events": self.options.events}
        worker = Worker(name, self.task, self.variant, **where)
        self.workers[name] = worker
        try:
            first = worker.ask()
        except RuntimeError as error:
            self._leave(name)
            reason = str(error).strip().splitlines()[-1]
            print(f"    {name}: no answer. {reason}", flush=True)
            self.agreed &= "ModuleNotFoundError" in reason
            return
        if first.file is not None:
            answer = pq.read_table(first.file)
            first.file.unlink()
            self.answers.setdefault("first", answer)
            if odd := differences(self.answers["first"], answer):
                print(f"    {name}: {odd}", flush=True)
                self.agreed = False
        self.firsts[name], self.costs[name] = first, []
        compared = name in {"ours", BARE} or PEERS[name].rival
        answers = [each.cost.wall for peer, each in self.firsts.items() if peer != BARE]
        fastest = min(answers, default=first.cost.wall)
        if not compared and first.cost.wall > SLOW * fastest:
            self._leave(name)

    def _leave(self, name):
        self.workers.pop(name).close()

    def _figures(self, name):
        first = self.firsts[name]
        costs = self.costs[name] or [first.cost]
        walls = [cost.wall for cost in costs]
        cpu = median(cost.cpu for cost in costs)
        rounds = len(self.costs[name])
        return Figures(median(walls), min(walls), cpu, rounds, first.memory, first.conversion)

    def _show(self, figures):
        answer = self.answers["first"]
        print(f"    all agree: {len(answer):,} rows, {total(answer):,} counted")
        print(
            f"    {'':24}{'median s':>9}{'least':>8}{'CPU s':>8}{'rounds':>8}"
            f"{'x ours':>8}{'memory MB':>11}{'conversion s':>14}"
        )
        ours = figures.get("ours")
        for name, each in sorted(figures.items(), key=lambda item: item[1].wall):
            ratio = f"{each.wall / ours.wall:.2f}" if ours else ""
            print(
                f"    {name:24}{each.wall:>9.3f}{each.least:>8.3f}{each.cpu:>8.2f}"
                f"{each.rounds or 'first':>8}{ratio:>8}{each.memory / 1e6:>11,.0f}"
                f"{each.conversion:>14.2f}",
                flush=True,
            )

    def verdict(self, figures):
        """Compare ours with the best of the databases; None without either."""
        rivals = {name: each for name, each in figures.items() if PEERS[name].rival}
        if "ours" not in figures or not rivals:
            return None
        ours = figures["ours"]
        fastest = min(rivals, key=lambda name: rivals[name].wall)
        return Verdict(
            self.variant,
            self.task,
            fastest,
            rivals[fastest].wall / ours.wall,
            rivals[fastest].wall / figures[BARE].wall if BARE in figures else float("nan"),
            min(each.cpu for each in rivals.values()) / ours.cpu,
            TASKS[self.task].goals[self.variant],
            {name: ours.memory / max(each.memory, 1) for name, each in rivals.items()},
        )


def _queries_of(name):
    """Tasks that a peer answers, told without importing its library."""
    if name in {"pm4py", "retentioneering"}:
        return {"transitions"}
    # Time between sorts nothing, so that order is of no use to it.
    return set(TASKS) - ({"time_between"} if name == "Polars told the order" else set())


def show_verdicts(verdicts):
    """Print the ratios and whether each goal is met."""
    print("\nTimes faster than the fastest database; memory as a part of each one's")
    rivals = list(verdicts[0].memory)
    print(
        f"    {'variant':13}{'task':18}{'ratio':>7}{'goal':>7}{'bare':>7}  {'met':8}"
        f"{'beside':12}{'by CPU':>7}"
        + "".join(f"{name:>12}" for name in rivals)
        + f"{'goal':>7}  met"
    )
    for each in verdicts:
        parts = [each.memory.get(name, float("nan")) for name in rivals]
        print(
            f"    {each.variant:13}{each.task:18}{each.ratio:>7.2f}{each.goal:>7.2f}"
            f"{each.bare:>7.2f}  {_reached(each):8}{each.rival:12}{each.cpu_ratio:>7.2f}"
            + "".join(f"{part:>12.2f}" for part in parts)
            + f"{MEMORY_GOAL:>7.2f}  {_met(all(part <= MEMORY_GOAL for part in parts))}"
        )


def _reached(verdict):
    if verdict.ratio < verdict.goal and verdict.bare < verdict.goal:
        return "cannot"
    return _met(verdict.ratio >= verdict.goal)


def _met(goal):
    return "yes" if goal else "no"


def versions():
    """Tell what was measured on what."""
    found = [f"Python {platform.python_version()}", f"{os.cpu_count()} cores"]
    for library in LIBRARIES:
        try:
            found.append(f"{library} {metadata.version(library)}")
        except metadata.PackageNotFoundError:
            found.append(f"{library} not installed")
    return ", ".join(found)


def arguments():
    """Read the options of the command."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--folder", type=Path, help="keeps the events from one run to the next")
    options.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    options.add_argument(
        "--variants", nargs="+", choices=_data.VARIANTS, default=list(_data.VARIANTS)
    )
    options.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    return options.parse_args()


def main():
    """Run every task on every variant and print all figures."""
    options = arguments()
    print(versions())
    verdicts, agreed = [], True
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or Path(temporary)
        options.folder.mkdir(parents=True, exist_ok=True)
        for variant in options.variants:
            _data.prepare(options.folder, options.events, shuffled=variant == "shuffled")
            for task in options.tasks:
                race = Race(task, variant, options)
                verdict = race.verdict(race.run())
                agreed &= race.agreed
                if verdict:
                    verdicts.append(verdict)
    if verdicts:
        show_verdicts(verdicts)
    sys.exit(not agreed)


if __name__ == "__main__":
    main()
