"""Everything that can go wrong on the way from a server, as values that a plan hands out.

A fault does one or more of four things: it changes the world just before the answer is worked out,
it mishears the question, it alters the answer, or it sends the answer in its own way.
"""

from __future__ import annotations

import functools
import gzip
import json
import socket
import struct
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ELSEWHERE = "{elsewhere}"
"""In a header, the address of the server's other listener."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server would send: a value to be written as JSON, or the bytes of a body."""

    value: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes | None = None

    def content(self):
        """Bytes of the body."""
        return json.dumps(self.value).encode() if self.body is None else self.body

    def head(self, *more):
        """Bytes of status line and headers."""
        lines = [f"HTTP/1.1 {self.status} X"]
        lines += [f"{name}: {value}" for name, value in (*self.headers, *more)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def whole(self):
        """Bytes of all of it."""
        body = self.content()
        return self.head(("Content-Length", len(body))) + body


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request.

    Parameters
    ----------
    name
        What a test's id and a record of requests call it.
    change
        What happens to the world just before the answer: called with it and the request.
    mishear
        Makes another query of the one that was asked.
    alter
        Makes another answer of an honest one; answers that are errors already stay as they are.
    send
        Sends the answer over a socket in its own way; the connection ends with it.
    """

    name: str
    change: Callable[..., None] | None = None
    mishear: Callable[[dict[str, str]], dict[str, str]] | None = None
    alter: Callable[[Answer], Answer] | None = None
    send: Callable[..., None] | None = None

    def __repr__(self):
        return self.name


def _close(_connection, _answer):
    """End without a byte."""


def _reset(connection, _answer=None):
    # Lingering for 0 seconds makes close() send RST instead of FIN.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _reset_in_body(connection, answer):
    _cut_body(connection, answer)
    time.sleep(0.005)  # so that some of it has been read before the RST discards the rest
    _reset(connection)


def _cut_body(connection, answer):
    whole = answer.whole()
    connection.sendall(whole[: len(whole) - len(answer.content()) // 2 - 1])


def _chunked(connection, answer, *, cut=False):
    body = answer.content()
    pieces = [body[: len(body) // 2], body[len(body) // 2 :], b""]
    connection.sendall(answer.head(("Transfer-Encoding", "chunked"), ("Connection", "close")))
    for piece in pieces[:1] if cut else pieces:
        connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")


def _drip_in_body(connection, answer):
    connection.sendall(answer.head(("Content-Length", 100_000)))
    _drip(connection, b" ")


def _drip_in_header(connection, _answer):
    connection.sendall(b"HTTP/1.1 200 X\r\nX-Slow: ")
    _drip(connection, b"x")


def _drip(connection, byte):
    # Real time: a byte now and then, so that no wait for a single one is ever long.
    for _ in range(40):
        connection.sendall(byte)
        time.sleep(0.05)


def _say_nothing(connection, _answer):
    _wait_for_the_end(connection)


def _wait_for_the_end(connection):
    connection.settimeout(3)
    connection.recv(1)


def _speak_something_else(connection, _answer):
    connection.sendall(b"220 mail.ornek.example ESMTP ready\r\n\r\n")


def _gzipped(answer, body):
    return replace(answer, body=body, headers=(*answer.headers, ("Content-Encoding", "gzip")))


def _gzip_with_wrong_crc(answer):
    packed = bytearray(gzip.compress(answer.content()))
    packed[-8] ^= 0xFF
    return _gzipped(answer, bytes(packed))


@functools.cache
def _packed_spaces():
    return gzip.compress(b" " * (65 * 2**20), compresslevel=9)


def _bomb(answer):
    # Members of a gzip file may follow one another: spaces without end, then the honest answer.
    return _gzipped(answer, _packed_spaces() + gzip.compress(answer.content()))


def _with(name, **changes):
    """Change fields of the body; a changed total or hasMore is put where the endpoint has it."""

    def alter(answer):
        value = dict(answer.value)
        for field, new in changes.items():
            if field == "rows":
                value[rows_name(value)] = new
            elif "pagination" in value:
                inner = {"totalCount": "total"}.get(field, field)
                value["pagination"] = value["pagination"] | {inner: new}
            else:
                value[field] = new
        return replace(answer, value=value)

    return Fault(name, alter=alter)


def rows_name(value):
    """Name of the list in an answer of either endpoint."""
    return "events" if "events" in value else "sessions"


def _without_rows(answer):
    name = rows_name(answer.value)
    return replace(answer, value={key: each for key, each in answer.value.items() if key != name})


def _nested(answer):
    deep = b"[" * 100_000 + b"]" * 100_000
    return replace(answer, body=b'{"deep": ' + deep + b", " + answer.content()[1:])


def _not_utf8(answer):
    return replace(answer, body=answer.content()[:-1] + b', "x": "\xff\xfe"}')


def _body(name, body, *headers):
    kept = headers or Answer().headers
    return Fault(name, alter=lambda answer: replace(answer, body=body, headers=kept))


def status(code, *headers, name=None):
    """Answer an error of the API's shape, with more headers."""
    error = {"error": {"code": code, "message": f"Made up {code}"}}
    made = Answer(error, code, (*Answer().headers, *headers))
    return Fault(name or f"{code}", alter=lambda answer: made)


def retry_after(code, value):
    """Answer an error that asks to wait."""
    return status(code, ("Retry-After", value), name=f"{code} Retry-After {value}")


def retry_at(code, seconds):
    """Answer an error that asks to wait until a moment, written as HTTP does."""

    def alter(answer):
        at = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        return retry_after(code, at).alter(answer)

    return Fault(f"{code} Retry-After date", alter=alter)


def redirect(code):
    """Send the caller to the server's other listener."""
    return status(code, ("Location", f"{ELSEWHERE}/api/take"), name=f"{code}")


_PAGE = b"<!doctype html><html><body>Please log in</body></html>"

DELIVERED = [
    Fault("gzip", alter=lambda answer: _gzipped(answer, gzip.compress(answer.content()))),
    Fault("chunked", send=_chunked),
]
"""Ways to answer that are unusual and right."""

LOST = [
    Fault("closed", send=_close),
    Fault("reset", send=_reset),
    Fault("reset in body", send=_reset_in_body),
    Fault("body cut", send=_cut_body),
    Fault("chunked cut", send=functools.partial(_chunked, cut=True)),
    Fault("no HTTP", send=_speak_something_else),
]
"""No whole answer came."""

SLOW = [
    Fault("no answer", send=_say_nothing),
    Fault("drips in body", send=_drip_in_body),
    Fault("drips in header", send=_drip_in_header),
]
"""No answer came within a real time."""

PACKED = [
    Fault("gzip cut", alter=lambda answer: _gzipped(answer, gzip.compress(answer.content())[:-12])),
    Fault("gzip wrong CRC", alter=_gzip_with_wrong_crc),
    Fault("gzip garbage", alter=lambda answer: _gzipped(answer, b"\x1f\x8b\x08" + b"\x99" * 40)),
    Fault("gzip that is none", alter=lambda answer: _gzipped(answer, answer.content())),
]
"""What came cannot be unpacked."""

UNREADABLE = [
    _body("empty body", b""),
    Fault("JSON cut", alter=lambda answer: replace(answer, body=answer.content()[:-3])),
    Fault("no UTF-8", alter=_not_utf8),
    Fault("nested 100,000", alter=_nested),
    _body("a list", b"[]"),
    _body("null", b"null"),
    _body("error in 200", b'{"error": {"code": 500, "message": "Made up"}}'),
    Fault("no rows", alter=_without_rows),
    _with("rows an object", rows={}),
    _with("rows null", rows=None),
    _with("rows of texts", rows=["e0"]),
    _with("total a text", totalCount="7"),
    _with("total null", totalCount=None),
    _with("total a fraction", totalCount=7.5),
    _with("total NaN", totalCount=float("nan")),
    _with("total true", totalCount=True),
    _with("total negative", totalCount=-1),
    _with("hasMore a text", hasMore="false"),
    _with("hasMore null", hasMore=None),
]
"""An answer came that is not what the API promises, perhaps only once."""

BOMB = Fault("gzip bomb", alter=_bomb)
PAGES = [
    _body("HTML", _PAGE, ("Content-Type", "text/html; charset=utf-8")),
    _body("HTML called JSON", _PAGE),
]
NO_CONTENT = Fault("204", alter=lambda answer: Answer(None, 204, (), b""))
REDIRECTS = [redirect(code) for code in (301, 302, 303, 307, 308)]
DENIED = [status(401), status(403)]
NOT_FOUND = status(404)
UNPROCESSABLE = status(422)
FAILING = [status(500), status(502), status(503), retry_after(503, "7"), status(504)]

# What the server asks for, and the seconds for which nothing may come before it is asked again.
TOO_MANY = [
    (status(429), 60.0),
    (retry_after(429, "7"), 7.0),
    (retry_after(429, "2.5"), 2.5),
    (retry_at(429, 90), 85.0),
    (retry_after(429, "soon"), 60.0),
    (retry_after(429, ""), 60.0),
    (retry_after(429, "-5"), 0.0),
    (retry_after(429, "nan"), 60.0),
    (retry_after(429, "1e300"), 600.0),
    (retry_after(429, "99999999999999999999"), 600.0),
]


def _page_before(query):
    if "offset" in query:
        before = int(query["offset"]) - int(query["limit"])
        return query | {"offset": str(max(0, before))}
    return query | {"page": str(max(1, int(query["page"]) - 1))}


SAME_PAGE = Fault("same page again", mishear=_page_before)
FIRST_PAGE = Fault(
    "first page again",
    mishear=lambda query: query | ({"offset": "0"} if "offset" in query else {"page": "1"}),
)
"""The server answers another page than it was asked for, and says that it is the right one."""


def empty_page(*, more=True):
    """Answer a page without rows that says that more follow."""
    return _with("empty page", rows=[], hasMore=more)


def has_more(*, value):
    """Say whether more follows, whatever the truth."""
    return _with(f"hasMore {value}", hasMore=value)


def total_off(difference):
    """Say another total than the true one."""

    def alter(answer):
        value = dict(answer.value)
        holder, name = (
            (value["pagination"], "total") if "pagination" in value else (value, "totalCount")
        )
        told = {name: max(0, holder[name] + difference)}
        value |= {"pagination": holder | told} if "pagination" in value else told
        return replace(answer, value=value)

    return Fault(f"total {difference:+}", alter=alter)


def changing(name, change):
    """Let something happen to the world just before the answer; it is called with the world."""
    return Fault(name, change=lambda world, request: change(world))
