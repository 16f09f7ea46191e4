"""Where the log of a budget is kept: a file that all processes with the same key share.

The file is a convenience. Whatever happens to it, the budget goes on with what this process knows.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import sqlite3
import threading
import weakref
from typing import TYPE_CHECKING, Final, TypeVar

from hardal_frames.api._limit_log import RequestLog
from hardal_frames.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Result = TypeVar("Result")

_FORMAT: Final = 1
_BUSY_SECONDS: Final = 5.0
_TRIES: Final = 2


def budget_file(*material: str) -> Path | None:
    """Where the log of a key's budget is.

    Parameters
    ----------
    material
        What the budget belongs to: the key and the base URL. Only a hash of it is used.

    Returns
    -------
    Path or None
        A file in the folder that the environment variable ``HARDAL_FRAMES_CACHE_DIR`` names, else
        in the user's cache directory; None if nothing can be written there.
    """
    # Clocks of two machines have nothing in common, and a home may be shared by many.
    digest = hashlib.blake2b(digest_size=16, person=b"hardal-frames")
    for part in (*material, platform.node()):
        digest.update(hashlib.blake2b(part.encode("utf-8", "surrogatepass")).digest())
    try:
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / f"budget-{_FORMAT}-{digest.hexdigest()}.sqlite"
        file.touch(mode=0o600)
        # Not opened: to close it would let go of the locks that this process holds on it.
        return file if os.access(file, os.W_OK) else None
    except (OSError, ValueError, RuntimeError):
        return None


class LogKeeper:
    """Keeps one log, and lets one thread of one process at a time change it.

    Parameters
    ----------
    window
        Seconds that count as the minute.
    file
        Shared with other processes; None keeps the log in this one.
    """

    def __init__(self, window: float, file: Path | None) -> None:
        self._log = RequestLog(window)
        self._file = file
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._closing: weakref.finalize[..., LogKeeper] | None = None

    def change(self, how: Callable[[RequestLog], Result]) -> Result:
        """Let a function change the log, alone; it may be called again with the log as it was.

        Parameters
        ----------
        how
            Is given the log, and must be quick.

        Returns
        -------
        Result
            What the function returned.
        """
        self._leave_the_parent()
        with self._lock:
            for _ in range(_TRIES):
                if self._file is None:
                    break
                try:
                    return self._change_in_file(self._file, how)
                except (sqlite3.Error, OSError, TypeError, ValueError) as error:
                    self._disconnect()
                    self._remove_what_is_damaged(self._file, error)
            self._file = None
            return how(self._log)

    def close(self) -> None:
        """Close the connection; a later change opens it again."""
        self._leave_the_parent()
        with self._lock:
            self._disconnect()

    def _change_in_file(self, file: Path, how: Callable[[RequestLog], Result]) -> Result:
        connection = self._connection or self._connect(file)
        try:
            connection.execute("BEGIN IMMEDIATE")
            found = connection.execute("SELECT log FROM budget").fetchone()
            # A file that is new to us begins with what we know already.
            written = self._log.to_bytes() if found is None else found[0]
            log = RequestLog.from_bytes(written, self._log.window)
            result = how(log)
            connection.execute("INSERT OR REPLACE INTO budget VALUES (1, ?)", (log.to_bytes(),))
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        self._log = log
        return result

    def _connect(self, file: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection = connection
        self._closing = weakref.finalize(self, connection.close)
        # A log that a power cut destroys is worth nothing after it; a killed process does no harm.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = PERSIST")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS budget (one INTEGER PRIMARY KEY CHECK (one = 1), log BLOB)"
        )
        return connection

    def _disconnect(self) -> None:
        if self._closing is not None:
            with contextlib.suppress(sqlite3.Error):
                self._closing()
        self._connection = self._closing = None

    def _remove_what_is_damaged(self, file: Path, error: Exception) -> None:
        kind = getattr(error, "sqlite_errorname", None) or ""
        is_unreadable = isinstance(error, TypeError | ValueError)
        if is_unreadable or kind.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)

    def _leave_the_parent(self) -> None:
        # After a fork neither the lock nor the connection of the parent may be touched.
        if self._process != os.getpid():
            self._process = os.getpid()
            self._lock = threading.Lock()
            if self._closing is not None:
                self._closing.detach()
            self._inherited = self._connection
            self._connection = self._closing = None
