"""Which S3 operation a request is: by method, by whether it names a bucket and a key, and by its subresource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mastic.storage.buckets import Bucket
from mastic.storage.door import bucket_operations as buckets
from mastic.storage.door import listing_operations as listings
from mastic.storage.door import multipart, reading, writing
from mastic.storage.door.context import BodyHandler, Door, Handler
from mastic.storage.door.http import Request
from mastic.storage.errors import MethodNotAllowed, NotImplementedByDoor


@dataclass(frozen=True, slots=True)
class Simple:
    """An operation whose body, if any, is small. `slow` ones keep the connection alive while they work."""

    handler: Handler
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Streamed:
    """An operation whose body is the object: refused by `prepare` or read to disk, then handled."""

    prepare: Callable[[Door, Request], Bucket]
    handler: BodyHandler


Route = Simple | Streamed

_SERVICE: dict[str, Route] = {"GET": Simple(buckets.list_buckets)}
_BUCKET: dict[tuple[str, str], Route] = {
    ("GET", ""): Simple(listings.list_objects),
    ("GET", "list-type"): Simple(listings.list_objects_v2),
    ("GET", "versions"): Simple(listings.list_object_versions),
    ("GET", "uploads"): Simple(multipart.list_multipart_uploads),
    ("GET", "location"): Simple(buckets.get_bucket_location),
    ("HEAD", ""): Simple(buckets.head_bucket),
    ("PUT", ""): Simple(buckets.create_bucket),
    ("DELETE", ""): Simple(buckets.delete_bucket),
    ("POST", "delete"): Simple(writing.delete_objects),
}
for _name in buckets.CONFIGURATIONS:
    _BUCKET["GET", _name] = Simple(buckets.get_configuration)
    _BUCKET["PUT", _name] = Simple(buckets.put_configuration)
    _BUCKET["DELETE", _name] = Simple(buckets.delete_configuration)
_OBJECT: dict[tuple[str, str], Route] = {
    ("GET", ""): Simple(reading.get_object),
    ("GET", "attributes"): Simple(reading.get_object_attributes),
    ("GET", "tagging"): Simple(writing.get_object_tagging),
    ("GET", "acl"): Simple(buckets.get_acl),
    ("GET", "uploadId"): Simple(multipart.list_parts),
    ("HEAD", ""): Simple(reading.head_object),
    ("PUT", ""): Streamed(writing.prepare_put, writing.put_object),
    ("PUT", "copy"): Simple(writing.copy_object, slow=True),
    ("PUT", "tagging"): Simple(writing.put_object_tagging),
    ("PUT", "uploadId"): Streamed(multipart.prepare_part, multipart.upload_part),
    ("PUT", "uploadId copy"): Simple(multipart.upload_part_copy, slow=True),
    ("POST", "uploads"): Simple(multipart.create_multipart_upload),
    ("POST", "uploadId"): Simple(multipart.complete_multipart_upload, slow=True),
    ("DELETE", ""): Simple(writing.delete_object),
    ("DELETE", "tagging"): Simple(writing.delete_object_tagging),
    ("DELETE", "uploadId"): Simple(multipart.abort_multipart_upload),
}
_UNSUPPORTED = set(
    "analytics append inventory intelligent-tiering legal-hold metadataTable metrics object-lock policyStatus "  # noqa: SIM905
    "renameObject restore retention select session torrent".split()
)
_BUCKET_NAMES = {name for _, name in _BUCKET} | _UNSUPPORTED
_OBJECT_NAMES = {name for _, name in _OBJECT} | _UNSUPPORTED


def find(request: Request) -> Route:
    """The operation. Raises MethodNotAllowed, NotImplemented naming what was asked."""
    if not request.bucket:
        return _pick(_SERVICE.get(request.method), request, "")
    if not request.key:
        name = next((name for name in request.query if name in _BUCKET_NAMES), "")
        return _pick(_BUCKET.get((request.method, name)), request, name)
    name = next((name for name in request.query if name in _OBJECT_NAMES), "")
    if request.method == "PUT" and "x-amz-copy-source" in request.headers:
        name = f"{name} copy".strip()
    return _pick(_OBJECT.get((request.method, name)), request, name)


def _pick(route: Route | None, request: Request, name: str) -> Route:
    if route is not None:
        return route
    if name:
        raise NotImplementedByDoor(f"{request.method} ?{name} is not implemented by this S3 door")
    raise MethodNotAllowed("The specified method is not allowed against this resource", Method=request.method)
