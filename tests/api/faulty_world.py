"""A small world of sessions that changes, the pages that servers cut of it, and the oracle.

A world remembers every state of every session, so that a test can say which of them a fetch may
give: what a session was before the first request, or at any moment until the last one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Record = dict[str, Any]
State = tuple[Record, ...]

_START = datetime(2026, 3, 2, 7, tzinfo=UTC)


def event(number, *, second=None, **changes):
    """Make an event: by default one second after the event of the number before."""
    at = _START + timedelta(seconds=number if second is None else second)
    made = {
        "id": f"e{number}",
        "type": "custom" if number % 3 == 0 else "pageview",
        "name": f"name {number % 4}",
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "url": f"https://www.ornek.example/{number % 5}",
        "path": f"/{number % 5}",
        "title": f"Sayfa {number}",
        "referrer": None,
        "properties": {"n": number, "label": f"ş{number}"},
    }
    return made | changes


def events(count, *, start=0, ties=1):
    """Make events; each `ties` of them have one timestamp."""
    return [event(n, second=n // ties * ties) for n in range(start, start + count)]


@dataclass(slots=True)
class Session:
    """One visit: who, and its events in the order in which they arrived."""

    visitor: str
    events: list[Record] = field(default_factory=list)


class World:
    """Sessions that change; safe for several threads.

    Parameters
    ----------
    sessions
        Session id to its events.
    """

    def __init__(self, sessions=()):
        self.lock = threading.RLock()
        self.sessions: dict[str, Session] = {}
        self.states: dict[str, list[State | None]] = {}
        for session_id, feed in dict(sessions).items():
            self.add_session(session_id, feed)

    def add_session(self, session_id, feed=(), *, visitor=None):
        """Let a session begin."""
        with self.lock:
            self.sessions[session_id] = Session(visitor or f"v-{session_id}", list(feed))
            self._changed(session_id)

    def remove_session(self, session_id):
        """Let a session vanish with all its events."""
        with self.lock:
            self.sessions.pop(session_id, None)
            self._changed(session_id)

    def arrive(self, session_id, new):
        """Let an event arrive; its timestamp may be earlier than those of others."""
        with self.lock:
            if session_id in self.sessions:
                self.sessions[session_id].events.append(new)
                self._changed(session_id)

    def delete(self, session_id, event_id):
        """Let an event vanish."""
        with self.lock:
            if session_id in self.sessions:
                session = self.sessions[session_id]
                session.events = [each for each in session.events if each.get("id") != event_id]
                self._changed(session_id)

    def feed(self, session_id):
        """All events of a session in ascending order of time; what came first breaks ties."""
        with self.lock:
            return sorted(self.sessions[session_id].events, key=lambda each: each["timestamp"])

    def version(self, session_id):
        """Which state of the session is the present one; -1 if it never was there."""
        with self.lock:
            return len(self.states.get(session_id, ())) - 1

    def states_since(self, session_id, version):
        """Every state that the session had since that version, that one included."""
        with self.lock:
            return self.states.get(session_id, [])[max(version, 0) :] or [None]

    def rows(self):
        """Rows of the session list, worked out from the events of now; empty sessions have none."""
        with self.lock:
            return [
                list_row(session_id, session.visitor, self.feed(session_id))
                for session_id, session in self.sessions.items()
                if session.events
            ]

    def _changed(self, session_id):
        present = tuple(self.feed(session_id)) if session_id in self.sessions else None
        self.states.setdefault(session_id, []).append(present)


def list_row(session_id, visitor, feed):
    """Make the row of the session list that belongs to these events."""
    first, last = (datetime.fromisoformat(feed[place]["timestamp"]) for place in (0, -1))
    views = [each for each in feed if each["type"] == "pageview"]
    return {
        "id": session_id,
        "visitorId": visitor,
        "startedAt": feed[0]["timestamp"],
        "duration": f"{int((last - first).total_seconds())}s",
        "pageViews": len(views),
        "events": len(feed),
        "pages": list(dict.fromkeys(each["path"] for each in views)),
        "browser": "Firefox",
        "os": "Linux",
        "device": "desktop",
        "country": "TR",
        "fields": {"utm_source": "google"},
    }


def each_once(feed):
    """The oracle's rule for doubles: an event with the id and content of another counts once."""
    kept = []
    for each in feed:
        if each.get("id") is None or each not in kept:
            kept.append(each)
    return kept


def expected(world, session_id):
    """The oracle: the exact records that a complete fetch of the session must give now."""
    return each_once(world.feed(session_id))


@dataclass(frozen=True, slots=True)
class Paging:
    """How a server cuts its pages, and what it says about them.

    Parameters
    ----------
    cap
        Most rows on a page, whatever `limit` asks for.
    tells_cap
        Whether `pageSize` is the true size; otherwise it repeats `limit`.
    fixed
        Rows on every page, if the server does not look at `limit` at all.
    has_more
        What `hasMore` always says; None for the truth.
    total_off
        What is added to every total.
    ties
        Whether equal timestamps stand in one order, or in another one for each request.
    list_cap, list_order
        The same for the session list: rows on a page, and which session comes first.
    """

    cap: int = 1000
    tells_cap: bool = True
    fixed: int | None = None
    has_more: bool | None = None
    total_off: int = 0
    ties: Literal["stable", "shuffled"] = "stable"
    list_cap: int = 1000
    list_order: Literal["latest", "oldest", "shuffled"] = "latest"

    def activity(self, feed, query, dice):
        """Cut one page of a session."""
        rows = list(feed)
        if self.ties == "shuffled":
            dice.shuffle(rows)
        rows.sort(key=lambda each: each[query.get("orderBy", "timestamp")])
        if query.get("order", "desc") == "desc":
            rows.reverse()
        number, limit = int(query.get("page", 1)), int(query.get("limit", 50))
        size = self.fixed or min(limit, self.cap)
        first = (number - 1) * size
        more = first + size < len(rows)
        return {
            "events": rows[first : first + size],
            "totalCount": max(0, len(rows) + self.total_off),
            "page": number,
            "pageSize": size if self.tells_cap else limit,
            "hasMore": more if self.has_more is None else self.has_more,
        }

    def listing(self, rows, query, dice):
        """Cut one page of the session list."""
        rows = [row for row in rows if _is_in_period(row, query)]
        if self.list_order == "shuffled":
            dice.shuffle(rows)
        else:
            rows.sort(
                key=lambda row: (row["startedAt"], row["id"]), reverse=self.list_order == "latest"
            )
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 1000))
        size = min(limit, self.list_cap)
        more = offset + size < len(rows)
        total = max(0, len(rows) + self.total_off)
        return {
            "sessions": rows[offset : offset + size],
            "pagination": {
                "total": total,
                "limit": size if self.tells_cap else limit,
                "offset": offset,
                "currentPage": offset // size + 1,
                "totalPages": -(-total // size),
                "hasMore": more if self.has_more is None else self.has_more,
            },
        }


def _is_in_period(row, query):
    at = datetime.fromisoformat(row["startedAt"])
    first, last = query.get("startDate"), query.get("endDate")
    return not (
        (first and at < datetime.fromisoformat(first))
        or (last and at > datetime.fromisoformat(last))
    )
