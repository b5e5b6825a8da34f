"""Engines and S3 clients share the folder: either sees at once what the other wrote."""

import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError


def test_a_file_an_engine_wrote_is_an_object(s3: Any, bucket: str, folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "part-0.csv").write_bytes(b"1,2")
    (folder / "out" / "_SUCCESS").touch()
    (folder / "out" / ".part-0.csv.crc").write_bytes(b"crc")
    got = s3.get_object(Bucket=bucket, Key="out/part-0.csv")
    assert (got["Body"].read(), got["ContentLength"], got["ContentType"]) == (b"1,2", 3, "binary/octet-stream")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
    assert [item["Key"] for item in listed] == ["out/.part-0.csv.crc", "out/_SUCCESS", "out/part-0.csv"]
    assert listed[2]["ETag"] == got["ETag"]
    assert got["ETag"].endswith('-1"'), "an ETag that does not pretend to be an MD5"


def test_an_object_is_a_file(s3: Any, bucket: str, folder: Path) -> None:
    s3.put_object(Bucket=bucket, Key="year=2024/month=1/a b+%é.csv", Body=b"x")
    assert (folder / "year=2024" / "month=1" / "a b+%é.csv").read_bytes() == b"x"


def test_parquet_both_ways(s3: Any, bucket: str, folder: Path, tmp_path: Path) -> None:
    table = pa.table({"year": [2023, 2024, 2024], "delay": [1, 2, 3]})
    pq.write_to_dataset(table, folder / "flights", partition_cols=["year"])
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="flights/year=2024/")["Contents"]]
    assert len(keys) == 1
    s3.download_file(bucket, keys[0], str(tmp_path / "one.parquet"))
    assert pq.read_table(tmp_path / "one.parquet", partitioning=None)["delay"].to_pylist() == [2, 3]
    s3.upload_file(str(tmp_path / "one.parquet"), bucket, "flights/year=2025/two.parquet")
    assert ds.dataset(folder / "flights", partitioning="hive").count_rows() == 5


def test_an_engine_s_overwrite_drops_stale_metadata(s3: Any, bucket: str, folder: Path) -> None:
    key = {"Bucket": bucket, "Key": "k"}
    for write in (
        lambda path: path.write_bytes(b"same!"),  # in place: same inode and size, within the same tick
        lambda path: (path.unlink(), path.write_bytes(b"same!")),
        lambda path: (path.with_name("t").write_bytes(b"same!"), path.with_name("t").replace(path)),
    ):
        for _ in range(20):
            put = s3.put_object(**key, Body=b"hello", ContentType="text/plain", Metadata={"a": "b"})
            write(folder / "k")
            got = s3.get_object(**key)
            assert got["Body"].read() == b"same!"
            assert (got["Metadata"], got["ContentType"]) == ({}, "binary/octet-stream")
            assert got["ETag"] != put["ETag"]


def test_the_etag_of_an_engine_s_file_changes_with_it(s3: Any, bucket: str, folder: Path) -> None:
    path = folder / "k"
    path.write_bytes(b"one")
    first = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] == first
    path.write_bytes(b"other")
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] != first


def test_a_copy_of_an_engine_s_file_has_the_md5(s3: Any, bucket: str, folder: Path) -> None:
    (folder / "engine").write_bytes(b"12345")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "engine"})
    assert s3.head_object(Bucket=bucket, Key="copy")["ETag"] == f'"{hashlib.md5(b"12345").hexdigest()}"'


def test_a_bucket_is_a_folder_an_engine_made(server: Any, s3: Any) -> None:
    path = server.home / "buckets" / "by-engine" / "t"
    path.mkdir(parents=True)
    (path / "f").write_bytes(b"x")
    (server.home / "buckets" / "Not A Bucket").mkdir()
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["by-engine"]
    assert s3.get_object(Bucket="by-engine", Key="t/f")["Body"].read() == b"x"
    s3.put_object(Bucket="by-engine", Key="u", Body=b"y")
    s3.put_object(Bucket="by-engine", Key="v//w", Body=b"z")
    assert s3.list_objects_v2(Bucket="by-engine")["KeyCount"] == 3


def test_what_stood_in_the_way_goes_and_the_object_becomes_a_file(s3: Any, bucket: str, folder: Path) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"file", Metadata={"k": "a"})
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"below", Metadata={"k": "ab"})
    assert (folder / "a").read_bytes() == b"file"
    s3.delete_object(Bucket=bucket, Key="a")
    assert (folder / "a" / "b").read_bytes() == b"below"
    assert s3.head_object(Bucket=bucket, Key="a/b")["Metadata"] == {"k": "ab"}
    s3.put_object(Bucket=bucket, Key="a", Body=b"beside", Metadata={"k": "a"})
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"beside"
    s3.delete_object(Bucket=bucket, Key="a/b")
    assert (folder / "a").read_bytes() == b"beside"
    assert s3.head_object(Bucket=bucket, Key="a")["Metadata"] == {"k": "a"}


def test_a_plain_file_wins_over_an_escaped_object_of_its_key(s3: Any, bucket: str, folder: Path) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"file")
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"escaped")
    (folder / "a").unlink()
    (folder / "a").mkdir()
    (folder / "a" / "b").write_bytes(b"engine")
    assert s3.get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"engine"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    s3.delete_object(Bucket=bucket, Key="a/b")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_readers_see_the_old_object_or_the_new(s3: Any, bucket: str, folder: Path) -> None:
    bodies = [bytes([n]) * 300_000 for n in range(8)]
    s3.put_object(Bucket=bucket, Key="k", Body=bodies[0])
    stop, torn = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            got = s3.get_object(Bucket=bucket, Key="k")
            data = got["Body"].read()
            if data not in bodies or got["ETag"].strip('"') != hashlib.md5(data).hexdigest():
                torn.append(got["ETag"])
            if (folder / "k").read_bytes() not in bodies:
                torn.append("file")

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(15):
        for body in bodies:
            s3.put_object(Bucket=bucket, Key="k", Body=body)
    stop.set()
    for reader in readers:
        reader.join()
    assert torn == []


def test_puts_and_deletes_race_for_folders(s3: Any, bucket: str, folder: Path) -> None:
    def work(number: int) -> None:
        for _ in range(60):
            s3.put_object(Bucket=bucket, Key=f"a/b/c/{number}", Body=b"%d" % number)
            assert s3.get_object(Bucket=bucket, Key=f"a/b/c/{number}")["Body"].read() == b"%d" % number
            s3.delete_object(Bucket=bucket, Key=f"a/b/c/{number}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    failed = []
    hook, threading.excepthook = threading.excepthook, lambda args: failed.append(args.exc_value)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        threading.excepthook = hook
    assert failed == []
    assert list(folder.iterdir()) == []


def test_a_file_that_shrinks_while_it_is_read_is_not_passed_off_as_whole(
    server: Any, s3: Any, bucket: str, folder: Path
) -> None:
    (folder / "k").write_bytes(b"x" * 50_000_000)
    body = s3.get_object(Bucket=bucket, Key="k")["Body"]
    os.truncate(folder / "k", 10)
    with pytest.raises(Exception, match=r"IncompleteRead|Connection|expected"):
        body.read()
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x" * 10


def test_special_files_are_no_objects(s3: Any, bucket: str, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"\xff\xfe")).write_bytes(b"not a key")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="pipe")
    assert error.value.response["Error"]["Code"] == "NoSuchKey"
