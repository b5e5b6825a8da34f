"""One run from claim to report: prepare, fork, follow, classify, deliver."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mastic.worker import processes
from mastic.worker.api import Api, Fenced, Refused, ServerAway
from mastic.worker.arguments import ArgumentError, Plan, plan
from mastic.worker.assignment import Assignment
from mastic.worker.failures import MORE_MEMORY, Ending, Verdict, classify
from mastic.worker.files import FetchError
from mastic.worker.launcher import Child, LaunchError
from mastic.worker.limits import MemoryGroup, tree_mb
from mastic.worker.logs import Pump, Sender, deliver
from mastic.worker.modules import InstallError
from mastic.worker.preparation import Preparation, PreparationError, Prepared
from mastic.worker.shared import Shared

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
PIPE_BYTES = 1 << 20
TIMEOUT_MARGIN_SECONDS = 5.0
WATCH_SECONDS = 0.5


class Run:
    """One assignment being executed in a thread of its own."""

    def __init__(self, assignment: Assignment, shared: Shared) -> None:
        self.assignment = assignment
        self.run_id = assignment.job_run_id
        self.token = assignment.token
        self.directive = "continue"  # the strongest order so far: continue, stop, timeout, shutdown, abandon
        self.heard = "continue"  # what the server said last
        self.done = threading.Event()
        self._shared = shared
        self._api: Api = shared.api
        self._notes: list[str] = []
        self._ordered = threading.Event()
        self._child: Child | None = None
        self._group: MemoryGroup | None = None
        self._out_of_memory = False
        self._peak_mb = 0
        self._settled = False  # nothing of the run is left to deliver
        self._started_at = time.monotonic()

    def execute(self) -> None:
        """All of it. Never raises: whatever goes wrong becomes the run's end."""
        try:
            self._execute()
        except Exception:
            log.exception("run %s: the worker failed", self.run_id)
            message = "The worker failed while it ran this; its log says why. Start the run again"
            self._report(Verdict("ERROR", message), [], {})
        finally:
            if self._settled:
                self._shared.folder.forget(self.run_id)
            self._api.close()
            self.done.set()

    def order(self, directive: str) -> None:
        """A directive from the server, or from our own shutdown. The first one that ends the run counts."""
        if directive == "continue" or self.directive == "abandon":
            return
        if directive != "abandon" and self.directive != "continue":
            return
        self.directive = directive
        self._ordered.set()
        threading.Thread(target=self._end, name=f"end-{self.run_id}", daemon=True).start()

    def overdue(self) -> bool:
        """Whether the run outlived its timeout and the server, being away, has not said so."""
        minutes = self.assignment.timeout_minutes
        return bool(minutes) and time.monotonic() - self._started_at > minutes * 60 + TIMEOUT_MARGIN_SECONDS  # type: ignore[operator]

    def _execute(self) -> None:
        folder = self._shared.folder.runs / self.run_id
        try:
            self._shared.folder.make_run_folder(self.run_id)
            arguments = plan(self.assignment, self._shared.settings.engine)
            self._notes += arguments.notes
            prepared = Preparation(self._shared, self.assignment, arguments, folder).prepare()
        except (ArgumentError, FetchError, PreparationError, InstallError) as error:
            self._report(Verdict("FAILED", str(error)), [], {})
            return
        except OSError as error:  # a full disk, most often
            message = f"The worker cannot write the run's folder {folder}: {error.strerror}"
            self._report(Verdict("ERROR", message), [], {})
            return
        self._notes += prepared.notes
        self._group = prepared.memory_group
        try:
            self._follow(prepared, arguments, folder)
        finally:
            self._shared.processors.give_back(prepared.processors)
            if self._group:
                self._group.remove()

    def _follow(self, prepared: Prepared, arguments: Plan, folder: Path) -> None:
        sender = Sender(self._api, folder / "log.spool")
        out_read, out_write = pipe()
        err_read, err_write = pipe()
        gate_read, gate_write = os.pipe()
        pump = Pump(out_read, err_read, arguments.logs, sender)
        pump.start()
        failure = self._fork(prepared, (out_write, err_write, gate_read))
        if self._child:
            self._begin(self._child, lambda: os.write(gate_write, b"g"))
            self._watch(self._child, prepared.capacity.memory_mb)
        os.close(gate_write)
        processes.kill(self._tree)  # whatever the script left running
        pump.join(5)
        if failure:
            sender.close()
            self._report(failure, [], {})
            return
        self._conclude(prepared, pump, sender, folder)

    def _fork(self, prepared: Prepared, streams: tuple[int, int, int]) -> Verdict | None:
        """The run's process, unless it has been ordered to end; the verdict when there can be none."""
        try:
            if self.directive == "continue":
                self._child = self._shared.zygote.fork(self.run_id, prepared.spec, streams)
                if self._ordered.is_set():  # the order came while it was being forked
                    self._end()
        except LaunchError as error:
            return Verdict("ERROR", f"No process could be started for the run: {error}")
        finally:
            for descriptor in streams:
                os.close(descriptor)
        return None

    def _begin(self, child: Child, go: Callable[[], object]) -> None:
        """Put the start on record, then let the script begin: while the child prepares itself, so it costs nothing."""
        while self.directive == "continue" and not child.ended.is_set():
            try:
                self.order(self._api.started(self.run_id, self.token, self._notes))
                self._notes = []
                break
            except ServerAway:
                time.sleep(RETRY_SECONDS)
            except (Fenced, Refused) as error:
                log.warning("run %s was taken from us: %s", self.run_id, error)
                self.order("abandon")
        child.launched.wait(10)
        if self._group and child.pid:
            self._group.add(child.pid)  # before the script begins: what it had forked by then would not be in it
        if self.directive == "continue":
            self._started_at = time.monotonic()
            with contextlib.suppress(BrokenPipeError):
                go()

    def _watch(self, child: Child, memory_mb: int) -> None:
        """Wait for the end; keep the tree within its memory where the kernel does not do it for us."""
        while not child.ended.wait(None if self._group else WATCH_SECONDS):
            held = tree_mb(self._tree())
            self._peak_mb = max(self._peak_mb, round(held))
            if held > memory_mb:
                self._out_of_memory = True
                processes.kill(self._tree)

    def _conclude(self, prepared: Prepared, pump: Pump, sender: Sender, folder: Path) -> None:
        report = _read_report(folder / "report.json")
        exit_ = self._child.exit if self._child else None
        ending = Ending(
            status=exit_.status if exit_ else None,
            report=report,
            directive=self.directive,
            oom_kills=self._group.oom_kills() if self._group else int(self._out_of_memory),
            memory_mb=prepared.capacity.memory_mb,
            timeout_minutes=self.assignment.timeout_minutes,
            script=prepared.script,
            tail=pump.tail,
        )
        verdict = classify(ending)
        if ending.oom_kills and verdict.outcome == "SUCCEEDED":
            self._notes.append(f"the kernel killed {ending.oom_kills} of the run's processes for memory; {MORE_MEMORY}")
        engine = report.get("engine") or {}
        if line := engine_line(engine):
            pump.say(line)
        tail = pump.tail
        sender.close()
        peak = max(exit_.peak_memory_mb if exit_ else 0, self._group.peak_mb() if self._group else self._peak_mb)
        exited = ending.status is not None and os.WIFEXITED(ending.status)
        by_itself = exited and ending.directive == "continue" and not ending.oom_kills
        self._shared.broker.release(self.run_id, clean=by_itself)
        self._report(verdict, tail, engine, peak)

    def _report(self, verdict: Verdict, tail: list[str], engine: dict[str, Any], peak_memory_mb: int = 0) -> None:
        """Deliver logs and the end, however long the server stays away; on disk first."""
        report = {
            "token": self.token,
            "outcome": verdict.outcome,
            "error_message": verdict.error_message,
            "exit_code": verdict.exit_code,
            "tail": tail,
            "execution_seconds": round(time.monotonic() - self._started_at, 3),
            "peak_memory_mb": peak_memory_mb,
            "engine": engine,
            "notes": self._notes,
        }
        try:
            self._shared.folder.keep_report(self.run_id, report)
        except OSError as error:  # it can still be delivered, only not by the next worker
            log.error("run %s: its end cannot be kept on disk: %s", self.run_id, error)
        spool = self._shared.folder.runs / self.run_id / "log.spool"
        while self.directive != "abandon":
            try:
                if not spool.exists() or deliver(spool, self._api):  # a run's last line comes before its end
                    self._api.finished(self.run_id, report)
                    break
            except ServerAway:
                pass  # the server's absence is on the log already
            except (Fenced, Refused) as error:
                log.warning("run %s: the server took no report: %s", self.run_id, error)
                break
            time.sleep(RETRY_SECONDS)
            if self._shared.ends.is_set():
                return  # the next worker of this home delivers what is on disk
        self._settled = True

    def _end(self) -> None:
        """SIGTERM to the whole tree, and SIGKILL after the grace; an abandoned run gets no grace."""
        child = self._child
        if child is None:
            return
        child.launched.wait(10)
        if self.directive != "abandon":
            processes.send(self._tree(), signal.SIGTERM)
            if child.ended.wait(self._shared.settings.stop_grace_seconds):
                return
        processes.kill(self._tree)

    def _tree(self) -> set[int]:
        root = self._child.pid if self._child and not self._child.ended.is_set() else None
        found = processes.tree(self.run_id, root)
        return found | (self._group.pids() if self._group else set())


def engine_line(engine: dict[str, Any]) -> str | None:
    """`engine: sail 12 plans, spark 1 (function zip_with)`; None when no plan ran."""
    sail, spark = int(engine.get("sail") or 0), int(engine.get("spark") or 0)
    if not sail and not spark:
        return None
    reasons: dict[str, int] = engine.get("reasons") or {}
    why = ", ".join(sorted(reasons, key=lambda r: -reasons[r])[:5])
    parts = [f"sail {sail} plan{'s' if sail != 1 else ''}"] if sail else []
    parts += [f"spark {spark}" + (f" ({why})" if why else "")] if spark else []
    return f"engine: {', '.join(parts)}"


def pipe() -> tuple[int, int]:
    """A pipe for a stream of a run: (read, write), with room for a burst of lines."""
    read, write = os.pipe()
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return read, write


def _read_report(path: Path) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return report
