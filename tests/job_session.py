"""Pytest plugin: a job's session on either engine, over the test's own server, and a GlueContext on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
os.environ.setdefault("RUST_LOG", "error")
os.environ.setdefault("SAIL_EXECUTION__COLLECT_STATISTICS", "false")  # as in engines.sail


@pytest.fixture(autouse=True)
def no_session_of_another_test() -> None:
    """The client makes its first session the thread's active one for good, also when that session's server is gone."""
    client = sys.modules.get("pyspark.sql.connect.session")
    if client is not None:
        client.SparkSession._default_session = client.SparkSession._active_session.session = None


@pytest.fixture(scope="session")
def aws_environment(listener: Any) -> Iterator[None]:
    """What a job's environment has: every AWS client, ours and the engine's, talks to the session's port."""
    patch = pytest.MonkeyPatch()
    endpoint = f"http://127.0.0.1:{listener.port}"
    values = {"AWS_ENDPOINT_URL": endpoint, "AWS_ENDPOINT": endpoint, "AWS_ALLOW_HTTP": "true"}
    values |= {"AWS_ACCESS_KEY_ID": "mastic", "AWS_SECRET_ACCESS_KEY": "mastic"}
    values |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
    for name, value in values.items():
        patch.setenv(name, value)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One bucket folder for the session: a JVM reads it directly and cannot be told of another."""
    return tmp_path_factory.mktemp("buckets")


def runtime() -> Any:
    """The machine's Spark runtime; skips the test where there is none."""
    from mastic.engines import spark_runtime
    from mastic.settings import load

    return spark_runtime.find(load()) or pytest.skip("no Spark runtime on this machine")


@contextmanager
def spark_server(buckets: Path) -> Iterator[Any]:
    """A Spark Connect server over the bucket folders; skips the test where there is no runtime."""
    from mastic.engines.spark_server import Size, SparkServer
    from mastic.settings import load

    options = load().spark_java_options
    server = SparkServer.start(runtime(), Size(2, 3000), buckets.parent / "spark-server", buckets, None, options)
    try:
        server.wait_until_listening()
        yield server
    finally:
        server.stop()


def connected(stub: Any) -> Any:
    """A session whose plans go to a stub, or to a router in its place."""
    from pyspark.sql.connect.session import SparkSession

    from mastic.engines import session

    opened = SparkSession(connection=session._builder()())
    opened.client.disable_reattachable_execute()
    opened.client._plan_compression_threshold, opened.client._plan_compression_algorithm = -1, "NONE"
    opened.client._stub = stub
    opened.client._artifact_manager._stub = stub
    opened.conf.set("spark.sql.session.timeZone", "UTC")
    return opened


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


ONE_PROCESS = pytest.mark.xdist_group("job-session")  # else every process of xdist starts a Spark server


@pytest.fixture(
    scope="session",
    params=[pytest.param("auto", marks=ONE_PROCESS), pytest.param("spark", marks=[ONE_PROCESS, pytest.mark.spark])],
)
def spark(request: pytest.FixtureRequest, engines: dict[str, Any], buckets: Path) -> Iterator[Any]:
    """A job's session with that `--mastic-engine`."""
    from mastic.engines.router import Policy, Router

    if request.param == "spark":
        runtime()
    sail = engines["sail"] if request.param == "auto" else None
    session = connected(Router(sail, engines["spark"], Policy(request.param), buckets=buckets))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def glue(spark: Any) -> Any:
    """A GlueContext."""
    from awsglue.context import GlueContext

    return GlueContext(spark)
