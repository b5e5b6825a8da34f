"""Files that are being written: invisible until renamed into place, removed if their writer died."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import uuid

ORPHAN_AGE_SECONDS = 60.0


class Draft:
    """A new file in the hidden temporary folder. Its lock tells the janitor that the writer lives."""

    def __init__(self, folder: bytes) -> None:
        self.path = b"%b/%b" % (folder, uuid.uuid4().hex.encode())
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            self.fd = os.open(self.path, flags, 0o644)
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
            self.fd = os.open(self.path, flags, 0o644)
        fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, data: bytes | memoryview) -> None:
        """Append all of `data`; a write that the disk takes only half of is continued until the disk says why."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view) :]

    def seal(self, *, fsync: bool) -> os.stat_result:
        """No more writes. Stamps the file with a time finer than the kernel's tick, so that its identity is its own."""
        now = time.time_ns()
        os.utime(self.fd, ns=(now, now))
        if fsync:
            os.fsync(self.fd)
        return os.fstat(self.fd)

    def close(self) -> None:
        """Release the file; if it was not renamed away, remove it. Safe to call twice."""
        if self.fd < 0:
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        os.close(self.fd)
        self.fd = -1

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def remove_orphans(folder: bytes) -> int:
    """Remove drafts whose writer is gone; returns how many."""
    removed = 0
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            removed += _remove_orphan(entry.path)
    return removed


def _remove_orphan(path: bytes) -> bool:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if time.time() - os.fstat(fd).st_mtime < ORPHAN_AGE_SECONDS:  # may not be locked yet
            return False
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    except OSError:  # locked: its writer lives
        return False
    finally:
        os.close(fd)
    return True


def sync_folder(path: bytes) -> None:
    """Make the names in a folder survive a power failure."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def copy_range(source: int, target: int, offset: int, size: int) -> None:
    """Append `size` bytes of `source` from `offset` to `target` inside the kernel. Raises EOFError on a short file."""
    while size:
        try:
            done = os.copy_file_range(source, target, min(size, 1 << 30), offset)
        except (OSError, AttributeError) as error:
            if isinstance(error, OSError) and error.errno not in _UNSUPPORTED:
                raise
            block = os.pread(source, min(size, 1 << 20), offset)
            done = os.write(target, block)
        if not done:
            raise EOFError("the source became shorter while it was copied")
        offset += done
        size -= done


_UNSUPPORTED = {18, 22, 38, 95}  # EXDEV, EINVAL, ENOSYS, EOPNOTSUPP: an older kernel or another file system
