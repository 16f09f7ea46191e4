"""A store that pulls from a world that changes, errs and interrupts: it never holds a falsehood.

A session that the store calls complete is what the world held at one moment between the first
request for it and its last answer; after a quiet pull it is what the world holds.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import tempfile
import threading
import warnings
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import event as noted
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import hardal_frames as hf
from tests.api import faulty_faults as faults
from tests.api.faulty import FaultyHardal, no_plan
from tests.api.faulty_client import client_of, ids_of, shown, told
from tests.api.faulty_world import Paging, World, each_once, event, list_row

NAMES = [f"s{n}" for n in range(4)]
MOST_REQUESTS_A_SESSION = 80

ODD = [
    *faults.LOST,
    *faults.PACKED,
    *faults.UNREADABLE,
    *faults.PAGES,
    *faults.FAILING,
    *(fault for fault, _ in faults.TOO_MANY[:5]),
    *faults.DENIED,
    faults.NOT_FOUND,
    faults.UNPROCESSABLE,
    faults.SAME_PAGE,
    faults.FIRST_PAGE,
    faults.empty_page(),
    faults.has_more(value=True),
    faults.total_off(1),
]
SESSIONS = st.integers(0, len(NAMES) - 1).map(NAMES.__getitem__)
PLACES = st.integers(0, 12)
KINDS = st.sampled_from(["end", "early", "delete"])
STORIES = st.dictionaries(
    st.tuples(SESSIONS, st.integers(1, 6)),
    st.tuples(st.none() | st.sampled_from(ODD), st.lists(st.tuples(KINDS, PLACES), max_size=2)),
    max_size=5,
)
WHERE = ["progress", "sleep", "clock"]
NEWS = st.lists(st.tuples(SESSIONS, KINDS, PLACES), max_size=3)
LIST_STORIES = st.dictionaries(st.integers(1, 4), st.sampled_from(ODD), max_size=1)


class PullMachine(RuleBasedStateMachine):
    """Sessions change, the server errs, pulls run and are stopped, stores open and forget."""

    def __init__(self):
        super().__init__()
        self.world = World()
        self.number = 100
        self.is_news = True
        self.forgotten: set[str] = set()
        self.visitors_gone: set[str] = set()
        self.kept: dict[str, list] = {}
        self.server = FaultyHardal(self.world)
        self.server.open()
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        os.environ["HARDAL_FRAMES_CACHE_DIR"] = str(self.folder / "cache")
        self.store = hf.Store(self.folder / "store")

    def teardown(self):
        """End the server, and remove the store."""
        self.store.close()
        self.server.shut()
        self._folder.cleanup()
        os.environ.pop("HARDAL_FRAMES_CACHE_DIR", None)

    @initialize(
        counts=st.lists(st.integers(1, 9), min_size=1, max_size=4),
        cap=st.sampled_from([1000, 3, 4]),
        list_cap=st.sampled_from([1000, 2, 3]),
        tells_cap=st.booleans(),
        list_order=st.sampled_from(["latest", "oldest"]),
    )
    def begin(self, counts, cap, list_cap, tells_cap, list_order):
        """Some sessions, and a way to cut pages."""
        self.server.paging = Paging(
            cap=cap, list_cap=list_cap, tells_cap=tells_cap, list_order=list_order
        )
        for name, count in zip(NAMES, counts, strict=False):
            self.add(name, count)

    @rule(name=SESSIONS, count=st.integers(1, 7))
    def add(self, name, count):
        """A session begins."""
        self.is_news = True
        if name not in self.world.sessions:
            self.world.add_session(name, [self.new(second) for second in range(count)])

    @rule(name=SESSIONS)
    def remove(self, name):
        """A session vanishes from the API."""
        self.is_news = True
        self.world.remove_session(name)

    @rule(name=SESSIONS, kind=KINDS, place=PLACES)
    def change(self, name, kind, place):
        """An event arrives or is deleted."""
        self.is_news = True
        feed = self.world.feed(name) if name in self.world.sessions else []
        if kind == "delete" and feed:
            self.world.delete(name, feed[place % len(feed)]["id"])
        elif kind == "end":
            self.world.arrive(name, self.new(100 + self.number))
        elif kind == "early":
            self.world.arrive(name, self.new(place - 0.5))

    def new(self, second):
        """An event that never was before."""
        self.number += 1
        return event(self.number, second=second)

    def planned(self, stories, list_stories):
        """Plan what happens at the first, second, ... request of each session and of the list."""
        turns: dict[str | None, int] = {}

        def plan(_number, request):
            turn = turns[request.session_id] = turns.get(request.session_id, 0) + 1
            if request.session_id is None:
                return list_stories.get(turn)
            fault, changes = stories.get((request.session_id, turn), (None, ()))

            def change(_world, _request):
                for kind, place in changes:
                    self.change(request.session_id, kind, place)

            return dataclasses.replace(fault or faults.Fault("none"), change=change)

        return plan

    def check(self, before):
        """Each session is as it was before the pull, or was so in the world during it."""
        asked = [request.session_id for request in self.server.requests]
        for name in NAMES:
            rows = self.held(name)
            assert asked.count(name) <= MOST_REQUESTS_A_SESSION
            if rows is None and name in self.visitors_gone:
                self.kept.pop(name, None)
            if rows == self.kept.get(name):
                continue
            assert name in asked, f"{name} changed without a request"
            assert rows is not None, f"{name} was complete and is lost"
            states = [
                told({name: each_once(state)})
                for state in self.world.states_since(name, before[name])
                if state is not None
            ]
            ids = [ids_of(state) for state in states]
            assert rows in states, f"the store has {ids_of(rows)}, never so: {ids}"
            self.kept[name] = rows

    def held(self, name):
        """What the store says of a session, or None if it does not call it complete."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", hf.DataWarning)
                return shown(self.store.events([name]))
        except hf.IncompleteSession:
            return None

    def marked(self, news=()):
        """Change the world first; which states the sessions are in, and a clean record."""
        for each in news:
            self.change(*each)
        self.is_news = True
        self.server.requests.clear()
        return {name: self.world.version(name) for name in NAMES}

    def pull(self, store=None, session_ids=None):
        """Pull; give the report, or the error if it ended with one of ours."""
        with client_of(self.server, page_size=1000) as client:
            try:
                report = client.pull(store or self.store, session_ids, progress=False)
            except (hf.HardalError, KeyboardInterrupt) as error:
                assert not isinstance(error, hf.InvalidInput | hf.StoreError)
                return error
        return report

    @rule(news=NEWS, stories=STORIES, list_stories=LIST_STORIES)
    def pull_with_faults(self, news, stories, list_stories):
        """A pull while the world changes and the server errs."""
        before = self.marked(news)
        self.server.plan = self.planned(stories, list_stories)
        noted(f"with faults: {type(self.pull()).__name__}")
        self.server.plan = no_plan
        self.check(before)

    @rule(names=st.lists(SESSIONS, min_size=1, max_size=3, unique=True), news=NEWS, stories=STORIES)
    def pull_by_name(self, names, news, stories):
        """A pull of sessions that the caller names, listed or not."""
        before = self.marked(news)
        self.server.plan = self.planned(stories, {})
        noted(f"by name: {type(self.pull(session_ids=names)).__name__}")
        assert {request.session_id for request in self.server.requests} <= set(names)
        self.server.plan = no_plan
        self.check(before)

    @rule(news=NEWS, stories=STORIES, stop_after=st.integers(0, 6), where=st.sampled_from(WHERE))
    def pull_that_is_interrupted(self, news, stories, stop_after, where):
        """Ctrl-C, while the caller is told how far it is or while a worker is at work."""
        before = self.marked(news)
        self.server.plan = self.planned(stories, {})
        calls = itertools.count(1)

        def interrupting(usual):
            def call(*arguments):
                if next(calls) > stop_after:
                    raise KeyboardInterrupt
                return usual(*arguments)

            return call

        time = self.server.time
        options = {"clock": time.clock, "sleep": time.sleep, "progress": lambda *_: None}
        options[where] = interrupting(options[where])
        progress = options.pop("progress")
        with client_of(self.server, page_size=1000, **options) as client:
            try:
                client.pull(self.store, progress=progress)
            except (hf.HardalError, KeyboardInterrupt) as error:
                assert not isinstance(error, hf.InvalidInput | hf.StoreError)
                noted(f"interrupted: {type(error).__name__}")
        self.server.plan = no_plan
        self.check(before)

    @rule(news=NEWS, stories=STORIES)
    def two_pulls_at_once(self, news, stories):
        """Two clients and two stores on one folder, each in its own thread."""
        before = self.marked(news)
        self.server.plan = self.planned(stories, {})
        failures = []

        def work():
            try:
                with hf.Store(self.folder / "store") as store:
                    self.pull(store)
            except BaseException as error:  # noqa: BLE001  (shown by the test's own thread)
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in threads)
        self.server.plan = no_plan
        if failures:
            raise failures[0]
        self.check(before)

    @precondition(lambda self: self.is_news)
    @rule()
    def quiet_pull(self):
        """Without faults, all that is listed is stored as it is; once more costs only the list."""
        before = self.marked()
        report = self.pull()
        self.is_news = False
        # Now that they are listed, it is known whose sessions they are.
        gone = self.visitors_gone & set(self.world.sessions)
        self.forgotten |= gone
        self.visitors_gone -= gone
        for name in gone:
            self.kept.pop(name, None)
        assert not isinstance(report, BaseException), report
        assert report.is_complete, report
        self.check(before)
        for row in self.world.rows():
            if row["id"] not in self.forgotten:
                self.assert_as_listed(row["id"], row)
        list_requests = sum(request.session_id is None for request in self.server.requests)
        self.marked()
        self.pull()
        self.is_news = False
        assert [request.session_id for request in self.server.requests] == [None] * list_requests

    def assert_as_listed(self, name, row):
        """The store has the session as it is now, or as it was when it had this same row."""
        held = self.held(name)
        states = [
            told({name: each_once(state)})
            for state in self.world.states[name]
            if state and list_row(name, row["visitorId"], state) == row
        ]
        ids = [ids_of(state) for state in states]
        assert held in states, f"the store has {ids_of(held or [])} of {name}, not {ids[-1]}"

    @precondition(lambda self: self.is_news)
    @rule()
    def reopen(self):
        """The program ends and begins again."""
        self.store.close()
        self.store = hf.Store(self.folder / "store")

    @rule(name=SESSIONS, by_visitor=st.booleans())
    def forget(self, name, by_visitor):
        """A session, or its visitor, is to be forgotten."""
        if by_visitor:
            # A session that was never listed has no visitor yet, and is forgotten when it is.
            listed = set(self.store.sessions()["session_id"])
            self.store.forget(visitor_ids=[f"v-{name}"])
            if name not in listed:
                self.visitors_gone.add(name)
                return
        else:
            self.store.forget([name])
        self.forgotten.add(name)
        self.kept.pop(name, None)

    @invariant()
    def forgotten_sessions_are_gone(self):
        """What was forgotten is in no frame."""
        if self.forgotten:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", hf.DataWarning)
                frame = self.store.events()
            assert not self.forgotten & set(frame["session_id"])
            assert not self.forgotten & set(self.store.sessions()["session_id"])

    @invariant()
    def nothing_is_doubled(self):
        """All events of the store are those of its complete sessions, each once."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", hf.DataWarning)
            frame = self.store.events()
        assert not frame.duplicated(["session_id", "id"]).any()
        assert set(frame["session_id"]) <= set(self.kept)
        assert len(frame) == sum(map(len, self.kept.values()))


PullMachine.TestCase.settings = settings(
    max_examples=max(10, settings.default.max_examples // 20),
    stateful_step_count=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
TestPullMachine = PullMachine.TestCase


def test_a_change_that_came_and_went(tmp_path):
    """An event that arrives while its session is fetched, and is deleted later, is gone in time."""
    world = World({"s": [event(0), event(1)]})

    def plan(_number, request):
        if request.session_id == "s" and request.turn == 1:
            return faults.changing("arrives", lambda world: world.arrive("s", event(2)))
        return None

    with (
        FaultyHardal(world, plan=plan) as server,
        hf.Store(tmp_path) as store,
        client_of(server, page_size=1000) as client,
    ):
        client.pull(store, progress=False)
        world.delete("s", "e2")
        client.pull(store, progress=False)
        assert store.events(["s"])["id"].tolist() == ["e0", "e1"]


def test_a_session_fetched_by_name_changes_before_it_is_listed(tmp_path):
    """The first list tells that there is more than was fetched: it is fetched again."""
    with (
        FaultyHardal(World({"s": [event(0), event(1)]})) as server,
        hf.Store(tmp_path) as store,
        client_of(server, page_size=1000) as client,
    ):
        client.pull(store, ["s"], progress=False)
        server.world.arrive("s", event(2))
        client.pull(store, progress=False)
        assert store.events(["s"])["id"].tolist() == ["e0", "e1", "e2"]


def test_a_session_of_a_forgotten_visitor_stays_forgotten_by_name(tmp_path):
    """What was erased with its visitor does not come back when its id is named."""
    with (
        FaultyHardal(World({"s": [event(0), event(1)]})) as server,
        hf.Store(tmp_path) as store,
        client_of(server, page_size=1000) as client,
    ):
        client.pull(store, progress=False)
        assert store.forget(visitor_ids=["v-s"]) == 1
        client.pull(store, ["s"], progress=False)
        assert store.events().empty
