"""One polite request: within the budget, with a deadline, tried again where that can help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3

from hardal_frames.api import _wire
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
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hardal_frames.api._key import ApiKey
    from hardal_frames.api._limit import Budget

Answer = TypeVar("Answer")

_LARGEST_BODY: Final = 64 * 2**20
_LARGEST_PART: Final = 2**16
_CONNECT_SECONDS: Final = 10.0
_TRIES_OF_A_STRANGER: Final = 2
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_OK: Final = 200
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
    if parts.scheme == "http" and host not in _LOOPBACK:
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


class Transport:
    """Sends requests to one Hardal with one key.

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
    clock, sleep
        The time, replaceable in tests.
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
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._base_url = base_url
        self._key = key
        self._budget = budget
        self._retry = retry
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._answered = False
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"
        self._session.verify = str(ca_bundle) if ca_bundle else True
        # A proxy can reach the internet, but not this machine's own loopback.
        self._session.trust_env = urlsplit(base_url).hostname not in _LOOPBACK

    def get(
        self, path: str, query: Mapping[str, str | int], check: Callable[[object], Answer]
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
            self._budget.acquire()
            try:
                return self._once(path, query, check)
            except _Passing as passing:
                failure = passing
            if attempt == self._retry.tries or self._is_hopeless(failure, attempt):
                break
            if failure.wait is None:
                self._sleep(self._retry.pause(attempt))
            else:
                self._budget.block(failure.wait)
        raise failure.error from None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _is_hopeless(self, failure: _Passing, attempt: int) -> bool:
        # A server that never answered is more often a wrong address than a passing fault.
        never_there = isinstance(failure.error, ConnectionFailed) and not self._answered
        return never_there and attempt >= _TRIES_OF_A_STRANGER

    def _once(
        self, path: str, query: Mapping[str, str | int], check: Callable[[object], Answer]
    ) -> Answer:
        deadline = self._clock() + self._timeout
        kind: type[Exception] | None = None
        try:
            with self._session.get(
                self._base_url + path,
                params=query,
                auth=self._key,
                timeout=(min(_CONNECT_SECONDS, self._timeout), self._timeout),
                stream=True,
                allow_redirects=False,
            ) as response:
                self._answered = True
                body = self._read(response, deadline)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            kind = type(error)
        # Raised out here, for the exceptions of requests hold the request, and that the key.
        if kind is not None:
            self._give_up(kind)
        if response.status_code != _OK:
            # The same name again: no local variable keeps a key that the server echoes.
            body = self._key.hidden(body.decode("utf-8", "replace")).encode()
            self._refuse(response, body)
        if "html" in response.headers.get("Content-Type", "") or body.lstrip()[:1] == b"<":
            raise BadResponse(
                f"Got a web page from {self._base_url} instead of JSON: "
                "a proxy or a login in between?"
            )
        try:
            return check(_wire.decode(body))
        except BadResponse as error:
            raise _Passing(BadResponse(self._key.hidden(str(error)))) from None

    def _give_up(self, kind: type[Exception]) -> NoReturn:
        if issubclass(kind, requests.exceptions.SSLError):
            raise ConnectionFailed(
                f"No secure connection to {self._base_url}: its TLS certificate cannot be trusted, "
                "or it speaks no TLS. If your network has its own certificates, name them with "
                "ca_bundle=..."
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
                raise BadResponse(
                    f"The answer is larger than {_LARGEST_BODY // 2**20} MiB; ask for smaller "
                    "pages with page_size=..."
                )
            if self._clock() > deadline:
                raise requests.exceptions.ReadTimeout
        return b"".join(parts)

    def _refuse(self, response: requests.Response, body: bytes) -> NoReturn:
        status = response.status_code
        said = _wire.error_message(body)
        said = f" The API says: {said!r}." if said else ""
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
            raise _Passing(error, self._budget.window if wait is None else wait)
        if status in _PASSING:
            raise _Passing(
                BadResponse(f"The API fails ({status}) in {self._retry.tries} tries.{said}")
            )
        raise RequestRefused(f"The API refuses the request ({status}).{said}", status=status)
