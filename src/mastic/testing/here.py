"""A job run executed in the test's own process, so that breakpoints, coverage and monkeypatching reach the script.

Everything around the script is the worker's own code: arguments, files, logs, the verdict and the report.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from mastic import engines
from mastic.testing import process
from mastic.worker import child
from mastic.worker.arguments import Plan
from mastic.worker.assignment import Assignment
from mastic.worker.launcher import Child, Exit
from mastic.worker.logs import Pump, Sender
from mastic.worker.preparation import Prepared
from mastic.worker.run import Run, pipe
from mastic.worker.shared import Shared

HOLDER = "tests"  # one Spark server for all runs in this process


class Sources:
    """Local files that were uploaded, by content: a script is run from the file one has breakpoints in."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}

    def add(self, path: Path, content: bytes) -> None:
        """Remember where an uploaded content came from."""
        self._paths[_digest(content)] = path

    def find(self, copy: Path) -> Path | None:
        """The local file with the copy's content, unless it has been edited since."""
        content = copy.read_bytes()
        path = self._paths.get(_digest(content))
        return path if path is not None and path.is_file() and path.read_bytes() == content else None


class RunHere(Run):
    """One assignment, executed by the thread that calls `execute`. `work_dir` outlives the run: Sail keeps it."""

    def __init__(self, assignment: Assignment, shared: Shared, sources: Sources, work_dir: Path) -> None:
        super().__init__(assignment, shared)
        self.exception: BaseException | None = None
        self.output: str | None = None  # None: the run had to have a process of its own
        self.errors: str | None = None
        self._sources = sources
        self._work_dir = work_dir
        self._is_here = False
        self._interrupt: Callable[[], None] = lambda: None

    def overdue(self) -> bool:
        """Never by the real clock, which goes on while one sits at a breakpoint; the server's decides."""
        return False

    def _follow(self, prepared: Prepared, arguments: Plan, folder: Path) -> None:
        spec = json.loads(prepared.spec.read_text())
        if "exec" in spec:  # another interpreter: classic Spark, or modules that replace what is imported here
            super()._follow(prepared, arguments, folder)
            return
        self._is_here = True
        sender = Sender(self._api, folder / "log.spool")
        out_read, out_write = pipe()
        err_read, err_write = pipe()
        pump = Pump(out_read, err_read, arguments.logs, sender)
        pump.start()
        out, err = process.Captured(out_write, sys.stdout), process.Captured(err_write, sys.stderr)
        self._child = Child(self.run_id)
        self._child.launched.set()
        report: dict[str, Any] = {}
        code = 1
        try:
            self._begin(self._child, lambda: None)
            if self.directive == "continue":
                code = self._run(spec, report, out, err)
        finally:
            self.output, self.errors = out.end(), err.end()
            pump.join(5)
        (folder / "report.json").write_text(json.dumps(report))
        self._child.exit = Exit(code << 8)
        self._child.ended.set()
        self._conclude(prepared, pump, sender, folder)

    def _run(self, spec: dict[str, Any], report: dict[str, Any], out: process.Captured, err: process.Captured) -> int:
        copy = Path(spec["argv"][0])
        script = str(self._sources.find(copy) or copy)
        # Where a test has put services that Mastic does not have, as with moto.
        spec["env"] |= {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL_")}
        for folder in spec["path"]:
            self._link_sources(Path(folder))
        with (
            self._engine(spec["engine"]),
            process.of_run(spec, [script, *spec["argv"][1:]], out, err),
            process.interruptible(self._ordered_to_end) as self._interrupt,
        ):
            code = child.execute(script, report, self._failed)
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            report["engine"] = engines.summary()
        return code

    def _engine(self, found: dict[str, Any] | None) -> AbstractContextManager[None]:
        if found is None:
            return nullcontext()
        load_engines()
        from mastic.engines import session

        places = {"work_dir": self._work_dir, "buckets": Path(found["buckets"]), "holder": HOLDER}
        return session.lent(engines.EngineConfig(**{**found, **places}))

    def _link_sources(self, folder: Path) -> None:
        """Modules of the run that have a local source are imported from it."""
        for copy in folder.glob("*.py") if folder.is_dir() else ():
            if source := self._sources.find(copy):
                copy.unlink()
                copy.symlink_to(source.absolute())

    def _failed(self, error: BaseException) -> None:
        self.exception = error

    def _ordered_to_end(self) -> bool:
        return self.directive != "continue"

    def _end(self) -> None:
        if self._is_here:
            self._interrupt()
        else:
            super()._end()

    def _tree(self) -> set[int]:
        return set() if self._is_here else super()._tree()


def load_engines() -> None:
    """Import at once what nearly every Spark script imports."""
    from mastic.engines import sail, session

    if session.is_loaded:
        return
    with process.importing(), sail.mapped_meanwhile():
        session.load()
    # What reads SQL, conditions too, is imported while the script waits for its first answers of Sail and the server.
    Thread(target=import_module, args=("sqlglot.dialects.spark",), name="mastic-imports", daemon=True).start()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
