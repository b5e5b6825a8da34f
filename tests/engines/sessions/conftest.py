"""Scripts run the way a worker's child runs them: a process of its own, a real server, a real broker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from live import Live
from mastic import settings as settings_module
from mastic.engines import spark_runtime
from mastic.engines.broker import Broker
from mastic.settings import Settings

DRIVER = Path(__file__).parent / "driver.py"


@dataclass(frozen=True)
class Ended:
    """How a script ended."""

    code: int
    out: str
    err: str
    engine: dict[str, Any]

    @property
    def answers(self) -> Any:
        """What the script printed as JSON, line by line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server, and the bucket `data`."""
    server = Live(tmp_path_factory.mktemp("engines") / "home")
    server.start_server()
    server.s3.create_bucket(Bucket="data")
    yield server
    server.close()


@pytest.fixture(scope="session")
def settings(live: Live) -> Settings:
    return settings_module.load(live.home, {"port": live.port})


@pytest.fixture(scope="session")
def broker(settings: Settings) -> Iterator[Broker]:
    """A broker with a warm spare; all tests of this folder share its few JVMs."""
    if spark_runtime.find(settings) is None:
        pytest.skip("no Spark runtime on this machine")
    made = Broker(settings, settings.home / "worker")
    yield made
    made.close()


@pytest.fixture
def run(live: Live, settings: Settings, tmp_path: Path) -> Callable[..., Ended]:
    """Run a script's source: `run(source, engine=..., broker=..., classic=..., conf=...)`."""

    def start(source: str, *, broker: Broker | None = None, timeout: float = 280, **config: Any) -> Ended:
        script = tmp_path / "script.py"
        script.write_text(source)
        run_id = f"jr_{uuid.uuid4().hex}"
        work = tmp_path / run_id
        work.mkdir()
        given = {
            "vcpus": 2, "memory_mb": 20000, "work_dir": str(work), "buckets": str(settings.buckets),
            "broker": str(broker.socket_path) if broker else None,
            "java_options": settings.spark_java_options, **config,
        }  # fmt: skip
        runtime = spark_runtime.find(settings) if config.get("classic") else None
        python = str(runtime.python) if runtime else sys.executable
        done = subprocess.run(
            [python, str(DRIVER), json.dumps(given), str(script)],
            capture_output=True, text=True, timeout=timeout, cwd=work, env=_environment(live, run_id),
        )  # fmt: skip
        if broker is not None:
            broker.release(run_id, clean=done.returncode == 0)
        report = work / "engine.json"
        return Ended(
            done.returncode, done.stdout, done.stderr, json.loads(report.read_text()) if report.exists() else {}
        )

    return start


def _environment(live: Live, run_id: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SPARK_", "PYTHON"))}
    return kept | {
        "AWS_ENDPOINT_URL": live.endpoint,
        "AWS_ACCESS_KEY_ID": "mastic",
        "AWS_SECRET_ACCESS_KEY": "mastic",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "MASTIC_JOB_RUN_ID": run_id,
        "MASTIC_BUCKETS": str(live.home / "buckets"),
        "OPENBLAS_NUM_THREADS": "1",
    }
