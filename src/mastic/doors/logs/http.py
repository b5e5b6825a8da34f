"""Mastic's own two routes for logs: workers write, and the CLI and the console follow. docs/run-api.md has them."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from mastic.app import App
from mastic.doors.logs.chunks import Input
from mastic.doors.logs.store import Batch, Delivery, LogStore, channel
from mastic.jobs.run_api import PREFIX, endpoint, number, wait_until
from mastic.protocol.errors import InvalidParameterException, ResourceNotFoundException

_Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class _Event(msgspec.Struct):
    timestamp_ms: _Milliseconds
    message: str


class _Entry(msgspec.Struct):
    group: str
    stream: str
    events: list[_Event]


class _Delivery(msgspec.Struct):
    writer: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    number: Annotated[int, msgspec.Meta(ge=1, lt=2**53)]


class _Body(msgspec.Struct):
    entries: list[_Entry]
    delivery: _Delivery | None = None


def routes(app: App) -> list[Route]:
    """`POST /_mastic/v1/logs` and `GET /_mastic/v1/logs/tail`."""
    return [
        Route(f"{PREFIX}/logs", endpoint(app, _append), methods=["POST"]),
        Route(f"{PREFIX}/logs/tail", endpoint(app, _tail), methods=["GET"]),
    ]


async def _append(app: App, _: Request, raw: bytes) -> dict[str, Any]:
    """Add events to streams, making groups and streams that are not there."""
    await asyncio.to_thread(_append_now, app, raw)
    return {}


def _append_now(app: App, raw: bytes) -> None:
    body = msgspec.json.decode(raw, type=_Body)
    batches = [
        Batch(entry.group, entry.stream, [Input(event.timestamp_ms, event.message) for event in entry.events])
        for entry in body.entries
    ]
    delivery = Delivery(body.delivery.writer, body.delivery.number) if body.delivery else None
    LogStore(app).append(batches, delivery)


async def _tail(app: App, request: Request, _: bytes) -> dict[str, Any]:
    """A stream's events from `after` on, in the order they were written; waits for some up to `wait_seconds`.

    `next` is the `after` of the next call. A stream that does not exist yet is waited for too.
    """
    group, stream, after = _text(request, "group"), _text(request, "stream"), number(request, "after")
    until = wait_until(request)
    with app.notifier.subscribe(channel(group, stream)) as wakeup:
        while True:
            missing: ResourceNotFoundException | None = None
            try:
                events, following = await asyncio.to_thread(LogStore(app).tail, group, stream, after)
            except ResourceNotFoundException as error:
                events, following, missing = [], after, error
            remaining = until - time.monotonic()
            if events or remaining <= 0 or app.notifier.is_closed or await request.is_disconnected():
                break
            await wakeup.wait(remaining)
    if missing is not None:
        raise missing
    found = [{"seq": e.seq, "timestamp_ms": e.ms, "message": e.message} for e in events]
    return {"events": found, "next": str(following)}


def _text(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if not value or "\0" in value:
        raise InvalidParameterException(f"Query parameter {name!r} is required, as in ?group=/aws-glue/jobs/output")
    return value
