"""A chunk: consecutive events of one stream, compressed together."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import msgspec

# Small batches join the last chunk until it has this many bytes; what is rewritten stays bounded.
JOIN_BELOW_BYTES = 32 * 1024
# A chunk is what a reader holds in memory at a time.
CHUNK_BYTES = 256 * 1024
# No chunk spans more time, so that a reader knows how far before a time its events can begin.
CHUNK_SPAN_MS = 3600 * 1000
EVENT_OVERHEAD_BYTES = 26  # what CloudWatch counts beside the message

_COMPRESSION_LEVEL = 5  # a tenth smaller than 3 on log text, hardly slower


class Input(NamedTuple):
    """An event as it comes in."""

    ms: int
    message: str


class Event(NamedTuple):
    """An event as it is read. Events order by time, then by where and in which order they were written."""

    ms: int
    stream_id: int
    seq: int
    message: str
    ingested_ms: int


class _Payload(msgspec.Struct, array_like=True):
    deltas: list[int]  # each event's time as the distance to the one before
    messages: list[str]
    ingested: list[tuple[int, int]]  # (how many events, when they came in)


class Chunk(NamedTuple):
    """A chunk's columns."""

    events: int
    first_ms: int
    last_ms: int
    raw_bytes: int
    payload: bytes


def size_of(events: Iterable[Input]) -> int:
    """Bytes as CloudWatch counts them."""
    return sum(len(event.message.encode()) + EVENT_OVERHEAD_BYTES for event in events)


def encode(events: Sequence[Input], ingested_ms: int) -> Chunk:
    """Events that came in together as one chunk."""
    return _encode([event.ms for event in events], [e.message for e in events], [(len(events), ingested_ms)])


def join(payload: bytes, events: Sequence[Input], ingested_ms: int) -> Chunk:
    """The chunk with further events at its end."""
    old = _decode(payload)
    times = [*accumulate(old.deltas), *(event.ms for event in events)]
    messages = [*old.messages, *(event.message for event in events)]
    return _encode(times, messages, [*old.ingested, (len(events), ingested_ms)])


def decode(stream_id: int, first_seq: int, payload: bytes) -> list[Event]:
    """The chunk's events in the order they were written."""
    data = _decode(payload)
    ingested = [when for count, when in data.ingested for _ in range(count)]
    sequence = range(first_seq, first_seq + len(data.messages))
    found = zip(accumulate(data.deltas), sequence, data.messages, ingested, strict=True)
    return [Event(ms, stream_id, seq, message, at) for ms, seq, message, at in found]


def span_of(events: Iterable[Input], *times: int) -> int:
    """Milliseconds between the first and the last of all these times."""
    all_times = [*times, *(event.ms for event in events)]
    return max(all_times) - min(all_times)


def split(events: Sequence[Input]) -> Iterator[Sequence[Input]]:
    """Batches of at most CHUNK_BYTES (one larger event is a batch of its own) and CHUNK_SPAN_MS."""
    start, size, low, high = 0, 0, events[0].ms, events[0].ms
    for at, event in enumerate(events):
        added = len(event.message.encode()) + EVENT_OVERHEAD_BYTES
        low, high = min(low, event.ms), max(high, event.ms)
        if at > start and (size + added > CHUNK_BYTES or high - low > CHUNK_SPAN_MS):
            yield events[start:at]
            start, size, low, high = at, 0, event.ms, event.ms
        size += added
    yield events[start:]


def _encode(times: list[int], messages: list[str], ingested: list[tuple[int, int]]) -> Chunk:
    deltas = [after - before for before, after in zip([0, *times], times, strict=False)]
    raw = msgspec.msgpack.encode(_Payload(deltas, messages, ingested))
    size = sum(map(len, map(str.encode, messages))) + EVENT_OVERHEAD_BYTES * len(messages)
    return Chunk(len(messages), min(times), max(times), size, zlib.compress(raw, _COMPRESSION_LEVEL))


def _decode(payload: Any) -> _Payload:
    return msgspec.msgpack.decode(zlib.decompress(payload), type=_Payload)
