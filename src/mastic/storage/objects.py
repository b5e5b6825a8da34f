"""Objects: find, open, commit, copy, delete. Every change is one rename; a reader sees the old object or the new."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from dataclasses import dataclass

import msgspec

from mastic.storage import drafts
from mastic.storage.buckets import Bucket
from mastic.storage.drafts import Draft
from mastic.storage.errors import PreconditionFailed, missing_bucket, missing_key
from mastic.storage.keys import check_key, escaped_path, is_plain
from mastic.storage.sidecar import NO_META, Meta, engine_etag, identity

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_ATTEMPTS = 100  # of a race with someone who makes or removes the same folders


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object at one instant."""

    key: bytes
    size: int
    mtime_ns: int
    etag: str
    meta: Meta


@dataclass(slots=True)
class OpenObject:
    """An object held open: its bytes stay those of `info` even if the key is overwritten meanwhile."""

    info: ObjectInfo
    fd: int

    def read(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes. Raises EOFError if an engine shortened the file in place."""
        data = os.pread(self.fd, size, offset)
        while len(data) < size:
            more = os.pread(self.fd, size - len(data), offset + len(data))
            if not more:
                raise EOFError(f"{self.info.key!r} became shorter while it was read")
            data += more
        return data

    def close(self) -> None:
        """Release the file."""
        os.close(self.fd)

    def __enter__(self) -> OpenObject:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of the object that a write replaces. `if_match` is an ETag or `*`."""

    if_match: str = ""
    if_absent: bool = False


ALWAYS = Condition()


def open_object(bucket: Bucket, key: bytes) -> OpenObject:
    """Open for reading. Raises NoSuchBucket, NoSuchKey."""
    for _ in range(_ATTEMPTS):
        path = locate(bucket, key)
        if path is None:
            break
        try:
            fd = os.open(path, _READ)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO):
                continue
            raise
        try:
            st = os.fstat(fd)
            info = _info(bucket, key, path, st)
            if info is not None:
                return OpenObject(info, fd)
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
    raise _missing(bucket, key)


def head(bucket: Bucket, key: bytes) -> ObjectInfo:
    """The object's size, time and metadata. Raises NoSuchBucket, NoSuchKey."""
    info = find(bucket, key)
    if info is None:
        raise _missing(bucket, key)
    return info


def find(bucket: Bucket, key: bytes) -> ObjectInfo | None:
    """The object, or None."""
    for _ in range(_ATTEMPTS):
        path = locate(bucket, key)
        if path is None:
            return None
        info = stat_object(bucket, key, path)
        if info is not None:
            return info
    return None


def stat_object(bucket: Bucket, key: bytes, path: bytes) -> ObjectInfo | None:
    """The object at a known path, or None if it has just gone or been replaced by something else."""
    try:
        st = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _info(bucket, key, path, st) if stat.S_ISREG(st.st_mode) else None


def locate(bucket: Bucket, key: bytes) -> bytes | None:
    """The path of the object's file, never one outside the bucket's folders."""
    check_key(key)
    escaped = b"%b/%b" % (bucket.escaped, escaped_path(key))
    if not is_plain(key):
        return escaped if _is_file(escaped) else None
    path = b"%b/%b" % (bucket.visible, key)
    # Twice: an object may move from the escaped area to its plain path between the two looks.
    for candidate in (path, escaped, path):
        if _is_file(candidate) and (candidate is escaped or contained(candidate)):
            return candidate
    return None


def commit(bucket: Bucket, key: bytes, draft: Draft, meta: Meta, condition: Condition = ALWAYS) -> ObjectInfo:
    """Make the draft the object. Raises NoSuchBucket, NoSuchKey, PreconditionFailed."""
    check_key(key)
    fsync = bucket.buckets.fsync
    meta = msgspec.structs.replace(meta, key=key.decode())
    st = draft.seal(fsync=fsync)
    with bucket.lock(key):
        old = find(bucket, key)
        check(bucket, key, old, condition)
        old_path = locate(bucket, key) if old else None
        old_st = lstat(old_path) if old_path else None
        bucket.sidecars.write(st, meta, fsync=fsync)
        try:
            path = _place(bucket, key, draft.path, exclusive=condition.if_absent)
        except BaseException:
            bucket.sidecars.drop(st)
            raise
        if old_path and old_path != path:
            unlink(old_path)
        if old_st is not None and identity(old_st) != identity(st):
            bucket.sidecars.drop(old_st)
    if fsync:
        with contextlib.suppress(FileNotFoundError):
            drafts.sync_folder(os.path.dirname(path))
    return ObjectInfo(key, st.st_size, st.st_mtime_ns, meta.etag or engine_etag(st), meta)


def copy(target: Bucket, key: bytes, meta: Meta, opened: OpenObject, condition: Condition = ALWAYS) -> ObjectInfo:
    """Copy an open object under a new key with the given metadata; the bytes stay in the kernel where they can."""
    with target.draft() as draft:
        info = opened.info
        if not is_md5(info.etag):
            meta = msgspec.structs.replace(meta, etag=_hash_into(draft, opened), parts=[])
        else:
            drafts.copy_range(opened.fd, draft.fd, 0, info.size)
            meta = msgspec.structs.replace(meta, etag=info.etag)
        return commit(target, key, draft, meta, condition)


def replace_tags(bucket: Bucket, key: bytes, tags: dict[str, str]) -> None:
    """Set the object's tags, leaving everything else. Raises NoSuchKey."""
    with bucket.lock(key), open_object(bucket, key) as opened:
        meta = msgspec.structs.replace(opened.info.meta, tags=tags, key=key.decode())
        bucket.sidecars.write(os.fstat(opened.fd), meta, fsync=bucket.buckets.fsync)


def md5_hex(data: bytes) -> str:
    """The ETag of an object put whole."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def is_md5(etag: str) -> bool:
    """Whether the ETag is the MD5 of the content."""
    return "-" not in etag


def _hash_into(draft: Draft, opened: OpenObject) -> str:
    digest, offset, size = hashlib.md5(usedforsecurity=False), 0, opened.info.size
    while offset < size:
        block = opened.read(offset, min(1 << 20, size - offset))
        digest.update(block)
        draft.write(block)
        offset += len(block)
    return digest.hexdigest()


def _info(bucket: Bucket, key: bytes, path: bytes, st: os.stat_result) -> ObjectInfo | None:
    """None when the file at `path` is no longer the one of `st`, so that data and metadata never mix."""
    if not stat.S_ISREG(st.st_mode):
        return None
    meta = bucket.sidecars.read(st)
    if meta is None:
        now = lstat(path)
        if now is None or (now.st_ino, now.st_mtime_ns) != (st.st_ino, st.st_mtime_ns):
            return None
        meta = NO_META
    return ObjectInfo(key, st.st_size, st.st_mtime_ns, meta.etag or engine_etag(st), meta)


def check(bucket: Bucket, key: bytes, old: ObjectInfo | None, condition: Condition) -> None:
    """Raise PreconditionFailed, or NoSuchKey for If-Match on nothing, unless the condition holds."""
    if condition.if_absent and old is not None:
        raise PreconditionFailed(
            "The object is there already and If-None-Match: * was given", Condition="If-None-Match"
        )
    if not condition.if_match:
        return
    if old is None:
        raise _missing(bucket, key)
    if condition.if_match not in ("*", old.etag):
        raise PreconditionFailed(f"The object's ETag is {old.etag!r}, not that of If-Match", Condition="If-Match")


def _place(bucket: Bucket, key: bytes, source: bytes, *, exclusive: bool) -> bytes:
    """Rename the draft to the key's path, or into the escaped area where that path cannot be; returns the path."""
    if is_plain(key):
        path = b"%b/%b" % (bucket.visible, key)
        if contained(path) and rename(bucket, source, path, exclusive=exclusive):
            return path
    path = b"%b/%b" % (bucket.escaped, escaped_path(key))
    if not rename(bucket, source, path, exclusive=exclusive):
        raise OSError(errno.EEXIST, "something that is not ours is in the way in the escaped area")
    return path


def rename(bucket: Bucket, source: bytes, path: bytes, *, exclusive: bool) -> bool:
    """Move a file to a path of the bucket, making folders; False when a folder or a file is in the way of one."""
    for _ in range(_ATTEMPTS):
        if not bucket.exists():
            raise missing_bucket(bucket.name)
        try:
            if exclusive:
                os.link(source, path)
                os.unlink(source)
            else:
                os.rename(source, path)
            return True
        except FileNotFoundError:
            if not _make_folders(bucket, os.path.dirname(path)):
                return False
        except FileExistsError:
            if exclusive and _is_file(path):
                raise PreconditionFailed("The object is there already", Condition="If-None-Match") from None
            return False
        except (NotADirectoryError, IsADirectoryError):
            return False
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            return False
    raise OSError(errno.EBUSY, "folders are being removed faster than they can be made")


def _make_folders(bucket: Bucket, folder: bytes) -> bool:
    """Make the folders below the bucket; never the bucket's own. False when a file is in the way."""
    for _ in range(2):
        try:
            os.mkdir(folder)
            return True
        except FileExistsError:
            return os.path.isdir(folder)
        except NotADirectoryError:
            return False
        except FileNotFoundError:
            parent = os.path.dirname(folder)
            if parent == bucket.visible:
                return True  # the bucket has gone, which the caller sees at its next attempt
            if not _make_folders(bucket, parent):
                return False
    return True


def contained(path: bytes) -> bool:
    """Whether no symbolic link leads the path elsewhere."""
    folder = os.path.dirname(path)
    return os.path.realpath(folder) == folder


def _is_file(path: bytes) -> bool:
    st = lstat(path)
    return st is not None and stat.S_ISREG(st.st_mode)


def lstat(path: bytes) -> os.stat_result | None:
    """What is at the path, None if nothing is."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def unlink(path: bytes) -> None:
    """Remove a file that may be gone."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _missing(bucket: Bucket, key: bytes) -> Exception:
    return missing_key(bucket.name, key.decode()) if bucket.exists() else missing_bucket(bucket.name)
