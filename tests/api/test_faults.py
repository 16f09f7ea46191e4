"""Every fault on the wire, one by one: the truth arrives, or an error of the right kind."""

from __future__ import annotations

import time

import pytest

import hardal_frames as hf
from tests.api import faulty_faults as faults
from tests.api.faulty import KEY, FaultyHardal, always, at
from tests.api.faulty_client import TRIES, assert_true, client_of
from tests.api.faulty_world import Paging, World, events
from tests.api.limiters import FixedWindow, SlidingLog, TokenBucket, VirtualTime, most_in_window

PASSING = [
    *faults.LOST,
    *faults.PACKED,
    *faults.UNREADABLE,
    *faults.FAILING,
    *(fault for fault, _ in faults.TOO_MANY),
]
FINAL = [
    *((fault, hf.BadResponse) for fault in [*faults.PAGES, *faults.REDIRECTS, faults.BOMB]),
    *((fault, hf.AuthenticationError) for fault in faults.DENIED),
    (faults.NOT_FOUND, hf.NotFound),
    (faults.UNPROCESSABLE, hf.RequestRefused),
]
LASTING = [
    *((fault, (hf.ConnectionFailed, hf.BadResponse)) for fault in [*faults.LOST, *faults.PACKED]),
    *((fault, hf.BadResponse) for fault in [*faults.UNREADABLE, *faults.FAILING]),
    *((fault, hf.RateLimited) for fault, _ in faults.TOO_MANY),
    *FINAL,
]


def asked_for(server, session_id):
    """Requests that asked for one session."""
    return [each for each in server.requests if each.session_id == session_id]


def calm_requests(server):
    """How many requests a fetch of the session takes when nothing goes wrong."""
    with client_of(server) as client:
        client.activity("s")
    count = len(server.requests)
    server.requests.clear()
    return count


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("fault", [*faults.DELIVERED, *PASSING], ids=repr)
def test_what_passes_costs_one_more_request(server, fault, number):
    """A fault that comes once, on whichever page, changes nothing but the number of requests."""
    calm = calm_requests(server)
    server.plan = at({number: fault})
    with client_of(server) as client:
        assert_true(server, client.activity("s"), "s")
    assert len(server.requests) == calm + (fault not in faults.DELIVERED)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(("fault", "kind"), FINAL, ids=repr)
def test_what_is_final_is_told_at_once(server, fault, kind, number):
    """A fault that asking again cannot mend ends the fetch, on whichever page."""
    server.plan = at({number: fault})
    with client_of(server) as client, pytest.raises(kind):
        client.activity("s")
    assert len(server.requests) == number


@pytest.mark.parametrize("met", [False, True], ids=["stranger", "known"])
@pytest.mark.parametrize(("fault", "kind"), LASTING, ids=repr)
def test_what_lasts_is_an_error_of_its_kind(server, fault, kind, met):
    """A fault that never ends is an error after a bounded number of requests."""
    with client_of(server) as client:
        if met:
            client.activity("a")
        server.requests.clear()
        server.plan = always(fault)
        with pytest.raises(kind) as caught:
            client.activity("s")
    assert len(server.requests) <= TRIES
    assert KEY not in str(caught.value)


NOT_DENIED = [each for each in LASTING if each[0] not in faults.DENIED]


@pytest.mark.parametrize(("fault", "kind"), NOT_DENIED, ids=repr)
def test_a_session_that_fails_is_named_and_the_others_arrive(server, fault, kind):
    """Of many sessions, the error holds all that arrived and names each that did not."""
    server.plan = always(fault, "s")
    with client_of(server) as client, pytest.raises(hf.IncompleteSession) as caught:
        client.activities(["a", "s", "z"], progress=False)
    failed = caught.value.failed
    assert isinstance(failed["s"], kind)
    assert set(failed) <= {"s", "z"}
    assert len(asked_for(server, "s")) <= TRIES
    assert_true(server, caught.value.events, *(each for each in "az" if each not in failed))
    if "z" in failed:
        assert isinstance(failed["z"], hf.ConnectionFailed)


@pytest.mark.parametrize("fault", faults.DENIED, ids=repr)
def test_a_denied_key_stops_everything(server, fault):
    """After 401 or 403 no more is asked than what was under way, and what arrived is kept."""
    server.renew(World({f"s{n}": events(2) for n in range(40)}))
    server.plan = lambda number, request: fault if number > 10 else None
    with client_of(server) as client, pytest.raises(hf.IncompleteSession) as caught:
        client.activities(list(server.world.sessions), progress=False)
    assert len(server.requests) <= 10 + 4
    failed = caught.value.failed
    assert 30 <= len(failed) < 40
    assert {type(each) for each in failed.values()} == {hf.AuthenticationError}
    assert_true(server, caught.value.events, *(n for n in server.world.sessions if n not in failed))


@pytest.mark.parametrize("fault", [*faults.DELIVERED, *PASSING], ids=repr)
@pytest.mark.parametrize("number", [1, 2])
def test_the_list_survives_what_passes(server, fault, number):
    """The session list meets the same faults and is whole."""
    server.renew(server.world, paging=Paging(list_cap=2), plan=at({number: fault}))
    with client_of(server) as client:
        assert set(client.sessions()["session_id"]) == {"a", "s", "z"}


@pytest.mark.parametrize(("fault", "kind"), LASTING, ids=repr)
def test_the_list_fails_loudly(server, fault, kind):
    """A session list that cannot be had is an error of its kind."""
    server.renew(server.world, paging=Paging(list_cap=2), plan=always(fault))
    with client_of(server) as client, pytest.raises(kind):
        client.sessions()
    assert len(server.requests) <= TRIES


@pytest.mark.parametrize(("fault", "seconds"), faults.TOO_MANY, ids=repr)
def test_nothing_comes_before_the_server_allows_it(server, fault, seconds):
    """After 429 no request comes earlier than Retry-After says, or else than a minute."""
    server.plan = at({2: fault})
    with client_of(server) as client:
        client.activity("s")
    refused, following = server.requests[1:3]
    assert following.at - refused.at >= seconds
    assert following.at - refused.at <= 3600 + 61


@pytest.mark.parametrize("fault", faults.SLOW, ids=repr)
def test_slowness_ends_at_the_deadline(server, fault):
    """One request takes no longer than its timeout, whatever the server sends meanwhile."""
    server.plan = at({2: fault})
    with client_of(server, timeout=0.3) as client:
        begin = time.monotonic()
        assert_true(server, client.activity("s"), "s")
        assert time.monotonic() - begin < 1.5
        server.plan = always(fault)
        begin = time.monotonic()
        with pytest.raises(hf.ConnectionFailed):
            client.activity("a")
        assert time.monotonic() - begin < TRIES * 0.3 + 1.5


def test_a_server_that_was_away(server):
    """Refused connections are tried again; one that stays away is an error."""
    naps = []

    def nap(seconds):
        server.time.sleep(seconds)
        naps.append(seconds)
        if len(naps) == 2:
            server.open()

    with client_of(server, sleep=nap) as client:
        client.activity("a")
        server.shut()
        try:
            assert_true(server, client.activity("s"), "s")
        finally:
            if len(naps) < 2:
                server.open()
        server.shut()
        try:
            with pytest.raises(hf.ConnectionFailed):
                client.activity("s")
        finally:
            server.open()


def test_the_key_stays_in_its_header(server):
    """Every request asks for ascending UTC; the key is in no address, and goes nowhere else."""
    with client_of(server) as client:
        client.activities(["s", "a"], progress=False)
        client.sessions()
    for request in server.requests:
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert KEY not in request.path + str(request.query)
        if request.session_id:
            assert (request.query["order"], request.query["timezone"]) == ("asc", "UTC")
            assert request.query["orderBy"] == "timestamp"


@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize("counts_refused", [True, False], ids=["refused count", "refused free"])
@pytest.mark.parametrize("kind", [FixedWindow, SlidingLog, TokenBucket])
@pytest.mark.parametrize("others", [0, 3], ids=["alone", "with others"])
def test_the_budget_against_every_limiter(kind, counts_refused, tells, others):
    """Alone with the key: no 429, and 98 requests a minute. With others: everything arrives."""
    virtual = VirtualTime()
    limiter = kind(100, 60, clock=virtual.clock, counts_refused=counts_refused, tells=tells)
    calls = 320

    def plan(number, _request):
        # Others use the same key: a request of theirs for every few of ours.
        if others and number % others == 0:
            limiter.refuse()

    paging, world = Paging(), World({"s": events(1)})
    with (
        FaultyHardal(world, paging=paging, limiter=limiter, server_time=virtual, plan=plan) as here,
        client_of(here) as client,
    ):
        for _ in range(calls):
            assert len(client.activity_page("s").events) == 1
        times = [request.at for request in here.requests]
        refused = [request for request in here.requests if request.status == 429]
    assert most_in_window(times, 60) <= 100
    if others:
        assert len(refused) <= calls
    else:
        assert refused == []
        assert 300 / (times[300] - times[0]) * 60 >= 98
