"""Put, get, head and delete, by boto3: bytes, metadata, ranges and conditions."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

CSV = b"origin,delay\nJFK,12\n"


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def csv(s3: Any, bucket: str) -> dict[str, str]:
    s3.put_object(Bucket=bucket, Key="in/flights.csv", Body=CSV)
    return {"Bucket": bucket, "Key": "in/flights.csv"}


def test_an_object_comes_back_as_it_was_put(s3: Any, bucket: str) -> None:
    put = s3.put_object(
        Bucket=bucket,
        Key="k",
        Body=CSV,
        ContentType="text/csv",
        CacheControl="max-age=60",
        ContentDisposition='attachment; filename="a.csv"',
        ContentEncoding="gzip",
        ContentLanguage="de",
        Expires=datetime(2030, 1, 1, tzinfo=UTC),
        Metadata={"Source": "unit test", "empty": ""},
        StorageClass="STANDARD_IA",
        WebsiteRedirectLocation="/other",
        Tagging="team=data&env=dev",
    )
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == CSV
    assert got["ETag"] == put["ETag"] == f'"{hashlib.md5(CSV).hexdigest()}"'
    assert got["ContentType"] == "text/csv"
    assert got["CacheControl"] == "max-age=60"
    assert got["ContentDisposition"] == 'attachment; filename="a.csv"'
    assert got["ContentEncoding"] == "gzip"
    assert got["ContentLanguage"] == "de"
    assert got["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    assert got["Metadata"] == {"source": "unit test", "empty": ""}
    assert got["StorageClass"] == "STANDARD_IA"
    assert got["WebsiteRedirectLocation"] == "/other"
    assert got["TagCount"] == 2
    assert got["AcceptRanges"] == "bytes"
    assert abs(got["LastModified"] - datetime.now(UTC)) < timedelta(seconds=10)
    head = s3.head_object(Bucket=bucket, Key="k")
    for name in ("ETag", "ContentLength", "ContentType", "Metadata", "LastModified", "StorageClass"):
        assert head[name] == got[name]


def test_defaults(s3: Any, csv: dict[str, str]) -> None:
    head = s3.head_object(**csv)
    assert head["ContentType"] == "binary/octet-stream"
    assert head["Metadata"] == {}
    assert "StorageClass" not in head


def test_overwriting_replaces_bytes_and_metadata(s3: Any, csv: dict[str, str]) -> None:
    s3.put_object(**csv, Body=b"one", Metadata={"v": "1"}, ContentType="text/plain")
    s3.put_object(**csv, Body=b"second")
    got = s3.get_object(**csv)
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (b"second", {}, "binary/octet-stream")


def test_an_empty_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    got = s3.get_object(Bucket=bucket, Key="empty")
    assert (got["Body"].read(), got["ContentLength"]) == (b"", 0)
    assert got["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'


@pytest.mark.parametrize("size", [1, 1 << 16, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20])
def test_sizes_around_the_block_size(s3: Any, bucket: str, size: int) -> None:
    body = bytes(i * 7 % 251 for i in range(1021)) * (size // 1021 + 1)
    body = body[:size]
    s3.put_object(Bucket=bucket, Key="k", Body=io.BytesIO(body))
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


def test_a_missing_object(s3: Any, bucket: str) -> None:
    with pytest.raises(s3.exceptions.NoSuchKey) as error:
        s3.get_object(Bucket=bucket, Key="absent/key")
    assert error.value.response["Error"]["Key"] == "absent/key"
    assert "s3://data-lake/absent/key" in error.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as other:
        s3.head_object(Bucket=bucket, Key="absent")
    assert code(other) == ("404", 404)


@pytest.mark.parametrize(
    ("header", "expected", "content_range"),
    [
        ("bytes=0-5", CSV[:6], f"bytes 0-5/{len(CSV)}"),
        ("bytes=7-", CSV[7:], f"bytes 7-{len(CSV) - 1}/{len(CSV)}"),
        ("bytes=-3", CSV[-3:], f"bytes {len(CSV) - 3}-{len(CSV) - 1}/{len(CSV)}"),
        ("bytes=-1000", CSV, f"bytes 0-{len(CSV) - 1}/{len(CSV)}"),
        ("bytes=5-1000", CSV[5:], f"bytes 5-{len(CSV) - 1}/{len(CSV)}"),
        ("bytes=0-0", CSV[:1], f"bytes 0-0/{len(CSV)}"),
    ],
)
def test_ranges(s3: Any, csv: dict[str, str], header: str, expected: bytes, content_range: str) -> None:
    got = s3.get_object(**csv, Range=header)
    assert got["Body"].read() == expected
    assert got["ContentRange"] == content_range
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert s3.head_object(**csv, Range=header)["ContentLength"] == len(expected)


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "bytes=9-3", "bytes=-", "lines=1-2", "bytes=x-y"])
def test_a_range_s3_does_not_serve_gives_the_whole(s3: Any, csv: dict[str, str], header: str) -> None:
    got = s3.get_object(**csv, Range=header)
    assert got["Body"].read() == CSV
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("header", ["bytes=100-200", "bytes=20-", "bytes=-0"])
def test_a_range_outside_the_object(s3: Any, csv: dict[str, str], header: str) -> None:
    with pytest.raises(ClientError) as error:
        s3.get_object(**csv, Range=header)
    assert code(error) == ("InvalidRange", 416)
    assert error.value.response["Error"]["ActualObjectSize"] == "20"


def test_read_conditions(s3: Any, csv: dict[str, str]) -> None:
    head = s3.head_object(**csv)
    etag, modified = head["ETag"], head["LastModified"]
    hour = timedelta(hours=1)
    for fine in (
        {"IfMatch": etag},
        {"IfMatch": "*"},
        {"IfNoneMatch": '"other"'},
        {"IfModifiedSince": modified - hour},
        {"IfUnmodifiedSince": modified},
        {"IfMatch": etag, "IfUnmodifiedSince": modified - hour},
        {"IfNoneMatch": '"other"', "IfModifiedSince": modified + hour},
    ):
        assert s3.get_object(**csv, **fine)["Body"].read() == CSV, fine
    for failed in ({"IfMatch": '"other"'}, {"IfUnmodifiedSince": modified - hour}):
        with pytest.raises(ClientError) as error:
            s3.get_object(**csv, **failed)
        assert code(error) == ("PreconditionFailed", 412), failed
    for unchanged in ({"IfNoneMatch": etag}, {"IfModifiedSince": modified}, {"IfNoneMatch": "*"}):
        with pytest.raises(ClientError) as error:
            s3.get_object(**csv, **unchanged)
        assert code(error) == ("304", 304), unchanged


def test_write_conditions(s3: Any, bucket: str) -> None:
    first = s3.put_object(Bucket=bucket, Key="lock", Body=b"1", IfNoneMatch="*")
    for failed in ({"IfNoneMatch": "*"}, {"IfMatch": '"00000000000000000000000000000000"'}):
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="lock", Body=b"2", **failed)
        assert code(error) == ("PreconditionFailed", 412)
    s3.put_object(Bucket=bucket, Key="lock", Body=b"3", IfMatch=first["ETag"])
    assert s3.get_object(Bucket=bucket, Key="lock")["Body"].read() == b"3"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="absent", Body=b"4", IfMatch=first["ETag"])
    assert code(error) == ("NoSuchKey", 404)
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=bucket, Key="lock", IfMatch=first["ETag"])
    assert code(error) == ("PreconditionFailed", 412)


def test_of_many_conditional_creations_one_wins(s3: Any, bucket: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def create(number: int) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key="race//k", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1


def test_response_overrides(s3: Any, csv: dict[str, str]) -> None:
    got = s3.get_object(
        **csv,
        ResponseContentType="application/x-test",
        ResponseContentDisposition="inline",
        ResponseCacheControl="no-store",
        ResponseContentLanguage="fr",
        ResponseContentEncoding="identity",
        ResponseExpires=datetime(2031, 1, 1, tzinfo=UTC),
    )
    assert got["ContentType"] == "application/x-test"
    assert got["ContentDisposition"] == "inline"
    assert got["CacheControl"] == "no-store"
    assert got["ContentLanguage"] == "fr"
    assert got["ContentEncoding"] == "identity"


def test_delete_is_idempotent_and_prunes_folders(s3: Any, csv: dict[str, str], folder: Any) -> None:
    assert (folder / "in").is_dir()
    for _ in range(2):
        assert s3.delete_object(**csv)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert list(folder.iterdir()) == []


def test_metadata_is_limited_as_on_s3(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"a": "x" * 2047})
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"a": "x" * 2048})
    assert code(error) == ("MetadataTooLarge", 400)


def test_promises_that_would_not_be_kept_are_refused(s3: Any, bucket: str) -> None:
    put = {"Bucket": bucket, "Key": "k", "Body": b"x"}
    s3.put_object(**put, ACL="bucket-owner-full-control")
    with pytest.raises(ClientError) as error:
        s3.put_object(**put, ACL="public-read")
    assert code(error) == ("AccessControlListNotSupported", 400)
    with pytest.raises(ClientError) as error:
        s3.put_object(**put, SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)
    assert code(error) == ("NotImplemented", 501)
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k", VersionId="abc")
    assert code(error) == ("InvalidArgument", 400)
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"x"


def test_a_key_of_1025_bytes(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k" * 1025, Body=b"")
    assert code(error) == ("KeyTooLongError", 400)


def test_object_attributes(s3: Any, csv: dict[str, str]) -> None:
    got = s3.get_object_attributes(**csv, ObjectAttributes=["ETag", "ObjectSize", "StorageClass", "Checksum"])
    assert got["ETag"] == hashlib.md5(CSV).hexdigest()
    assert (got["ObjectSize"], got["StorageClass"]) == (len(CSV), "STANDARD")
    assert got["Checksum"]["ChecksumType"] == "FULL_OBJECT"


def test_the_resource_api(server: Any, s3: Any, bucket: str, tmp_path: Any) -> None:
    import boto3

    resource = boto3.resource(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id="mastic",
        aws_secret_access_key="mastic",
    )
    handle = resource.Bucket(bucket)
    (tmp_path / "up").write_bytes(CSV)
    handle.upload_file(str(tmp_path / "up"), "r/a.csv")
    handle.put_object(Key="r/b.csv", Body=b"b")
    assert [item.key for item in handle.objects.filter(Prefix="r/")] == ["r/a.csv", "r/b.csv"]
    resource.Object(bucket, "r/a.csv").download_file(str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == CSV
    assert resource.Object(bucket, "r/b.csv").get()["Body"].read() == b"b"
    handle.objects.all().delete()
    handle.object_versions.delete()
    assert list(handle.objects.all()) == []
