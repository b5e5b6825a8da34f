"""Buckets: folders that engines read and write as files, with everything S3-only kept in a hidden folder beside them.

buckets/<bucket>/<key>                     plain objects, plain files
buckets/.mastic/buckets/<bucket>/escaped   objects whose key cannot be a file (see `keys`); while there are any,
                                           awsglue lists the bucket through S3
buckets/.mastic/buckets/<bucket>/meta      sidecars (see `sidecar`)
buckets/.mastic/buckets/<bucket>/uploads   parts of unfinished multipart uploads
buckets/.mastic/tmp                        drafts; one file system with the rest, so that a rename is atomic
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import threading
import time
import uuid
from functools import cached_property
from pathlib import Path

import msgspec

from mastic.storage import drafts
from mastic.storage.errors import BucketNotEmpty, missing_bucket
from mastic.storage.keys import check_bucket_name, is_bucket_name
from mastic.storage.sidecar import Sidecars

HIDDEN = b".mastic"
LOCKS = 256


class BucketRecord(msgspec.Struct, frozen=True):
    """What is known of a bucket beyond its folder. `created` in epoch seconds."""

    created: float
    location: str = ""


class Bucket:
    """The folders of one bucket."""

    def __init__(self, buckets: Buckets, name: str) -> None:
        self.buckets = buckets
        self.name = name
        self.visible = b"%b/%b" % (buckets.root, name.encode())
        self.hidden = b"%b/%b/buckets/%b" % (buckets.root, HIDDEN, name.encode())
        self.escaped = self.hidden + b"/escaped"
        self.uploads = self.hidden + b"/uploads"

    @cached_property
    def sidecars(self) -> Sidecars:
        """The metadata of its objects."""
        return Sidecars(self.hidden + b"/meta")

    def exists(self) -> bool:
        """Whether the folder is there; a symbolic link is not a bucket."""
        try:
            return stat.S_ISDIR(os.lstat(self.visible).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def draft(self) -> drafts.Draft:
        """A new file that can become one of its objects."""
        return drafts.Draft(self.buckets.temporary)

    def lock(self, key: bytes) -> threading.Lock:
        """Serialises the changes of one key within this process, for conditional writes."""
        return self.buckets.locks[hash((self.name, key)) % LOCKS]

    def upload_lock(self, upload_id: str) -> threading.Lock:
        """Serialises completing and aborting one upload. Taken before the lock of a key, never after."""
        return self.buckets.upload_locks[hash((self.name, upload_id)) % LOCKS]

    def record(self) -> BucketRecord:
        """When and where it was created; a folder an engine made is as old as its inode says."""
        try:
            with open(self.hidden + b"/bucket.json", "rb") as file:
                return msgspec.json.decode(file.read(), type=BucketRecord)
        except (FileNotFoundError, msgspec.DecodeError):
            return BucketRecord(created=os.lstat(self.visible).st_ctime)


class Buckets:
    """All buckets below one folder."""

    def __init__(self, root: Path, *, fsync: bool = True) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = os.fsencode(os.path.realpath(root))
        self.temporary = b"%b/%b/tmp" % (self.root, HIDDEN)
        self.fsync = fsync
        self.locks = [threading.Lock() for _ in range(LOCKS)]
        self.upload_locks = [threading.Lock() for _ in range(LOCKS)]

    def get(self, name: str) -> Bucket:
        """The bucket. Raises NoSuchBucket, InvalidBucketName."""
        check_bucket_name(name)
        bucket = Bucket(self, name)
        if not bucket.exists():
            raise missing_bucket(name)
        return bucket

    def all(self) -> list[Bucket]:
        """Every bucket, by name. Folders whose name S3 does not allow are not buckets."""
        with os.scandir(self.root) as entries:
            names = [os.fsdecode(e.name) for e in entries if e.is_dir(follow_symlinks=False)]
        return [Bucket(self, name) for name in sorted(names) if is_bucket_name(name)]

    def create(self, name: str, location: str = "") -> bool:
        """Make the bucket; False if it was there. Raises InvalidBucketName."""
        check_bucket_name(name)
        bucket = Bucket(self, name)
        try:
            os.mkdir(bucket.visible)
        except FileExistsError:
            return False
        os.makedirs(bucket.hidden, exist_ok=True)
        temporary = b"%b/bucket.json.%b" % (bucket.hidden, uuid.uuid4().hex.encode())
        with open(temporary, "wb") as file:
            file.write(msgspec.json.encode(BucketRecord(time.time(), location)))
        os.rename(temporary, bucket.hidden + b"/bucket.json")
        return True

    def delete(self, name: str) -> None:
        """Remove an empty bucket. Raises NoSuchBucket, BucketNotEmpty."""
        bucket = self.get(name)
        remove_empty(bucket.escaped)
        if os.path.lexists(bucket.escaped) or not remove_empty(bucket.visible):
            raise BucketNotEmpty(f"The bucket {name!r} is not empty; delete its objects first", BucketName=name)
        trash = b"%b/%b" % (self.temporary, uuid.uuid4().hex.encode())
        os.makedirs(self.temporary, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.rename(bucket.hidden, trash)
            shutil.rmtree(trash, ignore_errors=True)


def remove_empty(folder: bytes) -> bool:
    """Remove a tree of empty folders, leaf by leaf so that a file written meanwhile survives; False if one is left."""
    empty = True
    try:
        with os.scandir(folder) as entries:
            children = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except FileNotFoundError:
        return True
    for path, is_folder in children:
        if not is_folder:
            return False
        empty = remove_empty(path) and empty
    if not empty:
        return False
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
