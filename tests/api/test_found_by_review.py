"""What a severe reader found, each as it was found."""

from __future__ import annotations

import json
import multiprocessing
import signal
import sqlite3
import threading
import time
import traceback
from email.utils import formatdate

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.api._retry import retry_after
from tests.api.faulty import KEY, SIGNAL, FaultyHardal
from tests.api.faulty_client import client_of
from tests.api.faulty_faults import Answer, Fault, status
from tests.api.faulty_world import Paging, World, event, events
from tests.api.limiters import VirtualTime
from tests.api.scripted import Scripted, answer, page


def ids_of_sessions(client, names, results):
    """Fetch in a forked child, over and over."""
    for name in names:
        results.put((name, client.activity(name)["session_id"].unique().tolist()))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_client_that_was_forked_reads_its_own_answers():
    """Two children do not share the parent's connection."""
    names = [f"s{number}" for number in range(12)]
    world = World({name: events(2, start=10 * place) for place, name in enumerate(names)})
    forked = multiprocessing.get_context("fork")
    results = forked.Queue()
    with FaultyHardal(world) as server, client_of(server, requests_per_minute=None) as client:
        client.activity("s0")
        children = [
            forked.Process(target=ids_of_sessions, args=[client, names[part::2], results])
            for part in range(2)
        ]
        for child in children:
            child.start()
        got = [results.get(timeout=30) for _ in names]
        for child in children:
            child.join(10)
    assert all(found == [name] for name, found in got)


def test_a_named_session_that_is_still_open_is_asked_for(tmp_path):
    """No list is read, so an unchanged list row proves nothing of a session of a minute ago."""
    now = pd.Timestamp.now(tz="UTC").isoformat()
    first, second = [event(1, timestamp=now)], [event(1, timestamp=now), event(2, timestamp=now)]
    rows = [{"id": "live", "events": 1}]
    listing = answer({"sessions": rows, "pagination": {"total": 1, "hasMore": False}})
    with (
        Scripted(listing, answer(page(first)), answer(page(second))) as server,
        hf.Client(KEY, SIGNAL, base_url=server.base_url) as client,
        hf.Store(tmp_path / "store") as store,
    ):
        client.pull(store, progress=False)
        assert client.pull(store, ["live"]).fetched == 1
        assert len(store.events(["live"])) == 2


def test_all_gone_is_no_success(tmp_path):
    """Each listed session answers 404: the pull ends with it, and the right setting goes on."""
    world = World({f"s{number:02}": events(1) for number in range(30)})

    def plan(_number, request):
        wrong = request.session_id and request.query["isHybrid"] == "false"
        return status(404) if wrong else None

    with FaultyHardal(world, plan=plan) as server, hf.Store(tmp_path / "store") as store:
        with client_of(server) as client, pytest.raises(hf.NotFound):
            client.pull(store, progress=False)
        with client_of(server, is_hybrid=True) as client:
            report = client.pull(store, progress=False)
    assert report.fetched == 30


@pytest.mark.parametrize("seed", range(30))
def test_ties_without_ids_at_a_page_border(seed):
    """Whatever order a tied pair stands in, none comes twice in place of the other."""
    feed = [event(n, id=None, second=n if n not in {3, 4} else 3) for n in range(8)]
    world = World({f"s{seed}": feed})
    with (
        FaultyHardal(world, paging=Paging(cap=4, ties="shuffled")) as server,
        client_of(server) as client,
    ):
        try:
            got = client.activity(f"s{seed}")
        except hf.IncompleteSession:
            return
    assert sorted(got["prop_n"]) == list(range(8))


def test_ctrl_c_while_another_holds_the_lock(tmp_path):
    """It is heard soon, and leaves no transaction behind."""
    with hf.Store(tmp_path / "store") as store:
        other = sqlite3.connect(tmp_path / "store" / "sessions.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            store.forget(["a"])
        assert time.monotonic() - started < 3
        other.execute("ROLLBACK")
        other.close()
        assert store.forget(["a"]) == 0
        assert store.sessions().empty


@pytest.mark.parametrize("call", ["activity", "pull"])
def test_the_key_after_ctrl_c(tmp_path, call):
    """A traceback with its local variables does not show it."""

    def interrupt(_connection):
        signal.raise_signal(signal.SIGINT)
        time.sleep(1)

    with (
        Scripted(interrupt) as server,
        hf.Client(KEY, SIGNAL, base_url=server.base_url) as client,
        hf.Store(tmp_path / "store") as store,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        client.activity("s") if call == "activity" else client.pull(store)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert KEY not in "".join(told.format())


def test_a_lost_key_of_hashes_is_told(tmp_path):
    """Another key would give equal values other hashes, in silence."""
    folder = tmp_path / "store"
    hf.Store(folder, hash_properties=["user_id"]).close()
    for content in (None, "ff" * 32, "no key at all"):
        (folder / "hash.key").unlink()
        if content:
            (folder / "hash.key").write_text(content, encoding="ascii")
        with pytest.raises(hf.StoreError, match="not the key that the store was made with"):
            hf.Store(folder)
        (folder / "hash.key").touch()


def test_a_limit_that_is_refused_instead_of_capped():
    """A server that answers 422 to a large page is asked for smaller ones."""

    def plan(_number, request):
        return status(422) if int(request.query.get("limit", 0)) > 50 else None

    with (
        FaultyHardal(World({"s": events(70)}), plan=plan) as server,
        client_of(server, page_size=1000) as client,
    ):
        assert len(client.activity("s")) == 70


def test_a_refusal_that_asks_for_too_short_a_wait():
    """Who says "again in a second" for half a minute is believed less each time."""
    waits = VirtualTime()
    began = waits.clock()

    def plan(_number, _request):
        early = waits.clock() - began < 25
        return status(429, ("Retry-After", "1")) if early else None

    with (
        FaultyHardal(World({"s": events(2)}), plan=plan, server_time=waits) as server,
        client_of(server) as client,
    ):
        assert len(client.activity("s")) == 2


def test_a_chunk_size_that_drips():
    """The deadline holds for every part of an answer."""

    def drip(connection, _answer):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(60):
            connection.sendall(b"0")
            time.sleep(0.1)

    fault = Fault("drips in a chunk's size", send=drip)
    with (
        FaultyHardal(World({"s": events(2)}), plan=lambda number, _: fault) as server,
        client_of(server, timeout=0.3) as client,
    ):
        client._connection.transport._retry = type(client._connection.transport._retry)(tries=1)
        started = time.monotonic()
        with pytest.raises(hf.ConnectionFailed, match="did not come whole within"):
            client.activity("s")
        assert time.monotonic() - started < 3


@pytest.mark.parametrize("header", ["1 Jan 99999999999999999999 00:00:00 GMT", "", "nan"])
def test_an_impossible_date_to_wait_for(header):
    """Rubbish is ignored, whatever error its reading ends in."""
    assert retry_after(header) is None
    assert retry_after(formatdate(0)) == 0


def test_a_wrong_signal_does_not_claim_the_store(tmp_path):
    """A store that has nothing yet belongs to nobody."""
    with FaultyHardal(World({"s": events(2)})) as server, hf.Store(tmp_path / "store") as store:
        with (
            hf.Client(KEY, "wrong", base_url=server.base_url) as client,
            pytest.raises(hf.HardalError),
        ):
            client.pull(store)
        with client_of(server) as client:
            assert client.pull(store, progress=False).fetched == 1


def test_strangers_folders_and_empty_stores(tmp_path):
    """A folder with other things is not made a store, and nothing replaces a good export."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "work.py").write_text("x", encoding="utf-8")
    with pytest.raises(hf.StoreError, match="holds something else than a store"):
        hf.Store(project)
    assert [entry.name for entry in project.iterdir()] == ["work.py"]
    for path in ("", None, 5):
        with pytest.raises(hf.InvalidInput, match="the name of a folder"):
            hf.Store(path)
    with (
        hf.Store(tmp_path / "new") as store,
        pytest.raises(hf.StoreError, match="Nothing was ever pulled"),
    ):
        store.export(tmp_path / "out")


def test_an_empty_page_that_says_that_more_follows():
    """One probe more, before a session is believed to be empty."""
    lie = Answer({"events": [], "totalCount": 0, "page": 1, "pageSize": 50, "hasMore": True})
    fault = Fault("an empty first page", alter=lambda _: lie)
    with (
        FaultyHardal(
            World({"s": events(2)}), plan=lambda number, _: fault if number == 1 else None
        ) as server,
        client_of(server, page_size=1) as client,
    ):
        assert client.activity("s")["id"].tolist() == ["e0", "e1"]
    assert json.dumps(lie.value)


def test_ctrl_c_while_a_worker_starts(tmp_path, monkeypatch):
    """It is Ctrl-C that comes through, not that a thread which never began cannot be joined."""

    def interrupted(_thread):
        raise KeyboardInterrupt

    with (
        Scripted(lambda _connection: None) as server,
        hf.Client(KEY, SIGNAL, base_url=server.base_url) as client,
        hf.Store(tmp_path / "store") as store,
    ):
        monkeypatch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.pull(store, ["s"], progress=False)
        monkeypatch.undo()
