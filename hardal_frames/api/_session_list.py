"""All pages of the session list, until the counts agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardal_frames.api._pages import NotWhole

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardal_frames.api._pages import Record
    from hardal_frames.api._wire import SessionListPage

_PASSES: Final = 4
_SPARE_PAGES: Final = 3


def whole_session_list(
    get_page: Callable[[int, int], SessionListPage], page_size: int
) -> list[Record]:
    """Fetch every page of the session list, until the counts agree.

    Several pages are several instants: a row that moves up over a page border while another
    session begins is missed although the counts agree. A second pass finds it.

    Parameters
    ----------
    get_page
        Asks for (offset, limit).
    page_size
        Sessions to ask for at once.

    Returns
    -------
    list of dict
        The rows, each session once, as they were last seen.

    Raises
    ------
    NotWhole
        If fewer sessions arrive than the API says there are, four times over.
    """
    held: dict[str, Record] = {}
    total_before: int | None = None
    for _ in range(_PASSES):
        seen = _pass_over(get_page, page_size, held)
        if seen.is_steady and seen.pages <= 1 and len(seen.ids) == seen.total:
            return list(held.values())
        # Sessions that begin while we page may be missing; those of the pass before may not.
        if total_before is not None and seen.is_steady:
            promised = min(seen.total, total_before)
            if len(held) >= promised:
                return list(held.values())
        total_before = seen.total
    raise NotWhole(f"{len(held)} of {seen.total} sessions arrived", list(held.values()))


class _Pass:
    """What one pass saw: the last total, the ids, and whether it can be trusted."""

    def __init__(self) -> None:
        self.total = 0
        self.pages = 0
        self.ids: set[str] = set()
        self.is_steady = True


def _pass_over(
    get_page: Callable[[int, int], SessionListPage], page_size: int, held: dict[str, Record]
) -> _Pass:
    """One pass over the list into held.

    It cannot be trusted if the total fell, for then a row may have moved up over a page border,
    or if the list grew as fast as it was read.
    """
    seen = _Pass()
    offset = 0
    furthest: int | None = None
    while True:
        page = get_page(offset, page_size)
        seen.is_steady = seen.is_steady and page.total >= seen.total
        seen.total = page.total
        if furthest is None:
            furthest = 2 * page.total + _SPARE_PAGES * page_size
        for row in page.sessions:
            identifier = str(row["id"])
            held[identifier] = row
            seen.ids.add(identifier)
        offset += len(page.sessions)
        seen.pages += bool(page.sessions)
        if not page.sessions or (offset >= page.total and not page.has_more):
            return seen
        if offset > furthest:
            seen.is_steady = False
            return seen
