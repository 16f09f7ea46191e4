"""The client: sessions and their activity as frames."""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from hardal_frames import schema
from hardal_frames.api import _arguments as arguments
from hardal_frames.api import _pages, _wire
from hardal_frames.api._http import Transport, checked_base_url
from hardal_frames.api._key import ApiKey
from hardal_frames.api._limit import Budget
from hardal_frames.api._progress import reporter
from hardal_frames.api._retry import RetryPolicy
from hardal_frames.errors import (
    AuthenticationError,
    BadResponse,
    ConnectionFailed,
    HardalError,
    IncompleteSession,
    IncompleteSessionList,
    InvalidInput,
    NotFound,
    PaginationStalled,
    RequestRefused,
)
from hardal_frames.frames.build import build_events
from hardal_frames.frames.properties import checked_types
from hardal_frames.frames.sessions import sessions_from_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    import pandas as pd

    from hardal_frames.api._progress import Progress
    from hardal_frames.frames.properties import PropertyType

DEFAULT_BASE_URL: Final = "https://app.usehardal.com"

_ORDERS: Final = ("asc", "desc")
_ORDER_COLUMNS: Final = ("timestamp", "name", "type")
_LIST_PAGE: Final = 1000


class Client:
    """Hardal's sessions and their activity, as frames.

    Use it as a context manager, or call `close` at the end.

    Parameters
    ----------
    api_key
        The key; unset, the environment variable HARDAL_API_KEY.
    signal_id
        The website's signal; unset, HARDAL_SIGNAL_ID.
    base_url
        Scheme and host; unset, HARDAL_API_BASE_URL, then https://app.usehardal.com.
    target_signal_id
        Signal whose analytics data is read, if it is another one.
    is_hybrid
        Whether the signal is hybrid or self-hosted.
    timezone
        Zone in which the frames show timestamps, and which ``timeframe`` means.
    requests_per_minute
        Budget of the key; None for none, on servers of your own.
    types
        Property types that shall not follow from the values, as for `events_from_records`.
    page_size
        Events to ask for at once. Hardal advises 10 to 20 for very active sessions.
    timeout
        Seconds that one request may take in all.
    ca_bundle
        File of certificates to trust, where a network has its own.
    clock, sleep
        The time, replaceable in tests.

    Raises
    ------
    AuthenticationError
        If there is no key.
    InvalidInput
        If another argument cannot be used.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> from hardal_frames.sandbox import Sandbox
    >>> with Sandbox() as hardal, hf.Client(
    ...     hardal.api_key, hardal.signal_id, base_url=hardal.base_url, requests_per_minute=None
    ... ) as client:
    ...     sessions = client.sessions()
    ...     events = client.activity(sessions["session_id"].iloc[0])
    >>> len(events) - int(sessions["events"].iloc[0])
    0
    """

    def __init__(
        self,
        api_key: str | None = None,
        signal_id: str | None = None,
        *,
        base_url: str | None = None,
        target_signal_id: str | None = None,
        is_hybrid: bool = False,
        timezone: str = schema.DEFAULT_TIMEZONE,
        requests_per_minute: int | None = 100,
        types: Mapping[str, PropertyType] | None = None,
        page_size: int = 1000,
        timeout: float = 60.0,
        ca_bundle: str | Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # First of all, so that no traceback from here on shows it among the local variables.
        key = ApiKey(os.environ.get("HARDAL_API_KEY", "") if api_key is None else api_key)
        del api_key
        if key.fault is not None:
            raise AuthenticationError(key.fault)
        self.signal_id: str = arguments.text(
            signal_id, "signal_id", os.environ.get("HARDAL_SIGNAL_ID", "")
        )
        if not self.signal_id:
            raise InvalidInput(
                "No signal: set the environment variable HARDAL_SIGNAL_ID, or give signal_id=..."
            )
        self._signal = arguments.quoted(self.signal_id, "signal_id")
        default = os.environ.get("HARDAL_API_BASE_URL") or DEFAULT_BASE_URL
        self.base_url: str = checked_base_url(arguments.text(base_url, "base_url", default))
        schema.known_zone(timezone)
        self.timezone = timezone
        self._target = arguments.text(target_signal_id, "target_signal_id", "")
        if not isinstance(is_hybrid, bool):
            raise InvalidInput(f"is_hybrid is {is_hybrid!r}; True or False is needed.")
        self._is_hybrid = is_hybrid
        self._types = checked_types(types)
        self._page_size = schema.require_whole(page_size, "page_size")
        if requests_per_minute is not None:
            schema.require_whole(requests_per_minute, "requests_per_minute")
        self._requests_per_minute = requests_per_minute
        if ca_bundle is not None and not Path(ca_bundle).is_file():
            raise InvalidInput(f"ca_bundle is {str(ca_bundle)!r}; there is no such file.")
        self._transport = Transport(
            self.base_url,
            key,
            budget=Budget(requests_per_minute, clock=clock, sleep=sleep),
            retry=RetryPolicy(),
            timeout=arguments.seconds(timeout, "timeout"),
            ca_bundle=None if ca_bundle is None else Path(ca_bundle),
            clock=clock,
            sleep=sleep,
        )

    def __repr__(self) -> str:
        # A debugger may ask before the arguments have been checked.
        signal_id = getattr(self, "signal_id", None)
        return f"Client(signal_id={signal_id!r}, base_url={getattr(self, 'base_url', None)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def activity_page(
        self,
        session_id: str,
        *,
        page: int = 1,
        limit: int = 50,
        order_by: Literal["timestamp", "name", "type"] = "timestamp",
        order: Literal["asc", "desc"] = "desc",
        timezone: str | None = None,
    ) -> _wire.ActivityPage:
        """Fetch one page of one session as the API gives it, for a look at the raw answer.

        Parameters
        ----------
        session_id
            The session.
        page, limit, order_by, order, timezone
            The endpoint's own parameters and defaults; timezone unset is the client's.

        Returns
        -------
        ActivityPage
            ``.events .total_count .page .page_size .has_more``.

        Raises
        ------
        InvalidInput
            If a parameter is not allowed.
        NotFound
            If there is no such session.
        HardalError
            If no answer can be had; see `hardal_frames.errors`.
        """
        schema.require_one_of(order_by, "order_by", _ORDER_COLUMNS)
        schema.require_one_of(order, "order", _ORDERS)
        zone = self.timezone if timezone is None else timezone
        schema.known_zone(zone)
        query: dict[str, str | int] = {
            **self._signal_query(),
            "orderBy": order_by,
            "order": order,
            "timezone": zone,
            "page": schema.require_whole(page, "page"),
            "limit": schema.require_whole(limit, "limit"),
        }
        session = arguments.quoted(session_id, "session_id")
        path = f"/api/websites/{self._signal}/sessions/{session}/activity"
        try:
            return self._transport.get(path, query, _wire.activity_page)
        except NotFound as error:
            raise NotFound(
                f"Session {session_id!r} of signal {self.signal_id!r}: {error}",
                status=error.status,
            ) from None

    def activity(self, session_id: str) -> pd.DataFrame:
        """Fetch all events of one session, proven complete.

        Parameters
        ----------
        session_id
            The session.

        Returns
        -------
        DataFrame
            One row an event, as `events_from_records` describes; no row if nothing was recorded.

        Raises
        ------
        IncompleteSession
            If fewer events arrive than the API says there are; ``.events`` holds those.
        NotFound
            If there is no such session.
        HardalError
            If no answer can be had; see `hardal_frames.errors`.
        """
        try:
            records = self._whole_session(session_id)
        except _pages.NotWhole as error:
            raise _kind_of(error)(
                f"Session {session_id!r} is not complete: {error.reason}. What arrived is in "
                "the error's .events; fetch the session again later.",
                events=self._built({session_id: error.records}),
            ) from None
        return self._built({session_id: records})

    def activities(
        self, session_ids: Iterable[str], *, progress: Progress | bool | None = None
    ) -> pd.DataFrame:
        """Fetch all events of many sessions into one frame.

        Each session costs at least one request of the budget. Nothing is kept before the end:
        interrupted, what has arrived so far is gone.

        Parameters
        ----------
        session_ids
            The sessions, in the order that the frame shall have; repeated ones count once.
        progress
            Whether to show how far it is; by default for more than 20 sessions. A function is
            called with (sessions done, sessions in all).

        Returns
        -------
        DataFrame
            One row an event, as `events_from_records` describes; each property typed over all
            the sessions.

        Raises
        ------
        IncompleteSession
            At the end, if a session failed: ``.events`` holds all that arrived, ``.failed`` the
            sessions that did not and why.
        AuthenticationError, ConnectionFailed
            If nothing at all can be fetched. Later on, the sessions that are left count as failed.
        """
        wanted = arguments.session_ids(session_ids)
        report = reporter(progress, total=len(wanted), per_minute=self._requests_per_minute)
        feeds: dict[str, list[dict[str, Any]]] = {}
        failed: dict[str, HardalError] = {}
        for done, session_id in enumerate(wanted, start=1):
            try:
                feeds[session_id] = self._whole_session(session_id)
            except _pages.NotWhole as error:
                feeds[session_id] = error.records
                failed[session_id] = _kind_of(error)(error.reason, events=self._built({}))
            except (RequestRefused, BadResponse) as error:
                failed[session_id] = error
            except (AuthenticationError, ConnectionFailed) as error:
                if not feeds:
                    raise
                failed |= dict.fromkeys(wanted[done - 1 :], error)
                break
            report(done, len(wanted))
        events = self._built(feeds)
        if failed:
            first = next(iter(failed))
            raise IncompleteSession(
                f"{len(failed)} of {len(wanted)} sessions failed, the first {first!r}: "
                f"{failed[first]} All that arrived is in the error's .events, the rest in .failed.",
                events=events,
                failed=failed,
            )
        return events

    def sessions(
        self,
        *,
        timeframe: arguments.Timeframe | None = None,
        start: arguments.Moment | None = None,
        end: arguments.Moment | None = None,
    ) -> pd.DataFrame:
        """Fetch the list of sessions, all pages of it.

        Parameters
        ----------
        timeframe
            ``"today"``, ``"yesterday"``, ``"last7days"``, ``"last30days"`` or ``"custom"``.
        start, end
            First and last moment in which a session may start, instead of a timeframe: a date, a
            datetime or ISO text; without an offset in the client's zone. A date as end includes
            its whole day.

        Returns
        -------
        DataFrame
            One row a session: session_id, visitor_id, started_at (datetime64[us, zone]), duration
            (timedelta64[us]), page_views, events (Int64), pages (JSON text), browser, os, device,
            country, ``field_*``.

        Raises
        ------
        IncompleteSessionList
            If fewer sessions arrive than the API says there are; ``.sessions`` holds those.
        InvalidInput
            If an argument cannot be used.
        HardalError
            If no answer can be had; see `hardal_frames.errors`.
        """
        query = {**self._signal_query(), "timezone": self.timezone}
        query |= arguments.period(timeframe, start, end, schema.known_zone(self.timezone))
        path = f"/api/websites/{self._signal}/sessions"

        def get_page(offset: int, limit: int) -> _wire.SessionListPage:
            asked = {**query, "limit": limit, "offset": offset}
            return self._transport.get(path, asked, _wire.session_list_page)

        try:
            rows = _pages.whole_session_list(get_page, _LIST_PAGE)
        except _pages.NotWhole as error:
            raise IncompleteSessionList(
                f"The list of sessions is not complete: {error.reason}. What arrived is in the "
                "error's .sessions; ask again, or for a shorter time.",
                sessions=sessions_from_records(error.records, timezone=self.timezone),
            ) from None
        return sessions_from_records(rows, timezone=self.timezone, stacklevel=3)

    def _signal_query(self) -> dict[str, str | int]:
        query: dict[str, str | int] = {"isHybrid": "true" if self._is_hybrid else "false"}
        if self._target:
            query["targetSignalId"] = self._target
        return query

    def _whole_session(self, session_id: str) -> list[dict[str, Any]]:
        # Under desc, events that arrive meanwhile would shift every page border; UTC makes
        # every way of writing a timestamp the same instant.
        ask = functools.partial(self.activity_page, session_id, order="asc", timezone="UTC")
        return _pages.whole_session(
            lambda page, limit: ask(page=page, limit=limit), self._page_size
        )

    def _built(self, feeds: Mapping[str, list[dict[str, Any]]]) -> pd.DataFrame:
        built = build_events(feeds.items(), timezone=self.timezone, types=self._types)
        built.notes.warn(stacklevel=4)
        return built.events


def _kind_of(error: _pages.NotWhole) -> type[IncompleteSession]:
    return PaginationStalled if error.stalled else IncompleteSession
