"""A real server and a real worker, each a process of its own as `mastic up` starts them, and a client for both."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
from botocore.config import Config

FINAL = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED")
ROLE = "arn:aws:iam::123456789012:role/test"
BUCKET = "scripts"
T = TypeVar("T")
PATIENCE_SECONDS = 90  # at least: no wait here is a timing, and a loaded machine is slow, not wrong


class Live:
    """One home with its processes. Everything started here ends with `close`."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.port = 0
        self.server: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        # Most tests need no Spark: a warm spare for each would keep the machine busy.
        self._environment = {**os.environ, "MASTIC_SPARK_SPARE": "false", **environment}
        home.mkdir(parents=True, exist_ok=True)

    def start(self) -> Live:
        """Server, worker, and the bucket of scripts."""
        self.start_server()
        self.start_worker()
        self.s3.create_bucket(Bucket=BUCKET)
        return self

    def start_server(self) -> None:
        """Start the server, on the port it had before if it had one, and wait until it answers."""
        ready = self.home / "server.json"
        ready.unlink(missing_ok=True)
        self.server = self._spawn("server", "--port", str(self.port))
        wait_for(ready.exists, 30, "the server")
        self.port = json.loads(ready.read_text())["port"]

    def start_worker(self) -> None:
        """Start the worker; it becomes ready on its own."""
        self.worker = self._spawn("worker", "--server", self.endpoint)

    def close(self) -> None:
        """End both, and show their logs if one of them reported an exception."""
        for process in (self.worker, self.server):
            if process is not None and process.poll() is None:
                process.terminate()
        for process in (self.worker, self.server):
            if process is not None:
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def log(self, name: str) -> str:
        """What `server` or `worker` wrote."""
        return (self.home / f"{name}.log").read_text(errors="replace")

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def glue(self) -> Any:
        return self._client("glue")

    @cached_property
    def s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def secretsmanager(self) -> Any:
        return self._client("secretsmanager")

    @cached_property
    def logs(self) -> Any:
        return self._client("logs")

    def create_job(self, script: str | None, command: str = "pythonshell", **job: Any) -> str:
        """A job for a script's source, of a name of its own unless `Name` is given.

        `script=None` names an object that is not there.
        """
        name = job.get("Name") or f"job-{uuid.uuid4().hex[:10]}"
        if script is not None:
            self.s3.put_object(Bucket=BUCKET, Key=f"{name}.py", Body=script.encode())
        size = {"MaxCapacity": 0.0625} if command == "pythonshell" else {"WorkerType": "G.1X", "NumberOfWorkers": 2}
        version = "3.9" if command == "pythonshell" else "3"
        definition = {
            "Name": name,
            "Role": ROLE,
            "Command": {"Name": command, "ScriptLocation": f"s3://{BUCKET}/{name}.py", "PythonVersion": version},
            **({"GlueVersion": "5.0"} if command == "glueetl" else {}),
            **size,
            **job,
        }
        self.glue.create_job(**definition)
        return name

    def start_run(self, job: str, **arguments: Any) -> str:
        """Start a run; arguments are given as `name="value"` for `--name value`."""
        given = {f"--{name.replace('_', '-')}": value for name, value in arguments.items()}
        return str(self.glue.start_job_run(JobName=job, Arguments=given)["JobRunId"])

    def run(
        self, script: str, command: str = "pythonshell", arguments: dict[str, str] | None = None, **job: Any
    ) -> Any:
        """Create, start and wait: the run's record and details."""
        name = self.create_job(script, command, **job)
        run_id = self.glue.start_job_run(JobName=name, Arguments=arguments or {})["JobRunId"]
        return self.wait(name, run_id)

    def wait(self, job: str, run_id: str, seconds: float = 60) -> Finished:
        """The run once it has ended."""
        run = wait_for(lambda: self.ended(job, run_id), seconds, f"run {run_id}", self.explain)
        return Finished(self, run)

    def explain(self) -> str:
        """What the processes left, for a test that waited in vain."""
        ends = {
            name: process and process.poll() for name, process in (("server", self.server), ("worker", self.worker))
        }
        logs = [self.home / "server.log", self.home / "worker.log", *self.home.glob("workers/*/zygote.log")]
        return "\n".join([f"ended: {ends}", *(f"{log}: {log.read_text(errors='replace')[-3000:]}" for log in logs)])

    def ended(self, job: str, run_id: str) -> dict[str, Any] | None:
        """The run if it has ended."""
        run: dict[str, Any] = self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        return run if run["JobRunState"] in FINAL else None

    def wait_state(self, job: str, run_id: str, state: str, seconds: float = 30) -> None:
        """Wait until the run is in `state`."""

        def there() -> bool:
            return bool(self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]["JobRunState"] == state)

        wait_for(there, seconds, f"{run_id} {state}")

    def details(self, run_id: str) -> dict[str, Any]:
        """`GET /_mastic/v1/runs/{id}`."""
        with urllib.request.urlopen(f"{self.endpoint}/_mastic/v1/runs/{run_id}") as response:
            return dict(json.loads(response.read()))

    def log_lines(self, group: str, stream: str) -> list[str]:
        """Every message of a stream."""
        found: list[str] = []
        arguments: dict[str, Any] = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
        while True:
            page = self.logs.get_log_events(**arguments)
            found += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == arguments.get("nextToken"):
                return found
            arguments["nextToken"] = page["nextForwardToken"]

    def _client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 5, "mode": "standard"}, s3={"addressing_style": "path"})
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="mastic",
            aws_secret_access_key="mastic", config=config,
        )  # fmt: skip

    def _spawn(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "mastic.cli.main", name, "--home", str(self.home), *arguments]
        with (self.home / f"{name}.log").open("ab") as output:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._environment,
                start_new_session=True, preexec_fn=die_with_the_tests,
            )  # fmt: skip


class Finished:
    """A run that has ended."""

    def __init__(self, live: Live, run: dict[str, Any]) -> None:
        self.run = run
        self.id: str = run["Id"]
        self.state: str = run["JobRunState"]
        self.error: str = run.get("ErrorMessage", "")
        self._live = live

    @cached_property
    def details(self) -> dict[str, Any]:
        return self._live.details(self.id)

    @property
    def tail(self) -> list[str]:
        return list(self.details["tail"])

    @property
    def notes(self) -> list[str]:
        return list(self.details["notes"])

    def lines(self, kind: str) -> list[str]:
        """The `output` or `error` log of this run."""
        return self._live.log_lines(self.details["log_groups"][kind], self.details["log_stream"])


def wait_for(
    condition: Callable[[], T | None], seconds: float, what: str, explain: Callable[[], str] = lambda: ""
) -> T:
    """The condition's value, as soon as it is true."""
    seconds = max(seconds, PATIENCE_SECONDS)
    deadline = time.monotonic() + seconds
    pause = 0.02
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(pause)
        pause = min(pause * 1.2, 0.2)  # asking often slows what is waited for
    raise AssertionError(f"waited {seconds:g} s for {what}\n{explain()}")


def die_with_the_tests() -> None:
    """A test run that is itself killed leaves nothing behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


def needs_spark_runtime() -> None:
    """Skip where no Spark runtime has been built: doing so takes minutes."""
    runtimes = os.environ.get("MASTIC_RUNTIMES")
    if not runtimes or not list(Path(runtimes).glob("spark-*")):
        pytest.skip("needs MASTIC_RUNTIMES with a Spark runtime")


def kill(pid: int) -> None:
    """SIGKILL, whether it is still there or not."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One server and worker for the whole session."""
    found = Live(tmp_path_factory.mktemp("live") / "home").start()
    yield found
    found.close()


@pytest.fixture(scope="module")
def live_with_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server, and a worker whose runs leave one another a warm Spark; small enough for a machine with neighbours."""
    settings = {"MASTIC_WORKER_MEMORY_MB": "4000", "MASTIC_SPARK_SPARE": "true"}
    found = Live(tmp_path_factory.mktemp("live") / "home", **settings).start()
    yield found
    found.close()
