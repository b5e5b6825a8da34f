"""CopyObject, DeleteObjects and object tags, by boto3."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def source(s3: Any, bucket: str) -> dict[str, str]:
    s3.put_object(
        Bucket=bucket, Key="a b/é+%.csv", Body=b"1,2", ContentType="text/csv", Metadata={"k": "v"}, Tagging="t=1"
    )
    return {"Bucket": bucket, "Key": "a b/é+%.csv"}


def test_a_copy_keeps_metadata_and_tags(s3: Any, bucket: str, source: dict[str, str]) -> None:
    s3.create_bucket(Bucket="other")
    copied = s3.copy_object(Bucket="other", Key="x//y", CopySource=source)
    got = s3.get_object(Bucket="other", Key="x//y")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"], got["TagCount"]) == (
        b"1,2",
        "text/csv",
        {"k": "v"},
        1,
    )
    assert copied["CopyObjectResult"]["ETag"] == got["ETag"] == s3.head_object(**source)["ETag"]


def test_replaced_metadata_and_tags(s3: Any, bucket: str, source: dict[str, str]) -> None:
    s3.copy_object(
        Bucket=bucket,
        Key="copy",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"n": "w"},
        TaggingDirective="REPLACE",
        Tagging="u=2",
    )
    got = s3.head_object(Bucket=bucket, Key="copy")
    assert (got["ContentType"], got["Metadata"]) == ("binary/octet-stream", {"n": "w"})
    assert s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == [{"Key": "u", "Value": "2"}]


def test_a_copy_onto_itself(s3: Any, source: dict[str, str]) -> None:
    with pytest.raises(ClientError) as error:
        s3.copy_object(**source, CopySource=source)
    assert code(error) == ("InvalidRequest", 400)
    s3.copy_object(**source, CopySource=source, MetadataDirective="REPLACE", Metadata={"new": "1"})
    got = s3.get_object(**source)
    assert (got["Body"].read(), got["Metadata"]) == (b"1,2", {"new": "1"})


def test_copy_conditions(s3: Any, bucket: str, source: dict[str, str]) -> None:
    head = s3.head_object(**source)
    hour = timedelta(hours=1)
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": source}
    s3.copy_object(**copy, CopySourceIfMatch=head["ETag"])
    s3.copy_object(**copy, CopySourceIfModifiedSince=head["LastModified"] - hour)
    for failed in (
        {"CopySourceIfMatch": '"x"'},
        {"CopySourceIfNoneMatch": head["ETag"]},
        {"CopySourceIfUnmodifiedSince": head["LastModified"] - hour},
        {"CopySourceIfModifiedSince": head["LastModified"]},
    ):
        with pytest.raises(ClientError) as error:
            s3.copy_object(**copy, **failed)
        assert code(error) == ("PreconditionFailed", 412), failed


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("data-lake/absent", "NoSuchKey"),
        ("absent/key", "NoSuchBucket"),
        ("data-lake", "InvalidArgument"),
        ("/data-lake/../../etc/passwd", "NoSuchKey"),
        ("data-lake/%2e%2e/%2e%2e/etc/passwd", "NoSuchKey"),
        ("../etc/passwd", "InvalidBucketName"),
    ],
)
def test_sources_that_are_not_there(s3: Any, bucket: str, source: str, expected: str) -> None:
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    assert code(error)[0] == expected


def test_many_keys_are_deleted_at_once(s3: Any, bucket: str) -> None:
    names = [f"k/{i}" for i in range(998)] + ["a//b", "x\t<&>"]
    for name in names[::100] + names[-2:]:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name} for name in names]})
    assert "Errors" not in answer
    assert len(answer["Deleted"]) == 1000
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k/1"}], "Quiet": True})
    assert "Deleted" not in quiet
    with pytest.raises(ClientError) as error:
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": str(i)} for i in range(1001)]})
    assert code(error) == ("MalformedXML", 400)


def test_each_deleted_key_has_its_own_outcome(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="good", Body=b"")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "good"}, {"Key": "x" * 1025}]})
    assert [d["Key"] for d in answer["Deleted"]] == ["good"]
    assert [(e["Key"], e["Code"]) for e in answer["Errors"]] == [("x" * 1025, "KeyTooLongError")]


def test_tags(s3: Any, source: dict[str, str], folder: Any) -> None:
    before = s3.head_object(**source)
    tags = [{"Key": "team", "Value": "data & co"}, {"Key": "env", "Value": ""}]
    s3.put_object_tagging(**source, Tagging={"TagSet": tags})
    assert s3.get_object_tagging(**source)["TagSet"] == tags
    after = s3.head_object(**source)
    assert (after["ETag"], after["LastModified"], after["Metadata"]) == (
        before["ETag"],
        before["LastModified"],
        before["Metadata"],
    )
    s3.delete_object_tagging(**source)
    assert s3.get_object_tagging(**source)["TagSet"] == []
    (folder / "engine.csv").write_bytes(b"x")
    s3.put_object_tagging(Bucket=source["Bucket"], Key="engine.csv", Tagging={"TagSet": tags[:1]})
    assert s3.get_object_tagging(Bucket=source["Bucket"], Key="engine.csv")["TagSet"] == tags[:1]


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": str(i), "Value": ""} for i in range(11)],
        [{"Key": "k" * 129, "Value": ""}],
        [{"Key": "k", "Value": "v" * 257}],
        [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}],
    ],
)
def test_bad_tags(s3: Any, source: dict[str, str], tags: list[dict[str, str]]) -> None:
    with pytest.raises(ClientError) as error:
        s3.put_object_tagging(**source, Tagging={"TagSet": tags})
    assert code(error) == ("InvalidTag", 400)


def test_a_long_copy_keeps_the_connection_alive(s3: Any, server: Any, source: dict[str, str], monkeypatch: Any) -> None:
    """With no patience at all, even a short copy is answered by a 200 that begins with blanks."""
    from mastic.storage.door import app

    monkeypatch.setattr(app, "KEEP_ALIVE_SECONDS", 0.0)
    copied = s3.copy_object(Bucket=source["Bucket"], Key="copy", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == s3.head_object(**source)["ETag"]
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=source["Bucket"], Key="copy", CopySource={**source, "Key": "absent"})
    assert error.value.response["Error"]["Code"] == "NoSuchKey"
