"""Multipart uploads, by boto3's transfer manager and by hand."""

import base64
import hashlib
import io
import random
from typing import Any

import pytest
from awscrt import checksums as crt
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

PART = 5 << 20
BODY = random.Random(7).randbytes(2 * PART + 12345)
PARTS = [BODY[:PART], BODY[PART : 2 * PART], BODY[2 * PART :]]


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def etag_of(parts: list[bytes]) -> str:
    return f'"{hashlib.md5(b"".join(hashlib.md5(p).digest() for p in parts)).hexdigest()}-{len(parts)}"'


@pytest.fixture
def upload(s3: Any, bucket: str) -> dict[str, str]:
    created = s3.create_multipart_upload(Bucket=bucket, Key="big", ContentType="text/x", Metadata={"a": "b"})
    return {"Bucket": bucket, "Key": "big", "UploadId": created["UploadId"]}


def put(s3: Any, upload: dict[str, str], number: int, body: bytes, **extra: Any) -> dict[str, Any]:
    got = s3.upload_part(**upload, PartNumber=number, Body=body, **extra)
    return {"PartNumber": number, "ETag": got["ETag"]}


def test_by_the_transfer_manager(s3: Any, bucket: str, tmp_path: Any) -> None:
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(BODY), bucket, "a//big", ExtraArgs={"Metadata": {"k": "v"}}, Config=config)
    head = s3.head_object(Bucket=bucket, Key="a//big")
    assert (head["ETag"], head["ContentLength"], head["Metadata"]) == (etag_of(PARTS), len(BODY), {"k": "v"})
    s3.download_file(bucket, "a//big", str(tmp_path / "down"), Config=config)
    assert (tmp_path / "down").read_bytes() == BODY


def test_by_hand_in_any_order(s3: Any, upload: dict[str, str], folder: Any) -> None:
    parts = [put(s3, upload, number, PARTS[i]) for i, number in ((2, 9), (0, 1), (1, 4))]
    listed = s3.list_parts(**upload)["Parts"]
    assert [(p["PartNumber"], p["Size"]) for p in listed] == [(1, PART), (4, PART), (9, 12345)]
    ongoing = s3.list_multipart_uploads(Bucket=upload["Bucket"])["Uploads"]
    assert [(u["Key"], u["UploadId"]) for u in ongoing] == [("big", upload["UploadId"])]
    assert not (folder / "big").exists()
    ordered = sorted(parts, key=lambda part: part["PartNumber"])
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": ordered})
    assert done["ETag"] == etag_of(PARTS)
    got = s3.get_object(Bucket=upload["Bucket"], Key="big")
    assert got["Body"].read() == BODY == (folder / "big").read_bytes()
    assert (got["ContentType"], got["Metadata"]) == ("text/x", {"a": "b"})
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=upload["Bucket"])
    second = s3.get_object(Bucket=upload["Bucket"], Key="big", PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (PARTS[1], 3)
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=upload["Bucket"], Key="big", PartNumber=4)
    assert code(error) == ("InvalidPartNumber", 416)
    again = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": ordered})
    assert again["ETag"] == done["ETag"]


def test_a_part_uploaded_twice_counts_as_the_second(s3: Any, upload: dict[str, str]) -> None:
    first = put(s3, upload, 1, b"first")
    second = put(s3, upload, 1, b"second")
    assert [part["ETag"] for part in s3.list_parts(**upload)["Parts"]] == [second["ETag"]]
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [first]})
    assert code(error) == ("InvalidPart", 400)
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [second]})
    assert s3.get_object(Bucket=upload["Bucket"], Key="big")["Body"].read() == b"second"


def test_what_completing_refuses(s3: Any, upload: dict[str, str]) -> None:
    one, two = put(s3, upload, 1, b"small"), put(s3, upload, 2, b"last")
    absent = {"PartNumber": 3, "ETag": one["ETag"]}
    for parts, expected in (
        ([one, two], "EntityTooSmall"),
        ([two, one], "InvalidPartOrder"),
        ([one, one], "InvalidPartOrder"),
        ([one, absent], "InvalidPart"),
        ([{**one, "ETag": two["ETag"]}], "InvalidPart"),
        ([], "MalformedXML"),
        ([{**one, "PartNumber": 0}], "InvalidArgument"),
    ):
        with pytest.raises(ClientError) as error:
            s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        assert code(error) == (expected, 400)
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [one]})


def test_abort(server: Any, s3: Any, upload: dict[str, str]) -> None:
    put(s3, upload, 1, b"x")
    s3.abort_multipart_upload(**upload)
    assert list(server.home.glob("buckets/.mastic/buckets/*/uploads/*")) == []
    for call in (
        lambda: put(s3, upload, 1, b"x"),
        lambda: s3.list_parts(**upload),
        lambda: s3.abort_multipart_upload(**upload),
        lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]}),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert code(error) == ("NoSuchUpload", 404)


@pytest.mark.parametrize("upload_id", ["..", "../../tmp", "absent", "a/b", "%2e%2e"])
def test_a_forged_upload_id(s3: Any, bucket: str, upload_id: str) -> None:
    with pytest.raises(ClientError) as error:
        s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"x")
    assert code(error) == ("NoSuchUpload", 404)


@pytest.mark.parametrize("number", [0, 10_001])
def test_part_numbers(s3: Any, upload: dict[str, str], number: int) -> None:
    with pytest.raises(ClientError) as error:
        put(s3, upload, number, b"x")
    assert code(error) == ("InvalidArgument", 400)


def test_the_upload_of_another_key(s3: Any, upload: dict[str, str]) -> None:
    with pytest.raises(ClientError) as error:
        put(s3, {**upload, "Key": "other"}, 1, b"x")
    assert code(error) == ("NoSuchUpload", 404)


def test_a_condition_on_completing(s3: Any, upload: dict[str, str]) -> None:
    part = put(s3, upload, 1, b"x")
    s3.put_object(Bucket=upload["Bucket"], Key="big", Body=b"there")
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]}, IfNoneMatch="*")
    assert code(error) == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket=upload["Bucket"], Key="big")["Body"].read() == b"there"


def test_parts_and_uploads_are_listed_in_pages(s3: Any, bucket: str) -> None:
    for key in ("a", "b", "b", "c"):
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})
    assert [u["Key"] for page in pages for u in page.get("Uploads", [])] == ["a", "b", "b", "c"]
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket, Prefix="b")["Uploads"]] == ["b", "b"]
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    upload = {"Bucket": bucket, "Key": "k", "UploadId": upload_id}
    for number in range(1, 6):
        put(s3, upload, number, b"x")
    pages = s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2})
    assert [[p["PartNumber"] for p in page["Parts"]] for page in pages] == [[1, 2], [3, 4], [5]]


def test_copied_parts(s3: Any, upload: dict[str, str]) -> None:
    bucket = upload["Bucket"]
    s3.put_object(Bucket=bucket, Key="src é", Body=BODY)
    source = {"Bucket": bucket, "Key": "src é"}
    one = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source, CopySourceRange=f"bytes=0-{PART - 1}")
    two = s3.upload_part_copy(**upload, PartNumber=2, CopySource=source)
    parts = [{"PartNumber": n, "ETag": p["CopyPartResult"]["ETag"]} for n, p in ((1, one), (2, two))]
    assert s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})["ETag"] == etag_of([PARTS[0], BODY])
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == PARTS[0] + BODY
    created = s3.create_multipart_upload(Bucket=bucket, Key="big")
    with pytest.raises(ClientError) as error:
        s3.upload_part_copy(
            **{**upload, "UploadId": created["UploadId"]},
            PartNumber=1,
            CopySource=source,
            CopySourceRange=f"bytes=0-{len(BODY)}",
        )
    assert code(error) == ("InvalidRange", 416)


def b64(value: int, size: int) -> str:
    return base64.b64encode(value.to_bytes(size, "big")).decode()


def test_a_composite_checksum(s3: Any, bucket: str) -> None:
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")["UploadId"]
    upload = {"Bucket": bucket, "Key": "k", "UploadId": upload_id}
    parts, digests = [], []
    for number, body in enumerate(PARTS, 1):
        got = s3.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
        digests.append(hashlib.sha256(body).digest())
        assert got["ChecksumSHA256"] == base64.b64encode(digests[-1]).decode()
        parts.append({"PartNumber": number, "ETag": got["ETag"], "ChecksumSHA256": got["ChecksumSHA256"]})
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    expected = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode() + "-3"
    assert (done["ChecksumSHA256"], done["ChecksumType"]) == (expected, "COMPOSITE")
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["ChecksumSHA256"] == expected
    assert got["Body"].read() == BODY


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("CRC32", b64(crt.crc32(BODY), 4)),
        ("CRC32C", b64(crt.crc32c(BODY), 4)),
        ("CRC64NVME", b64(crt.crc64nvme(BODY), 8)),
    ],
)
def test_a_checksum_of_the_whole_object(s3: Any, bucket: str, algorithm: str, expected: str) -> None:
    created = s3.create_multipart_upload(
        Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT"
    )
    upload = {"Bucket": bucket, "Key": "k", "UploadId": created["UploadId"]}
    parts = [put(s3, upload, n, body, ChecksumAlgorithm=algorithm) for n, body in enumerate(PARTS, 1)]
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert (done[f"Checksum{algorithm}"], done["ChecksumType"]) == (expected, "FULL_OBJECT")
    assert s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["Body"].read() == BODY


def test_a_checksum_type_the_algorithm_cannot_give(s3: Any, bucket: str) -> None:
    for algorithm, kind in (("SHA1", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")):
        with pytest.raises(ClientError) as error:
            s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm, ChecksumType=kind)
        assert code(error) == ("InvalidRequest", 400)
