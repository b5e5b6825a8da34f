"""The server of the tests in a process of its own: it starts, and answers, beside the process the tests are in.

What is neither AWS's API nor a route of ours goes through a pair of sockets: which home, and what time it is.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from mastic.testing.process import importing
from mastic.worker.environment import plain_environment

if TYPE_CHECKING:
    from mastic.app import App
    from mastic.settings import Settings
    from mastic.testing.server import Template

PACKET_BYTES = 1 << 16
TEMPLATE = "template.db"


def begin(folder: Path) -> ServerProcess:
    """One that was prepared for this process, else a new one."""
    global prepared
    found, prepared = prepared, None
    return found or ServerProcess.start(folder)


class ServerProcess:
    """This process's side. Every method but `close` raises RuntimeError when the other process has ended."""

    def __init__(self, pid: int, ends: Ends) -> None:
        self.pid = pid
        self.port: int = ends.listening.getsockname()[1]
        self._control = ends.ours
        self._lock = threading.Lock()
        # Numbers, not a count: the end of a run may interrupt us between an answer and our noting it.
        self._asked = self._answered = 0
        self._reaped = False
        ends.theirs.close()
        ends.listening.close()

    @classmethod
    def start(cls, folder: Path) -> ServerProcess:
        """Start the process; what is asked of it meanwhile waits until it is ready."""
        ends = Ends.make()
        descriptors = ends.theirs.fileno(), ends.listening.fileno()
        # Its output is the tests' own: what it logs is shown with the test that fails.
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, *map(str, descriptors)],
            stdin=subprocess.DEVNULL, env=plain_environment() | {"PYTHONUTF8": "1"}, pass_fds=descriptors,
            cwd=folder, start_new_session=True,
        )  # fmt: skip
        process.returncode = 0  # `close` reaps it; nobody else need wait for it
        return cls(process.pid, ends)

    @classmethod
    def fork(cls, template: Template) -> ServerProcess:
        """The same from a process that has imported the server's modules, and has one thread."""
        ends = Ends.make()
        pid = os.fork()
        if pid == 0:
            with suppress(BaseException):
                os.setsid()
                ends.ours.close()
                serve(ends.theirs, ends.listening, template)
            os._exit(1)
        return cls(pid, ends)

    def open(self, settings: Settings, now: datetime) -> None:
        """Serve a new, empty Mastic of these settings, which begins at `now`. Does not wait; see `wait`."""
        with self._lock:
            self._send("open", settings, now)

    def leave(self) -> None:
        """Serve nothing. Does not wait."""
        with self._lock:
            self._send("leave")

    def advance(self, step: timedelta, worker_id: str) -> None:
        """Move the server's clock; what is due then has happened on return, and the worker has been told."""
        self._ask("advance", step, worker_id)

    def has_claimable(self) -> bool:
        """Whether any run waits for a worker."""
        return bool(self._ask("has_claimable"))

    def is_ready(self) -> bool:
        """Whether `wait` would return at once."""
        return self._answered == self._asked or bool(select.select([self._control], [], [], 0)[0])

    def wait(self) -> None:
        """Until everything asked for has happened."""
        with self._lock:
            self._receive()

    def close(self) -> None:
        """End the process. The homes are gone with the tests: nothing in it is worth a wait."""
        self._control.close()
        if not self._reaped:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()

    def _ask(self, name: str, *arguments: Any) -> Any:
        with self._lock:
            self._send(name, *arguments)
            return self._receive()

    def _send(self, name: str, *arguments: Any) -> None:
        self._asked += 1
        try:
            self._control.send(pickle.dumps((self._asked, name, arguments)))
        except OSError as error:
            raise self._ended() from error

    def _receive(self) -> Any:
        answer = None
        while self._answered < self._asked:
            packet = self._control.recv(PACKET_BYTES)
            if not packet:
                raise self._ended()
            self._answered, answer, failure = pickle.loads(packet)  # noqa: S301  from the process we started
            if failure:
                raise RuntimeError(f"the server of the tests: {failure}")
        return answer

    def _ended(self) -> RuntimeError:
        return RuntimeError(
            f"the server of the tests has ended with {self._reap()}; why is in the captured output, if it said so"
        )

    def _reap(self) -> int | None:
        self._reaped = True  # its number may be another's from now on
        with suppress(ChildProcessError):  # a test has waited for all there were
            return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return None


@dataclass(frozen=True)
class Ends:
    """What the two processes share: both ends of the pair, and the port, which answers once the server is ready."""

    ours: socket.socket
    theirs: socket.socket
    listening: socket.socket

    @classmethod
    def make(cls) -> Ends:
        """New ones."""
        pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(*pair, socket.create_server(("127.0.0.1", 0), backlog=128))


class _Served:
    """The other side: what may be asked."""

    def __init__(self, listening: socket.socket, template: Template) -> None:
        from mastic.testing.server import Listener

        self._listener = Listener(listening)
        self._template = template
        self._current = ExitStack()
        self._app: App

    def open(self, settings: Settings, now: datetime) -> None:
        from mastic.clock import ManualClock
        from mastic.testing.server import running

        self.leave()
        self._clock = ManualClock(now)
        self._template.copy_to(settings.home)
        self._app = self._current.enter_context(running(self._listener, settings, self._clock, sweeps=False))

    def leave(self) -> None:
        self._current.close()

    def advance(self, step: timedelta, worker_id: str) -> None:
        from mastic.jobs.lifecycle import worker_channel
        from mastic.jobs.sweeper import Sweeper

        self._clock.advance(step)
        Sweeper(self._app).sweep()  # at once, not with the next tick
        self._app.notifier.publish(worker_channel(worker_id))

    def has_claimable(self) -> bool:
        from mastic.jobs.claims import has_claimable

        return has_claimable(self._app)


def preload(folder: Path) -> Template:
    """What a server imports and reads before its first answer, and an empty database. Leaves no thread."""
    from mastic.protocol import model
    from mastic.testing.server import Template

    model.service("glue")
    return Template(folder / TEMPLATE)


def serve(control: socket.socket, listening: socket.socket, template: Template) -> NoReturn:
    """Do what is asked until the process that asks has ended."""
    served = _Served(listening, template)
    while packet := _asked(control):
        number, name, arguments = pickle.loads(packet)  # noqa: S301  from the process that started us
        answer = _answer(getattr(served, name), arguments)
        with suppress(BrokenPipeError):  # it has ended meanwhile; the next read says so
            control.send(pickle.dumps((number, *answer)))
    os._exit(0)


def _asked(control: socket.socket) -> bytes:
    with suppress(ConnectionResetError):  # it has ended, and not read our last answer
        return control.recv(PACKET_BYTES)
    return b""


def _answer(do: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, str]:
    try:
        return do(*arguments), ""
    except Exception as error:
        traceback.print_exc()
        return None, f"{type(error).__name__}: {error}"


prepared: ServerProcess | None = None


def main() -> NoReturn:
    """`python -m mastic.testing.server_process FD FD`, in the folder of its database."""
    with importing():
        template = preload(Path.cwd())
    control, listening = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    serve(control, listening, template)


if __name__ == "__main__":
    main()
