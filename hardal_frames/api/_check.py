"""What the API really does, found out in a few requests and told in plain words."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from hardal_frames.api._report import spoken_requests
from hardal_frames.errors import HardalError
from hardal_frames.frames.timestamps import NOT_A_TIME, parse_timestamps
from hardal_frames.frames.values import to_integer
from hardal_frames.schema import TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hardal_frames.api._connection import Connection
    from hardal_frames.api._run import Run
    from hardal_frames.api._wire import ActivityPage, SessionListPage

Record = dict[str, Any]
Verdict = Literal["good", "note", "bad"]

MOST_REQUESTS: Final = 6

_LARGE: Final = 1000
_CLOCK_TOLERANCE_SECONDS: Final = 60
# An offset that nothing else has: whoever answers with it has heard what was asked.
_ODD_ZONE: Final = "Asia/Kathmandu"
_ODD_OFFSET: Final = "+05:45"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    check
        What.
    verdict
        good; note: it works, and is worth knowing; bad: it does not work.
    told
        What was found, and what it means.
    """

    check: str
    verdict: Verdict
    told: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `Client.check` found.

    Parameters
    ----------
    findings
        In the order in which they were looked at.
    requests
        How many requests it took.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> from hardal_frames.sandbox import Sandbox, simulate
    >>> with Sandbox(simulate(sessions=3)) as hardal, hf.Client(**hardal.access) as client:
    ...     report = client.check()
    >>> report.is_good
    True
    >>> report.to_frame()[["check", "verdict"]].head(2)
                 check verdict
    0  key and address    good
    1            clock    good
    """

    findings: tuple[Finding, ...]
    requests: int

    @property
    def is_good(self) -> bool:
        """Whether nothing is bad."""
        return all(finding.verdict != "bad" for finding in self.findings)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a finding: check, verdict, told."""
        rows = [(finding.check, finding.verdict, finding.told) for finding in self.findings]
        return pd.DataFrame(rows, columns=["check", "verdict", "told"], dtype=TEXT)

    def __str__(self) -> str:
        width = max((len(finding.check) for finding in self.findings), default=0)
        lines = [f"{each.verdict:<5} {each.check:<{width}}  {each.told}" for each in self.findings]
        return "\n".join([*lines, f"({spoken_requests(self.requests)})"])

    __repr__ = __str__


class _Spent(Exception):
    """No request is left."""


class Check:
    """One look at the API.

    Parameters
    ----------
    connection
        What to look at.
    run
        What the requests are counted in; it lets no more than `MOST_REQUESTS` go.
    timezone
        Zone of the client.
    """

    def __init__(self, connection: Connection, run: Run, timezone: str) -> None:
        self._connection = connection
        self._run = run
        self._timezone = timezone
        self._findings: list[Finding] = []

    def report(self) -> CheckReport:
        """Look at everything, as far as the answers allow."""
        try:
            self._look()
        except _Spent:
            self._note("rest", "note", "not looked at, for the API failed in passing; try again")
        except HardalError as error:
            self._note("answer", "bad", str(error))
        sent = self._run.counted("requests") + self._run.counted("retries")
        return CheckReport(tuple(self._findings), sent)

    def _look(self) -> None:
        rows = self._look_at_list()
        if not rows:
            self._note("sessions", "note", "none is listed: the rest cannot be looked at")
            return
        row = max(rows, key=lambda each: to_integer(each.get("events")) or 0)
        feed = self._ask(row, order="asc", timezone="UTC", limit=_LARGE)
        self._look_at_limit(feed)
        self._look_at_counts(feed, row)
        self._look_at_timestamps(feed)
        self._look_at_ids(feed)
        if feed.events:
            self._look_at_order(feed, row)
            self._look_at_zone(feed, row)
        if len(feed.events) > 1:
            self._look_at_paging(feed, row)

    def _look_at_list(self) -> Sequence[Record]:
        headers: dict[str, str] = {}
        began = time.time()
        page = self._connection.endpoints.session_list_page(
            {"timezone": self._timezone, "limit": _LARGE, "offset": 0}, self._run,
            look=headers.update,
        )  # fmt: skip
        ended = time.time()
        self._note(
            "key and address", "good",
            f"{self._connection.base_url} accepts the key for signal "
            f"{self._connection.signal_id!r} and answers in {ended - began:.1f} s",
        )  # fmt: skip
        self._look_at_clock(headers, (began + ended) / 2)
        self._look_at_list_page(page)
        return page.sessions

    def _look_at_clock(self, headers: Mapping[str, str], here: float) -> None:
        written = {name.lower(): value for name, value in headers.items()}.get("date", "")
        try:
            there = parsedate_to_datetime(written)
        except ValueError:
            self._note("clock", "note", "the API does not tell its time")
            return
        there = there if there.tzinfo else there.replace(tzinfo=UTC)
        ahead = here - (there.timestamp() + 0.5)
        told = "agrees with the API's to about a second"
        if abs(ahead) > _CLOCK_TOLERANCE_SECONDS:
            told = (
                f"is {abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} the API's: set "
                "it, for it decides which sessions count as still open"
            )
        elif abs(ahead) > 1:
            told = f"is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the API's"
        is_wrong = abs(ahead) > _CLOCK_TOLERANCE_SECONDS
        self._note("clock", "note" if is_wrong else "good", f"this machine's {told}")

    def _look_at_list_page(self, page: SessionListPage) -> None:
        rows = page.sessions
        told = f"{page.total:,} listed"
        if len(rows) < min(page.total, _LARGE):
            self._note("list", "note", f"{told}, at most {len(rows):,} at once")
        else:
            self._note("list", "good", f"{told}, {_LARGE:,} at once")
        starts = parse_timestamps([row.get("startedAt") for row in rows]).microseconds.tolist()
        if NOT_A_TIME in starts:
            self._note("order of list", "note", "not known: a start cannot be read")
        elif len(set(starts)) > 1:
            order = "in no order of time"
            if starts == sorted(starts, reverse=True):
                order = "latest session first"
            elif starts == sorted(starts):
                order = "earliest session first"
            self._note("order of list", "good", order)

    def _look_at_limit(self, feed: ActivityPage) -> None:
        honoured = min(feed.page_size, _LARGE)
        if len(feed.events) < min(feed.total_count, honoured):
            honoured = len(feed.events)
        if honoured < _LARGE:
            self._note(
                "limit", "note",
                f"{_LARGE:,} events asked for, {honoured:,} honoured: a longer session takes "
                "several requests, and its pages are read again, as proof",
            )  # fmt: skip
        else:
            self._note("limit", "good", f"{_LARGE:,} events at once are honoured")

    def _look_at_counts(self, feed: ActivityPage, row: Record) -> None:
        listed = to_integer(row.get("events"))
        views = to_integer(row.get("pageViews")) or 0
        total = feed.total_count
        if listed == total:
            told = "the list's count of events is that of the activity"
        elif listed is not None and listed + views == total:
            told = "the list counts events without page views; the activity holds both"
        else:
            told = (
                f"the list says {listed} events and {views} page views, the activity {total}: "
                "trust the activity"
            )
        self._note("counts", "good" if listed == total else "note", told)
        if feed.has_more != (len(feed.events) < total):
            self._note(
                "hasMore", "note",
                f"says {feed.has_more} with {len(feed.events):,} of {total:,} events on the page; "
                "the client goes by both",
            )  # fmt: skip

    def _look_at_timestamps(self, feed: ActivityPage) -> None:
        kinds = Counter(_kind_of(event.get("timestamp")) for event in feed.events)
        told = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
        lost = kinds["unreadable"] + kinds["missing"]
        is_plain = set(kinds) <= {"with an offset", "with Z"}
        self._note("timestamps", "bad" if lost else "good" if is_plain else "note", told or "none")

    def _look_at_ids(self, feed: ActivityPage) -> None:
        ids = [event.get("id") for event in feed.events]
        missing = sum(identifier in {None, ""} for identifier in map(_plain, ids))
        doubled = len(ids) - missing - len({_plain(each) for each in ids} - {None, ""})
        if missing or doubled:
            told = f"{missing:,} events have none, {doubled:,} share one"
            self._note("event ids", "note", told)
        else:
            self._note("event ids", "good", "each event has its own")

    def _look_at_order(self, feed: ActivityPage, row: Record) -> None:
        times = parse_timestamps([event.get("timestamp") for event in feed.events]).microseconds
        if times.tolist() != sorted(times.tolist()):
            self._note("order of events", "bad", "order=asc is not ascending in time")
            return
        if feed.total_count > len(feed.events):
            self._note("order of events", "good", "ascending, as asked for")
            return
        reverse = self._ask(row, order="desc", timezone="UTC", limit=_LARGE)
        if reverse.events[::-1] == feed.events:
            self._note("order of events", "good", "ascending as asked; descending is its mirror")
        else:
            self._note(
                "order of events", "note",
                "ascending as asked; descending is not its mirror, so the order of equal "
                "timestamps is not lasting (or events have just arrived)",
            )  # fmt: skip

    def _look_at_zone(self, feed: ActivityPage, row: Record) -> None:
        odd = self._ask(row, order="asc", timezone=_ODD_ZONE, limit=1)
        first, other = feed.events[0].get("timestamp"), odd.events[:1]
        written = other[0].get("timestamp") if other else None
        if isinstance(written, str) and written.endswith(_ODD_OFFSET):
            told = "timestamps are written in the zone asked for, with its offset"
        elif written == first:
            told = "timestamps are the same whatever zone is asked for"
        else:
            told = "timestamps are written in the zone asked for, without an offset"
        self._note("zone", "good", f"{told}; the client asks for UTC")

    def _look_at_paging(self, feed: ActivityPage, row: Record) -> None:
        second = self._ask(row, order="asc", timezone="UTC", limit=1, page=2)
        if second.events[:1] == feed.events[1:2]:
            self._note("paging", "good", "page 2 goes on where page 1 ended")
        else:
            self._note("paging", "bad", "page 2 of one event is not the second event")

    def _ask(self, row: Record, **query: str | int) -> ActivityPage:
        if not self._run.may_retry:
            raise _Spent
        return self._connection.endpoints.activity_page(
            str(row["id"]), {"orderBy": "timestamp", "page": 1, **query}, self._run
        )

    def _note(self, check: str, verdict: Verdict, told: str) -> None:
        self._findings.append(Finding(check, verdict, told))


def _kind_of(timestamp: object) -> str:
    if timestamp is None:
        return "missing"
    parsed = parse_timestamps([timestamp])
    if parsed.microseconds[0] == NOT_A_TIME:
        return "unreadable"
    if not isinstance(timestamp, str):
        return "as a number (epoch)"
    if parsed.naive:
        return "without an offset, taken as UTC"
    try:
        datetime.fromisoformat(timestamp)
    except ValueError:
        return "as a number (epoch)"
    return "with Z" if timestamp.strip().upper().endswith("Z") else "with an offset"


def _plain(identifier: object) -> str | None:
    return None if identifier is None else str(identifier)
