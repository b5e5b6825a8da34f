"""The log store: groups, streams and appending to them. Runs write here while people and tools read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, delete, exists, func, null, select, tuple_, update

from mastic import tags
from mastic.app import App
from mastic.doors.logs.chunks import (
    CHUNK_SPAN_MS,
    JOIN_BELOW_BYTES,
    Input,
    encode,
    join,
    size_of,
    span_of,
    split,
)
from mastic.doors.logs.reader import after_seq
from mastic.doors.logs.tables import chunks, groups, streams
from mastic.protocol.errors import (
    InvalidParameterException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)
from mastic.store.database import after_commit, insert_new

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
_DAY_MS = 24 * 3600 * 1000
_EXPIRE_PER_TRANSACTION = 500


@dataclass
class Batch:
    """Events for the end of one stream."""

    group: str
    stream: str
    events: list[Input] = field(default_factory=list)


@dataclass(frozen=True)
class Delivery:
    """The place of some batches among all that one writer sends, in order from 1 on."""

    writer: str
    number: int


def channel(group: str, stream: str) -> str:
    """What the notifier publishes when a stream has grown."""
    return f"logs {group} {stream}"


def group_arn(app: App, name: str) -> str:
    """`arn:aws:logs:us-east-1:123456789012:log-group:/aws-glue/jobs/output`."""
    return app.arn(f"log-group:{name}", "logs")


class LogStore:
    """Log groups and streams of one app. Cheap to make."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._store = app.store

    def append(self, batches: Iterable[Batch], delivery: Delivery | None = None) -> None:
        """Add events to streams, which are made where they are missing: this is how runs write.

        A delivery a stream has taken before, sent again by a writer who never saw the answer, changes nothing.
        """
        merged = _merged(batches)
        with self._store.write() as connection:
            for batch in merged:
                group_id = self._made_group(connection, batch.group)
                stream = self._made_stream(connection, group_id, batch.stream)
                if not _has_taken(stream, delivery):
                    self._add(connection, stream, batch.events, delivery)
            self._publish(connection, merged)

    def put(self, group: str, stream: str, events: list[Input]) -> None:
        """Add events to a stream that is there. Raises ResourceNotFoundException."""
        with self._store.write() as connection:
            row = self.stream(connection, group, stream, lock=True)
            self._add(connection, row, events)
            self._publish(connection, [Batch(group, stream, events)])

    def tail(self, group: str, stream: str, after: int, max_bytes: int = 1 << 20) -> tuple[list[Any], int]:
        """Events in the order they were written, from seq `after` on, and where to go on from."""
        with self._store.read() as connection:
            return after_seq(connection, self.stream(connection, group, stream).id, after, max_bytes)

    def create_group(self, name: str, new_tags: dict[str, str] | None = None) -> None:
        """Raises ResourceAlreadyExistsException."""
        with self._store.write() as connection:
            if self._new_group(connection, name) is None:
                raise ResourceAlreadyExistsException(f"The specified log group already exists: {name}")
            tags.add(connection, group_arn(self._app, name), new_tags or {})

    def create_stream(self, group: str, name: str) -> None:
        """Raises ResourceNotFoundException (group), ResourceAlreadyExistsException."""
        _check_name("logStreamName", name)
        with self._store.write() as connection:
            group_id = self.group(connection, group).id
            if self._new_stream(connection, group_id, name) is None:
                raise ResourceAlreadyExistsException(f"The specified log stream already exists: {name}")

    def delete_group(self, name: str) -> None:
        """Delete a group with its streams and events. Raises ResourceNotFoundException."""
        with self._store.write() as connection:
            connection.execute(delete(groups).where(groups.c.id == self.group(connection, name).id))
            tags.forget(connection, group_arn(self._app, name))

    def delete_stream(self, group: str, name: str) -> None:
        """Raises ResourceNotFoundException."""
        with self._store.write() as connection:
            row = self.stream(connection, group, name, lock=True)
            connection.execute(delete(streams).where(streams.c.id == row.id))

    def set_retention(self, group: str, days: int | None) -> None:
        """Keep a group's events this long; None for what the setting says. Raises ResourceNotFoundException."""
        if days is not None and days not in RETENTION_DAYS:
            allowed = ", ".join(map(str, RETENTION_DAYS))
            raise InvalidParameterException(f"retentionInDays {days} is not one of {allowed}")
        with self._store.write() as connection:
            group_id = self.group(connection, group).id
            connection.execute(update(groups).where(groups.c.id == group_id).values(retention_days=days))

    def groups(self, *, prefix: str, contains: str, after: str | None, limit: int) -> Sequence[Row[Any]]:
        """Groups in order of name with their stored bytes, one more than `limit` when there are more."""
        stored = select(func.coalesce(func.sum(streams.c.stored_bytes), 0)).where(streams.c.group_id == groups.c.id)
        wanted = select(groups, stored.scalar_subquery().label("stored_bytes")).where(
            starts_with(groups.c.name, prefix)
        )
        if contains:
            pattern = contains.lower().replace("_", r"\_")
            wanted = wanted.where(func.lower(groups.c.name).like(f"%{pattern}%", escape="\\"))
        if after is not None:
            wanted = wanted.where(groups.c.name > after)
        with self._store.read() as connection:
            return connection.execute(wanted.order_by(groups.c.name).limit(limit + 1)).all()

    def streams(
        self, group: str, *, prefix: str, by_time: bool, descending: bool, after: list[Any] | None, limit: int
    ) -> Sequence[Row[Any]]:
        """A group's streams by name or by their last event, one more than `limit` when there are more."""
        key = (streams.c.last_event_ms, streams.c.name) if by_time else (streams.c.name,)
        order = [column.desc() if descending else column for column in key]
        with self._store.read() as connection:
            group_id = self.group(connection, group).id
            wanted = select(streams).where(streams.c.group_id == group_id, starts_with(streams.c.name, prefix))
            if after is not None:
                place = tuple_(*key)
                wanted = wanted.where(place < tuple(after) if descending else place > tuple(after))
            return connection.execute(wanted.order_by(*order).limit(limit + 1)).all()

    def group(self, connection: Connection, name: str) -> Row[Any]:
        """The group's row. Raises ResourceNotFoundException."""
        row = connection.execute(select(groups).where(groups.c.name == name)).one_or_none()
        if row is None:
            raise ResourceNotFoundException(f"The specified log group does not exist: {name}")
        return row

    def stream(self, connection: Connection, group: str, name: str, *, lock: bool = False) -> Row[Any]:
        """The stream's row. Raises ResourceNotFoundException for the group or the stream."""
        group_id = self.group(connection, group).id
        row = self._find_stream(connection, group_id, name, lock=lock)
        if row is None:
            raise ResourceNotFoundException(f"The specified log stream does not exist: {name} in {group}")
        return row

    def expire(self, now: datetime) -> int:
        """Remove what is older than its retention; returns how many chunks went. The sweeper calls this."""
        with self._store.read() as connection:
            found = connection.execute(select(groups.c.id, groups.c.retention_days)).all()
        removed = 0
        for group in found:
            days = group.retention_days or self._app.settings.log_retention_days
            before_ms = int(now.timestamp() * 1000) - days * _DAY_MS
            while count := self._expire_some(group.id, before_ms):
                removed += count
            self._drop_empty_streams(group.id, before_ms)
        return removed

    def _expire_some(self, group_id: int, before_ms: int) -> int:
        """A bounded piece of work, so that writers never wait for long."""
        old = select(chunks.c.stream_id, chunks.c.first_seq, chunks.c.raw_bytes).where(
            chunks.c.group_id == group_id, chunks.c.last_ms < before_ms
        )
        with self._store.write() as connection:
            rows = connection.execute(old.limit(_EXPIRE_PER_TRANSACTION)).all()
            for row in rows:
                mine = and_(chunks.c.stream_id == row.stream_id, chunks.c.first_seq == row.first_seq)
                connection.execute(delete(chunks).where(mine))
                less = streams.c.stored_bytes - row.raw_bytes
                connection.execute(update(streams).where(streams.c.id == row.stream_id).values(stored_bytes=less))
        return len(rows)

    def _drop_empty_streams(self, group_id: int, before_ms: int) -> None:
        has_chunks = exists().where(chunks.c.stream_id == streams.c.id)
        old = and_(
            streams.c.group_id == group_id, streams.c.last_event_ms < before_ms, streams.c.created_ms < before_ms
        )
        with self._store.write() as connection:
            connection.execute(delete(streams).where(old, ~has_chunks))

    def _made_group(self, connection: Connection, name: str) -> int:
        found = connection.scalar(select(groups.c.id).where(groups.c.name == name))
        if found is None:
            found = self._new_group(connection, name)
        return int(found if found is not None else self.group(connection, name).id)

    def _new_group(self, connection: Connection, name: str) -> int | None:
        _check_name("logGroupName", name)
        row = {"name": name, "created_ms": self._now_ms()}
        found: int | None = connection.scalar(insert_new(connection, groups).returning(groups.c.id), row)
        return found

    def _made_stream(self, connection: Connection, group_id: int, name: str) -> Row[Any]:
        row = self._find_stream(connection, group_id, name, lock=True)
        if row is None:
            self._new_stream(connection, group_id, name)
            row = self._find_stream(connection, group_id, name, lock=True)
        assert row is not None
        return row

    def _new_stream(self, connection: Connection, group_id: int, name: str) -> int | None:
        _check_name("logStreamName", name)
        zero = dict.fromkeys(("first_event_ms", "last_event_ms", "ingested_ms", "stored_bytes", "next_seq"), 0)
        row = {"group_id": group_id, "name": name, "created_ms": self._now_ms(), **zero}
        found: int | None = connection.scalar(insert_new(connection, streams).returning(streams.c.id), row)
        return found

    def _find_stream(self, connection: Connection, group_id: int, name: str, *, lock: bool) -> Row[Any] | None:
        wanted = select(streams).where(streams.c.group_id == group_id, streams.c.name == name)
        return connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()

    def _add(
        self, connection: Connection, stream: Row[Any], events: list[Input], delivery: Delivery | None = None
    ) -> None:
        """Append to a locked stream."""
        if not events:
            return
        now_ms = self._now_ms()
        size = size_of(events)
        if not self._joined(connection, stream.id, events, size, now_ms):
            self._insert(connection, stream, events, now_ms)
        times = [event.ms for event in events]
        changed = {
            "first_event_ms": min(times) if not stream.next_seq else min(stream.first_event_ms, *times),
            "last_event_ms": max(stream.last_event_ms, *times),
            "ingested_ms": now_ms,
            "stored_bytes": stream.stored_bytes + size,
            "next_seq": stream.next_seq + len(events),
        }
        if delivery:
            changed |= {"writer": delivery.writer, "writer_batch": delivery.number}
        connection.execute(update(streams).where(streams.c.id == stream.id).values(changed))

    def _joined(self, connection: Connection, stream_id: int, events: list[Input], size: int, now_ms: int) -> bool:
        """Whether the events could be added to the stream's last chunk."""
        small = case((chunks.c.raw_bytes + size < JOIN_BELOW_BYTES, chunks.c.payload), else_=null()).label("payload")
        wanted = select(chunks.c.first_seq, chunks.c.first_ms, chunks.c.last_ms, small)
        of_stream = wanted.where(chunks.c.stream_id == stream_id)
        last = connection.execute(of_stream.order_by(chunks.c.first_seq.desc()).limit(1)).one_or_none()
        if last is None or last.payload is None:
            return False
        if span_of(events, last.first_ms, last.last_ms) > CHUNK_SPAN_MS:
            return False
        joined = join(last.payload, events, now_ms)
        mine = and_(chunks.c.stream_id == stream_id, chunks.c.first_seq == last.first_seq)
        connection.execute(update(chunks).where(mine).values(joined._asdict()))
        return True

    def _insert(self, connection: Connection, stream: Row[Any], events: list[Input], now_ms: int) -> None:
        seq = stream.next_seq
        rows = []
        for part in split(events):
            place = {"stream_id": stream.id, "group_id": stream.group_id, "first_seq": seq}
            rows.append({**place, **encode(part, now_ms)._asdict()})
            seq += len(part)
        connection.execute(chunks.insert(), rows)

    def _publish(self, connection: Connection, batches: list[Batch]) -> None:
        grown = [channel(batch.group, batch.stream) for batch in batches]
        after_commit(connection, lambda: self._app.notifier.publish(*grown))

    def _now_ms(self) -> int:
        return int(self._app.clock.now().timestamp() * 1000)


def _merged(batches: Iterable[Batch]) -> list[Batch]:
    """One batch per stream, in an order that is the same for every writer, so that none waits for another in a ring."""
    found: dict[tuple[str, str], Batch] = {}
    for batch in batches:
        found.setdefault((batch.group, batch.stream), Batch(batch.group, batch.stream)).events.extend(batch.events)
    return [found[key] for key in sorted(found)]


def _has_taken(stream: Row[Any], delivery: Delivery | None) -> bool:
    if delivery is None or stream.writer != delivery.writer:
        return False
    return bool(stream.writer_batch >= delivery.number)


def _check_name(member: str, name: str) -> None:
    if not 1 <= len(name) <= 512 or "\0" in name:
        raise InvalidParameterException(f"{member} {name[:40]!r} must have 1 to 512 characters and no NUL")
    if member == "logStreamName" and (":" in name or "*" in name):
        raise InvalidParameterException(f"{member} {name!r} must not contain ':' or '*'")


def starts_with(column: Any, prefix: str) -> Any:
    """A prefix as a range, which the index serves; names compare by bytes."""
    return and_(column >= prefix, column < prefix + "\U0010ffff") if prefix else and_(True)
