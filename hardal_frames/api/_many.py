"""Many sessions, several at once: what becomes of each."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from hardal_frames.api._crew import work_through
from hardal_frames.api._pages import NotWhole
from hardal_frames.errors import (
    AuthenticationError,
    BadResponse,
    ConnectionFailed,
    IncompleteSession,
    RateLimited,
    RequestRefused,
)
from hardal_frames.progress import reporter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    import pandas as pd

    from hardal_frames.api._connection import Connection
    from hardal_frames.api._endpoints import Endpoints
    from hardal_frames.api._run import Run
    from hardal_frames.errors import HardalError
    from hardal_frames.progress import Progress

Record = dict[str, Any]

Fault = NotWhole | RequestRefused | BadResponse | ConnectionFailed | AuthenticationError

_HOPELESS_IN_A_ROW: Final = 8
_PASSING: Final = (ConnectionFailed, BadResponse, RateLimited)


class Wanted(Protocol):
    """A session to fetch, and how many events it may have, if that is known."""

    @property
    def session_id(self) -> str:
        """The session."""
        ...

    @property
    def expected(self) -> int | None:
        """How many events it may have."""
        ...

    @property
    def has_failed(self) -> bool:
        """Whether it could not be fetched before."""
        ...


Task = TypeVar("Task", bound=Wanted)


@dataclass(frozen=True, slots=True)
class Named:
    """A session that the caller named."""

    session_id: str
    expected: int | None = None
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one session.

    Parameters
    ----------
    records
        All that arrived.
    duplicates
        Rows that came twice and were dropped.
    fault
        Why the session is not proven complete, or could not be fetched at all; None if it is.
    """

    records: list[Record] = field(default_factory=list, repr=False)
    duplicates: int = 0
    fault: Fault | None = None

    @property
    def has_arrived(self) -> bool:
        """Whether there is anything of the session, be it that it is empty."""
        return self.fault is None or isinstance(self.fault, NotWhole)

    def error(self, nothing: pd.DataFrame) -> HardalError | None:
        """Error to show for this session; its events are with those of the others."""
        if isinstance(self.fault, NotWhole):
            return self.fault.told(self.fault.reason, nothing)
        return self.fault

    @property
    def has_failed_in_passing(self) -> bool:
        """Whether the same request may well succeed later."""
        return isinstance(self.fault, _PASSING)


def fetch_each(
    endpoints: Endpoints, tasks: Iterator[Task | None], run: Run, *, workers: int
) -> Generator[tuple[Task, Fetched], None, None]:
    """Fetch sessions, each until it is proven complete or has failed.

    Parameters
    ----------
    endpoints
        Where from.
    tasks
        The sessions; None where there is none to do just now.
    run
        What the requests are counted in.
    workers
        How many at once.

    Yields
    ------
    tuple
        A task and what became of it, as each is done.

    Raises
    ------
    AuthenticationError
        At once, for no other session would fare better.
    BadResponse, ConnectionFailed, RateLimited
        If many sessions in a row fail: then it is not the sessions that are at fault.
    """

    def fetch(task: Task) -> Fetched:
        try:
            whole = endpoints.whole_session(task.session_id, run, expected=task.expected)
        except NotWhole as error:
            return Fetched(error.records, fault=error)
        except (RequestRefused, BadResponse, ConnectionFailed) as error:
            return Fetched(fault=error)
        return Fetched(whole.records, whole.duplicates)

    in_a_row = 0
    for task, fetched in work_through(tasks, fetch, workers=workers, run=run):
        yield task, fetched
        if not fetched.has_failed_in_passing:
            in_a_row = 0
        elif not task.has_failed:
            in_a_row += 1
        if in_a_row >= _HOPELESS_IN_A_ROW and fetched.fault is not None:
            raise fetched.fault


def gather(
    connection: Connection,
    session_ids: Sequence[str],
    run: Run,
    *,
    workers: int,
    progress: Progress | bool | None,
) -> dict[str, Fetched]:
    """Fetch sessions and hold them all, in the order asked for.

    Parameters
    ----------
    connection
        Where from.
    session_ids
        The sessions, each once.
    run, workers
        As for `fetch_each`.
    progress
        Whether to show how many are done, or what is told.

    Raises
    ------
    AuthenticationError, BadResponse, ConnectionFailed, RateLimited
        If there is no hope and nothing has arrived; later on, the sessions left have that fault.
    """
    per_minute = connection.requests_per_minute
    fetched: dict[str, Fetched] = {}
    each = fetch_each(connection.endpoints, map(Named, session_ids), run, workers=workers)
    try:
        with (
            reporter(progress, total=len(session_ids), per_minute=per_minute) as tell,
            contextlib.closing(each),
        ):
            if per_minute is not None and len(session_ids) > per_minute:
                plan = connection.plan_of(len(session_ids))
                tell.say(f"{plan}; client.pull(store) would keep what has come if it is stopped")
            for task, result in each:
                fetched[task.session_id] = result
                tell(len(fetched), len(session_ids))
    except (AuthenticationError, *_PASSING) as error:
        if not any(result.has_arrived for result in fetched.values()):
            raise
        left = (name for name in session_ids if name not in fetched)
        fetched |= dict.fromkeys(left, Fetched(fault=error))
    return {name: fetched[name] for name in session_ids}


def not_whole(
    gathered: Mapping[str, Fetched], events: pd.DataFrame, nothing: pd.DataFrame
) -> IncompleteSession | None:
    """Give the error to raise with all that arrived, if a session failed."""
    failed = {
        name: error for name, each in gathered.items() if (error := each.error(nothing)) is not None
    }
    if not failed:
        return None
    first = next(iter(failed))
    return IncompleteSession(
        f"{len(failed)} of {len(gathered)} sessions failed, the first {first!r}: {failed[first]} "
        "All that arrived is in the error's .events, the rest in .failed.",
        events=events,
        failed=failed,
    )
