"""A server on loopback that answers what a test tells it to, byte for byte."""

from __future__ import annotations

import contextlib
import json
import socket
import threading


def answer(body, *, status=200, content_type="application/json", headers=(), cut=0):
    """Write an HTTP answer as bytes, its body short of the last `cut` bytes."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body[: len(body) - cut]


def page(records, *, total=None, number=1, size=1000, more=False):
    """Make the body of a Session Activity answer."""
    return {
        "events": records,
        "totalCount": len(records) if total is None else total,
        "page": number,
        "pageSize": size,
        "hasMore": more,
    }


class Scripted:
    """Answers each connection with the next piece of its script, then the last one for ever."""

    def __init__(self, *script):
        self.script = list(script)
        self.requests: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # A listener that is merely closed may go on waiting; a last connection wakes it.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname(), timeout=1).close()
        self._listener.close()
        self._thread.join(5)

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                request = b""
                while b"\r\n\r\n" not in request:
                    part = connection.recv(65_536)
                    if not part:
                        break
                    request += part
                if not request:
                    continue
                self.requests.append(request.decode())
                piece = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                if callable(piece):
                    piece(connection)
                else:
                    connection.sendall(piece)
