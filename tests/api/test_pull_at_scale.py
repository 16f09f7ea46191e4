"""Many sessions within the budget: how fast, how many requests, and never too many."""

from __future__ import annotations

import pytest

import hardal_frames as hf
from tests.api.faulty import KEY, SIGNAL, FaultyHardal
from tests.api.faulty_world import World, event, events
from tests.api.limiters import FixedWindow, SlidingLog, TokenBucket, VirtualTime, most_in_window

LIMITERS = {
    "fixed window": (FixedWindow, False),
    "sliding log": (SlidingLog, False),
    "token bucket": (TokenBucket, False),
    "sliding log that counts refusals": (SlidingLog, True),
}


def pull_all(tmp_path, sessions, limiter, *, counts_refused):
    """Pull so many sessions in virtual time; then change 3 % of them and pull again."""
    time = VirtualTime()
    world = World({f"s{number:05}": events(1 + number % 12) for number in range(sessions)})
    limit = limiter(100, 60, clock=time.clock, counts_refused=counts_refused)
    with (
        FaultyHardal(world, limiter=limit, server_time=time, latency=0.05) as server,
        hf.Client(
            KEY, SIGNAL, base_url=server.base_url, clock=time.clock, sleep=time.sleep,
            timeout=100_000.0,
        ) as client,
        hf.Store(tmp_path / "store") as store,
    ):  # fmt: skip
        started = time.clock()
        first = client.pull(store, progress=False)
        minutes = (time.clock() - started) / 60
        moments = [request.at for request in server.requests]
        for number in range(0, sessions, 33):
            world.arrive(f"s{number:05}", event(99))
        second = client.pull(store, progress=False)
        moments += [request.at for request in server.requests[len(moments) :]]
        stored = store.events()
    assert len(stored) == sum(len(world.feed(name)) for name in world.sessions)
    assert first.fetched == sessions
    assert second.fetched == len(range(0, sessions, 33))
    assert first.refusals == second.refusals == 0
    assert most_in_window(moments, 60) <= 100
    return first, second, first.requests / minutes


@pytest.mark.parametrize(("limiter", "counts_refused"), LIMITERS.values(), ids=LIMITERS)
def test_hundreds_of_sessions(tmp_path, limiter, counts_refused):
    """A short form of what a night does: no 429, at most 100 in any minute, and hardly fewer."""
    first, second, rate = pull_all(tmp_path, 700, limiter, counts_refused=counts_refused)
    assert first.requests == 701
    assert second.requests == 23
    assert rate >= 98


@pytest.mark.nightly
def test_ten_thousand_sessions(tmp_path):
    """The figures that the project promises."""
    first, second, rate = pull_all(tmp_path, 10_000, SlidingLog, counts_refused=True)
    print(f"{first}\n{rate:.2f} requests a minute\n{second}")
    assert first.requests <= 10_000 * 1.01
    assert second.fetched == 304
    assert second.requests <= 408
    assert rate >= 98
