"""Finding and ending every process of a run, also those that left its session or lost their parents."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

RUN_MARK = "MASTIC_JOB_RUN_ID"
WORKER_MARK = "MASTIC_WORKER_FOLDER"
PROC = Path("/proc")


def marked(name: str, value: str) -> set[int]:
    """Processes whose environment, as the kernel shows it, holds `name=value`."""
    wanted = f"{name}={value}".encode()
    return {pid for pid in _pids() if wanted in _environment(pid)}


def descendants(root: int) -> set[int]:
    """Every process below `root`, and all of its session, by the kernel's own tables."""
    parents: dict[int, tuple[int, int]] = {pid: found for pid in _pids() if (found := _parent_and_session(pid))}
    members = {pid for pid, (_, session) in parents.items() if session == root}
    grew = True
    while grew:
        more = {pid for pid, (parent, _) in parents.items() if parent == root or parent in members} - members
        members |= more
        grew = bool(more)
    return members - {root}


def tree(run_id: str, root: int | None) -> set[int]:
    """All processes of a run: its main process `root`, what descends from it, and what carries its mark."""
    found = marked(RUN_MARK, run_id)
    for pid in [root, *found]:
        found |= descendants(pid) if pid else set()
    if root and (PROC / str(root)).exists():
        found.add(root)
    return found - {os.getpid()}


def kill(find: Callable[[], set[int]], patience_seconds: float = 5.0) -> None:
    """SIGKILL what `find` finds, until it finds nothing that lives. New forks are found by the next round."""
    deadline = time.monotonic() + patience_seconds
    while living := {pid for pid in find() if alive(pid)}:
        send(living, signal.SIGKILL)
        if time.monotonic() > deadline:
            return  # in uninterruptible sleep; it ends when the kernel lets go
        time.sleep(0.005)


def send(pids: set[int], signum: int) -> None:
    """Send a signal to each; those already gone do not matter."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signum)


def alive(pid: int) -> bool:
    """Whether the process exists and is not merely waiting to be reaped."""
    try:
        stat = (PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return False
    return stat[stat.rindex(b")") + 2 : stat.rindex(b")") + 3] not in (b"Z", b"X")


def rss_mb(pid: int) -> float:
    """Resident memory, MiB; 0 when the process is gone."""
    try:
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir(PROC) if name.isdigit()]  # noqa: PTH208
    except OSError:
        return []


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _parent_and_session(pid: int) -> tuple[int, int] | None:
    try:
        stat = (PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()
    return int(fields[1]), int(fields[3])
