"""Whether another process that works on the store is still alive.

Each has a file that it keeps locked. The system lets go of the lock when the process ends, however
it ends, on every platform; SQLite knows how to lock a file on each.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Presence:
    """A sign that this pull is alive, which others can look for.

    Parameters
    ----------
    folder
        Where the signs of all are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self.owner: str = secrets.token_hex(8)

    def show(self) -> None:
        """Begin to be seen."""
        if self._connection is None:
            self._folder.mkdir(exist_ok=True)
            self._connection = sqlite3.connect(
                self._file_of(self.owner), isolation_level=None, check_same_thread=False
            )
            self._connection.execute("BEGIN EXCLUSIVE")

    def end(self) -> None:
        """Be seen no more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            with contextlib.suppress(OSError):
                self._file_of(self.owner).unlink(missing_ok=True)

    def is_alive(self, owner: str) -> bool:
        """Whether the given owner still works."""
        if owner == self.owner:
            return self._connection is not None
        file = self._file_of(owner)
        if not file.exists():
            return False
        connection = sqlite3.connect(file, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
        return False

    def _file_of(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"
