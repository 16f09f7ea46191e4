"""Pulling into a store: what is fetched, what is not, and what is said of it."""

from __future__ import annotations

import threading
import time

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.sandbox import Sandbox, simulate
from tests.api.limiters import VirtualTime
from tests.api.scripted import Scripted, answer, page

RECORDING = simulate(120, seed=5)
KEY = "sentinel-key-0123456789"


@pytest.fixture(scope="module")
def sandbox():
    """A stand-in for Hardal."""
    with Sandbox(RECORDING) as running:
        yield running


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    with hf.Store(tmp_path / "store") as opened:
        yield opened


def client_of(server, **options):
    """Make a client without a budget."""
    return hf.Client(
        server.api_key,
        server.signal_id,
        base_url=server.base_url,
        **{"requests_per_minute": None, **options},
    )


def listed(ids, **fields):
    """Make an answer of the session list."""
    rows = [{"id": name, "events": 1} | fields for name in ids]
    pagination = {"total": len(rows), "hasMore": False}
    return answer({"sessions": rows, "pagination": pagination})


def event(number, moment="2020-03-02T07:00:00Z"):
    """Make an event of long ago."""
    return {"id": f"e{number}", "name": "view", "timestamp": moment}


def scripted_client(server, **options):
    """Make a client of a scripted server; one worker, so that the script has an order."""
    return hf.Client(
        KEY, "signal", base_url=server.base_url, workers=1, sleep=lambda _: None, **options
    )


def test_everything_once(sandbox, store):
    """All sessions come with about one request each, and a second pull costs only the list."""
    with client_of(sandbox) as client:
        report = client.pull(store)
        again = client.pull(store)
        truth = client.activities(list(RECORDING.events))
    assert (report.asked, report.fetched, report.failures) == (120, 120, {})
    assert report.requests <= 120 * 1.01 + 1
    assert (again.fetched, again.unchanged, again.requests) == (0, 120, 1)
    events = store.events(list(RECORDING.events))
    pd.testing.assert_frame_equal(events, truth)
    assert report.events == len(truth)


def test_the_frame_does_not_depend_on_the_order_of_arrival(sandbox, tmp_path):
    """Whatever order sessions are fetched in, the store gives the same frame."""
    names = list(RECORDING.events)
    frames = []
    for order in (names, names[::-1]):
        with (
            client_of(sandbox, workers=1) as client,
            hf.Store(tmp_path / f"store{len(frames)}") as store,
        ):
            client.pull(store, order)
            frames.append(store.events())
    pd.testing.assert_frame_equal(*frames)
    firsts = frames[0].drop_duplicates("session_id")["timestamp"]
    assert firsts.is_monotonic_increasing


def test_sessions_join_to_events(sandbox, store):
    """What the list knows of a session can be joined to its events."""
    with client_of(sandbox) as client:
        client.pull(store)
        direct = client.sessions().sort_values(["started_at", "session_id"], ignore_index=True)
    pd.testing.assert_frame_equal(store.sessions()[direct.columns.tolist()], direct)
    joined = hf.with_sessions(store.events(), store.sessions(), ["visitor_id", "country"])
    assert joined["visitor_id"].notna().all()


def test_only_what_changed_is_fetched_again(store):
    """A list row that changed costs a request; the others cost none."""
    script = [
        listed(["a", "b"]), answer(page([event(1)])), answer(page([event(2)])),
        answer({"sessions": [{"id": "a", "events": 1}, {"id": "b", "events": 2}],
                "pagination": {"total": 2, "hasMore": False}}),
        answer(page([event(2), event(3)])),
    ]  # fmt: skip
    with Scripted(*script) as server, scripted_client(server) as client:
        client.pull(store)
        report = client.pull(store)
    assert (report.fetched, report.unchanged) == (1, 1)
    assert len(server.requests) == 5
    assert store.events()["id"].tolist() == ["e1", "e2", "e3"]


def test_another_zone_is_no_change(sandbox, store):
    """The list is written in the zone asked for; that alone makes no session new."""
    with client_of(sandbox) as client:
        client.pull(store)
    with client_of(sandbox, timezone="America/New_York") as client:
        report = client.pull(store)
    assert (report.fetched, report.unchanged) == (0, 120)


def test_open_sessions_that_no_list_told_of_are_fetched_again(store):
    """Named sessions: one of long ago costs nothing the second time, one of now is asked again."""
    now = pd.Timestamp.now(tz="UTC").isoformat()
    script = answer(page([event(1)])), answer(page([event(2, now)]))
    with Scripted(*script) as server, scripted_client(server) as client:
        client.pull(store, ["old", "new"])
        report = client.pull(store, ["old", "new"])
    assert (report.fetched, report.unchanged) == (1, 1)


def test_the_first_list_after_named_sessions_fetches_only_open_ones(store):
    """A closed session that was pulled by its id is not fetched again when a list names it."""
    now = pd.Timestamp.now(tz="UTC").isoformat()
    script = [
        answer(page([event(1)])), answer(page([event(2, now)])),
        listed(["old", "new"]), answer(page([event(2, now)])), listed(["old", "new"]),
    ]  # fmt: skip
    with Scripted(*script) as server, scripted_client(server) as client:
        client.pull(store, ["old", "new"])
        assert client.pull(store).fetched == 1
        assert client.pull(store).fetched == 0


def test_a_session_that_is_gone_does_not_stop_the_pull(store):
    """404 and 422 are noted for the session and told; while it is listed it is asked for again."""
    script = [
        listed(["a", "b", "c"]), answer({}, status=404), answer({}, status=422),
        answer(page([event(3)])), listed(["a", "b", "c"]), answer({}, status=404),
        answer({}, status=422),
    ]  # fmt: skip
    with Scripted(*script) as server, scripted_client(server) as client:
        first = client.pull(store)
        second = client.pull(store)
    for report in first, second:
        assert {name: kind for name, (kind, _) in report.failures.items()} == {
            "a": "gone", "b": "refused",
        }  # fmt: skip
        assert not report.is_complete
    assert len(server.requests) == 7
    assert second.unchanged == 1
    with pytest.warns(hf.DataWarning, match="2 of 3 sessions are not completely stored"):
        assert store.events()["session_id"].tolist() == ["c"]
    with pytest.raises(hf.IncompleteSession, match="'a': gone: .*404") as caught:
        store.events(["a", "c"])
    assert caught.value.events["id"].tolist() == ["e3"]
    assert list(caught.value.failed) == ["a"]


def test_a_named_session_is_asked_for_again_though_it_was_gone(store):
    """Whoever names a session means it."""
    script = answer({}, status=404), answer(page([event(1)]))
    with Scripted(*script) as server, scripted_client(server) as client:
        assert client.pull(store, ["a"]).count("gone") == 1
        assert client.pull(store, ["a"]).fetched == 1


def test_passing_faults_get_a_second_chance_at_the_end(store):
    """A session that fails six times is tried once more when the others are done."""
    good = [answer(page([event(1)])), answer(page([event(2)]))]
    script = [listed(["a", "b"]), *[answer({}, status=503)] * 6, *good]
    with Scripted(*script) as server, scripted_client(server) as client:
        report = client.pull(store)
    assert (report.fetched, report.retries, report.failures) == (2, 5, {})


def test_a_server_that_fails_for_all_ends_the_pull(store):
    """After eight sessions in a row it is not the sessions; what is stored stays."""
    names = [f"s{number}" for number in range(20)]
    script = [listed(names), answer(page([event(1)])), answer({}, status=500)]
    with (
        Scripted(*script) as server,
        scripted_client(server) as client,
        pytest.raises(hf.BadResponse, match="500") as caught,
    ):
        client.pull(store)
    assert caught.value.__notes__ == [
        "1 of 20 sessions were fetched and are stored; pull again to go on from there."
    ]
    assert len(server.requests) == 2 + 8 * 6
    assert store.status().sessions["failed"] == 8
    assert store.status().sessions["waiting"] == 11


def test_a_refused_key_stops_at_once(store):
    """401 in the middle: no further request, the stored sessions stay, the key is not told."""
    script = listed(["a", "b", "c"]), answer(page([event(1)])), answer({}, status=401)
    with (
        Scripted(*script) as server,
        scripted_client(server) as client,
        pytest.raises(hf.AuthenticationError, match="HARDAL_API_KEY") as caught,
    ):
        client.pull(store)
    assert len(server.requests) == 3
    assert KEY not in str(caught.value) + str(caught.value.__notes__)
    assert store.status().stored_sessions == 1


def test_partial_sessions_are_kept_apart(store):
    """What is not proven complete is in the frame only if asked for, and never replaces."""
    short = answer(page([event(1)], total=3))
    whole = answer(page([event(1), event(2), event(3)]))
    script = listed(["a"]), *[short] * 9
    with Scripted(*script) as server, scripted_client(server) as client:
        report = client.pull(store)
    assert report.count("partial") == 1
    assert "of 3 events arrived" in report.failed_sessions()["reason"].iloc[0]
    with pytest.warns(hf.DataWarning, match="1 of 1 sessions"):
        assert store.events().empty
    assert store.events(["a"], partial=True)["id"].tolist() == ["e1"]
    with Scripted(listed(["a"]), whole) as server, scripted_client(server) as client:
        assert client.pull(store).fetched == 1
    with Scripted(listed(["a"], os="x"), *[short] * 9) as server, scripted_client(server) as client:
        assert client.pull(store).count("partial") == 1
    with pytest.warns(hf.DataWarning, match="1 stored sessions have changed since"):
        assert store.events()["id"].tolist() == ["e1", "e2", "e3"]
    with pytest.warns(hf.DataWarning, match="the result has them as they were"):
        assert len(store.events(["a"])) == 3


def test_two_pulls_at_once_share_the_work(sandbox, tmp_path):
    """Two clients on one store fetch each session once between them."""
    reports = {}

    def pull(number):
        with client_of(sandbox) as client, hf.Store(tmp_path / "store") as store:
            reports[number] = client.pull(store, progress=False)

    threads = [threading.Thread(target=pull, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert reports[0].fetched + reports[1].fetched == 120
    assert all(each.fetched + each.by_others + each.unchanged == 120 for each in reports.values())
    with hf.Store(tmp_path / "store") as store:
        assert store.status().stored_sessions == 120


def test_interrupted_and_resumed(sandbox, store):
    """Ctrl-C keeps what has come, says how far it came, and nothing is fetched twice."""

    def interrupt(done, _total):
        if done == 40:
            raise KeyboardInterrupt

    with client_of(sandbox) as client:
        with pytest.raises(KeyboardInterrupt) as caught:
            client.pull(store, progress=interrupt)
        assert "of 120 sessions were fetched" in caught.value.__notes__[0]
        kept = store.status().stored_sessions
        report = client.pull(store)
    assert 40 <= kept < 60
    assert report.fetched == 120 - kept


def test_interrupted_while_the_server_hangs(store):
    """Ctrl-C returns within two seconds though a request hangs."""

    def hang(_connection):
        time.sleep(8)

    script = listed(["a", "b"]), answer(page([event(1)])), hang
    started = None

    def interrupt(_done, _total):
        nonlocal started
        started = time.monotonic()
        raise KeyboardInterrupt

    with Scripted(*script) as server, scripted_client(server) as client:
        with pytest.raises(KeyboardInterrupt):
            client.pull(store, progress=interrupt)
        assert time.monotonic() - started < 2
    assert store.status().stored_sessions == 1


def test_plan_comes_first(sandbox, store, capsys):
    """The plan says how many requests, and how long they take."""
    waits = VirtualTime()
    with client_of(sandbox, requests_per_minute=30, clock=waits.clock, sleep=waits.sleep) as client:
        report = client.pull(store, list(RECORDING.events)[:70], progress=True)
    assert "70 sessions to fetch: 70 requests, about 2 min" in capsys.readouterr().err
    assert report.plan.requests == 70
    assert waits.clock() - 1000 == pytest.approx(report.plan.duration.total_seconds(), rel=0.05)


def test_page_sizes_follow_the_list(sandbox, store):
    """No session of few events is asked for with a page of a thousand."""
    asked = []
    with client_of(sandbox) as client:
        fetch = client._connection.endpoints.activity_page
        client._connection.endpoints.activity_page = lambda *given, **named: (
            asked.append(given[1]["limit"]) or fetch(*given, **named)
        )
        client.pull(store)
    assert min(asked) == 50
    assert max(asked) <= 1000


def test_the_report_is_read_by_people_and_programs(store):
    """Everything odd is counted, printed and in the frame."""
    odd = [
        {"id": "e1", "name": "a", "timestamp": "2020-03-02T07:00:00", "properties": {"n": 1}},
        {"id": "e1", "name": "a", "timestamp": "2020-03-02T07:00:00", "properties": {"n": 1}},
        {"id": "e1", "name": "b", "timestamp": "nonsense", "properties": {"n": "2"}},
        {"name": "c", "timestamp": 1583132400, "properties": {"n": float("nan")}},
    ]
    with Scripted(listed(["a"]), answer(page(odd))) as server, scripted_client(server) as client:
        report = client.pull(store)
    table = report.to_frame().set_index("count")["value"]
    assert {name: table[name] for name in (
        "sessions fetched", "events fetched", "duplicates dropped", "conflicting ids", "ids made",
        "naive timestamps", "unreadable timestamps", "texts coerced", "non-finite numbers",
    )} == {
        "sessions fetched": 1, "events fetched": 3, "duplicates dropped": 1, "conflicting ids": 1,
        "ids made": 1, "naive timestamps": 1, "unreadable timestamps": 1, "texts coerced": 1,
        "non-finite numbers": 1,
    }  # fmt: skip
    said = str(report)
    assert "1 of 1 sessions fetched with 3 events: 2 requests" in said
    assert "1 duplicates dropped" in said
    assert "0 retries" not in said
    assert report.failed_sessions().columns.tolist() == ["session_id", "outcome", "reason"]


def test_ids_that_no_request_can_name(store):
    """A listed id that cannot stand in an address is told, and stops nobody else."""
    script = listed(["..", "ok", "a\nb"]), answer(page([event(1)]))
    with Scripted(*script) as server, scripted_client(server) as client:
        report = client.pull(store)
    assert report.fetched == 1
    assert sorted(report.failures) == ["..", "a\nb"]
    assert report.forgotten == 0


def test_forgotten_sessions_stay_forgotten(store):
    """A pull never brings back whom the store was told to forget, by session or by visitor."""
    rows = listed(["a", "b"], visitorId="v")
    script = rows, answer(page([event(1)])), answer(page([event(2)])), rows
    with Scripted(*script) as server, scripted_client(server) as client:
        client.pull(store)
        assert store.forget(visitor_ids=["v"]) == 2
        report = client.pull(store)
    assert (report.fetched, report.forgotten) == (0, 2)
    assert len(server.requests) == 4
    assert store.events().empty


def test_a_store_belongs_to_one_signal(store):
    """Two signals are not mixed."""
    with Scripted(listed(["a"]), answer(page([event(1)]))) as server:
        with scripted_client(server) as client:
            client.pull(store)
        with (
            hf.Client(KEY, "other", base_url=server.base_url) as client,
            pytest.raises(hf.StoreError, match="holds sessions of signal 'signal'"),
        ):
            client.pull(store)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda client, _: client.pull("folder"), r"store is a str.*hf\.Store\("),
        (lambda client, store: client.pull(store, "s1"), "session_ids is one text"),
        (lambda client, store: client.pull(store, [""]), "session_id is ''"),
        (lambda client, store: client.pull(store, ["a"], timeframe="today"), "one or the other"),
        (lambda client, store: client.pull(store, timeframe="tody"), "Did you mean 'today'"),
    ],
)
def test_bad_calls(sandbox, store, call, said):
    """What cannot be meant is told."""
    with client_of(sandbox) as client, pytest.raises(hf.InvalidInput, match=said):
        call(client, store)


def test_four_workers_are_at_work_at_once(tmp_path):
    """Slow answers are waited for four at a time."""
    most, now = 0, 0
    lock = threading.Lock()
    with Sandbox(RECORDING) as sandbox, client_of(sandbox) as client:
        fetch = client._connection.endpoints.activity_page

        def slow(*given, **named):
            nonlocal most, now
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.05)
            try:
                return fetch(*given, **named)
            finally:
                with lock:
                    now -= 1

        client._connection.endpoints.activity_page = slow
        with hf.Store(tmp_path / "store") as store:
            client.pull(store, list(RECORDING.events)[:20])
    assert most == 4


@pytest.mark.parametrize(("count", "again"), [(10, 10), (30, 0)])
def test_a_list_that_counts_in_its_own_way(store, count, again):
    """Where the list's numbers are wrong of all, it is doubted at most a few times, and once."""
    names = [f"s{number:02}" for number in range(count)]
    odd = listed(names, events=9)
    answers = [answer(page([event(number)])) for number in range(count)]
    script = odd, *answers, odd, *answers[:again], odd
    with Scripted(*script) as server, scripted_client(server) as client:
        fetched = [client.pull(store, progress=False).fetched for _ in range(3)]
    assert fetched == [count, again, 0]
    assert len(server.requests) == len(script)
