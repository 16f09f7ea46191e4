"""Files of a folder, on this machine or wherever fsspec finds them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol

from hardal_frames.errors import InvalidInput, StoreError

_ALL: Final = "**/*"
_WILD: Final = re.compile(r"[*?\[]")

UNKNOWN: Final = ""
"""The version of a file of which its place tells none."""


class Files(Protocol):
    """Where files are; small enough to be sent to other processes."""

    @property
    def where(self) -> str:
        """The folder, or the file, as messages name it."""
        ...

    def listed(self) -> dict[str, tuple[int, str]]:
        """Names of all files below, with slashes; size, and what changes when the file does.

        Raises
        ------
        StoreError
            If there is no such folder or file.
        """
        ...

    def described(self, name: str) -> tuple[int, str]:
        """Size of a file, and what changes when it does, as `listed` tells them.

        Raises
        ------
        OSError
            If it is not there any more.
        """
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading.

        Raises
        ------
        StoreError
            If it cannot be read.
        """
        ...


@dataclass(frozen=True)
class LocalFiles:
    """Files of this machine, or one that all machines see under one name.

    Parameters
    ----------
    root
        A folder or a file.
    pattern
        Of the names below it that count; all of them by default.
    """

    root: Path
    pattern: str = _ALL

    @property
    def where(self) -> str:
        """The folder or file."""
        return str(self.root)

    def listed(self) -> dict[str, tuple[int, str]]:
        """Names, sizes and times of last change."""
        if self.root.is_file():
            found = {"": self.root}
        elif self.root.is_dir():
            below = sorted(self.root.glob(self.pattern))
            _refuse_links(below)
            found = {
                file.relative_to(self.root).as_posix(): file for file in below if file.is_file()
            }
        else:
            raise StoreError(f"There is no file or folder {self.root}.")
        if self.pattern != _ALL and not found:
            raise StoreError(f"No file in {self.root} matches {self.pattern}.")
        return {name: self.described(name) for name in found}

    def described(self, name: str) -> tuple[int, str]:
        """Size and time of last change."""
        stat = (self.root / name if name else self.root).stat()
        return stat.st_size, str(stat.st_mtime_ns)

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        file = self.root / name if name else self.root
        try:
            return file.open("rb")
        except OSError as error:
            reason = error.strerror or "the system refused"
            raise StoreError(f"{file} cannot be read: {reason}.") from None


@dataclass(frozen=True)
class RemoteFiles:
    """Files at a url that fsspec knows, such as ``s3://bucket/events``."""

    url: str

    @property
    def where(self) -> str:
        """The url."""
        return self.url

    def listed(self) -> dict[str, tuple[int, str]]:
        """Names, sizes and whatever the place tells of their versions."""
        system, root = self._system()
        try:
            if system.isfile(root):
                return {"": _described(system.info(root))}
            found = system.find(root, detail=True)
        except OSError as error:
            raise StoreError(f"{self.url} cannot be listed: {error}.") from None
        if not found:
            raise StoreError(f"There is no file or folder {self.url}.")
        begin = len(root.rstrip("/")) + 1
        return {name[begin:]: _described(found[name]) for name in sorted(found)}

    def described(self, name: str) -> tuple[int, str]:
        """Size, and whatever the place tells of its version."""
        system, root = self._system()
        return _described(system.info(f"{root.rstrip('/')}/{name}" if name else root))

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        system, root = self._system()
        path = f"{root.rstrip('/')}/{name}" if name else root
        try:
            opened: IO[bytes] = system.open(path, "rb")
        except OSError as error:
            raise StoreError(f"{self.url}/{name} cannot be read: {error}.") from None
        return opened

    def _system(self) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415  (an extra; costs 50 ms at import)
        except ImportError:
            raise InvalidInput(
                f"path is {self.url!r}; to read from there install fsspec, and what it needs for "
                "such addresses: pip install 'hardal-frames[dask]' s3fs"
            ) from None
        try:
            system, root = url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise InvalidInput(f"path is {self.url!r}: {error}.") from None
        return system, root


def files_of(path: str | os.PathLike[str]) -> Files:
    """Tell where a path leads.

    Raises
    ------
    InvalidInput
        If it is no path.
    """
    if not isinstance(path, str | os.PathLike):
        raise InvalidInput(
            f"path is a {type(path).__name__}; the path of one folder or file is needed."
        )
    if isinstance(path, str) and "://" in path:
        return RemoteFiles(path)
    place = Path(path).expanduser()
    fixed = [each for each in (place, *place.parents) if not _WILD.search(str(each))]
    if fixed[0] != place and not place.exists():
        return LocalFiles(fixed[0], place.relative_to(fixed[0]).as_posix())
    return LocalFiles(place)


def _refuse_links(below: list[Path]) -> None:
    """Refuse links to folders: what is behind them would be missing in silence."""
    for each in below:
        if each.is_symlink() and each.is_dir() and not each.name.startswith((".", "_")):
            raise StoreError(
                f"{each} is a link to a folder, and is not followed. Take it away, or scan a "
                "folder that holds the files themselves."
            )


def _described(info: dict[str, Any]) -> tuple[int, str]:
    known = ("ETag", "etag", "version", "mtime", "LastModified", "created")
    version = next((info[name] for name in known if info.get(name)), UNKNOWN)
    if isinstance(version, datetime):  # where a list of files tells a number
        version = version.timestamp()
    return int(info.get("size") or 0), str(version)
