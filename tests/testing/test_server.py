"""The tests' side of the server's process."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from mastic.testing.process import RunEnded
from mastic.testing.server_process import ServerProcess


class Interrupted:
    """A socket whose reader is interrupted, as by a run's timeout, when it has just read."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def recv(self, size: int) -> bytes:
        self._control.recv(size)
        raise RunEnded

    def __getattr__(self, name: str) -> Any:
        return getattr(self._control, name)


def test_an_answer_that_an_interruption_has_lost_is_not_waited_for(tmp_path: Path) -> None:
    server = ServerProcess.start(tmp_path)
    control = server._control
    control.settimeout(20)
    try:
        server.leave()
        server._control = Interrupted(control)  # type: ignore[assignment]
        with pytest.raises(RunEnded):
            server.wait()
        server._control = control
        server.leave()
        server.wait()
        assert server.is_ready()
    finally:
        server.close()
