"""GetObject, HeadObject, GetObjectAttributes: ranges, conditions and header overrides.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from mastic.storage import checksums
from mastic.storage.door import xml
from mastic.storage.door.bucket_operations import XML_HEADERS
from mastic.storage.door.context import Door
from mastic.storage.door.http import Request, Response, http_date
from mastic.storage.errors import (
    InvalidArgument,
    InvalidPartNumber,
    InvalidRange,
    NotImplementedByDoor,
    PreconditionFailed,
)
from mastic.storage.objects import ObjectInfo, head, open_object
from mastic.storage.sidecar import DEFAULT_CONTENT_TYPE
from mastic.storage.uploads import check_part_number

OVERRIDES = {
    "response-cache-control": "cache-control",
    "response-content-disposition": "content-disposition",
    "response-content-encoding": "content-encoding",
    "response-content-language": "content-language",
    "response-content-type": "content-type",
    "response-expires": "expires",
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


def get_object(door: Door, request: Request) -> Response:
    """GetObject: the response holds the file open; the door streams it."""
    bucket = door.bucket(request)
    check_readable(request)
    opened = open_object(bucket, request.key)
    try:
        response = _answer(request, opened.info)
        if response.length and response.status in (200, 206):
            response.source = opened
        return response
    finally:
        if "response" not in locals() or response.source is None:
            opened.close()


def head_object(door: Door, request: Request) -> Response:
    """HeadObject: GetObject without the bytes."""
    bucket = door.bucket(request)
    check_readable(request)
    return _answer(request, head(bucket, request.key))


def get_object_attributes(door: Door, request: Request) -> Response:
    """GetObjectAttributes."""
    info = head(door.bucket(request), request.key)
    wanted = {name.strip() for name in request.header("x-amz-object-attributes").split(",")}
    children: list[xml.Child] = []
    if "ETag" in wanted:
        children.append(("ETag", info.etag))
    if "Checksum" in wanted and info.meta.checksums:
        values: list[xml.Child] = [(f"Checksum{name.upper()}", v) for name, v in info.meta.checksums.items()]
        children.append(("Checksum", [*values, ("ChecksumType", info.meta.checksum_type)]))
    if "ObjectParts" in wanted and info.meta.parts:
        children.append(("ObjectParts", [("TotalPartsCount", len(info.meta.parts))]))
    if "StorageClass" in wanted:
        children.append(("StorageClass", info.meta.headers.get("x-amz-storage-class", "STANDARD")))
    if "ObjectSize" in wanted:
        children.append(("ObjectSize", info.size))
    headers = {**XML_HEADERS, "last-modified": http_date(info.mtime_ns)}
    return Response(200, headers, xml.document("GetObjectAttributesResponse", children))


def check_readable(request: Request) -> None:
    """Refuse what an unversioned bucket without customer keys cannot answer."""
    version = request.query.get("versionId", "null")
    if version != "null":
        raise InvalidArgument("Invalid version id specified: the bucket has no versions", ArgumentValue=version)
    if request.header("x-amz-server-side-encryption-customer-algorithm"):
        raise NotImplementedByDoor("Encryption with customer-provided keys (SSE-C) is not implemented")


def check_conditions(headers: Mapping[str, str], info: ObjectInfo, prefix: str = "") -> bool:
    """Whether the client's copy is still good (304). Raises PreconditionFailed. `prefix` is for CopyObject."""
    match, none_match = headers.get(prefix + "if-match", ""), headers.get(prefix + "if-none-match", "")
    modified = _later_than(info, headers.get(prefix + "if-modified-since", ""))
    unmodified = _later_than(info, headers.get(prefix + "if-unmodified-since", ""))
    if match and not _etag_in(match, info.etag):
        raise PreconditionFailed("At least one of the pre-conditions you specified did not hold", Condition="If-Match")
    if not match and unmodified is True:
        raise PreconditionFailed(
            "At least one of the pre-conditions you specified did not hold", Condition="If-Unmodified-Since"
        )
    if none_match:
        return _etag_in(none_match, info.etag)
    return modified is False


def object_headers(info: ObjectInfo) -> dict[str, str]:
    """The headers every answer about this object has."""
    headers = {
        "accept-ranges": "bytes",
        "content-type": DEFAULT_CONTENT_TYPE,
        "etag": f'"{info.etag}"',
        "last-modified": http_date(info.mtime_ns),
        **info.meta.headers,
        **{f"x-amz-meta-{name}": value for name, value in info.meta.user.items()},
    }
    if info.meta.tags:
        headers["x-amz-tagging-count"] = str(len(info.meta.tags))
    return headers


def _answer(request: Request, info: ObjectInfo) -> Response:
    headers = object_headers(info)
    if check_conditions(request.headers, info):
        kept = ("etag", "last-modified", "cache-control", "expires")
        return Response(304, {name: headers[name] for name in kept if name in headers})
    for name, header in OVERRIDES.items():
        if name in request.query:
            headers[header] = request.query[name]
    span = _span(request, info, headers)
    offset, length = span or (0, info.size)
    headers["content-length"] = str(length)
    if span is None:
        _add_checksums(request, info, headers)
        return Response(200, headers, length=length)
    headers["content-range"] = f"bytes {offset}-{offset + length - 1}/{info.size}"
    return Response(206, headers, offset=offset, length=length)


def _span(request: Request, info: ObjectInfo, headers: dict[str, str]) -> tuple[int, int] | None:
    """Offset and length of the part of the object that is asked for, None for the whole."""
    if "partNumber" in request.query:
        return _part(check_part_number(request.query["partNumber"]), info, headers)
    match = _RANGE.fullmatch(unquote(request.header("range")).replace(" ", ""))
    if not match or match.group() == "bytes=-":
        return None  # absent, several ranges or nonsense: the whole object, as S3 does
    first, last = match.groups()
    size = info.size
    if not first:
        length = min(int(last), size)
        start, end = size - length, size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
    if start >= size or end < start:
        error = InvalidRange("The requested range is not satisfiable", ActualObjectSize=str(size))
        error.headers["content-range"] = f"bytes */{size}"
        raise error
    return start, end - start + 1


def _part(number: int, info: ObjectInfo, headers: dict[str, str]) -> tuple[int, int] | None:
    parts = info.meta.parts
    if number > max(len(parts), 1):
        raise InvalidPartNumber(
            "The requested partnumber is not satisfiable",
            PartNumberRequested=str(number),
            ActualPartCount=str(max(len(parts), 1)),
        )
    if not parts:
        return (0, info.size) if info.size else None
    headers["x-amz-mp-parts-count"] = str(len(parts))
    return sum(part.size for part in parts[: number - 1]), parts[number - 1].size


def _add_checksums(request: Request, info: ObjectInfo, headers: dict[str, str]) -> None:
    if request.header("x-amz-checksum-mode").upper() != "ENABLED":
        return
    for algorithm, value in info.meta.checksums.items():
        headers[checksums.HEADER + algorithm] = value
        headers[checksums.HEADER + "type"] = info.meta.checksum_type


def _etag_in(header: str, etag: str) -> bool:
    values = [value.strip().removeprefix("W/").strip('"') for value in header.split(",")]
    return "*" in values or etag in values


def _later_than(info: ObjectInfo, header: str) -> bool | None:
    """Whether the object changed after the header's time, to the second; None without a usable header."""
    if not header:
        return None
    try:
        return info.mtime_ns // 1_000_000_000 > parsedate_to_datetime(header).timestamp()
    except (TypeError, ValueError):
        return None
