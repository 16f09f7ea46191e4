"""The least that an answer costs: the passes over the data that we know no way around in numpy.

Nothing is made of them, no answer and no table. They know the data: its names, that nothing is
missing, by which letter to look, that the frame is in order or that it is not (then they are given
numbers to order, the order that these stand for, times and sessions as they are once in it). They
work in pieces that fit the cache and on all cores. A goal that asks for less than they take is out
of reach of numpy and Arrow, as far as we know, whatever is written around them.
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
        names = frame["name"]
        self.is_coded = isinstance(names.dtype, pd.CategoricalDtype)
        self.times = frame["timestamp"].to_numpy(dtype="datetime64[us]").view(np.int64)
        self.sequence = frame["sequence"].to_numpy()
        coded = names if self.is_coded else names.astype("category")
        self.codes = np.asarray(coded.cat.codes)
        self.labels = list(coded.cat.categories)
        self.text = None if self.is_coded else names.array.__arrow_array__().combine_chunks()
        self.letters = {wanted: self._letter(wanted) for wanted in (STEPS, (START, END))}
        self.is_shuffled = pc.not_equal(self.ids[1:], self.ids[:-1]).true_count > len(frame) / 2
        if self.is_shuffled:  # as they are once in order
            sessions = pc.count_distinct(self.ids).as_py()
            self.firsts = np.arange(sessions) * len(frame) // sessions
            self.begins = np.zeros(len(frame), dtype=bool)
            self.begins[self.firsts] = True
            self.hashes = np.random.default_rng(0).integers(0, 2**63, len(frame))
            self.order = self.hashes % len(frame)
            self.times_in_order = np.sort(self.times)
        else:
            self.times_in_order = self.times

    def __len__(self):
        return len(self.times)

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
        self.begins = np.ones(len(self), dtype=bool)

        def compare(a, b):
            before = max(a - 1, 0)
            differs = spread(pc.not_equal(self.ids[before + 1 : b], self.ids[before : b - 1]))
            self.begins[before + 1 : b] = differs
            firsts = a + np.flatnonzero(self.begins[a:b])
            return firsts, mixed(ends_of(self.ids, firsts))

        firsts, hashes = zip(*in_pieces(len(self), compare), strict=True)
        self.firsts, self.first_hashes = np.concatenate(firsts), np.concatenate(hashes)

    def clock(self):
        """See that no event lacks a name, and that each time is after the one before.

        Of events at one time, look at their sequence. Then order the ids' numbers.
        """
        times = self.times

        def compare(a, b):
            if self.is_coded:
                self.codes[a:b].min()
            tied = np.flatnonzero(times[a + 1 : b] <= times[a : b - 1])
            np.any(self.sequence[tied + a + 1] <= self.sequence[tied + a])

        in_pieces(len(times), compare)
        in_halves(self.first_hashes)

    def coded(self):
        """Turn names into codes, where they are text."""
        if self.is_coded:
            return
        codes = np.empty(len(self), dtype=np.int8)

        def encode(a, b):
            encoded = self.text[a:b].dictionary_encode()
            table = np.array([self.labels.index(name) for name in encoded.dictionary.to_pylist()])
            table.astype(np.int8).take(encoded.indices.to_numpy(), out=codes[a:b], mode="wrap")

        in_pieces(len(self), encode)
        self.codes = codes

    def _pairs(self, a, b):
        """Tell the pair of each event and the next one of its session, if there is one."""
        pairs = self.codes[a:b].astype(np.int32)
        pairs *= len(self.labels) + 1
        following, begun = self.codes[a + 1 : b + 1], self.begins[a + 1 : b + 1]
        pairs[: len(following)] += (following + np.int8(1)) * ~begun
        return pairs

    def sessions_of_pairs(self):
        """Count pairs, and the sessions of each: order both, find what comes twice in a session."""

        def count(a, b):
            pairs = self._pairs(a, b)
            walks = np.cumsum(self.begins[a:b], dtype=np.int32)
            walks |= pairs << 16
            walks.sort()
            np.flatnonzero(walks[1:] == walks[:-1])
            return pairs

        self.pairs = in_pieces(len(self), count)

    def quantiles(self):
        """Take all gaps, and order them by pair, each thread its own half.

        numpy has nothing quicker that finds thousands of ranks, four of each pair.
        """
        times = self.times_in_order
        gaps = np.empty(len(self) - len(self.firsts), dtype=np.int64)

        def take(a, b):
            begins = self.begins[a + 1 : b + 1]
            pairs = self.pairs[a // PIECE][: len(begins)].astype(np.int64)
            pairs <<= 40
            pairs |= times[a + 1 : b + 1] - times[a : a + len(begins)]
            kept = pairs[~begins]
            before = a + 1 - np.searchsorted(self.firsts, a + 1)
            gaps[before : before + len(kept)] = kept

        in_pieces(len(self), take)
        in_halves(gaps)

    def stepped(self):
        """Count the pairs of each step of each session, as long as it lasts."""
        bounds = np.append(self.firsts, len(self))

        def count(a, b):
            first, end = np.searchsorted(self.firsts, [a, b])
            if first == end:
                return
            begin = bounds[first]
            pairs = self._pairs(begin, bounds[end])
            here, ahead = bounds[first:end] - begin, np.diff(bounds[first : end + 1])
            for _ in range(FLOW_STEPS):
                goes_on = ahead > 1
                np.bincount(pairs[here], minlength=1)
                here, ahead = here[goes_on] + 1, ahead[goes_on] - 1

        in_pieces(len(self), count)

    def named(self, wanted):
        """Find the events of a few names, each piece for itself, and prove what `sessions` does."""
        found = in_pieces(len(self), lambda a, b: self._named(wanted, a, b))
        in_halves(np.concatenate([hashes for *_, hashes in found]))

    def _named(self, wanted, a, b):
        """Find the events of a few names, which of them each is, and where their sessions begin.

        See that no event lacks a time, and take the ends of the ids of the sessions that have any,
        to prove that none comes twice.
        """
        self.times[a:b].min()
        rows, steps = (self._coded_as if self.is_coded else self._spelt)(wanted, a, b)
        places = pa.array(rows.astype(np.int32))
        ids, times = pc.take(self.ids[a:b], places, boundscheck=False), self.times[a:b][rows]
        begins = np.append(True, spread(pc.not_equal(ids[1:], ids[:-1])))
        hashes = mixed(ends_of(ids, np.flatnonzero(begins)))
        tied = np.flatnonzero(times[1:] <= times[:-1])
        np.any(self.sequence[rows[tied + 1] + a] <= self.sequence[rows[tied] + a])
        return steps, times, begins, hashes

    def _coded_as(self, wanted, a, b):
        codes = self.codes[a:b]
        table = np.zeros(len(self.labels), dtype=np.uint8)
        found = np.zeros(b - a, dtype=bool)
        for step, name in enumerate(wanted):
            code = self.labels.index(name)
            table[code] = step
            found |= codes == code
        rows = np.flatnonzero(found)
        return rows, table[codes[rows]]

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
        found = np.zeros(len(rows), dtype=np.uint8)
        for number, name in enumerate(wanted, start=1):
            words = np.frombuffer(name.encode()[:16].ljust(16, b"\0"), np.uint64)
            masks = np.frombuffer((b"\xff" * len(name))[:16].ljust(16, b"\0"), np.uint64)
            is_it = sizes == len(name)
            for word, mask, own in zip(words, masks, taken.T, strict=True):
                is_it &= (own & mask) == word
            found += is_it.view(np.uint8) * np.uint8(number)
        chosen = np.flatnonzero(found)
        return rows[chosen], found[chosen] - np.uint8(1)

    def grouped(self):
        """Bring the rows of each session together: order a number for each row."""
        in_halves(self.hashes.copy())

    def gathered(self):
        """Fetch ids, to be sure that equal numbers are equal ids, times and codes in that order."""
        rows = self.order
        in_pieces(len(self), lambda a, b: self.ids.take(pa.array(rows[a:b])))
        in_pieces(len(self), lambda a, b: (self.times[rows[a:b]], self.codes[rows[a:b]]))

    def followed(self):
        """Find, for each event of a step, the next one of the step after it, and how far it is.

        All in one piece, as if no session went on in the next one.

        Then find the attempt of each session, which may have begun many times, that came as far as
        any and is the first of those, for its times.
        """

        def follow(a, b):
            codes, times, begins, hashes = self._named(STEPS, a, b)
            walkers = np.cumsum(begins, dtype=np.int32)
            deepest = np.zeros(walkers[-1] + 1, dtype=np.int32)
            here = np.flatnonzero(codes == 0)
            number, walks = np.arange(len(here), dtype=np.int32), walkers[here]
            begun, steps = times[here], []
            for code in range(1, len(STEPS)):
                fills = codes == code
                after = np.append(np.flatnonzero(fills), len(codes) - 1)
                there = after[np.cumsum(fills, dtype=np.int32)[here]]
                reached = walkers[there] == walks
                reached &= times[there] - begun <= WINDOW_MICROSECONDS
                kept = np.flatnonzero(reached)
                here, begun, walks, number = there[kept], begun[kept], walks[kept], number[kept]
                firsts = np.flatnonzero(np.diff(walks, prepend=-1))
                deepest[walks[firsts]] = number[firsts]
                steps.append((here, begun, walks, number))
            elapsed = []
            for here, begun, walks, number in steps:
                reported = np.flatnonzero(deepest[walks] == number)
                elapsed.append(times[here[reported]] - begun[reported])
            return hashes, *elapsed

        found = zip(*in_pieces(len(self), follow), strict=True)
        hashes, *elapsed = [np.concatenate(each) for each in found]
        # Times since the step before, and since the first one.
        each = [*elapsed, *(times.copy() for times in elapsed[1:])]
        in_threads(lambda numbers: numbers.sort(), [hashes, *each])


def ends_of(ids, rows):
    """Take the last bytes of some ids; none is shorter here."""
    bounds, held = ids.buffers()[1:]
    ends = np.frombuffer(bounds, dtype=np.int64)[ids.offset + 1 :][rows]
    shape = (held.size - END_OF_ID + 1,)
    return np.ndarray(shape, f"V{END_OF_ID}", held, strides=(1,))[ends - END_OF_ID]


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


def in_pieces(length, function):
    """Call a function on begin and end of each piece, in threads."""
    return in_threads(lambda a: function(a, min(a + PIECE, length)), range(0, length, PIECE))


def in_halves(values):
    """Order each thread's share of values, in place."""
    share = -(-len(values) // os.cpu_count())
    in_threads(lambda a: values[a : a + share].sort(), range(0, len(values), share))


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
