"""All pages of a session, proven complete.

The law: never fewer events than the API says there are without saying so.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardal_frames.api._wire import ActivityPage, SessionListPage

Record = dict[str, Any]

_SWEEPS: Final = 3
_SPARE_PAGES: Final = 3


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


@dataclass(slots=True)
class _Sweep:
    """One pass over all pages: what is held, and what the API said about it."""

    page_size: int
    rows_on_first_page: int = 0
    held: dict[tuple[str, str], Record] = field(default_factory=dict)
    doubled_on_a_page: int = 0
    doubled_across_pages: int = 0
    repeated_page: bool = False
    total: int = 0
    fell: bool = False
    stalled: bool = False
    _before: list[str] = field(default_factory=list)
    _nameless: Counter[str] = field(default_factory=Counter)

    @property
    def distinct_rows(self) -> int:
        """Rows that the API's count counts, an event that came on two pages only once."""
        return len(self.held) + self.doubled_on_a_page

    @property
    def is_proven(self) -> bool:
        """Whether this pass alone proves that nothing is missing."""
        return (
            self.distinct_rows == self.total
            and not self.doubled_across_pages
            and not self.repeated_page
            and not self.fell
        )

    def confirms(self, other: _Sweep) -> bool:
        """Whether two passes with other page borders saw the same and account for every row."""
        return (
            self.rows_on_first_page != other.rows_on_first_page
            and self.held == other.held
            and self.total == other.total == self.distinct_rows + self.doubled_across_pages
        )

    def other_page_size(self) -> int:
        """Page size for one more pass: what a page border hid then comes to light."""
        if 0 < self.rows_on_first_page < min(self.page_size, self.total):
            return self.rows_on_first_page
        return max(2, self.page_size - self.page_size // 3)

    def add(self, page: ActivityPage) -> int:
        """Take a page; return how many of its rows were not on an earlier page."""
        on_this_page: dict[tuple[str, str], Record] = {}
        fresh = 0
        contents = [json.dumps(record, sort_keys=True) for record in page.events]
        # Without ids, only a page that is wholly the one before tells that it came again.
        self.repeated_page = self.repeated_page or (bool(contents) and contents == self._before)
        self._before = contents
        for record, content in zip(page.events, contents, strict=True):
            identity = (str(record.get("id") or ""), content)
            if not identity[0]:
                self._nameless[content] += 1
                identity = (f"nameless {self._nameless[content]}", content)
            if identity in on_this_page:
                self.doubled_on_a_page += 1
            elif identity in self.held:
                self.doubled_across_pages += 1
            else:
                fresh += 1
            on_this_page[identity] = record
        self.held.update(on_this_page)
        self.fell = self.fell or page.total_count < self.total
        self.total = page.total_count
        return fresh


def whole_session(get_page: Callable[[int, int], ActivityPage], page_size: int) -> list[Record]:
    """Fetch every page of one session in ascending order, until the counts agree.

    Parameters
    ----------
    get_page
        Asks for (page, limit) in ascending order of time.
    page_size
        Events to ask for on a page; the server may give fewer.

    Returns
    -------
    list of dict
        All records of the session, in the order of the feed, each once.

    Raises
    ------
    NotWhole
        If the API's pages and its counts cannot be brought together.
    """
    before: _Sweep | None = None
    size = page_size
    for _ in range(_SWEEPS):
        sweep = _sweep(get_page, size)
        if sweep.is_proven or (before is not None and sweep.confirms(before)):
            return list(sweep.held.values())
        before = sweep
        size = sweep.other_page_size()
    reason = (
        f"{len(sweep.held)} of {sweep.total} events arrived"
        + (", the same page came again" if sweep.stalled or sweep.repeated_page else "")
        + (", the count fell while paging" if sweep.fell else "")
        + (", events came on two pages" if sweep.doubled_across_pages else "")
    )
    raise NotWhole(reason, list(sweep.held.values()), stalled=sweep.stalled)


def _sweep(get_page: Callable[[int, int], ActivityPage], limit: int) -> _Sweep:
    sweep = _Sweep(limit)
    number = 1
    first_total = 0
    while True:
        page = get_page(number, limit)
        fresh = sweep.add(page)
        if number == 1:
            first_total = page.total_count
            sweep.rows_on_first_page = len(page.events)
            if len(page.events) <= page.page_size < limit and page.page_size > 0:
                # The server caps the limit: from now on ask for what it gives.
                limit = sweep.page_size = page.page_size
        if not page.events:
            return sweep
        if not fresh:
            sweep.stalled = sweep.distinct_rows != sweep.total
            return sweep
        if sweep.distinct_rows >= sweep.total and not page.has_more:
            return sweep
        if number >= -(-first_total // limit) + _SPARE_PAGES:
            return sweep
        number += 1


def whole_session_list(
    get_page: Callable[[int, int], SessionListPage], page_size: int
) -> list[Record]:
    """Fetch every page of the session list, until the counts agree.

    Parameters
    ----------
    get_page
        Asks for (offset, limit).
    page_size
        Sessions to ask for at once.

    Returns
    -------
    list of dict
        The rows, each session once.

    Raises
    ------
    NotWhole
        If fewer sessions arrive than the API says there are, three times over.
    """
    held: dict[str, Record] = {}
    total_before: int | None = None
    for _ in range(_SWEEPS):
        total, is_steady = _sweep_list(get_page, page_size, held)
        # Sessions that begin while we page may be missing; those of the pass before may not.
        promised = total if total_before is None else min(total, total_before)
        if is_steady and len(held) >= promised:
            return list(held.values())
        total_before = total
    raise NotWhole(f"{len(held)} of {total} sessions arrived", list(held.values()))


def _sweep_list(
    get_page: Callable[[int, int], SessionListPage], page_size: int, held: dict[str, Record]
) -> tuple[int, bool]:
    """One pass over the list into held; the last total, and whether the pass can be trusted.

    It cannot if the total fell, for then a row may have moved up over a page border, or if the
    list grew as fast as it was read.
    """
    offset = total = 0
    furthest: int | None = None
    fell = False
    while True:
        page = get_page(offset, page_size)
        fell = fell or page.total < total
        total = page.total
        if furthest is None:
            furthest = 2 * total + _SPARE_PAGES * page_size
        held.update((str(row["id"]), row) for row in page.sessions)
        offset += len(page.sessions)
        if not page.sessions or (offset >= total and not page.has_more):
            return total, not fell
        if offset > furthest:
            return total, False
