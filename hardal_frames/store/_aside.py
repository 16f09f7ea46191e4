"""A folder written aside and put in its place as a whole."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import sqlite3
from typing import TYPE_CHECKING, Final

from hardal_frames.errors import StoreError
from hardal_frames.store._manifest import foreign_entry
from hardal_frames.store._presence import Presence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCRATCH: Final = "scratch"
"""Beside the folder that is given, for files of Arrow that are needed until it is written."""

_NEW: Final = "new"
_OLD: Final = "old"


@contextlib.contextmanager
def folder_written_aside(target: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of the target when the block ends well.

    It is made in ``.<name>.<token>.part`` beside the target, where the older export goes, too,
    before it is deleted. Whenever this process is killed, the target is the older export, the new
    one or not there; then the next call puts back what is whole and clears up.

    Parameters
    ----------
    target
        Not there yet, empty, or an older export.

    Raises
    ------
    StoreError
        If the target is something else, or the system refuses.
    """
    target = target.resolve()
    workshop = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    presence = Presence(workshop)
    try:
        _require_replaceable(target)
        _clear_up(target)
        presence.show()
        (workshop / _NEW).mkdir()
        yield workshop / _NEW
        _require_replaceable(target)
        if target.exists():
            target.rename(workshop / _OLD)
        (workshop / _NEW).rename(target)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(
            f"Cannot write the export {target}: {reason}. Is there room, and may you write "
            f"into {target.parent}?"
        ) from None
    finally:
        presence.end()
        with contextlib.suppress(OSError):
            _put_back(workshop, target)
            shutil.rmtree(workshop, ignore_errors=True)


def _require_replaceable(target: Path) -> None:
    if not target.parent.is_dir():
        raise StoreError(f"There is no folder {target.parent} to write the export into.")
    if not target.exists():
        return
    foreign = foreign_entry(target, finished=True) if target.is_dir() else target
    if foreign is not None:
        raise StoreError(
            f"{target} holds something else than an export of ours ({foreign.name}), and would be "
            "lost. Name another folder, or an empty one."
        )


def _clear_up(target: Path) -> None:
    """Put back or delete what killed exports left beside the target."""
    of_ours = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.part")
    for workshop in sorted(target.parent.iterdir()):
        if not of_ours.fullmatch(workshop.name) or workshop.is_symlink() or not workshop.is_dir():
            continue
        # It may be gone before we have looked at it.
        with contextlib.suppress(FileNotFoundError):
            entries = list(workshop.iterdir())
            if _is_abandoned(workshop, entries):
                _put_back(workshop, target)
                _clear_away(workshop, entries)


def _is_abandoned(workshop: Path, entries: list[Path]) -> bool:
    """Whether a folder is an export's workshop whose process has ended."""
    for entry in entries:
        if entry.name in {_NEW, _OLD} and entry.is_dir() and not entry.is_symlink():
            if foreign_entry(entry, finished=False) is not None:
                return False
        elif entry.name == SCRATCH and entry.is_dir() and not entry.is_symlink():
            if not all(file.match("*.arrow") and file.is_file() for file in entry.iterdir()):
                return False
        elif not entry.name.endswith((".lock", ".lock-journal")):
            return False
    owners = [entry.stem for entry in entries if entry.suffix == ".lock"]
    return not any(Presence(workshop).is_alive(owner) for owner in owners)


def _clear_away(workshop: Path, entries: list[Path]) -> None:
    """Delete a workshop unless something has come since: a process may just begin in it."""
    with contextlib.suppress(OSError):
        for entry in entries:
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.suffix == ".lock-journal":
                entry.unlink(missing_ok=True)
        workshop.rmdir()


def _put_back(workshop: Path, target: Path) -> None:
    """Put the older export back, if it was taken away and nothing came in its place."""
    if (workshop / _OLD).exists() and not target.exists():
        (workshop / _OLD).rename(target)
