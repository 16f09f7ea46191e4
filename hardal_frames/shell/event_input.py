"""What audit and report read: events from wherever they are, and the session list."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd
import pyarrow as pa

from hardal_frames import schema
from hardal_frames.errors import DataWarning, InvalidInput, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hardal_frames.engine.scan import FolderScan

_STORE = "sessions.sqlite"
_MANIFEST = "manifest.json"
_RECORDINGS = (".jsonl", ".jsonl.gz")

MOST_IN_MEMORY: Final = 2_000_000
"""Events of files beyond so many are counted part by part."""


class EventInput(NamedTuple):
    """Events, and the session list if there is one."""

    events: pd.DataFrame
    sessions: pd.DataFrame | None


class Opened(NamedTuple):
    """Events in memory or in files, the session list, what holds them, and what is to be known."""

    events: pd.DataFrame | FolderScan
    sessions: pd.DataFrame | None
    kind: str
    told: tuple[str, ...]


def read_input(path: Path, sessions: Path | None, timezone: str | None) -> EventInput:
    """Read events from a parquet file, an export, a store or a recording.

    Parameters
    ----------
    path
        Where they are.
    sessions
        A file with the session list, parquet or a recording; a store and a recording have their
        own.
    timezone
        Zone in which instants are shown, and the one of a parquet file whose timestamps have none.

    Raises
    ------
    InvalidInput, StoreError
        If something cannot be read.
    """
    zone = _zone(path, timezone)
    found = _read(path, zone, is_asked=timezone is not None)
    if found.events.empty:
        raise _nothing_in(path)
    if sessions is not None:
        found = found._replace(sessions=_read_sessions(sessions, zone))
    return found


def open_input(path: Path, timezone: str | None) -> Opened:
    """Open the same, and any folder of parquet files; many events are left in their files.

    Parameters
    ----------
    path
        Where they are.
    timezone
        As for `read_input`; timestamps in files that have a zone keep it.

    Raises
    ------
    InvalidInput, StoreError
        If something cannot be read.
    """
    _zone(path, timezone)
    kind, is_whole = _kind(path)
    if kind in {"a store", "a recording"}:
        return _kept_warnings(lambda: read_input(path, None, timezone), kind)
    from hardal_frames.engine.scan import scan_events  # noqa: PLC0415  (loads pyarrow.parquet)

    if is_whole and not path.is_dir() and not path.stat().st_size:
        return _kept_warnings(lambda: read_input(path, None, timezone), kind)  # which says so
    scan = scan_events(path, timezone=timezone)
    if not scan.rows:
        raise _nothing_in(path)
    if is_whole and scan.rows <= MOST_IN_MEMORY:
        return _kept_warnings(lambda: read_input(path, None, timezone), kind)
    if scan.is_naive:
        raise _zone_needed(path)
    return Opened(scan, None, kind, ())


def _kind(path: Path) -> tuple[str, bool]:
    """Tell what holds the events, and whether it is known that none of them is missing there."""
    if (path / _STORE).is_file():
        return "a store", True
    if path.name.endswith(_RECORDINGS):
        return "a recording", True
    if not path.is_dir():
        return "a parquet file", True
    return ("an export", True) if (path / _MANIFEST).is_file() else ("a folder of files", False)


def _kept_warnings(read: Callable[[], EventInput], kind: str) -> Opened:
    """Read, and keep what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        found = read()
    told = []
    for each in caught:
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
        if issubclass(each.category, DataWarning):
            told.append(str(each.message))
    return Opened(found.events, found.sessions, kind, tuple(told))


def _zone(path: Path, timezone: str | None) -> str:
    zone = schema.DEFAULT_TIMEZONE if timezone is None else timezone
    schema.known_zone(zone)
    if not path.exists():
        raise InvalidInput(
            f"There is no {path}. A parquet file, the folder of an export or of a store, or a "
            "recording (*.jsonl.gz) is needed."
        )
    return zone


def _zone_needed(path: Path) -> InvalidInput:
    return InvalidInput(
        f"The timestamps in {path} do not say in which zone their clock ran; say it with "
        "--timezone, such as --timezone UTC."
    )


def _nothing_in(path: Path) -> InvalidInput:
    return InvalidInput(f"There are no events in {path}.")


def _read(path: Path, zone: str, *, is_asked: bool) -> EventInput:
    if (path / _STORE).is_file():
        from hardal_frames.store.store import Store  # noqa: PLC0415  (loads sqlite)

        with Store(path, timezone=zone) as store:
            return EventInput(store.events(), store.sessions())
    if path.name.endswith(_RECORDINGS):
        return EventInput(*_recording(path, zone))
    from hardal_frames.store.parquet import read_events  # noqa: PLC0415  (loads pyarrow.parquet)

    if path.is_dir() and not (path / _MANIFEST).is_file():
        raise StoreError(
            f"{path} is a folder, but no store (it has no {_STORE}) and no whole export (it has no "
            f"{_MANIFEST}). Name the folder that Client.pull filled or that Store.export wrote, or "
            "one parquet file in it."
        )
    events = read_events(path)
    if not is_asked and pd.api.types.is_datetime64_dtype(events["timestamp"].dtype):
        raise _zone_needed(path)
    if is_asked:
        events = events.assign(timestamp=_in_zone(events["timestamp"], zone))
    return EventInput(events, None)


def _recording(path: Path, zone: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    from hardal_frames.frames.build import build_events  # noqa: PLC0415  (only here)
    from hardal_frames.frames.sessions import sessions_from_records  # noqa: PLC0415
    from hardal_frames.sandbox.recording import read_recording  # noqa: PLC0415

    recording = read_recording(path)
    built = build_events(recording.events.items(), timezone=zone)
    built.notes.warn(stacklevel=2)
    rows = sessions_from_records(recording.sessions, timezone=zone, stacklevel=2)
    return built.events, rows


def _in_zone(timestamps: pd.Series[pd.Timestamp], zone: str) -> pd.Series[pd.Timestamp]:
    if isinstance(timestamps.dtype, pd.DatetimeTZDtype):
        return timestamps.dt.tz_convert(zone)
    if not pd.api.types.is_datetime64_dtype(timestamps.dtype):
        return timestamps
    found = timestamps.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    unclear = int(found.isna().sum() - timestamps.isna().sum())
    if unclear:
        raise InvalidInput(
            f"{unclear} of the timestamps do not exist in {zone} or are two instants there, as "
            "clocks were changed, and they have no zone of their own. Are they in UTC? Then say "
            "--timezone UTC."
        )
    return found


def _read_sessions(path: Path, zone: str) -> pd.DataFrame:
    if path.name.endswith(_RECORDINGS):
        _, sessions = _recording(path, zone)
    else:
        try:
            sessions = pd.read_parquet(path)
        except (OSError, pa.ArrowException) as error:
            reason = getattr(error, "strerror", None) or "it is no parquet file"
            raise InvalidInput(f"Cannot read the session list {path}: {reason}.") from None
    schema.require_columns(sessions, ("session_id",), what="sessions")
    return sessions
