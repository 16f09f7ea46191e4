"""One polite request: within the budget, with a deadline, tried again where that can help."""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3

from hardal_frames.api import _wire
from hardal_frames.api._deadline import DeadlineAdapter
from hardal_frames.api._retry import RetryPolicy, retry_after
from hardal_frames.errors import (
    AuthenticationError,
    BadResponse,
    ConnectionFailed,
    HardalError,
    InvalidInput,
    NotFound,
    RateLimited,
    RequestRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from hardal_frames.api._key import ApiKey
    from hardal_frames.api._limit import Budget
    from hardal_frames.api._run import Run

    Look = Callable[[Mapping[str, str]], None]

Answer = TypeVar("Answer")

_LARGEST_BODY: Final = 64 * 2**20
_LARGEST_PART: Final = 2**16
_CONNECT_SECONDS: Final = 10.0
_TRIES_OF_A_STRANGER: Final = 2
_LEAST_WAITS: Final = (0.0, 5.0, 20.0, 60.0)
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_TOO_SLOW: Final = (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError)

_OK: Final = 200
_OTHER_GOOD: Final = range(201, 300)
_REDIRECT: Final = range(300, 400)
_NOT_ALLOWED: Final = (401, 403)
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_PASSING: Final = frozenset({408, 425, *range(500, 600)})


def checked_base_url(base_url: str) -> str:
    """Check scheme and host of the API's address.

    Parameters
    ----------
    base_url
        Such as ``"https://app.usehardal.com"``.

    Returns
    -------
    str
        The address without a trailing slash.

    Raises
    ------
    InvalidInput
        If it has no scheme, is not https (http is for loopback only), or has more than a host.

    Examples
    --------
    >>> checked_base_url("https://app.usehardal.com/")
    'https://app.usehardal.com'
    """
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        shown = base_url.rpartition("@")[2]
        raise InvalidInput(
            f"base_url is {shown!r}; scheme and host are needed, such as "
            "'https://app.usehardal.com'."
        )
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise InvalidInput(
            f"base_url names more than scheme and host ({parts.scheme}://{host}): the client "
            "appends /api/websites/... itself and takes the key as api_key."
        )
    if parts.scheme == "http" and host not in LOOPBACK:
        raise InvalidInput(
            f"base_url is http://{host}: the key would travel unencrypted. Use https:// "
            "(http:// is for servers on this machine only)."
        )
    return base_url.rstrip("/")


class _Passing(Exception):
    """A failure that may pass, and how many seconds the server asks us to wait."""

    def __init__(self, error: HardalError, wait: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.wait = wait


def _adapter_of(session: requests.Session) -> DeadlineAdapter:
    adapter = session.adapters["https://"]
    assert isinstance(adapter, DeadlineAdapter)  # noqa: S101  (we have mounted it)
    return adapter


class Transport:
    """Sends requests to one Hardal with one key, from any number of threads.

    Parameters
    ----------
    base_url
        Checked scheme and host.
    key
        Puts itself into each request.
    budget
        Says when a request may go.
    retry
        Says how often to try again.
    timeout
        Seconds that one request may take in all.
    ca_bundle
        Certificates to trust instead of the usual ones.
    """

    def __init__(
        self,
        base_url: str,
        key: ApiKey,
        *,
        budget: Budget,
        retry: RetryPolicy,
        timeout: float,
        ca_bundle: Path | None,
    ) -> None:
        self._base_url = base_url
        self._key = key
        self._budget = budget
        self._retry = retry
        self._timeout = timeout
        self._ca_bundle = ca_bundle
        self._answered = False
        self._idle: deque[requests.Session] = deque()
        self._process = os.getpid()
        self._is_closed = False

    def get(
        self,
        path: str,
        query: Mapping[str, str | int],
        check: Callable[[object], Answer],
        run: Run,
        *,
        look: Look | None = None,
    ) -> Answer:
        """Ask until there is an answer of the right shape, or no hope.

        Parameters
        ----------
        path
            From the root, already quoted.
        query
            Parameters.
        check
            Turns decoded JSON into the answer, or raises BadResponse.
        run
            What the request is counted in, and which can stop it.
        look
            Called with the headers of the answer.

        Returns
        -------
        Answer
            What check made of it.

        Raises
        ------
        HardalError
            The one that fits, without the request that caused it.
        """
        for attempt in range(1, self._retry.tries + 1):
            slot = self._budget.take(run.wait)
            run.go_on()
            run.count("requests" if attempt == 1 else "retries")
            try:
                return self._once(path, query, check, look)
            except _Passing as passing:
                failure = passing
            finally:
                slot.done()
            if isinstance(failure.error, RateLimited):
                run.count("refusals")
                # Who refuses again after the wait that was asked for means a longer one.
                least = _LEAST_WAITS[min(attempt, len(_LEAST_WAITS)) - 1]
                wait = failure.wait
                self._budget.refused(None if wait is None else max(wait, least))
            is_last = attempt == self._retry.tries or not run.may_retry
            if is_last or self._is_hopeless(failure, attempt):
                break
            if not isinstance(failure.error, RateLimited):
                pause = self._retry.pause(attempt)
                run.wait(pause if failure.wait is None else max(pause, failure.wait))
        raise failure.error from None

    def close(self) -> None:
        """Close the connections; one that is used again is closed after each request."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()
        self._budget.close()

    @contextlib.contextmanager
    def _session(self) -> Iterator[requests.Session]:
        """Lend a session that no other thread uses meanwhile, and no other process."""
        if self._process != os.getpid():
            # After a fork, parent and child would read each other's answers.
            self._idle, self._process = deque(), os.getpid()
        try:
            session = self._idle.pop()
        except IndexError:
            session = requests.Session()
            adapter = DeadlineAdapter()
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            session.headers["Accept"] = "application/json"
            session.verify = True if self._ca_bundle is None else str(self._ca_bundle)
            # A proxy can reach the internet, but not this machine's own loopback.
            session.trust_env = urlsplit(self._base_url).hostname not in LOOPBACK
        _adapter_of(session).is_over = False
        try:
            yield session
        finally:
            _adapter_of(session).rest()
            if self._is_closed:
                # A worker that was left behind comes home after everybody has gone.
                session.close()
            else:
                self._idle.append(session)

    def _is_hopeless(self, failure: _Passing, attempt: int) -> bool:
        # A server that never answered is more often a wrong address than a passing fault.
        never_there = isinstance(failure.error, ConnectionFailed) and not self._answered
        return never_there and attempt >= _TRIES_OF_A_STRANGER

    def _once(
        self,
        path: str,
        query: Mapping[str, str | int],
        check: Callable[[object], Answer],
        look: Look | None,
    ) -> Answer:
        deadline = time.monotonic() + self._timeout
        kind: type[Exception] | None = None
        stopped: BaseException | None = None
        response: requests.Response | None = None
        session: requests.Session | None = None
        try:
            with (
                self._session() as session,
                session.get(
                    self._base_url + path,
                    params=query,
                    auth=self._key,
                    timeout=(min(_CONNECT_SECONDS, self._timeout), self._timeout),
                    stream=True,
                    allow_redirects=False,
                ) as response,
            ):
                self._answered = True
                body = self._read(response, deadline)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            kind = type(error)
        except BaseException as error:  # noqa: BLE001  (raised again below)
            stopped = error
        # Raised out here, without the frames and exceptions of requests, which hold the key.
        if stopped is not None:
            raise stopped.with_traceback(None)
        if session is not None and _adapter_of(session).is_over:
            kind = requests.exceptions.ReadTimeout
        if kind is not None or response is None:
            self._give_up(kind or ConnectionError, has_begun=response is not None)
        if look is not None:
            look(response.headers)
        if response.status_code != _OK:
            # The same name again: no local variable keeps a key that the server echoes.
            body = self._key.hidden(body.decode("utf-8", "replace")).encode()
            self._refuse(response, body)
        if "html" in response.headers.get("Content-Type", "") or body.lstrip()[:1] == b"<":
            body = b""
            raise BadResponse(
                f"Got a web page from {self._base_url} instead of JSON: "
                "a proxy or a login in between?"
            )
        try:
            return check(_wire.decode(body))
        except BadResponse as error:
            raise _Passing(BadResponse(self._key.hidden(str(error)))) from None

    def _give_up(self, kind: type[Exception], *, has_begun: bool) -> NoReturn:
        if issubclass(kind, requests.exceptions.SSLError):
            raise ConnectionFailed(
                f"No secure connection to {self._base_url}: its TLS certificate cannot be trusted, "
                "or it speaks no TLS. If your network has its own certificates, name them with "
                "ca_bundle=..."
            )
        if issubclass(kind, _TOO_SLOW):
            raise _Passing(
                ConnectionFailed(
                    f"An answer of {self._base_url} did not come whole within {self._timeout:g} s, "
                    "tried several times. Is the network slow? timeout=... gives it longer, and "
                    "smaller pages (page_size=...) are quicker to answer."
                )
            )
        if has_begun:
            raise _Passing(
                BadResponse(
                    f"The answer of {self._base_url} breaks off or cannot be unpacked "
                    f"({kind.__name__}), in {self._retry.tries} tries."
                )
            )
        raise _Passing(
            ConnectionFailed(
                f"No answer from {self._base_url} ({kind.__name__}), tried several times. "
                "Is the address right, and the network there?"
            )
        )

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        # read1 returns what one packet brought: a slow drip cannot hold us beyond the deadline.
        parts, size = [], 0
        while part := response.raw.read1(_LARGEST_PART, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > _LARGEST_BODY:
                raise _wire.TooLarge(
                    f"The answer is larger than {_LARGEST_BODY // 2**20} MiB; ask for smaller "
                    "pages with page_size=..."
                )
            if time.monotonic() > deadline:
                raise requests.exceptions.ReadTimeout
        return b"".join(parts)

    def _refuse(self, response: requests.Response, body: bytes) -> NoReturn:
        status = response.status_code
        said = _wire.error_message(body)
        said = f" The API says: {said!r}." if said else ""
        if status in _OTHER_GOOD:
            raise _Passing(BadResponse(f"The API answers {status}, without what was asked for."))
        if status in _REDIRECT:
            raise BadResponse(
                f"{self._base_url} redirects elsewhere ({status}); the key does not follow. "
                "Give the right address as base_url."
            )
        if status in _NOT_ALLOWED:
            raise AuthenticationError(
                f"The API key is refused ({status}).{said} Check HARDAL_API_KEY (or api_key=...), "
                "and that the key may read this signal."
            )
        if status == _NOT_FOUND:
            raise NotFound(f"There is no such session or signal (404).{said}", status=status)
        if status == _TOO_MANY:
            wait = retry_after(response.headers.get("Retry-After"))
            error = RateLimited(
                f"The API still refuses (429) after {self._retry.tries} tries.{said} Others may "
                "use the same key; try later, or with a lower requests_per_minute.",
                status=status,
            )
            raise _Passing(error, wait)
        if status in _PASSING:
            raise _Passing(
                BadResponse(f"The API fails ({status}) in {self._retry.tries} tries.{said}"),
                retry_after(response.headers.get("Retry-After")),
            )
        raise RequestRefused(f"The API refuses the request ({status}).{said}", status=status)
