"""A process that has imported everything waits for the next `pytest` of this kind.

    pytest  --request, terminal-->  waiting process  --fork-->  the tests  --fork-->  their server
            <-----pid, exit code--

The tests are a whole pytest of their own, with the caller's arguments, folder, environment, terminal and signals. What
was imported is Mastic and the libraries it needs, nothing of the project; for other versions, another Python or other
settings of it, another process waits. It ends after ten minutes without tests.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from mastic.testing import server_process, warm
from mastic.testing.warm import FORWARDED, LONGEST_REQUEST, Request
from mastic.worker import child, zygote
from mastic.worker.linux import die_with_parent

IDLE_SECONDS = 600.0


class Waiting:
    """Forks the tests' processes, tells how they end, and ends them when whoever asked has gone."""

    def __init__(self, place: Path, listening: socket.socket, template: Any) -> None:
        self._place = place
        self._listening = listening
        self._template = template
        self._connections: dict[int, socket.socket] = {}  # by the tests' process
        self._wake, self._woken = zygote.wake_for_children()

    def serve(self) -> None:
        """Until nothing has happened for a while, or the folder is gone."""
        last = time.monotonic()
        while self._connections or time.monotonic() - last < IDLE_SECONDS:
            if not self._place.exists():
                return
            waited_for: list[Any] = [self._listening, self._wake, *self._connections.values()]
            ready = select.select(waited_for, [], [], IDLE_SECONDS / 20)[0]
            last = time.monotonic() if ready else last
            if self._wake in ready:
                os.read(self._wake, 4096)
                self._reap()
            for pid, connection in self._connections.items():
                if connection in ready:  # closed: nothing is ever sent
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
            if self._listening in ready:
                self._take()

    def _take(self) -> None:
        connection = self._listening.accept()[0]
        packet, descriptors, _, _ = socket.recv_fds(connection, LONGEST_REQUEST, 3)
        request = Request(**json.loads(packet)) if packet else None
        if request is None or _shadowed([*request.path, request.folder]):
            connection.close()
        elif (pid := os.fork()) == 0:
            connection.close()
            self._become(request, descriptors)
        else:
            self._connections[pid] = connection
            with contextlib.suppress(OSError):
                connection.send(json.dumps({"pid": pid}).encode())
        for descriptor in descriptors:
            os.close(descriptor)

    def _become(self, request: Request, descriptors: list[int]) -> NoReturn:
        """In the child: turn into the tests. Never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, *FORWARDED):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for connection in (self._listening, *self._connections.values()):
                connection.close()
            os.close(self._wake)
            os.close(self._woken)
            os.setsid()
            die_with_parent(waiting_pid)
            warm.is_here = True
            _take_over(request, descriptors)
            server_process.prepared = server_process.ServerProcess.fork(self._template)  # with one thread only
            code = _pytest(request.arguments)
            child.finish({})
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _reap(self) -> None:
        while self._connections:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if connection := self._connections.pop(pid, None):
                with contextlib.suppress(OSError):
                    connection.send(json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode())
                connection.close()


def _shadowed(folders: list[str]) -> bool:
    """Whether a module of the project has the name of one that is imported already."""
    imported = {name for name in sys.modules if "." not in name}
    return not all(imported.isdisjoint(_modules(Path(folder))) for folder in {*folders} - {*sys.path})


def _modules(folder: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for entry in folder.iterdir():
            if entry.suffix == ".py" or (entry / "__init__.py").exists():
                yield entry.stem


def _take_over(request: Request, descriptors: list[int]) -> None:
    """Terminal, folder, environment, module path: as the caller's."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    os.umask(request.umask)
    os.chdir(request.folder)
    sys.path[:], sys.argv[:] = request.path, request.argv
    sys.path_importer_cache.clear()
    own: list[Any] = [sys.stdin, sys.stdout, sys.stderr]
    sys.stdin, sys.stdout, sys.stderr = map(_stream, range(3), own)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    child.forget()
    if child.set_blas_threads:
        wanted = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
        child.set_blas_threads(int(wanted) if wanted.isdigit() else len(os.sched_getaffinity(0)))
    gc.enable()


def _stream(number: int, own: Any) -> Any:
    return open(number, "w" if number else "r", encoding=own.encoding, errors=own.errors, closefd=False)


def _pytest(arguments: list[str]) -> int:
    import pytest
    from _pytest.assertion.rewrite import AssertionRewritingHook

    # It would warn of every package that comes with a plugin and is imported already.
    AssertionRewritingHook._warn_already_imported = lambda self, name: None  # type: ignore[method-assign]
    return int(pytest.main(arguments))


def main(place: Path) -> None:
    """`python -m mastic.testing.waiting FOLDER`."""
    global waiting_pid
    waiting_pid = os.getpid()
    with (place / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return  # another one waits, or is about to
        gc.disable()
        import pytest  # noqa: F401

        import mastic.testing.fixture  # noqa: F401

        zygote.preload()
        template = server_process.preload(place)
        gc.collect()
        gc.freeze()
        address = place / "socket"
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
            listening.bind(str(address))
            listening.listen()
            try:
                Waiting(place, listening, template).serve()
            finally:
                if os.getpid() == waiting_pid:
                    shutil.rmtree(place, ignore_errors=True)


waiting_pid = 0

if __name__ == "__main__":
    # Run the importable copy, so that forked children and this module agree on its globals.
    from mastic.testing import waiting

    waiting.main(Path(sys.argv[1]))
