"""The few Linux calls Python has no name for. Elsewhere they do nothing."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

# Loaded at import: a freshly forked child should not have to search for it.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when its parent dies; exit at once if that has already happened."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant, so that it can be reaped."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class EnvironmentMark:
    """A variable in the block that `/proc/<pid>/environ` shows, which a fork can overwrite in place.

    `os.environ` changes a copy; only the original memory is visible to others, and only it is inherited by forks
    that never exec. The process must have been started with the variable padded to `MARK_BYTES`.
    """

    MARK_BYTES = 320

    def __init__(self, name: str) -> None:
        self._name = name
        self._address: int | None = None
        if _libc is None:
            return
        _libc.getenv.restype = ctypes.c_void_p
        address = _libc.getenv(name.encode())
        if address and len(ctypes.string_at(address)) >= self.MARK_BYTES:
            self._address = address

    @classmethod
    def placeholder(cls) -> str:
        """The value to start the process with."""
        return "." * cls.MARK_BYTES

    def write(self, value: str) -> None:
        """Show `value` from now on, in this process and its forks."""
        if self._address is None:
            return
        raw = value.encode()[: self.MARK_BYTES].ljust(self.MARK_BYTES, b"\0")
        ctypes.memmove(self._address, raw, self.MARK_BYTES)
