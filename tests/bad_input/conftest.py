"""Bad and extreme input through the plan router, as a job's session has it: once on `auto`, once on Spark alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gluing import *  # noqa: F403 - fixtures
from gluing import connected, spark_server

ONE_ENGINE = ("test_arguments", "test_absent_names")  # what they test does not depend on the engine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A JVM answers slowly: leave it the tests that tell engines apart."""
    items[:] = [item for item in items if not (item.path.stem in ONE_ENGINE and "[spark" in item.name)]


@pytest.fixture(scope="session")
def engines(aws_environment: None, buckets: Path) -> Iterator[dict[str, Any]]:
    """What starts either engine when the router first needs it."""
    from pysail.spark import SparkConnectServer

    from mastic.engines import spark_runtime, stubs
    from mastic.settings import load

    with ExitStack() as stack:

        def sail() -> Any:
            server = SparkConnectServer("127.0.0.1", 0)
            server.start(background=True)
            stack.callback(server.stop)
            return stubs.stub(f"127.0.0.1:{server.listening_address[1]}")

        started: dict[str, Any] = {}

        def spark() -> Any:
            if "spark" not in started:
                server = stack.enter_context(spark_server(buckets))
                started["spark"] = stubs.stub(f"127.0.0.1:{server.port}", server.token)
            return started["spark"]

        yield {"sail": sail, "spark": spark if spark_runtime.find(load()) else None}


@pytest.fixture(scope="session", params=["auto", pytest.param("spark", marks=pytest.mark.spark)])
def spark(request: pytest.FixtureRequest, engines: dict[str, Any], buckets: Path) -> Iterator[Any]:
    """A job's session with that `--mastic-engine`."""
    from mastic.engines.router import Policy, Router

    if request.param == "spark" and engines["spark"] is None:
        pytest.skip("no Spark runtime on this machine")
    sail = engines["sail"] if request.param == "auto" else None
    session = connected(Router(sail, engines["spark"], Policy(request.param), buckets=buckets))
    yield session
    session.stop()
