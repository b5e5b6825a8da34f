"""PutObject, CopyObject, DeleteObject, DeleteObjects and object tags.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from __future__ import annotations

import hashlib
from urllib.parse import unquote_to_bytes

import msgspec

from mastic.storage import checksums, objects, removal
from mastic.storage.buckets import Bucket
from mastic.storage.door import xml
from mastic.storage.door.bodies import Received
from mastic.storage.door.bucket_operations import XML_HEADERS
from mastic.storage.door.context import Door
from mastic.storage.door.http import Request, Response
from mastic.storage.door.metadata import check_tags, condition_of, meta_of
from mastic.storage.door.reading import check_conditions, check_readable
from mastic.storage.errors import (
    BadDigest,
    EntityTooLarge,
    InvalidArgument,
    InvalidRequest,
    MalformedXml,
    PreconditionFailed,
    StorageError,
)
from mastic.storage.keys import check_key
from mastic.storage.objects import Condition, OpenObject
from mastic.storage.sidecar import Meta

MAX_DELETED_KEYS = 1000
MAX_COPY_BYTES = 5 << 30


def prepare_put(door: Door, request: Request) -> Bucket:
    """Everything that can be refused before the body is read."""
    bucket = door.bucket(request)
    check_key(request.key)
    meta_of(request)
    condition = condition_of(request.headers)
    if condition.if_absent and objects.find(bucket, request.key):
        raise PreconditionFailed(
            "The object is there already and If-None-Match: * was given", Condition="If-None-Match"
        )
    return bucket


def put_object(door: Door, request: Request, received: Received) -> Response:
    """PutObject, once its body has arrived."""
    meta = msgspec.structs.replace(meta_of(request), etag=received.md5, checksums=received.checksums)
    info = objects.commit(door.bucket(request), request.key, received.draft, meta, condition_of(request.headers))
    headers = {"etag": f'"{info.etag}"', **checksum_headers(received.checksums)}
    if received.checksums:
        headers[checksums.HEADER + "type"] = "FULL_OBJECT"
    return Response(200, headers)


def copy_object(door: Door, request: Request) -> Response:
    """CopyObject, with or without new metadata and tags."""
    target = door.bucket(request)
    with open_source(door, request) as (source, opened):
        replaces = request.header("x-amz-metadata-directive").upper() == "REPLACE"
        same = (source.name, opened.info.key) == (target.name, request.key)
        if same and not replaces and not request.header("x-amz-storage-class"):
            raise InvalidRequest(
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                "object's metadata, storage class, website redirect location or encryption attributes."
            )
        if opened.info.size > MAX_COPY_BYTES:
            raise EntityTooLarge("The specified copy source is larger than 5 GiB; use UploadPartCopy")
        old, new = opened.info.meta, meta_of(request)
        headers, user = (new.headers, new.user) if replaces else (old.headers, old.user)
        tags = new.tags if request.header("x-amz-tagging-directive").upper() == "REPLACE" else old.tags
        whole = old.checksums if old.checksum_type == "FULL_OBJECT" else {}
        meta = Meta(headers=headers, user=user, tags=tags, checksums=whole)
        info = objects.copy(target, request.key, meta, opened, condition_of(request.headers))
    children: list[xml.Child] = [
        ("LastModified", xml.timestamp(info.mtime_ns / 1e9)),
        ("ETag", f'"{info.etag}"'),
        *((f"Checksum{name.upper()}", value) for name, value in whole.items()),
    ]
    return Response(200, dict(XML_HEADERS), xml.document("CopyObjectResult", children))


class open_source:
    """The object named by x-amz-copy-source, open, its conditions checked."""

    def __init__(self, door: Door, request: Request) -> None:
        source, _, query = request.header("x-amz-copy-source").partition("?")
        path = unquote_to_bytes(source).removeprefix(b"/")
        name, _, key = path.partition(b"/")
        if not name or not key:
            raise InvalidArgument(f"x-amz-copy-source must be bucket/key; it is {source!r}")
        if query.startswith("versionId=") and query != "versionId=null":
            raise InvalidArgument("Invalid version id specified: the bucket has no versions")
        try:
            key.decode()
            bucket = door.buckets.get(name.decode())
        except UnicodeDecodeError:
            raise InvalidArgument(f"x-amz-copy-source is not UTF-8: {source!r}") from None
        self._bucket = bucket
        self._opened = objects.open_object(bucket, key)
        try:
            if check_conditions(request.headers, self._opened.info, "x-amz-copy-source-"):
                raise PreconditionFailed("The copy source is unchanged", Condition="x-amz-copy-source-If-None-Match")
        except StorageError:
            self._opened.close()
            raise

    def __enter__(self) -> tuple[Bucket, OpenObject]:
        return self._bucket, self._opened

    def __exit__(self, *_: object) -> None:
        self._opened.close()


def delete_object(door: Door, request: Request) -> Response:
    """DeleteObject: 204 whether or not it was there."""
    check_readable(request)
    condition = condition_of({"if-match": request.header("if-match")})
    removal.delete(door.bucket(request), request.key, condition if condition.if_match else objects.ALWAYS)
    return Response(204)


def delete_objects(door: Door, request: Request) -> Response:
    """DeleteObjects: up to a thousand keys, each with its own outcome."""
    bucket = door.bucket(request)
    verify_small_body(request)
    root = xml.parse(request.body, "Delete")
    named = root.findall("Object")
    if not 0 < len(named) <= MAX_DELETED_KEYS:
        raise MalformedXml(f"The XML you provided names {len(named)} objects; 1 to {MAX_DELETED_KEYS} are allowed")
    quiet = xml.text(root, "Quiet", "false").strip().lower() == "true"
    children: list[xml.Child] = []
    for element in named:
        key = xml.text(element, "Key")
        etag = xml.text(element, "ETag", "").strip('"')
        try:
            removal.delete(bucket, key.encode(), Condition(if_match=etag) if etag else objects.ALWAYS)
        except StorageError as error:
            children.append(("Error", [("Key", key), ("Code", error.code), ("Message", error.message)]))
            continue
        if not quiet:
            children.append(("Deleted", [("Key", key)]))
    return Response(200, dict(XML_HEADERS), xml.document("DeleteResult", children))


def get_object_tagging(door: Door, request: Request) -> Response:
    """GetObjectTagging."""
    info = objects.head(door.bucket(request), request.key)
    tags: list[xml.Child] = [("Tag", [("Key", key), ("Value", value)]) for key, value in info.meta.tags.items()]
    return Response(200, dict(XML_HEADERS), xml.document("Tagging", [("TagSet", tags)]))


def put_object_tagging(door: Door, request: Request) -> Response:
    """PutObjectTagging: replaces all tags."""
    root = xml.parse(request.body, "Tagging")
    pairs = [(xml.text(tag, "Key"), xml.text(tag, "Value", "")) for tag in root.iter("Tag")]
    objects.replace_tags(door.bucket(request), request.key, check_tags(pairs))
    return Response(200)


def delete_object_tagging(door: Door, request: Request) -> Response:
    """DeleteObjectTagging."""
    objects.replace_tags(door.bucket(request), request.key, {})
    return Response(204)


def checksum_headers(values: dict[str, str]) -> dict[str, str]:
    """`x-amz-checksum-<algorithm>` headers."""
    return {checksums.HEADER + name: value for name, value in values.items()}


def verify_small_body(request: Request) -> None:
    """Check the Content-MD5 of an XML body. Raises BadDigest."""
    md5 = request.header("content-md5")
    if md5 and checksums.decode(md5) != hashlib.md5(request.body, usedforsecurity=False).digest():
        raise BadDigest("The Content-MD5 you specified did not match what we received")
