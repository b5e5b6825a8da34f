"""The headers of a write that become the object's metadata, and tags."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from mastic.storage.door.http import Request
from mastic.storage.errors import InvalidArgument, InvalidTag, MetadataTooLarge, NotImplementedByDoor
from mastic.storage.objects import Condition
from mastic.storage.sidecar import Meta

MAX_USER_METADATA_BYTES = 2048
MAX_TAGS = 10
STORED_HEADERS = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
_USER = "x-amz-meta-"
_ACLS = ("", "private", "bucket-owner-full-control", "bucket-owner-read")


def meta_of(request: Request) -> Meta:
    """The metadata a write asks for. Raises the S3 errors for what cannot be kept."""
    check_writable(request)
    headers = {name: request.headers[name] for name in STORED_HEADERS if request.headers.get(name)}
    encodings = [part.strip() for part in headers.pop("content-encoding", "").split(",")]
    encoding = ",".join(part for part in encodings if part and part != "aws-chunked")
    if encoding:
        headers["content-encoding"] = encoding
    if headers.get("x-amz-storage-class") == "STANDARD":
        del headers["x-amz-storage-class"]  # S3 names every class but this one
    user = {name.removeprefix(_USER): value for name, value in request.headers.items() if name.startswith(_USER)}
    size = sum(len(name) + len(value) for name, value in user.items())
    if size > MAX_USER_METADATA_BYTES:
        raise MetadataTooLarge(
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=str(size),
            MaxSizeAllowed=str(MAX_USER_METADATA_BYTES),
        )
    return Meta(headers=headers, user=user, tags=tags_of(request.header("x-amz-tagging")))


def tags_of(header: str) -> dict[str, str]:
    """The tags of an `x-amz-tagging` header. Raises InvalidTag, InvalidArgument."""
    pairs = parse_qsl(header, keep_blank_values=True)
    return check_tags(pairs)


def check_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """At most ten tags, each key once, keys to 128 and values to 256 characters. Raises InvalidTag."""
    tags = dict(pairs)
    if len(tags) != len(pairs):
        raise InvalidTag("Cannot provide multiple Tags with the same key")
    if len(tags) > MAX_TAGS:
        raise InvalidTag(f"Object tags cannot be greater than {MAX_TAGS}")
    for key, value in tags.items():
        if not 0 < len(key) <= 128:
            raise InvalidTag("The TagKey you have provided is invalid: 1 to 128 characters", TagKey=key)
        if len(value) > 256:
            raise InvalidTag("The TagValue you have provided is invalid: at most 256 characters", TagValue=value)
    return tags


def check_writable(request: Request) -> None:
    """Refuse promises that would not be kept: customer keys, public ACLs, object locks."""
    if request.header("x-amz-server-side-encryption-customer-algorithm"):
        raise NotImplementedByDoor("Encryption with customer-provided keys (SSE-C) is not implemented")
    if request.header("x-amz-acl") not in _ACLS or any(name.startswith("x-amz-grant-") for name in request.headers):
        raise _AccessControlListNotSupported("The bucket does not allow ACLs")
    if request.header("x-amz-object-lock-mode") or request.header("x-amz-object-lock-legal-hold") == "ON":
        raise NotImplementedByDoor("Object Lock is not implemented")


def condition_of(headers: Mapping[str, str]) -> Condition:
    """The condition of a write. Raises NotImplemented for an If-None-Match other than `*`, as S3 does."""
    none_match = headers.get("if-none-match", "")
    if none_match not in ("", "*"):
        raise NotImplementedByDoor("If-None-Match takes only '*' on a write")
    return Condition(if_match=headers.get("if-match", "").strip('"'), if_absent=none_match == "*")


class _AccessControlListNotSupported(InvalidArgument):
    code = "AccessControlListNotSupported"
