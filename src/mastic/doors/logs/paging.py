"""Pages of GetLogEvents and FilterLogEvents: bounded in events, in bytes and in what is searched for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from mastic.app import App
from mastic.doors.logs.chunks import EVENT_OVERHEAD_BYTES, Event
from mastic.doors.logs.patterns import parse_pattern
from mastic.doors.logs.reader import BEGINNING, END, Position, Reader
from mastic.doors.logs.store import LogStore, starts_with
from mastic.doors.logs.tables import chunks, streams
from mastic.protocol.errors import InvalidParameterException

MAX_EVENTS = 10_000
MAX_BYTES = 1 << 20
# A search that finds little hands back what it has and a token to go on with.
MAX_SCANNED_BYTES = 64 << 20

_TOKEN = re.compile(r"([fb])/(\d{1,19})/(-?\d{1,19})/(-?\d{1,19})")


@dataclass(frozen=True)
class StreamPage:
    """A page of one stream, oldest event first, and the tokens for what comes before and after it."""

    events: list[Event]
    forward_token: str
    backward_token: str


@dataclass(frozen=True)
class FilterPage:
    """Events found, names of their streams by id, and where to go on (None: nothing is left)."""

    events: list[Event]
    names: dict[int, str]
    next: Position | None


def stream_page(
    app: App,
    group: str,
    stream: str,
    *,
    start_ms: int | None,
    end_ms: int | None,
    from_head: bool,
    token: str | None,
    limit: int | None,
) -> StreamPage:
    """Events with start_ms <= time < end_ms. Raises ResourceNotFoundException, InvalidParameterException."""
    low, high = _window(start_ms, end_ms)
    place: Position | None = None
    if token is not None:
        direction, place = _parse_token(token)
        from_head = direction == "f"
        low, high = (max(low, place), high) if from_head else (low, min(high, place))
    with app.store.read() as connection:
        stream_id = LogStore(app).stream(connection, group, stream).id
        reader = Reader(connection, chunks.c.stream_id == stream_id, low, high, newest_first=not from_head)
        found, _ = _take(reader, limit or MAX_EVENTS)
    if not from_head:
        found.reverse()
    if not found:
        here = place or low
        return StreamPage([], _token("f", here), _token("b", here))
    return StreamPage(found, _token("f", Position.after(found[-1])), _token("b", Position.before(found[0])))


def filter_page(
    app: App,
    group: str,
    *,
    names: Sequence[str] | None,
    prefix: str,
    pattern: str,
    start_ms: int | None,
    end_ms: int | None,
    newest_first: bool,
    after: Sequence[int] | None,
    limit: int | None,
) -> FilterPage:
    """Events of a group's streams with start_ms <= time <= end_ms that match `pattern`, in order of time.

    Raises ResourceNotFoundException, InvalidParameterException.
    """
    matches = parse_pattern(pattern).matches
    low, high = _window(start_ms, None if end_ms is None else end_ms + 1)
    if after is not None:
        low, high = (low, Position(*after)) if newest_first else (Position(*after), high)
    store = LogStore(app)
    with app.store.read() as connection:
        group_id = store.group(connection, group).id
        scope = chunks.c.group_id == group_id
        if names:
            scope = chunks.c.stream_id.in_([store.stream(connection, group, name).id for name in names])
        elif prefix:
            chosen = (streams.c.group_id == group_id) & starts_with(streams.c.name, prefix)
            scope = chunks.c.stream_id.in_(select(streams.c.id).where(chosen))
        reader = Reader(connection, scope, low, high, newest_first=newest_first)
        found, next_place = _take(reader, limit or MAX_EVENTS, matches)
        ids = {event.stream_id for event in found}
        rows = connection.execute(select(streams.c.id, streams.c.name).where(streams.c.id.in_(ids))) if ids else ()
        return FilterPage(found, {row.id: row.name for row in rows}, next_place)


def _take(
    reader: Reader, limit: int, matches: Callable[[str], bool] = lambda message: True
) -> tuple[list[Event], Position | None]:
    """The first events that match, and where the next page begins (None: nothing is left)."""
    found: list[Event] = []
    size = 0
    last: Event | None = None
    for event in reader:
        wanted = matches(event.message)
        added = len(event.message.encode()) + EVENT_OVERHEAD_BYTES if wanted else 0
        is_full = wanted and found and (len(found) == limit or size + added > MAX_BYTES)
        if last is not None and (is_full or reader.scanned_bytes > MAX_SCANNED_BYTES):
            return found, Position.before(last) if reader.newest_first else Position.after(last)
        if wanted:
            found.append(event)
            size += added
        last = event
    return found, None


def _window(start_ms: int | None, end_ms: int | None) -> tuple[Position, Position]:
    """From `start_ms` up to but without `end_ms`; times beyond what the database can hold are its ends."""
    low = BEGINNING if start_ms is None else min(Position(start_ms), END)
    return low, END if end_ms is None else min(Position(end_ms), END)


def _token(direction: str, place: Position) -> str:
    return f"{direction}/{place.ms}/{place.stream_id}/{place.seq}"


def _parse_token(token: str) -> tuple[str, Position]:
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise InvalidParameterException("The specified nextToken is invalid.")
    return found[1], min(Position(int(found[2]), int(found[3]), int(found[4])), END)
