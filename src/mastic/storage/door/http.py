"""One S3 request and one response, on bare ASGI: S3 needs the raw path, and a megabyte a message."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from mastic.storage.errors import InvalidUri, StorageError
from mastic.storage.objects import OpenObject

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# Virtual-host style: bucket.localhost, bucket.s3.localhost, bucket.s3.us-east-1.localhost.
_VIRTUAL_HOST = re.compile(r"(?P<bucket>.+?)(?:\.s3)?(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.localhost(?::\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """What the client asked. Header names are lower case; `bucket` and `key` are empty where the path has none."""

    method: str
    bucket: str
    key: bytes
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw_path: bytes
    raw_query: bytes
    virtual_host: bool = False
    body: bytes = b""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:16].upper())

    def header(self, name: str) -> str:
        """The header's value, empty when absent."""
        return self.headers.get(name, "")


@dataclass(slots=True)
class Response:
    """What the client gets: bytes, or a range of an open object, which the door streams and closes."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    source: OpenObject | None = None
    offset: int = 0
    length: int = 0


def parse(scope: Mapping[str, Any]) -> Request:
    """The request of an ASGI scope. Raises InvalidURI for a path that is not UTF-8."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    virtual = _VIRTUAL_HOST.fullmatch(headers.get("host", ""))
    bucket, key = _address(unquote_to_bytes(raw_path), virtual["bucket"] if virtual else "")
    raw_query = scope.get("query_string", b"")
    query = dict(parse_qsl(raw_query.decode("latin-1"), keep_blank_values=True))
    if "AWSAccessKeyId" in query:  # a version 2 URL carries the headers it signs
        carried = {
            k.lower(): v for k, v in query.items() if k.startswith("x-amz-") or k in ("content-md5", "content-type")
        }
        headers = {**carried, **headers}
    return Request(
        method=scope["method"],
        bucket=bucket,
        key=key,
        query=query,
        headers=headers,
        raw_path=raw_path,
        raw_query=raw_query,
        virtual_host=virtual is not None,
    )


def _address(path: bytes, virtual_bucket: str) -> tuple[str, bytes]:
    path = path[1:]
    bucket, _, key = (virtual_bucket.encode(), b"", path) if virtual_bucket else path.partition(b"/")
    try:
        key.decode()
        return bucket.decode(), key
    except UnicodeDecodeError:
        raise InvalidUri("Couldn't parse the specified URI: the path is not UTF-8", URI=repr(path)) from None


def http_date(mtime_ns: int) -> str:
    """`Sat, 21 Nov 2026 02:48:13 GMT`."""
    return formatdate(mtime_ns // 1_000_000_000, usegmt=True)


def error_response(error: StorageError, request: Request | None) -> Response:
    """The error as S3's XML; HEAD and 304 carry none."""
    from mastic.storage.door import xml

    request_id = request.id if request else "0"
    children = [("Code", error.code), ("Message", xml.printable(error.message))]
    children += [(name, xml.printable(value)) for name, value in error.detail.items()]
    if request:
        children.append(("Resource", request.raw_path.decode("latin-1")))
    children += [("RequestId", request_id), ("HostId", "mastic")]
    headers = {"content-type": "application/xml", **error.headers}
    return Response(error.status, headers, xml.document("Error", children, namespace=""))
