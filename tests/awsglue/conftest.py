"""A Spark session on Sail that reads s3:// from the test's own Mastic server, and a GlueContext over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gluing import *  # noqa: F403 - fixtures
from gluing import connected, spark_server

ONE_ENGINE = ("test_bookmarks", "test_fields")  # what they test does not depend on the engine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A JVM answers slowly: leave it the tests that tell engines apart."""
    items[:] = [item for item in items if not (item.path.stem in ONE_ENGINE and "[spark" in item.name)]


@pytest.fixture(scope="session", params=["sail", pytest.param("spark", marks=pytest.mark.spark)])
def spark(request: pytest.FixtureRequest, aws_environment: None, buckets: Path) -> Iterator[Any]:
    """A session on an embedded Sail (over the S3 door), and one on a JVM (over the bucket folders)."""
    with sail() if request.param == "sail" else jvm(buckets) as session:
        yield session
        session.stop()


@contextmanager
def sail() -> Iterator[Any]:
    from pysail.spark import SparkConnectServer
    from pyspark.sql.connect.session import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    yield session
    server.stop()


@contextmanager
def jvm(buckets: Path) -> Iterator[Any]:
    from mastic.engines import stubs

    with spark_server(buckets) as server:
        yield connected(stubs.stub(f"127.0.0.1:{server.port}", server.token))
