"""Listings: order, prefixes, delimiters, markers, pages, and size."""

import os
import random
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from mastic.storage.listing import list_page

TREE = ["a", "a!", "a/1", "a/2/x", "a/2/y", "a0", "b/1", "b/c/d/e", "c", "é", "z/", "z/1", "日本"]


@pytest.fixture
def tree(s3: Any, bucket: str) -> str:
    for key in random.sample(TREE, len(TREE)):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def keys(page: dict[str, Any]) -> list[str]:
    return [item["Key"] for item in page.get("Contents", [])]


def prefixes(page: dict[str, Any]) -> list[str]:
    return [item["Prefix"] for item in page.get("CommonPrefixes", [])]


def test_everything_in_utf8_order(s3: Any, tree: str) -> None:
    page = s3.list_objects_v2(Bucket=tree)
    assert keys(page) == sorted(TREE, key=str.encode)
    assert (page["KeyCount"], page["IsTruncated"], page["MaxKeys"], page["Name"]) == (len(TREE), False, 1000, tree)
    item = page["Contents"][0]
    head = s3.head_object(Bucket=tree, Key=item["Key"])
    assert (item["Size"], item["ETag"], item["StorageClass"]) == (head["ContentLength"], head["ETag"], "STANDARD")
    assert item["LastModified"].replace(microsecond=0) == head["LastModified"]


@pytest.mark.parametrize(
    "prefix", ["", "a", "a/", "a/2", "a/2/", "a/2/x", "b/c/d", "none", "a//", "é", "z/", "日", "/"]
)
def test_prefix(s3: Any, tree: str, prefix: str) -> None:
    expected = sorted((key for key in TREE if key.startswith(prefix)), key=str.encode)
    assert keys(s3.list_objects_v2(Bucket=tree, Prefix=prefix)) == expected
    assert keys(s3.list_objects(Bucket=tree, Prefix=prefix)) == expected


def rolled_up(all_keys: list[str], prefix: str, delimiter: str) -> tuple[list[str], list[str]]:
    found, common = [], set()
    for key in sorted((k for k in all_keys if k.startswith(prefix)), key=str.encode):
        end = key.find(delimiter, len(prefix))
        if end < 0:
            found.append(key)
        else:
            common.add(key[: end + len(delimiter)])
    return found, sorted(common, key=str.encode)


@pytest.mark.parametrize("delimiter", ["/", "2", "/2/", "!"])
@pytest.mark.parametrize("prefix", ["", "a", "a/", "b/c", "b/c/", "z", "z/"])
def test_delimiter(s3: Any, tree: str, prefix: str, delimiter: str) -> None:
    expected = rolled_up(TREE, prefix, delimiter)
    page = s3.list_objects_v2(Bucket=tree, Prefix=prefix, Delimiter=delimiter)
    assert (keys(page), prefixes(page)) == expected
    assert page["KeyCount"] == len(expected[0]) + len(expected[1])


@pytest.mark.parametrize("delimiter", ["", "/", "2"])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_pages_give_everything_once(s3: Any, tree: str, delimiter: str, size: int, operation: str) -> None:
    paginator = s3.get_paginator(operation)
    found, common = [], []
    for page in paginator.paginate(Bucket=tree, Delimiter=delimiter, PaginationConfig={"PageSize": size}):
        assert len(keys(page)) + len(prefixes(page)) <= size
        found += keys(page)
        common += prefixes(page)
    expected = rolled_up(TREE, "", delimiter) if delimiter else (sorted(TREE, key=str.encode), [])
    assert (found, common) == expected


@pytest.mark.parametrize("start", ["", "a", "a/", "a/1", "a/2", "a/2/x", "a/2/zz", "b/c/d/e", "z/", "~", "\U0010ffff"])
def test_start_after_and_marker(s3: Any, tree: str, start: str) -> None:
    expected = sorted((key for key in TREE if key.encode() > start.encode()), key=str.encode)
    assert keys(s3.list_objects_v2(Bucket=tree, StartAfter=start)) == expected
    assert keys(s3.list_objects(Bucket=tree, Marker=start)) == expected


def test_max_keys(s3: Any, tree: str) -> None:
    assert s3.list_objects_v2(Bucket=tree, MaxKeys=0)["IsTruncated"] is False
    page = s3.list_objects_v2(Bucket=tree, MaxKeys=2)
    assert (len(keys(page)), page["IsTruncated"]) == (2, True)
    page = s3.list_objects_v2(Bucket=tree, MaxKeys=len(TREE))
    assert page["IsTruncated"] is False


def test_fetch_owner(s3: Any, tree: str) -> None:
    assert "Owner" not in s3.list_objects_v2(Bucket=tree)["Contents"][0]
    assert s3.list_objects_v2(Bucket=tree, FetchOwner=True)["Contents"][0]["Owner"]["ID"] == "mastic"
    assert s3.list_objects(Bucket=tree)["Contents"][0]["Owner"]["ID"] == "mastic"


def test_without_url_encoding(server: Any, tree: str) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", f"/{tree}?list-type=2&prefix=%C3%A9")
    body = connection.getresponse().read().decode()
    connection.close()
    assert "<Key>é</Key>" in body
    assert "EncodingType" not in body


def test_versions_of_a_bucket_without_versioning(s3: Any, tree: str) -> None:
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=tree, PaginationConfig={"PageSize": 4})
    versions = [version for page in pages for version in page.get("Versions", [])]
    assert [v["Key"] for v in versions] == sorted(TREE, key=str.encode)
    assert {(v["VersionId"], v["IsLatest"]) for v in versions} == {("null", True)}


def test_an_empty_bucket(s3: Any, bucket: str) -> None:
    page = s3.list_objects_v2(Bucket=bucket)
    assert (page["KeyCount"], page["IsTruncated"], "Contents" in page) == (0, False, False)


def test_empty_folders_are_not_listed(s3: Any, bucket: str, folder: Path) -> None:
    (folder / "spark" / "_temporary" / "0").mkdir(parents=True)
    assert s3.list_objects_v2(Bucket=bucket, Delimiter="/")["KeyCount"] == 0
    (folder / "spark" / "_SUCCESS").touch()
    assert prefixes(s3.list_objects_v2(Bucket=bucket, Delimiter="/")) == ["spark/"]


def test_a_hundred_thousand_keys(server: Any, bucket: str, folder: Path) -> None:
    for name in ("flat", "year=2024", "year=2025"):
        (folder / name).mkdir()
    for i in range(60_000):
        os.mknod(folder / "flat" / f"{i:06}")
    for i in range(200):
        for year in ("year=2024", "year=2025"):
            part = folder / year / f"day={i:03}"
            part.mkdir()
            for j in range(100):
                os.mknod(part / f"part-{j:05}.parquet")
    client = server.client(config=Config(parameter_validation=False))
    time.sleep(1.1)  # the folder's time stamp has settled: its names may be kept between pages
    count, after, slowest_seconds = 0, b"", 0.0
    while after is not None:  # without HTTP: a client takes far longer to parse a page than the door to make it
        started = time.perf_counter()
        page = list_page(server.buckets.get(bucket), prefix=b"", delimiter=b"", after=after, limit=1000)
        slowest_seconds = max(slowest_seconds, time.perf_counter() - started)
        count, after = count + len(page.objects), page.last if page.truncated else None
    assert count == 100_000
    assert slowest_seconds < 2
    for arguments, expected in (
        ({"Prefix": "year=2025/day=150/"}, 100),
        ({"Delimiter": "/"}, 3),
        ({"Prefix": "year=2024/", "Delimiter": "/"}, 200),
        ({"StartAfter": "year=2025/day=199/part-00089.parquet"}, 10),
    ):
        started = time.perf_counter()
        page = client.list_objects_v2(Bucket=bucket, **arguments)
        assert page["KeyCount"] == expected
        assert time.perf_counter() - started < 2, arguments
