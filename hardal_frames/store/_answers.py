"""How answers and list rows are written into the store, and read back unchanged."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hardal_frames.errors import StoreError
from hardal_frames.frames.timestamps import NOT_A_TIME, parse_timestamps
from hardal_frames.frames.values import to_integer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    Record = dict[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGEST_BYTES: Final = 16


def packed(records: Sequence[Record]) -> bytes:
    """Write records as compressed JSON."""
    text = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
    # Half a character can arrive as \ud800; it is kept until the frame is built.
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def unpacked(answers: Sequence[tuple[str, bytes]]) -> Iterator[tuple[str, list[Record]]]:
    """Read what `packed` wrote, of many sessions: id and records of each.

    Raises
    ------
    StoreError
        If the bytes of one have been damaged.
    """
    try:
        texts = [zlib.decompress(answer) for _, answer in answers]
        # As one text they are read faster, and each name of a property is held once.
        feeds: list[list[Record]] = json.loads(
            (b"[" + b",".join(texts) + b"]").decode("utf-8", "surrogatepass")
        )
    except (zlib.error, ValueError):
        if len(answers) > 1:
            for one in answers:
                yield from unpacked([one])
            return
        raise StoreError(
            f"The stored answer of session {answers[0][0]!r} is damaged. Keep a copy of the "
            "store, and pull into a new one."
        ) from None
    yield from zip((name for name, _ in answers), feeds, strict=True)


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
