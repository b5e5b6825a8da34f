"""The zygote: a process that has imported what scripts import, and forks one child per run.

It talks to its worker over a unix socket (file descriptor in `argv[1]`), one JSON message per packet:

    worker -> zygote  {"id": run id, "spec": path}   with stdout, stderr and the gate as ancillary data
    zygote -> worker  {"event": "ready", "modules": [...], "rss_mb": n}
                      {"event": "started", "id", "pid"}
                      {"event": "exited", "id", "status": wait status, "peak_memory_mb", "cpu_seconds"}

It must stay single-threaded: a fork takes only the calling thread along, and a lock another one held stays locked.
When its worker dies the socket closes and the zygote goes, and with it, by PDEATHSIG, every child.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from mastic.worker.linux import EnvironmentMark, adopt_orphans, die_with_parent
from mastic.worker.processes import RUN_MARK, rss_mb

PACKET_BYTES = 64 * 1024


class Zygote:
    """Forks on request, reports exits."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._mark = EnvironmentMark(RUN_MARK)
        self._runs: dict[int, str] = {}
        self._wake, self._woken = wake_for_children()

    def serve(self) -> None:
        """Until the worker closes the socket."""
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poller.poll()}
            if self._wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
                self._reap()
            if self._control.fileno() in ready and not self._take():
                return

    def end(self) -> None:
        """Kill what is left."""
        for pid in self._runs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _take(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET_BYTES, 3)
        if not packet:
            return False
        message = json.loads(packet)
        pid = os.fork()
        if pid == 0:
            self._become(message, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._runs[pid] = message["id"]
        self._tell({"event": "started", "id": message["id"], "pid": pid})
        return True

    def _become(self, message: dict[str, str], descriptors: list[int]) -> NoReturn:
        """In the child: turn into the run. Never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for signum in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
                signal.signal(signum, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.setsid()
            die_with_parent(zygote_pid)
            self._mark.write(message["id"])
            stdout, stderr, gate = descriptors
            for target, descriptor in ((1, stdout), (2, stderr)):
                os.dup2(descriptor, target)
                os.close(descriptor)
            self._control.close()
            os.close(self._wake)
            os.close(self._woken)
            from mastic.worker import child

            code = child.main(message["spec"], gate)
        finally:
            child_exit(code)

    def _reap(self) -> None:
        """Report every child that ended. Before its number can be reused, whatever is left of its session goes too."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            run_id = self._runs.pop(ended.si_pid, None)
            if run_id is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(ended.si_pid, signal.SIGKILL)
            _, status, usage = os.wait4(ended.si_pid, 0)
            if run_id is not None:
                cpu_seconds = usage.ru_utime + usage.ru_stime
                peak = usage.ru_maxrss // 1024
                self._tell({
                    "event": "exited", "id": run_id, "status": status, "peak_memory_mb": peak,
                    "cpu_seconds": round(cpu_seconds, 3),
                })  # fmt: skip

    def _tell(self, message: dict[str, object]) -> None:
        self._control.send(json.dumps(message).encode())


def wake_for_children() -> tuple[int, int]:
    """Both ends of a pipe, the reading one first, in which something is when a child of this process has ended."""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler must exist for the wake-up pipe to be written
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    return wake, woken


def child_exit(code: int) -> NoReturn:
    """Leave without returning into the zygote's code; the run's own exit work has been done in `child.main`."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code)


def preload() -> None:
    """Import what scripts import."""
    import linecache  # noqa: F401
    import runpy  # noqa: F401
    import traceback  # noqa: F401

    import boto3  # noqa: F401
    import pandas  # noqa: F401

    from mastic import engines
    from mastic.worker import child

    engines.preload()
    child.set_blas_threads = child.find_blas()


def threads() -> int:
    """How many threads this process has."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return 1


def main() -> None:
    """`python -m mastic.worker.zygote FD`."""
    global zygote_pid
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the worker decides what ends
    zygote_pid = os.getpid()
    control = socket.socket(fileno=int(sys.argv[1]))
    adopt_orphans()
    gc.disable()  # the child enables it: a collector that looks at every import finds nothing, and takes its time
    preload()
    zygote = Zygote(control)
    gc.collect()
    gc.freeze()  # what was imported is never collected, so that the collector does not touch, and copy, its pages
    modules = sorted({name.partition(".")[0] for name in sys.modules})
    ready = {"event": "ready", "modules": modules, "rss_mb": round(rss_mb(os.getpid())), "threads": threads()}
    control.send(json.dumps(ready).encode())
    try:
        zygote.serve()
    finally:
        if os.getpid() == zygote_pid:
            zygote.end()


zygote_pid = 0

if __name__ == "__main__":
    # Run the importable copy, so that forked children and this module agree on its globals.
    from mastic.worker.zygote import main as run

    run()
