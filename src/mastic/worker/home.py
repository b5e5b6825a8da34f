"""A worker's folder in the home: its lock, its runs' work folders, reports not yet delivered. And the leftovers
of workers that died."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from mastic.worker.processes import WORKER_MARK, kill, marked

log = logging.getLogger(__name__)


class WorkerFolder:
    """`home/workers/<worker id>/`: `lock`, `runs/<run id>/`, `reports/<run id>.json`. Locked while its worker lives."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self.runs = path / "runs"
        self.reports = path / "reports"
        self.worker_id = path.name
        self._lock = lock

    @classmethod
    def create(cls, home: Path) -> WorkerFolder:
        """A new worker's own folder."""
        worker_id = f"w-{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        # Set up under a name no other worker looks at, so that nobody takes it for a dead one's before it is locked.
        aside = home / "workers" / f".{worker_id}"
        (aside / "runs").mkdir(parents=True)
        (aside / "reports").mkdir()
        lock = (aside / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return cls(aside.rename(aside.with_name(worker_id)), lock)

    def make_run_folder(self, run_id: str) -> None:
        """An empty folder for one run. Raises OSError."""
        folder = self.runs / run_id
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("work", "lib", "tmp"):
            (folder / name).mkdir(parents=True)

    def keep_report(self, run_id: str, report: dict[str, Any]) -> None:
        """Put the run's end on disk before trying to deliver it."""
        aside = self.reports / f"{run_id}.part"
        aside.write_text(json.dumps(report))
        aside.replace(self.reports / f"{run_id}.json")

    def forget(self, run_id: str) -> None:
        """The run is reported: nothing of it is needed any more."""
        (self.reports / f"{run_id}.json").unlink(missing_ok=True)
        shutil.rmtree(self.runs / run_id, ignore_errors=True)

    def kept_reports(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Ends of runs that have not been delivered."""
        for path in sorted(self.reports.glob("*.json")):
            yield path.stem, json.loads(path.read_text())

    def kept_logs(self) -> Iterator[Path]:
        """Log spools that have not been delivered."""
        yield from sorted(self.runs.glob("*/log.spool"))

    def remove(self) -> None:
        """Delete the folder and give up the lock."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()

    def is_settled(self) -> bool:
        """Whether nothing is left to deliver."""
        return not any(self.kept_reports()) and not any(self.kept_logs())


def leftovers(home: Path) -> list[WorkerFolder]:
    """Folders of workers of this home that are dead, now locked by us; their processes are killed first.

    A lock is released by the kernel when its holder dies, so a recycled process id cannot mislead us.
    """
    found = []
    for path in sorted((home / "workers").glob("w-*")):
        with contextlib.suppress(OSError):
            lock = (path / "lock").open("a")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            folder = WorkerFolder(path, lock)
            kill(lambda folder=folder: marked(WORKER_MARK, str(folder.path)))  # type: ignore[misc]
            found.append(folder)
            log.info("cleaning up after worker %s", folder.worker_id)
    return found
