"""The server as a process: ready signal, clean end, and refusals to start that say why."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest


def start(home: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mastic.cli.main", "server", "--home", str(home), *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment}
    )


def ready(home: Path, process: subprocess.Popen[str]) -> dict[str, object]:
    deadline = time.monotonic() + 60
    while not (home / "server.json").exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return dict(json.loads((home / "server.json").read_text()))


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    found = start(tmp_path, "--port", "0")
    yield found
    found.kill()
    found.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_from_ready_to_clean_end(tmp_path: Path, process: subprocess.Popen[str], number: int) -> None:
    told = ready(tmp_path, process)
    assert told["pid"] == process.pid
    assert told["endpoint"] == f"http://127.0.0.1:{told['port']}"
    with urllib.request.urlopen(f"{told['endpoint']}/_mastic/v1/health") as response:
        assert json.load(response) == {"status": "ok", "version": told["version"]}
    process.send_signal(number)
    log = process.communicate(timeout=20)[0]
    assert process.returncode == 0, log
    assert "Traceback" not in log
    assert not (tmp_path / "server.json").exists()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start(tmp_path, "--port", port)
        log = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert f"cannot bind host = '127.0.0.1', port = {port}: Address already in use; choose another with --port" in log
    assert "Traceback" not in log


def test_the_network_without_auth_is_refused(tmp_path: Path) -> None:
    process = start(tmp_path, "--host", "0.0.0.0", "--port", "0")
    log = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert "would let anyone in" in log
    assert not (tmp_path / "server.json").exists()


def test_the_network_with_auth_wants_signatures(tmp_path: Path) -> None:
    process = start(tmp_path, "--host", "0.0.0.0", "--port", "0", MASTIC_AUTH="sigv4")
    try:
        port = ready(tmp_path, process)["port"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/", b"{}", {"X-Amz-Target": "AWSGlue.GetJobs"}, method="POST"
        )
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(request)
        assert json.load(error.value)["__type"] == "MissingAuthenticationTokenException"
    finally:
        process.terminate()
        process.communicate(timeout=20)
