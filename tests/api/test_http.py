"""One request: what is tried again, what is refused, and what each fault says."""

from __future__ import annotations

import gzip
import logging
import pickle
import threading
import time
import traceback

import pytest

import hardal_frames as hf
from hardal_frames.api._retry import RetryPolicy, retry_after
from tests.api.scripted import Scripted, answer, page

KEY = "sentinel-key-0123456789"
EVENT = {"id": "e1", "name": "a", "timestamp": "2026-03-02T07:00:00Z"}
GOOD = answer(page([EVENT]))


class Waits:
    """A sleep that only counts, and a clock that the sleep moves."""

    def __init__(self):
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds):
        """Pass the time at once."""
        self.slept.append(seconds)
        self.now += seconds

    def clock(self):
        """Tell the time."""
        return self.now


@pytest.fixture
def waits():
    """Time that passes as fast as the test."""
    return Waits()


def client_of(server, waits, **options):
    """Make a client of a scripted server, whose waits take no time."""
    return hf.Client(
        KEY, "signal", base_url=server.base_url, clock=waits.clock, sleep=waits.sleep, **options
    )


def drip(connection):
    """Send an answer a byte at a time, without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.05)


@pytest.mark.parametrize(
    "fault",
    [
        answer({}, status=500),
        answer({}, status=503),
        answer(page([EVENT]), cut=10),
        answer(b'{"events": ['),
        answer(b"\xff\xfe{}"),
        answer({"error": {"code": 500, "message": "oops"}}),
        answer({"events": {}}),
        answer([]),
        answer(gzip.compress(b"{}")[:-4], headers=["Content-Encoding: gzip"]),
        b"",
        b"not http at all\r\n\r\n",
    ],
    ids=[
        "500", "503", "cut body", "cut json", "no utf-8", "error in 200", "no list", "no object",
        "broken gzip", "closed", "no http",
    ],
)  # fmt: skip
def test_passing_faults_are_tried_again(waits, fault):
    """What may pass is asked for again, body and shape included."""
    with Scripted(GOOD, fault, fault, GOOD) as server, client_of(server, waits) as client:
        client.activity("first")
        events = client.activity("s")
    assert events["id"].tolist() == ["e1"]
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (answer({"error": {"code": 401, "message": "Invalid API key"}}, status=401),
         hf.AuthenticationError, "HARDAL_API_KEY.*"),
        (answer({}, status=403), hf.AuthenticationError, "may read this signal"),
        (answer({}, status=404), hf.NotFound, "Session 's' of signal 'signal'"),
        (answer({"error": {"code": 422, "message": "page must be >= 1"}}, status=422),
         hf.RequestRefused, r"\(422\).*page must be"),
        (answer(b"<html>login</html>", content_type="text/html"), hf.BadResponse, "a web page"),
        (answer(b"  <!doctype html>"), hf.BadResponse, "a proxy or a login"),
        (answer({}, status=302, headers=["Location: http://127.0.0.1:1/"]),
         hf.BadResponse, "redirects"),
    ],
)  # fmt: skip
def test_final_faults_are_not_tried_again(waits, fault, error, said):
    """What asking again cannot mend is told at once."""
    with (
        Scripted(fault) as server,
        client_of(server, waits) as client,
        pytest.raises(error, match=said),
    ):
        client.activity("s")
    # A page size may be what is refused: a small one is tried.
    assert len(server.requests) == (2 if error is hf.RequestRefused else 1)
    assert waits.slept == []


def test_lasting_fault_ends_after_six_tries(waits):
    """A server that keeps failing is left alone, with pauses that grow."""
    with (
        Scripted(answer({}, status=502)) as server,
        client_of(server, waits) as client,
        pytest.raises(hf.BadResponse, match=r"fails \(502\)"),
    ):
        client.activity("s")
    assert len(server.requests) == 6
    assert len(waits.slept) == 5


def test_too_many_requests_waits_as_long_as_asked(waits):
    """Retry-After is obeyed; without it, the wait is our own window."""
    for header, wait in (["Retry-After: 7"], 7.0), ([], 60.25), (["Retry-After: soon"], 60.25):
        waits.slept.clear()
        script = answer({}, status=429, headers=header), GOOD
        with Scripted(*script) as server, client_of(server, waits) as client:
            client.activity("s")
        assert waits.slept == [wait]


def test_rate_limited_without_end(waits):
    """A server that refuses for ever is an error of its own."""
    with (
        Scripted(answer({}, status=429)) as server,
        client_of(server, waits) as client,
        pytest.raises(hf.RateLimited, match="Others may use the same key"),
    ):
        client.activity("s")


def test_budget_is_kept(waits):
    """No more requests than the budget leave within a minute."""
    with Scripted(GOOD) as server, client_of(server, waits, requests_per_minute=3) as client:
        for _ in range(7):
            client.activity("s")
    assert sum(waits.slept) == 120.5


def test_slow_drip_ends_at_the_deadline():
    """An answer that comes byte by byte has a deadline of its own."""
    started = time.monotonic()
    with (
        Scripted(GOOD, drip) as server,
        hf.Client(
            KEY, "signal", base_url=server.base_url, timeout=0.2, sleep=lambda _: None
        ) as client,
    ):
        client.activity("first")
        with pytest.raises(hf.ConnectionFailed, match="did not come whole within 0.2 s"):
            client.activity("s")
    assert time.monotonic() - started < 10


def test_nobody_there_is_told_soon(waits):
    """An address where nothing listens is tried twice only."""
    client = hf.Client(
        KEY, "signal", base_url="http://127.0.0.1:9", clock=waits.clock, sleep=waits.sleep
    )
    with pytest.raises(hf.ConnectionFailed, match=r"http://127.0.0.1:9.*Is the address right"):
        client.activity("s")
    assert len(waits.slept) == 1


def test_netrc_does_not_replace_the_key(waits, tmp_path, monkeypatch):
    """A ~/.netrc for the host must not travel instead of the Bearer header."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Scripted(GOOD) as server, client_of(server, waits) as client:
        client.activity("s")
    assert f"Authorization: Bearer {KEY}" in server.requests[0]


def test_ids_are_quoted(waits):
    """An id is one part of the path, whatever it holds."""
    with Scripted(GOOD) as server, client_of(server, waits) as client:
        client.activity("a/../b?c#d ş")
    assert "/sessions/a%2F..%2Fb%3Fc%23d%20%C5%9F/activity?" in server.requests[0]


@pytest.mark.parametrize("session_id", ["", ".", "..", "a\nb", "a\x00", 7, None])
def test_impossible_ids_are_refused(waits, session_id):
    """An id that could name another place never leaves."""
    client = hf.Client(KEY, "signal", base_url="http://127.0.0.1:9", sleep=waits.sleep)
    with pytest.raises(hf.InvalidInput, match="session_id is"):
        client.activity(session_id)


def test_key_is_shown_nowhere(waits, caplog, capfd):
    """Not in reprs, logs, errors, tracebacks with locals, or pickles."""
    caplog.set_level(logging.DEBUG)
    shown = []
    with Scripted(answer({}, status=401)) as server, client_of(server, waits) as client:
        shown += [repr(client), str(client)]
        try:
            client.activity("s")
        except hf.AuthenticationError as error:
            lines = traceback.TracebackException.from_exception(error, capture_locals=True)
            shown += [*lines.format(), repr(error), str(vars(error))]
            assert error.__context__ is None or error.__suppress_context__
        with pytest.raises(TypeError, match="not pickled|cannot pickle"):
            pickle.dumps(client)
    shown += [record.getMessage() for record in caplog.records]
    out, err = capfd.readouterr()
    assert KEY not in "".join(shown) + out + err
    assert KEY in server.requests[0]


def locals_of(error):
    """All that a report with local variables would show of an error, its contexts included."""
    shown = []
    while error is not None:
        frames = traceback.TracebackException.from_exception(error, capture_locals=True)
        # This file's own frames hold the key, as a caller's may.
        shown += [
            str(frame.locals) for frame in frames.stack if not frame.filename.endswith(__file__)
        ]
        shown += [str(error), repr(error), str(vars(error))]
        error = error.__cause__ or error.__context__
    return "".join(shown)


@pytest.mark.parametrize(
    "options",
    [{"timezone": "nope"}, {"timeout": 0}, {"base_url": "x"}, {"page_size": 0}, {"types": 3}],
)
def test_key_is_in_no_local_variable(monkeypatch, options):
    """Not when another argument is wrong, wherever the key came from."""
    for from_environment in (True, False):
        if from_environment:
            monkeypatch.setenv("HARDAL_API_KEY", KEY)
        with pytest.raises(hf.InvalidInput) as caught:
            hf.Client(None if from_environment else KEY, "signal", **options)
        assert KEY not in locals_of(caught.value)


@pytest.mark.parametrize("key", [KEY + " x", KEY + "ş"])
def test_impossible_key_is_not_shown(key):
    """Nor when it is the key that is wrong."""
    with pytest.raises(hf.AuthenticationError) as caught:
        hf.Client(key, "signal")
    assert KEY not in locals_of(caught.value)


@pytest.mark.parametrize(
    "echo",
    [
        answer({"error": {"code": 401, "message": f"Invalid API key Bearer {KEY}"}}, status=401),
        answer({"error": {"code": 422, "message": KEY}}, status=422),
        answer({"error": {"code": 500, "message": KEY}}, status=500),
        answer({"error": {"message": f"no {KEY}"}}),
        answer({"events": [], "totalCount": KEY, "page": 1, "pageSize": 1, "hasMore": False}),
    ],
)
def test_key_that_the_server_echoes_is_not_shown(waits, echo):
    """What the server says is quoted without the key."""
    with (
        Scripted(echo) as server,
        client_of(server, waits) as client,
        pytest.raises(hf.HardalError) as caught,
    ):
        client.activity("s")
    assert KEY not in locals_of(caught.value)


def test_no_tls_there(waits):
    """An https address that speaks no TLS is told, tried once, without the request in the error."""
    with Scripted(GOOD) as server:
        address = server.base_url.replace("http:", "https:")
        client = hf.Client(KEY, "signal", base_url=address, sleep=waits.sleep)
        with client, pytest.raises(hf.ConnectionFailed, match="No secure connection") as caught:
            client.activity("s")
    assert caught.value.__context__ is None
    assert KEY not in locals_of(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("inf", None), ("soon", None), ("", None),
     ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0), ("99999999", 3600.0)],
)  # fmt: skip
def test_retry_after(header, seconds):
    """Integers, floats and dates are read; rubbish is not; nothing waits for days."""
    assert retry_after(header) == seconds


def test_pauses_have_full_jitter():
    """A pause is anything up to a bound that doubles and then stays."""
    policy = RetryPolicy()
    for attempt, most in (1, 0.5), (3, 2.0), (9, 30.0):
        assert all(0 <= policy.pause(attempt) <= most for _ in range(50))


def test_server_ends_by_itself():
    """The test's own server leaves no thread behind."""
    before = threading.active_count()
    with Scripted(GOOD):
        pass
    assert threading.active_count() == before
