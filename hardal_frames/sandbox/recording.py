"""Sessions as the sandbox serves them, and the files that they are kept in.

A recording file (`*.jsonl.gz`, or `*.jsonl` as plain text) holds one JSON object a line: an
event of the API with its `sessionId` beside it, or a row of the session list. Rows that are missing
are worked out from the events.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hardal_frames.errors import InvalidInput
from hardal_frames.sandbox.records import complete_row, parse_instant, to_json

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import IO, NoReturn

    from hardal_frames.sandbox.records import Record

__all__ = [
    "Recording",
    "read_recording",
    "record_sessions",
    "write_recording",
]

REQUIRED_EVENT_TEXT: Final = ("id", "type", "name", "timestamp")
OPTIONAL_EVENT_TEXT: Final = ("url", "path", "title", "referrer")
FILE_SUFFIXES: Final = (".jsonl.gz", ".jsonl")


@dataclass(frozen=True, slots=True)
class Recording:
    """Sessions and their events, shaped like the answers of the API.

    Parameters
    ----------
    events
        Session id to the events of that session, in the order in which they were recorded.
    sessions
        One row of the session list for each session.

    Raises
    ------
    InvalidInput
        If a session has no row or more than one; `record_sessions` makes the missing rows.

    Examples
    --------
    >>> event = {"id": "e1", "type": "pageview", "name": "page_view",
    ...          "timestamp": "2026-03-02T09:00:00.000Z", "path": "/", "properties": {}}
    >>> recording = record_sessions({"s1": [event]})
    >>> recording.sessions[0]["pages"], recording.event_count
    (['/'], 1)
    """

    events: Mapping[str, Sequence[Record]]
    sessions: Sequence[Record]

    def __post_init__(self) -> None:
        rows = Counter(row.get("id") for row in self.sessions)
        for session, count in rows.items():
            if count > 1:
                raise InvalidInput(
                    f"The session {session!r} has {count} rows; a recording has one for each."
                )
        for session in self.events:
            if session not in rows:
                raise InvalidInput(
                    f"The session {session!r} has events but no row; "
                    "record_sessions(events) works the rows out."
                )

    @property
    def event_count(self) -> int:
        """How many events there are in all sessions together."""
        return sum(len(events) for events in self.events.values())


def record_sessions(
    events: Mapping[str, Sequence[Record]], sessions: Iterable[Record] = ()
) -> Recording:
    """Make a recording of events, with the session rows that are not given.

    Parameters
    ----------
    events
        Session id to its events, in recorded order.
    sessions
        Rows that are known; what they leave out is worked out from the events.

    Returns
    -------
    Recording
        The given rows in their order, then the others in the order of `events`.

    Raises
    ------
    InvalidInput
        If a timestamp cannot be read, or a session has two rows.

    Examples
    --------
    >>> row = {"id": "s1", "startedAt": "2026-03-02T09:00:00Z"}
    >>> record_sessions({}, [row]).sessions[0]["events"]
    0
    """
    given = [complete_row(row, events.get(row["id"], ())) for row in sessions]
    known = {row["id"] for row in given}
    derived = [
        complete_row({"id": session}, own)
        for session, own in events.items()
        if session not in known
    ]
    return Recording(events=events, sessions=[*given, *derived])


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """Read a recording from a file.

    Parameters
    ----------
    path
        A ``*.jsonl.gz`` or ``*.jsonl`` file: a line with `sessionId` is an event, a line with
        `id` and `startedAt` a session row.

    Returns
    -------
    Recording
        What the file holds; session rows that it does not hold are worked out.

    Raises
    ------
    InvalidInput
        If there is no such file, or a line is not one of the two; file and line are named.

    Examples
    --------
    >>> read_recording("data/nowhere.jsonl.gz")
    Traceback (most recent call last):
        ...
    hardal_frames.errors.InvalidInput: No recording at '...nowhere.jsonl.gz': ...
    """
    source = Path(path)
    events: dict[str, list[Record]] = {}
    rows: dict[str, Record] = {}
    for number, line in _lines(source):
        try:
            _file_line(_parse_line(line), events, rows)
        except InvalidInput as error:
            raise InvalidInput(f"{source}, line {number}: {error}") from None
    return record_sessions(events, rows.values())


def write_recording(recording: Recording, path: str | os.PathLike[str]) -> None:
    """Write a recording to a file; the same recording gives the same bytes.

    Parameters
    ----------
    recording
        What to write: each session row, then its events.
    path
        Where: a name that ends in ``.jsonl.gz`` (compressed) or ``.jsonl``. An existing file is
        replaced.

    Raises
    ------
    InvalidInput
        If the file cannot be written there, or something in the recording is not JSON.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_recording(record_sessions({}), Path(folder, "empty.jsonl"))
    ...     read_recording(Path(folder, "empty.jsonl")).event_count
    0
    """
    target = Path(path)
    _require_suffix(target)
    text = b"".join(to_json(record) + b"\n" for record in _records(recording))
    try:
        with target.open("wb") as file:
            if target.suffix == ".gz":
                # No name and no time in the header: they would change from machine to machine.
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                    packed.write(text)
            else:
                file.write(text)
    except OSError as error:
        raise InvalidInput(
            f"Cannot write the recording to '{target}': {error.strerror or error}. "
            "Name a file in a folder that exists and can be written."
        ) from None


def _records(recording: Recording) -> Iterator[Record]:
    for row in recording.sessions:
        yield row
        for event in recording.events.get(row["id"], ()):
            yield {"sessionId": row["id"], **event}


def _require_suffix(path: Path) -> None:
    if not path.name.endswith(FILE_SUFFIXES):
        raise InvalidInput(
            f"A recording is a file that ends in {' or '.join(FILE_SUFFIXES)}, not '{path}'."
        )


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines of the file that are not empty, numbered from one."""
    _require_suffix(path)
    number = 0
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
    except FileNotFoundError:
        raise InvalidInput(f"No recording at '{path}': there is no such file.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(
            f"'{path}' is not a whole gzip file (after line {number}): {error}. "
            "Fetch it again, or name it .jsonl if it is plain text."
        ) from None
    except OSError as error:
        raise InvalidInput(f"Cannot read '{path}': {error.strerror or error}.") from None


def _open(path: Path) -> IO[bytes] | gzip.GzipFile:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not JSON; write null.")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise InvalidInput(f"The number {text:.40} is too large.")
    return number


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def _parse_line(line: bytes) -> Record:
    try:
        record = _DECODER.decode(line.decode("utf-8"))
    except InvalidInput:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"Not a JSON object in UTF-8: {error}.") from None
    if not isinstance(record, dict):
        raise InvalidInput(f"A JSON object is needed, not {type(record).__name__}.")
    return record


def _file_line(record: Record, events: dict[str, list[Record]], rows: dict[str, Record]) -> None:
    """Put a line where it belongs."""
    if "sessionId" in record:
        session = record.pop("sessionId")
        _require_text(session, "sessionId")
        events.setdefault(session, []).append(_checked_event(record))
    elif "id" in record and "startedAt" in record:
        session = record["id"]
        _require_text(session, "id")
        parse_instant(record["startedAt"])
        if session in rows:
            raise InvalidInput(f"A second row for the session {session!r}; one is allowed.")
        rows[session] = record
    else:
        raise InvalidInput(
            "Neither an event (it has no 'sessionId') nor a session row (it has no 'id' and "
            f"'startedAt'); its keys are {', '.join(map(repr, record)) or 'none'}."
        )


def _require_text(value: object, name: str) -> None:
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{name!r} is {value!r:.60}; a text that is not empty is needed.")


def _checked_event(event: Record) -> Record:
    for name in REQUIRED_EVENT_TEXT:
        _require_text(event.get(name), name)
    for name in OPTIONAL_EVENT_TEXT:
        value = event.setdefault(name, None)
        if value is not None and not isinstance(value, str):
            raise InvalidInput(f"{name!r} is {value!r:.60}; a text or null is needed.")
    properties = event.setdefault("properties", {})
    if not isinstance(properties, dict):
        raise InvalidInput(f"'properties' is {properties!r:.60}; a JSON object is needed.")
    parse_instant(event["timestamp"])
    return event
