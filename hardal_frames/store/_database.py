"""The store's file: SQLite, one transaction for each thing that must be whole."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from hardal_frames.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_FILE: Final = "sessions.sqlite"
_IGNORED: Final = ".gitignore"
_FORMAT: Final = 1
_APPLICATION: Final = 0x48415244
_BUSY_SECONDS: Final = 60.0
_NAP_SECONDS: Final = 0.25

_TABLES: Final = """
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY,
    visitor_id TEXT,
    listed TEXT,              -- row of the session list, as JSON
    listed_mark BLOB,         -- digest of that row
    promised INTEGER,         -- how many events the row promises
    expected INTEGER,         -- the same and the page views, if the row counts them apart
    state TEXT NOT NULL,      -- how the last try to fetch it ended
    reason TEXT,              -- why, where it failed
    kept_mark BLOB,           -- listed_mark that the stored answer belongs to
    fetched_at INTEGER,       -- microseconds since 1970, when the stored answer came
    first_event INTEGER,      -- the same, of the answer's events
    last_event INTEGER,
    events INTEGER,
    arrived INTEGER,          -- the same with those that came twice: what the API counts
    is_confirmed INTEGER NOT NULL DEFAULT 0, -- fetched twice under the same list row
    is_complete INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX sessions_in_order ON sessions (is_complete, first_event, session_id);
CREATE INDEX sessions_of_visitor ON sessions (visitor_id);
CREATE TABLE answers (
    session_id TEXT PRIMARY KEY,
    answer BLOB NOT NULL      -- list of the event records, JSON, compressed
);
CREATE TABLE claims (
    session_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,      -- the pull that is fetching it
    mark BLOB                 -- listed_mark when it began
) WITHOUT ROWID;
CREATE TABLE forgotten (
    digest BLOB PRIMARY KEY   -- of a session's or a visitor's id
) WITHOUT ROWID;
"""


def open_folder(folder: Path) -> Database:
    """Open the store in a folder; make both if they are not there.

    Raises
    ------
    StoreError
        If the folder holds something else, or the system refuses.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        others = [entry.name for entry in folder.iterdir() if entry.name not in {_FILE, _IGNORED}]
        if others and not (folder / _FILE).exists():
            raise StoreError(
                f"{folder} holds something else than a store ({min(others)}). Name a new folder, "
                "or an empty one."
            )
        folder.chmod(0o700)
        if not (folder / _IGNORED).exists():
            (folder / _IGNORED).write_text("*\n", encoding="utf-8")
    except OSError as error:
        reason = error.strerror or "the system refused"
        raise StoreError(f"The store {folder} cannot be made: {reason}.") from None
    return Database(folder / _FILE)


class Database:
    """Connections to the store's file, one a thread.

    Parameters
    ----------
    file
        The SQLite file; made with its tables if it is not there.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        try:
            with self.told():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.told():
            return self._connection().execute(query, values).fetchall()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that writes: all of it happens, or nothing."""
        with self.told():
            connection = self._connection()
            try:
                _begin_writing(connection)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # Ctrl-C may come between the lock and the first statement.
                if connection.in_transaction:
                    with contextlib.suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let every reading of this thread see the same moment, whatever others write."""
        with self.told():
            connection = self._connection()
            try:
                connection.execute("BEGIN")
                yield
            finally:
                if connection.in_transaction:
                    with contextlib.suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")

    def leave_no_traces(self) -> bool:
        """Empty the write-ahead log; False if another connection still needs it."""
        with self.told():
            busy, _, _ = self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close the connections of all threads."""
        while self._connections:
            with contextlib.suppress(sqlite3.Error):
                self._connections.pop().close()
        self._own = threading.local()

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Turn what SQLite and the system raise into a `StoreError` that says what to do."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(self._reason(error)) from None
        except OSError as error:
            reason = error.strerror or "the system refused"
            raise StoreError(f"The store {self.file} cannot be used: {reason}.") from None

    def _reason(self, error: sqlite3.Error) -> str:
        kind = getattr(error, "sqlite_errorname", "") or ""
        where = f"The store {self.file}"
        if kind.startswith("SQLITE_FULL"):
            return f"{where} has no room on its disk. All that was stored before is kept."
        if kind.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            return f"{where} is damaged or no store. Keep a copy of it, and pull into a new folder."
        if kind.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return f"{where} was locked by another program for {_BUSY_SECONDS:.0f} s; try again."
        if kind.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            return f"{where} cannot be opened for writing. May you write into its folder?"
        return f"{where} cannot be used: {kind or type(error).__name__}. Is its disk full or gone?"

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        # A connection must not cross a fork.
        if connection is None or self._own.process != os.getpid():
            connection = sqlite3.connect(
                self.file, timeout=_NAP_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connections.append(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            self._own.connection, self._own.process = connection, os.getpid()
        return connection

    def _prepare(self) -> None:
        # Made first, for its owner only; what SQLite puts beside it is as it is.
        self.file.touch(mode=0o600)
        connection = self._connection()
        connection.execute("PRAGMA journal_mode = WAL")
        with self.writing():
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_FORMAT}")
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                return
            (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application != _APPLICATION:
            raise StoreError(f"{self.file} is an SQLite file, but no store of hardal_frames.")
        if version != _FORMAT:
            raise StoreError(
                f"The store {self.file} has format {version}; this version of hardal_frames reads "
                f"format {_FORMAT}. Update hardal-frames."
            )


def _begin_writing(connection: sqlite3.Connection) -> None:
    """Wait for the lock in short naps, so that Ctrl-C is heard."""
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            is_busy = (error.sqlite_errorname or "").startswith("SQLITE_BUSY")
            if not is_busy or time.monotonic() > end:
                raise
        else:
            return
