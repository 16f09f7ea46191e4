"""The least that an answer costs: only the passes over the data that none in numpy can do without.

    python benchmarks/floor.py [--events 10000000] [--folder FOLDER] [--variants canonical ...]

For each task these passes are done over the frame of `analyses.py`, in pieces that fit the cache
and on all cores, and nothing is made of them: no answer, no table. A goal that asks for less than
this cannot be reached with numpy and Arrow, whatever is written around them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import _data
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from _tasks import END, FLOW_STEPS, START, STEPS, TASKS, WINDOW_MICROSECONDS

PIECE = 1 << 18
ROUNDS = 7


class Passes:
    """The passes, over the columns of one frame.

    Parameters
    ----------
    frame
        Events, in canonical order or shuffled.
    """

    def __init__(self, frame):
        self.ids = frame["session_id"].array.__arrow_array__().combine_chunks()
        self.names = frame["name"]
        self.is_coded = isinstance(self.names.dtype, pd.CategoricalDtype)
        self.times = frame["timestamp"].to_numpy(dtype="datetime64[us]").view(np.int64)
        coded = self.names if self.is_coded else self.names.astype("category")
        self.codes = np.asarray(coded.cat.codes)
        self.labels = list(coded.cat.categories)
        self.text = None if self.is_coded else self.names.array.__arrow_array__().combine_chunks()
        changes = pc.not_equal(self.ids[1:], self.ids[:-1]).to_numpy(zero_copy_only=False)
        begins = np.append(True, changes)
        self.firsts = np.flatnonzero(begins)
        self.lengths = np.diff(self.firsts, append=len(begins))
        # Of each event, its pair of names, as it would be once known.
        self.pairs = self.codes.astype(np.int32) * (len(self.labels) + 1)
        self.gaps = np.abs(np.diff(self.times)) | self.pairs[1:].astype(np.int64) << 40
        self.hashes = np.random.default_rng(0).integers(0, 2**63, len(self.codes))
        self.first_hashes = self.hashes[self.firsts]
        ties = np.flatnonzero(np.diff(self.times) == 0)
        self.tied = self.hashes[: 2 * len(ties)]
        chosen = np.isin(self.codes, [self.labels.index(name) for name in STEPS])
        self.steps = self.codes[chosen]
        self.step_times = self.times[chosen]
        walkers = np.cumsum(begins)[chosen]
        self.entered = len(np.unique(walkers))
        # For each event of a step, the place of its session's last one.
        self.last = np.searchsorted(walkers, walkers, side="right") - 1

    def __len__(self):
        return len(self.codes)

    def sessions(self):
        """Compare each id with the one before it, which alone shows where sessions begin.

        Then prove that none comes twice: take the first ids, and order a number of each.
        """

        def compare(a, b):
            pc.not_equal(self.ids[a + 1 : b], self.ids[a : b - 1])
            first, end = np.searchsorted(self.firsts, [a, b])
            return self.ids.take(pa.array(self.firsts[first:end]))

        in_pieces(len(self), compare)
        self.first_hashes.copy().sort()

    def usable(self):
        """See that no event lacks a time or a name; Arrow knows it of texts."""
        in_pieces(len(self), lambda a, b: self.times[a:b].min())
        if self.is_coded:
            in_pieces(len(self), lambda a, b: self.codes[a:b].min())

    def clock(self):
        """Compare each time with the one before it, and order those that are equal."""
        times = self.times
        in_pieces(len(times) - 1, lambda a, b: np.flatnonzero(times[a + 1 : b + 1] <= times[a:b]))
        self.tied.copy().sort()

    def coded(self):
        """Turn names into codes, where they are text."""
        if not self.is_coded:
            in_pieces(len(self), lambda a, b: self.text[a:b].dictionary_encode())

    def sessions_of_pairs(self):
        """Count pairs, and the sessions of each: order both, find what comes twice in a session."""

        def count(a, b):
            first, end = np.searchsorted(self.firsts, [a, b])
            walks = np.zeros(b - a, dtype=np.int32)
            walks[self.firsts[first:end] - a] = 1
            np.cumsum(walks, out=walks)
            walks |= self.pairs[a:b] << 14
            walks.sort()
            np.flatnonzero(walks[1:] == walks[:-1])

        in_pieces(len(self), count)

    def quantiles(self):
        """Order all gaps by pair."""
        self.gaps.copy().sort()

    def stepped(self):
        """Count the pairs of each step of each session, as long as it lasts."""

        def count(a, b):
            first, end = np.searchsorted(self.firsts, [a, b])
            here, ahead = self.firsts[first:end], self.lengths[first:end]
            for _ in range(FLOW_STEPS):
                goes_on = ahead > 1
                np.bincount(self.pairs[here], minlength=1)
                here, ahead = here[goes_on] + 1, ahead[goes_on] - 1

        in_pieces(len(self), count)

    def named(self, wanted):
        """Find the events of a few names, and where their sessions begin, each only once."""

        def take(a, b):
            found = np.zeros(b - a, dtype=bool)
            for name in wanted:
                if self.is_coded:
                    found |= self.codes[a:b] == self.labels.index(name)
                else:
                    found |= spread(pc.equal(self.text[a:b], name))
            rows = np.flatnonzero(found)
            ids, times = self.ids[a:b].take(pa.array(rows)), self.times[a:b][rows]
            changes = spread(pc.not_equal(ids[1:], ids[:-1]))
            firsts = ids.take(pa.array(np.flatnonzero(changes)))
            return times, np.flatnonzero(times[1:] <= times[:-1]), firsts

        found = in_pieces(len(self), take)
        self.first_hashes[: sum(len(firsts) for *_, firsts in found)].copy().sort()

    def grouped(self):
        """Bring the rows of each session together: order a number for each row."""
        self.hashes.copy().sort()

    def gathered(self):
        """Fetch ids, to be sure that equal numbers are equal ids, times and codes in that order."""
        rows = self.hashes % len(self)
        in_pieces(len(self), lambda a, b: self.ids.take(pa.array(rows[a:b])))
        in_pieces(len(self), lambda a, b: (self.times[rows[a:b]], self.codes[rows[a:b]]))

    def following(self):
        """Find, for each event of a step, the next one of the step after it, and how far it is."""
        wanted = [self.labels.index(name) for name in STEPS]

        def follow(a, b):
            codes, times, last = self.steps[a:b], self.step_times[a:b], self.last[a:b] - a
            here = np.flatnonzero(codes == wanted[0])
            begun = times[here]
            for code in wanted[1:]:
                fills = codes == code
                after = np.append(np.flatnonzero(fills), len(codes) - 1)
                there = after[np.cumsum(fills, dtype=np.int32)[here]]
                reached = np.flatnonzero(there <= last[here])
                here, begun = there[reached], begun[reached]
                inside = np.flatnonzero(times[here] - begun <= WINDOW_MICROSECONDS)
                here, begun = here[inside], begun[inside]

        in_pieces(len(self.steps), follow)

    def times_of_steps(self):
        """Order a time of each session that entered, to read quantiles off."""
        self.step_times[: self.entered].copy().sort()


def spread(bits):
    """Turn Arrow's answers, eight a byte, into numpy's, many times quicker than Arrow does."""
    held = np.frombuffer(bits.buffers()[1], dtype=np.uint8)
    count = bits.offset + len(bits)
    return np.unpackbits(held, count=count, bitorder="little")[bits.offset :].view(bool)


def in_pieces(length, function):
    """Call a function on begin and end of each piece, in threads."""
    begins = range(0, length, PIECE)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(lambda a: function(a, min(a + PIECE, length)), begins))


def least(passes, task, *, shuffled):
    """Do the passes of a task."""
    if task in {"funnel", "funnel_times", "time_between"}:
        passes.named((START, END) if task == "time_between" else STEPS)
        if task != "time_between":
            passes.following()
        if task == "funnel_times":
            passes.times_of_steps()
        return
    if shuffled:
        passes.grouped()
        passes.gathered()
    else:
        passes.sessions()
        passes.usable()
        passes.clock()
    if task != "summary":
        passes.coded()
    if task == "flows":
        passes.stepped()
    if task in {"transitions", "transition_times"}:
        passes.sessions_of_pairs()
    if task == "transition_times":
        passes.quantiles()


def main():
    """Time the passes of each task and print them."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--folder", type=Path)
    options.add_argument("--variants", nargs="+", choices=_data.VARIANTS, default=_data.VARIANTS)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        folder = asked.folder or Path(aside)
        for variant in asked.variants:
            columns = ["session_id", "name", "timestamp"]
            passes = Passes(_data.load(folder, asked.events, variant, columns))
            for task in TASKS:
                walls = []
                for _ in range(ROUNDS):
                    begin = time.perf_counter()
                    least(passes, task, shuffled=variant == "shuffled")
                    walls.append(time.perf_counter() - begin)
                print(f"{variant:12} {task:18} {min(walls):6.3f} s", flush=True)


if __name__ == "__main__":
    main()
