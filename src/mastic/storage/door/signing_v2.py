"""Presigned URLs of signature version 2, which boto3 still makes by default for S3 in us-east-1.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mastic.storage.errors import AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch

if TYPE_CHECKING:
    from mastic.storage.door.context import Host
    from mastic.storage.door.http import Request

_SUBRESOURCES = frozenset(
    {
        *("accelerate", "acl", "cors", "delete", "lifecycle", "location", "logging", "notification", "partNumber"),
        *("policy", "requestPayment", "restore", "tagging", "torrent", "uploadId", "uploads", "versionId"),
        *("versioning", "versions", "website", "response-cache-control", "response-content-disposition"),
        *("response-content-encoding", "response-content-language", "response-content-type", "response-expires"),
    }
)


def is_signed(request: Request) -> bool:
    """Whether the URL carries a signature of version 2."""
    return "AWSAccessKeyId" in request.query and "Signature" in request.query


def authenticate(host: Host, request: Request) -> None:
    """Verify the URL. Raises AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch."""
    query = request.query
    identity = host.find_identity(query["AWSAccessKeyId"])
    if identity is None:
        raise InvalidAccessKeyId("The AWS Access Key Id you provided does not exist in our records")
    expires = query.get("Expires", "")
    if not expires.isascii() or not expires.isdigit() or len(expires) > 11:
        raise AccessDenied(f"Query-string authentication requires Expires in epoch seconds; it is {expires!r}")
    digest = hmac.digest(identity.secret_access_key.encode(), _to_sign(request, expires).encode(), hashlib.sha1)
    if not hmac.compare_digest(base64.b64encode(digest), query["Signature"].encode()):
        raise SignatureDoesNotMatch(
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method"
        )
    ends = datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(expires))
    now = host.clock.now()
    if now > ends or (identity.expires_on is not None and identity.expires_on <= now):
        raise AccessDenied("Request has expired", Expires=ends.isoformat())


def _to_sign(request: Request, expires: str) -> str:
    headers, query = request.headers, request.query
    amz = sorted((name, " ".join(value.split())) for name, value in headers.items() if name.startswith("x-amz-"))
    path = request.raw_path.decode("latin-1")
    if request.virtual_host:
        path = f"/{request.bucket}{path}"
    elif request.bucket and not request.key and not path.endswith("/"):
        path += "/"  # a bucket is signed with its slash, sent or not
    subresources = sorted((name, value) for name, value in query.items() if name in _SUBRESOURCES)
    resource = "&".join(f"{name}={value}" if value else name for name, value in subresources)
    return "\n".join(
        (
            request.method,
            headers.get("content-md5", ""),
            headers.get("content-type", ""),
            expires,
            *(f"{name}:{value}" for name, value in amz),
            path + (f"?{resource}" if resource else ""),
        )
    )
