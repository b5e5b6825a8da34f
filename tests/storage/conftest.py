"""The S3 door, a boto3 client of it and a bucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from door_server import DoorServer, running_door
from mastic.settings import Settings
from serving import Listener, no_errors_logged

BUCKET = "data-lake"


@pytest.fixture
def server(listener: Listener, tmp_path: Path) -> Iterator[DoorServer]:
    """A running S3 door. Fails the test when it logged an error nobody expected."""
    with no_errors_logged() as errors, running_door(listener, Settings(home=tmp_path / "home")) as found:
        yield found
        errors.expected = found.expected_errors


@pytest.fixture
def s3(server: DoorServer) -> Any:
    """A boto3 client as a script has it."""
    return server.client()


@pytest.fixture
def bucket(s3: Any) -> str:
    """A fresh bucket."""
    s3.create_bucket(Bucket=BUCKET)
    return BUCKET


@pytest.fixture
def folder(server: DoorServer, bucket: str) -> Path:
    """The bucket as engines see it."""
    return server.home / "buckets" / bucket
