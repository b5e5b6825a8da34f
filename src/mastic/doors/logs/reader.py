"""Reading events in order of time from any number of streams, a chunk at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select, tuple_

from mastic.doors.logs.chunks import CHUNK_SPAN_MS, Event, decode
from mastic.doors.logs.tables import chunks

_HEADERS_PER_QUERY = 500
_END_OF_TIME = 2**62


class Position(NamedTuple):
    """A place between events. It compares with events: everything at or after it is greater."""

    ms: int
    stream_id: int = -1
    seq: int = -1

    @classmethod
    def before(cls, event: Event) -> Position:
        """Just before an event."""
        return cls(event.ms, event.stream_id, event.seq)

    @classmethod
    def after(cls, event: Event) -> Position:
        """Just after an event."""
        return cls(event.ms, event.stream_id, event.seq + 1)


BEGINNING = Position(0)
END = Position(_END_OF_TIME)


@dataclass
class Reader:
    """Events of the chunks that `scope` chooses, from `low` up to `high`, oldest or newest first.

    `scanned_bytes` says how much has been read, so that a search can stop and be continued.
    """

    connection: Connection
    scope: ColumnElement[bool]
    low: Position = BEGINNING
    high: Position = END
    newest_first: bool = False
    scanned_bytes: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[Event]:
        return self._backward() if self.newest_first else self._forward()

    def _forward(self) -> Iterator[Event]:
        pending: list[Event] = []
        for header in self._headers(chunks.c.first_ms):
            ready = bisect_left(pending, (header.first_ms,))
            yield from pending[:ready]
            pending = sorted(pending[ready:] + self._load(header))
        yield from pending

    def _backward(self) -> Iterator[Event]:
        pending: list[Event] = []
        for header in self._headers(chunks.c.last_ms):
            kept = bisect_left(pending, (header.last_ms + 1,))
            yield from reversed(pending[kept:])
            pending = sorted(pending[:kept] + self._load(header))
        yield from reversed(pending)

    def _headers(self, time: ColumnElement[int]) -> Iterator[Any]:
        """The chunks' columns but for the payload, in the order they are needed."""
        key = tuple_(time, chunks.c.stream_id, chunks.c.first_seq)
        wanted = select(chunks.c.stream_id, chunks.c.first_seq, chunks.c.first_ms, chunks.c.last_ms).where(
            self.scope,
            # Two conditions on each column: with the longest span of a chunk, either index finds both ends.
            chunks.c.first_ms.between(self.low.ms - CHUNK_SPAN_MS, self.high.ms),
            chunks.c.last_ms.between(self.low.ms, self.high.ms + CHUNK_SPAN_MS),
        )
        order = [column.desc() if self.newest_first else column for column in key]
        last: tuple[Any, ...] | None = None
        while True:
            page = wanted
            if last is not None:
                page = page.where(key < last if self.newest_first else key > last)
            rows = self.connection.execute(page.order_by(*order).limit(_HEADERS_PER_QUERY)).all()
            yield from rows
            if len(rows) < _HEADERS_PER_QUERY:
                return
            end = rows[-1]
            last = (end.last_ms if self.newest_first else end.first_ms, end.stream_id, end.first_seq)

    def _load(self, header: Any) -> list[Event]:
        chosen = (chunks.c.stream_id == header.stream_id) & (chunks.c.first_seq == header.first_seq)
        row = self.connection.execute(select(chunks.c.raw_bytes, chunks.c.payload).where(chosen)).one_or_none()
        if row is None:
            return []  # expired between the two queries
        self.scanned_bytes += row.raw_bytes
        found = decode(header.stream_id, header.first_seq, row.payload)
        return [event for event in found if self.low <= event < self.high]


def after_seq(connection: Connection, stream_id: int, seq: int, max_bytes: int) -> tuple[list[Event], int]:
    """Events of one stream in the order they were written, from `seq` on, and the seq after the last."""
    table = chunks.c
    wanted = (
        select(table.first_seq, table.raw_bytes)
        .where(table.stream_id == stream_id, table.first_seq + table.events > seq)
        .order_by(table.first_seq)
    )
    found: list[Event] = []
    size = 0
    for first_seq, raw_bytes in connection.execute(wanted).all():
        payload = connection.scalar(
            select(table.payload).where(table.stream_id == stream_id, table.first_seq == first_seq)
        )
        if payload is not None:
            found += [event for event in decode(stream_id, first_seq, payload) if event.seq >= seq]
        size += raw_bytes
        if size >= max_bytes:
            break
    return found, found[-1].seq + 1 if found else seq
