"""The endpoints, asked over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from hardal_frames.errors import InvalidInput
from hardal_frames.sandbox import simulate
from hardal_frames.sandbox.app import create_app
from hardal_frames.sandbox.budget import RequestBudget
from hardal_frames.sandbox.recording import record_sessions
from hardal_frames.sandbox.records import parse_instant
from hardal_frames.sandbox.timeframe import custom_bounds, parse_bound, relative_bounds
from hardal_frames.schema import known_zone

SIGNAL = "sandbox-signal"


def event(number, timestamp, **changes):
    """Return an event."""
    return {
        "id": f"e{number}",
        "type": "custom",
        "name": "click",
        "timestamp": timestamp,
        "url": None,
        "path": None,
        "title": "Ödeme",
        "referrer": None,
        "properties": {"n": number},
    } | changes


def ids(events):
    """Return the ids of events."""
    return [event["id"] for event in events]


def one_session(*events, session="s1"):
    """Return a recording of one session."""
    return record_sessions({session: list(events)})


def longest(recording):
    """Return the session with the most events."""
    return max(recording.events, key=lambda session: len(recording.events[session]))


def sessions_at(*starts):
    """Return a recording of sessions without events that begin at the given times."""
    rows = [{"id": f"s{place}", "startedAt": start} for place, start in enumerate(starts)]
    return record_sessions({}, rows)


def listed(client, **query):
    """Return the ids of the sessions that a query lists."""
    return [row["id"] for row in client.sessions(**query).json()["sessions"]]


def test_a_page_of_events_is_shaped_like_the_api(client, shop):
    """The defaults: page 1 of 50, the latest first, in the zone of Istanbul."""
    session = longest(shop)
    answer = client.activity(session)
    body = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert list(body) == ["events", "totalCount", "page", "pageSize", "hasMore"]
    assert (body["totalCount"], body["page"], body["pageSize"]) == (1_200, 1, 50)
    assert body["hasMore"] is True
    last = shop.events[session][-1]
    first_shown = body["events"][0]
    assert first_shown | {"timestamp": last["timestamp"]} == last
    assert first_shown["timestamp"].endswith("+03:00")
    assert parse_instant(first_shown["timestamp"]) == parse_instant(last["timestamp"])


def test_all_pages_together_are_the_session(client, shop):
    """Nothing is missing or twice, whatever the size of a page."""
    session = longest(shop)
    expected = ids(shop.events[session])
    for limit in (7, 50, 400):
        assert ids(client.every_event(session, limit=limit, order="asc")) == expected


def test_every_session_is_answered_as_recorded(client, shop):
    """In UTC, an event of the recording and of the answer are the same instant and content."""
    for session, events in list(shop.events.items())[:40]:
        answered = client.every_event(session, order="asc", timezone="UTC", limit=500)
        for mine, theirs in zip(events, answered, strict=True):
            assert theirs == mine | {"timestamp": mine["timestamp"].replace("Z", "+00:00")}


def test_a_page_after_the_last_is_empty(client, shop):
    """It is no error, and says that there is no more."""
    body = client.activity(longest(shop), page=25).json()
    assert body["events"] == []
    assert (body["totalCount"], body["page"], body["hasMore"]) == (1_200, 25, False)


def test_the_last_full_page_has_no_more(client, shop):
    """1,200 events are 24 pages of 50, not 25."""
    assert client.activity(longest(shop), page=23).json()["hasMore"] is True
    assert client.activity(longest(shop), page=24).json()["hasMore"] is False


def test_a_large_limit_is_capped_without_an_error(client, shop):
    """The answer tells in pageSize what was honoured, and pages are counted in it."""
    body = client.activity(longest(shop), limit=10_000, page=3).json()
    assert (body["pageSize"], len(body["events"]), body["hasMore"]) == (500, 200, False)


def test_equal_timestamps_are_in_recorded_order(serve):
    """Ascending is as recorded, descending its exact reverse."""
    tie, later = "2026-03-02T09:00:00.000Z", "2026-03-02T09:00:00.001Z"
    client = serve(one_session(event(3, tie), event(9, later), event(1, tie), event(2, tie)))
    ascending = ids(client.every_event("s1", order="asc", limit=1))
    assert ascending == ["e3", "e1", "e2", "e9"]
    assert ids(client.every_event("s1", limit=1)) == ascending[::-1]


@pytest.mark.parametrize("order_by", ["name", "type"])
def test_events_can_be_ordered_by_text(client, shop, order_by):
    """Equal ones stay in the order of time, and descending is the exact reverse."""
    session = longest(shop)
    recorded = shop.events[session]
    ascending = client.every_event(session, orderBy=order_by, order="asc", limit=500)
    assert ids(ascending) == ids(sorted(recorded, key=lambda each: each[order_by]))
    descending = client.every_event(session, orderBy=order_by, order="desc", limit=500)
    assert ids(descending) == ids(ascending)[::-1]


def test_a_clock_that_is_set_back_mixes_nothing_up(serve):
    """In the hour that comes twice the offset tells which one is meant."""
    repeated = one_session(
        event(1, "2026-10-25T00:30:00.250Z"), event(2, "2026-10-25T01:30:00.250Z")
    )
    client = serve(repeated)
    events = client.activity("s1", timezone="Europe/Berlin", order="asc").json()["events"]
    assert [each["timestamp"] for each in events] == [
        "2026-10-25T02:30:00.250+02:00",
        "2026-10-25T02:30:00.250+01:00",
    ]
    assert ids(events) == ["e1", "e2"]


@pytest.mark.parametrize(
    ("timezone", "written"),
    [
        ("UTC", "2026-03-02T09:00:00.007+00:00"),
        ("Europe/Istanbul", "2026-03-02T12:00:00.007+03:00"),
        ("Asia/Kathmandu", "2026-03-02T14:45:00.007+05:45"),
        ("America/New_York", "2026-03-02T04:00:00.007-05:00"),
    ],
)
def test_timestamps_are_written_in_the_asked_zone(serve, timezone, written):
    """With offset and milliseconds, in both endpoints."""
    client = serve(one_session(event(1, "2026-03-02T12:00:00.007+03:00")))
    events = client.activity("s1", timezone=timezone).json()["events"]
    assert events[0]["timestamp"] == written
    rows = client.sessions(timezone=timezone).json()["sessions"]
    assert rows[0]["startedAt"] == written


def test_a_session_id_may_hold_anything(serve):
    """An encoded slash does not end the id."""
    client = serve(one_session(event(1, "2026-03-02T09:00:00Z"), session="a/b c%ü?"))
    assert client.activity("a%2Fb%20c%25%C3%BC%3F").json()["totalCount"] == 1


def test_text_is_answered_in_utf8(serve):
    """Turkish text is written as it is, not as escapes."""
    client = serve(one_session(event(1, "2026-03-02T09:00:00Z")))
    assert "Ödeme".encode() in client.activity("s1").content


def test_a_session_without_events_is_known(serve):
    """The list names it, so its activity is an empty page and not a 404."""
    body = serve(sessions_at("2026-03-02T09:00:00Z")).activity("s0").json()
    assert (body["events"], body["totalCount"], body["hasMore"]) == ([], 0, False)


def test_the_list_of_sessions_is_shaped_like_the_api(client, shop):
    """The latest first, with every field."""
    body = client.sessions(limit=120, offset=240).json()
    assert list(body) == ["sessions", "pagination"]
    assert body["pagination"] == {
        "total": 300,
        "limit": 120,
        "offset": 240,
        "currentPage": 3,
        "totalPages": 3,
        "hasMore": False,
    }
    assert len(body["sessions"]) == 60
    assert body["sessions"][-1] == shop.sessions[0]
    starts = [parse_instant(row["startedAt"]) for row in body["sessions"]]
    assert all(before >= after for before, after in pairwise(starts))


def test_all_offsets_together_are_the_list(client, shop):
    """Nothing is missing or twice."""
    found = [row for offset in range(0, 300, 70) for row in listed(client, limit=70, offset=offset)]
    assert sorted(found) == sorted(row["id"] for row in shop.sessions)
    assert listed(client, offset=300) == []


def test_a_large_limit_of_sessions_is_capped(serve):
    """pagination.limit tells."""
    client = serve(simulate(sessions=20), max_limit=8)
    pagination = client.sessions().json()["pagination"]
    assert (pagination["limit"], pagination["totalPages"], pagination["hasMore"]) == (8, 3, True)


def test_an_empty_recording_is_served(serve):
    """No sessions are no error."""
    body = serve(record_sessions({})).sessions(timeframe="today").json()
    assert body["sessions"] == []
    assert body["pagination"]["totalPages"] == 0


def test_custom_dates_include_both_ends(serve):
    """A date means the whole day in the asked zone, an instant means itself."""
    client = serve(
        sessions_at(
            "2026-03-01T20:59:59.999Z",
            "2026-03-01T21:00:00.000Z",
            "2026-03-02T20:59:59.999Z",
            "2026-03-02T21:00:00.000Z",
        )
    )
    day = {"startDate": "2026-03-02", "endDate": "2026-03-02"}
    assert listed(client) == ["s3", "s2", "s1", "s0"]
    assert listed(client, **day) == ["s2", "s1"]
    assert listed(client, **day, timezone="UTC") == ["s3", "s2"]
    assert listed(client, startDate="2026-03-02T21:00:00Z") == ["s3"]
    assert listed(client, startDate="2026-03-03T00:00:00+03:00") == ["s3"]
    assert listed(client, endDate="2026-03-02T00:00:00") == ["s1", "s0"]
    assert listed(client, startDate="2026-03-03", endDate="2026-03-01") == []
    assert listed(client, timeframe="custom", startDate="0001-01-01", endDate="9999-12-31") == [
        "s3",
        "s2",
        "s1",
        "s0",
    ]


@pytest.mark.parametrize(
    ("timeframe", "days"),
    [
        ("today", [0]),
        ("yesterday", [1]),
        ("last7days", [0, 1, 2, 3, 4, 5, 6]),
        ("last30days", list(range(30))),
    ],
)
def test_timeframes_count_back_from_the_end_of_the_recording(serve, timeframe, days):
    """Whole days of the asked zone, with today as the last; dates are not looked at."""
    noon = datetime(2026, 3, 31, 12, tzinfo=UTC)
    starts = [(noon - timedelta(days=day)).isoformat() for day in range(40)]
    client = serve(sessions_at(*starts))
    assert listed(client, timeframe=timeframe, startDate="2000-01-01") == [f"s{d}" for d in days]


def test_a_day_ends_after_the_hour_that_comes_twice():
    """Where the clock is set back over midnight, the day has 25 hours."""
    havana = known_zone("America/Havana")
    first, last = custom_bounds("2025-11-02", "2025-11-02", havana)
    assert last - first == timedelta(hours=25) - timedelta(microseconds=1)


def test_now_can_be_given():
    """Timeframes then count back from there."""
    now = datetime(2026, 3, 9, 22, tzinfo=UTC)
    first, last = relative_bounds("yesterday", now, known_zone("Europe/Istanbul"))
    assert first == datetime(2026, 3, 8, 21, tzinfo=UTC)
    assert last - first == timedelta(days=1) - timedelta(microseconds=1)
    create_app(simulate(sessions=1), api_key="k", signal_id="s", now=now)


@pytest.mark.parametrize(
    "text", ["", "2026", "20260302", "2026-W10-1", "2026-03-02 09:00", "2026-13-01", "٢٠٢٦-03-02"]
)
def test_dates_are_iso_8601_and_nothing_else(text):
    """The standard library would read some of these."""
    with pytest.raises(InvalidInput, match="ISO 8601"):
        parse_bound(text)


def error_of(answer):
    """Return status and message of an error, after checking its shape."""
    body = answer.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message"]
    assert body["error"]["code"] == answer.status_code
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, body["error"]["message"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Bearer wrong", "Invalid API key"),
        ("Bearer sandbox-key2", "Invalid API key"),
        ("Bearer sandbox-ke", "Invalid API key"),
        ("Bearer \xfc", "Invalid API key"),
        ("Bearer", "Missing API key"),
        ("Basic sandbox-key", "Missing API key"),
        (None, "Missing API key"),
    ],
)
def test_only_the_key_is_let_in(client, header, message):
    """401 before anything else is looked at, with the header that a 401 must have."""
    client_headers = {"Authorization": header and header.encode("latin-1")}
    answer = client.get("/api/websites/x/sessions", headers=client_headers, page="bad")
    assert error_of(answer) == (401, message)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/api/websites/other/sessions", "Signal not found"),
        ("/api/websites/other/sessions/ses_000001/activity", "Signal not found"),
        (f"/api/websites/{SIGNAL}/sessions/nobody/activity", "Session not found"),
        (f"/api/websites/{SIGNAL}/sessions?targetSignalId=other", "Signal not found"),
        (
            f"/api/websites/{SIGNAL}/sessions/ses_000001/activity?targetSignalId=other",
            "Signal not found",
        ),
        (f"/api/websites/{SIGNAL}/sessions/", "Not Found"),
        (f"/api/websites/{SIGNAL}", "Not Found"),
        ("/nowhere", "Not Found"),
    ],
)
def test_what_is_not_there_is_404(client, path, message):
    """Signals, sessions and paths."""
    assert error_of(client.get(path)) == (404, message)


def test_the_own_signal_is_a_target(client):
    """A target may be the signal itself; isHybrid changes nothing."""
    answer = client.sessions(targetSignalId=SIGNAL, isHybrid="true")
    assert answer.json() == client.sessions().json()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_405(client, method):
    """And the answer says which one is allowed."""
    answer = client.get(f"/api/websites/{SIGNAL}/sessions", method=method)
    assert error_of(answer) == (405, "Method Not Allowed")
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("page", value) for value in ("0", "-1", "1.0", "x", "", " 1", "+1", "01", "9" * 30)],
        *[("limit", value) for value in ("0", "-5", "50.5", "1e3", "\u0665", "")],
        *[("isHybrid", value) for value in ("on", "1", "True", "yes", "")],
        *[("orderBy", value) for value in ("id", "Timestamp", "")],
        *[("order", value) for value in ("ascending", "ASC", "")],
        *[("timezone", value) for value in ("Istanbul", "+03:00", "", "../UTC", "UTC\0")],
        ("targetSignalId", ""),
    ],
)
def test_bad_parameters_of_activity_are_422(client, name, value):
    """The message names the parameter."""
    status, message = error_of(client.activity("ses_000001", **{name: value}))
    assert status == 422
    assert f"query parameter '{name}' is {value!r:.60}" in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("offset", "-1"),
        ("offset", "1.0"),
        ("timeframe", "last90days"),
        ("startDate", "yesterday"),
        ("endDate", "2026-02-30"),
        ("startDate", "2026-03-02T09:00:00 03:00"),
        ("timezone", "Nowhere/City"),
        ("isHybrid", "on"),
    ],
)
def test_bad_parameters_of_sessions_are_422(client, name, value):
    """Also where the parameter would not be used."""
    status, message = error_of(client.sessions(**{name: value}))
    assert status == 422
    assert f"query parameter '{name}' is {value!r}" in message


def test_all_bad_parameters_are_named(client):
    """One answer is enough to correct a request."""
    _, message = error_of(client.sessions(limit=0, isHybrid="on"))
    assert "'limit'" in message
    assert "'isHybrid'" in message


def test_a_parameter_that_is_given_twice_is_422(client):
    """Which of the two is meant is not for us to guess."""
    answer = client.get(f"/api/websites/{SIGNAL}/sessions?limit=1&limit=2")
    assert error_of(answer) == (422, "query parameter 'limit' is given more than once")


def test_an_unknown_parameter_is_ignored(client):
    """As most servers do."""
    assert client.sessions(colour="red").status_code == 200


def test_requests_over_the_budget_are_429(serve):
    """Three are answered, the next are not, and Retry-After says how long to wait."""
    client = serve(simulate(sessions=2), requests_per_minute=3)
    assert client.get("/api/websites/x/sessions", headers={"Authorization": "x"}).status_code == 401
    statuses = [client.sessions().status_code, client.activity("x").status_code]
    statuses += [client.sessions(limit=0).status_code]
    assert statuses == [200, 404, 422]
    answer = client.sessions()
    assert error_of(answer) == (429, "Rate limit exceeded")
    assert 55 <= int(answer.headers["Retry-After"]) <= 60
    assert client.get("/openapi.json").status_code == 200


def test_the_budget_is_a_sliding_window():
    """Never more than so many in any 60 seconds, and refused requests do not count."""
    clock = [0.0]
    budget = RequestBudget(2, clock=lambda: clock[0])
    answers = []
    for now in (0, 30, 40, 59.5, 60, 61, 90, 120.5):
        clock[0] = now
        answers.append(budget.spend())
    assert answers == [0, 0, 20, 1, 0, 29, 0, 0]


def test_there_is_no_budget_by_default(client):
    """A test may ask as often as it likes."""
    assert {client.activity("ses_000001").status_code for _ in range(150)} == {200}


@pytest.mark.parametrize(
    "arguments",
    [
        {"api_key": ""},
        {"api_key": "two words"},
        {"api_key": "ş"},
        {"api_key": "a\nb"},
        {"api_key": None},
        {"signal_id": ""},
        {"signal_id": "a/b"},
        {"signal_id": 5},
        {"requests_per_minute": 0},
        {"requests_per_minute": "100"},
        {"max_limit": 0},
        {"max_limit": None},
        {"max_limit": True},
        {"now": datetime(2026, 3, 2)},  # noqa: DTZ001  (that is the fault)
        {"now": "2026-03-02"},
    ],
)
def test_bad_arguments_are_refused(arguments):
    """Before anything is served."""
    accepted = {"api_key": "k", "signal_id": "s"}
    with pytest.raises(InvalidInput):
        create_app(simulate(sessions=1), **(accepted | arguments))


def test_a_bad_key_is_not_in_the_message():
    """A key that was mistyped may be nearly a real one."""
    with pytest.raises(InvalidInput) as raised:
        create_app(simulate(sessions=1), api_key="secret key", signal_id="s")
    assert "secret" not in str(raised.value)


def test_a_bad_timestamp_is_refused():
    """Not when it is asked for, but before the server starts."""
    recording = one_session(event(1, "2026-03-02T09:00:00Z"))
    recording.events["s1"][0]["timestamp"] = "soon"
    with pytest.raises(InvalidInput, match="'soon' is not a timestamp"):
        create_app(recording, api_key="k", signal_id="s")
