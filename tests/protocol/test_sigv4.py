"""Signature Version 4: whatever botocore signs is accepted, and nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from mastic.clock import Clock, ManualClock
from mastic.protocol import errors, sigv4
from mastic.protocol.caller import Caller, Identity

KEY, SECRET = "AKIAEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CALLER = Caller(KEY, "arn:aws:iam::123456789012:user/mastic", "123456789012")
ENDPOINT = "http://127.0.0.1:4590"


@dataclass
class Host:
    """What verification needs of an app; its clock is the signer's unless a test moves it."""

    clock: Clock = field(default_factory=lambda: ManualClock(datetime.now(UTC)))
    identity: Identity = field(default_factory=lambda: Identity(SECRET, CALLER))

    def find_identity(self, access_key_id: str) -> Identity | None:
        return self.identity if access_key_id == KEY else None


@dataclass
class Wire:
    """A request as it arrives."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body_hash: str

    def verify(self, host: Host) -> Caller:
        return sigv4.authenticate(host, self.method, self.path, self.query, self.headers, self.body_hash)


def signed(
    signer: Any = SigV4Auth,
    service: str = "glue",
    method: str = "POST",
    path: str = "/",
    body: bytes = b"{}",
    headers: dict[str, str] | None = None,
    secret: str = SECRET,
    **options: Any,
) -> Wire:
    request = AWSRequest(method, ENDPOINT + path, headers=headers or {}, data=body)
    signer(Credentials(KEY, secret), service, "us-east-1", **options).add_auth(request)
    url = urlsplit(request.url)
    got = {name.lower(): value for name, value in request.headers.items()} | {"host": url.netloc}
    if service == "s3":
        body_hash = got.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    else:
        body_hash = hashlib.sha256(body).hexdigest()
    return Wire(method, url.path, url.query, got, body_hash)


def test_a_signed_request_is_its_caller_s() -> None:
    wire = signed(headers={"X-Amz-Target": "AWSGlue.GetJob", "Content-Type": "application/x-amz-json-1.1"})
    assert wire.verify(Host()) is CALLER


SEGMENT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6)
QUERY = st.dictionaries(SEGMENT, st.text(st.characters(codec="utf-8"), max_size=4), max_size=3)


@settings(deadline=None)
@given(st.lists(SEGMENT, max_size=3), QUERY, st.binary(max_size=20))
def test_whatever_botocore_signs_for_s3_is_accepted(parts: list[str], query: dict[str, str], body: bytes) -> None:
    path = "/" + "/".join(quote(part, safe="~") for part in parts)
    text = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in query.items())
    wire = signed(S3SigV4Auth, "s3", "PUT", f"{path}?{text}" if text else path, body, {"X-Amz-Meta-A": " two  spaces "})
    assert wire.verify(Host()) is CALLER


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "é", "a b", "%", "+", "x.y", "~"]), max_size=3))
def test_other_services_encode_the_path_twice(parts: list[str]) -> None:
    path = "/" + "/".join(quote(part, safe="~") for part in parts)
    assert signed(path=path, service="mastic").verify(Host()) is CALLER


def test_presigned_urls() -> None:
    wire = signed(S3SigV4QueryAuth, "s3", "GET", "/bucket/a%20b%2Bc?versionId=1", b"", expires=60)
    assert wire.verify(Host()) is CALLER
    assert signed(SigV4QueryAuth, "sts", "GET", "/?Action=GetCallerIdentity", b"").verify(Host()) is CALLER


@pytest.mark.parametrize("change", ["method", "path", "query", "body_hash", "x-amz-target", "x-amz-date"])
def test_a_tampered_request_is_refused(change: str) -> None:
    wire = signed(path="/a?b=c", headers={"X-Amz-Target": "AWSGlue.GetJob"})
    if change == "x-amz-target":
        wire.headers[change] = "AWSGlue.DeleteJob"
    elif change == "x-amz-date":
        stamp = datetime.strptime(wire.headers[change], "%Y%m%dT%H%M%SZ") + timedelta(seconds=1)
        wire.headers[change] = stamp.strftime("%Y%m%dT%H%M%SZ")
    else:
        setattr(wire, change, {"method": "PUT", "path": "/b", "query": "b=d", "body_hash": "0" * 64}[change])
    with pytest.raises(errors.InvalidSignatureException):
        wire.verify(Host())


def test_a_wrong_secret_is_refused() -> None:
    with pytest.raises(errors.InvalidSignatureException, match="does not match the signature you provided"):
        signed(secret="guess").verify(Host())


def test_an_unknown_key_is_refused() -> None:
    host = Host()
    wire = signed()
    wire.headers["authorization"] = wire.headers["authorization"].replace(KEY, "AKIANOBODY")
    with pytest.raises(errors.UnrecognizedClientException, match="'AKIANOBODY'"):
        wire.verify(host)


def test_an_added_header_must_be_signed() -> None:
    wire = signed()
    wire.headers["x-amz-target"] = "AWSGlue.DeleteJob"
    with pytest.raises(errors.InvalidSignatureException, match="not signed: x-amz-target"):
        wire.verify(Host())


@pytest.mark.parametrize(
    ("minutes", "error"),
    [
        (14, None),
        (-14, None),
        (16, errors.SignatureTooOld),
        (60, errors.SignatureTooOld),
        (-60, errors.SignatureTooNew),
    ],
)
def test_the_clock_window(minutes: int, error: type[Exception] | None) -> None:
    host = Host(clock=ManualClock(datetime.now(UTC) + timedelta(minutes=minutes)))
    if error is None:
        assert signed().verify(host) is CALLER
        return
    with pytest.raises(error, match="set the clock of the calling machine"):
        signed().verify(host)


def test_a_presigned_url_lives_as_long_as_it_says() -> None:
    wire = signed(S3SigV4QueryAuth, "s3", "GET", "/b/k", b"", expires=3600)
    clock = ManualClock(datetime.now(UTC) + timedelta(minutes=59))
    assert wire.verify(Host(clock=clock)) is CALLER
    clock.advance(timedelta(minutes=2))
    with pytest.raises(errors.RequestExpired, match="for 3600 s"):
        wire.verify(Host(clock=clock))


def test_an_expired_key_is_refused() -> None:
    past = Identity(SECRET, CALLER, expires_on=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(errors.ExpiredTokenException):
        signed().verify(Host(identity=past))


@pytest.mark.parametrize(
    ("headers", "query", "error", "message"),
    [
        ({}, "", errors.MissingAuthenticationTokenException, "Missing Authentication Token"),
        ({"authorization": "Basic eDp5"}, "", errors.IncompleteSignatureException, "'Basic'"),
        ({"authorization": "AWS4-HMAC-SHA256"}, "", errors.IncompleteSignatureException, "'Credential'"),
        (
            {"authorization": "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0", "x-amz-date": "x"},
            "",
            errors.IncompleteSignatureException,
            "YYYYMMDD/region/service/aws4_request",
        ),
        (
            {"authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/r/s/aws4_request, SignedHeaders=host, "
             "Signature=0"},
            "",
            errors.IncompleteSignatureException,
            "'X-Amz-Date'",
        ),
        (
            {"authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/r/s/aws4_request, SignedHeaders=host, "
             "Signature=0", "x-amz-date": "yesterday"},
            "",
            errors.IncompleteSignatureException,
            "'yesterday'",
        ),
        ({}, "X-Amz-Algorithm=AWS4-HMAC-SHA256", errors.IncompleteSignatureException, "X-Amz-Credential"),
    ],
)  # fmt: skip
def test_half_a_signature(headers: dict[str, str], query: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sigv4.authenticate(Host(), "GET", "/", query, headers, "")


def test_verification_takes_microseconds() -> None:
    import timeit

    wire, host = signed(headers={"X-Amz-Target": "AWSGlue.GetJob"}), Host()
    assert min(timeit.repeat(lambda: wire.verify(host), number=100, repeat=5)) / 100 < 0.0005
