"""Whether another process that works on the store is still alive.

Each has a file that it keeps locked. The system lets go of the lock when the process ends, however
it ends, on every platform; SQLite knows how to lock a file on each.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_TRIES_MORE: Final = 9


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
        if self._connection is not None:
            return
        for _ in range(_TRIES_MORE):
            with contextlib.suppress(sqlite3.OperationalError, FileNotFoundError):
                self._show()
                return
        self._show()

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
        # Only what is there is opened: a new file would be taken for the owner's.
        name = f"{file.absolute().as_uri()}?mode=rw"
        try:
            with contextlib.closing(
                sqlite3.connect(name, uri=True, timeout=0, isolation_level=None)
            ) as connection:
                connection.execute("BEGIN EXCLUSIVE")
                # While we hold it, so that an owner who begins just now sees that it is gone.
                is_gone = _unlinked(file)
        except sqlite3.OperationalError:
            return file.exists()
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
