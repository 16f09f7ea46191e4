"""The two endpoints of one signal, asked until an answer is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hardal_frames.api import _arguments as arguments
from hardal_frames.api import _pages, _wire
from hardal_frames.api._session_list import whole_session_list
from hardal_frames.errors import IncompleteSessionList, NotFound
from hardal_frames.frames.sessions import sessions_from_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardal_frames.api._http import Look, Transport
    from hardal_frames.api._run import Run

LIST_PAGE: Final = 1000


class Endpoints:
    """Session Activity and Sessions of one signal.

    Parameters
    ----------
    transport
        Sends the requests.
    signal_id
        The signal, checked.
    target_signal_id
        Signal whose data is read, or nothing.
    is_hybrid
        Whether the signal is hybrid.
    page_size
        Events to ask for at once at most.
    """

    def __init__(
        self,
        transport: Transport,
        signal_id: str,
        *,
        target_signal_id: str,
        is_hybrid: bool,
        page_size: int,
    ) -> None:
        self._transport = transport
        self._signal_id = signal_id
        self._root = f"/api/websites/{arguments.quoted(signal_id, 'signal_id')}/sessions"
        self._query: dict[str, str | int] = {"isHybrid": "true" if is_hybrid else "false"}
        if target_signal_id:
            self._query["targetSignalId"] = target_signal_id
        self._page_size = page_size

    def activity_page(
        self, session_id: str, query: Mapping[str, str | int], run: Run, *, look: Look | None = None
    ) -> _wire.ActivityPage:
        """One page of one session."""
        path = f"{self._root}/{arguments.quoted(session_id, 'session_id')}/activity"
        try:
            return self._transport.get(
                path, {**self._query, **query}, _wire.activity_page, run, look=look
            )
        except NotFound as error:
            raise NotFound(
                f"Session {session_id!r} of signal {self._signal_id!r}: {error}",
                status=error.status,
            ) from None

    def whole_session(
        self, session_id: str, run: Run, *, expected: int | None = None
    ) -> _pages.WholeSession:
        """All events of one session; raises `NotWhole` if they cannot be proven complete."""
        # Under desc, events that arrive meanwhile would shift every page border; UTC makes
        # every way of writing a timestamp the same instant.
        steady = {"orderBy": "timestamp", "order": "asc", "timezone": "UTC"}

        def get_page(page: int, limit: int) -> _wire.ActivityPage:
            return self.activity_page(session_id, {**steady, "page": page, "limit": limit}, run)

        return _pages.whole_session(get_page, self._page_size, expected=expected)

    def session_list_page(
        self, query: Mapping[str, str | int], run: Run, *, look: Look | None = None
    ) -> _wire.SessionListPage:
        """One page of the session list."""
        return self._transport.get(
            self._root, {**self._query, **query}, _wire.session_list_page, run, look=look
        )

    def session_rows(
        self, timezone: str, period: Mapping[str, str | int], run: Run
    ) -> list[dict[str, Any]]:
        """All rows of the session list of a period; raises `IncompleteSessionList`."""

        def get_page(offset: int, limit: int) -> _wire.SessionListPage:
            query = {"timezone": timezone, **period, "limit": limit, "offset": offset}
            return self.session_list_page(query, run)

        try:
            return whole_session_list(get_page, LIST_PAGE)
        except _pages.NotWhole as error:
            raise IncompleteSessionList(
                f"The list of sessions is not complete: {error.reason}. What arrived is in the "
                "error's .sessions; ask again, or for a shorter time.",
                sessions=sessions_from_records(error.records, timezone=timezone),
            ) from None
