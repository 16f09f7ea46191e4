"""What a folder of events consists of: parts, and by which column no walker is split."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from hardal_frames.engine._files import UNKNOWN
from hardal_frames.engine._hashing import stable_hashes
from hardal_frames.engine._path_columns import path_schema, repeated, values_in_path
from hardal_frames.errors import InvalidInput, StoreError, near_names
from hardal_frames.store._manifest import EVENTS, MANIFEST, manifest_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hardal_frames.engine._files import Files
    from hardal_frames.engine._hashing import Hashes
    from hardal_frames.engine._path_columns import Values
    from hardal_frames.store._manifest import Manifest

_SUFFIXES: Final = (".parquet", ".parq", ".pq")
_PART_OF_OURS: Final = re.compile(re.escape(f"{EVENTS}/") + r"part-\d{5,}\.parquet")


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
    version
        What changes when the file does.
    renamed
        Columns that have another name in the file, and that name.
    in_path
        Columns that the names of its folders tell, and their values.
    """

    files: Files
    name: str
    rows: int
    size: int
    version: str
    renamed: tuple[tuple[str, str], ...] = ()
    in_path: Values = ()

    @property
    def where(self) -> str:
        """The file, as messages name it."""
        return f"{self.files.where}/{self.name}" if self.name else self.files.where

    def names_of(self, columns: Iterable[str]) -> dict[str, str]:
        """Name of each column in the file."""
        own = dict(self.renamed)
        return {name: own.get(name, name) for name in columns}

    def not_inside(self, column: str, kind: pa.DataType, rows: int) -> pa.Array:
        """Values of a column that the file does not hold: of its folders' names, or missing."""
        told = dict(self.in_path)
        return repeated(told.get(self.names_of([column])[column]), kind, rows)


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
        All columns and the types that they are read with.
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


def source_of(files: Files, rename: Mapping[str, str] | None = None) -> Source:
    """Look at the files of a folder.

    Parameters
    ----------
    files
        A folder that `Store.export` or `partition_events` wrote, any folder of parquet files, or
        one such file.
    rename
        Names of columns in the files, and those that they shall have.

    Raises
    ------
    StoreError
        If there are none, or one is missing, cut, too many or no parquet file.
    InvalidInput
        If a column that shall be renamed is not there, or its new name is another one's.
    """
    listed = files.listed()
    manifest = _manifest(files, listed)
    if manifest is None:
        names = [name for name in listed if _is_data(name)]
        if not names:
            raise StoreError(f"There is no parquet file in {files.where}.")
        if any(_PART_OF_OURS.fullmatch(name) for name in names):
            raise StoreError(
                f"{files.where} has the files of an export of ours without its {MANIFEST}, so some "
                f"may be missing. Copy or write it again, or scan {files.where}/{EVENTS} for those "
                "that are there."
            )
        _refuse_folders_of_ours(files, names)
        looked = [_looked_at(files, name, *listed[name]) for name in names]
        key, torn_sessions = None, 0
    else:
        _require_parts(files, manifest, listed)
        # What the manifest says of the others is compared with them when they are read.
        first = manifest.part_files[0]
        _, columns = _looked_at(files, first.name, *listed[first.name])
        looked = [
            (Part(files, each.name, each.rows, *listed[each.name]), columns)
            for each in manifest.part_files
        ]
        key, torn_sessions = manifest.key, manifest.torn_sessions
    columns = _unified(files, list({id(schema): schema for _, schema in looked}.values()))
    told = {
        part.name: values_in_path(files.where, part.name) for part, _ in looked if manifest is None
    }
    columns = pa.schema([*columns, *path_schema(files.where, list(told.values()), columns)])
    new_names = dict(rename or {})
    versions = [(part.name, part.size, part.version) for part, _ in looked]
    known = [files.where, versions, sorted(new_names.items())]
    if any(part.version == UNKNOWN for part, _ in looked):
        known.append(secrets.token_hex(8))  # nothing would tell that a file has changed
    return Source(
        files.where,
        tuple(
            replace(
                part,
                renamed=tuple((new, old) for old, new in new_names.items()),
                in_path=told.get(part.name, ()),
            )
            for part, _ in looked
        ),
        _with_names(columns, new_names),
        new_names.get(key, key) if key is not None else None,
        torn_sessions,
        hashlib.sha256(repr(known).encode()).hexdigest(),
    )


def _with_names(columns: pa.Schema, rename: Mapping[str, str]) -> pa.Schema:
    for old in rename:
        if old not in columns.names:
            raise InvalidInput(
                f"rename names {old!r}, and there is no such column. "
                f"{near_names(old, columns.names)}"
            )
    names = [rename.get(name, name) for name in columns.names]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(
                f"rename makes two columns called {name!r}; rename the other one, too."
            )
    return pa.schema([each.with_name(name) for each, name in zip(columns, names, strict=True)])


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
    return not name or (name.lower().endswith(_SUFFIXES) and not hidden)


def _refuse_folders_of_ours(files: Files, names: list[str]) -> None:
    """Refuse files that are copies of others, cut anew, and would be counted again."""
    for name in names:
        folder, _, rest = name.partition(f"/{EVENTS}/")
        if rest and _PART_OF_OURS.fullmatch(f"{EVENTS}/{rest}"):
            raise StoreError(
                f"{files.where} holds in {folder} a folder that we wrote, with perhaps the same "
                "events again. Take it out, or scan it by itself."
            )


def _looked_at(files: Files, name: str, size: int, version: str) -> tuple[Part, pa.Schema]:
    where = f"{files.where}/{name}" if name else files.where
    with reading(where), files.open(name) as file, pyarrow.parquet.ParquetFile(file) as parquet:
        rows = parquet.metadata.num_rows
        return Part(files, name, rows, size, version), parquet.schema_arrow


@contextlib.contextmanager
def reading(where: str) -> Iterator[None]:
    """Say of which file it is that it cannot be read.

    Raises
    ------
    StoreError
        If pyarrow, or the system, refuses.
    """
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        reason = str(error).strip().rstrip(".")
        raise StoreError(f"{where} cannot be read as parquet: {reason}.") from None


@contextlib.contextmanager
def opened(part: Part, *, coded: Iterable[str] = ()) -> Iterator[pyarrow.parquet.ParquetFile]:
    """Open a part that is still what it was when it was looked at.

    Parameters
    ----------
    part
        The part.
    coded
        Names in the file of columns of text to read as dictionaries, where it has them.

    Raises
    ------
    StoreError
        If it cannot be read, or has changed.
    """
    with reading(part.where), part.files.open(part.name) as file:
        if part.files.described(part.name) != (part.size, part.version):
            raise StoreError(_changed(part))
        metadata = pyarrow.parquet.read_metadata(file)
        paths = {metadata.schema.column(place).path for place in range(metadata.num_columns)}
        file.seek(0)
        texts = [name for name in coded if name in paths]
        with pyarrow.parquet.ParquetFile(file, metadata=metadata, read_dictionary=texts) as parquet:
            if parquet.metadata.num_rows != part.rows:
                raise StoreError(_changed(part))
            yield parquet


def _changed(part: Part) -> str:
    return (
        f"{part.where} is not what it was when it was looked at, with {part.rows:,} events. Is "
        "something writing into it? Scan it again when that is done."
    )


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Type of the values themselves: files may have different dictionaries of them."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _unified(files: Files, schemas: list[pa.Schema]) -> pa.Schema:
    plain = [
        pa.schema(
            [
                pa.field(each.name, plain_type(each.type))
                for each in schema
                if not each.name.startswith("__index_level_")  # rows of pandas have no meaning
            ]
        )
        for schema in schemas
    ]
    try:
        return pa.unify_schemas(plain, promote_options="permissive")
    except pa.ArrowException as error:
        reason = str(error).rstrip(".")
        raise StoreError(
            f"The files of {files.where} differ in a column's type: {reason}. Write them with one."
        ) from None


def is_aligned(source: Source, key: str) -> bool:
    """Whether no walker is in two parts; every part's keys are read for it."""
    if len(source.parts) == 1 or source.key == key:
        return True
    return source.key is None and not torn(source, key)


def torn(source: Source, key: str) -> int:
    """How many walkers are in more than one part; every part's keys are read for it."""
    if key == "session_id" and source.key is not None:
        return source.torn_sessions
    return in_several([_keys_of(part, key, source.schema) for part in source.parts])


def in_several(hashes: Sequence[Hashes]) -> int:
    """How many keys are in more than one of some sets of hashes, each of which has a key once."""
    together = np.concatenate([np.empty(0, dtype=np.uint64), *hashes])
    # Two keys of one hash would only lead to work, or to a refusal, that was not needed.
    return int((np.unique(together, return_counts=True)[1] > 1).sum())


def distinct_hashes(keys: pa.ChunkedArray) -> Hashes:
    """Hashes of the keys that occur; a missing one is nobody's."""
    hashes = np.unique(stable_hashes(keys))
    found: Hashes = hashes[hashes != 0]
    return found


def _keys_of(part: Part, key: str, columns: pa.Schema) -> Hashes:
    found = [np.empty(0, dtype=np.uint64)]
    own = part.names_of([key])[key]
    with opened(part, coded=[own]) as parquet:
        if own in parquet.schema_arrow.names:
            for number in range(parquet.num_row_groups):
                keys = parquet.read_row_group(number, columns=[own])[own]
                if not pa.types.is_dictionary(keys.type):
                    # As it will be counted: a whole number may be a float among other files.
                    keys = keys.cast(columns.field(key).type)
                found.append(distinct_hashes(keys))
        else:
            kind = columns.field(key).type
            found.append(distinct_hashes(pa.chunked_array([part.not_inside(key, kind, 1)])))
    return np.unique(np.concatenate(found))
