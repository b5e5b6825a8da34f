"""Publishing to an S3 endpoint: all or nothing to be seen, and nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites import files, listing, objects
from mastic.engines.router.rewrites.publishing import Folder, Prefix
from object_store import object_store


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    with object_store() as endpoint:
        client = boto3.client("s3", endpoint_url=endpoint, **keys)
        held = objects.Objects(client)
        monkeypatch.setattr(objects, "store", lambda: held)
        client.create_bucket(Bucket="lake")
        yield client


def keys(client: Any) -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket="lake").get("Contents", [])]


def written(folder: Path, *names: str) -> list[tuple[tuple[str, ...], Path]]:
    for name in names:
        (folder / name).write_text(name)
    return [((), folder / name) for name in names]


def test_a_replaced_prefix_holds_the_new_files_only(store: Any, tmp_path: Path) -> None:
    target = Prefix("s3://lake/t")
    store.put_object(Bucket="lake", Key="t2/other", Body=b"x")
    target.merge(written(tmp_path, "old"), set())
    target.replace(written(tmp_path, "new"), tmp_path)
    assert keys(store) == ["t/_SUCCESS", "t/new", "t2/other"]


def test_an_overwrite_of_partitions_leaves_no_mark_as_with_spark(store: Any, tmp_path: Path) -> None:
    ((_, path),) = written(tmp_path, "new")
    Prefix("s3://lake/t").merge([(("a=1",), path)], {("a=1",)})
    assert keys(store) == ["t/a=1/new"]
    Folder(str(tmp_path / "t"), None).merge([(("a=1",), path)], {("a=1",)})
    assert [held.name for held in (tmp_path / "t").rglob("*")] == ["a=1", "new"]


def test_an_upload_that_fails_leaves_all_as_it_was(store: Any, tmp_path: Path) -> None:
    target = Prefix("s3://lake/t")
    target.merge(written(tmp_path, "old"), set())
    made = [*written(tmp_path, "one", "two"), ((), tmp_path / "gone")]
    with pytest.raises(FileNotFoundError):
        target.replace(made, tmp_path)
    assert keys(store) == ["t/_SUCCESS", "t/old"]
    assert not store.list_multipart_uploads(Bucket="lake").get("Uploads")


def test_large_and_empty_files_arrive_whole(store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_PART_BYTES", 5 << 20)
    content = bytes(range(256)) * (45 << 10)  # 11.25 MB: three parts
    (tmp_path / "large").write_bytes(content)
    (tmp_path / "empty").touch()
    Prefix("s3://lake/t").merge([((), tmp_path / "large"), (("a=1",), tmp_path / "empty")], set())
    assert store.get_object(Bucket="lake", Key="t/large")["Body"].read() == content
    assert store.get_object(Bucket="lake", Key="t/a=1/empty")["Body"].read() == b""
    found = {file.path: file for file in listing.listing(["s3://lake/t/large"], ["s3://lake/t/large"]).files}
    with files.opened(found["s3://lake/t/large"]) as stream:
        assert stream.read() == content


def test_an_object_that_changes_while_it_is_read_is_noticed(store: Any) -> None:
    store.put_object(Bucket="lake", Key="a.csv", Body=b"one")
    found = files.at("s3://lake/a.csv").look("s3://lake/a.csv")
    assert found is not None and found.file is not None
    file = found.file
    store.put_object(Bucket="lake", Key="a.csv", Body=b"two")
    with pytest.raises(Unproven), files.opened(file) as stream:
        stream.read()


@pytest.mark.parametrize("key", ["t/a b.csv", "t/a%20b.csv", "t//a.csv", "t/é.csv"])
def test_keys_that_clients_escape_differently_are_not_for_sail(store: Any, key: str) -> None:
    store.put_object(Bucket="lake", Key=key, Body=b"x")
    with pytest.raises(Unproven, match="object key"):
        listing.listing(["s3://lake/t"], ["s3://lake/t"])


def test_markers_of_folders_among_partitions_are_not_for_sail(store: Any) -> None:
    for key in ("t/m=1/", "t/m=1/a.parquet"):
        store.put_object(Bucket="lake", Key=key, Body=b"x")
    with pytest.raises(Unproven, match="mark folders"):
        listing.listing(["s3://lake/t"], ["s3://lake/t"])


def test_an_object_that_is_also_a_folder_is_not_for_sail(store: Any) -> None:
    for key in ("t", "t/a.csv"):
        store.put_object(Bucket="lake", Key=key, Body=b"x")
    with pytest.raises(Unproven, match="both an object and a folder"):
        listing.listing(["s3://lake/t"], ["s3://lake/t"])
    with pytest.raises(Unproven, match="both an object and a folder"):
        Prefix("s3://lake/t").exists()


def test_patterns_match_whole_parts_of_keys(store: Any) -> None:
    for key in ("t/y=1/a.csv", "t/y=2/b.csv", "t/y=2/.hidden", "t/z/c.csv", "t.csv"):
        store.put_object(Bucket="lake", Key=key, Body=b"x")
    found = listing.listing(["s3://lake/t/y=*/*.csv"], ["s3://lake/t/y=*/*.csv"])
    assert [file.path for file in found.files] == ["s3://lake/t/y=1/a.csv", "s3://lake/t/y=2/b.csv"]
