"""All pages of a session, proven complete against an oracle that pages as servers do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.api._pages import NotWhole
from hardal_frames.api._pages import whole_session as fetch_whole
from hardal_frames.api._session_list import whole_session_list
from hardal_frames.api._wire import ActivityPage, SessionListPage


def whole_session(get_page, page_size):
    """Fetch the records alone."""
    return fetch_whole(get_page, page_size).records


def records(count, start=0):
    """Make records with distinct ids."""
    return [{"id": f"e{index}", "n": index} for index in range(start, start + count)]


class Server:
    """A list of records, its pages, and the ways in which servers err."""

    def __init__(self, events, *, cap=1000, tells_cap=True, more=None, each=lambda server: None):
        self.events = events
        self.cap = cap
        self.tells_cap = tells_cap
        self.more = more
        self.each = each
        self.asked: list[tuple[int, int]] = []

    def page(self, number, limit):
        """Answer a page; afterwards the world may change."""
        self.asked.append((number, limit))
        size = min(limit, self.cap)
        first = (number - 1) * size
        rows = self.events[first : first + size]
        has_more = first + size < len(self.events) if self.more is None else self.more
        answer = ActivityPage(
            list(rows), len(self.events), number, size if self.tells_cap else limit, has_more
        )
        self.each(self)
        return answer


@given(
    st.integers(0, 60),
    st.integers(1, 70),
    st.integers(1, 70),
    st.booleans(),
    st.sampled_from([None, True, False]),
)
def test_a_steady_session_comes_whole(count, cap, limit, tells_cap, more):
    """Whatever the cap, told or not, and whatever hasMore says, nothing is missing."""
    server = Server(records(count), cap=cap, tells_cap=tells_cap, more=more)
    assert whole_session(server.page, limit) == records(count)


def test_one_page_takes_one_request():
    """The usual session wastes no request."""
    server = Server(records(40))
    whole_session(server.page, 1000)
    assert server.asked == [(1, 1000)]


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 5))
def test_growth_while_paging_is_seen(count, limit, grown):
    """Events that arrive meanwhile are there, as of the last page."""
    news = records(grown, start=count)

    def arrive(server):
        if news:
            server.events = [*server.events, news.pop(0)]

    server = Server(records(count), each=arrive)
    got = whole_session(server.page, limit)
    assert got == records(len(got))
    assert len(got) >= count


@given(st.integers(2, 40), st.integers(1, 12), st.integers(1, 3), st.data())
def test_deletion_while_paging_loses_nothing_else(count, limit, deletions, data):
    """What is left at the end is all there, or it is said that it is not."""
    left = deletions

    def delete(server):
        nonlocal left
        if left and server.events:
            left -= 1
            gone = data.draw(st.integers(0, len(server.events) - 1))
            server.events = server.events[:gone] + server.events[gone + 1 :]

    server = Server(records(count), each=delete)
    try:
        got = whole_session(server.page, limit)
    except NotWhole as error:
        assert error.records is not None
    else:
        assert {event["id"] for event in got} >= {event["id"] for event in server.events}


def test_true_duplicates_count_once():
    """An event that was recorded twice on one page is dropped once, and nothing is missing."""
    doubled = [*records(5), records(1)[0]]
    assert whole_session(Server(doubled).page, 10) == records(5)


def test_true_duplicate_across_pages_is_confirmed():
    """The same on two pages is believed only when other page borders show the same."""
    doubled = [*records(8), records(1)[0]]
    server = Server(doubled)
    assert sorted(whole_session(server.page, 4), key=lambda each: each["n"]) == records(8)
    assert len({limit for _, limit in server.asked}) > 1


def test_same_id_with_other_content_is_kept():
    """Two events that share an id but differ are both there."""
    changed = [*records(3), {"id": "e0", "n": 99}]
    assert whole_session(Server(changed).page, 10) == changed


def test_events_without_ids_are_all_kept():
    """Without ids, equal events are still as many as there are."""
    nameless = [{"n": 0}, {"n": 0}, {"n": 1}]
    assert whole_session(Server(nameless).page, 2) == nameless


@pytest.mark.parametrize("limit", [3, 10])
def test_same_page_again_is_a_stall(limit):
    """A server that ignores `page` is found out."""
    server = Server(records(10))

    def stuck(number, asked):
        answer = server.page(1, min(asked, 5))
        return ActivityPage(answer.events, 10, number, 5, has_more=True)

    with pytest.raises(NotWhole, match="the same page came again") as caught:
        whole_session(stuck, limit)
    assert caught.value.stalled
    assert 0 < len(caught.value.records) < 10


@pytest.mark.parametrize("limit", [10, 30])
@pytest.mark.parametrize("obeys_limit", [True, False])
def test_same_page_again_without_ids_is_found_out(limit, obeys_limit):
    """Events without ids cannot be told apart, but a page that comes again can."""
    nameless = [{"n": index} for index in range(10)]

    def stuck(number, asked):
        rows = nameless[: min(asked, 10)] if obeys_limit else nameless
        return ActivityPage(list(rows), 30, number, len(rows), has_more=True)

    with pytest.raises(NotWhole, match="the same page came again"):
        whole_session(stuck, limit)


def test_equal_events_without_ids_on_equal_pages_are_believed():
    """Pages that are honestly the same are confirmed by other page borders."""
    heartbeats = [{"n": 0}] * 12
    assert whole_session(Server(heartbeats).page, 4) == heartbeats


def test_a_double_across_pages_is_not_believed_at_once():
    """One event inserted early and another deleted: the counts agree, and one is missing."""
    changed = False

    def change(server):
        nonlocal changed
        if not changed:
            changed = True
            server.events = [{"id": "new", "n": -1}, *server.events[:-1]]

    server = Server(records(8), each=change)
    assert {event["id"] for event in whole_session(server.page, 4)} >= {
        event["id"] for event in server.events
    }


def test_a_total_that_runs_away_ends():
    """A server that promises more with every page is left alone after a while."""
    asked = 0

    def endless(number, limit):
        nonlocal asked
        asked += 1
        rows = records(limit, start=number * limit)
        return ActivityPage(rows, (number + 5) * limit, number, limit, has_more=True)

    with pytest.raises(NotWhole):
        whole_session(endless, 10)
    assert asked < 60

    def endless_list(offset, limit):
        nonlocal asked
        asked += 1
        rows = [{"id": f"s{offset + index}"} for index in range(limit)]
        return SessionListPage(rows, offset + 5 * limit, has_more=True)

    asked = 0
    with pytest.raises(NotWhole):
        whole_session_list(endless_list, 10)
    assert asked < 60


def test_fewer_than_promised_is_an_error():
    """A total that no page fulfils is never passed over."""

    def short(number, limit):
        rows = records(7) if number == 1 else []
        return ActivityPage(rows, 9, number, limit, has_more=False)

    with pytest.raises(NotWhole, match="7 of 9 events arrived") as caught:
        whole_session(short, 10)
    assert caught.value.records == records(7)


def test_hidden_by_a_page_border():
    """An unstable order that doubles one event and hides another is not believed."""

    def unstable(number, limit):
        order = records(6) if number == 1 else records(6)[::-1]
        first = (number - 1) * limit
        rows = order[first : first + limit]
        return ActivityPage(rows, 6, number, limit, has_more=number * limit < 6)

    with pytest.raises(NotWhole):
        whole_session(unstable, 2)
    assert whole_session(unstable, 6) == records(6)


class ListServer:
    """A session list that may change between two pages."""

    def __init__(self, count, each=lambda server: None):
        self.rows = [{"id": f"s{index}"} for index in range(count)]
        self.each = each

    def page(self, offset, limit):
        """Answer a page; afterwards the world may change."""
        rows = self.rows[offset : offset + limit]
        answer = SessionListPage(
            list(rows), len(self.rows), has_more=offset + limit < len(self.rows)
        )
        self.each(self)
        return answer


@given(st.integers(0, 30), st.integers(1, 12))
def test_a_steady_list_comes_whole(count, limit):
    """Every session is listed once."""
    server = ListServer(count)
    assert whole_session_list(server.page, limit) == server.rows


@given(st.integers(1, 30), st.integers(2, 12))
def test_a_busy_list_holds_all_that_were_there(count, limit):
    """New sessions at the top push others down, but none of those that were there is lost."""
    number = 0

    def arrive(server):
        nonlocal number
        number += 1
        server.rows = [{"id": f"new{number}"}, *server.rows]

    server = ListServer(count, arrive)
    before = {row["id"] for row in server.rows}
    assert {row["id"] for row in whole_session_list(server.page, limit)} >= before


def test_a_deleted_session_hides_no_other():
    """A row that moves up over a page border is found by a further pass."""
    deleted = False

    def delete(server):
        nonlocal deleted
        if not deleted:
            deleted = True
            server.rows = server.rows[1:]

    server = ListServer(10, delete)
    got = {row["id"] for row in whole_session_list(server.page, 4)}
    assert got >= {row["id"] for row in server.rows}


def test_a_list_that_stays_short_is_an_error():
    """Fewer sessions than promised are never passed over."""
    with pytest.raises(NotWhole, match="2 of 5 sessions"):
        whole_session_list(
            lambda offset, _: SessionListPage(
                [{"id": "a"}, {"id": "b"}][offset:], 5, has_more=False
            ),
            10,
        )
