"""Other people's S3 clients against the door: s3fs, awswrangler and pyarrow, each doing what its users do.

s3fs and awswrangler pin an older botocore than ours, so they live in `.venv-clients` (dependency group `clients`).
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from door_server import DoorServer, running_door
from mastic.settings import Settings
from serving import Listener, no_errors_logged

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(__file__).parent / "scripts"
CLIENTS = ROOT / ".venv-clients" / "bin" / "python"


@pytest.fixture
def server(listener: Listener, tmp_path: Path) -> Iterator[DoorServer]:
    with no_errors_logged(), running_door(listener, Settings(home=tmp_path / "home")) as found:
        found.client().create_bucket(Bucket="clients")
        yield found


@pytest.fixture
def clients_python() -> Path:
    if not CLIENTS.exists() and not os.environ.get("CI"):
        pytest.skip("no .venv-clients; `make test` creates it")
    return CLIENTS


def run(python: Path | str, script: str, server: DoorServer, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
        "AWS_EC2_METADATA_DISABLED": "true"
    }
    done = subprocess.run(
        [python, SCRIPTS / script, server.endpoint, "clients"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr[-4000:]


def test_pyarrow_of_this_environment(server: DoorServer, tmp_path: Path) -> None:
    run(sys.executable, "with_pyarrow.py", server, tmp_path)


@pytest.mark.parametrize("script", ["with_s3fs.py", "with_awswrangler.py", "with_pyarrow.py"])
def test_clients_of_their_own_environment(
    clients_python: Path, server: DoorServer, tmp_path: Path, script: str
) -> None:
    run(clients_python, script, server, tmp_path)
