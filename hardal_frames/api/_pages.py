"""All pages of a session, proven complete.

The law: never fewer events than the API says there are without saying so. One page that holds
them all is one instant, and so its own proof. Several pages are several instants: what moved over
a page border between them may be missing although the counts agree. If all pages but the last are
the same when they are read again, they were so when the last was read, and together they are that
instant.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardal_frames.api._wire import TooLarge
from hardal_frames.errors import IncompleteSession, PaginationStalled, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from hardal_frames.api._wire import ActivityPage

Record = dict[str, Any]
Key = tuple[str, str]

_PASSES: Final = 3
_SPARE_PAGES: Final = 3
_ROUND: Final = 50
_SMALLEST: Final = 10
_NOT_LIKED: Final = (400, 413, 422)


@dataclass(frozen=True, slots=True)
class WholeSession:
    """All events of a session, and what was left out of them.

    Parameters
    ----------
    records
        The events in the order of the feed, each once.
    duplicates
        How many rows were dropped, for their id and content had come already.
    """

    records: list[Record] = field(repr=False)
    duplicates: int


class NotWhole(Exception):
    """A session, or the list of sessions, that could not be proven complete.

    Parameters
    ----------
    reason
        What is wrong, in words.
    records
        All that arrived.
    stalled
        Whether the same page came again.
    """

    def __init__(self, reason: str, records: list[Record], *, stalled: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.records = records
        self.stalled = stalled

    def told(self, message: str, events: pd.DataFrame) -> IncompleteSession:
        """Error for the caller: the message, and the frame of what arrived."""
        kind = PaginationStalled if self.stalled else IncompleteSession
        return kind(message, events=events)

    def told_of(self, session_id: str, events: pd.DataFrame) -> IncompleteSession:
        """Error for who asked for this one session."""
        return self.told(
            f"Session {session_id!r} is not complete: {self.reason}. What arrived is in "
            "the error's .events; fetch the session again later.",
            events,
        )


def roomy_limit(events: int, largest: int) -> int:
    """Page size at which so many events, and a few that arrived since, take one request.

    Examples
    --------
    >>> roomy_limit(12, 1000), roomy_limit(100, 1000), roomy_limit(5000, 1000)
    (50, 150, 1000)
    """
    with_spare = events + events // 10 + 10
    return min(largest, -(-with_spare // _ROUND) * _ROUND)


def whole_session(
    get_page: Callable[[int, int], ActivityPage], page_size: int, *, expected: int | None = None
) -> WholeSession:
    """Fetch every page of one session in ascending order, until the counts agree.

    Parameters
    ----------
    get_page
        Asks for (page, limit) in ascending order of time.
    page_size
        Events to ask for on a page at most; the server may give fewer.
    expected
        How many events there are, as far as is known: no larger page is asked for than that takes.

    Returns
    -------
    WholeSession
        All records of the session, in the order of the feed, each once.

    Raises
    ------
    NotWhole
        If the API's pages and its counts cannot be brought together.
    TooLarge
        If even a small page is too large.
    """
    largest = page_size
    size = page_size if expected is None else roomy_limit(expected, page_size)
    while True:
        try:
            return _proven(get_page, size, largest)
        except TooLarge:
            if size <= _SMALLEST:
                raise
            largest = size = max(_SMALLEST, size // 4)
        except RequestRefused as error:
            # A server may refuse a limit that it does not want to cap.
            if error.status not in _NOT_LIKED or size <= _ROUND:
                raise
            largest = size = _ROUND


def _proven(get_page: Callable[[int, int], ActivityPage], size: int, largest: int) -> WholeSession:
    before: _Pass | None = None
    most: _Pass | None = None
    for _ in range(_PASSES):
        latest = _pass_over(get_page, size, largest)
        if latest.is_sound and (
            latest.pages <= 1
            or (latest.is_confirmed_by(before) and not latest.is_doubtful)
            or (latest.is_read_again(get_page) and latest.is_believed_after(before))
        ):
            return _each_once(latest)
        before = latest
        if most is None or len(latest.rows) >= len(most.rows):
            most = latest
        largest = size = latest.other_size()
    arrived = _each_once(latest if most is None else most)
    reason = (
        f"{len(arrived.records)} of {latest.total} events arrived"
        + (", the same page came again" if latest.stalled or latest.repeated else "")
        + (", the count fell while paging" if latest.fell else "")
        + (", events came on two pages" if latest.doubled else "")
        + (", and changed whenever they were read again" if latest.is_sound else "")
    )
    raise NotWhole(reason, arrived.records, stalled=latest.stalled)


@dataclass(slots=True)
class _Pass:
    """One pass over all pages: the rows by position, and what the API said about them."""

    size: int
    total: int = 0
    rows: list[Record] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    first_border: int = 0
    pages_keys: list[list[Key]] = field(default_factory=list)
    fell: bool = False
    stalled: bool = False
    doubled: bool = False
    repeated: bool = False
    _seen: set[Key] = field(default_factory=set)

    @property
    def pages(self) -> int:
        """How many pages held events."""
        return len(self.pages_keys)

    @property
    def is_sound(self) -> bool:
        """Whether the counts agree and nothing was seen to vanish."""
        return len(self.rows) == self.total and not self.fell and not self.stalled

    @property
    def is_doubtful(self) -> bool:
        """Whether something came twice that may hide another thing."""
        return self.doubled or self.repeated

    def is_confirmed_by(self, before: _Pass | None) -> bool:
        """Whether the pass before saw the same events, be it in another order."""
        if before is None or not before.is_sound:
            return False
        return Counter(self.keys) == Counter(before.keys)

    def is_believed_after(self, before: _Pass | None) -> bool:
        """Whether nothing came twice, or it did so at the same places between other borders.

        An order that is not lasting shows one event twice and hides another.
        """
        if not self.is_doubtful:
            return True
        if before is None or not before.is_sound:
            return False
        return self.keys == before.keys and self.first_border != before.first_border

    def is_read_again(self, get_page: Callable[[int, int], ActivityPage]) -> bool:
        """Whether all pages but the last are still what they were."""
        return all(
            list(map(_key, get_page(number, self.size).events)) == keys
            for number, keys in enumerate(self.pages_keys[:-1], start=1)
        )

    def other_size(self) -> int:
        """Page size for one more pass: what a page border hid then comes to light."""
        return max(1, self.size - max(1, self.size // 3))

    def take(self, page: ActivityPage) -> bool:
        """Take the next page; return whether it held anything that can be told to be new."""
        self.fell = self.fell or page.total_count < self.total
        all_held = bool(self.rows) and len(self.rows) >= self.total == page.total_count
        self.total = page.total_count
        keys = list(map(_key, page.events))
        has_ids = any(identifier for identifier, _ in keys)
        is_repeated = bool(keys) and [keys] == self.pages_keys[-1:]
        if not keys or (all_held and self._seen.issuperset(keys)):
            return False
        if is_repeated and has_ids:
            self.stalled = True
            return False
        self.repeated = self.repeated or is_repeated
        self.doubled = self.doubled or not self._seen.isdisjoint(keys)
        self._seen.update(keys)
        self.rows += page.events
        self.keys += keys
        self.pages_keys.append(keys)
        return True


def _pass_over(get_page: Callable[[int, int], ActivityPage], size: int, largest: int) -> _Pass:
    page = get_page(1, size)
    if page.total_count > size == len(page.events) and size < largest:
        # More than was expected: one larger page is one request and one instant.
        size = roomy_limit(page.total_count, largest)
        page = get_page(1, size)
    rows = len(page.events)
    if rows <= page.page_size < size and page.page_size > 0:
        size = page.page_size
    if 0 < rows < min(size, page.total_count):
        # A cap that is not told: with pages of what came, every way of counting pages agrees.
        size = rows
    this = _Pass(max(1, size))
    if not page.events and page.has_more:
        page = get_page(2, this.size)
    most_pages = -(-page.total_count // size) + _SPARE_PAGES
    number = 1
    this.first_border = rows
    while this.take(page):
        whole = len(this.rows) >= this.total and not page.has_more
        if whole or number >= most_pages:
            break
        number += 1
        page = get_page(number, size)
    return this


def _key(record: Record) -> Key:
    identifier = record.get("id")
    named = "" if identifier is None else str(identifier)
    return named, json.dumps(record, sort_keys=True)


def _each_once(seen: _Pass) -> WholeSession:
    """Drop the rows whose id and content came already; rows without an id are all kept."""
    taken: set[Key] = set()
    records = []
    for key, record in zip(seen.keys, seen.rows, strict=True):
        if key[0] and key in taken:
            continue
        taken.add(key)
        records.append(record)
    return WholeSession(records, duplicates=len(seen.rows) - len(records))
