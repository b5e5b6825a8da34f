"""What a test of awsglue puts in and takes out: buckets, objects, files, catalog tables, rows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def home(home: Path, buckets: Path) -> Path:
    """The server's home, with its buckets in the session's folder."""
    (home / "buckets").symlink_to(buckets)
    return home


@pytest.fixture
def s3(aws_environment: None, server: Any) -> Any:
    """A boto3 S3 client of the test's server, which is also where awsglue's own clients go."""
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
