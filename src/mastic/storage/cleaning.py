"""What crashes and engines leave behind, removed when a server starts; nothing here is needed to read rightly."""

from __future__ import annotations

import contextlib
import os
import time

import msgspec

from mastic.storage import drafts, uploads
from mastic.storage.buckets import Bucket, Buckets
from mastic.storage.objects import locate, lstat
from mastic.storage.sidecar import Meta, identity

SIDECAR_AGE_SECONDS = 3600.0  # a younger one may describe a file that is about to be renamed into place


def clean(buckets: Buckets) -> None:
    """Drafts of dead writers, answers of uploads completed long ago, sidecars of files that engines replaced."""
    drafts.remove_orphans(buckets.temporary)
    for bucket in buckets.all():
        uploads.remove_completed(bucket)
        _remove_stale_sidecars(bucket)


def _remove_stale_sidecars(bucket: Bucket) -> None:
    with contextlib.suppress(FileNotFoundError), os.scandir(bucket.sidecars.folder) as folders:
        for folder in folders:
            with os.scandir(folder.path) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        if _is_stale(bucket, entry):
                            os.unlink(entry.path)


def _is_stale(bucket: Bucket, entry: os.DirEntry[bytes]) -> bool:
    if time.time() - entry.stat().st_mtime < SIDECAR_AGE_SECONDS:
        return False
    with open(entry.path, "rb") as file:
        try:
            meta = msgspec.json.decode(file.read(), type=Meta)
        except msgspec.DecodeError:
            return True
    path = locate(bucket, meta.key.encode())
    st = lstat(path) if path else None
    return st is None or identity(st).encode() != entry.name
