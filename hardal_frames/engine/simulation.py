"""Made-up events of any number, written to a folder part by part."""

from __future__ import annotations

import concurrent.futures
import contextlib
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow.parquet

from hardal_frames import schema
from hardal_frames.engine._pool import Pool
from hardal_frames.engine.partition import ROWS_PER_PART, manifest_of, written_part
from hardal_frames.errors import HardalError
from hardal_frames.progress import reporter
from hardal_frames.sandbox.crowd import Crowd
from hardal_frames.store._aside import folder_written_aside
from hardal_frames.store._manifest import EVENTS

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator

    from hardal_frames.progress import Progress
    from hardal_frames.store._manifest import ExportedFile

    Write = Callable[[int], ExportedFile]

_KEY: Final = "session_id"
_NO_HASH: Final = "none: simulated, each session in one part"


def simulate_events(
    folder: str | os.PathLike[str],
    *,
    events: int = 10_000_000,
    seed: int = 1,
    rows_per_part: int = ROWS_PER_PART,
    processes: int | None = None,
    progress: Progress | bool | None = None,
) -> None:
    """Write a folder of a made-up shop's events, as many as wanted, to try `scan_events` on.

    Parameters
    ----------
    folder
        The folder to write: not there yet, empty, or an older one of ours, which is replaced when
        the new one is complete. The folder above it must be there.
    events
        How many.
    seed
        The same seed, with the same events and rows_per_part, gives the same events, however many
        processes make them.
    rows_per_part
        How many events a part has at most; it is what memory must hold, once for each process.
    processes
        How many processes of this machine to simulate with; by default this one.
    progress
        As for `scan_events`.

    Raises
    ------
    InvalidInput
        If a number is no whole one, or too small.
    StoreError
        If the folder cannot be written, or holds something else.
    HardalError
        If a process ends before its work.

    See Also
    --------
    sample_events : Fewer events, in which each session makes sense.

    Notes
    -----
    Sessions have twelve events on average and begin within thirty days; names follow one another as
    a Markov chain, the same one in all parts; 3 of 200 events happen at the very instant of the one
    before. No session is in two parts; visitors come back in any part. The folder is what
    `partition_events` writes: parquet files, and a manifest that says what they are.

    With processes, a script makes the call under ``if __name__ == "__main__":``, as always where
    Python starts processes.

    Examples
    --------
    >>> import tempfile
    >>> import hardal_frames as hf
    >>> with tempfile.TemporaryDirectory() as above:
    ...     hf.simulate_events(f"{above}/events", events=5_000, rows_per_part=2_000)
    ...     scan = hf.scan_events(f"{above}/events")
    ...     scan.rows, scan.parts
    (5000, 3)
    """
    events = schema.require_whole(events, "events")
    seed = schema.require_whole(seed, "seed", least=0)
    parts = -(-events // schema.require_whole(rows_per_part, "rows_per_part"))
    if processes is not None:
        processes = min(schema.require_whole(processes, "processes"), parts)
    crowd = Crowd(events, parts, seed)
    with (
        folder_written_aside(Path(folder)) as aside,
        reporter(progress, total=parts, per_minute=None, unit="parts") as tell,
    ):
        (aside / EVENTS).mkdir()
        write = partial(_written, aside, crowd)
        each = _one_by_one(write, parts) if processes is None else _many(write, parts, processes)
        files = []
        # Closed before the folder goes: nobody writes into it any more.
        with contextlib.closing(each):
            for file in each:
                files.append(file)
                tell(len(files), parts)
        # In several processes parts are done in any order.
        files.sort(key=lambda file: file.name)
        columns = pyarrow.parquet.read_schema(aside / files[0].name)
        manifest_of(files, columns, _KEY, 0, hashed=_NO_HASH).write(aside)


def _one_by_one(write: Write, parts: int) -> Generator[ExportedFile, None, None]:
    yield from map(write, range(parts))


def _many(write: Write, parts: int, processes: int) -> Generator[ExportedFile, None, None]:
    """Write parts in processes; when this stops early, no part is begun any more."""
    pool = Pool(processes)
    try:
        futures = [pool.executor.submit(write, number) for number in range(parts)]
        for future in concurrent.futures.as_completed(futures):
            yield future.result()
    except BrokenProcessPool:
        raise HardalError(
            "A process that simulates events ended before its work. Is there memory for "
            f"{processes} of them? Give fewer processes or a lower rows_per_part. A script must "
            "make the call under if __name__ == '__main__'."
        ) from None
    finally:
        pool.close()


def _written(folder: Path, crowd: Crowd, number: int) -> ExportedFile:
    return written_part(folder, number, crowd.part(number), _KEY)
