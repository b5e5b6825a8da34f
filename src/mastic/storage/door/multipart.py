"""Multipart uploads: create, upload or copy a part, list, complete, abort.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import hashlib
import re
from xml.etree.ElementTree import Element

from mastic.storage import checksums, drafts, uploads
from mastic.storage.buckets import Bucket
from mastic.storage.door import xml
from mastic.storage.door.bodies import Received
from mastic.storage.door.bucket_operations import OWNER, XML_HEADERS
from mastic.storage.door.context import Door
from mastic.storage.door.http import Request, Response
from mastic.storage.door.metadata import condition_of, meta_of
from mastic.storage.door.writing import checksum_headers, open_source
from mastic.storage.errors import InvalidArgument, InvalidRange, MalformedXml
from mastic.storage.objects import OpenObject
from mastic.storage.uploads import NamedPart, Upload, check_part_number

MAX_LISTED = 1000
_RANGE = re.compile(r"bytes=(\d+)-(\d+)", re.ASCII)


def create_multipart_upload(door: Door, request: Request) -> Response:
    """CreateMultipartUpload."""
    bucket = door.bucket(request)
    algorithm, kind = request.header("x-amz-checksum-algorithm"), request.header("x-amz-checksum-type").upper()
    upload = uploads.create(bucket, request.key, meta_of(request), algorithm, kind)
    children: list[xml.Child] = [("Bucket", bucket.name), ("Key", xml.printable(upload.key)), ("UploadId", upload.id)]
    headers = dict(XML_HEADERS)
    if upload.algorithm:
        headers["x-amz-checksum-algorithm"] = upload.algorithm.upper()
        headers["x-amz-checksum-type"] = upload.checksum_type
    return Response(200, headers, xml.document("InitiateMultipartUploadResult", children))


def prepare_part(door: Door, request: Request) -> Bucket:
    """Everything that can be refused before the part's body is read."""
    check_part_number(request.query["partNumber"])
    bucket, _ = _upload(door, request)
    return bucket


def upload_part(door: Door, request: Request, received: Received) -> Response:
    """UploadPart, once its body has arrived."""
    bucket, upload = _upload(door, request)
    number = check_part_number(request.query["partNumber"])
    checksum = received.checksums.get(upload.algorithm, "")
    uploads.add_part(bucket, upload, number, received.draft, received.md5, checksum)
    return Response(200, {"etag": f'"{received.md5}"', **checksum_headers(received.checksums)})


def upload_part_copy(door: Door, request: Request) -> Response:
    """UploadPartCopy, of a whole object or a range."""
    number = check_part_number(request.query["partNumber"])
    bucket, upload = _upload(door, request)
    with open_source(door, request) as (_, opened), bucket.draft() as draft:
        offset, size = _copy_range(request, opened.info.size)
        md5, checksum = _hash(opened, offset, size, upload.algorithm)
        drafts.copy_range(opened.fd, draft.fd, offset, size)
        part = uploads.add_part(bucket, upload, number, draft, md5, checksum)
    children: list[xml.Child] = [("LastModified", xml.timestamp(part.mtime_ns / 1e9)), ("ETag", f'"{md5}"')]
    if checksum:
        children.append((f"Checksum{upload.algorithm.upper()}", checksum))
    return Response(200, dict(XML_HEADERS), xml.document("CopyPartResult", children))


def complete_multipart_upload(door: Door, request: Request) -> Response:
    """CompleteMultipartUpload; repeated after success, it answers the same again."""
    bucket = door.bucket(request)
    root = xml.parse(request.body, "CompleteMultipartUpload")
    named = [_named_part(part) for part in root.findall("Part")]
    if not named:
        raise MalformedXml("The XML you provided names no parts; at least one is needed")
    upload_id = request.query["uploadId"]
    with bucket.upload_lock(upload_id):
        done = uploads.completed(bucket, upload_id)
        if done is None:
            upload = uploads.get(bucket, request.key, upload_id)
            done = uploads.complete(bucket, upload, named, condition_of(request.headers))
    children: list[xml.Child] = [
        ("Location", f"{door.host.settings.endpoint}{request.raw_path.decode('latin-1')}"),
        ("Bucket", bucket.name),
        ("Key", xml.printable(request.key.decode())),
        ("ETag", f'"{done.etag}"'),
        *((f"Checksum{name.upper()}", value) for name, value in done.checksums.items()),
        ("ChecksumType", done.checksum_type if done.checksums else None),
    ]
    return Response(200, dict(XML_HEADERS), xml.document("CompleteMultipartUploadResult", children))


def abort_multipart_upload(door: Door, request: Request) -> Response:
    """AbortMultipartUpload."""
    bucket, upload = _upload(door, request)
    with bucket.upload_lock(upload.id):
        uploads.abort(bucket, upload)
    return Response(204)


def list_parts(door: Door, request: Request) -> Response:
    """ListParts."""
    bucket, upload = _upload(door, request)
    marker = _number(request, "part-number-marker", 0)
    limit = min(_number(request, "max-parts", MAX_LISTED), MAX_LISTED)
    found = [part for part in uploads.parts(bucket, upload) if part.number > marker]
    page = found[:limit]
    children: list[xml.Child] = [
        ("Bucket", bucket.name),
        ("Key", xml.printable(upload.key)),
        ("UploadId", upload.id),
        ("Initiator", OWNER),
        ("Owner", OWNER),
        ("StorageClass", upload.meta.headers.get("x-amz-storage-class", "STANDARD")),
        ("ChecksumAlgorithm", upload.algorithm.upper() or None),
        ("ChecksumType", upload.checksum_type or None),
        ("PartNumberMarker", marker),
        ("NextPartNumberMarker", page[-1].number if page else 0),
        ("MaxParts", limit),
        ("IsTruncated", len(found) > limit),
    ]
    for part in page:
        fields: list[xml.Child] = [
            ("PartNumber", part.number),
            ("LastModified", xml.timestamp(part.mtime_ns / 1e9)),
            ("ETag", f'"{part.etag}"'),
            ("Size", part.size),
        ]
        if part.checksum:
            fields.append((f"Checksum{upload.algorithm.upper()}", part.checksum))
        children.append(("Part", fields))
    return Response(200, dict(XML_HEADERS), xml.document("ListPartsResult", children))


def list_multipart_uploads(door: Door, request: Request) -> Response:
    """ListMultipartUploads, with prefix and markers."""
    bucket, query = door.bucket(request), request.query
    prefix = query.get("prefix", "")
    after = (query.get("key-marker", "").encode(), query.get("upload-id-marker", ""))
    limit = min(_number(request, "max-uploads", MAX_LISTED), MAX_LISTED)
    found = [
        upload
        for upload in sorted(uploads.uploads(bucket), key=lambda upload: (upload.key.encode(), upload.id))
        if upload.key.startswith(prefix) and _is_after(upload, after)
    ]
    page, truncated = found[:limit], len(found) > limit
    children: list[xml.Child] = [
        ("Bucket", bucket.name),
        ("KeyMarker", query.get("key-marker", "")),
        ("UploadIdMarker", query.get("upload-id-marker", "")),
        ("NextKeyMarker", page[-1].key if truncated and page else None),
        ("NextUploadIdMarker", page[-1].id if truncated and page else None),
        ("Prefix", prefix),
        ("MaxUploads", limit),
        ("IsTruncated", truncated),
    ]
    for upload in page:
        fields: list[xml.Child] = [
            ("Key", upload.key),
            ("UploadId", upload.id),
            ("Initiator", OWNER),
            ("Owner", OWNER),
            ("StorageClass", upload.meta.headers.get("x-amz-storage-class", "STANDARD")),
            ("Initiated", xml.timestamp(upload.initiated)),
            ("ChecksumAlgorithm", upload.algorithm.upper() or None),
            ("ChecksumType", upload.checksum_type or None),
        ]
        children.append(("Upload", fields))
    return Response(200, dict(XML_HEADERS), xml.document("ListMultipartUploadsResult", children))


def _upload(door: Door, request: Request) -> tuple[Bucket, Upload]:
    bucket = door.bucket(request)
    return bucket, uploads.get(bucket, request.key, request.query["uploadId"])


def _is_after(upload: Upload, marker: tuple[bytes, str]) -> bool:
    key, upload_id = marker
    if upload_id:
        return (upload.key.encode(), upload.id) > marker
    return upload.key.encode() > key


def _named_part(element: Element) -> NamedPart:
    number = check_part_number(xml.text(element, "PartNumber").strip())
    given = [xml.text(element, f"Checksum{name.upper()}", "") for name in checksums.ALGORITHMS]
    return NamedPart(number, xml.text(element, "ETag").strip().strip('"'), next((v for v in given if v), ""))


def _copy_range(request: Request, size: int) -> tuple[int, int]:
    text = request.header("x-amz-copy-source-range")
    if not text:
        return 0, size
    match = _RANGE.fullmatch(text)
    if not match:
        raise InvalidArgument(f"x-amz-copy-source-range must be bytes=first-last; it is {text!r}")
    first, last = int(match[1]), int(match[2])
    if first > last or last >= size:
        raise InvalidRange(f"Range {text!r} is not valid for a source of {size} bytes")
    return first, last - first + 1


def _hash(opened: OpenObject, offset: int, size: int, algorithm: str) -> tuple[str, str]:
    md5, digest = hashlib.md5(usedforsecurity=False), checksums.new(algorithm) if algorithm else None
    end = offset + size
    while offset < end:
        block = opened.read(offset, min(1 << 20, end - offset))
        md5.update(block)
        if digest:
            digest.update(block)
        offset += len(block)
    return md5.hexdigest(), checksums.encode(digest) if digest else ""


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "") or str(default)
    if not text.isascii() or not text.isdigit():
        raise InvalidArgument(f"{name} must be a number; it is {text!r}", ArgumentName=name, ArgumentValue=text)
    return int(text)
