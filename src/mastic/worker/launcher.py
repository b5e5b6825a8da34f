"""The worker's side of the zygote: starting it, asking it for forks, hearing of exits, starting it again."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mastic.worker.environment import QUIET_BLAS
from mastic.worker.linux import EnvironmentMark
from mastic.worker.processes import RUN_MARK, WORKER_MARK
from mastic.worker.zygote import PACKET_BYTES

log = logging.getLogger(__name__)


class LaunchError(RuntimeError):
    """No process could be started for the run; the message says why."""


@dataclass(frozen=True)
class Exit:
    """How a run's process ended. `status` is a wait status; None when the zygote died and took the run along."""

    status: int | None
    peak_memory_mb: int = 0
    cpu_seconds: float = 0.0


@dataclass
class Child:
    """One forked process."""

    run_id: str
    pid: int | None = None
    exit: Exit | None = None
    launched: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


class Zygote:
    """One zygote, restarted when it dies. Thread-safe."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._children: dict[str, Child] = {}
        self._stopping = False
        self._failures = 0
        self.modules: frozenset[str] = frozenset()
        self.rss_mb = 0
        self.threads = 0

    def start(self) -> None:
        """Start the process; it becomes ready on its own."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {
            **self._environment,
            RUN_MARK: EnvironmentMark.placeholder(),
            WORKER_MARK: str(self._folder),
            "PYTHONUTF8": "1",
            # A BLAS with one thread can be forked; the child is given its processors back.
            "OPENBLAS_NUM_THREADS": "1",
            **QUIET_BLAS,
            # Arrow's bundled jemalloc would start a thread although it is not the pool in use.
            "JE_ARROW_MALLOC_CONF": "background_thread:false",
        }
        command = [sys.executable, "-m", "mastic.worker.zygote", str(theirs.fileno())]
        with theirs, (self._folder / "zygote.log").open("ab") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
                pass_fds=[theirs.fileno()], start_new_session=True, cwd=self._folder,
            )  # fmt: skip
        with self._lock:
            self._control, self._process = mine, process
        threading.Thread(target=self._listen, args=(mine, process), name="zygote", daemon=True).start()

    def wait_ready(self, timeout_seconds: float) -> bool:
        """Whether it can fork now, waiting for it where needed."""
        return self._ready.wait(timeout_seconds)

    def fork(self, run_id: str, spec: Path, streams: tuple[int, int, int], timeout_seconds: float = 60.0) -> Child:
        """Have one child forked on (stdout, stderr, gate); its script begins when something is written to the gate.

        Raises LaunchError when there is no zygote to do it in time.
        """
        child = Child(run_id)
        if not self.wait_ready(timeout_seconds):
            raise LaunchError(f"the zygote did not start; {self._log_end()}")
        message = json.dumps({"id": run_id, "spec": str(spec)}).encode()
        with self._lock:
            control = self._control
            if control is None:
                raise LaunchError(f"the zygote has just died; {self._log_end()}")
            self._children[run_id] = child
            try:
                socket.send_fds(control, [message], list(streams))
            except OSError as error:
                del self._children[run_id]
                raise LaunchError(f"the zygote does not answer: {error}") from error
        return child

    def stop(self) -> None:
        """End the zygote and its children."""
        with self._lock:
            self._stopping = True
            control, process = self._control, self._process
        if control is not None:
            with contextlib.suppress(OSError):
                control.shutdown(socket.SHUT_RDWR)
        if process is not None:
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def pid(self) -> int | None:
        """The zygote's process id."""
        return self._process.pid if self._process else None

    def _listen(self, control: socket.socket, process: subprocess.Popen[bytes]) -> None:
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "ready": self._on_ready, "started": self._on_started, "exited": self._on_exited,
        }  # fmt: skip
        while True:
            try:
                packet = control.recv(PACKET_BYTES)
            except OSError:
                packet = b""
            if not packet:
                break
            message = json.loads(packet)
            handlers[message["event"]](message)
        self._on_death(control, process)

    def _on_ready(self, message: dict[str, Any]) -> None:
        self.modules, self.rss_mb = frozenset(message["modules"]), message["rss_mb"]
        self.threads = message["threads"]
        log.info("zygote ready: pid %s, %d MiB, %d thread(s)", self.pid, self.rss_mb, self.threads)
        self._ready.set()

    def _on_started(self, message: dict[str, Any]) -> None:
        if child := self._children.get(message["id"]):
            child.pid = message["pid"]
            child.launched.set()

    def _on_exited(self, message: dict[str, Any]) -> None:
        with self._lock:
            child = self._children.pop(message["id"], None)
        if child:
            child.exit = Exit(message["status"], message["peak_memory_mb"], message["cpu_seconds"])
            child.launched.set()
            child.ended.set()

    def _on_death(self, control: socket.socket, process: subprocess.Popen[bytes]) -> None:
        was_ready = self._ready.is_set()
        self._ready.clear()
        with self._lock:
            self._control = None
            orphans, self._children = list(self._children.values()), {}
            stopping = self._stopping
        control.close()
        try:
            code = process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()  # it has closed its socket and cannot serve us any more, whatever it is doing
            code = process.wait()
        for child in orphans:
            child.exit = Exit(None)
            child.launched.set()
            child.ended.set()
        if stopping:
            return
        log.error("the zygote ended (%s); starting it again; %s", code, self._log_end())
        self._failures = 0 if was_ready else self._failures + 1
        if self._failures:  # it died while importing, and may do so again
            time.sleep(min(2.0**self._failures, 30.0))
        self.start()

    def _log_end(self) -> str:
        path = self._folder / "zygote.log"
        lines = path.read_text(errors="replace").splitlines()[-5:] if path.exists() else []
        return "its log ends: " + " | ".join(lines) if lines else "it wrote no log"
