"""`Store`: what was fetched, for good."""

from __future__ import annotations

import json
import warnings
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from hardal_frames import schema
from hardal_frames.errors import DataWarning, IncompleteSession, InvalidInput, StoreError
from hardal_frames.frames.build import build_events
from hardal_frames.frames.sessions import sessions_from_records
from hardal_frames.store._answers import digest_of_id, unpacked
from hardal_frames.store._database import open_folder
from hardal_frames.store._ledger import Ledger, erase_sessions
from hardal_frames.store._presence import Presence
from hardal_frames.store._privacy import Privacy, lasting_key, property_names
from hardal_frames.store._status import StoreStatus, shortcomings, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    import pandas as pd

    from hardal_frames.frames.properties import PropertyType

_HASH_KEY_FILE: Final = "hash.key"
_AT_ONCE: Final = 500

_COMPLETE: Final = "SELECT session_id, events FROM sessions WHERE is_complete"
_IN_ORDER: Final = " ORDER BY first_event, session_id"


class Store:
    """Sessions in a folder, fetched by `Client.pull` once and kept.

    Each session is written as a whole or not at all; a process that is killed loses only what it
    was fetching. Several processes may pull into one store and read from it at the same time, on
    one machine and a disk of its own (not a network share).

    Parameters
    ----------
    path
        The folder; made, for its owner only, if it is not there. It tells git to ignore it.
    timezone
        Zone in which frames show timestamps.
    drop_properties
        Properties that never reach the disk, wherever they stand in an event's properties or a
        session's fields. Given once, when the store is made.
    hash_properties
        Properties of which only a keyed hash reaches the disk: equal values stay equal and nobody
        can tell what they were. The key is made at random and stands in the folder as hash.key;
        exports do not hold it.

    Raises
    ------
    InvalidInput
        If an argument cannot be used.
    StoreError
        If the folder cannot be used, or the store was made with other properties to drop or hash.

    Examples
    --------
    >>> import tempfile
    >>> import hardal_frames as hf
    >>> from hardal_frames.sandbox import Sandbox, simulate
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = hf.Store(f"{folder.name}/store")
    >>> with Sandbox(simulate(sessions=3)) as hardal, hf.Client(
    ...     hardal.api_key, hardal.signal_id, base_url=hardal.base_url, requests_per_minute=None
    ... ) as client:
    ...     client.pull(store, progress=False).fetched
    3
    >>> store.events().groupby("session_id").size().tolist()
    [7, 1, 5]
    >>> len(store.sessions()), store.status().events
    (3, 13)
    >>> hf.read_events(store.export(f"{folder.name}/shop")).equals(store.events())
    True
    >>> store.forget(["ses_000001"]), len(store.events())
    (1, 6)
    >>> store.close()
    >>> folder.cleanup()
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        timezone: str = schema.DEFAULT_TIMEZONE,
        drop_properties: Iterable[str] = (),
        hash_properties: Iterable[str] = (),
    ) -> None:
        schema.known_zone(timezone)
        place: object = path
        if not isinstance(place, str | PathLike) or not str(place):
            raise InvalidInput(f"path is {path!r}; the name of a folder is needed.")
        dropped = property_names(drop_properties, "drop_properties")
        hashed = property_names(hash_properties, "hash_properties")
        if both := sorted(dropped & hashed):
            raise InvalidInput(f"{both} stand in drop_properties and in hash_properties.")
        self.path: Path = Path(path)
        self.timezone = timezone
        self._database = open_folder(self.path)
        try:
            self._privacy = self._settled_privacy(dropped, hashed)
        except BaseException:
            self._database.close()
            raise

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. A store that is used again opens it again."""
        self._database.close()

    def ledger(self) -> Ledger:
        """Open the store for one pull."""
        return Ledger(self._database, self._privacy, Presence(self.path / "working"))

    def events(
        self,
        session_ids: Iterable[str] | None = None,
        *,
        types: Mapping[str, PropertyType] | None = None,
        partial: bool = False,
    ) -> pd.DataFrame:
        """Read the events of stored sessions into one frame.

        Parameters
        ----------
        session_ids
            Which sessions, in the order that the frame shall have. By default all, in the order of
            their first events: the same frame whatever order they were fetched in.
        types
            As for `events_from_records`.
        partial
            Whether to include what arrived of sessions that could not be proven complete.

        Returns
        -------
        DataFrame
            One row an event, as `events_from_records` describes; each property typed over all
            the sessions.

        Raises
        ------
        IncompleteSession
            If a session that is named is not completely stored: ``.events`` holds the others,
            ``.failed`` says what is known of it.
        StoreError
            If the store cannot be read.

        Warns
        -----
        DataWarning
            If listed sessions are missing from the frame, if they have changed since they were
            stored, or if values were changed on the way.
        """
        with self._database.snapshot():
            if session_ids is None:
                wanted = [name for name, _ in self._stored(partial=partial)]
                missing: dict[str, str] = {}
            else:
                wanted, missing = self._named(session_ids, partial=partial)
            self._warn(None if session_ids is None else wanted, stacklevel=3)
            built = build_events(self._feeds(wanted), timezone=self.timezone, types=types)
        built.notes.warn(stacklevel=3)
        if missing:
            first = next(iter(missing))
            raise IncompleteSession(
                f"{len(missing)} of {len(missing) + len(wanted)} sessions are not completely "
                f"stored, the first {first!r}: {missing[first]}. Pull again; the others are in "
                "the error's .events.",
                events=built.events,
                failed={name: StoreError(reason) for name, reason in missing.items()},
            )
        return built.events

    def sessions(self) -> pd.DataFrame:
        """Read the stored rows of the session list.

        Returns
        -------
        DataFrame
            One row a session, as `Client.sessions` describes, in the order of their starts.

        Raises
        ------
        StoreError
            If the store cannot be read.
        """
        rows = self._database.read("SELECT listed FROM sessions WHERE listed IS NOT NULL")
        records = [json.loads(row) for (row,) in rows]
        frame = sessions_from_records(records, timezone=self.timezone, stacklevel=3)
        return frame.sort_values(["started_at", "session_id"], ignore_index=True)

    def status(self) -> StoreStatus:
        """Tell what the store holds.

        Returns
        -------
        StoreStatus
            Counts of sessions by state, events, first and last event, size; prints well, and
            ``.to_frame()`` makes a table of it.
        """
        return status_of(self._database, self.path, self.timezone, self._privacy)

    def export(
        self, folder: str | PathLike[str], *, types: Mapping[str, PropertyType] | None = None
    ) -> Path:
        """Write the complete sessions to a folder of parquet files that other programs read too.

        No session is split between two files, and ``manifest.json`` says what belongs to the
        folder, so that a file that is missing or cut is noticed. The folder is written aside and
        renamed: an older export is replaced as a whole. One file at a time is held in memory.

        Parameters
        ----------
        folder
            Where to; `read_events` and `scan_events` read it.
        types
            As for `events_from_records`.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        StoreError
            If the folder cannot be written, or holds something else than an export.

        Warns
        -----
        DataWarning
            If listed sessions are not completely stored, and so not in the export, or have
            changed since they were stored.
        """
        from hardal_frames.store._buckets import export_buckets  # noqa: PLC0415  (loads parquet)

        with self._database.snapshot():
            stored = self._stored(partial=False)
            if not self._database.read("SELECT 1 FROM facts WHERE name = 'source'"):
                raise StoreError(f"Nothing was ever pulled into {self.path}; pull first.")
            self._warn(None, stacklevel=3)
            export_buckets(
                Path(folder),
                session_ids=[name for name, _ in stored],
                event_counts=[events for _, events in stored],
                read=self._feeds,
                sessions=self.sessions(),
                timezone=self.timezone,
                types=types,
            )
        return Path(folder)

    def forget(
        self,
        session_ids: Iterable[str] | None = None,
        visitor_ids: Iterable[str] | None = None,
    ) -> int:
        """Erase sessions, or all sessions of visitors, for good.

        They are overwritten in the store, never fetched into it again, and not in the next export.
        Whose session it is only the session list tells: of a session that was pulled by its id and
        never listed, give the id as well.

        Parameters
        ----------
        session_ids, visitor_ids
            Whom; whether or not the store has them.

        Returns
        -------
        int
            How many sessions were erased.

        Raises
        ------
        InvalidInput
            If neither is given.
        StoreError
            If the store cannot be written, or another program keeps traces from being overwritten
            just now; then call it again later.
        """
        sessions = _ids(session_ids, "session_ids")
        visitors = _ids(visitor_ids, "visitor_ids")
        if session_ids is None and visitor_ids is None:
            raise InvalidInput("Nobody to forget: give session_ids=[...] or visitor_ids=[...].")
        with self._database.writing() as connection:
            found: set[str] = set()
            for column, names in (("session_id", sessions), ("visitor_id", visitors)):
                query = f"SELECT session_id FROM sessions WHERE {column} = ?"  # noqa: S608
                for name in names:
                    found.update(row[0] for row in connection.execute(query, [name]))
            digests = [[digest_of_id("visitor", name)] for name in visitors]
            connection.executemany("INSERT OR IGNORE INTO forgotten VALUES (?)", digests)
            erase_sessions(connection, found.union(sessions))
        if not self._database.leave_no_traces():
            raise StoreError(
                f"{len(found)} sessions are erased, but traces stay in {self._database.file}-wal "
                "while another program reads the store. Call forget again when it has ended."
            )
        return len(found)

    def _stored(self, *, partial: bool) -> list[tuple[Any, ...]]:
        """Ids and numbers of events of the stored sessions, in their lasting order."""
        condition = " OR state = 'partial'" if partial else ""
        return self._database.read(_COMPLETE + condition + _IN_ORDER)

    def _named(
        self, session_ids: Iterable[str], *, partial: bool
    ) -> tuple[list[str], dict[str, str]]:
        """Those of the named sessions that are stored, and what is known of the others."""
        named = list(dict.fromkeys(_ids(session_ids, "session_ids")))
        stored = {name for name, _ in self._stored(partial=partial)}
        missing = {name: "it was never pulled" for name in named if name not in stored}
        if missing:
            rows = self._database.read("SELECT session_id, state, reason FROM sessions")
            missing |= {
                name: state if reason is None else f"{state}: {reason}"
                for name, state, reason in rows
                if name in missing
            }
        return [name for name in named if name in stored], missing

    def _warn(self, named: Sequence[str] | None, *, stacklevel: int) -> None:
        if said := shortcomings(self._database, named):
            warnings.warn(said, DataWarning, stacklevel=stacklevel + 1)

    def _feeds(self, session_ids: Sequence[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Session ids and their records, in the order asked for."""
        return unpacked(self._answers(session_ids))

    def _answers(self, session_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for first in range(0, len(session_ids), _AT_ONCE):
            names = session_ids[first : first + _AT_ONCE]
            places = ",".join("?" * len(names))
            query = f"SELECT session_id, answer FROM answers WHERE session_id IN ({places})"  # noqa: S608
            answers = dict(self._database.read(query, names))
            for name in names:
                yield name, answers[name]

    def _settled_privacy(self, dropped: frozenset[str], hashed: frozenset[str]) -> Privacy:
        """Return what the store was made to drop and to hash."""
        asked = {"drop": sorted(dropped), "hash": sorted(hashed)}
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO facts VALUES ('privacy', ?)", [json.dumps(asked)]
            )
            (text,) = connection.execute(
                "SELECT value FROM facts WHERE name = 'privacy'"
            ).fetchone()
            settled = json.loads(text)
            # Inside the transaction, so that two processes cannot both make a key.
            key = b""
            if settled["hash"]:
                key = lasting_key(self.path / _HASH_KEY_FILE, connection)
        if (dropped or hashed) and settled != asked:
            raise StoreError(
                f"The store {self.path} was made with drop_properties={settled['drop']} and "
                f"hash_properties={settled['hash']}; what it holds cannot be changed. Leave the "
                "arguments out, or make a new store."
            )
        return Privacy(frozenset(settled["drop"]), frozenset(settled["hash"]), key)


def _ids(values: Iterable[str] | None, argument: str) -> list[str]:
    if isinstance(values, str):
        raise InvalidInput(f"{argument} is the text {values!r}; a list of ids is needed.")
    names = [] if values is None else list(values)
    for name in names:
        if not isinstance(name, str):
            raise InvalidInput(f"{argument} holds a {type(name).__name__}; ids are text.")
    return names
