"""What an export consists of: the manifest that stands in its folder.

An export is a folder ::

    manifest.json               written last: without it there is no export
    sessions.parquet            the session list
    order.parquet               one row a session, in the order of the whole: session_id, events
                                (how many it has), part (the number of the file that holds them)
    events/part-00000.parquet   the events: no session is in two parts; inside a part the sessions
    events/part-00001.parquet   stand in the order of the whole, their events in canonical order
    ...

``manifest.json`` is one object: ``format`` and ``version`` of the layout; ``key``, the column by
which events were cut into ``parts`` parts, and ``hash``, how: part = hash(key) modulo parts;
``timezone``; ``rows`` and ``sessions`` in all; ``columns`` of the events with their Arrow types;
``files``, each with name, rows, sessions, bytes and the sha256 of its bytes; and a ``sha256`` of
all else in the manifest, so that an edited one is noticed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hardal_frames.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST: Final = "manifest.json"
SESSIONS: Final = "sessions.parquet"
ORDER: Final = "order.parquet"
EVENTS: Final = "events"

_FORMAT: Final = "hardal-frames export"
_VERSION: Final = 1
_HASH: Final = "blake2b, 8 bytes, big-endian, of the key in UTF-8"
_LEFT_BY_SYSTEMS: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_AGAIN: Final = "Export again, or copy the folder again from where it came."


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of an export, as it was when it was written.

    Parameters
    ----------
    name
        Path inside the folder, with slashes.
    rows, sessions
        How many of them it holds.
    bytes
        Its size.
    sha256
        Checksum of its bytes.
    """

    name: str
    rows: int
    sessions: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export consists of.

    Parameters
    ----------
    key
        Column by whose values events were cut into parts.
    parts
        How many parts there are.
    timezone
        Zone in which timestamps are shown.
    rows, sessions
        How many events, and sessions with or without events, there are in all parts.
    columns
        Columns of the events and their Arrow types.
    files
        All files but the manifest; the parts come first, by number.
    torn_sessions
        How many sessions are in several parts; none, where the key is the session.
    hash
        How keys were hashed.
    """

    key: str
    parts: int
    timezone: str
    rows: int
    sessions: int
    columns: Mapping[str, str]
    files: tuple[ExportedFile, ...]
    torn_sessions: int = 0
    hash: str = _HASH

    def write(self, folder: Path) -> None:
        """Write the manifest into the folder that it describes."""
        fields = {"format": _FORMAT, "version": _VERSION, **asdict(self)}
        fields["sha256"] = _checksum(fields)
        text = json.dumps(fields, indent=1, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @property
    def part_files(self) -> tuple[ExportedFile, ...]:
        """The files of events, by number."""
        return self.files[: self.parts]


def part_name(number: int) -> str:
    """Name of a part inside the folder.

    Examples
    --------
    >>> part_name(7)
    'events/part-00007.parquet'
    """
    return f"{EVENTS}/part-{number:05d}.parquet"


def part_of(session_id: str, parts: int) -> int:
    """Tell which part holds a session, the same on every machine.

    Examples
    --------
    >>> part_of("ses_000001", 5), part_of("ses_000002", 5)
    (1, 3)
    """
    digest = hashlib.blake2b(session_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % parts


def described(folder: Path, name: str, *, rows: int, sessions: int) -> ExportedFile:
    """Describe a file that has just been written."""
    content = (folder / name).read_bytes()
    return ExportedFile(name, rows, sessions, len(content), hashlib.sha256(content).hexdigest())


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of an export and see that all its files are there, and no others.

    Raises
    ------
    StoreError
        If the folder is no export, or not all of one.
    """
    manifest = manifest_in(_content(folder), str(folder))
    _require_files(folder, manifest)
    return manifest


def manifest_in(content: bytes | None, where: str) -> Manifest:
    """Read a manifest, and see that it is as it was written.

    Parameters
    ----------
    content
        What stands in the file; None if there is none.
    where
        The folder, for messages.

    Raises
    ------
    StoreError
        If it is no manifest of ours, one of another version, or changed.
    """
    fields = _fields(content)
    if fields is None:
        raise StoreError(
            f"{where} is a folder without a {MANIFEST} of ours, so it is no export, or not all of "
            f"one. {_AGAIN}"
        )
    version = fields.pop("version", None)
    if version != _VERSION:
        raise StoreError(
            f"{_inside(where)} is of version {version!r}; this hardal_frames reads {_VERSION}. "
            "Export again, or use the hardal_frames that wrote it."
        )
    told = fields.pop("sha256", None)
    if told != _checksum({**fields, "version": version}):
        raise StoreError(f"{_inside(where)} was changed after it was written. {_AGAIN}")
    del fields["format"]
    files = tuple(ExportedFile(**each) for each in fields.pop("files"))
    return Manifest(files=files, **fields)


def _inside(where: str) -> str:
    return f"{where}/{MANIFEST}" if "://" in where else str(Path(where) / MANIFEST)


def _content(folder: Path) -> bytes | None:
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError:
        return None


def _fields(content: bytes | None) -> dict[str, Any] | None:
    try:
        fields = json.loads((content or b"").decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(fields, dict) and fields.get("format") == _FORMAT
    return fields if is_ours else None


def _checksum(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _require_files(folder: Path, manifest: Manifest) -> None:
    known = {each.name for each in manifest.files}
    found = {
        f"{EVENTS}/{file.name}"
        for file in (folder / EVENTS).glob("*")
        if file.name not in _LEFT_BY_SYSTEMS
    }
    if foreign := sorted(found - known):
        raise StoreError(
            f"{folder / foreign[0]} does not belong to the export. Take it away: other programs "
            "would read it as if it did."
        )
    for name in sorted(known):
        if not (folder / name).is_file():
            raise StoreError(f"{folder / name} is missing. {_AGAIN}")


def checked_bytes(folder: Path, file: ExportedFile) -> bytes:
    """Content of a file of an export, the same as when it was written.

    Raises
    ------
    StoreError
        If it is cut, changed or not there.
    """
    try:
        content = (folder / file.name).read_bytes()
    except OSError as error:
        reason = error.strerror or "the system refused"
        raise StoreError(f"{folder / file.name} cannot be read: {reason}. {_AGAIN}") from None
    if len(content) != file.bytes:
        raise StoreError(
            f"{folder / file.name} has {len(content):,} bytes; it was written with "
            f"{file.bytes:,}. {_AGAIN}"
        )
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise StoreError(f"{folder / file.name} was changed after it was written. {_AGAIN}")
    return content


def foreign_entry(folder: Path, *, finished: bool) -> Path | None:
    """Something in a folder that no export of ours consists of; None: it can be replaced.

    Parameters
    ----------
    folder
        An existing folder.
    finished
        Whether there must be a manifest, unless the folder is empty.
    """
    ours = {MANIFEST, SESSIONS, ORDER, *_LEFT_BY_SYSTEMS}
    entries = sorted(folder.iterdir())
    for entry in entries:
        if entry.name == EVENTS and entry.is_dir() and not entry.is_symlink():
            for part in sorted(entry.iterdir()):
                is_part = part.match("part-*.parquet") or part.name in _LEFT_BY_SYSTEMS
                if part.is_dir() or not is_part:
                    return part
        elif entry.name not in ours or entry.is_dir():
            return entry
    is_ours = not entries or not finished or _fields(_content(folder)) is not None
    return None if is_ours else folder / MANIFEST
