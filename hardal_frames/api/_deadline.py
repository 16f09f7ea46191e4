"""Connections on which a whole answer has a deadline.

The timeout of a socket begins anew with each byte; an answer that drips would never end. A timer
shuts the socket instead, whatever is being read from it: the head, the body or the size of a chunk.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from requests.adapters import HTTPAdapter


class DeadlineAdapter(HTTPAdapter):
    """Adapter of a `requests.Session` that one thread at a time uses."""

    _timer: threading.Timer | None = None
    is_over = False
    """Whether the deadline of the latest request has passed."""

    def get_connection_with_tls_context(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        """Return the pool of connections for a request."""
        pool: Any = super().get_connection_with_tls_context(*given, **named)
        kind: type = pool.ConnectionCls
        if _Watched not in kind.__mro__:
            pool.ConnectionCls = type(kind.__name__, (_Watched, kind), {"adapter": self})
        return pool

    def watch(self, connection: socket.socket, seconds: float) -> None:
        """Give an answer so many seconds."""
        self.rest()
        self._timer = threading.Timer(seconds, self._shut, [connection])
        self._timer.daemon = True
        self._timer.start()

    def rest(self) -> None:
        """Watch no longer: the answer is here, or there will be none."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _shut(self, connection: socket.socket) -> None:
        self.is_over = True
        with contextlib.suppress(OSError):
            # Not the method of an SSLSocket, which would change it under the reader's hands.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Watched:
    """The part of a connection that waits for an answer."""

    adapter: DeadlineAdapter
    timeout: float
    sock: socket.socket

    def getresponse(self) -> Any:  # noqa: ANN401  (urllib3 names the type)
        self.adapter.watch(self.sock, self.timeout)
        response = super().getresponse()  # type: ignore[misc]
        if self.adapter.is_over:
            # A head that was cut off looks like an answer; urllib3 knows this error.
            response.close()
            raise TimeoutError
        return response
