"""Whether another process that works on the store is still alive.

Each has a file that it keeps locked. The system lets go of the lock when the process ends, however
it ends, on every platform; SQLite knows how to lock a file on each.
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_TRIES: Final = 10


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
        for tries_left in reversed(range(_TRIES)):
            if self._connection is not None:
                return
            try:
                self._show()
            except (sqlite3.OperationalError, FileNotFoundError):
                if not tries_left:
                    raise

    def end(self) -> None:
        """Be seen no more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            _unlinked(self._file_of(self.owner))

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
            # While we hold it, so that an owner who shows itself just now sees that it is gone.
            is_gone = _unlinked(file)
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        if not is_gone:  # Windows keeps what is open
            _unlinked(file)
        return False

    def _show(self) -> None:
        """Lock our file, unless another took it for one of the dead before it was locked."""
        self._folder.mkdir(exist_ok=True)
        file = self._file_of(self.owner)
        connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
            file.stat()
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _file_of(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"


def _unlinked(file: Path) -> bool:
    """Delete a file if the system lets us, and tell whether it did."""
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return False
    return True
