"""Hardal on loopback with every fault on demand, and a record of all that was asked of it.

Raw sockets, since a framework is too polite to err. Each answer is worked out under the lock of
the world, so it is one instant of it.
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.api.faulty_faults import ELSEWHERE, Answer, Fault
from tests.api.faulty_world import Paging, World
from tests.api.limiters import VirtualTime

KEY = "sentinel-key-0123456789"
SIGNAL = "signal"


@dataclass(slots=True)
class Request:
    """One request, and what became of it.

    Parameters
    ----------
    number
        Which one it was, from 1.
    at
        When it came, on the server's clock.
    connection
        Over which connection, from 1.
    turn
        Which one it was for the same session, or for the session list, from 1.
    path, query, headers
        What it asked; names of headers in lower case.
    session_id
        The session, None for the session list.
    version
        Which state of the session its answer shows.
    status
        What was answered, None if nothing was.
    fault
        What went wrong with it.
    """

    number: int
    at: float
    connection: int
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    session_id: str | None = None
    turn: int = 0
    version: int = -1
    status: int | None = None
    fault: Fault | None = None
    value: Any = None


def no_plan(number, request):
    """Let nothing go wrong."""


def at(faults):
    """Plan faults by the number of the request."""
    return lambda number, request: faults.get(number)


def always(fault, session_id=None):
    """Plan one fault for every request, or for all that ask for one session."""
    return lambda number, request: fault if session_id in {None, request.session_id} else None


class FaultyHardal:
    """A server of both endpoints; a context manager.

    Parameters
    ----------
    world
        What it serves.
    paging
        How it cuts pages.
    plan
        Called with the number of each request and the request; gives a Fault or None.
    limiter
        Says which requests are too many; see `tests.api.limiters`.
    server_time
        Its clock, moved by `latency` seconds with each request.
    """

    def __init__(
        self, world=None, *, paging=None, plan=no_plan, limiter=None, server_time=None, latency=0.01
    ):
        self.world = World() if world is None else world
        self.paging = Paging() if paging is None else paging
        self.plan = plan
        self.limiter = limiter
        self.time = VirtualTime() if server_time is None else server_time
        self.latency = latency
        self.requests: list[Request] = []
        self.elsewhere = "http://127.0.0.1:9"
        self.port = 0
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._connection_count = 0
        self._lock = threading.Lock()

    @property
    def base_url(self):
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def renew(self, world, *, paging=None, plan=no_plan):
        """Begin anew with another world and nothing recorded, for one more example."""
        with self.world.lock:
            self.world, self.plan = world, plan
            self.paging = Paging() if paging is None else paging
            self.requests = []

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *_):
        self.shut()

    def open(self):
        """Listen, at the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, args=[self._listener], daemon=True)
        self._acceptor.start()

    def shut(self):
        """Refuse connections from now on, and end those that are open."""
        # A listener that is merely closed may go on waiting; a last connection wakes it.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._listener.close()
        self._acceptor.join(5)
        with self._lock:
            threads = dict(self._connections)
        for connection in threads:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads.values():
            if thread is not threading.current_thread():
                thread.join(5)

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._connection_count += 1
                arguments = [connection, self._connection_count]
                thread = threading.Thread(target=self._serve, args=arguments, daemon=True)
                thread.start()
                ended = [
                    each for each, serving in self._connections.items() if not serving.is_alive()
                ]
                for each in ended:
                    del self._connections[each]
                self._connections[connection] = thread

    def _serve(self, connection, number):
        with contextlib.suppress(OSError), connection:
            connection.settimeout(30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            unread = b""
            while True:
                while b"\r\n\r\n" not in unread:
                    part = connection.recv(65_536)
                    if not part:
                        return
                    unread += part
                head, _, unread = unread.partition(b"\r\n\r\n")
                answer, fault = self._answer(head.decode("latin-1"), number)
                self.time.pass_by(self.latency)
                if fault is not None and fault.send is not None:
                    fault.send(connection, answer)
                    return
                connection.sendall(answer.whole())

    def _answer(self, head, connection):
        line, *lines = head.split("\r\n")
        url = urlsplit(line.split(" ")[1])
        headers = {
            name.lower(): value for name, _, value in (each.partition(": ") for each in lines)
        }
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        with self.world.lock:
            request = Request(
                len(self.requests) + 1, self.time.clock(), connection, url.path, query, headers
            )
            self.requests.append(request)
            parts = url.path.split("/")
            if len(parts) == 7 and parts[4:7:2] == ["sessions", "activity"]:
                request.session_id = unquote(parts[5])
            request.turn = sum(each.session_id == request.session_id for each in self.requests)
            refused = self.limiter.refuse() if self.limiter else None
            answer = self._too_many(refused) if refused is not None else None
            if answer is None:
                request.fault = self.plan(request.number, request)
                answer = self._planned(request)
            request.version = self.world.version(request.session_id)
            told = tuple(
                (name, value.replace(ELSEWHERE, self.elsewhere)) for name, value in answer.headers
            )
            answer = replace(answer, headers=told)
            gone = request.fault is not None and request.fault.send is not None
            request.status = None if gone else answer.status
            request.value = answer.value
        return answer, request.fault

    def _planned(self, request):
        fault = request.fault or Fault("none")
        if fault.change is not None:
            fault.change(self.world, request)
        query = request.query if fault.mishear is None else fault.mishear(request.query)
        answer = self._honest(request, query)
        if fault.alter is not None and answer.status == 200:
            answer = fault.alter(answer)
        return answer

    def _honest(self, request, query):
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _error(401, "Invalid API key")
        # Chance that does not depend on which of two sessions is asked for first.
        dice = random.Random(f"{request.session_id} {request.turn}")
        prefix = f"/api/websites/{SIGNAL}/sessions"
        if request.path == prefix:
            return Answer(self.paging.listing(self.world.rows(), query, dice))
        if request.session_id not in self.world.sessions:
            return _error(404, "Session not found")
        feed = self.world.feed(request.session_id)
        value = self.paging.activity(feed, query, dice)
        return Answer(value | {"page": int(request.query.get("page", 1))})

    def _too_many(self, wait):
        answer = _error(429, "Too many requests")
        if self.limiter.tells:
            told = ("Retry-After", f"{wait:.3f}")
            answer = replace(answer, headers=(*answer.headers, told))
        return answer


def _error(code, message):
    return Answer({"error": {"code": code, "message": message}}, code)
