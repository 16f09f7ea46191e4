"""What a folder of events consists of: parts, and by which column no walker is split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from hardal_frames.engine._hashing import stable_hashes
from hardal_frames.errors import StoreError
from hardal_frames.store._manifest import EVENTS, MANIFEST, manifest_in

if TYPE_CHECKING:
    from hardal_frames.engine._files import Files
    from hardal_frames.engine._hashing import Hashes
    from hardal_frames.store._manifest import Manifest

_SUFFIXES: Final = (".parquet", ".pq")


@dataclass(frozen=True)
class Part:
    """One file of events.

    Parameters
    ----------
    files
        Where it is.
    name
        Its name there.
    rows
        How many events it holds.
    size
        How many bytes it has.
    """

    files: Files
    name: str
    rows: int
    size: int

    @property
    def where(self) -> str:
        """The file, as messages name it."""
        return f"{self.files.where}/{self.name}" if self.name else self.files.where


@dataclass(frozen=True)
class Source:
    """Files of events.

    Parameters
    ----------
    where
        The folder or file.
    parts
        Its files of events.
    schema
        All columns and their types.
    key
        Column by which no walker is in two parts; None if nothing is known.
    torn_sessions
        How many sessions are in several parts all the same.
    fingerprint
        A text that is another one when a file is.
    """

    where: str
    parts: tuple[Part, ...]
    schema: pa.Schema
    key: str | None
    torn_sessions: int
    fingerprint: str

    @property
    def rows(self) -> int:
        """How many events there are."""
        return sum(part.rows for part in self.parts)


def source_of(files: Files) -> Source:
    """Look at the files of a folder.

    Parameters
    ----------
    files
        A folder that `Store.export` or `partition_events` wrote, any folder of parquet files, or
        one such file.

    Raises
    ------
    StoreError
        If there are none, or one is missing, cut, too many or no parquet file.
    """
    listed = files.listed()
    manifest = _manifest(files, listed)
    if manifest is None:
        names = [name for name in listed if _is_data(name)]
        if not names:
            raise StoreError(f"There is no parquet file in {files.where}.")
        looked = [_looked_at(files, name, listed[name][0]) for name in names]
        key, torn_sessions = None, 0
    else:
        _require_parts(files, manifest, listed)
        looked = [_looked_at(files, each.name, each.bytes) for each in manifest.part_files]
        for (part, _), told in zip(looked, manifest.part_files, strict=True):
            if part.rows != told.rows:
                raise StoreError(
                    f"{part.where} has {part.rows:,} events; it was written with {told.rows:,}. "
                    "Write the folder again."
                )
        key, torn_sessions = manifest.key, manifest.torn_sessions
    return Source(
        files.where,
        tuple(part for part, _ in looked),
        _unified(files, [schema for _, schema in looked]),
        key,
        torn_sessions,
        hashlib.sha256(repr([files.where, sorted(listed.items())]).encode()).hexdigest(),
    )


def _manifest(files: Files, listed: dict[str, tuple[int, str]]) -> Manifest | None:
    if MANIFEST not in listed:
        return None
    with files.open(MANIFEST) as file:
        return manifest_in(file.read(), files.where)


def _require_parts(files: Files, manifest: Manifest, listed: dict[str, tuple[int, str]]) -> None:
    known = {each.name: each.bytes for each in manifest.part_files}
    for name, size in known.items():
        if name not in listed:
            raise StoreError(f"{files.where}/{name} is missing. Write the folder again.")
        if listed[name][0] != size:
            raise StoreError(
                f"{files.where}/{name} has {listed[name][0]:,} bytes; it was written with "
                f"{size:,}. Write the folder again."
            )
    for name in listed:
        if name.startswith(f"{EVENTS}/") and _is_data(name) and name not in known:
            raise StoreError(
                f"{files.where}/{name} does not belong to the folder. Take it away: other "
                "programs would read it as if it did."
            )


def _is_data(name: str) -> bool:
    """Whether a file holds events; Spark and others leave files beside them that do not."""
    hidden = any(each.startswith((".", "_")) for each in name.split("/"))
    return not name or (name.endswith(_SUFFIXES) and not hidden)


def _looked_at(files: Files, name: str, size: int) -> tuple[Part, pa.Schema]:
    try:
        with files.open(name) as file, pyarrow.parquet.ParquetFile(file) as parquet:
            return Part(files, name, parquet.metadata.num_rows, size), parquet.schema_arrow
    except (OSError, pa.ArrowException) as error:
        reason = str(error).rstrip(".")
        where = f"{files.where}/{name}" if name else files.where
        raise StoreError(f"{where} cannot be read as parquet: {reason}.") from None


def _unified(files: Files, schemas: list[pa.Schema]) -> pa.Schema:
    try:
        return pa.unify_schemas(
            [schema.remove_metadata() for schema in schemas], promote_options="permissive"
        )
    except pa.ArrowException as error:
        reason = str(error).rstrip(".")
        raise StoreError(
            f"The files of {files.where} differ in a column's type: {reason}. Write them with one."
        ) from None


def is_aligned(source: Source, key: str) -> bool:
    """Whether no walker is in two parts; every part's keys are read for it."""
    if source.key is not None:
        return source.key == key
    if len(source.parts) == 1:
        return True
    found = [np.empty(0, dtype=np.uint64)]
    for part in source.parts:
        with (
            part.files.open(part.name) as file,
            pyarrow.parquet.ParquetFile(file, read_dictionary=[key]) as parquet,
        ):
            if key not in parquet.schema_arrow.names:
                continue
            own = [
                _distinct(parquet.read_row_group(number, columns=[key])[key])
                for number in range(parquet.num_row_groups)
            ]
        found.append(np.unique(np.concatenate([found[0], *own])))
    hashes = np.concatenate(found)
    hashes = hashes[hashes != 0]  # a missing key is nobody's
    # Two keys of one hash would only lead to work that was not needed.
    return len(np.unique(hashes)) == len(hashes)


def _distinct(keys: pa.ChunkedArray) -> Hashes:
    """Hashes of the keys that occur."""
    keys = keys.unify_dictionaries()
    if keys.num_chunks and pa.types.is_dictionary(keys.type):
        return stable_hashes(keys.chunk(0).dictionary)
    return stable_hashes(keys)


def column_names(source: Source) -> list[str]:
    """Columns of the events."""
    names: list[Any] = source.schema.names
    return [name for name in names if not name.startswith("__index_level_")]
