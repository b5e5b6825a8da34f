"""`mastic_warm = true`: this `pytest` is run by a process that waits with everything imported, see `waiting`."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from mastic.worker.environment import QUIET_BLAS

LONGEST_REQUEST = 1 << 20
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
# What decides how libraries behave from their import on; all else is taken over by the tests' process.
_READ_AT_IMPORT = (
    "PYTHON", "LANG", "LC_", "LD_", "MALLOC_", "OMP_", "OPENBLAS_", "MKL_", "ARROW_", "GRPC_", "JE_", "SPARK_",
    "PYSPARK_",
)  # fmt: skip

is_here = False  # whether this process is one that a waiting one has forked


@dataclass(frozen=True)
class Request:
    """What a `pytest` was started with."""

    arguments: list[str]
    argv: list[str]
    folder: str
    environment: dict[str, str]
    path: list[str]
    umask: int

    @classmethod
    def of_this_process(cls, arguments: Sequence[str]) -> Request:
        """The arguments pytest was called with; all else is read here."""
        umask = os.umask(0)
        os.umask(umask)
        return cls(list(arguments), sys.argv, str(Path.cwd()), dict(os.environ), sys.path, umask)


def run(request: Request) -> int | None:
    """Have the waiting process run these tests; their exit code. None where none waits."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST_REQUEST)
            connection.connect(str(_place() / "socket"))
            socket.send_fds(connection, [json.dumps(asdict(request)).encode()], [0, 1, 2])
            answer = connection.recv(4096)
        except OSError:
            return None
        if not answer:  # it ended at this moment, or would not be a true copy of this process
            return None
        _forward_signals(json.loads(answer)["pid"])
        status = connection.recv(4096)
    if not status:
        raise RuntimeError("the process that ran the tests has gone; run them again")
    code: int = json.loads(status)["code"]
    if code < 0:  # as it ended, we end
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def prepare() -> None:
    """Start a waiting process in the background, for the next time. Does nothing where one waits."""
    place = _place()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.stat().st_uid != os.getuid():
        return
    with (place / "log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, *subprocess._args_from_interpreter_flags(), "-m", "mastic.testing.waiting", str(place)],  # type: ignore[attr-defined]
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=place,
            # A BLAS with one thread can be forked; the tests are given its processors back.
            env={
                **QUIET_BLAS, **os.environ,
                "OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false",
            },
        ).returncode = 0  # not waited for: it outlives us  # fmt: skip


def _place() -> Path:
    """The folder of the process that waits for a pytest like this one."""
    import awsglue
    import mastic

    packages = [Path(path) for module in (mastic, awsglue) for path in module.__path__]
    sources = [file for package in packages for file in package.rglob("*.py")]
    installed = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    known = (
        sys.executable, sys.version, sys.flags, sys.warnoptions, sys._xoptions,
        sorted((k, v) for k, v in os.environ.items() if k.startswith(_READ_AT_IMPORT)),
        sorted((str(path), path.stat().st_mtime_ns) for path in [*sources, *installed] if path.exists()),
    )  # fmt: skip
    key = hashlib.sha256(repr(known).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"mastic-warm-{os.getuid()}" / key


def _forward_signals(pid: int) -> None:
    """What the terminal, or whoever, sends to us is meant for the tests."""

    def forward(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    def pause(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGSTOP)
            os.killpg(pid, signal.SIGCONT)

    for number in FORWARDED:
        signal.signal(number, forward)
    signal.signal(signal.SIGTSTP, pause)
