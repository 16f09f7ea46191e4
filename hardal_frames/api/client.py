"""The client: sessions and their activity as frames."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, Self

from hardal_frames import schema
from hardal_frames.api import _arguments as arguments
from hardal_frames.api._check import MOST_REQUESTS, Check
from hardal_frames.api._connection import connect
from hardal_frames.api._key import ApiKey
from hardal_frames.api._many import gather, not_whole
from hardal_frames.api._pages import NotWhole
from hardal_frames.api._pull import Pull
from hardal_frames.api._run import Run
from hardal_frames.errors import AuthenticationError, InvalidInput
from hardal_frames.frames.build import build_events
from hardal_frames.frames.properties import checked_types
from hardal_frames.frames.sessions import sessions_from_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from hardal_frames.api._check import CheckReport
    from hardal_frames.api._many import Record
    from hardal_frames.api._report import PullReport
    from hardal_frames.api._wire import ActivityPage
    from hardal_frames.frames.properties import PropertyType
    from hardal_frames.progress import Progress
    from hardal_frames.store.store import Store


class Client:
    """Hardal's sessions and their activity, as frames.

    Use it as a context manager, or call `close` at the end. All that fetches raises a
    `HardalError` of some kind if no answer can be had; the lists of errors name the others.

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
        Budget of the key, shared by all of this user's processes; None for servers of your own.
    types
        Property types that shall not follow from the values, as for `events_from_records`.
    page_size
        Events to ask for at once. Hardal advises 10 to 20 for very active sessions.
    timeout
        Seconds that one request may take in all.
    workers
        How many sessions are fetched at once.
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
    >>> hf.Client("key", "signal")
    Client(signal_id='signal', base_url='https://app.usehardal.com')
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
        workers: int = 4,
        ca_bundle: str | Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        # First of all, so that no traceback from here on shows it among the local variables.
        key = ApiKey.given(api_key)
        del api_key
        if key.fault is not None:
            raise AuthenticationError(key.fault)
        self._connection = connect(
            key,
            signal_id,
            base_url=base_url,
            target_signal_id=target_signal_id,
            is_hybrid=is_hybrid,
            requests_per_minute=requests_per_minute,
            page_size=page_size,
            timeout=timeout,
            ca_bundle=ca_bundle,
            clock=clock,
        )
        self._sleep = sleep
        self._workers = schema.require_whole(workers, "workers")
        self._types = checked_types(types)
        schema.known_zone(timezone)
        self.timezone = timezone
        self.signal_id: str = self._connection.signal_id
        self.base_url: str = self._connection.base_url

    def __repr__(self) -> str:
        # A debugger may ask too early.
        signal_id = getattr(self, "signal_id", None)
        return f"Client(signal_id={signal_id!r}, base_url={getattr(self, 'base_url', None)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections.

        Examples
        --------
        >>> import hardal_frames as hf
        >>> hf.Client("key", "signal").close()
        """
        self._connection.transport.close()

    def activity_page(
        self,
        session_id: str,
        *,
        page: int = 1,
        limit: int = 50,
        order_by: Literal["timestamp", "name", "type"] = "timestamp",
        order: Literal["asc", "desc"] = "desc",
        timezone: str | None = None,
    ) -> ActivityPage:
        """Fetch one page of one session as the API gives it, for a look at the raw answer.

        Parameters
        ----------
        session_id, page, limit, order_by, order, timezone
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

        Examples
        --------
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with Sandbox(simulate(3)) as hardal, hf.Client(**hardal.access) as client:
        ...     client.activity_page("ses_000001", limit=2).total_count
        7
        """
        zone = self.timezone if timezone is None else timezone
        query = arguments.page_query(page, limit, order_by, order, zone)
        return self._connection.endpoints.activity_page(session_id, query, Run(self._sleep))

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

        Examples
        --------
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with Sandbox(simulate(3)) as hardal, hf.Client(**hardal.access) as client:
        ...     client.activity("ses_000001")["name"].tolist()[:3]
        ['page_view', 'page_view', 'view_item']
        """
        try:
            whole = self._connection.endpoints.whole_session(session_id, Run(self._sleep))
        except NotWhole as error:
            events = self._built({session_id: error.records})
            raise error.told_of(session_id, events) from None
        return self._built({session_id: whole.records}, whole.duplicates)

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
            As `events_from_records` describes; each property typed over all the sessions.

        Raises
        ------
        IncompleteSession
            At the end, if sessions failed: ``.events`` holds what arrived, ``.failed`` the others.
        AuthenticationError, ConnectionFailed
            If nothing at all can be fetched. Later on, the sessions that are left count as failed.

        Examples
        --------
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with Sandbox(simulate(3)) as hardal, hf.Client(**hardal.access) as client:
        ...     client.activities(["ses_000001", "ses_000003"])["session_id"].nunique()
        2
        """
        wanted, run = arguments.session_ids(session_ids), Run(self._sleep)
        gathered = gather(self._connection, wanted, run, workers=self._workers, progress=progress)
        feeds = {name: each.records for name, each in gathered.items() if each.has_arrived}
        events = self._built(feeds, sum(each.duplicates for each in gathered.values()))
        if (error := not_whole(gathered, events, self._built({}))) is not None:
            raise error
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

        Examples
        --------
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with Sandbox(simulate(3)) as hardal, hf.Client(**hardal.access) as client:
        ...     client.sessions()["session_id"].tolist()
        ['ses_000003', 'ses_000002', 'ses_000001']
        """
        period = arguments.period(timeframe, start, end, schema.known_zone(self.timezone))
        rows = self._connection.endpoints.session_rows(self.timezone, period, Run(self._sleep))
        return sessions_from_records(rows, timezone=self.timezone, stacklevel=3)

    def pull(
        self,
        store: Store,
        session_ids: Iterable[str] | None = None,
        *,
        timeframe: arguments.Timeframe | None = None,
        start: arguments.Moment | None = None,
        end: arguments.Moment | None = None,
        progress: Progress | bool | None = None,
    ) -> PullReport:
        """Fetch into a store what it does not have yet, or not as it is now.

        Each session is kept as soon as it is proven complete. Interrupted or killed at any moment,
        call it again: only what was in flight is fetched twice. Several processes may pull into
        one store at once.

        Parameters
        ----------
        store
            Where to.
        session_ids
            Which sessions; by default those of the session list.
        timeframe, start, end
            Of which time, as for `sessions`; by default all that Hardal lists.
        progress
            As for `activities`.

        Returns
        -------
        PullReport
            Counts of sessions, requests and of everything that was odd; prints well, and
            ``.to_frame()`` makes a table of it. Sessions that failed are in ``.failures``.

        Raises
        ------
        AuthenticationError, IncompleteSessionList
            If the key is refused, or the list of sessions cannot be had in full.
        StoreError
            If the store cannot be written, or holds another signal's sessions.
        HardalError
            If many sessions in a row fail. Whatever is raised, all that was fetched is stored.

        Examples
        --------
        >>> import tempfile
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with Sandbox(simulate(3)) as hardal, hf.Client(**hardal.access) as client:
        ...     with tempfile.TemporaryDirectory() as folder, hf.Store(folder) as store:
        ...         client.pull(store, progress=False).fetched, len(store.events())
        (3, 13)
        """
        named = None if session_ids is None else arguments.session_ids(session_ids)
        if named is not None and (timeframe, start, end) != (None, None, None):
            raise InvalidInput("session_ids and a time are given; give one or the other.")
        period = arguments.period(timeframe, start, end, schema.known_zone(self.timezone))
        ledger, run = arguments.ledger_of(store), Run(self._sleep)
        pull = Pull(self._connection, ledger, run, workers=self._workers, timezone=self.timezone)
        return pull.into_store(named, period, progress)

    def check(self) -> CheckReport:
        """Find out, in at most six requests, whether all is well and what this API does.

        Looks at key, address, clocks, the limit that is honoured, counts, the form of timestamps,
        event ids, the order of events and of the list, and paging.

        Returns
        -------
        CheckReport
            Prints well; ``.to_frame()`` makes a table of it, ``.is_good`` says whether nothing is
            bad. What is wrong with key or network is told there, not raised.

        Examples
        --------
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with Sandbox(simulate(3)) as hardal, hf.Client(**hardal.access) as client:
        ...     client.check().is_good
        True
        """
        run = Run(self._sleep, most_requests=MOST_REQUESTS)
        return Check(self._connection, run, self.timezone).report()

    def _built(self, feeds: Mapping[str, list[Record]], duplicates: int = 0) -> pd.DataFrame:
        built = build_events(feeds.items(), timezone=self.timezone, types=self._types)
        built.notes.warn(stacklevel=4, duplicates=duplicates)
        return built.events
