"""Files of a folder, on this machine or wherever fsspec finds them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from hardal_frames.errors import InvalidInput, StoreError

if TYPE_CHECKING:
    import os


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
    """Files of this machine, or one that all machines see under one name."""

    root: Path

    @property
    def where(self) -> str:
        """The folder or file."""
        return str(self.root)

    def listed(self) -> dict[str, tuple[int, str]]:
        """Names, sizes and times of last change."""
        if self.root.is_file():
            found = {"": self.root}
        elif self.root.is_dir():
            found = {
                file.relative_to(self.root).as_posix(): file
                for file in sorted(self.root.rglob("*"))
                if file.is_file()
            }
        else:
            raise StoreError(f"There is no file or folder {self.root}.")
        stats = {name: file.stat() for name, file in found.items()}
        return {name: (stat.st_size, str(stat.st_mtime_ns)) for name, stat in stats.items()}

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
    """Tell where a path leads."""
    if isinstance(path, str) and "://" in path:
        return RemoteFiles(path)
    return LocalFiles(Path(path))


def _described(info: dict[str, Any]) -> tuple[int, str]:
    version = info.get("ETag") or info.get("etag") or info.get("mtime") or info.get("created")
    return int(info["size"]), str(version)
