"""What protects bytes on their way: Content-MD5, the five checksums, aws-chunked framing with and without trailers."""

import base64
import hashlib
import http.client
import io
import zlib
from typing import Any

import pytest
from awscrt import checksums as crt
from botocore.config import Config
from botocore.exceptions import ClientError

BODY = b"some bytes worth protecting" * 1000


def b64(value: int, size: int) -> str:
    return base64.b64encode(value.to_bytes(size, "big")).decode()


RIGHT = {
    "crc32": b64(zlib.crc32(BODY), 4),
    "crc32c": b64(crt.crc32c(BODY), 4),
    "crc64nvme": b64(crt.crc64nvme(BODY), 8),
    "sha1": base64.b64encode(hashlib.sha1(BODY).digest()).decode(),
    "sha256": base64.b64encode(hashlib.sha256(BODY).digest()).decode(),
}


def send(
    server: Any, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    answer = response.status, response.read(), {k.lower(): v for k, v in response.getheaders()}
    connection.close()
    return answer


def chunked(body: bytes, size: int, trailer: str = "") -> bytes:
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return framed + b"0\r\n" + (trailer + "\r\n" if trailer else "").encode() + b"\r\n"


@pytest.mark.parametrize("algorithm", RIGHT)
def test_each_checksum_is_verified_kept_and_returned(s3: Any, bucket: str, algorithm: str) -> None:
    name = f"Checksum{algorithm.upper()}"
    put = s3.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm=algorithm.upper())
    assert put[name] == RIGHT[algorithm]
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (got[name], got["ChecksumType"]) == (RIGHT[algorithm], "FULL_OBJECT")
    assert got["Body"].read() == BODY  # botocore verifies it again
    assert name not in s3.get_object(Bucket=bucket, Key="k", Range="bytes=0-1", ChecksumMode="ENABLED")
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert listed["ChecksumAlgorithm"] == [algorithm.upper()]
    wrong = RIGHT[algorithm][::-1] if not RIGHT[algorithm].endswith("=") else "A" + RIGHT[algorithm][1:]
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="other", Body=BODY, **{name: wrong})
    assert error.value.response["Error"]["Code"] in ("BadDigest", "InvalidRequest")
    with pytest.raises(ClientError):
        s3.head_object(Bucket=bucket, Key="other")


def test_content_md5(server: Any, bucket: str) -> None:
    right = base64.b64encode(hashlib.md5(BODY).digest()).decode()
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert send(server, "PUT", f"/{bucket}/k", BODY, {"Content-MD5": right})[0] == 200
    status, answer, _ = send(server, "PUT", f"/{bucket}/bad", BODY, {"Content-MD5": wrong})
    assert (status, b"<Code>BadDigest</Code>" in answer) == (400, True)
    status, answer, _ = send(server, "PUT", f"/{bucket}/bad", BODY, {"Content-MD5": "nonsense"})
    assert (status, b"<Code>InvalidDigest</Code>" in answer) == (400, True)
    assert send(server, "GET", f"/{bucket}/bad", b"", {})[0] == 404


@pytest.mark.parametrize("size", [1, 7, 8192, 1 << 20])
@pytest.mark.parametrize("algorithm", ["", "crc32", "crc64nvme", "sha256"])
def test_unsigned_chunks_with_a_trailer(server: Any, s3: Any, bucket: str, size: int, algorithm: str) -> None:
    trailer = f"x-amz-checksum-{algorithm}:{RIGHT[algorithm]}" if algorithm else ""
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(BODY)),
        "content-encoding": "aws-chunked,gzip",
    }
    if algorithm:
        headers["x-amz-trailer"] = f"x-amz-checksum-{algorithm}"
    status, _, answered = send(server, "PUT", f"/{bucket}/k", chunked(BODY, size, trailer), headers)
    assert status == 200
    if algorithm:
        assert answered[f"x-amz-checksum-{algorithm}"] == RIGHT[algorithm]
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == BODY
    assert got["ContentEncoding"] == "gzip"


@pytest.mark.parametrize(
    ("body", "extra", "expected"),
    [
        (chunked(BODY, 100, "x-amz-checksum-crc32:AAAAAA=="), {}, "BadDigest"),
        (chunked(BODY, 100), {}, "IncompleteBody"),  # the promised trailer is absent
        (chunked(BODY, 100)[:-400], {}, "IncompleteBody"),
        (BODY, {}, "IncompleteBody"),
        (b"zz\r\n\r\n", {}, "IncompleteBody"),
        (b"-5\r\nabcde\r\n0\r\n\r\n", {}, "IncompleteBody"),
        (b"3\r\nabcde\r\n0\r\n\r\n", {}, "IncompleteBody"),
        (b"x" * 100_000, {}, "IncompleteBody"),
        (chunked(b"short", 10, f"x-amz-checksum-crc32:{RIGHT['crc32']}"), {}, "IncompleteBody"),
        (chunked(BODY, 100), {"x-amz-decoded-content-length": ""}, "MissingContentLength"),
        (chunked(BODY, 100), {"x-amz-decoded-content-length": "many"}, "InvalidArgument"),
        (chunked(BODY, 100), {"x-amz-decoded-content-length": str(6 << 30)}, "EntityTooLarge"),
        (chunked(BODY, 100), {"x-amz-trailer": "x-amz-checksum-md5"}, "InvalidRequest"),
        (chunked(BODY, 100), {"x-amz-checksum-crc32": RIGHT["crc32"]}, "InvalidRequest"),
    ],
)
def test_broken_chunks_store_nothing(
    server: Any, bucket: str, body: bytes, extra: dict[str, str], expected: str
) -> None:
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(BODY)),
        "x-amz-trailer": "x-amz-checksum-crc32",
        **extra,
    }
    status, answer, _ = send(server, "PUT", f"/{bucket}/k", body, headers)
    assert f"<Code>{expected}</Code>".encode() in answer, answer
    assert 400 <= status < 500
    assert send(server, "GET", f"/{bucket}/k", b"", {})[0] == 404
    assert list((server.home / "buckets").glob(".mastic/tmp/*")) == []


def test_a_stream_of_unknown_origin_by_boto3(s3: Any, bucket: str) -> None:
    class Unseekable(io.RawIOBase):
        def __init__(self) -> None:
            self._inner = io.BytesIO(BODY)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            return self._inner.readinto(buffer)

    s3.upload_fileobj(Unseekable(), bucket, "k")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == BODY


def test_without_default_checksums(server: Any, bucket: str) -> None:
    config = Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
    client = server.client(config=config)
    client.put_object(Bucket=bucket, Key="k", Body=BODY)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == BODY
    assert client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})["Deleted"] == [{"Key": "k"}]


def test_a_client_that_goes_away_leaves_nothing(server: Any, s3: Any, bucket: str) -> None:
    import socket
    import time

    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(b"PUT /%b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n" % bucket.encode())
        raw.sendall(b"x" * 3_000_000)
        time.sleep(0.2)
    drafts = server.home / "buckets" / ".mastic" / "tmp"
    deadline = time.monotonic() + 5
    while list(drafts.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(drafts.iterdir()) == []
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


@pytest.mark.parametrize(
    "body", [b"", b"<x", b"<Delete/>", b"<Other/>", b'<!DOCTYPE a [<!ENTITY b "c">]><Delete/>', b"\xff"]
)
def test_malformed_xml(server: Any, bucket: str, body: bytes) -> None:
    status, answer, _ = send(server, "POST", f"/{bucket}?delete", body, {})
    assert (status, b"<Code>MalformedXML</Code>" in answer) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/data-lake/%ff%fe", "InvalidURI"),
        ("PATCH", "/data-lake/k", "MethodNotAllowed"),
        ("POST", "/data-lake/k?restore", "NotImplemented"),
        ("GET", "/data-lake?max-keys=-1", "InvalidArgument"),
        ("GET", "/data-lake?max-keys=many", "InvalidArgument"),
        ("GET", "/data-lake?list-type=2&continuation-token=forged", "InvalidArgument"),
        ("GET", "/data-lake?encoding-type=rot13", "InvalidArgument"),
        ("GET", "/UPPER/k", "InvalidBucketName"),
        ("GET", "/data-lake/k?partNumber=0", "NoSuchKey"),
    ],
)
def test_odd_requests(server: Any, bucket: str, method: str, path: str, expected: str) -> None:
    status, answer, headers = send(server, method, path, b"", {})
    assert f"<Code>{expected}</Code>".encode() in answer, answer
    assert 400 <= status <= 501
    assert headers["content-type"] == "application/xml"
    assert headers["x-amz-request-id"]
