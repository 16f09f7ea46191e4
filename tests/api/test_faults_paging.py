"""Every fault of paging, one by one, and sessions that change while they are fetched.

The truth is `faulty_world.expected`. While a session changes, the truth is any state that it had
between the first request and the last answer: no number of further looks can show what becomes of
a page after it was read, but what a fetch gives must have been the whole session at one moment.
"""

from __future__ import annotations

import contextlib
import warnings

import pytest

import hardal_frames as hf
from tests.api import faulty_faults as faults
from tests.api.faulty import always, at
from tests.api.faulty_client import (
    assert_true,
    assert_was_true,
    client_of,
    given_ids,
    or_error,
)
from tests.api.faulty_world import Paging, World, event, events

HONEST = {
    "cap told": Paging(cap=3),
    "cap not told": Paging(cap=3, tells_cap=False),
    "fixed, smaller than limit": Paging(fixed=3),
    "fixed, not told": Paging(fixed=3, tells_cap=False),
    "fixed, larger than limit": Paging(fixed=6),
    "fixed, larger, not told": Paging(fixed=6, tells_cap=False),
    "hasMore always true": Paging(cap=4, has_more=True),
    "hasMore always false": Paging(cap=4, has_more=False),
    "hasMore always true, one page": Paging(has_more=True),
    "hasMore always false, cap not told": Paging(cap=3, tells_cap=False, has_more=False),
}


@pytest.mark.parametrize("page_size", [4, 50])
@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8, 9, 12, 13, 40])
@pytest.mark.parametrize("paging", HONEST.values(), ids=HONEST)
def test_ways_to_cut_pages(server, paging, count, page_size):
    """However pages are cut, and whatever hasMore says, a steady session comes whole."""
    server.renew(World({"s": events(count, ties=2)}), paging=paging)
    with client_of(server, page_size=page_size) as client:
        frame = client.activity("s")
    assert_true(server, frame, "s")
    assert len(server.requests) <= 4 * (count // 3 + 4)


@pytest.mark.parametrize("page_size", [4, 50])
@pytest.mark.parametrize("has_more", [None, True])
@pytest.mark.parametrize("total_off", [-9, -3, -1, 1, 3, 50])
@pytest.mark.parametrize("count", [8, 10])
def test_a_wrong_total_is_never_silent(server, count, total_off, has_more, page_size):
    """A total that no page fulfils is an error that holds everything, or the truth arrives."""
    paging = Paging(cap=4 if page_size == 4 else 1000, total_off=total_off, has_more=has_more)
    server.renew(World({"s": events(count)}), paging=paging)
    with client_of(server, page_size=page_size) as client:
        frame, error = or_error(server, lambda: client.activity("s"))
    if error is None:
        assert_true(server, frame, "s")
    else:
        assert set(error.events["id"]) == given_ids(server)
    assert len(server.requests) <= 120


NAMELESS = [each | {"id": None} for each in events(10)]
WITHOUT = [{key: each[key] for key in each if key != "id"} for each in events(10)]


@pytest.mark.parametrize("page_size", [4, 50])
@pytest.mark.parametrize(
    "feed",
    [
        NAMELESS,
        WITHOUT,
        [*events(6), *events(10)[3:]],
        [*events(10), events(10)[9]],
        [*events(10), events(10)[0]],
        [*events(10), event(3, name="other")],
        [*events(10), event(3, second=9.5, name="other")],
        [*NAMELESS[:5], *events(10)[5:]],
    ],
    ids=[
        "ids null", "no ids", "three doubles", "last twice", "first twice", "same id, other name",
        "same id, other time", "half without ids",
    ],
)  # fmt: skip
def test_ids_that_are_missing_or_double(server, feed, page_size):
    """Doubles of the same content count once, other content is kept, missing ids are made."""
    server.renew(World({"s": feed}), paging=Paging(cap=page_size))
    told = contextlib.nullcontext()
    if any(feed.count(each) > 1 for each in feed):
        told = pytest.warns(hf.DataWarning, match="rows? came twice, with the same id")
    with client_of(server, page_size=page_size) as client, told:
        frame = client.activity("s")
    assert_true(server, frame, "s")
    assert frame["id"].notna().all()
    assert len(server.requests) <= 3 * 8


@pytest.mark.parametrize("ties", [2, 5, 10])
@pytest.mark.parametrize("page_size", [4, 50])
def test_ties_in_an_order_of_their_own(server, ties, page_size):
    """Where equal timestamps come in another order each time, all events come, or an error."""
    server.renew(World({"s": events(10, ties=ties)}), paging=Paging(cap=page_size, ties="shuffled"))
    with client_of(server, page_size=page_size) as client:
        for _ in range(10):
            server.requests.clear()
            frame, error = or_error(server, lambda: client.activity("s"))
            if error is None:
                assert_was_true(server, frame, "s", ordered=False)
            assert len(server.requests) <= 30


@pytest.mark.parametrize("page_size", [4, 50])
def test_values_that_json_can_hardly_say(server, page_size):
    """NaN and Infinity become null, huge integers text, lone surrogates U+FFFD; all else stays."""
    odd = [float("nan"), float("inf"), -float("inf"), 1.5]
    huge = [2**63, -(2**64), 10**30, 1]
    feed = [
        event(n, title="a\ud800b", properties={"n": n, "label": "ş", "odd": odd[n % 4],
                                               "huge": huge[n % 4], "\udc00": n})
        for n in range(10)
    ]  # fmt: skip
    server.renew(World({"s": feed}), paging=Paging(cap=page_size))
    with client_of(server, page_size=page_size) as client, warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        frame = client.activity("s")
    assert frame["id"].tolist() == [f"e{n}" for n in range(10)]
    assert frame["title"].unique().tolist() == ["a\ufffdb"]
    assert frame["prop_odd"].isna().tolist() == [n % 4 != 3 for n in range(10)]
    assert frame["prop_huge"].tolist() == [str(huge[n % 4]) for n in range(10)]
    assert frame["prop_\ufffd"].tolist() == list(range(10))


def between(number, *changes):
    """Plan changes of the world just before the answer to one request."""

    def change(world):
        for each in changes:
            each(world)

    return at({number: faults.changing("change", change)})


def arrives(number, second=None):
    """An event arrives."""
    return lambda world: world.arrive("s", event(number, second=second))


def vanishes(number):
    """An event is deleted."""
    return lambda world: world.delete("s", f"e{number}")


CHANGES = {
    "one at the end": [arrives(20)],
    "five at the end": [arrives(n) for n in range(20, 25)],
    "late, on the first page": [arrives(20, 0.5)],
    "late, before all": [arrives(20, -5)],
    "late, on the second page": [arrives(20, 5.5)],
    "late, and one at the end": [arrives(20, 0.5), arrives(21)],
    "first deleted": [vanishes(0)],
    "second page deleted from": [vanishes(5)],
    "last deleted": [vanishes(9)],
    "three deleted": [vanishes(1), vanishes(5), vanishes(8)],
    "first deleted, one at the end": [vanishes(0), arrives(20)],
    "first deleted, late one": [vanishes(0), arrives(20, 0.5)],
    "last deleted, late one": [vanishes(9), arrives(20, 0.5)],
    "first deleted, one late, one at the end": [vanishes(0), arrives(20, 0.5), arrives(21)],
    "two deleted, two at the end": [vanishes(0), vanishes(6), arrives(20), arrives(21)],
    "all deleted": [vanishes(n) for n in range(10)],
}


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_session_that_changes_between_two_pages(server, changes, number):
    """The result is a state that the session had while it was fetched, or it is an error."""
    server.plan = between(number, *changes)
    since = server.world.version("s")
    with client_of(server) as client:
        frame, error = or_error(server, lambda: client.activity("s"))
    assert len(server.requests) <= 40
    if error is None:
        assert_was_true(server, frame, "s", since=since)


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_session_that_changes_once_and_rests(server, changes, number):
    """A change while the first pass is under way: what comes is the session after it."""
    server.plan = between(number, *changes)
    with client_of(server) as client:
        frame, error = or_error(server, lambda: client.activity("s"))
    if error is None:
        assert_true(server, frame, "s")


def test_a_session_that_grows_with_every_request(server):
    """Growth at the end that outruns nobody is no fault: as of the last page."""
    server.plan = lambda number, request: faults.changing("grow", arrives(100 + number))
    since = server.world.version("s")
    with client_of(server) as client:
        frame, error = or_error(server, lambda: client.activity("s"))
    if error is None:
        assert_was_true(server, frame, "s", since=since)
    assert len(server.requests) <= 40


PAGE_FAULTS = [
    faults.SAME_PAGE,
    faults.FIRST_PAGE,
    faults.empty_page(),
    faults.empty_page(more=False),
    faults.has_more(value=True),
    faults.has_more(value=False),
    *(faults.total_off(difference) for difference in (-10, -5, -1, 1, 30)),
]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("fault", PAGE_FAULTS, ids=repr)
def test_a_wrong_page_once(server, fault, number):
    """One page that is not what was asked for: the truth, or an error that holds what came."""
    server.plan = at({number: fault})
    with client_of(server) as client:
        frame, error = or_error(server, lambda: client.activity("s"))
    if error is None:
        assert_true(server, frame, "s")
    else:
        assert set(error.events["id"]) == given_ids(server)
    assert len(server.requests) <= 40


@pytest.mark.parametrize("page_size", [4, 50])
@pytest.mark.parametrize("fault", PAGE_FAULTS, ids=repr)
def test_wrong_pages_always(server, fault, page_size):
    """The same on every page; a page that comes again is called by its name."""
    server.renew(server.world, paging=Paging(cap=page_size), plan=always(fault))
    with client_of(server, page_size=page_size) as client:
        frame, error = or_error(server, lambda: client.activity("s"))
    if error is None:
        assert_true(server, frame, "s")
    else:
        assert set(error.events["id"]) == given_ids(server)
    assert len(server.requests) <= 60


def test_the_first_page_for_ever_is_a_stall(server):
    """A server that does not look at `page` is called by its name."""
    server.plan = always(faults.FIRST_PAGE)
    with client_of(server) as client, pytest.raises(hf.PaginationStalled) as caught:
        client.activity("s")
    assert caught.value.events["id"].tolist()[:2] == ["e0", "e1"]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("fault", PAGE_FAULTS, ids=repr)
def test_the_list_with_a_wrong_page(server, fault, number):
    """Every session is listed, or the list is an error that holds what came."""
    server.renew(server.world, paging=Paging(list_cap=1), plan=at({number: fault}))
    with client_of(server) as client:
        try:
            listed = client.sessions()["session_id"].tolist()
        except hf.IncompleteSessionList as error:
            assert set(error.sessions["session_id"]) <= {"a", "s", "z"}
        else:
            assert sorted(listed) == ["a", "s", "z"]
    assert len(server.requests) <= 40


@pytest.mark.parametrize("order", ["latest", "oldest"])
@pytest.mark.parametrize("number", [2, 3, 4])
@pytest.mark.parametrize("changes", ["begins", "ends", "both"])
def test_the_list_that_changes_between_two_pages(server, changes, number, order):
    """Sessions that are there all the time are listed, whatever begins or vanishes meanwhile."""
    world = World({f"s{n}": [event(n)] for n in range(8)})

    def change(world):
        if changes in {"begins", "both"}:
            world.add_session("new", [event(50)])
        if changes in {"ends", "both"}:
            world.remove_session("s7" if order == "latest" else "s0")

    plan = at({number: faults.changing("change", change)})
    server.renew(world, paging=Paging(list_cap=3, list_order=order), plan=plan)
    with client_of(server) as client:
        try:
            listed = client.sessions()["session_id"].tolist()
        except hf.IncompleteSessionList:
            return
    assert {f"s{n}" for n in range(1, 7)} <= set(listed)
    assert len(listed) == len(set(listed))
