"""Verifies AWS Signature Version 4, in headers and in presigned URLs.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
A request costs two hashes and one HMAC: keys and derived signing keys are cached.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote, unquote

from mastic.clock import Clock
from mastic.protocol.caller import Caller, Identity
from mastic.protocol.errors import (
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    RequestExpired,
    SignatureTooNew,
    SignatureTooOld,
    UnrecognizedClientException,
)

ALGORITHM = "AWS4-HMAC-SHA256"
WINDOW = timedelta(minutes=15)
LONGEST_PRESIGNED_SECONDS = 7 * 24 * 3600
_SCOPE_DATE = re.compile(r"\d{8}")
_NEVER_IN_SIGNATURE = "X-Amz-Signature"


class Verifier(Protocol):
    """What verification needs of an App."""

    clock: Clock
    find_identity: Callable[[str], Identity | None]


@dataclass(frozen=True)
class Signature:
    """One signature, taken apart. `scope` is `date/region/service/aws4_request`."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    signed_at: str
    expires_seconds: int | None = None
    session_token: str | None = None

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def authenticate(
    app: Verifier, method: str, raw_path: str, raw_query: str, headers: Mapping[str, str], payload_hash: str
) -> Caller:
    """Who signed this request. `headers` have lower-case names; `raw_path` and `raw_query` are as on the wire.

    `payload_hash` is what the signer put in the canonical request: the hex SHA-256 of the body, or for S3 the value
    of `x-amz-content-sha256` (`UNSIGNED-PAYLOAD` for a presigned URL). Raises the signature errors of
    `protocol.errors`; each message says what is wrong.
    """
    signature = parse(raw_query, headers)
    identity = app.find_identity(signature.access_key_id)
    if identity is None:
        raise UnrecognizedClientException(
            f"The security token included in the request is invalid: no access key {signature.access_key_id!r}"
        )
    now = app.clock.now()
    _check_time(signature, now)
    if identity.expires_on is not None and identity.expires_on <= now:
        raise ExpiredTokenException("The security token included in the request is expired")
    _check_signed_headers(signature, headers)
    wanted = expected_signature(
        signature, identity.secret_access_key, method, raw_path, raw_query, headers, payload_hash
    )
    if not hmac.compare_digest(wanted.encode(), signature.signature.encode()):
        raise InvalidSignatureException(
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
        )
    if signature.session_token:  # ours have none: this one belongs to another installation or to AWS
        raise UnrecognizedClientException("The security token included in the request is invalid")
    return identity.caller


def parse(raw_query: str, headers: Mapping[str, str]) -> Signature:
    """The signature of a request, from its Authorization header or its query. Raises when there is none."""
    authorization = headers.get("authorization", "")
    if authorization.startswith(ALGORITHM):
        return _from_header(authorization, headers)
    if authorization:
        raise IncompleteSignatureException(f"Unsupported authorization {authorization.split()[0]!r}: {ALGORITHM} is")
    query = dict(_query_pairs(raw_query))
    if "X-Amz-Algorithm" in query or _NEVER_IN_SIGNATURE in query:
        return _from_query(query)
    raise MissingAuthenticationTokenException("Missing Authentication Token: sign the request with an access key")


def claimed_access_key(raw_query: str, headers: Mapping[str, str]) -> str | None:
    """The access key id a request names, unverified; None when it is not signed."""
    try:
        return parse(raw_query, headers).access_key_id
    except (IncompleteSignatureException, MissingAuthenticationTokenException):
        return None


@lru_cache(maxsize=1024)
def signing_key(secret_access_key: str, date: str, region: str, service: str) -> bytes:
    """The key of one day, region and service, which also signs S3's `aws-chunked` chunks."""
    key = f"AWS4{secret_access_key}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def expected_signature(
    signature: Signature,
    secret_access_key: str,
    method: str,
    raw_path: str,
    raw_query: str,
    headers: Mapping[str, str],
    payload_hash: str,
) -> str:
    """The signature this request should carry, in hex."""
    canonical_headers = "".join(f"{name}:{_folded(headers.get(name, ''))}\n" for name in signature.signed_headers)
    canonical_request = "\n".join(
        (
            method,
            canonical_path(raw_path, signature.service),
            canonical_query(raw_query),
            canonical_headers,
            ";".join(signature.signed_headers),
            payload_hash,
        )
    )
    hashed = hashlib.sha256(canonical_request.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{signature.signed_at}\n{signature.scope}\n{hashed}"
    key = signing_key(secret_access_key, signature.date, signature.region, signature.service)
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def canonical_path(raw_path: str, service: str) -> str:
    """S3 signs the path encoded once, as sent; every other service encodes it a second time."""
    if service == "s3":
        return "/".join(_encoded(_decoded(part)) for part in raw_path.split("/")) or "/"
    return quote(_without_dots(raw_path), safe="/~")


def canonical_query(raw_query: str) -> str:
    """The query sorted and encoded as signed, without the signature itself."""
    if not raw_query:
        return ""
    pairs = [(_encoded(k), _encoded(v)) for k, v in _query_pairs(raw_query) if k != _NEVER_IN_SIGNATURE]
    return "&".join(f"{key}={value}" for key, value in sorted(pairs))


def _from_header(authorization: str, headers: Mapping[str, str]) -> Signature:
    fields: dict[str, str] = {}
    for part in authorization[len(ALGORITHM) :].split(","):
        key, _, value = part.strip().partition("=")
        fields[key] = value
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if not fields.get(name)]
    if missing:
        raise IncompleteSignatureException(
            f"Authorization header requires {' and '.join(repr(name) for name in missing)} parameter"
        )
    signed_at = headers.get("x-amz-date") or _http_date(headers.get("date"))
    if not signed_at:
        raise IncompleteSignatureException(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header"
        )
    return _signature(
        fields["Credential"],
        fields["SignedHeaders"],
        fields["Signature"],
        signed_at,
        session_token=headers.get("x-amz-security-token"),
    )


def _from_query(query: Mapping[str, str]) -> Signature:
    names = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date")
    missing = [name for name in names if not query.get(name)]
    if missing:
        raise IncompleteSignatureException(f"A presigned request requires {', '.join(missing)}")
    if query["X-Amz-Algorithm"] != ALGORITHM:
        raise IncompleteSignatureException(f"X-Amz-Algorithm must be {ALGORITHM}, not {query['X-Amz-Algorithm']!r}")
    lifetime = query.get("X-Amz-Expires", str(int(WINDOW.total_seconds())))
    if not lifetime.isdecimal() or int(lifetime) > LONGEST_PRESIGNED_SECONDS:
        raise IncompleteSignatureException(
            f"X-Amz-Expires must be a number of seconds up to {LONGEST_PRESIGNED_SECONDS}, not {lifetime!r}"
        )
    return _signature(
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        query["X-Amz-Date"],
        session_token=query.get("X-Amz-Security-Token"),
        expires_seconds=int(lifetime),
    )


def _signature(
    credential: str,
    signed_headers: str,
    signature: str,
    signed_at: str,
    *,
    session_token: str | None,
    expires_seconds: int | None = None,
) -> Signature:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request" or not _SCOPE_DATE.fullmatch(parts[1]):
        raise IncompleteSignatureException(
            f"Credential must have the form <access-key-id>/YYYYMMDD/region/service/aws4_request, got: {credential!r}"
        )
    key_id, date, region, service, _ = parts
    names = tuple(signed_headers.split(";"))
    return Signature(key_id, date, region, service, names, signature, signed_at, expires_seconds, session_token)


def _check_time(signature: Signature, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(signature.signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise IncompleteSignatureException(
            f"X-Amz-Date must be in ISO-8601 'basic format' (20260131T235959Z), got {signature.signed_at!r}"
        ) from None
    if not signature.signed_at.startswith(signature.date):
        raise InvalidSignatureException(
            f"Date in Credential scope {signature.date!r} differs from the request's date {signature.signed_at!r}"
        )
    if signed_at > now + WINDOW:
        raise SignatureTooNew(
            f"Signature not yet current: {signature.signed_at} is still later than {_basic(now + WINDOW)} "
            f"({_basic(now)} + 15 min.): set the clock of the calling machine"
        )
    if signature.expires_seconds is not None:
        if now > signed_at + timedelta(seconds=signature.expires_seconds):
            raise RequestExpired(
                f"Request expired: signed {signature.signed_at} for {signature.expires_seconds} s, it is {_basic(now)}"
            )
        return
    if signed_at < now - WINDOW:
        raise SignatureTooOld(
            f"Signature expired: {signature.signed_at} is now earlier than {_basic(now - WINDOW)} "
            f"({_basic(now)} - 15 min.): set the clock of the calling machine"
        )


def _check_signed_headers(signature: Signature, headers: Mapping[str, str]) -> None:
    signed = set(signature.signed_headers)
    unsigned = sorted(name for name in headers if name not in signed and (name == "host" or name.startswith("x-amz-")))
    if unsigned:
        raise InvalidSignatureException(
            f"'Host' and every 'X-Amz-' header must be a signed header; not signed: {', '.join(unsigned)}"
        )


def _query_pairs(raw_query: str) -> list[tuple[str, str]]:
    pairs = []
    for part in raw_query.split("&"):
        key, _, value = part.partition("=")
        if part:
            pairs.append((_decoded(key), _decoded(value)))
    return pairs


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~", errors="surrogateescape")


def _decoded(text: str) -> str:
    return unquote(text, errors="surrogateescape")


def _folded(value: str) -> str:
    return " ".join(value.split())


def _without_dots(path: str) -> str:
    """`/a/./b//../c` -> `/a/c`, as every service but S3 signs it."""
    if "." not in path and "//" not in path:
        return path or "/"
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    trailing = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + trailing


def _http_date(value: str | None) -> str | None:
    if not value:
        return None
    from email.utils import parsedate_to_datetime

    try:
        return _basic(parsedate_to_datetime(value))
    except ValueError:
        return value


def _basic(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
