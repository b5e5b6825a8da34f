"""Our own few HTTP routes, for workers and scripts: docs/run-api.md documents them.

Bodies are JSON. An error is `{"error": code, "message": ...}` with 4xx; 409 means that the caller has lost the run.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mastic.app import App
from mastic.jobs import bookmarks, claims
from mastic.jobs.assignment import details
from mastic.jobs.bookmarks import BookmarkConflict
from mastic.jobs.claims import Fenced, Held, Worker
from mastic.jobs.lifecycle import CLAIMABLE_RUNS, Ending, run_channel, worker_channel
from mastic.jobs.states import FINAL, IllegalMove, State
from mastic.protocol.errors import (
    AccessDeniedException,
    AwsError,
    EntityNotFoundException,
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidParameterException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)

PREFIX = "/_mastic/v1"
LONGEST_WAIT_SECONDS = 60.0

_DENIED = (
    AccessDeniedException,
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)

Handler = Callable[[App, Request, bytes], Awaitable[dict[str, Any]]]


class Capacity(msgspec.Struct):
    vcpus: float
    memory_mb: int


class ClaimBody(msgspec.Struct):
    capacity: Capacity
    commands: list[str]
    wait_seconds: float = 0.0
    running: list[str] = []


class HeldBody(msgspec.Struct):
    job_run_id: str
    token: int
    known: str = "continue"


class HeartbeatBody(msgspec.Struct):
    runs: list[HeldBody]
    wait_seconds: float = 0.0


class NotesBody(msgspec.Struct):
    notes: list[str] = []
    token: int | None = None


class StartedBody(msgspec.Struct):
    token: int
    notes: list[str] = []


class FinishedBody(msgspec.Struct):
    token: int
    outcome: str
    error_message: str | None = None
    exit_code: int | None = None
    tail: list[str] = []
    execution_seconds: float | None = None
    peak_memory_mb: float | None = None
    engine: dict[str, Any] | None = None
    notes: list[str] = []


class BookmarkBody(msgspec.Struct):
    expected_version: int
    state: dict[str, Any]


def routes(app: App) -> list[Route]:
    """The routes under `/_mastic/v1` that belong to runs and workers."""
    run = f"{PREFIX}/runs/{{run_id}}"
    table: list[tuple[str, str, Handler]] = [
        ("POST", f"{PREFIX}/workers/{{worker_id}}/claim", _claim),
        ("POST", f"{PREFIX}/workers/{{worker_id}}/heartbeat", _heartbeat),
        ("GET", run, _details),
        ("POST", f"{run}/started", _started),
        ("POST", f"{run}/notes", _notes),
        ("POST", f"{run}/finished", _finished),
        ("GET", f"{run}/bookmark", _read_bookmark),
        ("PUT", f"{run}/bookmark", _commit_bookmark),
    ]
    return [Route(path, endpoint(app, handler), methods=[method]) for method, path, handler in table]


async def _claim(app: App, request: Request, raw: bytes) -> dict[str, Any]:
    body = msgspec.json.decode(raw, type=ClaimBody)
    worker_id = request.path_params["worker_id"]
    worker = Worker(worker_id, body.capacity.vcpus, body.capacity.memory_mb, tuple(body.commands))
    until = time.monotonic() + min(body.wait_seconds, LONGEST_WAIT_SECONDS)
    with app.notifier.subscribe(CLAIMABLE_RUNS, worker_channel(worker_id)) as wakeup:
        await asyncio.to_thread(claims.check_in, app, worker, body.running)
        while True:
            found = await asyncio.to_thread(_claim_now, app, worker)
            remaining = until - time.monotonic()
            if found is not None or remaining <= 0 or not await wakeup.wait(remaining):
                return {"assignment": found}
            # A run given to nobody would wait for its lease to lapse.
            if app.notifier.is_closed or await request.is_disconnected():
                return {"assignment": None}


def _claim_now(app: App, worker: Worker) -> dict[str, Any] | None:
    return claims.claim(app, worker) if claims.has_claimable(app) else None


async def _heartbeat(app: App, request: Request, raw: bytes) -> dict[str, Any]:
    body = msgspec.json.decode(raw, type=HeartbeatBody)
    worker_id = request.path_params["worker_id"]
    held = [Held(one.job_run_id, one.token, one.known) for one in body.runs]
    known = {one.run_id: one.known for one in held}
    until = time.monotonic() + min(body.wait_seconds, LONGEST_WAIT_SECONDS)
    with app.notifier.subscribe(worker_channel(worker_id)) as wakeup:
        await asyncio.to_thread(claims.renew, app, worker_id, held)
        while True:
            answers, due_seconds = await asyncio.to_thread(claims.directives, app, worker_id, held)
            remaining = until - time.monotonic()
            if answers != known or remaining <= 0 or app.notifier.is_closed:
                return {"runs": [{"job_run_id": run_id, "directive": told} for run_id, told in answers.items()]}
            await wakeup.wait(remaining if due_seconds is None else min(remaining, due_seconds))


async def _details(app: App, request: Request, _: bytes) -> dict[str, Any]:
    run_id, until = request.path_params["run_id"], wait_until(request)
    with app.notifier.subscribe(run_channel(run_id)) as wakeup:
        while True:
            found = await asyncio.to_thread(details, app, run_id)
            remaining = until - time.monotonic()
            if found["state"] in FINAL or remaining <= 0 or app.notifier.is_closed or await request.is_disconnected():
                return found
            await wakeup.wait(remaining)


async def _started(app: App, request: Request, raw: bytes) -> dict[str, Any]:
    body = msgspec.json.decode(raw, type=StartedBody)
    run_id = request.path_params["run_id"]
    return {"directive": await asyncio.to_thread(claims.started, app, run_id, body.token, body.notes)}


async def _notes(app: App, request: Request, raw: bytes) -> dict[str, Any]:
    body = msgspec.json.decode(raw, type=NotesBody)
    await asyncio.to_thread(claims.add_notes, app, request.path_params["run_id"], body.token, body.notes)
    return {}


async def _finished(app: App, request: Request, raw: bytes) -> dict[str, Any]:
    body = msgspec.json.decode(raw, type=FinishedBody)
    await asyncio.to_thread(claims.finished, app, request.path_params["run_id"], body.token, _ending(body))
    return {}


async def _read_bookmark(app: App, request: Request, _: bytes) -> dict[str, Any]:
    return await asyncio.to_thread(bookmarks.for_run, app, request.path_params["run_id"])


async def _commit_bookmark(app: App, request: Request, raw: bytes) -> dict[str, Any]:
    body = msgspec.json.decode(raw, type=BookmarkBody)
    run_id = request.path_params["run_id"]
    return {"version": await asyncio.to_thread(bookmarks.commit, app, run_id, body.expected_version, body.state)}


def _ending(body: FinishedBody) -> Ending:
    if body.outcome not in FINAL:
        raise msgspec.ValidationError(f"outcome {body.outcome!r} is not one of {', '.join(sorted(FINAL))}")
    report = {
        "exit_code": body.exit_code,
        "tail": body.tail,
        "peak_memory_mb": body.peak_memory_mb,
        "engine": body.engine,
    }
    message = body.error_message.replace("\0", "") if body.error_message else None
    return Ending(State(body.outcome), message, body.execution_seconds, report, body.notes)


def number(request: Request, name: str) -> int:
    """A whole number from the query; missing and empty are 0. Raises InvalidParameterException."""
    value = request.query_params.get(name, "") or "0"
    if not value.isascii() or not value.isdigit() or len(value) > 15:
        raise InvalidParameterException(f"Query parameter {name} = {value!r} is not a whole number from 0 on")
    return int(value)


def wait_until(request: Request) -> float:
    """When `?wait_seconds=` is over, on the monotonic clock; at most LONGEST_WAIT_SECONDS from now."""
    return time.monotonic() + min(number(request, "wait_seconds"), LONGEST_WAIT_SECONDS)


def endpoint(app: App, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler with authentication and errors; other doors under this prefix use it too."""

    async def answer(request: Request) -> Response:
        try:
            raw = await request.body()
            if app.settings.auth != "open" or "authorization" in request.headers:
                await asyncio.to_thread(_authenticate, app, request, raw)
            return _json(200, await handler(app, request, raw))
        except (Fenced, BookmarkConflict, IllegalMove) as error:
            return _error(409, type(error).__name__, str(error))
        except msgspec.DecodeError as error:
            return _error(400, "InvalidRequest", str(error))
        except EntityNotFoundException as error:
            return _error(404, error.code, error.message)
        except AwsError as error:
            return _error(403 if isinstance(error, _DENIED) else error.status, error.code, error.message)

    return answer


def _authenticate(app: App, request: Request, raw: bytes) -> None:
    """A script shows its run's token, for that run only; workers and people sign. With auth = "open" neither must."""
    header = request.headers.get("authorization", "")
    run_id = request.path_params.get("run_id")
    if header.startswith("Bearer ") and run_id is not None:
        if not claims.run_token_matches(app, run_id, header.removeprefix("Bearer ")):
            raise Fenced(f"the token is not that of run {run_id}'s current claim, or the run has ended")
        return
    if app.settings.auth == "open":
        return
    if not header:
        raise AccessDeniedException("Sign the request (Signature Version 4, service mastic) or send the run's token.")
    from mastic.protocol import sigv4

    sigv4.authenticate(
        app,
        request.method,
        request.scope["raw_path"].decode(),
        request.scope["query_string"].decode(),
        request.headers,
        hashlib.sha256(raw).hexdigest(),
    )


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _error(status: int, code: str, message: str) -> Response:
    return _json(status, {"error": code, "message": message})
