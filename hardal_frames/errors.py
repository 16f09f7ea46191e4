"""Everything that hardal_frames raises on purpose.

Each message says what happened, the value, what is allowed and what to do. No error holds the API
key or a request object that could hold it. ::

    HardalError
    ├── InvalidInput (a ValueError)  what the caller gave cannot be used
    │   └── UnknownName              a name that nothing in the data has, near ones told
    ├── AuthenticationError          401 or 403: the key is missing, wrong or not allowed
    ├── RequestRefused               another 4xx: the request itself is wrong
    │   ├── NotFound                 404: no such session or signal
    │   └── RateLimited              429: still refused after waiting
    ├── ConnectionFailed             no answer: not there, too slow, TLS
    ├── BadResponse                  an answer, but not one that the API promises
    ├── IncompleteSession            less than the API said there is; .events holds what arrived
    │   └── PaginationStalled        the same page came again
    ├── IncompleteSessionList        the same for the list of sessions; .sessions holds it
    └── StoreError                   a file of ours cannot be read or written

`DataWarning` is the one warning: rows or values that could not be used, counted.
"""

from __future__ import annotations

import contextlib
import inspect
import warnings
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

__all__ = [
    "AuthenticationError",
    "BadResponse",
    "ConnectionFailed",
    "DataWarning",
    "HardalError",
    "IncompleteSession",
    "IncompleteSessionList",
    "InvalidInput",
    "NotFound",
    "PaginationStalled",
    "RateLimited",
    "RequestRefused",
    "StoreError",
    "UnknownName",
]


class HardalError(Exception):
    """Anything that hardal_frames raises on purpose.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> try:
    ...     hf.read_events("nowhere.parquet")
    ... except hf.HardalError as error:
    ...     print(error)
    There is no file nowhere.parquet.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        # Without it, errors that take keywords could not come back from another process.
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(
    kind: type[HardalError], arguments: tuple[Any, ...], attributes: dict[str, Any]
) -> HardalError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(attributes)
    return error


class InvalidInput(HardalError, ValueError):
    """What the caller gave cannot be used; nothing was done.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> try:
    ...     hf.sample_events(timezone="Istanbul")
    ... except hf.InvalidInput as error:
    ...     isinstance(error, ValueError)
    True
    """


class UnknownName(InvalidInput):
    """A name that nothing in the data has, often a misspelt one.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> try:
    ...     hf.funnel(hf.sample_events(), ["view_item", "add_to_card"])
    ... except hf.UnknownName as error:
    ...     print(error)
    No event is called 'add_to_card'. Did you mean 'add_to_cart'? ...
    """


class AuthenticationError(HardalError):
    """The API key is missing, wrong, or not allowed to read this signal.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> from hardal_frames.sandbox import Sandbox, simulate
    >>> with Sandbox(simulate(sessions=1)) as hardal, hf.Client(
    ...     "another-key", hardal.signal_id, base_url=hardal.base_url, requests_per_minute=None
    ... ) as client:
    ...     try:
    ...         client.sessions()
    ...     except hf.AuthenticationError as error:
    ...         print(error)
    The API key is refused (401). ... Check HARDAL_API_KEY (or api_key=...), ...
    """


class RequestRefused(HardalError):
    """The API refused the request itself (4xx); asking again will not help.

    Parameters
    ----------
    message
        What to tell the user.
    status
        The HTTP status.

    Examples
    --------
    >>> RequestRefused("The API says that limit is no number.", status=422).status
    422
    """

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotFound(RequestRefused):
    """There is no such session or signal.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> from hardal_frames.sandbox import Sandbox, simulate
    >>> with Sandbox(simulate(sessions=1)) as hardal, hf.Client(**hardal.access) as client:
    ...     try:
    ...         client.activity("of-last-year")
    ...     except hf.NotFound as error:
    ...         error.status
    404
    """


class RateLimited(RequestRefused):
    """The API still said 429 after all the waiting that the retries allow.

    Examples
    --------
    >>> refused = RateLimited("Refused 6 times; others may use the key too.", status=429)
    >>> isinstance(refused, RequestRefused), refused.status
    (True, 429)
    """


class ConnectionFailed(HardalError):
    """No answer came: the server is not there, is too slow, or its TLS cannot be trusted.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> nobody = "http://127.0.0.1:9"
    >>> with hf.Client(
    ...     "key", "signal", base_url=nobody, requests_per_minute=None, sleep=lambda seconds: None
    ... ) as client:
    ...     try:
    ...         client.sessions()
    ...     except hf.ConnectionFailed as error:
    ...         print(error)
    No answer from http://127.0.0.1:9 ... Is the address right, and the network there?
    """


class BadResponse(HardalError):
    """The server answered, but not with what the API promises.

    Examples
    --------
    >>> str(BadResponse("The answer is not JSON."))
    'The answer is not JSON.'
    """


class IncompleteSession(HardalError):
    """Fewer events arrived than the API said there are.

    Parameters
    ----------
    message
        What to tell the user.
    events
        The events frame of all that did arrive.
    failed
        Session id to the error that ended it.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> from hardal_frames.sandbox import Sandbox, simulate
    >>> with Sandbox(simulate(sessions=1)) as hardal, hf.Client(**hardal.access) as client:
    ...     try:
    ...         client.activities(["ses_000001", "of-last-year"])
    ...     except hf.IncompleteSession as error:
    ...         list(error.failed), error.events["session_id"].unique().tolist()
    (['of-last-year'], ['ses_000001'])
    """

    def __init__(
        self,
        message: str,
        *,
        events: pd.DataFrame,
        failed: Mapping[str, HardalError] | None = None,
    ) -> None:
        super().__init__(message)
        self.events = events
        self.failed: dict[str, HardalError] = dict(failed or {})


class PaginationStalled(IncompleteSession):
    """The same page came again although more events were promised.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> issubclass(hf.PaginationStalled, hf.IncompleteSession)
    True
    """


class IncompleteSessionList(HardalError):
    """Fewer sessions arrived than the API said there are.

    Parameters
    ----------
    message
        What to tell the user.
    sessions
        The sessions frame of all that did arrive.

    Examples
    --------
    >>> import pandas as pd
    >>> arrived = pd.DataFrame({"session_id": ["s1"]})
    >>> len(IncompleteSessionList("1 of 2 sessions arrived.", sessions=arrived).sessions)
    1
    """

    def __init__(self, message: str, *, sessions: pd.DataFrame) -> None:
        super().__init__(message)
        self.sessions = sessions


class StoreError(HardalError):
    """A file of ours cannot be read or written, or is not what it says it is.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> try:
    ...     hf.read_events("nowhere.parquet")
    ... except hf.StoreError as error:
    ...     print(error)
    There is no file nowhere.parquet.
    """


class DataWarning(UserWarning):
    """Rows or values that could not be used as they are; the message counts them.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> import warnings
    >>> events = hf.sample_events(sessions=20)
    >>> events.loc[:4, "name"] = None
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always", hf.DataWarning)
    ...     table = hf.transitions(events)
    >>> print(told[0].message)
    5 of 222 rows are left out: 5 without name.
    """


_kept: ContextVar[list[DataWarning] | None] = ContextVar("kept", default=None)


@contextlib.contextmanager
def warnings_kept() -> Iterator[list[DataWarning]]:
    """Give a list that our warnings go to until the block ends.

    Only those of this thread: `warnings.catch_warnings` takes from all threads, and threads that
    use it at once leave each other's behind.
    """
    kept: list[DataWarning] = []
    before = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(before)


def warn(said: DataWarning) -> None:
    """Issue a warning at the line of the caller's that called into hardal_frames."""
    kept = _kept.get()
    if kept is not None:
        kept.append(said)
        return
    frame, level = inspect.currentframe(), 0
    while frame is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(said, stacklevel=level + 1)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == __name__.partition(".")[0]


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Ask whether a near one of the known names was meant; nothing if none is near.

    Examples
    --------
    >>> did_you_mean("utc", ["UTC", "Europe/Istanbul"]), did_you_mean("zzz", ["UTC"])
    ("Did you mean 'UTC'?", '')
    """
    import difflib  # noqa: PLC0415  (only a mistake needs it)

    by_folded = {each.casefold(): each for each in sorted(set(map(str, known)))}
    near = difflib.get_close_matches(str(name).casefold(), by_folded, n=3)
    if not near:
        return ""
    return f"Did you mean {' or '.join(repr(by_folded[each]) for each in near)}?"


def told(value: object) -> str:
    """Write an argument that was not understood; of a frame or an array no data, only what it is.

    Examples
    --------
    >>> import pandas as pd
    >>> told(["view_item"]), told(pd.DataFrame({"email": ["ada@example.com"]}))
    ("['view_item']", 'a DataFrame')
    """
    return f"a {type(value).__name__}" if hasattr(value, "__array__") else f"{value!r:.100}"


def near_names(name: object, known: Iterable[object]) -> str:
    """Say which of the known names the given one may have meant.

    Parameters
    ----------
    name
        What was not found.
    known
        The names that exist.

    Returns
    -------
    str
        A sentence: near names if there are any, else some of the known ones.

    Examples
    --------
    >>> near_names("add_to_card", ["add_to_cart", "purchase"])
    "Did you mean 'add_to_cart'?"
    >>> near_names("zzz", ["add_to_cart", "purchase"])
    "There are 'add_to_cart', 'purchase'."
    """
    names = sorted(set(map(str, known)))
    if meant := did_you_mean(name, names):
        return meant
    if not names:
        return "There are none."
    shown = 8
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"There are {', '.join(map(repr, names[:shown]))}{more}."
