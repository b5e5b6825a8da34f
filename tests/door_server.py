"""The S3 door alone on a real port, without database and other features, for tests of storage and of S3 clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from mastic.clock import Clock, SystemClock
from mastic.protocol.caller import Identity
from mastic.settings import Settings
from mastic.storage.buckets import Buckets
from mastic.storage.door import S3Door
from serving import Listener


@dataclass
class DoorServer:
    """A running S3 door. `home` is its folder, `expected_errors` how many errors a test makes it log."""

    settings: Settings
    find_identity: Callable[[str], Identity | None]
    clock: Clock = field(default_factory=SystemClock)
    expected_errors: int = 0

    @property
    def home(self) -> Path:
        return self.settings.home

    @property
    def port(self) -> int:
        return self.settings.port

    @property
    def endpoint(self) -> str:
        return self.settings.endpoint

    @property
    def buckets(self) -> Buckets:
        return Buckets(self.settings.buckets)

    def client(self, **options: Any) -> Any:
        """A boto3 client of this server, with dummy credentials unless given."""
        config = Config(
            retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=32
        ).merge(options.pop("config", Config()))
        options = {"aws_access_key_id": "mastic", "aws_secret_access_key": "mastic", **options}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", config=config, **options)


@contextmanager
def running_door(
    listener: Listener, settings: Settings, find_identity: Callable[[str], Identity | None] = lambda key: None
) -> Iterator[DoorServer]:
    """A door of these settings on the session's port, for the block."""
    found = DoorServer(replace(settings, port=listener.port), find_identity)
    door = S3Door(found)
    before, listener.current = listener.current, door
    try:
        yield found
    finally:
        listener.current = before
        door.close()
