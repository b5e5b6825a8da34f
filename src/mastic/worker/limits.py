"""A ceiling on a run's memory: a kernel memory group where the machine lets us make one, else two weaker means.

The group counts the whole tree and what it really touches. Without it the worker looks at the tree twice a second,
and RLIMIT_DATA stops what is faster than that; it counts reservations too (an Arrow allocator reserves a GiB at a
time), so it can only be set well above the ceiling.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

PREFIX = "mastic-"
FILLED_AFTER_SECONDS = 60  # a younger group may be one that another worker has just made
RESERVED_MB = 1536  # what an allocator and thread stacks may reserve without using, beyond what the zygote had


@dataclass(frozen=True)
class MemoryGroup:
    """One run's kernel memory group (cgroup v2, or v1's memory controller)."""

    path: Path
    version: int

    def limit(self, memory_mb: int) -> None:
        """Set the ceiling. Raises OSError."""
        name = "memory.max" if self.version == 2 else "memory.limit_in_bytes"
        (self.path / name).write_text(str(memory_mb * 2**20))
        if self.version == 2:
            with contextlib.suppress(OSError):
                (self.path / "memory.swap.max").write_text("0")

    def add(self, pid: int) -> None:
        """Put a process, and what it will fork, into the group."""
        with contextlib.suppress(OSError):  # it may have ended already
            (self.path / "cgroup.procs").write_text(str(pid))

    def oom_kills(self) -> int:
        """How many of its processes the kernel killed for memory."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        try:
            lines = (self.path / name).read_text().splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    def peak_mb(self) -> int:
        """The most it held at once; 0 where the kernel does not say."""
        name = "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"
        try:
            return int((self.path / name).read_text()) // 2**20
        except (OSError, ValueError):
            return 0

    def pids(self) -> set[int]:
        """Its processes."""
        try:
            return {int(pid) for pid in (self.path / "cgroup.procs").read_text().split()}
        except OSError:
            return set()

    def remove(self) -> None:
        """Delete it; the kernel needs a moment after the last process has gone."""
        for _ in range(20):
            try:
                self.path.rmdir()
                return
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.01)
        log.info("memory group %s is still in use", self.path)


class MemoryGroups:
    """Makes memory groups below this process's own, if it can and they are wanted."""

    def __init__(self, *, wanted: bool) -> None:
        self._parent, self._version = _parent() if wanted else (None, 0)
        if self._parent is not None:
            remove_left_behind(self._parent)

    def create(self, name: str, memory_mb: int) -> MemoryGroup | None:
        """A group with a ceiling, or None where the machine does not let us."""
        if self._parent is None:
            return None
        group = MemoryGroup(self._parent / f"{PREFIX}{name}", self._version)
        try:
            group.path.mkdir(exist_ok=True)
            group.limit(memory_mb)
        except OSError as error:
            log.info("no memory group for %s: %s", name, error)
            with contextlib.suppress(OSError):
                group.path.rmdir()
            return None
        return group


def remove_left_behind(parent: Path) -> None:
    """Delete the groups of runs whose worker was killed: the kernel keeps those with processes in them."""
    for path in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > FILLED_AFTER_SECONDS:
                path.rmdir()


def data_bytes(memory_mb: int) -> int:
    """How far RLIMIT_DATA lies above what the run's process begins with."""
    return (memory_mb + RESERVED_MB) * 2**20


def tree_mb(pids: set[int]) -> float:
    """Private memory these processes hold at this moment; pages shared with the zygote count for each."""
    return sum(_anonymous_kb(pid) for pid in pids) / 1024


def _parent() -> tuple[Path | None, int]:
    """The folder below which groups can be made, and its cgroup version."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None, 0
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            parent = Path("/sys/fs/cgroup/memory") / path.lstrip("/")
            usable = os.access(parent, os.W_OK) and (parent / "memory.limit_in_bytes").exists()
            return (parent, 1) if usable else (None, 0)
        if not controllers:
            parent = Path("/sys/fs/cgroup") / path.lstrip("/")
            if os.access(parent, os.W_OK) and "memory" in _read(parent / "cgroup.subtree_control").split():
                return parent, 2
    return None, 0


def _anonymous_kb(pid: int) -> int:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
