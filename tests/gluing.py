"""What awsglue needs beneath it in a test: the test's own server as its AWS, bucket folders, and a GlueContext."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
os.environ.setdefault("RUST_LOG", "error")
os.environ.setdefault("SAIL_EXECUTION__COLLECT_STATISTICS", "false")  # as in engines.sail


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


@pytest.fixture
def home(home: Path, buckets: Path) -> Path:
    """The server's home, with its buckets in the session's folder."""
    (home / "buckets").symlink_to(buckets)
    return home


@contextmanager
def spark_server(buckets: Path) -> Iterator[Any]:
    """A warm Spark Connect server over the bucket folders; skips the test where there is no runtime."""
    from mastic.engines import spark_runtime
    from mastic.engines.spark_server import Size, SparkServer
    from mastic.settings import load

    runtime = spark_runtime.find(load())
    if runtime is None:
        pytest.skip("no Spark runtime on this machine")
    server = SparkServer.start(runtime, Size(2, 3000), buckets.parent / "spark-server", buckets)
    try:
        server.wait_until_warm()
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
def glue(spark: Any) -> Any:
    """A GlueContext."""
    from awsglue.context import GlueContext

    return GlueContext(spark)


@pytest.fixture
def s3(server: Any) -> Any:
    """A boto3 S3 client of the test's server."""
    return server.client("s3")


@pytest.fixture
def catalog(server: Any) -> Any:
    """A boto3 Glue client of the test's server, with a database `db`."""
    client = server.client("glue")
    client.create_database(DatabaseInput={"Name": "db"})
    return client


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket; its name is new too, because engines remember what they listed."""
    name = f"b{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def put(s3: Any, bucket: str) -> Callable[..., str]:
    """Write an object; returns its s3:// path."""

    def write(key: str, body: str | bytes) -> str:
        s3.put_object(Bucket=bucket, Key=key, Body=body.encode() if isinstance(body, str) else body)
        return f"s3://{bucket}/{key}"

    return write


@pytest.fixture
def write_file(tmp_path: Path) -> Callable[[str, str], str]:
    """Write a local file; returns its path."""

    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    return write


def rows(frame: Any) -> list[dict[str, Any]]:
    """A frame's records as plain Python, in no order."""
    data = frame.toDF() if hasattr(frame, "toDF") and hasattr(frame, "glue_ctx") else frame
    return sorted((row.asDict(True) for row in data.collect()), key=repr)


@pytest.fixture(name="rows")
def rows_fixture() -> Callable[[Any], list[dict[str, Any]]]:
    """`rows`, as tests reach it without importing a conftest."""
    return rows
