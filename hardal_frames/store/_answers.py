"""How answers and list rows are written into the store, and read back unchanged."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from hardal_frames.errors import StoreError
from hardal_frames.frames.timestamps import NOT_A_TIME, parse_timestamps
from hardal_frames.frames.values import to_integer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from datetime import tzinfo

    Record = dict[str, Any]
    _Block = list[tuple[str, bytes]]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGEST_BYTES: Final = 16
_BLOCK_BYTES: Final = 2**18
_USUAL_RATIO: Final = 8
_DECODE: Final = json.JSONDecoder().raw_decode


def packed(records: Sequence[Record]) -> bytes:
    """Write records as compressed JSON."""
    text = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
    # Half a character can arrive as \ud800; it is kept until the frame is built.
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def unpacked(answers: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, list[Record]]]:
    """Read what `packed` wrote, of many sessions: id and records of each, in their order.

    While some are parsed, another thread decompresses the next.

    Raises
    ------
    StoreError
        If the bytes of one have been damaged.
    """
    with ThreadPoolExecutor(max_workers=1) as other:
        waiting: deque[tuple[_Block, Future[bytes]]] = deque()
        for block in _blocks(answers):
            waiting.append((block, other.submit(_decompressed, block)))
            if len(waiting) > 1:
                yield from _parsed(*waiting.popleft())
        while waiting:
            yield from _parsed(*waiting.popleft())


def _blocks(answers: Iterable[tuple[str, bytes]]) -> Iterator[_Block]:
    block: _Block = []
    size = 0
    for name, answer in answers:
        block.append((name, answer))
        size += len(answer)
        if size >= _BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _decompressed(block: _Block) -> bytes:
    # In one call, so that Python's lock is given back once and not for each of many small answers.
    # Arrow's "gzip" reads what zlib wrote as well, one stream after the other.
    joined = b"".join([answer for _, answer in block])
    stream = pa.CompressedInputStream(pa.BufferReader(joined), "gzip")
    parts = []
    while part := stream.read(_USUAL_RATIO * len(joined)):
        parts.append(part)
    return b"".join(parts)


def _parsed(block: _Block, decompressed: Future[bytes]) -> Iterator[tuple[str, list[Record]]]:
    done = end = 0
    with suppress(OSError, ValueError):
        text = decompressed.result().decode("utf-8", "surrogatepass")
        for name, _ in block:
            records, end = _DECODE(text, end)
            yield name, records
            done += 1
        if end == len(text):
            return
    # Something is damaged, or Arrow is stricter than zlib: one by one it shows.
    alone = [(name, _read_alone(name, answer)) for name, answer in block]
    yield from alone[done:]


def _read_alone(name: str, answer: bytes) -> list[Record]:
    try:
        text = zlib.decompress(answer).decode("utf-8", "surrogatepass")
        records: list[Record] = json.loads(text)
    except (zlib.error, ValueError):
        raise StoreError(
            f"The stored answer of session {name!r} is damaged. Keep a copy of the store, and "
            "pull into a new one."
        ) from None
    return records


def settled_row(row: Mapping[str, Any], zone: tzinfo) -> Record:
    """List row whose start is written in UTC, so that the zone asked in changes nothing."""
    (instant,) = parse_timestamps([row.get("startedAt")], naive_zone=zone).microseconds.tolist()
    if instant == NOT_A_TIME:
        return dict(row)
    return {**row, "startedAt": (_EPOCH + timedelta(microseconds=instant)).isoformat()}


def mark_of(row: Mapping[str, Any]) -> bytes:
    """Digest of a list row: another one means that the session has changed."""
    text = json.dumps(row, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()


def promised_events(row: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """How many events a list row promises, without and with page views counted apart."""
    # Whether the API's count of events includes the page views is not known.
    events = to_integer(row.get("events"))
    views = to_integer(row.get("pageViews")) or 0
    if events is None or events < 0:
        return None, None
    return events, events + max(views, 0)


def digest_of_id(kind: str, identifier: str) -> bytes:
    """Return what is remembered of a session or visitor that was forgotten."""
    return hashlib.blake2b(
        identifier.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES, person=kind.encode()
    ).digest()
