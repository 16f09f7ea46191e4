"""The bench itself: limiters, times, and that each fault really does what its name says."""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.api import faulty_faults as faults
from tests.api.faulty import KEY, SIGNAL, FaultyHardal, always, at
from tests.api.faulty_client import shown, told
from tests.api.faulty_world import Paging, World, event, events, expected
from tests.api.limiters import (
    FixedWindow,
    ScaledTime,
    SlidingLog,
    TokenBucket,
    VirtualTime,
    most_in_window,
)

MOMENTS = st.lists(st.integers(0, 400).map(lambda each: each / 2), max_size=40)


@given(MOMENTS, st.sampled_from([1, 10, 60]))
def test_most_in_window(times, seconds):
    """The count is that of trying every window that begins with a moment."""
    counts = [sum(begin <= each < begin + seconds for each in times) for begin in times]
    assert most_in_window(times, seconds) == max(counts, default=0)


class Clock:
    """A clock that shows what it is told."""

    now = 0.0

    def __call__(self):
        """Tell the time."""
        return self.now


def passed(limiter, clock, times):
    """Moments at which the limiter let a request pass."""
    kept = []
    for clock.now in times:
        if limiter.refuse() is None:
            kept.append(clock.now)
    return kept


def test_fixed_window():
    """A fixed window lets twice the number through around its border."""
    clock = Clock()
    times = [59] * 5 + [60] * 5 + [119, 120]
    assert passed(FixedWindow(3, 60, clock=clock), clock, times) == [59] * 3 + [60] * 3 + [120]


@given(st.lists(st.integers(0, 300), max_size=60).map(sorted), st.integers(1, 5), st.booleans())
def test_sliding_log(times, most, counts_refused):
    """Never more than so many in any window; refused requests count where that is wanted."""
    clock = Clock()
    limiter = SlidingLog(most, 60, clock=clock, counts_refused=counts_refused)
    kept = passed(limiter, clock, times)
    assert most_in_window(kept, 60) <= most
    before = []
    for each in times:
        counted = times[: len(before)] if counts_refused else [b for b, ok in before if ok]
        before.append((each, sum(other > each - 60 for other in counted) < most))
    assert kept == [each for each, ok in before if ok]


@pytest.mark.parametrize("counts_refused", [False, True])
@pytest.mark.parametrize("kind", [FixedWindow, SlidingLog, TokenBucket])
def test_what_a_limiter_tells_is_right(kind, counts_refused):
    """After the wait that it asks for a request passes, and a moment before it none does."""
    clock = Clock()
    clock.now = 30.0
    limiter = kind(4, 60, clock=clock, counts_refused=counts_refused)
    assert [limiter.refuse() for _ in range(4)] == [None] * 4
    wait = limiter.refuse()
    clock.now += wait + 1e-6
    assert limiter.refuse() is None
    assert 0 < wait <= 60 * (2 if counts_refused and kind is TokenBucket else 1)


def test_token_bucket():
    """A full bucket at once, then evenly; refused requests that count make the wait longer."""
    clock = Clock()
    times = [0] * 5 + [14, 15, 16, 30]
    assert passed(TokenBucket(4, 60, clock=clock), clock, times) == [0] * 4 + [15, 30]
    strict = TokenBucket(4, 60, clock=clock, counts_refused=True)
    clock.now = 100.0
    waits = [strict.refuse() for _ in range(6)]
    assert waits[:4] == [None] * 4
    assert waits[4:] == [pytest.approx(30), pytest.approx(45)]


def test_limiters_hold_for_threads():
    """Many threads at once get no more through than one."""
    limiter = SlidingLog(100, 60, clock=lambda: 0.0)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: limiter.refuse(), range(400)))
    assert answers.count(None) == 100


def test_virtual_time_of_many_threads():
    """Threads that wait for the same moment wake at that moment, not one after the other."""
    virtual = VirtualTime(start=0.0)
    barrier = threading.Barrier(4)

    def work(_):
        looked = virtual.clock()
        barrier.wait()
        virtual.sleep(60 - looked)
        return virtual.clock()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [60.0] * 4
    virtual.pass_by(5)
    assert virtual.clock() == 65
    virtual.sleep(1)
    virtual.sleep(1)
    assert virtual.clock() == 67


def test_scaled_time():
    """A long sleep takes little, and the clock agrees."""
    scaled, begin = ScaledTime(1000), time.monotonic()
    before = scaled.clock()
    scaled.sleep(20)
    assert scaled.clock() - before >= 20
    assert 0.02 <= time.monotonic() - begin < 2


def plain_get(server, path, *, key=KEY):
    """Ask as simply as Python can; give status, headers and decoded JSON."""
    connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=5)
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), json.loads(body) if body else None


ACTIVITY = f"/api/websites/{SIGNAL}/sessions/s/activity"
LIST = f"/api/websites/{SIGNAL}/sessions"


def test_the_server_answers_as_the_api_says(server):
    """Pages, totals and order are those of the reference page."""
    _, _, first = plain_get(server, f"{ACTIVITY}?limit=4&order=asc")
    assert [each["id"] for each in first.pop("events")] == ["e0", "e1", "e2", "e3"]
    assert first == {"totalCount": 10, "page": 1, "pageSize": 4, "hasMore": True}
    _, _, last = plain_get(server, f"{ACTIVITY}?limit=4&page=3&order=asc")
    assert [each["id"] for each in last["events"]] == ["e8", "e9"]
    assert not last["hasMore"]
    _, _, latest = plain_get(server, f"{ACTIVITY}?limit=1")
    assert latest["events"][0]["timestamp"] == event(8)["timestamp"]
    assert plain_get(server, ACTIVITY.replace("/s/", "/no/"))[0] == 404
    assert plain_get(server, ACTIVITY, key="other")[0] == 401
    _, _, listed = plain_get(server, f"{LIST}?limit=2")
    assert listed["pagination"]["total"] == 3
    assert [row["events"] for row in listed["sessions"]] == [6, 10]
    assert [each.status for each in server.requests] == [200, 200, 200, 404, 401, 200]
    assert [each.session_id for each in server.requests][2:] == ["s", "no", "s", None]


def test_rows_follow_events():
    """What the list says of a session is worked out from its events of now."""
    world = World({"s": [event(1), event(2, path="/x")]})
    world.arrive("s", event(63, second=63, path="/y"))
    row = world.rows()[0]
    assert (row["events"], row["pageViews"], row["duration"]) == (3, 2, "62s")
    assert row["pages"] == ["/1", "/x"]
    assert row["startedAt"] == event(1)["timestamp"]
    world.delete("s", "e1")
    assert world.rows()[0]["startedAt"] == event(2)["timestamp"]
    world.remove_session("s")
    assert world.rows() == []
    assert [state and len(state) for state in world.states["s"]] == [2, 3, 2, None]


def test_a_late_event_stands_where_its_time_says():
    """The oracle orders by time, ties by arrival, and counts true doubles once."""
    world = World({"s": events(3)})
    world.arrive("s", event(9, second=0))
    world.arrive("s", event(1))
    assert [each["id"] for each in expected(world, "s")] == ["e0", "e9", "e1", "e2"]
    assert [each["id"] for each in world.feed("s")] == ["e0", "e9", "e1", "e1", "e2"]


@pytest.mark.parametrize("fault", [*faults.LOST[:6], *faults.PACKED], ids=repr)
def test_a_lost_answer_is_lost(server, fault):
    """No client can read these: requests does not, and the next answer is whole again."""
    server.plan = at({1: fault})
    headers = {"Authorization": f"Bearer {KEY}"}
    with pytest.raises(requests.RequestException):
        # A gzip that is cut is read without a word; what it held is no JSON.
        requests.get(f"{server.base_url}{ACTIVITY}", headers=headers, timeout=5).json()
    assert requests.get(f"{server.base_url}{ACTIVITY}", headers=headers, timeout=5).json()
    assert server.requests[0].fault is fault


def naive(server):
    """Fetch as loaders do: page after page until hasMore says no, and nothing checked."""
    rows, page = [], 1
    while page < 20:
        status, _, answer = plain_get(server, f"{ACTIVITY}?limit=4&order=asc&page={page}")
        if status != 200:
            raise OSError(status)
        rows += answer.get("events") or []
        if not answer.get("hasMore"):
            return told({"s": rows})
        page += 1
    return told({"s": rows})


@pytest.mark.parametrize(
    ("plan", "paging"),
    [
        (always(faults.FIRST_PAGE), Paging(cap=4)),
        (at({2: faults.SAME_PAGE}), Paging(cap=4)),
        (at({2: faults.empty_page()}), Paging(cap=4)),
        (at({1: faults.has_more(value=False)}), Paging(cap=4)),
        (at({2: faults.changing("", lambda world: world.delete("s", "e0"))}), Paging(cap=4)),
        (always(None), Paging(cap=4, has_more=False)),
    ],
    ids=["first for ever", "same again", "empty page", "hasMore false once", "deleted", "never"],
)
def test_the_bench_finds_a_naive_loader(server, plan, paging):
    """A loader that trusts what it is told gives other than the truth, and the bench sees it."""
    server.renew(server.world, paging=paging)
    server.plan = always(None)
    if paging.has_more is None:
        assert naive(server) == told({"s": expected(server.world, "s")})
    server.requests.clear()
    server.plan = plan
    assert naive(server) != told({"s": expected(server.world, "s")})


def test_connections_are_kept_and_counted(server):
    """One connection serves many requests, and several serve at once."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {KEY}"
        for _ in range(3):
            session.get(f"{server.base_url}{ACTIVITY}", timeout=5)
    assert len({each.connection for each in server.requests}) == 1
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: plain_get(server, ACTIVITY), range(12)))
    assert len({each.connection for each in server.requests}) == 13
    assert [each.number for each in server.requests] == list(range(1, 16))


def test_a_limiter_answers_for_the_server():
    """Beyond the limit the server says 429, with or without how long to wait."""
    virtual = VirtualTime()
    for tells in (True, False):
        limiter = SlidingLog(2, 60, clock=virtual.clock, tells=tells)
        with FaultyHardal(World({"s": events(1)}), limiter=limiter, server_time=virtual) as here:
            answers = [plain_get(here, ACTIVITY) for _ in range(3)]
        assert [status for status, _, _ in answers] == [200, 200, 429]
        assert ("Retry-After" in answers[2][1]) == tells
        virtual.pass_by(60)


def test_what_is_shown_is_what_was_told():
    """The two sides of the comparison read the same things, and see a difference in any."""
    import hardal_frames as hf  # noqa: PLC0415  (the only test here that needs it)

    feed = events(3)
    frame = hf.events_from_records(feed, session_id="s")
    assert shown(frame) == told({"s": feed})
    assert told({"s": feed})[0][3] == datetime.fromisoformat("2026-03-02T10:00:00+03:00")
    for column, value in [("id", "x"), ("prop_n", 7), ("prop_label", "x"), ("name", "x")]:
        changed = frame.copy()
        changed.loc[1, column] = value
        assert shown(changed) != told({"s": feed})
