"""Starting, finding and supervising the processes of one Mastic: a server and a worker."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import IO

from mastic.settings import Settings, env_name

PR_SET_PDEATHSIG = 1


class StartError(RuntimeError):
    """A Mastic process did not come up; the message holds the end of its log."""


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    pid: int
    endpoint: str


def find_running(settings: Settings) -> Running | None:
    """The live server of this home, or None. A file left by a killed server does not count."""
    try:
        found = json.loads((settings.home / "server.json").read_text())
        running = Running(int(found["pid"]), str(found["endpoint"]))
        os.kill(running.pid, 0)
    except (OSError, ValueError, KeyError):
        return None
    return running if healthy(running.endpoint) else None


def healthy(endpoint: str, timeout_seconds: float = 2.0) -> bool:
    """Whether a server answers at `endpoint`."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_mastic/v1/health", timeout=timeout_seconds) as response:  # noqa: S310
            return bool(response.status == 200)
    except (OSError, ValueError):
        return False


@dataclass
class Part:
    """One supervised process: restarted when it dies, slower each time it dies young."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)


class Installation:
    """The server and the worker of one home, as child processes that die with this one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.server = Part("server", settings.home / "logs" / "server.log")
        self.worker = Part("worker", settings.home / "logs" / "worker.log")
        self._stopping = threading.Event()
        self.endpoint = ""

    def start(self, timeout_seconds: float = 30.0) -> None:
        """Start both; return when the server answers. Raises StartError with the log's end."""
        settings = self.settings
        settings.check()
        self.server.log.parent.mkdir(parents=True, exist_ok=True)
        self._spawn(self.server)
        self._spawn(self.worker)
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            running = find_running(settings)
            if running:
                self.endpoint = running.endpoint
                return
            if self.server.process is not None and self.server.process.poll() is not None:
                break
            time.sleep(0.01)
        self.stop()
        raise StartError(f"the server did not start; its log says:\n{tail(self.server.log)}")

    def watch(self) -> None:
        """Restart whatever dies, until `stop` is called. Blocks."""
        while not self._stopping.wait(0.2):
            for part in (self.server, self.worker):
                if part.process is not None and part.process.poll() is not None and not self._stopping.is_set():
                    self._restart(part)

    def stop(self, grace_seconds: float = 20.0) -> None:
        """Ask both to end, worker first so that it can report; kill what stays."""
        self._stopping.set()
        for part in (self.worker, self.server):
            process = part.process
            if process is None or process.poll() is not None:
                continue
            process.terminate()
            try:
                process.wait(grace_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _restart(self, part: Part) -> None:
        now = time.monotonic()
        part.deaths = [*(t for t in part.deaths if now - t < 60), now]
        assert part.process is not None
        with part.log.open("ab") as log:
            log.write(f"{part.name} ended with exit code {part.process.returncode}; starting it again\n".encode())
        if self._stopping.wait(min(0.1 * 2 ** len(part.deaths), 10)):
            return
        self._spawn(part)

    def _spawn(self, part: Part) -> None:
        log: IO[bytes] = part.log.open("ab")
        command = [sys.executable, "-m", "mastic.cli.main", part.name, "--home", str(self.settings.home)]
        # With port 0 a restarted server must come back where its clients know it.
        port = self.endpoint.rsplit(":", 1)[-1] if self.endpoint else str(self.settings.port)
        command += ["--port", port]
        part.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(self.settings),
            preexec_fn=_die_with_parent, start_new_session=True,
        )  # fmt: skip
        log.close()


@contextmanager
def started(settings: Settings) -> Iterator[str]:
    """The endpoint of a server for this home: the one that runs, else one that lives as long as the block, and as long
    as the blocks of other commands that found it."""
    with ExitStack() as held:
        with starting(settings):
            users = held.enter_context((settings.home / "users.lock").open("a"))
            fcntl.flock(users, fcntl.LOCK_SH)
            running = find_running(settings)
            installation = Installation(settings)
            if not running:
                installation.start()
        if running:
            yield running.endpoint
            return
        watcher = threading.Thread(target=installation.watch, daemon=True)
        watcher.start()
        try:
            yield installation.endpoint
            _wait_for_others(users)
        finally:
            installation.stop()


def _wait_for_others(users: IO[str]) -> None:
    """Return when this process is the only user, with the lock that keeps the next from finding what is ending."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("another command uses the server of this one, which ends with it (Ctrl-C ends both)", file=sys.stderr)
        fcntl.flock(users, fcntl.LOCK_EX)


@contextmanager
def starting(settings: Settings) -> Iterator[None]:
    """One starter at a time, so that two commands at once share one server instead of racing for the home."""
    settings.make_home()
    with (settings.home / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log file, or a note that there is none."""
    if not path.exists():
        return f"(no log at {path})"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def _environment(settings: Settings) -> dict[str, str]:
    """The settings in force, handed to a child process as environment variables."""
    values = {
        env_name(f.metadata["name"]): str(getattr(settings, f.name))
        for f in fields(Settings)
        if f.name not in ("home", "port") and getattr(settings, f.name) != f.default
    }
    return {**os.environ, **values}


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
