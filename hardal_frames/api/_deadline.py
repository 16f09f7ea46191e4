"""Connections on which the head of an answer has a deadline.

The timeout of a socket begins anew with each byte; a head that drips would never end. The body is
read by ourselves, with the deadline looked at after each part.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from requests.adapters import HTTPAdapter


class DeadlineAdapter(HTTPAdapter):
    """Adapter of a `requests.Session` whose read timeout holds for the whole head."""

    def get_connection_with_tls_context(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        """Return the pool of connections for a request."""
        pool: Any = super().get_connection_with_tls_context(*given, **named)
        kind: type = pool.ConnectionCls
        if _WithDeadline not in kind.__mro__:
            pool.ConnectionCls = type(kind.__name__, (_WithDeadline, kind), {})
        return pool


class _WithDeadline:
    """The part of a connection that waits for an answer."""

    timeout: float
    sock: socket.socket

    def getresponse(self) -> Any:  # noqa: ANN401  (urllib3 names the type)
        is_over = threading.Event()
        timer = threading.Timer(self.timeout, _shut, [self.sock, is_over])
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()  # type: ignore[misc]
        finally:
            timer.cancel()
            if is_over.is_set():
                # What a head that was cut off looks like is no answer; urllib3 knows this error.
                raise TimeoutError


def _shut(connection: socket.socket, is_over: threading.Event) -> None:
    is_over.set()
    with contextlib.suppress(OSError):
        # Not the method of an SSLSocket, which would change it under the reader's hands.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
