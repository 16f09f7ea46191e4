"""What `Client.check` finds out, and that it never takes more than six requests."""

from __future__ import annotations

from email.utils import formatdate

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.api._check import CheckReport
from hardal_frames.api._report import PullPlan
from tests.api.faulty import KEY, SIGNAL, FaultyHardal, always
from tests.api.faulty_faults import FAILING, status
from tests.api.faulty_world import Paging, World, event, events
from tests.api.limiters import VirtualTime
from tests.api.scripted import Scripted, answer

BIG = events(6)


def check(world=None, *, paging=None, plan=None):
    """Check a server; return the report, and how many requests came."""
    world = World({"a": events(2), "b": BIG}) if world is None else world
    waits = VirtualTime()
    with (
        FaultyHardal(world, paging=paging, **({"plan": plan} if plan else {})) as server,
        hf.Client(
            KEY, SIGNAL, base_url=server.base_url, clock=waits.clock, sleep=waits.sleep
        ) as client,
    ):  # fmt: skip
        report = client.check()
        assert len(server.requests) == report.requests <= 6
    return report


def found(report):
    """Findings by what was looked at."""
    return {each.check: (each.verdict, each.told) for each in report.findings}


def test_all_is_well():
    """An honest server: every finding is good or worth knowing, in plain words."""
    report = check()
    seen = found(report)
    assert report.is_good
    assert seen["key and address"][0] == "good"
    assert "2 listed" in seen["list"][1]
    assert seen["limit"] == ("good", "1,000 events at once are honoured")
    assert seen["timestamps"] == ("good", "6 with Z")
    assert seen["paging"][0] == "good"
    assert report.to_frame().columns.tolist() == ["check", "verdict", "told"]
    assert str(report).endswith(f"({report.requests} requests)")


def test_one_request_is_not_several():
    """Whatever counts requests counts one in the singular."""
    assert str(CheckReport((), 1)) == "(1 request)"
    assert str(CheckReport((), 0)) == "(0 requests)"
    assert str(PullPlan(1, pd.Timedelta("NaT"))) == "1 request"
    assert str(PullPlan(1, pd.Timedelta(0))) == "1 request, less than a minute"
    assert str(PullPlan(1_200, pd.Timedelta("12min"))).startswith("1,200 requests, about 12")


@pytest.mark.parametrize(
    ("paging", "where", "verdict", "said"),
    [
        (Paging(cap=4), "limit", "note", "4 honoured"),
        (Paging(cap=4, tells_cap=False), "limit", "note", "4 honoured"),
        (Paging(fixed=3), "paging", "bad", "page 2 of one event"),
        (Paging(has_more=True), "hasMore", "note", "says True with 6 of 6"),
        (Paging(total_off=1), "counts", "note", "the list says 6 events"),
        (Paging(list_order="oldest"), "order of list", "good", "earliest session first"),
        (Paging(list_cap=1), "list", "note", "at most 1 at once"),
    ],
)
def test_how_this_server_pages(paging, where, verdict, said):
    """Caps, lies and orders are found and told."""
    world = World({"b": BIG, "c": [event(50)]})
    seen = found(check(world, paging=paging))
    assert seen[where][0] == verdict
    assert said in seen[where][1]


def test_unlasting_order_of_equal_timestamps():
    """Ties that stand in another order each time are told."""
    world = World({"b": events(12, ties=12)})
    seen = found(check(world, paging=Paging(ties="shuffled")))
    assert "not lasting" in seen["order of events"][1]


@pytest.mark.parametrize(
    ("moment", "verdict", "said"),
    [
        ("2026-03-02T07:00:00", "note", "1 without an offset, taken as UTC"),
        ("2026-03-02T10:00:00+03:00", "good", "1 with an offset"),
        (1772434800, "note", "1 as a number (epoch)"),
        ("1772434800", "note", "1 as a number (epoch)"),
        ("soon", "bad", "1 unreadable"),
        (None, "bad", "1 missing"),
    ],
)
def test_forms_of_timestamps(moment, verdict, said):
    """Each way of writing a moment is named."""
    row = {"id": "a", "events": 1, "startedAt": "2026-03-02T07:00:00Z"}
    listing = {"sessions": [row], "pagination": {"total": 1, "hasMore": False}}
    one = {"events": [{"id": "e", "timestamp": moment}], "totalCount": 1, "page": 1,
           "pageSize": 1000, "hasMore": False}  # fmt: skip
    with (
        Scripted(answer(listing), answer(one)) as server,
        hf.Client(KEY, SIGNAL, base_url=server.base_url) as client,
    ):
        seen = found(client.check())
    assert seen["timestamps"] == (verdict, said)


@pytest.mark.parametrize(
    ("seconds", "verdict", "said"),
    [(0, "good", "agrees"), (-600, "note", "ahead of the API's: set it"), (20, "good", "behind")],
)
def test_clocks(seconds, verdict, said):
    """A clock that is wrong is told, with the direction."""
    import time  # noqa: PLC0415

    date = formatdate(time.time() + seconds, usegmt=True)
    empty = {"sessions": [], "pagination": {"total": 0, "hasMore": False}}
    with (
        Scripted(answer(empty, headers=[f"Date: {date}"])) as server,
        hf.Client(KEY, SIGNAL, base_url=server.base_url) as client,
    ):
        seen = found(client.check())
    assert seen["clock"][0] == verdict
    assert said in seen["clock"][1]
    assert "none is listed" in seen["sessions"][1]


@pytest.mark.parametrize("fault", [*FAILING, status(401), status(404), status(422)])
def test_what_fails_is_told_and_not_raised(fault):
    """A server that fails, a refused key, a wrong signal: one bad finding, six requests at most."""
    report = check(plan=always(fault))
    assert not report.is_good
    assert report.findings[-1].check == "answer"


def test_faults_in_passing_leave_a_rest():
    """Two retries use up what was left; the rest is told to be open."""
    report = check(plan=lambda number, request: FAILING[0] if number in {2, 3, 4, 5} else None)
    assert found(report)["rest"][0] == "note"
    assert report.requests == 6


def test_nobody_there():
    """No network: told."""
    with hf.Client(KEY, SIGNAL, base_url="http://127.0.0.1:9", sleep=lambda _: None) as client:
        report = client.check()
    assert not report.is_good
    assert "No answer from http://127.0.0.1:9" in str(report)
