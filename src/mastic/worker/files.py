"""Fetching what a run names by `s3://` path, straight from the bucket folders or from the configured endpoint."""

from __future__ import annotations

import zipfile
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
    try:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)
    except (zipfile.BadZipFile, OSError) as error:
        raise FetchError(f"--extra-py-files names {archive.name}, which is not a readable archive: {error}") from error
    return folder
