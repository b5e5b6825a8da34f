"""Who signed the request: the header and presigned forms are the protocol's, the signed stream is S3's own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mastic.protocol import errors as protocol
from mastic.protocol import sigv4
from mastic.storage.door import signing_v2
from mastic.storage.door.bodies import ChunkSigning
from mastic.storage.errors import (
    AccessDenied,
    ContentSha256Mismatch,
    InvalidAccessKeyId,
    SignatureDoesNotMatch,
    StorageError,
)

if TYPE_CHECKING:
    from mastic.storage.door.context import Host
    from mastic.storage.door.http import Request

UNSIGNED = "UNSIGNED-PAYLOAD"


class RequestTimeTooSkewed(StorageError):
    code, status = "RequestTimeTooSkewed", 403


class AuthorizationHeaderMalformed(StorageError):
    code, status = "AuthorizationHeaderMalformed", 400


class ExpiredToken(StorageError):
    code, status = "ExpiredToken", 400


# S3's own words for the protocol's errors; the first that fits counts.
_MEANING: tuple[tuple[type[protocol.AwsError], type[StorageError]], ...] = (
    (protocol.MissingAuthenticationTokenException, AccessDenied),
    (protocol.RequestExpired, AccessDenied),
    (protocol.SignatureTooNew, RequestTimeTooSkewed),
    (protocol.SignatureTooOld, RequestTimeTooSkewed),
    (protocol.ExpiredTokenException, ExpiredToken),
    (protocol.IncompleteSignatureException, AuthorizationHeaderMalformed),
    (protocol.UnrecognizedClientException, InvalidAccessKeyId),
    (protocol.InvalidSignatureException, SignatureDoesNotMatch),
)


def authenticate(host: Host, request: Request) -> ChunkSigning | None:
    """Verify the signature; returns what verifies the chunks of a signed stream, if it is one. Raises S3's errors."""
    if signing_v2.is_signed(request):
        signing_v2.authenticate(host, request)
        return None
    declared = request.header("x-amz-content-sha256")
    path, query = request.raw_path.decode("latin-1"), request.raw_query.decode("latin-1")
    try:
        sigv4.authenticate(host, request.method, path, query, request.headers, declared or UNSIGNED)
        if not declared.startswith("STREAMING-AWS4-HMAC-SHA256"):
            return None
        signature = sigv4.parse(query, request.headers)
        identity = host.find_identity(signature.access_key_id)
    except protocol.AwsError as error:
        raise _meaning(error) from None
    if identity is None:
        raise InvalidAccessKeyId("The AWS Access Key Id you provided does not exist in our records")
    key = sigv4.signing_key(identity.secret_access_key, signature.date, signature.region, signature.service)
    return ChunkSigning(key, signature.signed_at, signature.scope, signature.signature)


def check_body(request: Request) -> None:
    """Compare a small body with the hash that was signed. Raises XAmzContentSHA256Mismatch."""
    declared = request.header("x-amz-content-sha256")
    if len(declared) == 64 and hashlib.sha256(request.body).hexdigest() != declared:
        raise ContentSha256Mismatch("The provided 'x-amz-content-sha256' header does not match what was computed")


def _meaning(error: protocol.AwsError) -> StorageError:
    kind = next((ours for theirs, ours in _MEANING if isinstance(error, theirs)), AccessDenied)
    return kind(error.message)
