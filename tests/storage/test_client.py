"""The Python API: the same calls on bucket folders and on a real endpoint (moto's server plays the real store)."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from door_server import running_door
from mastic.settings import Settings
from mastic.storage import drafts
from mastic.storage.buckets import Buckets
from mastic.storage.cleaning import clean
from mastic.storage.client import Storage, parse_uri
from mastic.storage.errors import InvalidUri, NoSuchBucket, NoSuchKey, StorageError
from object_store import object_store
from serving import Listener, no_errors_logged


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Another S3 store."""
    with object_store() as found:
        yield found


@pytest.fixture(params=["folders", "endpoint"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "folders":
        return Settings(home=tmp_path)
    url = request.getfixturevalue("endpoint")
    return Settings(home=tmp_path, storage_endpoint=url, storage_access_key="k", storage_secret_key="s")


@pytest.fixture
def storage(settings: Settings, tmp_path: Path) -> Storage:
    found = Storage.from_settings(settings)
    found.create_bucket("scripts")
    found.create_bucket("scripts")
    for item in list(found.list("s3://scripts")):
        found.delete(item.uri)
    return found


def test_write_read_list_delete(storage: Storage, tmp_path: Path) -> None:
    storage.write_bytes("s3://scripts/a/etl.py", b"print(1)", content_type="text/x-python")
    storage.write_bytes("s3a://scripts/a/b c.py", b"")
    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    storage.upload(tmp_path / "file", "s3n://scripts/big")
    assert storage.read_bytes("s3n://scripts/a/etl.py") == b"print(1)"
    with storage.open("s3://scripts/a/etl.py") as file:
        assert file.read(5) == b"print"
    assert [(item.uri, item.size) for item in storage.list("s3://scripts/a/")] == [
        ("s3://scripts/a/b c.py", 0),
        ("s3://scripts/a/etl.py", 8),
    ]
    storage.download("s3://scripts/big", tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == b"x" * 3_000_000
    assert storage.exists("s3://scripts/big")
    storage.delete("s3://scripts/big")
    storage.delete("s3://scripts/big")
    assert not storage.exists("s3://scripts/big")
    assert not storage.exists("s3://absent/big")


def test_what_is_missing_has_a_type(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(NoSuchKey, match=r"s3://scripts/absent\.py"):
        storage.read_bytes("s3://scripts/absent.py")
    with pytest.raises(NoSuchKey):
        storage.download("s3://scripts/absent.py", tmp_path / "down")
    assert not (tmp_path / "down").exists()
    for call in (
        lambda: storage.read_bytes("s3://absent/k"),
        lambda: list(storage.list("s3://absent/")),
        lambda: storage.write_bytes("s3://absent/k", b""),
    ):
        with pytest.raises(NoSuchBucket, match="absent"):
            call()


def test_uris() -> None:
    address = parse_uri("s3a://bucket/a//b?c=d#e")
    assert (address.bucket, address.key, address.uri) == ("bucket", "a//b?c=d#e", "s3://bucket/a//b?c=d#e")
    assert parse_uri("s3://bucket").key == ""
    for text in ("bucket/key", "http://b/k", "s3:///key", "s3x://b/k", ""):
        with pytest.raises(InvalidUri, match="s3://bucket/key"):
            parse_uri(text)


def test_an_object_needs_a_key(tmp_path: Path) -> None:
    with pytest.raises(InvalidUri, match="names a bucket"):
        Storage.from_settings(Settings(home=tmp_path)).read_bytes("s3://bucket/")


def test_local_paths(tmp_path: Path) -> None:
    storage = Storage.from_settings(Settings(home=tmp_path))
    storage.create_bucket("data-1")
    assert storage.local_path("s3://data-1/a/b") == tmp_path / "buckets" / "data-1" / "a" / "b"
    assert storage.local_path("s3://data-1/a/") == tmp_path / "buckets" / "data-1" / "a"
    assert storage.local_path("s3://data-1") == tmp_path / "buckets" / "data-1"
    assert storage.local_path("s3://data-1/a//b") is None
    assert storage.local_path("s3://data-1/../x") is None


def test_an_endpoint_that_does_not_answer(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, storage_endpoint="http://127.0.0.1:9", storage_access_key="k", storage_secret_key="s"
    )
    with pytest.raises(StorageError, match=r"storage\.endpoint = 'http://127\.0\.0\.1:9'"):
        Storage.from_settings(settings).read_bytes("s3://scripts/etl.py")


def test_the_door_says_where_s3_is(listener: Listener, tmp_path: Path, endpoint: str) -> None:
    settings = Settings(home=tmp_path, storage_endpoint=endpoint)
    with no_errors_logged(), running_door(listener, settings) as server, pytest.raises(ClientError) as error:
        server.client().list_buckets()
    assert error.value.response["Error"]["Code"] == "InvalidRequest"
    assert f"AWS_ENDPOINT_URL_S3={endpoint}" in error.value.response["Error"]["Message"]


def test_drafts_of_dead_writers_are_removed_at_start(tmp_path: Path) -> None:
    buckets = Buckets(tmp_path / "buckets")
    buckets.create("data-1")
    bucket = buckets.get("data-1")
    living, dead, young = bucket.draft(), bucket.draft(), bucket.draft()
    long_ago = time.time() - drafts.ORPHAN_AGE_SECONDS - 10
    for draft in (living, dead):
        os.utime(draft.path, (long_ago, long_ago))
    os.close(dead.fd)  # as its process's death does
    os.close(young.fd)
    clean(buckets)
    left = {os.fsencode(path) for path in (tmp_path / "buckets" / ".mastic" / "tmp").iterdir()}
    assert left == {living.path, young.path}
    living.close()


def test_sidecars_of_files_that_engines_replaced_are_removed_at_start(tmp_path: Path) -> None:
    storage = Storage.from_settings(Settings(home=tmp_path))
    storage.create_bucket("data-1")
    for key in ("kept", "a//kept", "replaced", "deleted", "young"):
        storage.write_bytes(f"s3://data-1/{key}", b"x", content_type="text/x")
    folder = tmp_path / "buckets" / "data-1"
    (folder / "replaced").write_bytes(b"by an engine")
    (folder / "deleted").unlink()
    sidecars = list((tmp_path / "buckets").rglob(".mastic/buckets/*/meta/*/*"))
    assert len(sidecars) == 5
    long_ago = time.time() - 7200
    for path in sidecars:
        if b'"young"' not in path.read_bytes():
            os.utime(path, (long_ago, long_ago))
    (folder / "young").unlink()
    clean(Buckets(tmp_path / "buckets"))
    left = {path.read_text().split('"')[3] for path in sidecars if path.exists()}
    assert left == {"kept", "a//kept", "young"}
