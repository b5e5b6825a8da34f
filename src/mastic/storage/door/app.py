"""The ASGI application: from socket to answer, file work in threads, bodies in constant memory."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from mastic.storage.buckets import Buckets
from mastic.storage.cleaning import clean
from mastic.storage.door import xml
from mastic.storage.door.bodies import Disconnected, Inflow, pour, spec_of
from mastic.storage.door.context import Door, Host
from mastic.storage.door.http import Receive, Request, Response, Send, error_response, parse
from mastic.storage.door.routes import Simple, Streamed, find
from mastic.storage.door.signing import authenticate, check_body
from mastic.storage.errors import EntityTooLarge, InvalidRequest, StorageError, from_os

log = logging.getLogger(__name__)

BLOCK_BYTES = 1 << 20
SMALL_BODY_BYTES = 8 << 20
DRAINED_BYTES = 4 << 20
DRAIN_SECONDS = 2.0
KEEP_ALIVE_SECONDS = 5.0
THREADS = 16

T = TypeVar("T")


class S3Door:
    """S3 on the bucket folders of one app. Routes everything that is not another door's."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._door = Door(host, Buckets(host.settings.buckets, fsync=host.settings.storage_fsync))
        # Its own threads: a hundred slow uploads must not keep the Glue API waiting.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="s3")
        self._threads.submit(clean, self._door.buckets)

    def close(self) -> None:
        """Release the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request: Request | None = None
        inlet = _Inlet(receive)
        try:
            request = parse(scope)
            response = await self._answer(request, inlet, send)
        except Disconnected:
            return
        except Exception as error:
            await inlet.drain()
            response = error_response(_as_storage_error(error, request), request)
        if response is not None:
            await self._send(response, request, receive, send)

    async def _answer(self, request: Request, inlet: _Inlet, send: Send) -> Response | None:
        endpoint = self._host.settings.storage_endpoint
        if endpoint:
            raise InvalidRequest(f"storage.endpoint is set: S3 is at {endpoint}; set AWS_ENDPOINT_URL_S3={endpoint}")
        verifies = self._host.settings.auth == "sigv4"
        signing = await self._run(authenticate, self._host, request) if verifies else None
        route = find(request)
        if isinstance(route, Streamed):
            spec = spec_of(request, signing, verify_sha256=verifies)
            bucket = await self._run(route.prepare, self._door, request)
            received = await pour(inlet, Inflow(bucket.draft, spec), self._run)
            return await self._run(_finish, route, self._door, request, received)
        body = await inlet.read()
        if body:
            request = replace(request, body=body)
        if verifies:
            check_body(request)
        if route.slow:
            return await self._slow(route, request, send)
        return await self._run(route.handler, self._door, request)

    async def _slow(self, route: Simple, request: Request, send: Send) -> Response | None:
        """As S3: after some seconds begin a 200 and send blanks, so that the client waits for a large copy."""
        work = asyncio.ensure_future(self._run(route.handler, self._door, request))
        done, _ = await asyncio.wait([work], timeout=KEEP_ALIVE_SECONDS)
        if done:
            return work.result()
        headers = [(b"content-type", b"application/xml"), (b"x-amz-request-id", request.id.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": xml.PROLOG, "more_body": True})
        while not done:
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            done, _ = await asyncio.wait([work], timeout=KEEP_ALIVE_SECONDS)
        try:
            body = work.result().body
        except Exception as error:
            body = error_response(_as_storage_error(error, request), request).body
        await send({"type": "http.response.body", "body": body.removeprefix(xml.PROLOG)})
        return None

    async def _send(self, response: Response, request: Request | None, receive: Receive, send: Send) -> None:
        source = response.source
        try:
            headers = {"x-amz-request-id": request.id if request else "0", "x-amz-id-2": "mastic", **response.headers}
            headers.setdefault("content-length", str(len(response.body)))
            if response.status in (204, 304):
                del headers["content-length"]
            raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
            body, sent = response.body, 0
            if source:
                sent = min(response.length, BLOCK_BYTES)
                body = await self._run(source.read, response.offset, sent)
            await send({"type": "http.response.start", "status": response.status, "headers": raw})
            if request and request.method == "HEAD":
                body = b""
            await send(
                {"type": "http.response.body", "body": body, "more_body": sent < response.length and bool(source)}
            )
            if source and sent < response.length:
                await self._stream(response, sent, receive, send)
        finally:
            if source:
                source.close()

    async def _stream(self, response: Response, sent: int, receive: Receive, send: Send) -> None:
        """The blocks after the first, each read while the one before is on its way."""
        source = response.source
        if source is None:
            return
        gone = asyncio.ensure_future(receive())
        try:
            while sent < response.length and not gone.done():
                size = min(response.length - sent, BLOCK_BYTES)
                data = await self._run(source.read, response.offset + sent, size)
                sent += size
                await send({"type": "http.response.body", "body": data, "more_body": sent < response.length})
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone

    def _run(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


def _as_storage_error(error: Exception, request: Request | None) -> StorageError:
    if isinstance(error, StorageError):
        return error
    log.error("S3 request %s failed", request.id if request else "", exc_info=error)
    if isinstance(error, OSError):
        return from_os(error)
    return StorageError("We encountered an internal error; the server's log has the details")


def _finish(route: Streamed, door: Door, request: Request, received: Any) -> Response:
    try:
        return route.handler(door, request, received)
    finally:
        received.draft.close()


class _Inlet:
    """The request's body, remembering whether all of it has been read: after that, receiving waits for a disconnect."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.more = True

    async def __call__(self) -> dict[str, Any]:
        message = await self._receive()
        self.more = message.get("more_body", False)
        return message

    async def read(self) -> bytes:
        """All of a small body. Raises EntityTooLarge, Disconnected."""
        parts, size = [], 0
        while self.more:
            message = await self()
            if message["type"] == "http.disconnect":
                raise Disconnected
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > SMALL_BODY_BYTES:
                raise EntityTooLarge(f"This request's body may have at most {SMALL_BODY_BYTES} bytes")
        return b"".join(parts)

    async def drain(self) -> None:
        """Read a little of what a refused client still sends: one that cannot finish sending may not read the error."""
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self.more and size < DRAINED_BYTES:
                    size += len((await self()).get("body", b""))
