"""Where events are kept that had to be cut anew: once, and until a file changes."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hardal_frames.cache import cache_folder
from hardal_frames.engine._files import LocalFiles
from hardal_frames.engine._source import source_of
from hardal_frames.engine.partition import partition_source
from hardal_frames.errors import StoreError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from hardal_frames.engine._joining import SessionColumns
    from hardal_frames.engine._source import Source
    from hardal_frames.progress import Progress

_LAYOUT: Final = 1
_LETTERS: Final = 20
_SECONDS: Final = 0.5


def partitioned(
    source: Source,
    key: str,
    *,
    workspace: str | os.PathLike[str] | None,
    timezone: str | None,
    joined: SessionColumns | None,
    progress: Progress | bool | None,
) -> Source:
    """Events cut by a key: those of the workspace, or new ones that stay there.

    Parameters
    ----------
    source
        The events.
    key
        Column whose values are kept together.
    workspace, timezone, progress
        As for `scan_events`.
    joined
        Columns of the session list to give them; None for none.
    """
    beside = None if joined is None else joined.fingerprint
    told = repr([_LAYOUT, source.fingerprint, key, timezone, beside])
    name = hashlib.sha256(told.encode()).hexdigest()[:_LETTERS]
    above = Path(workspace) if workspace is not None else cache_folder() / "partitioned"
    try:
        above.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"Cannot make the workspace {above}: {error.strerror}. Name another one: "
            "scan_events(path, workspace=...)."
        ) from None
    folder = above / name
    with _one_at_a_time(above / f".{name}.lock"):
        if folder.is_dir():
            # Whoever cleans up may have left a part of it.
            with contextlib.suppress(StoreError):
                return source_of(LocalFiles(folder))
            shutil.rmtree(folder, ignore_errors=True)
        partition_source(
            source, folder, key=key, timezone=timezone, joined=joined, progress=progress
        )
    return source_of(LocalFiles(folder))


@contextlib.contextmanager
def _one_at_a_time(file: Path) -> Iterator[None]:
    """Wait while another process does what this one is about to do; a killed one lets go."""
    with contextlib.closing(sqlite3.connect(file, timeout=_SECONDS, isolation_level=None)) as lock:
        while True:
            try:
                lock.execute("BEGIN EXCLUSIVE")
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise StoreError(f"Cannot lock {file}: {error}.") from None
        yield
