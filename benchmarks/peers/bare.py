"""The least that an answer costs: the passes over the data that we know no way around in numpy.

Nothing is made of them, no answer and no table, and what a pass needs of those before it is given
to it. They work in pieces that fit the cache and on all cores. A goal that asks for less than they
take is out of reach of numpy and Arrow, as far as we know, whatever is written around them.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from _tasks import END, FLOW_STEPS, START, STEPS, WINDOW_MICROSECONDS

PIECE = 1 << 18
END_OF_ID = 16


class Passes:
    """The passes, over the columns of one frame.

    Parameters
    ----------
    frame
        Events, in canonical order or shuffled.
    """

    def __init__(self, frame):
        self.ids = frame["session_id"].array.__arrow_array__().combine_chunks()
        bounds = np.frombuffer(self.ids.buffers()[1], dtype=np.int64)[: len(frame) + 1]
        self.id_ends = bounds[1:] - END_OF_ID
        names = frame["name"]
        self.is_coded = isinstance(names.dtype, pd.CategoricalDtype)
        self.times = frame["timestamp"].to_numpy(dtype="datetime64[us]").view(np.int64)
        self.sequence = frame["sequence"].to_numpy()
        coded = names if self.is_coded else names.astype("category")
        self.codes = np.asarray(coded.cat.codes)
        self.labels = list(coded.cat.categories)
        self.text = None if self.is_coded else names.array.__arrow_array__().combine_chunks()
        begins = np.append(True, spread(pc.not_equal(self.ids[1:], self.ids[:-1])))
        self.is_shuffled = begins.mean() > 1 / 2
        self.firsts = np.flatnonzero(begins)
        if self.is_shuffled:  # as they are once in order
            sessions = pc.count_distinct(self.ids).as_py()
            self.firsts = np.arange(sessions) * len(frame) // sessions
        self.lengths = np.diff(self.firsts, append=len(begins))
        # Of each event, its pair of names, as it would be once known.
        self.pairs = self.codes.astype(np.int32) * (len(self.labels) + 1)
        self.gaps = np.abs(np.diff(self.times)) | self.pairs[1:].astype(np.int64) << 40
        self.hashes = np.random.default_rng(0).integers(0, 2**63, len(self.codes))
        self.first_hashes = self.hashes[: len(self.firsts)]
        self.order = self.hashes % len(frame)
        chosen = np.isin(self.codes, [self.labels.index(name) for name in STEPS])
        self.steps = self.codes[chosen]
        self.step_times = self.times[chosen]
        self.walkers = np.cumsum(begins)[chosen]
        self.sessions_named = pc.count_distinct(self.ids.filter(pa.array(chosen))).as_py()
        self.letters = {wanted: self._letter(wanted) for wanted in (STEPS, (START, END))}

    def __len__(self):
        return len(self.codes)

    def _letter(self, wanted):
        """Choose the letter, counted from the end, that the fewest others share with the wanted."""

        def passes(from_end):
            return {name[-from_end] for name in wanted}

        def passed(from_end):
            wanted = passes(from_end)
            let_through = [label[-from_end:][:1] in wanted for label in self.labels]
            return np.asarray(let_through)[self.codes].sum()

        best = min(range(1, min(map(len, wanted)) + 1), key=passed)
        table = np.zeros(1 << 8, dtype=np.uint8)
        table[[ord(letter) for letter in passes(best)]] = 1
        return best, pa.array(table)

    def sessions(self):
        """Compare each id with the one before it, which alone shows where sessions begin.

        And take the ends of the first ids, to prove with them that none comes twice.
        """
        held = self.ids.buffers()[2]
        ends = np.ndarray((held.size - END_OF_ID + 1,), f"V{END_OF_ID}", buffer=held, strides=(1,))

        def compare(a, b):
            spread(pc.not_equal(self.ids[a + 1 : b], self.ids[a : b - 1]))
            first, end = np.searchsorted(self.firsts, [a, b])
            mixed(ends[self.id_ends[self.firsts[first:end]]])

        in_pieces(len(self), compare)

    def clock(self):
        """See that no event lacks a name, and that each time is after the one before.

        Of events at one time, look at their sequence. Beside it, order the ids' numbers.
        """
        times = self.times

        def compare(a, b):
            if self.is_coded:
                self.codes[a:b].min()
            tied = np.flatnonzero(times[a + 1 : b] <= times[a : b - 1])
            np.any(self.sequence[tied + a + 1] <= self.sequence[tied + a])

        in_pieces(len(times), compare, beside=lambda: np.sort(self.first_hashes))

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
        """Take all gaps, and order them by pair, each thread its own pairs."""
        self._halves(self.gaps)

    def _halves(self, values):
        share = -(-len(values) // os.cpu_count())
        in_threads(lambda a: np.sort(values[a : a + share]), range(0, len(values), share))

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
        """Find the events of a few names, and where their sessions begin.

        See that no event lacks a time, and order the numbers of the sessions that have any, to
        prove that none comes twice.
        """
        find = self._coded_as if self.is_coded else self._spelt

        def take(a, b):
            self.times[a:b].min()
            rows = find(wanted, a, b)
            places = pa.array(rows.astype(np.int32))
            ids, times = pc.take(self.ids[a:b], places, boundscheck=False), self.times[a:b][rows]
            begins = np.flatnonzero(spread(pc.not_equal(ids[1:], ids[:-1])))
            mixed(np.frombuffer(ids.buffers()[2], f"V{END_OF_ID}", count=len(begins)))
            tied = np.flatnonzero(times[1:] <= times[:-1])
            np.any(self.sequence[rows[tied + 1] + a] <= self.sequence[rows[tied] + a])

        in_pieces(len(self), take, beside=lambda: np.sort(self.hashes[: self.sessions_named]))

    def _coded_as(self, wanted, a, b):
        found = np.zeros(b - a, dtype=bool)
        for name in wanted:
            found |= self.codes[a:b] == self.labels.index(name)
        return np.flatnonzero(found)

    def _spelt(self, wanted, a, b):
        """Look at one letter of all texts, then at the first two words of those that have it."""
        texts, (from_end, passes) = self.text[a:b], self.letters[wanted]
        ends = np.frombuffer(texts.buffers()[1], dtype=np.int64)[texts.offset :][: b - a + 1]
        held = np.frombuffer(texts.buffers()[2], dtype=np.uint8)
        seen = pc.take(passes, pa.array(held[ends[1:] - from_end]), boundscheck=False)
        rows = np.flatnonzero(np.frombuffer(seen.buffers()[1], dtype=np.bool_))
        begins = ends[rows]
        sizes = ends[1:][rows] - begins
        anywhere = np.ndarray((held.size - 15,), "V16", buffer=held, strides=(1,))
        taken = anywhere[np.minimum(begins, held.size - 16)].view(np.uint64).reshape(-1, 2)
        found = np.zeros(len(rows), dtype=bool)
        for name in wanted:
            words = np.frombuffer(name.encode()[:16].ljust(16, b"\0"), np.uint64)
            masks = np.frombuffer((b"\xff" * len(name))[:16].ljust(16, b"\0"), np.uint64)
            is_it = sizes == len(name)
            for word, mask, own in zip(words, masks, taken.T, strict=True):
                is_it &= (own & mask) == word
            found |= is_it
        return rows[np.flatnonzero(found)]

    def grouped(self):
        """Bring the rows of each session together: order a number for each row."""
        self._halves(self.hashes)

    def gathered(self):
        """Fetch ids, to be sure that equal numbers are equal ids, times and codes in that order."""
        rows = self.order
        in_pieces(len(self), lambda a, b: self.ids.take(pa.array(rows[a:b])))
        in_pieces(len(self), lambda a, b: (self.times[rows[a:b]], self.codes[rows[a:b]]))

    def followed(self):
        """Find, for each event of a step, the next one of the step after it, and how far it is.

        Then find the attempt of each session, which may have begun many times, that came as far as
        any and is the first of those, for its times.
        """
        wanted = [self.labels.index(name) for name in STEPS]

        def follow(a, b):
            codes, times, walkers = self.steps[a:b], self.step_times[a:b], self.walkers[a:b]
            walkers = walkers - walkers[0]
            deepest = np.zeros(walkers[-1] + 1, dtype=np.int64)
            here = np.flatnonzero(codes == wanted[0])
            number, walks = np.arange(len(here)), walkers[here]
            begun, steps = times[here], []
            for code in wanted[1:]:
                fills = codes == code
                after = np.append(np.flatnonzero(fills), len(codes) - 1)
                there = after[np.cumsum(fills, dtype=np.int32)[here]]
                reached = walkers[there] == walks
                reached &= times[there] - begun <= WINDOW_MICROSECONDS
                kept = np.flatnonzero(reached)
                here, begun, walks, number = there[kept], begun[kept], walks[kept], number[kept]
                firsts = np.flatnonzero(walks[1:] != walks[:-1])
                deepest[walks[firsts]] = number[firsts]
                steps.append((here, begun, walks, number))
            elapsed = []
            for here, begun, walks, number in steps:
                reported = np.flatnonzero(deepest[walks] == number)
                elapsed.append(times[here[reported]] - begun[reported])
            return elapsed

        found = in_pieces(len(self.steps), follow)
        # Times since the step before, and since the first one.
        each = [np.concatenate(times) for times in zip(*found, strict=True)]
        in_threads(lambda times: times.sort(), [*each, *(times.copy() for times in each[1:])])


def mixed(words):
    """Make one number of each item of two words."""
    first, second = words.view(np.uint64).reshape(-1, 2).T
    return (first * np.uint64(0x9E3779B97F4A7C15)) ^ second


def spread(bits):
    """Turn Arrow's answers, eight a byte, into numpy's, many times quicker than Arrow does."""
    held = np.frombuffer(bits.buffers()[1], dtype=np.uint8)
    count = bits.offset + len(bits)
    return np.unpackbits(held, count=count, bitorder="little")[bits.offset :].view(bool)


def in_threads(function, items):
    """Call a function on each item, in threads."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(function, items))


def in_pieces(length, function, *, beside=None):
    """Call a function on begin and end of each piece, in threads; beside it, another one once."""
    pieces = [(a, min(a + PIECE, length)) for a in range(0, length, PIECE)]
    return in_threads(
        lambda piece: function(*piece) if piece else beside(),
        pieces if beside is None else [None, *pieces],
    )


def prepare(frame):
    """Make what the passes work on."""
    return Passes(frame)


def _in_order(passes):
    if passes.is_shuffled:
        passes.grouped()
        passes.gathered()
    else:
        passes.sessions()
        passes.clock()


def _transitions(passes):
    _in_order(passes)
    passes.coded()
    passes.sessions_of_pairs()


def _transition_times(passes):
    _transitions(passes)
    passes.quantiles()


def _funnel(passes):
    passes.named(STEPS)
    # A funnel of ours always tells its times, by its contract.
    passes.followed()


def _flows(passes):
    _in_order(passes)
    passes.coded()
    passes.stepped()


QUERIES = {
    "transitions": _transitions,
    "transition_times": _transition_times,
    "funnel": _funnel,
    "funnel_times": _funnel,
    "flows": _flows,
    "summary": _in_order,
    "time_between": lambda passes: passes.named((START, END)),
}
