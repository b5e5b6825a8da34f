"""What S3 knows of an object beyond its bytes: headers, metadata, ETag, checksums, tags; kept beside the bucket.

A sidecar is named by the identity of the file it describes (inode, size, modification time), not by its key: it is
written before the file is renamed into place and found by whoever holds the file open, so data and metadata change in
one step, and a file that an engine has overwritten has no sidecar any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid

import msgspec

DEFAULT_CONTENT_TYPE = "binary/octet-stream"


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of an object that was uploaded in several. `size` in bytes."""

    size: int
    checksum: str = ""


class Meta(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The sidecar of one object. Header names are lower case; `etag` is without quotes."""

    key: str = ""
    etag: str = ""
    headers: dict[str, str] = {}
    user: dict[str, str] = {}
    checksums: dict[str, str] = {}
    checksum_type: str = "FULL_OBJECT"
    parts: list[Part] = []
    tags: dict[str, str] = {}


NO_META = Meta()
_decoder = msgspec.json.Decoder(Meta)


def identity(st: os.stat_result) -> str:
    """What tells this file from the one that replaces it."""
    return f"{st.st_ino}-{st.st_size}-{st.st_mtime_ns}"


def engine_etag(st: os.stat_result) -> str:
    """The ETag of a file no client has put: from its identity, because hashing a data set to list it is no option.

    The `-1` says to clients, as for a multipart upload, that it is not the MD5 of the content.
    """
    return hashlib.md5(identity(st).encode(), usedforsecurity=False).hexdigest() + "-1"


class Sidecars:
    """All sidecars of one bucket, in a folder outside it."""

    def __init__(self, folder: bytes) -> None:
        self.folder = folder

    def path(self, st: os.stat_result) -> bytes:
        """Where the sidecar of this file is, if it has one. Spread over 256 folders."""
        return b"%b/%02x/%b" % (self.folder, st.st_ino & 0xFF, identity(st).encode())

    def read(self, st: os.stat_result) -> Meta | None:
        """The metadata of this file, None if it has none."""
        try:
            fd = os.open(self.path(st), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return _decoder.decode(os.read(fd, os.fstat(fd).st_size))
        except msgspec.DecodeError:
            return None  # torn by a power failure without fsync: the bytes are there, the metadata is not
        finally:
            os.close(fd)

    def write(self, st: os.stat_result, meta: Meta, *, fsync: bool) -> None:
        """Give the file this metadata, atomically."""
        path = self.path(st)
        temporary = b"%b.%b" % (path, uuid.uuid4().hex.encode())
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(msgspec.json.encode(meta))
                file.flush()
                if fsync:
                    os.fsync(file.fileno())
            os.rename(temporary, path)
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise

    def drop(self, st: os.stat_result) -> None:
        """Forget the metadata of a file that is gone."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(st))
