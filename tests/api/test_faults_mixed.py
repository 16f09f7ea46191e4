"""Faults, changes and ways of paging in random mixtures: no silent difference."""

from __future__ import annotations

import dataclasses

from hypothesis import assume, given
from hypothesis import event as noted
from hypothesis import strategies as st

from tests.api import faulty_faults as faults
from tests.api.faulty_client import assert_was_true, client_of, or_error
from tests.api.faulty_world import Paging, World, event, events

PASSING = [
    *faults.DELIVERED,
    *faults.LOST,
    *faults.PACKED,
    *faults.UNREADABLE,
    *faults.FAILING,
    *(fault for fault, _ in faults.TOO_MANY),
]
FINAL = [*faults.PAGES, *faults.REDIRECTS, *faults.DENIED, faults.NOT_FOUND, faults.UNPROCESSABLE]
LESS = [faults.total_off(difference) for difference in (-10, -5, -1)]
WRONG_PAGES = [
    faults.SAME_PAGE,
    faults.FIRST_PAGE,
    faults.empty_page(),
    faults.empty_page(more=False),
    faults.has_more(value=True),
    faults.has_more(value=False),
    faults.total_off(1),
    faults.total_off(30),
]


def change_of(kind, place):
    """One change of a session, by numbers that hypothesis can make smaller."""

    def change(world, session_id):
        feed = world.feed(session_id) if session_id in world.sessions else []
        number = 1000 + world.version(session_id)
        if kind == "end":
            world.arrive(session_id, event(number, second=1000 + number))
        elif kind == "early":
            world.arrive(session_id, event(number, second=place - 0.5))
        elif kind == "delete" and feed:
            world.delete(session_id, feed[place % len(feed)]["id"])
        elif kind == "remove":
            world.remove_session(session_id)

    return change


def planned(stories):
    """Plan for each session what happens at its first, second, ... request."""

    def plan(_number, request):
        fault, changes = stories[request.session_id].get(request.turn, (None, ()))
        fault = fault or faults.Fault("none")

        def change(world, request):
            for each in changes:
                change_of(*each)(world, request.session_id)

        return dataclasses.replace(fault, change=change)

    return plan


PAGINGS = st.builds(
    Paging,
    cap=st.integers(2, 9),
    tells_cap=st.booleans(),
    fixed=st.none() | st.integers(2, 9),
    has_more=st.sampled_from([None, None, True, False]),
    ties=st.sampled_from(["stable", "stable", "stable", "shuffled"]),
)
FAULTS = st.sampled_from(WRONG_PAGES) | st.sampled_from(PASSING) | st.sampled_from(LESS + FINAL)
CHANGES = st.tuples(
    st.sampled_from(["end", "early", "delete", "delete", "end", "early", "remove"]),
    st.integers(0, 14),
)
STORIES = st.dictionaries(
    st.integers(1, 9),
    st.tuples(st.none(), st.lists(CHANGES, min_size=1, max_size=3))
    | st.tuples(FAULTS, st.just(()) | st.lists(CHANGES, max_size=2)),
    max_size=4,
)


@given(
    paging=PAGINGS,
    stories=st.fixed_dictionaries({"s": STORIES})
    | st.fixed_dictionaries({"a": STORIES, "s": STORIES}),
    counts=st.tuples(st.integers(0, 14), st.integers(0, 9)),
    ties=st.integers(1, 4),
    page_size=st.sampled_from([3, 2, 4, 6, 50]),
)
def test_no_silent_difference(running, paging, stories, counts, ties, page_size):
    """Whatever happens: a state that each session had during the fetch, or an error."""
    met = {fault for story in stories.values() for fault, _ in story.values()}
    # Too small a total beside hasMore false: every sign says that this was all.
    assume(paging.has_more is not False or not met & set(LESS))
    names = list(stories)
    world = World({name: events(n, ties=ties) for name, n in zip("sa", counts, strict=True)})
    running.renew(world, paging=paging, plan=planned(stories))
    with client_of(running, page_size=page_size) as client:
        fetch = client.activities if len(names) > 1 else lambda _: client.activity("s")
        frame, error = or_error(running, lambda: fetch(names))
    noted("whole" if error is None else type(error).__name__)
    assert len(running.requests) <= 200
    if error is None:
        for name in names:
            mine = frame[frame["session_id"] == name]
            assert_was_true(running, mine, name, ordered=paging.ties == "stable")
