"""`awsglue` lists a bucket's folder where it has one: the same files, sizes and times as S3's listing."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsglue import _aws, _files
from door_server import DoorServer

SEGMENTS = st.sampled_from(["a", "b", "ab", "é", " ", "%", "a.b", "_x", ".h", "a=1", "", "..", "\n"])
KEYS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join).filter(lambda key: key and "\n" not in key[:1])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(KEYS, max_size=8), prefixes=st.lists(KEYS, max_size=3), plain=st.booleans())
def test_the_folder_lists_as_s3_does(
    server: DoorServer, s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch, keys: Any, prefixes: Any, plain: bool
) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=item["Key"])
    for key in keys:
        if not plain or all(step not in ("", "..") for step in key.split("/")):
            s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    monkeypatch.setattr(_aws, "s3", lambda: s3)
    for prefix in ["", *keys, *(key[:-1] for key in keys), *prefixes]:
        path = f"s3://{bucket}/{prefix}"
        monkeypatch.delenv("MASTIC_BUCKETS", raising=False)
        listed = sorted(_files.list_all(path), key=lambda file: file.path)
        monkeypatch.setenv("MASTIC_BUCKETS", str(server.home / "buckets"))
        assert sorted(_files.list_all(path), key=lambda file: file.path) == listed


def test_a_bucket_that_is_not_there(server: DoorServer, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aws, "s3", lambda: s3)
    monkeypatch.setenv("MASTIC_BUCKETS", str(server.home / "buckets"))
    with pytest.raises(FileNotFoundError, match="'not-there' does not exist"):
        _files.list_all("s3://not-there/a/")


def test_what_is_no_object_is_not_listed(
    server: DoorServer, s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket=bucket, Key="a/b.csv", Body=b"1")
    folder = server.home / "buckets" / bucket
    (folder / "a/link.csv").symlink_to(folder / "a/b.csv")
    (folder / "a/linked").symlink_to(folder / "a")
    (folder / "a/\udcff.csv").write_bytes(b"no key has these bytes")
    monkeypatch.setattr(_aws, "s3", lambda: None)
    monkeypatch.setenv("MASTIC_BUCKETS", str(server.home / "buckets"))
    assert [file.path for file in _files.list_all(f"s3://{bucket}/")] == [f"s3://{bucket}/a/b.csv"]
