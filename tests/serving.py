"""A real server for tests: a uvicorn thread per session, behind it a fresh Mastic (home, database) per test."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from mastic.app import App
from mastic.clock import Clock
from mastic.settings import Settings
from mastic.store.database import Store
from mastic.testing import server as in_process
from mastic.testing.server import Listener

REGION = "us-east-1"


class MasticServer:
    """A running Mastic. `app` is its inside, for arranging what the API cannot."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.endpoint = app.settings.endpoint
        self.home = app.settings.home
        self.expected_errors = 0  # a test that provokes an error log says how many

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of this server, with dummy credentials unless given."""
        options = {"aws_access_key_id": "mastic", "aws_secret_access_key": "mastic", **options}
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}).merge(
            options.pop("config", Config())
        )
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, config=config, **options)


@contextmanager
def running(listener: Listener, settings: Settings, clock: Clock | None = None) -> Iterator[MasticServer]:
    """A Mastic of these settings on the session's port, for the block."""
    with in_process.running(listener, settings, clock) as app:
        yield MasticServer(app)


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    """The session's port."""
    found = Listener()
    yield found
    found.close()


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with the whole schema, made once and copied into each home."""
    path = tmp_path_factory.mktemp("schema") / "mastic.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture
def home(tmp_path: Path, migrated_database: Path) -> Path:
    """A fresh home with an empty, migrated database."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(migrated_database, folder / "mastic.db")
    return folder


@pytest.fixture
def server(listener: Listener, home: Path) -> Iterator[MasticServer]:
    """A running Mastic with `auth = open`. Fails the test when the server logged an error nobody expected."""
    with no_errors_logged() as errors, running(listener, Settings(home=home)) as found:
        yield found
        errors.expected = found.expected_errors


class ErrorLog(logging.Handler):
    """Collects what Mastic logs as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []
        self.expected = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def no_errors_logged() -> Iterator[ErrorLog]:
    """Fails when the block logged another number of errors than expected."""
    handler = ErrorLog()
    logger = logging.getLogger("mastic")
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
    texts = [logging.Formatter().format(record) for record in handler.records]
    assert len(texts) == handler.expected, "the server logged errors:\n" + "\n".join(texts)
