"""Killed, interrupted or out of room at any moment: nothing is lost, doubled or altered."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import threading
import time

import pytest

import hardal_frames as hf
from tests.api.faulty import KEY, SIGNAL, FaultyHardal
from tests.api.faulty_world import World, events
from tests.store import killable

PROCESSES = killable.context()
WORKERS = 4


@pytest.fixture(scope="module")
def running():
    """One server for all."""
    with FaultyHardal(latency=0) as server:
        yield server


def world_of(count):
    """Make sessions of one to nine events."""
    return World({f"s{number:03}": events(1 + number % 9) for number in range(count)})


def start(folder, server, **options):
    """Start a pull in a process of its own."""
    process = PROCESSES.Process(
        target=killable.pull, args=[str(folder / "store"), server.base_url, options]
    )
    process.start()
    return process


def stored(folder, world):
    """Read the store; check that each session it calls complete is exactly that of the world."""
    with hf.Store(folder / "store") as store:
        held = [row[0] for row in store._database.read(
            "SELECT session_id FROM sessions WHERE is_complete")]  # fmt: skip
        frame = store.events(held)
        assert store._database.read("PRAGMA integrity_check") == [("ok",)]
    truth = [(name, each["id"]) for name in held for each in world.feed(name)]
    assert list(zip(frame["session_id"], frame["id"], strict=True)) == truth
    return set(held)


def asked(server, since=0):
    """Sessions whose activity was asked for, one for each request."""
    return [each.session_id for each in server.requests[since:] if each.session_id]


def finish(folder, server):
    """Pull in this process to the end; return what was asked for."""
    since = len(server.requests)
    with (
        hf.Store(folder / "store") as store,
        hf.Client(KEY, SIGNAL, base_url=server.base_url, requests_per_minute=None) as client,
    ):
        report = client.pull(store, progress=False)
    assert report.is_complete
    assert stored(folder, server.world) == set(server.world.sessions)
    return asked(server, since)


def statements_of_a_pull(folder, server, world, **options):
    """Kill one pull of a fresh store before a given statement; finish it; check everything."""
    server.renew(world)
    process = start(folder, server, **options)
    process.join(60)
    was_killed = process.exitcode not in {0, None}
    before = stored(folder, world)
    first = asked(server)
    again = finish(folder, server)
    assert not before & set(again), "a stored session was fetched again"
    assert len(first) + len(again) <= len(world.sessions) + options["workers"]
    return was_killed


@pytest.mark.parametrize("workers", [1, WORKERS])
def test_killed_before_each_statement(running, tmp_path, workers):
    """One pull for every few statements: killed there, resumed, complete."""
    killed = 0
    for number in range(1, 400, 31):
        folder = tmp_path / str(number)
        folder.mkdir()
        if not statements_of_a_pull(
            folder, running, world_of(6), at_statement=number, workers=workers
        ):
            break
        killed += 1
    assert killed >= 3


@pytest.mark.nightly
@pytest.mark.parametrize("workers", [1, WORKERS])
def test_killed_before_every_single_statement(running, tmp_path, workers):
    """The same for all statements of a pull, one by one."""
    number = 1
    while True:
        folder = tmp_path / str(number)
        folder.mkdir()
        if not statements_of_a_pull(
            folder, running, world_of(6), at_statement=number, workers=workers
        ):
            break
        number += 1
    print(f"killed {number - 1} times, before each statement of a pull with {workers} workers")
    assert number > 60


def kill_at_random(folder, server, kills, seed):
    """Kill pulls of one store at random moments; check after each. Return how many hit a pull."""
    dice = random.Random(seed)
    world = world_of(60)
    server.renew(world)
    held, hit = set(), 0
    for _ in range(kills):
        since = len(server.requests)
        process = start(folder, server)
        while len(server.requests) == since and process.is_alive():
            time.sleep(0.001)
        time.sleep(dice.uniform(0, 0.12))
        process.kill()
        process.join(30)
        now = stored(folder, world)
        assert held <= now, "a stored session was lost"
        assert not held & set(asked(server, since)), "a stored session was fetched again"
        fetched = asked(server, since)
        assert len(fetched) <= len(now - held) + WORKERS, "more was fetched than was in flight"
        hit += process.exitcode != 0 and now != set(world.sessions)
        held = now
        for number in range(len(held), 60 + len(held) // 2):
            # Always so many to fetch that the next kill hits something.
            world.add_session(f"more{number}", events(3))
    finish(folder, server)
    return hit


def test_killed_at_random(running, tmp_path):
    """A dozen kills at random moments of pulls of one store."""
    assert kill_at_random(tmp_path, running, kills=12, seed=1) >= 1


@pytest.mark.nightly
def test_killed_at_random_five_hundred_times(running, tmp_path):
    """So many kills that five hundred hit a pull that was at work."""
    hit = seed = 0
    while hit < 500:
        folder = tmp_path / str(seed)
        folder.mkdir()
        hit += kill_at_random(folder, running, kills=10, seed=seed)
        seed += 1
    print(f"{hit} of {seed * 10} kills hit a pull at work")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("seed", range(3))
def test_ctrl_c_returns_within_two_seconds(running, tmp_path, seed):
    """Ctrl-C at a random moment, one of them while every answer hangs."""
    dice = random.Random(seed)
    world = world_of(60)
    hanging = threading.Event()

    def plan(number, request):
        if seed == 0 and number == 9:
            hanging.set()
        if hanging.is_set() and request.session_id:
            time.sleep(3)

    running.renew(world, plan=None if seed else plan)
    running.plan = plan
    process = start(tmp_path, running)
    while not any(each.session_id for each in list(running.requests)) and process.is_alive():
        time.sleep(0.001)
    time.sleep(dice.uniform(0, 0.1))
    started = time.monotonic()
    with contextlib.suppress(ProcessLookupError):  # a quick machine may be done
        os.kill(process.pid, signal.SIGINT)
    process.join(30)
    took = time.monotonic() - started
    assert process.exitcode in {killable.INTERRUPTED, 0}
    assert took < 2
    hanging.clear()
    running.plan = lambda number, request: None
    before = stored(tmp_path, world)
    again = finish(tmp_path, running)
    assert not before & set(again)


def no_room(folder, server, world, **options):
    """Let the disk be full at some moment; then there is room again."""
    server.renew(world)
    process = start(folder, server, **options)
    process.join(60)
    before = stored(folder, world) if (folder / "store" / "sessions.sqlite").exists() else set()
    since = len(server.requests)
    again = finish(folder, server)
    assert not before & set(again)
    assert len(asked(server)[: len(asked(server)) - len(again)]) <= len(before) + WORKERS
    assert since <= len(server.requests)
    return process.exitcode


def test_disk_full(running, tmp_path):
    """The file may not grow any more: an error that says so, nothing lost, and then it goes on."""
    world = World({f"s{number:03}": events(40 + number) for number in range(30)})
    ends = []
    for pages in range(14, 40, 6):
        folder = tmp_path / str(pages)
        folder.mkdir()
        ends.append(no_room(folder, running, world, most_pages=pages))
    assert killable.NO_ROOM in ends


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
def test_no_file_may_grow(running, tmp_path):
    """The system refuses to write: the same."""
    world = World({f"s{number:03}": events(40 + number) for number in range(30)})
    ends = []
    for size in (40_000, 90_000, 150_000):
        folder = tmp_path / str(size)
        folder.mkdir()
        ends.append(no_room(folder, running, world, most_bytes=size))
    assert killable.NO_ROOM in ends
