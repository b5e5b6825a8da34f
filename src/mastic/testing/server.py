"""A server on one port for all tests, behind it a fresh Mastic (home, database) for each."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from mastic.app import App
from mastic.clock import Clock
from mastic.server import create_app
from mastic.settings import Settings
from mastic.store.database import Store
from mastic.store.migrations.run import create

START_SECONDS = 60.0


class Listener:
    """One port; `current` is the app that answers."""

    def __init__(self, listening: socket.socket | None = None) -> None:
        self.current: Any = None
        self.socket = listening or socket.create_server(("127.0.0.1", 0), backlog=128)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the server's own
        self.port: int = self.socket.getsockname()[1]
        config = uvicorn.Config(
            self._dispatch, interface="asgi3", log_config=None, access_log=False, proxy_headers=False, lifespan="off"
        )
        config.load()
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)
        self.loop: asyncio.AbstractEventLoop
        self._started = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), name="mastic-server", daemon=True)
        self._thread.start()
        self._started.wait(START_SECONDS)

    def close(self) -> None:
        """Stop answering."""
        self._server.force_exit = True
        self.loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(5)

    async def _dispatch(self, scope: Any, receive: Any, send: Any) -> None:
        await self.current(scope, receive, send)

    async def _serve(self) -> None:
        """As uvicorn's own loop, which would look ten times a second whether it should end."""
        self.loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        await self._server.startup([self.socket])
        ticking = asyncio.create_task(self._tick())
        self._started.set()
        await self._ended.wait()
        ticking.cancel()
        await self._server.shutdown([self.socket])

    async def _tick(self) -> None:
        while True:
            await self._server.on_tick(0)  # the Date header
            await asyncio.sleep(1)


@contextmanager
def running(
    listener: Listener, settings: Settings, clock: Clock | None = None, *, sweeps: bool = True
) -> Iterator[App]:
    """A Mastic of these settings on the listener's port, for the block."""
    app = App(replace(settings, port=listener.port), clock)
    asgi = create_app(app, sweeps=sweeps)
    stop = asyncio.Event()
    ready = threading.Event()

    async def live() -> None:
        async with asgi.router.lifespan_context(asgi):
            ready.set()
            await stop.wait()

    life = asyncio.run_coroutine_threadsafe(live(), listener.loop)
    while not ready.wait(0.01):
        if life.done():
            life.result()
    before, listener.current = listener.current, asgi
    try:
        yield app
    finally:
        listener.current = before
        listener.loop.call_soon_threadsafe(stop.set)
        life.result(START_SECONDS)


class Template:
    """An empty database with the whole schema, made once and copied into each home."""

    def __init__(self, path: Path) -> None:
        self._path = path
        store = Store(f"sqlite:///{path}")
        create(store)
        store.close()

    def copy_to(self, home: Path) -> None:
        """Give a new home its database."""
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._path, home / "mastic.db")
