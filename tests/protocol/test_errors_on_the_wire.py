"""Bad requests over real connections: each gets AWS's error code and a message a person can act on."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from mastic.clock import ManualClock
from mastic.protocol import registry
from mastic.protocol.http import MAX_BODY_BYTES
from mastic.security.keys import AccessKeys, NewKey
from mastic.settings import Settings
from serving import Listener, MasticServer, running

JSON = "application/x-amz-json-1.1"


@dataclass
class Reply:
    status: int
    headers: Any
    body: bytes

    @property
    def error(self) -> tuple[str, str]:
        found = json.loads(self.body)
        assert self.headers["x-amzn-errortype"] == found["__type"]
        assert self.headers["x-amzn-requestid"]
        return found["__type"], found.get("Message") or found["message"]


def post(server: MasticServer, body: bytes, target: str | None = "AWSGlue.GetJob", **headers: str) -> Reply:
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"), timeout=10)
    given = {"Content-Type": JSON, **headers} | ({"X-Amz-Target": target} if target else {})
    connection.request("POST", "/", body, given)
    response = connection.getresponse()
    reply = Reply(response.status, response.headers, response.read())
    connection.close()
    return reply


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_health(server: MasticServer) -> None:
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"))
    connection.request("GET", "/_mastic/v1/health")
    assert json.load(connection.getresponse())["status"] == "ok"
    connection.close()


def test_boto3_raises_its_typed_exception(server: MasticServer) -> None:
    glue = server.client("glue")
    with pytest.raises(glue.exceptions.EntityNotFoundException, match="nowhere") as error:
        glue.get_job(JobName="nowhere")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error.value.response["ResponseMetadata"]["RequestId"]


def test_an_operation_that_is_not_there_yet(server: MasticServer) -> None:
    with pytest.raises(
        ClientError, match=r"Mastic does not have glue:ListMLTransforms yet; see docs/coverage\.md"
    ) as e:
        server.client("glue").list_ml_transforms()
    assert code(e) == "OperationNotSupportedException"


@pytest.mark.parametrize(
    "body", [b"{", b'{"JobName": }', b"\xff\xfe", b"{'JobName': 'x'}", b'{"JobName":"x"} trailing']
)
def test_malformed_json(server: MasticServer, body: bytes) -> None:
    reply = post(server, body)
    assert reply.status == 400
    name, message = reply.error
    assert name == "SerializationException"
    assert "not valid JSON" in message


def test_json_nested_beyond_reason(server: MasticServer) -> None:
    assert post(server, b'{"JobName":' + b"[" * 100_000).error[0] == "SerializationException"


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        (None, "has no X-Amz-Target header"),
        ("AWSGlue.GetJobb", "'AWSGlue.GetJobb' is not an operation"),
        ("DynamoDB_20120810.GetItem", "targets are AWSGlue.<Operation>"),
        ("GetJob", "'GetJob' is not an operation"),
        ("AWSGlue.", "is not an operation"),
    ],
)
def test_a_wrong_target_header(server: MasticServer, target: str | None, hint: str) -> None:
    reply = post(server, b"{}", target)
    assert reply.status == 400
    name, message = reply.error
    assert name == "UnknownOperationException"
    assert hint in message


def test_a_wrong_json_type_names_the_member(server: MasticServer) -> None:
    assert post(server, b'{"JobName": 3}').error == (
        "SerializationException",
        "NUMBER_VALUE can not be converted to a String at 'jobName'",
    )


def test_a_broken_constraint_names_the_member(server: MasticServer) -> None:
    with pytest.raises(
        ClientError, match="at 'jobName' failed to satisfy constraint: Member must have length"
    ) as error:
        server.client("glue", config=Config(parameter_validation=False)).get_job(JobName="x" * 256)
    assert code(error) == "ValidationException"


def test_a_ten_megabyte_request(server: MasticServer) -> None:
    job = {"Name": "j", "Role": "r", "Command": {"Name": "glueetl"}, "DefaultArguments": {"--a": "x" * 10_000_000}}
    with pytest.raises(ClientError, match=f"larger than {MAX_BODY_BYTES} bytes") as error:
        server.client("glue").create_job(**job)
    assert code(error) == "RequestEntityTooLargeException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert server.client("glue").get_jobs()["Jobs"] == []


def test_a_request_that_only_announces_to_be_huge_is_refused_unread(server: MasticServer) -> None:
    where = urlsplit(server.endpoint)
    with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
        head = f"POST / HTTP/1.1\r\nHost: {where.netloc}\r\nX-Amz-Target: AWSGlue.GetJob\r\nContent-Type: {JSON}\r\n"
        raw.sendall(f"{head}Content-Length: {10**10}\r\n\r\n".encode())
        assert b"413" in raw.recv(4096).split(b"\r\n")[0]


def test_a_chunked_request_that_grows_too_large(server: MasticServer) -> None:
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"), timeout=10)
    chunks = (b"x" * 65536 for _ in range(MAX_BODY_BYTES // 65536 + 2))
    connection.request("POST", "/", chunks, {"X-Amz-Target": "AWSGlue.GetJob"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_garbage_instead_of_http(server: MasticServer) -> None:
    where = urlsplit(server.endpoint)
    with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
        raw.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 400")


def test_a_bug_is_logged_in_full_and_told_in_brief(
    server: MasticServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(context: Any, request: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("the secret reason")

    operation = registry.Operation("glue", "GetJob", broken, "executed")
    monkeypatch.setitem(registry.OPERATIONS, ("glue", "GetJob"), operation)
    with caplog.at_level(logging.ERROR):
        reply = post(server, b'{"JobName":"a"}')
    server.expected_errors = 1
    assert reply.status == 500
    name, message = reply.error
    assert name == "InternalServiceException"
    assert reply.headers["x-amzn-requestid"] in message
    assert "secret reason" not in message
    causes = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert causes == ["the secret reason"]
    assert reply.headers["x-amzn-requestid"] in caplog.text


@pytest.mark.parametrize(("host", "status"), [("evil.example", 400), ("localhost", 200), ("bucket.localhost:1", 200)])
def test_an_open_server_answers_to_loopback_names_only(server: MasticServer, host: str, status: int) -> None:
    """Else a web page whose name resolves to this machine could start jobs (DNS rebinding)."""
    request = urllib.request.Request(f"{server.endpoint}/_mastic/v1/health", headers={"Host": host})
    try:
        with urllib.request.urlopen(request) as response:
            answered = response.status
    except urllib.error.HTTPError as error:
        answered = error.code
    assert answered == status


def test_sts_errors_are_xml(server: MasticServer) -> None:
    with pytest.raises(ClientError, match="does not have sts:GetSessionToken yet") as error:
        server.client("sts").get_session_token()
    assert code(error) == "OperationNotSupportedException"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def guarded(listener: Listener, home: Path, clock: ManualClock) -> Iterator[MasticServer]:
    """A server with `auth = sigv4`."""
    with running(listener, Settings(home=home, auth="sigv4"), clock) as server:
        yield server


@pytest.fixture
def key(guarded: MasticServer) -> NewKey:
    return AccessKeys(guarded.app).create()


def client(server: MasticServer, key: NewKey, service: str = "glue", **changes: str) -> Any:
    credentials = {"aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key}
    return server.client(service, **{**credentials, **changes})


def test_a_right_signature(guarded: MasticServer, key: NewKey) -> None:
    assert client(guarded, key).get_jobs()["Jobs"] == []
    assert client(guarded, key, "secretsmanager").list_secrets()["SecretList"] == []
    assert client(guarded, key, "logs").describe_log_groups()["logGroups"] == []
    assert client(guarded, key, "sts").get_caller_identity()["Arn"].endswith("user/mastic")


def test_no_signature(guarded: MasticServer) -> None:
    assert post(guarded, b"{}").error[0] == "MissingAuthenticationTokenException"


def test_a_wrong_key(guarded: MasticServer, key: NewKey) -> None:
    with pytest.raises(ClientError, match="no access key 'AKIANOBODY'") as error:
        client(guarded, key, aws_access_key_id="AKIANOBODY").get_jobs()
    assert code(error) == "UnrecognizedClientException"


def test_a_wrong_secret(guarded: MasticServer, key: NewKey) -> None:
    with pytest.raises(ClientError, match="does not match the signature you provided") as error:
        client(guarded, key, aws_secret_access_key="guess").get_jobs()
    assert code(error) == "InvalidSignatureException"


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_skewed_by_an_hour(guarded: MasticServer, key: NewKey, clock: ManualClock, hours: int) -> None:
    clock.advance(timedelta(hours=hours))
    with pytest.raises(ClientError, match="set the clock of the calling machine") as error:
        client(guarded, key).get_jobs()
    assert code(error) == "InvalidSignatureException"


def test_an_expired_signature(guarded: MasticServer, key: NewKey, clock: ManualClock) -> None:
    url = client(guarded, key, "sts").generate_presigned_url("get_caller_identity", ExpiresIn=60)
    path = url.removeprefix(guarded.endpoint)
    clock.advance(timedelta(seconds=61))
    connection = http.client.HTTPConnection(guarded.endpoint.removeprefix("http://"))
    connection.request("GET", path)
    reply = connection.getresponse().read()
    connection.close()
    assert b"<Code>RequestExpired</Code>" in reply
    assert b"for 60 s" in reply


def test_a_tampered_body(guarded: MasticServer, key: NewKey) -> None:
    headers = {"X-Amz-Target": "AWSGlue.GetJob", "Content-Type": JSON}
    request = AWSRequest("POST", guarded.endpoint + "/", headers=headers, data=b'{"JobName":"mine"}')
    SigV4Auth(Credentials(key.access_key_id, key.secret_access_key), "glue", "us-east-1").add_auth(request)
    signed = dict(request.headers.items())
    assert post(guarded, b'{"JobName":"mine"}', None, **signed).error[0] == "EntityNotFoundException"
    assert post(guarded, b'{"JobName":"your"}', None, **signed).error[0] == "InvalidSignatureException"


def test_a_deleted_key(guarded: MasticServer, key: NewKey) -> None:
    with guarded.app.store.write() as connection:
        from mastic.security.tables import access_keys

        connection.execute(access_keys.delete())
    with pytest.raises(ClientError) as error:
        client(guarded, key).get_jobs()
    assert code(error) == "UnrecognizedClientException"


def test_a_request_cut_off_half_way_does_nothing(server: MasticServer) -> None:
    where = urlsplit(server.endpoint)
    whole = b'{"Name":"cut","Role":"r","Command":{"Name":"glueetl"}}'
    with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
        head = f"POST / HTTP/1.1\r\nHost: {where.netloc}\r\nX-Amz-Target: AWSGlue.CreateJob\r\nContent-Type: {JSON}\r\n"
        raw.sendall(f"{head}Content-Length: {len(whole) + 1}\r\n\r\n".encode() + whole)
    assert server.client("glue").get_jobs()["Jobs"] == []  # a second request, after the first has been dropped
