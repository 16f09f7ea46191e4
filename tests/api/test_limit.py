"""The budget: never too many requests for the server, hardly fewer than it allows."""

from __future__ import annotations

import heapq
import math
import multiprocessing
import os
import random
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.api._limit import Budget, budget_file
from hardal_frames.api._limit_log import RequestLog
from tests.api.limiters import (
    FixedWindow,
    ScaledTime,
    SlidingLog,
    TokenBucket,
    VirtualTime,
    most_in_window,
)

MOST, SECONDS = 100, 60.0

LIMITERS = {
    "fixed": lambda clock: FixedWindow(MOST, SECONDS, clock=clock),
    "sliding": lambda clock: SlidingLog(MOST, SECONDS, clock=clock),
    "bucket": lambda clock: TokenBucket(MOST, SECONDS, clock=clock),
    "counts refused": lambda clock: SlidingLog(MOST, SECONDS, clock=clock, counts_refused=True),
}


class Ended(Exception):
    """No more waiting."""


def refuse_to_wait(seconds):
    """Stand in for waiting where none is expected, or to end it."""
    raise Ended(seconds)


@pytest.fixture(params=["memory", "file"])
def file(request, tmp_path):
    """Both places where a budget can be kept."""
    return tmp_path / "budget.sqlite" if request.param == "file" else None


def waited(budget):
    """Tell how long the next request would have to wait; none is sent if it need not."""
    with pytest.raises(Ended) as caught:
        budget.take(refuse_to_wait)
    return caught.value.args[0]


class Workers:
    """Workers of one budget and a server, in virtual time: events happen in order of time.

    Each worker takes a slot, its request reaches the server after a random while, and the answer
    comes back after another.
    """

    def __init__(self, budgets, limiter, *, time_line, latency, seed):
        self.time, self.limiter, self.latency = time_line, limiter, latency
        self.chance = random.Random(seed)
        self.passed, self.refused = [], 0
        self.agenda = []
        for place, budget in enumerate(budgets):
            self._at(0.0, place, lambda budget=budget: self._take(budget))

    def run(self, until):
        """Let all happen that happens until then."""
        while self.agenda and self.agenda[0][0] <= until:
            at, _, _, happen = heapq.heappop(self.agenda)
            self.time[0] = at
            happen()

    def _at(self, seconds, place, happen):
        order = (self.time[0] + seconds, self.chance.random(), place)
        heapq.heappush(self.agenda, (*order, happen))

    def _take(self, budget):
        try:
            slot = budget.take(refuse_to_wait)
        except Ended as ended:
            self._at(ended.args[0], 0, lambda: self._take(budget))
        else:
            self._at(self._latency(), 0, lambda: self._arrive(budget, slot))

    def _arrive(self, budget, slot):
        wait = self.limiter.refuse()
        if wait is None:
            self.passed.append(self.time[0])
        self._at(self._latency(), 0, lambda: self._answer(budget, slot, wait))

    def _answer(self, budget, slot, wait):
        slot.done()
        if wait is not None:
            self.refused += 1
            budget.refused(wait)
        self._take(budget)

    def _latency(self):
        return self.chance.uniform(0, self.latency)


@pytest.mark.parametrize("kind", LIMITERS)
@pytest.mark.parametrize("latency", [0.05, 4.0])
def test_no_refusal_and_little_left_over(kind, latency):
    """Whenever the server counts: no 429, never more than 100 in 60 s, hardly fewer."""
    for seed in range(3):
        now = [1e5 + seed * 17.3]
        budget = Budget(MOST, clock=lambda now=now: now[0])
        limiter = LIMITERS[kind](lambda now=now: now[0])
        start = now[0]
        workers = Workers([budget] * 8, limiter, time_line=now, latency=latency, seed=seed)
        workers.run(start + 1200)
        assert workers.refused == 0
        assert most_in_window(workers.passed, SECONDS) <= MOST
        # A request blocks its slot while it is under way, both ways.
        cycle = budget.window + 2 * latency
        assert len(workers.passed) >= 1200 / cycle * MOST - MOST


def test_several_budgets_on_one_file_are_one(tmp_path):
    """Four processes' worth of budgets keep the limit together."""
    now = [5000.0]
    budgets = [Budget(MOST, clock=lambda: now[0], file=tmp_path / "b") for _ in range(4)]
    limiter = LIMITERS["counts refused"](lambda: now[0])
    workers = Workers(budgets * 4, limiter, time_line=now, latency=0.3, seed=1)
    workers.run(5000.0 + 400)
    assert workers.refused == 0
    assert most_in_window(workers.passed, SECONDS) <= MOST
    assert len(workers.passed) >= 98 * 400 / 60
    for budget in budgets:
        budget.close()


def test_threads_share_one_budget(file):
    """Four threads that really run at once: each request is counted once."""
    line = VirtualTime()
    budget = Budget(MOST, clock=line.clock, file=file)
    limiter = SlidingLog(MOST, SECONDS, clock=line.clock)
    refusals, moments = [], []

    def labour():
        for _ in range(60):
            slot = budget.take(line.sleep)
            refusals.append(limiter.refuse())
            moments.append(line.clock())
            slot.done()

    run_threads(labour, 4)
    assert refusals == [None] * 240
    assert line.clock() - 1000.0 == pytest.approx(2 * budget.window, abs=0.01)
    budget.close()


def run_threads(labour, many):
    """Run a function in so many threads to its end."""
    threads = [threading.Thread(target=labour) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


FACTOR = 100
REAL_SECONDS = 3.0


def fetch_for_a_while(file, ready, results):
    """Work of one process: four threads, each noting when it sent and when it had its answer."""
    scaled = ScaledTime(FACTOR)
    # A real scheduler is late by milliseconds, which here are tenths of seconds.
    budget = Budget(MOST, clock=scaled.clock, file=file)
    chance = random.Random(os.getpid())
    spans = []
    ready.wait(60)
    ends = scaled.clock() + REAL_SECONDS * FACTOR

    def wait(seconds):
        if scaled.clock() + seconds >= ends:
            raise Ended
        scaled.sleep(seconds)

    def labour():
        while True:
            try:
                slot = budget.take(wait)
            except Ended:
                return
            sent = scaled.clock()
            scaled.sleep(chance.uniform(0, 0.5))
            spans.append((sent, scaled.clock()))
            slot.done()

    run_threads(labour, 4)
    budget.close()
    results.put(spans)


def test_four_processes_share_one_budget(tmp_path):
    """Real processes and threads, time running a hundred times as fast."""
    spawn = multiprocessing.get_context("spawn")
    results = spawn.SimpleQueue()
    given_to_each = (tmp_path / "b", spawn.Barrier(4), results)
    processes = [spawn.Process(target=fetch_for_a_while, args=given_to_each) for _ in range(4)]
    for process in processes:
        process.start()
    spans = [span for _ in processes for span in results.get()]
    for process in processes:
        process.join()
    # The server counts each at some moment of its span: be it the worst of them all.
    sent = sorted(at for at, _ in spans)
    ended = sorted(at for _, at in spans)
    assert all(later - at >= SECONDS for at, later in zip(ended, sent[MOST:], strict=False))
    assert len(spans) >= 300
    assert len({at for at, _ in spans}) == len(spans)


@st.composite
def stories(draw):
    """Random takings, answers, refusals and pauses."""
    steps = st.one_of(
        st.tuples(st.just("take"), st.none()),
        st.tuples(st.just("done"), st.integers(0, 9)),
        st.tuples(st.just("pass"), st.floats(0, 100)),
        st.tuples(st.just("refused"), st.one_of(st.none(), st.floats(0, 90))),
        st.tuples(st.just("write"), st.none()),
    )
    return draw(st.lists(steps, max_size=60)), draw(st.integers(1, 6))


@given(stories())
def test_the_log_is_what_brute_force_says(story):
    """Every request goes if and only if fewer than allowed can lie in the server's window."""
    steps, most = story
    log, now = RequestLog(60.0), 100.0
    requests, blocked_until = [], -math.inf
    allowance, shrunk_at = math.inf, -math.inf
    for step, value in steps:
        if step == "pass":
            now += value
        elif step == "write":
            log = RequestLog.from_bytes(log.to_bytes(), 60.0)
        elif step == "done":
            flying = [request for request in requests if request[1] is None]
            if flying:
                request = flying[value % len(flying)]
                request[1] = now
                log.settle(request[0], now)
        else:
            recovered = min(most, allowance + (now - shrunk_at) / 30)
            allowed = max(1, math.floor(recovered)) if allowance < math.inf else most
            if step == "refused":
                if now >= blocked_until and now >= shrunk_at + 10:
                    allowance, shrunk_at = max(1.0, 0.8 * allowed), now
                blocked_until = max(blocked_until, now + (60.0 if value is None else value))
                log.refuse(now, value, most)
            else:
                counting = [
                    request
                    for request in requests
                    if (request[0] + 120 if request[1] is None else request[1] + 60) > now
                ]
                goes = now >= blocked_until and len(counting) < allowed
                wait = log.take(now, most)
                assert (wait == 0.0) == goes
                assert 0.0 <= wait <= max(60.0, blocked_until - now) + 1e-6
                if goes:
                    requests.append([now, None])


@given(stories())
def test_waiting_as_told_is_enough_and_not_too_much(story):
    """Where all have their answers: after the wait a request goes, a moment before it does not."""
    steps, most = story
    log, now = RequestLog(60.0), 100.0
    for step, value in steps:
        if step == "pass":
            now += value
        elif step == "take" and log.take(now, most) == 0:
            log.settle(now, now)
    wait = log.take(now, most)
    if wait > 0:
        written = log.to_bytes()
        assert RequestLog.from_bytes(written, 60.0).take(now + wait - 1e-6, most) > 0
        assert RequestLog.from_bytes(written, 60.0).take(now + wait + 1e-6, most) == 0


def test_latency_does_not_squeeze_requests_together(file):
    """A slot is free a window after its answer, however early it was sent."""
    now = [0.0]
    budget = Budget(1, clock=lambda: now[0], file=file)
    slot = budget.take(refuse_to_wait)
    now[0] = 30.0
    slot.done()
    slot.done()
    now[0] = 61.0
    assert waited(budget) == pytest.approx(30.0 + budget.window - 61.0)
    budget.close()


def test_a_slot_of_a_killed_process_comes_free(file):
    """What is in flight counts for two windows at most; a waiter looks again after one."""
    now = [0.0]
    budget = Budget(1, clock=lambda: now[0], file=file)
    budget.take(refuse_to_wait)
    assert waited(budget) == budget.window
    now[0] = budget.window + 1
    assert waited(budget) == pytest.approx(budget.window - 1)
    now[0] = 2 * budget.window
    budget.take(refuse_to_wait)
    budget.close()


def test_a_refusal_holds_all_and_shrinks_the_budget(file):
    """Nothing passes while the server says so; then four fifths, and two more each minute."""
    now = [0.0]
    budget = Budget(100, clock=lambda: now[0], file=file)
    other = budget if file is None else Budget(100, clock=lambda: now[0], file=file)

    def passes():
        many = 0
        while True:
            try:
                other.take(refuse_to_wait).done()
            except Ended:
                return many
            many += 1

    for _ in range(4):
        budget.refused(20.0)
    assert waited(other) == 20.0
    now[0] = 20.0
    assert passes() == 80
    now[0] = 20.0 + budget.window
    assert passes() == 82
    budget.refused(None)
    assert waited(other) == budget.window
    now[0] += 3600.0
    assert passes() == 100
    budget.close()
    other.close()


def test_the_allowance_never_falls_below_one(file):
    """However often the server refuses, one request a minute still goes."""
    now = [0.0]
    budget = Budget(3, clock=lambda: now[0], file=file)
    for _ in range(20):
        budget.refused(0.0)
        now[0] += 11.0
    budget.take(refuse_to_wait)
    assert waited(budget) > 0
    budget.close()


def test_no_limit_still_heeds_a_refusal(file):
    """Without a budget of our own, the server's word holds."""
    now = [0.0]
    budget = Budget(None, clock=lambda: now[0], file=file)
    for _ in range(1000):
        budget.take(refuse_to_wait).done()
    budget.refused(7.0)
    assert waited(budget) == 7.0
    budget.close()


def test_what_waiting_raises_ends_it_and_nothing_is_counted(file):
    """A stopped run leaves no trace in the budget."""
    now = [0.0]
    budget = Budget(1, clock=lambda: now[0], file=file)
    budget.take(refuse_to_wait).done()
    for _ in range(5):
        waited(budget)
    now[0] = budget.window
    budget.take(refuse_to_wait)
    budget.close()


def test_another_boot_is_forgotten(tmp_path):
    """A clock that starts anew finds neither requests nor a block of the time before."""
    before = Budget(1, clock=lambda: 1e6, file=tmp_path / "b")
    before.take(refuse_to_wait).done()
    before.refused(3600.0)
    before.close()
    after = Budget(1, clock=lambda: 5.0, file=tmp_path / "b")
    after.take(refuse_to_wait)
    assert waited(after) > 0
    after.close()


def rubbish(path):
    """Make of it no SQLite file."""
    path.write_bytes(b"rubbish" * 1000)


def nothing(path):
    """Remove it."""
    path.unlink()


def empty(path):
    """Cut it to nothing."""
    path.write_bytes(b"")


def other_words(path):
    """Put something else where the log is."""
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE budget SET log = 'rubbish'")
    connection.close()


def folder(path):
    """Put a folder where the file was."""
    path.unlink()
    path.mkdir()


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let go of an open file")
@pytest.mark.parametrize("harm", [rubbish, nothing, empty, other_words, folder])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_damaged_file_starts_anew(tmp_path, harm, is_open):
    """Whatever happens to the file, the pull goes on, and what this process knows still holds."""
    now = [0.0]
    path = tmp_path / "b"
    budget = Budget(2, clock=lambda: now[0], file=path)
    slot = budget.take(refuse_to_wait)
    if not is_open:
        budget.close()
    harm(path)
    now[0] = 1.0
    slot.done()
    budget.take(refuse_to_wait)
    assert waited(budget) == budget.window
    now[0] = 1.0 + 2 * budget.window
    budget.take(refuse_to_wait).done()
    if harm is not folder:
        other = Budget(1, clock=lambda: now[0], file=path)
        assert waited(other) > 0
        other.close()
    budget.close()


def test_a_file_that_cannot_be_opened(tmp_path):
    """A folder that is not there is a budget for this process."""
    budget = Budget(1, clock=lambda: 0.0, file=tmp_path / "no" / "b")
    budget.take(refuse_to_wait)
    assert waited(budget) > 0
    budget.close()


def test_a_file_that_someone_holds_is_not_waited_for(tmp_path, monkeypatch):
    """A lock that never ends does not stop the pull."""
    monkeypatch.setattr("hardal_frames.api._limit_file._BUSY_SECONDS", 0.05)
    budget = Budget(1, clock=lambda: 0.0, file=tmp_path / "b")
    holder = sqlite3.connect(tmp_path / "b", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    budget.take(refuse_to_wait)
    holder.close()
    assert waited(budget) > 0
    budget.close()


def test_an_interrupt_leaves_no_lock_behind(tmp_path):
    """Ctrl-C in the middle of a change: nothing of it happened, and the next one works."""

    def clock():
        if interrupts:
            raise interrupts.pop()
        return 0.0

    interrupts = [KeyboardInterrupt()]
    budget = Budget(1, clock=clock, file=tmp_path / "b")
    with pytest.raises(KeyboardInterrupt):
        budget.take(refuse_to_wait)
    other = Budget(1, clock=clock, file=tmp_path / "b")
    other.take(refuse_to_wait)
    assert waited(budget) > 0
    budget.close()
    other.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_opens_its_own(tmp_path):
    """A child uses neither its parent's lock nor its connection, and shares the budget."""
    budget = Budget(2, clock=lambda: 0.0, file=tmp_path / "b")
    budget.take(refuse_to_wait)
    with budget._keeper._lock:
        child = os.fork()
        if child == 0:
            # Whoever waits for the parent's lock does so for ever.
            signal.alarm(10)
            try:
                budget.take(refuse_to_wait)
            except BaseException:  # noqa: BLE001  (a child must not run the tests that follow)
                os._exit(1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert waited(budget) > 0
    budget.close()


def test_a_budget_that_nobody_closes_warns_not(tmp_path):
    """A forgotten client leaves no ResourceWarning behind; pytest would tell."""
    budget = Budget(1, clock=lambda: 0.0, file=tmp_path / "b")
    budget.take(refuse_to_wait)
    del budget


def test_the_file_shows_no_key(tmp_path, monkeypatch):
    """Its name is a hash of key and address; its folder is for the user alone."""
    monkeypatch.setenv("HARDAL_FRAMES_CACHE_DIR", str(tmp_path / "cache"))
    first = budget_file("secret", "https://app.usehardal.com")
    assert first == budget_file("secret", "https://app.usehardal.com")
    others = {
        budget_file("secret", "https://b"),
        budget_file("secre", "thttps://app.usehardal.com"),
    }
    assert len({first, *others}) == 3
    assert first.parent == tmp_path / "cache"
    assert "secret" not in str(first)
    if os.name != "nt":
        assert first.parent.stat().st_mode & 0o777 == 0o700
        assert first.stat().st_mode & 0o777 == 0o600
    budget = Budget(1, clock=time.monotonic, file=first)
    budget.take(refuse_to_wait).done()
    budget.close()
    assert all(b"secret" not in path.read_bytes() for path in first.parent.iterdir())


def test_the_file_is_in_the_cache_of_the_user(tmp_path, monkeypatch):
    """Without the variable, platformdirs says where."""
    monkeypatch.delenv("HARDAL_FRAMES_CACHE_DIR", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    assert budget_file("k", "b").parent == tmp_path / "hardal-frames"


@pytest.mark.parametrize("where", ["file", "file/below", "nul\0byte"])
def test_no_place_for_the_file(tmp_path, monkeypatch, where):
    """Where no folder can be, there is no file."""
    (tmp_path / "file").touch()
    monkeypatch.setattr("hardal_frames.api._limit_file.os.environ", {
        "HARDAL_FRAMES_CACHE_DIR": str(Path(tmp_path) / where)
    })  # fmt: skip
    assert budget_file("k", "b") is None
