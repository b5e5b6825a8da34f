"""The files a plan names: in folders of this machine, or objects at an S3 endpoint, looked at in the same way."""

from __future__ import annotations

import fnmatch
import glob
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class File:
    """One data file as it is now; equal values mean the same content."""

    path: str
    size: int
    modified_ns: int
    version: str = ""


@dataclass(frozen=True)
class Entry:
    """What is at a path; `file` is None for a folder."""

    path: str
    file: File | None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


Entries = Callable[[str], Iterable[Entry]]


class Files(Protocol):
    """Where files are. Paths are absolute: `/folder/file` or `s3://bucket/key`."""

    def look(self, path: str) -> Entry | None:
        """What is at the path, if anything."""

    def entries(self, path: str) -> Iterable[Entry]: ...

    def below(self, root: str) -> Entries:
        """`entries` for every folder of a tree that is about to be walked."""

    def matching(self, pattern: str) -> Iterable[Entry]:
        """What is at the paths that match a pattern of `*` and `?`."""

    def open(self, file: File) -> BinaryIO: ...


class Folders:
    """Files of this machine."""

    def look(self, path: str) -> Entry | None:
        try:
            held = os.stat(path)  # noqa: PTH116  a Path costs as much as the look
        except (OSError, ValueError):
            return None
        if stat.S_ISDIR(held.st_mode):
            return Entry(path, None)
        return Entry(path, File(path, held.st_size, held.st_mtime_ns)) if stat.S_ISREG(held.st_mode) else None

    def entries(self, path: str) -> Iterator[Entry]:
        with os.scandir(path) as found:
            for entry in found:
                if entry.is_dir():
                    yield Entry(entry.path, None)
                else:
                    held = entry.stat()
                    yield Entry(entry.path, File(entry.path, held.st_size, held.st_mtime_ns))

    def below(self, root: str) -> Entries:
        return self.entries

    def matching(self, pattern: str) -> list[Entry]:
        return [entry for path in glob.glob(pattern) if (entry := self.look(path))]  # noqa: PTH207

    def open(self, file: File) -> BinaryIO:
        return open(file.path, "rb")  # noqa: PTH123


_FOLDERS = Folders()


def is_object(path: str) -> bool:
    """Whether the path is at the endpoint."""
    return path.startswith("s3://")


def at(path: str) -> Files:
    """Where the path is."""
    if not is_object(path):
        return _FOLDERS
    from mastic.engines.router.rewrites import objects

    return objects.store()


def opened(file: File) -> BinaryIO:
    """The file's content, from its start; close it."""
    return at(file.path).open(file)


def matches(name: str, pattern: str) -> bool:
    """Whether a name matches one part of a pattern, as in a shell."""
    return fnmatch.fnmatchcase(name, pattern) and (pattern.startswith(".") or not name.startswith("."))
