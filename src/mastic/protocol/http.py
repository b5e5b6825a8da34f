"""The AWS API over HTTP: JSON 1.1 for Glue, CloudWatch Logs and Secrets Manager, the query protocol for STS.

The body is read on the event loop; everything else happens in a thread, because handlers talk to the database.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from mastic.protocol import query
from mastic.protocol.caller import Caller
from mastic.protocol.errors import (
    AwsError,
    InternalServiceException,
    OperationNotSupportedException,
    RequestEntityTooLargeException,
    SerializationException,
    UnknownOperationException,
)
from mastic.protocol.model import service as service_model
from mastic.protocol.registry import OPERATIONS

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 8 * 1024 * 1024
# A client that is still sending does not read our refusal, so up to this much is read and thrown away first.
DISCARDED_BYTES = 64 * 1024 * 1024
SERVICES_BY_TARGET = {"AWSGlue": "glue", "Logs_20140328": "logs", "secretsmanager": "secretsmanager"}
_JSON = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are in lower case, path and query as on the wire."""

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_query_protocol(self) -> bool:
        if "x-amz-target" in self.headers:
            return False
        is_form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        return is_form or "Action=" in self.raw_query


@dataclass(frozen=True)
class Response:
    """One HTTP response."""

    body: bytes
    content_type: str = _JSON
    status: int = 200
    error_code: str | None = None


class _Disconnected(Exception):
    """The client went away before its request was complete: nothing of it may be acted on."""


class Api:
    """Answers requests of the AWS API: authenticate, check, handle, serialise."""

    def __init__(
        self,
        executor: Executor,
        authenticate: Callable[[Request], Caller],
        context: Callable[[Caller, str], Any],
    ) -> None:
        self._executor = executor
        self._authenticate = authenticate
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = str(uuid.uuid4())
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await _read(receive, headers.get("content-length", ""))
        except _Disconnected:
            return
        except RequestEntityTooLargeException as error:
            await _send(send, _json_failure(error, "glue", request_id), request_id, close=True)
            return
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        request = Request(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body)
        response = await asyncio.get_running_loop().run_in_executor(self._executor, self.respond, request, request_id)
        await _send(send, response, request_id)

    def respond(self, request: Request, request_id: str) -> Response:
        """The response to one request; an error is a response too."""
        service, target = _target(request)
        try:
            caller = self._authenticate(request)
            return self._handle(service, target, request, self._context(caller, request_id), request_id)
        except AwsError as error:
            failure = error
        except Exception:
            log.exception("request %s (%s.%s) failed", request_id, service, target)
            failure = InternalServiceException(f"Internal error: the server's log explains request {request_id}")
        if request.is_query_protocol:
            namespace = service_model("sts").xml_namespace
            return Response(query.failure(failure, namespace, request_id), "text/xml", failure.status, failure.code)
        return _json_failure(failure, service, request_id)

    def _handle(self, service: str | None, name: str, request: Request, context: Any, request_id: str) -> Response:
        if service is None or name not in service_model(service).operations:
            raise UnknownOperationException(_unknown(request, name))
        operation = OPERATIONS.get((service, name))
        if operation is None:
            raise OperationNotSupportedException(f"Mastic does not have {service}:{name} yet; see docs/coverage.md")
        compiled = service_model(service).operation(name)
        if request.is_query_protocol:
            result = compiled.serialize(operation.handler(context, {}))
            return Response(query.success(name, service_model(service).xml_namespace, request_id, result), "text/xml")
        parsed = compiled.parse(_decode(request.body))
        return Response(msgspec.json.encode(compiled.serialize(operation.handler(context, parsed))))


def _target(request: Request) -> tuple[str | None, str]:
    """Service (None when AWS has none of that name) and operation."""
    if request.is_query_protocol:
        form = request.body.decode("latin-1") if request.body else request.raw_query
        return "sts", query.action(form) or ""
    prefix, _, name = request.headers.get("x-amz-target", "").partition(".")
    return SERVICES_BY_TARGET.get(prefix), name


def _unknown(request: Request, name: str) -> str:
    if request.is_query_protocol:
        return f"Action {name!r} is not an operation of STS"
    target = request.headers.get("x-amz-target")
    if target is None:
        return "The request has no X-Amz-Target header, such as 'AWSGlue.GetJob'"
    known = ", ".join(f"{prefix}.<Operation>" for prefix in SERVICES_BY_TARGET)
    return f"X-Amz-Target {target!r} is not an operation; targets are {known}, named as in the AWS API reference"


def _decode(body: bytes) -> Any:
    if not body:
        return {}
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise SerializationException(f"The request body is not valid JSON: {error}") from None


def _json_failure(error: AwsError, service: str | None, request_id: str) -> Response:
    member = service_model(service or "glue").error_message_member(error.code)
    body = msgspec.json.encode({"__type": error.code, member: error.message})
    return Response(body, _JSON, error.status, error.code)


async def _read(receive: Receive, content_length: str) -> bytes:
    announced = int(content_length) if content_length.isdecimal() else 0
    if announced > DISCARDED_BYTES:
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if max(size, announced) <= MAX_BODY_BYTES:
            parts.append(chunk)
        else:
            parts.clear()
        if not message.get("more_body", False) or size > DISCARDED_BYTES:
            break
    if size > MAX_BODY_BYTES:
        raise _too_large()
    return b"".join(parts) if len(parts) > 1 else parts[0]


def _too_large() -> RequestEntityTooLargeException:
    return RequestEntityTooLargeException(f"The request body is larger than {MAX_BODY_BYTES} bytes")


async def _send(send: Send, response: Response, request_id: str, *, close: bool = False) -> None:
    headers = [
        (b"content-type", response.content_type.encode()),
        (b"content-length", str(len(response.body)).encode()),
        (b"x-amzn-requestid", request_id.encode()),
    ]
    if response.error_code:
        headers.append((b"x-amzn-errortype", response.error_code.encode()))
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
