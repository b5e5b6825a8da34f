"""Deleting objects: their folders go when empty, and what they stood in the way of becomes a plain file."""

from __future__ import annotations

import os

from mastic.storage import listing
from mastic.storage.buckets import Bucket
from mastic.storage.errors import PreconditionFailed, missing_bucket
from mastic.storage.keys import escaped_path, is_plain
from mastic.storage.objects import ALWAYS, Condition, check, contained, find, locate, lstat, rename, unlink


def delete(bucket: Bucket, key: bytes, condition: Condition = ALWAYS) -> None:
    """Remove the object; absent is fine. Folders left empty go too. Raises NoSuchBucket, PreconditionFailed."""
    if not bucket.exists():
        raise missing_bucket(bucket.name)
    with bucket.lock(key):
        if condition is not ALWAYS:
            check(bucket, key, find(bucket, key), condition)
        while (path := locate(bucket, key)) is not None:
            st = lstat(path)
            unlink(path)
            if st is not None:
                bucket.sidecars.drop(st)
            prune(bucket, path)
    if os.path.lexists(bucket.escaped):
        _release(bucket, key)


def prune(bucket: Bucket, path: bytes) -> None:
    """Remove the folders above `path` that are empty now, up to the bucket's own."""
    top = bucket.visible if path.startswith(bucket.visible + b"/") else bucket.escaped
    folder = os.path.dirname(path)
    while len(folder) > len(top):
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = os.path.dirname(folder)


def _release(bucket: Bucket, key: bytes) -> None:
    """Move objects that were in the escaped area only because of this key to their plain paths, for engines to see."""
    segments = key.split(b"/")
    above = [b"/".join(segments[:depth]) for depth in range(1, len(segments))]
    below = [hit.key for hit in listing.hits(bucket, prefix=key + b"/") if hit.path.startswith(bucket.escaped)]
    for blocked in [*above, *below]:
        path = b"%b/%b" % (bucket.escaped, escaped_path(blocked))
        plain = b"%b/%b" % (bucket.visible, blocked)
        if not is_plain(blocked) or lstat(path) is None or not contained(plain):
            continue
        try:
            if rename(bucket, path, plain, exclusive=True):
                prune(bucket, path)
        except (PreconditionFailed, OSError):
            continue  # someone was faster
