"""`Store`: what was fetched, for good."""

from __future__ import annotations

import functools
import json
import warnings
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hardal_frames import schema
from hardal_frames.errors import DataWarning, IncompleteSession, InvalidInput, StoreError
from hardal_frames.frames.build import build_events
from hardal_frames.frames.sessions import sessions_from_records
from hardal_frames.store._answers import digest_of_id
from hardal_frames.store._database import open_folder
from hardal_frames.store._ledger import Ledger, erase_sessions
from hardal_frames.store._presence import Presence
from hardal_frames.store._privacy import property_names, settled_privacy
from hardal_frames.store._reading import feeds, ids, named_sessions, stored_sessions
from hardal_frames.store._status import StoreStatus, shortcomings, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from hardal_frames.frames.properties import PropertyType


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
    >>> with tempfile.TemporaryDirectory() as folder, hf.Store(folder) as store:
    ...     store.status().stored_sessions
    0
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
            self._privacy = settled_privacy(self._database, self.path, dropped, hashed)
        except BaseException:
            self._database.close()
            raise

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. A store that is used again opens it again.

        Examples
        --------
        >>> import tempfile
        >>> import hardal_frames as hf
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     store = hf.Store(folder)
        ...     store.close()
        """
        self._database.close()

    def _ledger(self) -> Ledger:
        """Open the store for one pull: the client's door to it, and nobody else's."""
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

        Examples
        --------
        >>> import tempfile
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with (
        ...     tempfile.TemporaryDirectory() as folder,
        ...     Sandbox(simulate(3)) as hardal,
        ...     hf.Client(**hardal.access) as client,
        ...     hf.Store(f"{folder}/store") as store,
        ... ):
        ...     report = client.pull(store, progress=False)
        ...     store.events().groupby("session_id").size().tolist()
        [7, 1, 5]
        """
        with self._database.snapshot():
            if session_ids is None:
                wanted = [name for name, _ in stored_sessions(self._database, partial=partial)]
                missing: dict[str, str] = {}
            else:
                wanted, missing = named_sessions(self._database, session_ids, partial=partial)
            self._warn(None if session_ids is None else wanted, stacklevel=3)
            built = build_events(feeds(self._database, wanted), timezone=self.timezone, types=types)
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

        Examples
        --------
        >>> import tempfile
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with (
        ...     tempfile.TemporaryDirectory() as folder,
        ...     Sandbox(simulate(3)) as hardal,
        ...     hf.Client(**hardal.access) as client,
        ...     hf.Store(f"{folder}/store") as store,
        ... ):
        ...     report = client.pull(store, progress=False)
        ...     store.sessions()["session_id"].tolist()
        ['ses_000001', 'ses_000002', 'ses_000003']
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

        Examples
        --------
        >>> import tempfile
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with (
        ...     tempfile.TemporaryDirectory() as folder,
        ...     Sandbox(simulate(3)) as hardal,
        ...     hf.Client(**hardal.access) as client,
        ...     hf.Store(f"{folder}/store") as store,
        ... ):
        ...     report = client.pull(store, progress=False)
        ...     store.status().events
        13
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

        Examples
        --------
        >>> import tempfile
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with (
        ...     tempfile.TemporaryDirectory() as folder,
        ...     Sandbox(simulate(3)) as hardal,
        ...     hf.Client(**hardal.access) as client,
        ...     hf.Store(f"{folder}/store") as store,
        ... ):
        ...     report = client.pull(store, progress=False)
        ...     hf.read_events(store.export(f"{folder}/shop")).equals(store.events())
        True
        """
        from hardal_frames.store._buckets import export_buckets  # noqa: PLC0415  (loads parquet)

        with self._database.snapshot():
            stored = stored_sessions(self._database)
            if not self._database.read("SELECT 1 FROM facts WHERE name = 'source'"):
                raise StoreError(f"Nothing was ever pulled into {self.path}; pull first.")
            self._warn(None, stacklevel=3)
            export_buckets(
                Path(folder),
                session_ids=[name for name, _ in stored],
                event_counts=[events for _, events in stored],
                read=functools.partial(feeds, self._database),
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

        Examples
        --------
        >>> import tempfile
        >>> import hardal_frames as hf
        >>> from hardal_frames.sandbox import Sandbox, simulate
        >>> with (
        ...     tempfile.TemporaryDirectory() as folder,
        ...     Sandbox(simulate(3)) as hardal,
        ...     hf.Client(**hardal.access) as client,
        ...     hf.Store(f"{folder}/store") as store,
        ... ):
        ...     report = client.pull(store, progress=False)
        ...     store.forget(["ses_000001"]), len(store.events())
        (1, 6)
        """
        sessions = ids(session_ids, "session_ids")
        visitors = ids(visitor_ids, "visitor_ids")
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

    def _warn(self, named: Sequence[str] | None, *, stacklevel: int) -> None:
        if said := shortcomings(self._database, named):
            warnings.warn(said, DataWarning, stacklevel=stacklevel + 1)
