"""The server: the AWS API, Mastic's own few routes and the S3 door, on one port."""

from __future__ import annotations

import asyncio
import faulthandler
import fcntl
import hashlib
import json
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

# Importing `operations` registers the handlers of a feature.
import mastic.catalog.operations
import mastic.doors.logs.operations
import mastic.jobs.operations
import mastic.security.operations
import mastic.tags.operations  # noqa: F401
from mastic import __version__
from mastic.app import App, Caller, Context
from mastic.catalog import connections
from mastic.doors import logs
from mastic.doors.logs.store import LogStore
from mastic.jobs import run_api
from mastic.jobs.sweeper import Sweeper
from mastic.protocol import sigv4
from mastic.protocol.http import Api, Request
from mastic.security.keys import AccessKeys, give_worker_key
from mastic.settings import LOOPBACK_HOSTS, Settings, SettingsError
from mastic.storage.door import S3Door

log = logging.getLogger(__name__)

_THREADS = 32
_BACKLOG = 1024
_GRACE_SECONDS = 5
_SECONDS_BETWEEN_CLEANINGS = 3600

_Asgi = Callable[[Any, Any, Any], Awaitable[None]]

# Who needs no signature must not be a web page either: one whose own name resolves to this machine is refused here.
_LOOPBACK_NAMES_ONLY = Middleware(
    TrustedHostMiddleware, allowed_hosts=[*LOOPBACK_HOSTS, "[::1]", "*.localhost"], www_redirect=False
)


def create_app(app: App, *, sweeps: bool = True) -> Starlette:
    """The ASGI app of one server. Its lifespan opens the database and closes it. `sweeps=False` where time stands
    still until somebody moves it, and then sweeps by hand."""
    app.find_identity = AccessKeys(app).find_identity
    app.missing_connections = lambda names: connections.missing(app, names)
    executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="mastic-api")
    s3 = S3Door(app)
    api = Api(executor, lambda request: authenticate(app, request), lambda caller, id: Context(app, caller, id))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        app.store  # noqa: B018  opened and migrated here, so that a server that answers is ready
        if app.settings.auth != "open":
            give_worker_key(app)
        sweeper = Sweeper(app)
        if sweeps:
            sweeper.start()
        cleaning = asyncio.create_task(_clean_logs(app))
        yield
        cleaning.cancel()
        await asyncio.to_thread(sweeper.stop)
        app.notifier.close()
        executor.shutdown(wait=True, cancel_futures=True)
        s3.close()
        app.store.close()

    own_routes = [Route("/_mastic/v1/health", _health), *run_api.routes(app), *logs.routes(app)]
    middleware = [_LOOPBACK_NAMES_ONLY] if app.settings.auth == "open" else []
    return Starlette(routes=[_TheRest(api, s3), *own_routes], middleware=middleware, lifespan=lifespan)


async def _clean_logs(app: App) -> None:
    """Remove log events past their retention, now and then."""
    while True:
        await asyncio.sleep(_SECONDS_BETWEEN_CLEANINGS)
        try:
            await asyncio.to_thread(LogStore(app).expire, app.clock.now())
        except Exception:
            log.exception("could not remove old log events; trying again in an hour")


class _TheRest(BaseRoute):
    """Every path that is not our own, byte for byte: the AWS API, which lives at `/`, and S3, which has it all."""

    def __init__(self, api: _Asgi, s3: _Asgi) -> None:
        self._api = api
        self._s3 = s3

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_ours = scope["type"] != "http" or scope["path"].startswith("/_mastic/")
        return (Match.NONE if is_ours else Match.FULL), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._api if _is_api_call(scope) else self._s3
        await app(scope, receive, send)


def _is_api_call(scope: Scope) -> bool:
    if scope["path"] != "/":
        return False
    if scope["method"] == "POST":
        # S3 posts to `/` of a bucket's own host too, but always a query (`?delete`) or a multipart form.
        content_type = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        return not scope["query_string"] and not content_type.startswith(b"multipart/")
    return scope["method"] == "GET" and b"Action=" in scope["query_string"]


def authenticate(app: App, request: Request) -> Caller:
    """Who is calling: whoever they say with `auth = open`, else whoever the signature proves."""
    if app.settings.auth == "open":
        claimed = sigv4.claimed_access_key(request.raw_query, request.headers)
        account = app.settings.account_id
        return Caller(claimed or "anonymous", f"arn:aws:iam::{account}:user/mastic", account)
    body_hash = hashlib.sha256(request.body).hexdigest()
    return sigv4.authenticate(app, request.method, request.raw_path, request.raw_query, request.headers, body_hash)


async def _health(_: HttpRequest) -> JSONResponse:
    return JSONResponse({"status": "ok", "version": __version__})


def serve(settings: Settings) -> None:
    """Run a server until SIGTERM or Ctrl-C. Raises SettingsError when it may not or cannot bind."""
    settings.check()
    _set_up_logging()
    with _sole_server(settings), _bound(settings) as listener:
        port = listener.getsockname()[1]
        settings = replace(settings, port=port)
        _Server(App(settings)).run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn, with a ready file and an exit code of its own."""

    def __init__(self, app: App) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(app),
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                backlog=_BACKLOG,
                lifespan="on",
            )
        )
        self._app = app
        self._ready_file = app.settings.home / "server.json"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _write_atomically(self._ready_file, _ready_signal(self._app.settings))
        log.info("listening at %s", self._app.settings.endpoint)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ready_file.unlink(missing_ok=True)
        await asyncio.to_thread(self._app.notifier.close)  # long polls answer now, instead of holding up the end
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own version raises the signal again at the end; asked to stop, we stop with exit code 0.
        def stop(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        yield


def _ready_signal(settings: Settings) -> str:
    return json.dumps(
        {"pid": os.getpid(), "port": settings.port, "endpoint": settings.endpoint, "version": __version__}
    )


@contextmanager
def _sole_server(settings: Settings) -> Iterator[None]:
    """Hold the home while serving: two servers on one SQLite file would not hear of each other's changes."""
    settings.make_home()
    with (settings.home / "server.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsError(
                f"home = {str(settings.home)!r} is served by another process already; stop it, or use another --home"
            ) from None
        yield


@contextmanager
def _bound(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by connections; without it a body sent after its headers waits 40 ms for their acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((settings.host, settings.port))
        except (OSError, OverflowError) as error:
            raise SettingsError(
                f"cannot bind host = {settings.host!r}, port = {settings.port}: "
                f"{getattr(error, 'strerror', error)}; choose another with --port or MASTIC_PORT"
            ) from error
        listener.listen(_BACKLOG)
        yield listener


def _write_atomically(path: Path, text: str) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


def _set_up_logging() -> None:
    faulthandler.enable()  # a crash of a native library leaves its stack in the log
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("uvicorn", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
