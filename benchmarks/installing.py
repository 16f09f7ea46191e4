"""What an installation takes on the disk, and an import in time, beside pm4py and retentioneering.

    python benchmarks/installing.py [--folder FOLDER] [--rounds 7]

Each is installed by pip with all that it needs, from this checkout or from PyPI, into a folder of
its own (kept, if you give one). Imports are timed in fresh processes that have imported pandas, the
libraries in turn; what is shown is the median of the processor's time. As ours loads a function
when it is first used, its funnel is timed too.
retentioneering is imported without the package posthog, with which it would report its use.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
SOURCES = {
    "hardal_frames": str(CHECKOUT),
    "pm4py": "pm4py",
    "retentioneering": "retentioneering",
}
STATEMENTS = {
    "import hardal_frames": "hardal_frames",
    "from hardal_frames import funnel": "hardal_frames",
    "import pm4py": "pm4py",
    "import retentioneering": "retentioneering",
}
TIMED = """
import sys, time
sys.modules["posthog"] = None
import pandas
began = time.process_time()
{statement}
print(time.process_time() - began)
"""
LARGEST = 5


def install(folder, source):
    """Install something and all that it needs, unless it is there."""
    if not folder.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), source]
        subprocess.run(pip, check=True)


def megabytes(folder):
    """Size of all files, those compiled by pip too."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def seconds(statement, folder):
    """Processor's time of an import, in a fresh process that sees only this folder."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(statement=statement)],
        env=os.environ | {"PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def measure(folder, rounds):
    """Install, time and print."""
    for name, source in SOURCES.items():
        install(folder / name, source)
        parts = {path.name: megabytes(path) for path in (folder / name).iterdir() if path.is_dir()}
        largest = sorted(parts, key=parts.get, reverse=True)[:LARGEST]
        told = ", ".join(f"{part} {parts[part]:.0f}" for part in largest)
        print(f"{name}: {megabytes(folder / name):.0f} MB ({told})")
    times = {statement: [] for statement in STATEMENTS}
    for _ in range(rounds + 1):  # the first warms the disk's cache
        for statement, taken in times.items():
            taken.append(seconds(statement, folder / STATEMENTS[statement]))
    for statement, taken in times.items():
        print(f"{statement}: {1000 * statistics.median(taken[1:]):.0f} ms")


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    if asked.folder is not None:
        measure(asked.folder, asked.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), asked.rounds)


if __name__ == "__main__":
    main()
