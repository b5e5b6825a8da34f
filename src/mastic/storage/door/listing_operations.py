"""ListObjects (v1, v2) and ListObjectVersions.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from mastic.storage.door import xml
from mastic.storage.door.bucket_operations import OWNER, XML_HEADERS
from mastic.storage.door.context import Door
from mastic.storage.door.http import Request, Response
from mastic.storage.errors import InvalidArgument
from mastic.storage.listing import Page, list_page
from mastic.storage.objects import ObjectInfo

MAX_KEYS = 1000


class _Listing:
    """The parameters all listings have in common."""

    def __init__(self, door: Door, request: Request) -> None:
        query = request.query
        self.bucket = door.bucket(request)
        self.prefix, self.delimiter = query.get("prefix", ""), query.get("delimiter", "")
        self.encoding = query.get("encoding-type")
        if self.encoding not in (None, "", "url"):
            raise InvalidArgument("Invalid Encoding Method specified in Request", ArgumentValue=str(self.encoding))
        self.max_keys = _max_keys(query.get("max-keys", str(MAX_KEYS)))

    def page(self, after: bytes) -> Page:
        """The page after this key or common prefix."""
        return list_page(
            self.bucket,
            prefix=self.prefix.encode(),
            delimiter=self.delimiter.encode(),
            after=after,
            limit=min(self.max_keys, MAX_KEYS),
        )

    def text(self, value: bytes | str) -> str:
        """A key as the client wants it: URL-encoded if it asked for that."""
        if self.encoding:
            return quote(value, safe="/")
        return value if isinstance(value, str) else value.decode()

    def common(self) -> list[xml.Child]:
        """The elements that repeat the request."""
        return [
            ("Name", self.bucket.name),
            ("Prefix", self.text(self.prefix)),
            ("MaxKeys", self.max_keys),
            ("Delimiter", self.text(self.delimiter) if self.delimiter else None),
            ("EncodingType", self.encoding or None),
        ]

    def prefixes(self, page: Page) -> list[xml.Child]:
        """The common prefixes of a page."""
        return [("CommonPrefixes", [("Prefix", self.text(prefix))]) for prefix in page.prefixes]

    def contents(self, info: ObjectInfo, *, owner: bool) -> list[xml.Child]:
        """One object of a listing."""
        return [
            ("Key", self.text(info.key)),
            ("LastModified", xml.timestamp(info.mtime_ns / 1e9)),
            ("ETag", f'"{info.etag}"'),
            *(("ChecksumAlgorithm", name.upper()) for name in info.meta.checksums),
            ("ChecksumType", info.meta.checksum_type if info.meta.checksums else None),
            ("Size", info.size),
            ("StorageClass", info.meta.headers.get("x-amz-storage-class", "STANDARD")),
            ("Owner", OWNER if owner else None),
        ]


def list_objects_v2(door: Door, request: Request) -> Response:
    """ListObjectsV2."""
    listing, query = _Listing(door, request), request.query
    token, start_after = query.get("continuation-token"), query.get("start-after", "")
    page = listing.page(_decode_token(token) if token is not None else start_after.encode())
    owner = query.get("fetch-owner", "").lower() == "true"
    children: list[xml.Child] = [
        *listing.common(),
        ("KeyCount", len(page.objects) + len(page.prefixes)),
        ("IsTruncated", page.truncated),
        ("ContinuationToken", token),
        ("NextContinuationToken", _encode_token(page.last) if page.truncated else None),
        ("StartAfter", listing.text(start_after) if start_after else None),
        *(("Contents", listing.contents(info, owner=owner)) for info in page.objects),
        *listing.prefixes(page),
    ]
    return Response(200, dict(XML_HEADERS), xml.document("ListBucketResult", children))


def list_objects(door: Door, request: Request) -> Response:
    """ListObjects (version 1): NextMarker only with a delimiter, as S3 does."""
    listing, marker = _Listing(door, request), request.query.get("marker", "")
    page = listing.page(marker.encode())
    next_marker = listing.text(page.last) if page.truncated and listing.delimiter else None
    children: list[xml.Child] = [
        *listing.common(),
        ("Marker", listing.text(marker)),
        ("NextMarker", next_marker),
        ("IsTruncated", page.truncated),
        *(("Contents", listing.contents(info, owner=True)) for info in page.objects),
        *listing.prefixes(page),
    ]
    return Response(200, dict(XML_HEADERS), xml.document("ListBucketResult", children))


def list_object_versions(door: Door, request: Request) -> Response:
    """ListObjectVersions of a bucket without versioning: each object once, as version `null`."""
    listing, marker = _Listing(door, request), request.query.get("key-marker", "")
    page = listing.page(marker.encode())
    children: list[xml.Child] = [
        *listing.common(),
        ("KeyMarker", listing.text(marker)),
        ("VersionIdMarker", ""),
        ("NextKeyMarker", listing.text(page.last) if page.truncated else None),
        ("NextVersionIdMarker", "null" if page.truncated else None),
        ("IsTruncated", page.truncated),
    ]
    for info in page.objects:
        version: list[xml.Child] = [("VersionId", "null"), ("IsLatest", True)]
        children.append(("Version", version + listing.contents(info, owner=True)))
    children += listing.prefixes(page)
    return Response(200, dict(XML_HEADERS), xml.document("ListVersionsResult", children))


def _max_keys(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 2**31 - 1:
        raise InvalidArgument(
            "Argument maxKeys must be an integer between 0 and 2147483647",
            ArgumentName="max-keys",
            ArgumentValue=text,
        )
    return int(text)


def _encode_token(key: bytes) -> str:
    return base64.urlsafe_b64encode(b"1" + key).decode()


def _decode_token(token: str) -> bytes:
    try:
        text = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        text = b""
    if text[:1] != b"1":
        raise InvalidArgument(
            "The continuation token provided is incorrect",
            ArgumentName="continuation-token",
            ArgumentValue=token,
        )
    return text[1:]
