"""Wakes waiters when state has changed, so that nothing polls.

A waiter subscribes first, then reads the state, then waits: a change between the two is never missed. A wake-up is a
hint to read again, never the news itself. On SQLite the server is the only process on the database, so this process
is all there is to wake; on PostgreSQL the hint also travels by LISTEN/NOTIFY to the other servers.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import psycopg

    from mastic.store.database import Store

log = logging.getLogger(__name__)

_PG_CHANNEL = "mastic"
_LONGEST_RECONNECT_PAUSE_SECONDS = 5.0


class _Waiter(Protocol):
    def wake(self) -> None: ...


class Wakeup:
    """One waiter inside an event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._event.set)
        except RuntimeError:  # the loop has been closed: nobody is waiting any more
            return

    async def wait(self, timeout_seconds: float) -> bool:
        """Whether something was published since the subscription or the last wait, within `timeout_seconds`."""
        try:
            await asyncio.wait_for(self._event.wait(), max(timeout_seconds, 0))
        except TimeoutError:
            return False
        self._event.clear()
        return True


class ThreadWakeup:
    """One waiting thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wake(self) -> None:
        self._event.set()

    def wait(self, timeout_seconds: float) -> bool:
        """Whether something was published since the subscription or the last wait, within `timeout_seconds`."""
        woken = self._event.wait(max(timeout_seconds, 0))
        self._event.clear()
        return woken


class Notifier:
    """Publish and subscribe by channel name. Channels exist only while somebody is subscribed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiters: dict[str, set[_Waiter]] = {}
        self._origin = uuid.uuid4().hex
        self._listener: threading.Thread | None = None
        self._closed = threading.Event()

    def publish(self, *channels: str) -> None:
        """Wake every subscriber of `channels`. Call it after the commit (`store.database.after_commit`)."""
        for channel in channels:
            self._wake(channel)
        if not self._store.is_sqlite:
            self._notify(channels)

    @contextmanager
    def subscribe(self, *channels: str) -> Iterator[Wakeup]:
        """Subscribe a coroutine; open it before reading the state it waits for."""
        waiter = Wakeup()
        with self._registered(waiter, channels):
            yield waiter

    @contextmanager
    def subscribe_thread(self, *channels: str) -> Iterator[ThreadWakeup]:
        """Subscribe a thread; open it before reading the state it waits for."""
        waiter = ThreadWakeup()
        with self._registered(waiter, channels):
            yield waiter

    @property
    def is_closed(self) -> bool:
        """Whether nothing will be published any more: waiters should answer with what they have."""
        return self._closed.is_set()

    def close(self) -> None:
        """Stop listening and wake everybody."""
        self._closed.set()
        self._wake_all()
        if self._listener:
            self._listener.join(timeout=3)

    @contextmanager
    def _registered(self, waiter: _Waiter, channels: tuple[str, ...]) -> Iterator[None]:
        self._listen()
        with self._lock:
            for channel in channels:
                self._waiters.setdefault(channel, set()).add(waiter)
        try:
            yield
        finally:
            with self._lock:
                for channel in channels:
                    self._waiters[channel].discard(waiter)
                    if not self._waiters[channel]:
                        del self._waiters[channel]

    def _wake(self, channel: str) -> None:
        with self._lock:
            waiters = list(self._waiters.get(channel, ()))
        for waiter in waiters:
            waiter.wake()

    def _wake_all(self) -> None:
        with self._lock:
            waiters = {waiter for group in self._waiters.values() for waiter in group}
        for waiter in waiters:
            waiter.wake()

    def _notify(self, channels: tuple[str, ...]) -> None:
        from sqlalchemy import func, select
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._store.write() as connection:
                for channel in channels:
                    connection.execute(select(func.pg_notify(_PG_CHANNEL, f"{self._origin} {channel}")))
        except SQLAlchemyError:  # the change itself is committed; other servers see it when their wait ends
            log.warning("could not notify other servers of a change on %s", channels, exc_info=True)

    def _listen(self) -> None:
        if self._store.is_sqlite:
            return
        with self._lock:
            if self._listener or self._closed.is_set():
                return
            self._listener = threading.Thread(target=self._listen_forever, name="mastic-notifier", daemon=True)
            self._listener.start()

    def _listen_forever(self) -> None:
        import psycopg

        pause_seconds = 0.05
        while not self._closed.is_set():
            try:
                with psycopg.connect(self._store.libpq_url, autocommit=True) as connection:
                    connection.execute(f"LISTEN {_PG_CHANNEL}")
                    pause_seconds = 0.05
                    self._wake_all()  # whatever was published while nobody listened
                    self._relay(connection)
            except psycopg.Error as error:
                log.warning("lost the notification connection, reconnecting in %.2f s: %s", pause_seconds, error)
                self._closed.wait(pause_seconds)
                pause_seconds = min(pause_seconds * 2, _LONGEST_RECONNECT_PAUSE_SECONDS)

    def _relay(self, connection: psycopg.Connection) -> None:
        while not self._closed.is_set():
            for notification in connection.notifies(timeout=1.0):
                origin, _, channel = notification.payload.partition(" ")
                if origin != self._origin:
                    self._wake(channel)
            if connection.closed:
                return
