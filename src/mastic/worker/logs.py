"""From a run's pipes to the log door: lines become events within 200 ms, and none is lost.

The pump reads both pipes, makes events and hands batches to the sender. While the server is away the sender puts
them in a spool file, in order, and delivers that first. Memory is bounded: a sender that is behind makes the pump
wait, then the pipe fills, then the script.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import queue
import select
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mastic.worker.api import Api, Fenced, Refused, ServerAway
from mastic.worker.arguments import LogNames

log = logging.getLogger(__name__)

MAX_EVENT_BYTES = 256 * 1024 - 26  # CloudWatch's limit: 256 KiB with 26 bytes of overhead
BATCH_BYTES = 1 << 20
READ_BYTES = 1 << 18
FLUSH_SECONDS = 0.1
PARTIAL_LINE_SECONDS = 1.0
BATCHES_IN_MEMORY = 8
FULL_DISK_SECONDS = 1.0
TAIL_LINES = 50
TAIL_LINE_CHARACTERS = 2000


class Event(msgspec.Struct):
    """One line."""

    timestamp_ms: int
    message: str


class Entry(msgspec.Struct):
    """Consecutive lines of one stream."""

    group: str
    stream: str
    events: list[Event]


class Delivery(msgspec.Struct):
    """Tells the server a batch that is sent again, its answer lost, from one that says the same once more."""

    writer: str
    number: int


class Body(msgspec.Struct):
    """What `/_mastic/v1/logs` takes."""

    entries: list[Entry]
    delivery: Delivery


@dataclass(frozen=True)
class Target:
    """A stream of a group."""

    group: str
    stream: str


class Lines:
    """Cuts one pipe's bytes into lines: long ones in pieces, unfinished ones after a second."""

    def __init__(self) -> None:
        self._rest = b""
        self._since = 0.0

    def feed(self, data: bytes, now: float) -> list[bytes]:
        """The lines completed by `data`."""
        if not self._rest:
            self._since = now
        *complete, self._rest = (self._rest + data).split(b"\n")
        if complete:
            self._since = now
        if len(self._rest) >= MAX_EVENT_BYTES:
            *pieces, self._rest = _pieces(self._rest)
            complete += pieces
        return [piece for line in complete for piece in _pieces(line)]

    def overdue(self, now: float) -> list[bytes]:
        """The unfinished line, once it has waited a second."""
        if self._rest and now - self._since >= PARTIAL_LINE_SECONDS:
            return self.close()
        return []

    def close(self) -> list[bytes]:
        """Whatever is left."""
        rest, self._rest = self._rest, b""
        return list(_pieces(rest)) if rest else []

    @property
    def deadline(self) -> float | None:
        """When the unfinished line becomes overdue."""
        return self._since + PARTIAL_LINE_SECONDS if self._rest else None


class Sender:
    """Delivers batches in order: to the server, or to the spool while it is away."""

    def __init__(self, api: Api, spool: Path) -> None:
        self._api = api
        self._spool = Spool(spool)
        self._queue: queue.Queue[bytes | None] = queue.Queue(BATCHES_IN_MEMORY)
        self._thread = threading.Thread(target=self._work, name="logs", daemon=True)
        self._thread.start()

    def put(self, body: bytes) -> None:
        """Hand over one encoded batch; waits while too many are pending."""
        self._queue.put(body)

    def close(self) -> bool:
        """Wait until all has been handed on; True when nothing stayed in the spool."""
        self._queue.put(None)
        self._thread.join()
        return self._spool.is_empty

    def _work(self) -> None:
        while (body := self._queue.get()) is not None:
            self._deliver(body)
        if not self._spool.is_empty:
            self._drain()
        self._api.close()

    def _deliver(self, body: bytes) -> None:
        while not self._delivered(body):
            try:
                self._spool.append(body)
                return
            except OSError as error:  # a full disk: keep the batch in memory, and the script waiting
                log.error("log lines cannot be kept on disk while the server is away: %s", error)
                time.sleep(FULL_DISK_SECONDS)

    def _delivered(self, body: bytes) -> bool:
        return (self._spool.is_empty or self._drain()) and send(self._api, body)

    def _drain(self) -> bool:
        return self._spool.drain(self._api)


class Spool:
    """Batches on disk, each preceded by its length; read from the front, written at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to deliver."""
        return not self._path.exists()

    def append(self, body: bytes) -> None:
        """Add one batch at the end."""
        size = self._path.stat().st_size if self._path.exists() else 0
        try:
            with self._path.open("ab") as file:
                file.write(len(body).to_bytes(8, "big") + body)
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self._path, size)  # half a batch would make the rest unreadable
            raise

    def drain(self, api: Api) -> bool:
        """Deliver what is there; True when all of it went. What has been delivered is not sent again."""
        offset_path = self._path.with_suffix(".offset")
        offset = int(offset_path.read_text()) if offset_path.exists() else 0
        with self._path.open("rb") as file:
            file.seek(offset)
            for body in _batches(file.read):
                if not send(api, body):
                    return False
                offset += 8 + len(body)
                offset_path.write_text(str(offset))
        self._path.unlink()
        offset_path.unlink(missing_ok=True)
        return True


class Pump:
    """Reads the pipes of one run until both are closed."""

    def __init__(self, stdout: int, stderr: int, names: LogNames, sender: Sender) -> None:
        out, err = Target(names.output_group, names.stream), Target(names.error_group, names.stream)
        # The continuous log holds what the driver logs: stderr, where loggers write.
        driver = [Target(names.driver_group, names.driver_stream)] if names.driver_group else []
        self._targets = {stdout: [out], stderr: [err, *driver]}
        self._lines = {stdout: Lines(), stderr: Lines()}
        self._sender = sender
        self._pending: list[tuple[Target, int, list[bytes]]] = []
        self._pending_bytes = 0
        self._flush_at = 0.0
        self._tail: deque[bytes] = deque(maxlen=TAIL_LINES)
        self._output = out
        self._writer = uuid.uuid4().hex
        self._deliveries = itertools.count(1)
        self._thread = threading.Thread(target=self._work, name="pump", daemon=True)

    def start(self) -> None:
        """Begin reading."""
        self._thread.start()

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the end of both pipes."""
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def say(self, line: str) -> None:
        """Add a line of our own to the output; only after `join`."""
        self._add(self._output, [line.encode()], time.monotonic())
        self._flush()

    @property
    def tail(self) -> list[str]:
        """The last lines of output and errors, in the order they came."""
        return [line.decode(errors="replace")[:TAIL_LINE_CHARACTERS] for line in self._tail]

    def _work(self) -> None:
        poller = select.poll()
        open_pipes = set(self._lines)
        for fd in open_pipes:
            poller.register(fd, select.POLLIN)
        while open_pipes:
            for fd, _ in poller.poll(self._wait_ms()):
                data = os.read(fd, READ_BYTES)
                now = time.monotonic()
                if not data:
                    poller.unregister(fd)
                    open_pipes.discard(fd)
                    os.close(fd)
                self._take(fd, self._lines[fd].feed(data, now) if data else self._lines[fd].close(), now)
            now = time.monotonic()
            for fd in open_pipes:
                self._take(fd, self._lines[fd].overdue(now), now)
            if self._pending and (now >= self._flush_at or self._pending_bytes >= BATCH_BYTES):
                self._flush()
        self._flush()

    def _wait_ms(self) -> int | None:
        deadlines = [line.deadline for line in self._lines.values() if line.deadline is not None]
        if self._pending:
            deadlines.append(self._flush_at)
        if not deadlines:
            return None
        return max(0, int((min(deadlines) - time.monotonic()) * 1000) + 1)

    def _take(self, fd: int, lines: list[bytes], now: float) -> None:
        if not lines:
            return
        self._tail.extend(lines[-TAIL_LINES:])
        for target in self._targets[fd]:
            self._add(target, lines, now)

    def _add(self, target: Target, lines: list[bytes], now: float) -> None:
        if not self._pending:
            self._flush_at = now + FLUSH_SECONDS
        self._pending.append((target, time.time_ns() // 1_000_000, lines))
        self._pending_bytes += sum(map(len, lines))

    def _flush(self) -> None:
        if not self._pending:
            return
        entries = [
            Entry(t.group, t.stream, [Event(at, line.decode(errors="replace")) for line in lines])
            for t, at, lines in self._pending
        ]
        self._pending, self._pending_bytes = [], 0
        self._sender.put(msgspec.json.encode(Body(entries, Delivery(self._writer, next(self._deliveries)))))


def send(api: Api, body: bytes) -> bool:
    """Deliver one batch; False when the server is away. A batch the server refuses cannot be kept for ever."""
    try:
        api.logs(body)
    except ServerAway:
        return False
    except (Refused, Fenced) as error:
        log.error("the server refused %d bytes of log events: %s", len(body), error)
    return True


def deliver(spool: Path, api: Api) -> bool:
    """Deliver a spool left behind; True when all of it went."""
    return Spool(spool).drain(api)


def _pieces(line: bytes) -> Iterator[bytes]:
    """A line in events no longer than the limit, never cut within a UTF-8 character."""
    if line.endswith(b"\r"):
        line = line[:-1]
    start = 0
    while len(line) - start > MAX_EVENT_BYTES:
        end = start + MAX_EVENT_BYTES
        while end > start + MAX_EVENT_BYTES - 4 and line[end] & 0xC0 == 0x80:
            end -= 1
        yield line[start:end]
        start = end
    yield line[start:]


def _batches(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while len(head := read(8)) == 8:
        body = read(int.from_bytes(head, "big"))
        if len(body) < int.from_bytes(head, "big"):
            return  # the worker died while writing it; the pipe it came from is gone too
        yield body
