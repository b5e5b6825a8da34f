"""Fetching what a run names by `s3://` path, straight from the bucket folders or from the configured endpoint."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mastic.storage.client import Storage
from mastic.storage.errors import StorageError


class FetchError(RuntimeError):
    """An object a run needs cannot be read; the message names the argument and the object."""


def download(storage: Storage, uri: str, target: Path, wanted_by: str) -> Path:
    """Copy one object to `target`. Raises FetchError."""
    try:
        storage.download(uri, target)
    except StorageError as error:
        raise FetchError(f"{wanted_by} names {uri}, which cannot be read: {error}") from error
    return target


def base_name(uri: str) -> str:
    """The last part of the key, as a file name."""
    name = uri.rstrip("/").rpartition("/")[2]
    return name if name not in ("", ".", "..") else "object"


def unpack(archive: Path, folder: Path) -> Path:
    """Extract a wheel or egg, so that its data files and native modules work. Raises FetchError."""
    with _opened(archive) as files:
        files.extractall(folder)
    return folder


def modules_below(path: Path) -> Iterator[str]:
    """The source of every Python module in a folder or a zip, packages within packages too. Raises FetchError."""
    if path.is_dir():
        yield from (module.read_text(errors="replace") for module in sorted(path.rglob("*.py")))
        return
    with _opened(path) as files:
        names = sorted(name for name in files.namelist() if name.endswith(".py"))
        yield from (files.read(name).decode(errors="replace") for name in names)


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, OSError) as error:
        raise FetchError(f"--extra-py-files names {archive.name}, which is not a readable archive: {error}") from error
