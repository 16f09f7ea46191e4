"""Folders of events that are counted part by part, by one process, several, or a cluster."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import pandas as pd
import pyarrow as pa

from hardal_frames import schema
from hardal_frames.analysis._counting import EventScan
from hardal_frames.engine._files import files_of
from hardal_frames.engine._pool import Pool
from hardal_frames.engine._reading import columns_for, counted, no_events, refuse_torn
from hardal_frames.engine._run import by_executor, by_processes, one_by_one, run
from hardal_frames.engine._source import is_aligned, source_of, torn
from hardal_frames.engine._workspace import partitioned
from hardal_frames.engine.partition import ROWS_PER_PART
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Executor

    from hardal_frames.analysis._counting import Counting
    from hardal_frames.engine._joining import SessionColumns
    from hardal_frames.engine._run import Count, Outcome
    from hardal_frames.engine._source import Source
    from hardal_frames.progress import Progress

    Result = TypeVar("Result")


_LARGEST: Final = 10 * ROWS_PER_PART
"""Files from elsewhere with more events are cut, though sessions may be whole in them."""


def scan_events(
    path: str | os.PathLike[str],
    *,
    processes: int | None = None,
    client: Any = None,  # noqa: ANN401  (dask.distributed is an extra)
    executor: Executor | None = None,
    rename: Mapping[str, str] | None = None,
    timezone: str | None = None,
    workspace: str | os.PathLike[str] | None = None,
    progress: Progress | bool | None = None,
) -> FolderScan:
    """Analyse events that memory does not hold; every analysis takes them in place of a frame.

    Nothing is read but the names and footers of the files. Each analysis then reads the columns
    that it needs, one part at a time, and gives the same table to the last bit as it does for a
    frame of all events.

    Parameters
    ----------
    path
        A folder that `Store.export` or `partition_events` wrote; any folder of parquet files, with
        those below it, from DuckDB, Spark or pandas, also where folders such as ``device=phone``
        hold a column; a pattern such as ``"events/2026-0[1-6]-*.parquet"``; or one such file. With
        fsspec installed also a url, such as ``"s3://bucket/events"``.
    processes
        How many processes of this machine to count with; by default this one. The first analysis
        starts them, and they end with the scan, or its ``close()``.
    client
        A `dask.distributed.Client` whose cluster counts, on this machine or others; they must see
        the files under the same path.
    executor
        Any other executor as of `concurrent.futures`.
    rename
        Columns that have another name in the files: ``{"event_name": "name", "ts": "timestamp"}``,
        as for ``DataFrame.rename``.
    timezone
        Zone in which days and weeks are counted, such as ``"Europe/Istanbul"``; by default that of
        the files, which is UTC where DuckDB wrote them. Timestamps that do not say their zone are
        what its clock showed.
    workspace
        Folder for parts that have to be cut anew; by default one in the user's cache.
    progress
        As for `Client.pull`: a function of (done, total), True or False; None shows it where there
        are many parts.

    Returns
    -------
    FolderScan
        What every analysis takes.

    Raises
    ------
    StoreError
        If there is no such folder, or a file of it is missing, cut or changed.
    InvalidInput
        If two of processes, client and executor are given, or one cannot be used.

    See Also
    --------
    partition_events : Cut events once, where you want them.

    Notes
    -----
    An analysis counts whole sessions (or what ``key`` names), so no session may be in two files.
    An export tells that it is so; of other folders the keys are read to see it. Where sessions are
    split, or an analysis goes over visitors, or files are too large, the events are cut anew into
    the workspace, once: it then holds as much as the folder (several times as much while they are
    cut), and is used again until a file changes. Older cuts stay; delete them whenever you like.
    What memory is needed for is one part a process, and the result.

    Examples
    --------
    >>> import tempfile
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     hf.partition_events(events, f"{folder}/events", rows_per_part=2000)
    ...     scan = hf.scan_events(f"{folder}/events")
    ...     table = hf.transitions(scan)
    >>> table.equals(hf.transitions(events))
    True
    """
    given = {"processes": processes, "client": client, "executor": executor}
    chosen = [name for name, value in given.items() if value is not None]
    if len(chosen) > 1:
        raise InvalidInput(f"{' and '.join(chosen)} are given; one of them can count.")
    if processes is not None:
        schema.require_whole(processes, "processes")
    if timezone is not None:
        schema.known_zone(timezone)
    if client is not None:
        executor = _executor_of(client)
    if executor is not None and not hasattr(executor, "submit"):
        raise InvalidInput(
            f"executor is a {type(executor).__name__}; one as of concurrent.futures is needed."
        )
    ways = _Ways(processes, executor, timezone, workspace, progress)
    return FolderScan(source_of(files_of(path), rename), ways)


@dataclass(frozen=True)
class _Ways:
    """How parts are read and counted."""

    processes: int | None
    executor: Executor | None
    timezone: str | None
    workspace: str | os.PathLike[str] | None
    progress: Progress | bool | None


class FolderScan(EventScan):
    """Events in files; made by `scan_events`, taken by every analysis."""

    def __init__(self, source: Source, ways: _Ways, joined: SessionColumns | None = None) -> None:
        self._source = source
        self._ways = ways
        self._joined = joined
        self._pool: Pool | None = None
        if ways.processes is not None:
            self._pool = Pool(min(ways.processes, len(source.parts)))
            weakref.finalize(self, self._pool.close)
        self._aligned: dict[tuple[str, str], Source] = {}

    def __repr__(self) -> str:
        source = self._source
        return f"FolderScan({source.where!r}: {source.rows:,} events in {len(source.parts)} parts)"

    @property
    def columns(self) -> list[str]:
        """Columns of the events."""
        names: list[str] = self._schema.names
        return names

    @property
    def _schema(self) -> pa.Schema:
        joined = [] if self._joined is None else self._joined.schema
        return pa.schema([*self._source.schema, *joined])

    @property
    def rows(self) -> int:
        """How many events there are."""
        return self._source.rows

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return len(self._source.parts)

    @property
    def is_naive(self) -> bool:
        """Whether neither the files nor `timezone` say the zone of the timestamps."""
        place = self._schema.get_field_index("timestamp")
        kind = self._schema.field(place).type if place >= 0 else pa.null()
        return self._ways.timezone is None and pa.types.is_timestamp(kind) and kind.tz is None

    def computed(self, counting: Counting[Any, Result]) -> Result:
        """Run an analysis; what the analyses call.

        Raises
        ------
        StoreError
            If a file is missing, cut or changed.
        """
        columns_for(counting, self.columns)
        # What an analysis refuses whatever the events are, it refuses before any are read.
        counting.count(no_events(self._schema, self._ways.timezone))
        source = self._aligned_by(counting.together, counting.key)
        return run(counting, partial(self._outcomes, source))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; an analysis starts them again, and so they end with the scan."""
        if self._pool is not None:
            self._pool.close()

    def with_sessions(
        self, sessions: pd.DataFrame, columns: Iterable[str] = ("visitor_id",)
    ) -> FolderScan:
        """Give events what the session list knows of their sessions; as `hf.with_sessions`.

        Parameters
        ----------
        sessions
            The session list, as `Client.sessions` or ``Store.sessions`` returns it.
        columns
            Which of its columns.

        Returns
        -------
        FolderScan
            The same events with more columns. They are written to the workspace when an analysis
            first needs them.

        Raises
        ------
        InvalidInput
            As of `hf.with_sessions`, or if columns were joined already.
        """
        from hardal_frames.engine._joining import SessionColumns  # noqa: PLC0415

        if self._joined is not None:
            raise InvalidInput("Columns of a session list are joined already; name all at once.")
        joined = SessionColumns(self.columns, sessions, columns)
        return FolderScan(self._source, self._ways, joined)

    def sample(
        self, sessions: int, *, columns: Iterable[str] | None = None, key: str = "session_id"
    ) -> pd.DataFrame:
        """Read some sessions as a frame, each with all its events.

        Which they are is decided by a hash of their keys: the same ones each time, in no relation
        to when they were or what they did.

        Parameters
        ----------
        sessions
            About how many; all if there are fewer.
        columns
            Columns to read; all by default.
        key
            Column that names the session.

        Returns
        -------
        DataFrame
            The events of the sessions, part by part.

        Raises
        ------
        InvalidInput
            If there is no such column.
        """
        from hardal_frames.engine._sampling import sampled  # noqa: PLC0415  (seldom needed)

        schema.require_whole(sessions, "sessions")
        names = self.columns if columns is None else list(columns)
        schema.require_columns(pd.DataFrame(columns=self.columns), (*names, key))
        source = self._source if self._joined is None else self._aligned_by(key, key)
        return sampled(source, sessions, names, key=key, timezone=self._ways.timezone)

    def _aligned_by(self, together: str, key: str) -> Source:
        """Parts of which no two hold the same visitor or session; looked for, or made, once.

        Raises
        ------
        InvalidInput
            If there can be none, for sessions have several visitors.
        """
        known = self._aligned.get((together, key))
        if known is not None and "://" not in known.where and not Path(known.where).exists():
            del self._aligned[together, key]  # somebody cleaned up
        if (together, key) not in self._aligned:
            ways, source = self._ways, self._source
            # Events without a visitor are kept together by their session.
            if self._joined is not None or not _is_cut(source, together, key):
                source = partitioned(
                    source,
                    together,
                    workspace=ways.workspace,
                    timezone=ways.timezone,
                    joined=self._joined,
                    progress=ways.progress,
                )
            if together != key:
                refuse_torn(torn(source, key), together)
            self._aligned[together, key] = source
        return self._aligned[together, key]

    def _outcomes(self, source: Source, counting: Counting[Any, Any]) -> Iterator[Outcome]:
        ways = self._ways
        count = partial(counted, source_schema=source.schema, timezone=ways.timezone)
        if ways.executor is not None:
            return by_executor(
                source.parts, count, counting, executor=ways.executor, progress=ways.progress
            )
        if self._pool is not None:
            return _in_processes(source, count, counting, pool=self._pool, ways=ways)
        return one_by_one(source.parts, count, counting, progress=ways.progress)


def _is_cut(source: Source, together: str, key: str) -> bool:
    """Whether parts hold whole visitors and sessions, and so few events that memory holds them."""
    if source.key is None and any(part.rows > _LARGEST for part in source.parts):
        return False
    return source.key == together or all(is_aligned(source, each) for each in {together, key})


def _in_processes(
    source: Source, count: Count, counting: Counting[Any, Any], *, pool: Pool, ways: _Ways
) -> Iterator[Outcome]:
    is_done = False
    try:
        yield from by_processes(source.parts, count, counting, pool=pool, progress=ways.progress)
        is_done = True
    finally:
        if not is_done:
            pool.close()  # nobody waits for what they still count


def _executor_of(client: Any) -> Executor:  # noqa: ANN401
    """Executor of a Dask cluster, which counts again what a lost worker had."""
    try:
        executor: Executor = client.get_executor(pure=False)
    except AttributeError:
        raise InvalidInput(
            f"client is a {type(client).__name__}; a dask.distributed.Client is needed. Another "
            "executor is given as executor=."
        ) from None
    return executor
