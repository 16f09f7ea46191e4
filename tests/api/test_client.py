"""The client against the sandbox, over real HTTP."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.sandbox import Sandbox, simulate
from hardal_frames.sandbox.recording import record_sessions
from tests.api.scripted import Scripted, answer, page

RECORDING = simulate(320, seed=11)


@pytest.fixture(scope="module")
def sandbox():
    """A running sandbox, whose pages hold at most 500 events."""
    with Sandbox(RECORDING, max_limit=500) as running:
        yield running


@pytest.fixture
def client(sandbox):
    """A client of the sandbox, without a budget."""
    with hf.Client(
        sandbox.api_key, sandbox.signal_id, base_url=sandbox.base_url, requests_per_minute=None
    ) as running:
        yield running


def feed_of(name):
    """Recorded events of a session."""
    return RECORDING.events[name]


def test_every_session_arrives_as_it_was_recorded(client):
    """Sessions, order, ties and properties are those of the recording, however many pages."""
    recorded = RECORDING.events
    events = client.activities(recorded, progress=False)
    expected = hf.events_from_records(
        [{**event, "sessionId": name} for name, feed in recorded.items() for event in feed]
    )
    pd.testing.assert_frame_equal(events, expected)
    assert events["session_id"].value_counts().max() == 1200


@pytest.mark.parametrize("page_size", [1, 7, 50, 5000])
def test_page_size_changes_nothing(sandbox, page_size):
    """Small pages, ties on every border, give the same session."""
    name = max(RECORDING.events, key=lambda each: len(feed_of(each)) % 100)
    instants = {event["timestamp"] for event in feed_of(name)}
    assert 60 < len(feed_of(name)) < 100
    assert len(instants) < len(feed_of(name))
    with hf.Client(
        sandbox.api_key,
        sandbox.signal_id,
        base_url=sandbox.base_url,
        requests_per_minute=None,
        page_size=page_size,
    ) as client:
        events = client.activity(name)
    assert events["id"].tolist() == [event["id"] for event in feed_of(name)]


def test_session_list(client):
    """Every session is listed, with its types, in the client's zone."""
    sessions = client.sessions()
    assert set(sessions["session_id"]) == set(RECORDING.events)
    assert sessions["events"].sum() == sum(map(len, RECORDING.events.values()))
    assert sessions["started_at"].dtype == "datetime64[us, Europe/Istanbul]"
    first = client.activity(sessions["session_id"][0])
    assert sessions["started_at"][0] == first["timestamp"].min()
    assert sessions["visitor_id"].nunique() < len(sessions)


def test_session_list_of_a_period(client):
    """A start and an end choose sessions; a date as end means its whole day."""
    every = client.sessions()["started_at"]
    day = every.dt.date.mode()[0]
    expected = int((every.dt.date == day).sum())
    for start, end in [
        (day, day),
        (day.isoformat(), day.isoformat()),
        (datetime(day.year, day.month, day.day), f"{day}T23:59:59.999"),  # noqa: DTZ001
        (pd.Timestamp(day, tz="Europe/Istanbul"), pd.Timestamp(f"{day}T23:59:59.999+03:00")),
    ]:
        assert len(client.sessions(start=start, end=end)) == expected
    assert client.sessions(start=date(2001, 1, 1), end=date(2001, 1, 2)).empty


def test_timeframe(client):
    """The endpoint's own timeframes work as well."""
    assert 0 < len(client.sessions(timeframe="last7days")) < len(RECORDING.sessions)


def test_activity_page_gives_the_raw_answer(client):
    """One page with the endpoint's own defaults: 50 events, newest first."""
    name = max(RECORDING.events, key=lambda each: len(RECORDING.events[each]))
    first = client.activity_page(name)
    assert (first.page, first.page_size, first.total_count) == (1, 50, 1200)
    assert first.has_more
    assert first.events[0]["id"] == RECORDING.events[name][-1]["id"]
    assert first.events[0]["timestamp"].endswith("+03:00")
    last = client.activity_page(name, page=24, order="asc", timezone="UTC")
    assert not last.has_more
    assert last.events[-1]["timestamp"].endswith(("Z", "+00:00"))
    by_name = client.activity_page(name, order_by="name", order="asc", limit=500)
    names = [event["name"] for event in by_name.events]
    assert names == sorted(names)


def test_zone_of_the_client(sandbox):
    """Instants are the same whichever zone shows them."""
    name = next(iter(RECORDING.events))
    options = {"base_url": sandbox.base_url, "requests_per_minute": None}
    here = hf.Client(sandbox.api_key, sandbox.signal_id, **options)
    there = hf.Client(sandbox.api_key, sandbox.signal_id, timezone="Asia/Tokyo", **options)
    with here, there:
        first, second = here.activity(name), there.activity(name)
    assert second["timestamp"].dtype == "datetime64[us, Asia/Tokyo]"
    assert (first["timestamp"] == second["timestamp"]).all()


def test_environment_is_used(sandbox, monkeypatch):
    """Without arguments, the environment names key, signal and address."""
    monkeypatch.setenv("HARDAL_API_KEY", sandbox.api_key)
    monkeypatch.setenv("HARDAL_SIGNAL_ID", sandbox.signal_id)
    monkeypatch.setenv("HARDAL_API_BASE_URL", sandbox.base_url)
    with hf.Client() as client:
        assert len(client.activity(next(iter(RECORDING.events)))) > 0


def test_types_hold_for_every_frame(sandbox):
    """Types given to the client hold for an empty session as well."""
    with hf.Client(
        sandbox.api_key, sandbox.signal_id, base_url=sandbox.base_url, types={"price": "string"}
    ) as client:
        events = client.activities([])
    assert isinstance(events["prop_price"].dtype, pd.StringDtype)


def test_target_signal_and_hybrid_travel():
    """The two parameters of hybrid signals are sent as the endpoint wants them."""
    with (
        Scripted(answer(page([]))) as server,
        hf.Client(
            "key", "signal", base_url=server.base_url, target_signal_id="other", is_hybrid=True
        ) as client,
    ):
        assert client.activity("s").empty
    line = server.requests[0].splitlines()[0]
    assert "isHybrid=true" in line
    assert "targetSignalId=other" in line
    assert "order=asc" in line
    assert "timezone=UTC" in line


def test_unknown_session(client):
    """A session that is not there is named, with what the API says."""
    with pytest.raises(hf.NotFound, match="Session 'no-such'.*404"):
        client.activity("no-such")


def test_wrong_key(sandbox):
    """A wrong key names the environment variable, not the key."""
    with (
        hf.Client("wrong-secret", sandbox.signal_id, base_url=sandbox.base_url) as client,
        pytest.raises(hf.AuthenticationError, match="HARDAL_API_KEY") as caught,
    ):
        client.sessions()
    assert "wrong-secret" not in str(caught.value)


def test_one_failure_does_not_stop_the_others(client):
    """All that arrived is in the error, and what did not is named."""
    names = list(RECORDING.events)[:4]
    with pytest.raises(hf.IncompleteSession, match="1 of 5 sessions failed.*'no-such'") as caught:
        client.activities([*names[:2], "no-such", *names[2:]])
    assert caught.value.events["session_id"].unique().tolist() == names
    assert isinstance(caught.value.failed["no-such"], hf.NotFound)


def test_a_lost_server_keeps_what_arrived():
    """When the address stops answering half-way, the sessions before are not lost."""
    names = list(RECORDING.events)[:3]
    with Sandbox(RECORDING) as ending:
        client = hf.Client(
            ending.api_key,
            ending.signal_id,
            base_url=ending.base_url,
            requests_per_minute=None,
            sleep=lambda _: None,
            workers=1,
        )
        with client, pytest.raises(hf.IncompleteSession) as caught:
            client.activities(names, progress=lambda done, _: ending.stop() if done == 1 else None)
    assert caught.value.events["session_id"].unique().tolist() == names[:1]
    assert list(caught.value.failed) == names[1:]


def test_incomplete_session_keeps_what_arrived():
    """Fewer events than promised: an error that holds those that came."""
    event = {"id": "e1", "name": "a", "timestamp": "2026-03-02T07:00:00Z"}
    with (
        Scripted(answer(page([event], total=3))) as server,
        hf.Client("key", "signal", base_url=server.base_url) as client,
        pytest.raises(hf.PaginationStalled, match="1 of 3 events arrived") as caught,
    ):
        client.activity("s")
    assert caught.value.events["id"].tolist() == ["e1"]
    assert isinstance(caught.value, hf.IncompleteSession)


def test_short_session_list_keeps_what_arrived():
    """Fewer sessions than promised: an error that holds those that came."""
    body = {"sessions": [{"id": "s1"}], "pagination": {"total": 2, "hasMore": False}}
    with (
        Scripted(answer(body)) as server,
        hf.Client("key", "signal", base_url=server.base_url) as client,
        pytest.raises(hf.IncompleteSessionList, match="1 of 2 sessions") as caught,
    ):
        client.sessions()
    assert caught.value.sessions["session_id"].tolist() == ["s1"]


@pytest.mark.parametrize(
    "body",
    [{"sessions": []}, {"sessions": [{"id": None}], "pagination": {"total": 1, "hasMore": False}}],
)
def test_session_list_of_the_wrong_shape(body):
    """An answer without its parts is an error, not an empty list."""
    with (
        Scripted(answer(body)) as server,
        hf.Client("key", "signal", base_url=server.base_url, sleep=lambda _: None) as client,
        pytest.raises(hf.BadResponse),
    ):
        client.sessions()


def test_progress_is_told(client, capsys):
    """A function hears of each session; a line is written when there is none."""
    names = list(RECORDING.events)[:3]
    heard = []
    client.activities(names, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 3), (2, 3), (3, 3)]
    client.activities(names, progress=True)
    assert "3 of 3 sessions" in capsys.readouterr().err
    client.activities(names)
    assert capsys.readouterr().err == ""


def test_a_long_fetch_says_how_long(sandbox, capsys):
    """More sessions than the budget of a minute: the wait is announced."""
    waited = []
    with hf.Client(
        sandbox.api_key,
        sandbox.signal_id,
        base_url=sandbox.base_url,
        requests_per_minute=10,
        clock=lambda: sum(waited),
        sleep=waited.append,
    ) as client:
        client.activities(list(RECORDING.events)[:25])
    assert "25 requests, about 2 min; client.pull(store) would keep" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({}, hf.AuthenticationError, "set the environment variable HARDAL_API_KEY"),
        ({"api_key": "a b"}, hf.AuthenticationError, "characters that no key has"),
        ({"api_key": "ş"}, hf.AuthenticationError, "characters that no key has"),
        ({"api_key": 7}, hf.AuthenticationError, "api_key is a int"),
        ({"api_key": "k"}, hf.InvalidInput, "HARDAL_SIGNAL_ID"),
        ({"api_key": "k", "signal_id": ".."}, hf.InvalidInput, "signal_id is '..'"),
        ({"api_key": "k", "signal_id": "s", "base_url": "app.usehardal.com"}, hf.InvalidInput,
         "scheme and host are needed"),
        ({"api_key": "k", "signal_id": "s", "base_url": "http://app.usehardal.com"},
         hf.InvalidInput, "unencrypted"),
        ({"api_key": "k", "signal_id": "s", "base_url": "https://x.com/api"}, hf.InvalidInput,
         "more than scheme and host"),
        ({"api_key": "k", "signal_id": "s", "base_url": "https://me:secret@x.com"},
         hf.InvalidInput, "more than scheme and host"),
        ({"api_key": "k", "signal_id": "s", "base_url": "https://x.com:port"}, hf.InvalidInput,
         "scheme and host"),
        ({"api_key": "k", "signal_id": "s", "timezone": "Istanbul/Europe"}, hf.InvalidInput,
         "Unknown time zone"),
        ({"api_key": "k", "signal_id": "s", "page_size": 0}, hf.InvalidInput, "page_size is 0"),
        ({"api_key": "k", "signal_id": "s", "requests_per_minute": 0}, hf.InvalidInput,
         "requests_per_minute is 0"),
        ({"api_key": "k", "signal_id": "s", "types": {"a": "text"}}, hf.InvalidInput, "'text'"),
        ({"api_key": "k", "signal_id": "s", "timeout": float("nan")}, hf.InvalidInput, "timeout"),
        ({"api_key": "k", "signal_id": "s", "timeout": "5"}, hf.InvalidInput, "timeout is '5'"),
        ({"api_key": "k", "signal_id": "s", "timeout": float("inf")}, hf.InvalidInput, "timeout"),
        ({"api_key": "k", "signal_id": "s", "ca_bundle": "/nope"}, hf.InvalidInput, "no such file"),
        ({"api_key": "k", "signal_id": "s", "is_hybrid": "no"}, hf.InvalidInput, "is_hybrid"),
        ({"api_key": "k", "signal_id": "s", "target_signal_id": 5}, hf.InvalidInput, "target_"),
        ({"api_key": "k", "signal_id": 5}, hf.InvalidInput, "signal_id is a int"),
        ({"api_key": "k", "signal_id": "s", "timezone": "utc+3"}, hf.InvalidInput, "utc"),
        ({"api_key": "k", "signal_id": "s", "timezone": None}, hf.InvalidInput, "no zone"),
    ],
)  # fmt: skip
def test_bad_arguments(arguments, error, said):
    """Each argument that cannot be used is told before anything is sent."""
    with pytest.raises(error, match=said) as caught:
        hf.Client(**arguments)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda client: client.activities("s1"), "session_ids is one text"),
        (lambda client: client.activities(["ok", ""]), "session_id is ''"),
        (lambda client: client.activities(None), "session_ids is a NoneType"),
        (lambda client: client.activities(5), "session_ids is a int"),
        (lambda client: client.activities([["a"]]), "session_id is a list"),
        (lambda client: client.activities(client.sessions()), r"sessions\['session_id'\]"),
        (lambda client: client.activity_page("s", order=["up"]), r"order is \['up'\]"),
        (lambda client: client.sessions(start=pd.NaT), "start is NaT"),
        (lambda client: client.activity_page("s", page=0), "page is 0"),
        (lambda client: client.activity_page("s", limit=True), "limit is True"),
        (lambda client: client.activity_page("s", order="up"), "order is 'up'"),
        (lambda client: client.activity_page("s", order_by="time"), "order_by is 'time'"),
        (lambda client: client.activity_page("s", timezone="X"), "Unknown time zone"),
        (lambda client: client.sessions(timeframe="last7day"), "allowed are 'today'.*'last7days'"),
        (lambda client: client.sessions(timeframe="today", start="2026-01-01"), "one or the other"),
        (lambda client: client.sessions(start="2026-02-30"), "start is '2026-02-30'"),
        (lambda client: client.sessions(start=7), "start is 7"),
        (lambda client: client.sessions(start="2026-02-02", end="2026-02-01"), "is after end"),
    ],
)
def test_bad_calls(client, call, said):
    """Each parameter that cannot be used is told before anything is sent."""
    with pytest.raises(hf.InvalidInput, match=said):
        call(client)


def test_microseconds_survive_the_wire():
    """Events less than a millisecond apart stay apart."""
    written = ["2026-03-02T07:00:00.000100Z", "2026-03-02T07:00:00.000900Z"]
    feed = [
        {"id": f"e{place}", "type": "custom", "name": name, "timestamp": moment}
        for place, (name, moment) in enumerate(zip("AB", written, strict=True))
    ]
    with (
        Sandbox(record_sessions({"s": feed})) as hardal,
        hf.Client(hardal.api_key, hardal.signal_id, base_url=hardal.base_url) as client,
    ):
        events = client.activity("s")
    assert hf.funnel(events, ["A", "B"], ties="strict")["sessions"].tolist() == [1, 1]
