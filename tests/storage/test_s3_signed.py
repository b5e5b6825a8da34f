"""With auth = sigv4: headers, presigned URLs and signed streams are verified."""

import hashlib
import hmac
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from door_server import DoorServer, running_door
from mastic.protocol import sigv4
from mastic.protocol.caller import Caller, Identity
from mastic.settings import Settings
from serving import Listener, no_errors_logged

KEY, SECRET = "AKIATEST", "a/secret+key"
BODY = b"signed content " * 20_000


def find_identity(access_key_id: str) -> Identity | None:
    if access_key_id != KEY:
        return None
    caller = Caller(KEY, "arn:aws:iam::123456789012:user/test", "123456789012")
    return Identity(caller=caller, secret_access_key=SECRET)


@pytest.fixture
def server(listener: Listener, tmp_path: Path) -> Iterator[DoorServer]:
    settings = Settings(home=tmp_path / "home", auth="sigv4")
    with no_errors_logged(), running_door(listener, settings, find_identity) as found:
        yield found


@pytest.fixture
def s3(server: DoorServer) -> Any:
    return server.client(aws_access_key_id=KEY, aws_secret_access_key=SECRET)


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("key", ["k", "a//b", "é ü+%~", "a/../b", "x=y&z", "*'()"])
def test_signed_calls(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=BODY, Metadata={"a": "b"})
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == BODY
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]] == [key]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})


def test_wrong_and_missing_keys(server: DoorServer, bucket: str) -> None:
    for arguments, expected in (
        ({"aws_access_key_id": "AKIAOTHER"}, ("InvalidAccessKeyId", 403)),
        ({"aws_access_key_id": KEY, "aws_secret_access_key": "wrong"}, ("SignatureDoesNotMatch", 403)),
    ):
        with pytest.raises(ClientError) as error:
            server.client(**arguments).list_objects_v2(Bucket=bucket)
        assert code(error) == expected
    with pytest.raises(urllib.error.HTTPError) as unsigned:
        urllib.request.urlopen(f"{server.endpoint}/{bucket}")
    assert (unsigned.value.code, b"<Code>AccessDenied</Code>" in unsigned.value.read()) == (403, True)


@pytest.fixture(params=["s3", "s3v4"])
def presigner(request: pytest.FixtureRequest, server: DoorServer) -> Any:
    """boto3 signs URLs by version 2 unless told otherwise."""
    config = Config(signature_version=request.param)
    return server.client(aws_access_key_id=KEY, aws_secret_access_key=SECRET, config=config)


def put_by_url(url: str, body: bytes) -> int:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("PUT", f"{parts.path}?{parts.query}", body)
    status = connection.getresponse().status
    connection.close()
    return status


def test_presigned_urls(presigner: Any, s3: Any, bucket: str) -> None:
    put = presigner.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b"}, ExpiresIn=60)
    assert put_by_url(put, b"by url") == 200
    upload = {"Bucket": bucket, "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = presigner.generate_presigned_url("upload_part", Params={**upload, "PartNumber": 1}, ExpiresIn=60)
    assert put_by_url(part, b"part") == 200
    assert s3.list_parts(**upload)["Parts"][0]["Size"] == 4
    get = presigner.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "a b", "ResponseContentType": "text/x"}, ExpiresIn=60
    )
    with urllib.request.urlopen(get) as response:
        assert (response.read(), response.headers["content-type"]) == (b"by url", "text/x")
    for broken in (
        get.replace("a%20b", "other"),
        get.replace("text%2Fx", "text%2Fy"),
        get.replace("Expires=", "Expires=1"),
    ):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(broken)
        assert (error.value.code, b"<Code>SignatureDoesNotMatch</Code>" in error.value.read()) == (403, True)


def test_metadata_in_a_presigned_url(server: DoorServer, s3: Any, bucket: str) -> None:
    client = server.client(aws_access_key_id=KEY, aws_secret_access_key=SECRET, config=Config(signature_version="s3"))
    target = {"Bucket": bucket, "Key": "k"}
    url = client.generate_presigned_url("put_object", Params={**target, "Metadata": {"a": "b"}}, ExpiresIn=60)
    assert put_by_url(url, b"x") == 200
    assert s3.head_object(**target)["Metadata"] == {"a": "b"}


def test_an_expired_url(server: DoorServer, presigner: Any, bucket: str) -> None:
    from datetime import timedelta

    from mastic.clock import ManualClock

    url = presigner.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket}, ExpiresIn=60)
    server.clock = ManualClock(datetime.now(UTC) + timedelta(seconds=120))
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url)
    body = error.value.read()
    assert (error.value.code, b"AccessDenied" in body, b"expired" in body) == (403, True, True)


def test_a_skewed_clock(server: DoorServer, s3: Any, bucket: str) -> None:
    from datetime import timedelta

    from mastic.clock import ManualClock

    server.clock = ManualClock(datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(ClientError) as error:
        s3.list_objects_v2(Bucket=bucket)
    assert code(error) == ("RequestTimeTooSkewed", 403)


def signed_put(server: DoorServer, path: str, body: bytes, headers: dict[str, str], sent: bytes | None = None) -> bytes:
    request = AWSRequest("PUT", f"{server.endpoint}{path}", data=body, headers=headers)
    S3SigV4Auth(Credentials(KEY, SECRET), "s3", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("PUT", path, body if sent is None else sent, dict(request.headers))
    answer = connection.getresponse().read()
    connection.close()
    return answer


def test_a_body_that_is_not_the_one_signed(server: DoorServer, s3: Any, bucket: str) -> None:
    answer = signed_put(server, f"/{bucket}/k", BODY, {}, sent=BODY[:-1] + b"?")
    assert b"<Code>XAmzContentSHA256Mismatch</Code>" in answer
    delete = b"<Delete><Object><Key>k</Key></Object></Delete>"
    answer = signed_put(server, f"/{bucket}/k?tagging", delete, {}, sent=delete[:-1] + b" ")
    assert b"<Code>XAmzContentSHA256Mismatch</Code>" in answer
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


class ChunkSigner:
    """Signs a stream as AWS's documentation describes, independently of the code under test."""

    def __init__(self, size: int, trailer: str = "") -> None:
        self.size, self.trailer = size, trailer
        self.kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")

    def put(self, server: DoorServer, path: str, body: bytes, *, spoil: int = -1) -> bytes:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "host": f"127.0.0.1:{server.port}",
            "x-amz-content-sha256": self.kind,
            "x-amz-date": stamp,
            "x-amz-decoded-content-length": str(len(body)),
        }
        if self.trailer:
            headers["x-amz-trailer"] = self.trailer.partition(":")[0]
        scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
        names = ";".join(sorted(headers))
        canonical = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        request = f"PUT\n{path}\n\n{canonical}\n{names}\n{self.kind}"
        key = sigv4.signing_key(SECRET, stamp[:8], "us-east-1", "s3")

        def sign(text: str) -> str:
            return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

        hashed = hashlib.sha256(request.encode()).hexdigest()
        previous = sign(f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}")
        credential = f"Credential={KEY}/{scope}, SignedHeaders={names}, Signature={previous}"
        headers["authorization"] = f"AWS4-HMAC-SHA256 {credential}"
        empty, framed = hashlib.sha256(b"").hexdigest(), b""
        chunks = [body[i : i + self.size] for i in range(0, len(body), self.size)] + [b""]
        for number, chunk in enumerate(chunks):
            digest = hashlib.sha256(chunk).hexdigest()
            previous = sign(f"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{previous}\n{empty}\n{digest}")
            if number == spoil:
                chunk = b"!" * len(chunk)
            framed += f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
        if self.trailer:
            digest = hashlib.sha256((self.trailer + "\n").encode()).hexdigest()
            last = sign(f"AWS4-HMAC-SHA256-TRAILER\n{stamp}\n{scope}\n{previous}\n{digest}")
            if spoil == len(chunks):
                last = "0" * 64
            framed += f"{self.trailer}\r\nx-amz-trailer-signature:{last}\r\n".encode()
        framed += b"\r\n"
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("PUT", path, framed, headers)
        answer = connection.getresponse().read()
        connection.close()
        return answer


def crc32_trailer(body: bytes) -> str:
    import base64
    import zlib

    return "x-amz-checksum-crc32:" + base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


@pytest.mark.parametrize("size", [8192, 65536, 1 << 20])
@pytest.mark.parametrize("trailer", ["", crc32_trailer(BODY)])
def test_a_signed_stream(server: DoorServer, s3: Any, bucket: str, size: int, trailer: str) -> None:
    assert ChunkSigner(size, trailer).put(server, f"/{bucket}/k", BODY) == b""
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == BODY


def test_a_signed_stream_with_a_changed_chunk(server: DoorServer, s3: Any, bucket: str) -> None:
    chunks = len(BODY) // 65536 + 1
    for spoiled in (0, chunks - 1):
        answer = ChunkSigner(65536).put(server, f"/{bucket}/k", BODY, spoil=spoiled)
        assert b"<Code>SignatureDoesNotMatch</Code>" in answer
    answer = ChunkSigner(65536, crc32_trailer(BODY)).put(server, f"/{bucket}/k", BODY, spoil=chunks + 1)
    assert b"<Code>SignatureDoesNotMatch</Code>" in answer
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
