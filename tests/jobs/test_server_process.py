"""The server as a process of its own: stopped, killed and started again under a worker that holds a run."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest


class Process:
    """`mastic server` on one home; `start` after `kill` is a restart."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        ready = self.home / "server.json"
        ready.unlink(missing_ok=True)
        code = (
            "from pathlib import Path; from mastic.settings import load; from mastic.server import serve;"
            f"serve(load(Path({str(self.home)!r}), {{'port': 0}}))"
        )
        self.process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        for _ in range(600):
            if ready.exists():
                break
            assert self.process.poll() is None, "the server ended at once"
            time.sleep(0.05)
        self.endpoint = json.loads(ready.read_text())["endpoint"]

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        os.kill(self.process.pid, number)
        return self.process.wait(30)

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"), timeout=60)
        connection.request("POST", f"/_mastic/v1{path}", json.dumps(body))
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    def glue(self) -> Any:
        keys = {"aws_access_key_id": "mastic", "aws_secret_access_key": "mastic"}
        return boto3.client("glue", endpoint_url=self.endpoint, region_name="us-east-1", **keys)


CLAIM = {"capacity": {"vcpus": 64, "memory_mb": 200_000}, "commands": ["glueetl"]}


@pytest.fixture
def server_process(home: Path) -> Iterator[Process]:
    one = Process(home)
    one.start()
    yield one
    if one.process is not None and one.process.poll() is None:
        one.end(signal.SIGKILL)


def test_a_run_survives_its_server(server_process: Process) -> None:
    glue = server_process.glue()
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"}
    glue.create_job(Name="nightly", Role="glue", Command=command)
    run_id = glue.start_job_run(JobName="nightly")["JobRunId"]
    claimed = server_process.post("/workers/w/claim", CLAIM)[1]["assignment"]
    assert server_process.post(f"/runs/{run_id}/started", {"token": claimed["token"]})[0] == 200
    server_process.end(signal.SIGKILL)
    server_process.start()
    held = {"runs": [{"job_run_id": run_id, "token": claimed["token"]}]}
    answer = {"runs": [{"job_run_id": run_id, "directive": "continue"}]}
    assert server_process.post("/workers/w/heartbeat", held) == (200, answer)
    report = {"token": claimed["token"], "outcome": "SUCCEEDED"}
    assert server_process.post(f"/runs/{run_id}/finished", report) == (200, {})
    run = server_process.glue().get_job_run(JobName="nightly", RunId=run_id)["JobRun"]
    assert run["JobRunState"] == "SUCCEEDED"


def test_a_waiting_worker_does_not_hold_up_the_end_of_a_server(server_process: Process) -> None:
    answers: list[tuple[int, Any]] = []

    def wait() -> None:
        answers.append(server_process.post("/workers/w/claim", {**CLAIM, "wait_seconds": 50}))

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.5)
    before = time.monotonic()
    assert server_process.end(signal.SIGTERM) == 0
    assert time.monotonic() - before < 4
    waiting.join(5)
    assert answers == [(200, {"assignment": None})]
