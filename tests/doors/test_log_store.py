"""Writing and reading streams: order, chunks, tokens, retention, size, speed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, true

from mastic.app import App
from mastic.clock import ManualClock
from mastic.doors.logs import chunks, paging
from mastic.doors.logs.chunks import CHUNK_SPAN_MS, Input, decode, encode, join, split
from mastic.doors.logs.paging import filter_page, stream_page
from mastic.doors.logs.reader import Position, Reader
from mastic.doors.logs.store import Batch, Delivery, LogStore
from mastic.doors.logs.tables import chunks as chunk_rows
from mastic.doors.logs.tables import streams
from mastic.protocol.errors import (
    InvalidParameterException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)
from mastic.settings import Settings

Write = Callable[..., None]
EVENTS = st.lists(st.tuples(st.integers(0, 10 * CHUNK_SPAN_MS), st.text(max_size=5)), min_size=1, max_size=30)


def page(app: App, **options: object) -> paging.StreamPage:
    given_ = {"start_ms": None, "end_ms": None, "from_head": True, "token": None, "limit": None, **options}
    return stream_page(app, "g", "s", **given_)  # type: ignore[arg-type]


def search(app: App, pattern: str = "", **options: object) -> paging.FilterPage:
    given_ = {"names": None, "prefix": "", "start_ms": None, "end_ms": None, "newest_first": False, "after": None}
    return filter_page(app, "g", pattern=pattern, **{**given_, "limit": None, **options})  # type: ignore[arg-type]


def messages(found: paging.StreamPage | paging.FilterPage) -> list[str]:
    return [event.message for event in found.events]


def count_chunks(app: App) -> int:
    with app.store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(chunk_rows)) or 0)


@given(EVENTS, EVENTS)
def test_a_chunk_gives_back_what_went_in(first: list[tuple[int, str]], second: list[tuple[int, str]]) -> None:
    one, two = [Input(*e) for e in first], [Input(*e) for e in second]
    joined = join(encode(one, 100).payload, two, 200)
    found = decode(7, 50, joined.payload)
    assert [(e.ms, e.message) for e in found] == first + second
    assert [e.seq for e in found] == list(range(50, 50 + len(first) + len(second)))
    assert [e.ingested_ms for e in found] == [100] * len(first) + [200] * len(second)
    assert (joined.first_ms, joined.last_ms) == (min(found).ms, max(found).ms)
    assert joined.raw_bytes == chunks.size_of(one + two)


@given(EVENTS)
def test_splitting_loses_nothing_and_bounds_time(events: list[tuple[int, str]]) -> None:
    parts = list(split([Input(*e) for e in events]))
    assert [tuple(e) for part in parts for e in part] == events
    assert all(chunks.span_of(part) <= CHUNK_SPAN_MS for part in parts)


def test_large_batches_are_split_by_size() -> None:
    parts = list(split([Input(1, "x" * 100_000)] * 5 + [Input(1, "y" * 1_000_000)]))
    assert [len(part) for part in parts] == [2, 2, 1, 1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), EVENTS), min_size=1, max_size=8), st.booleans(), st.data())
def test_reading_orders_all_streams_by_time(log_app: App, batches, newest_first: bool, data) -> None:
    """Whatever the order of writing: events come sorted by time, from any place on, in both directions."""
    with log_app.store.write() as connection:
        connection.execute(streams.delete())
    store = LogStore(log_app)
    for stream, events in batches:
        store.append([Batch("g", stream, [Input(*e) for e in events])])
    with log_app.store.read() as connection:
        everything = list(Reader(connection, true(), newest_first=newest_first))
        assert len(everything) == sum(len(events) for _, events in batches)
        assert everything == sorted(everything, reverse=newest_first)
        place = data.draw(st.sampled_from(everything))
        low = Reader(connection, true(), low=Position.after(place), newest_first=newest_first)
        high = Reader(connection, true(), high=Position.before(place), newest_first=newest_first)
        assert sorted([*high, place, *low]) == sorted(everything)
        assert list(low) == sorted(low, reverse=newest_first)


def test_small_batches_share_a_chunk(log_app: App, write: Write) -> None:
    for at in range(200):
        write("s", (at, f"line {at}"))
    assert count_chunks(log_app) == 1
    assert messages(page(log_app)) == [f"line {at}" for at in range(200)]


def test_a_delivery_sent_again_is_not_added_again(log_app: App, logs: LogStore) -> None:
    """The server died between taking it and answering; the writer cannot know and sends it once more."""

    def deliver(number: int, *streams: str, writer: str = "w") -> None:
        logs.append(
            [Batch("g", stream, [Input(number, f"{writer}{number}")]) for stream in streams], Delivery(writer, number)
        )

    deliver(1, "s", "other")
    deliver(1, "s", "other")
    deliver(2, "s")
    deliver(2, "s", "other")
    deliver(1, "s")
    deliver(1, "s", writer="v")
    logs.append([Batch("g", "s", [Input(9, "nobody's")])])
    logs.append([Batch("g", "s", [Input(9, "nobody's")])])
    assert [e.message for e in logs.tail("g", "s", 0)[0]] == ["w1", "w2", "v1", "nobody's", "nobody's"]
    assert [e.message for e in logs.tail("g", "other", 0)[0]] == ["w1", "w2"]


def test_a_chunk_does_not_span_more_than_an_hour(log_app: App, write: Write) -> None:
    for at in range(5):
        write("s", (at * CHUNK_SPAN_MS, "x"))
    assert count_chunks(log_app) == 3


def test_tokens_walk_forward_and_stay_at_the_end(log_app: App, write: Write) -> None:
    write("s", *((at, str(at)) for at in range(5)))
    first = page(log_app, limit=3)
    second = page(log_app, limit=3, token=first.forward_token)
    end = page(log_app, limit=3, token=second.forward_token)
    assert (messages(first), messages(second), messages(end)) == (["0", "1", "2"], ["3", "4"], [])
    assert end.forward_token == second.forward_token
    write("s", (5, "late"))
    assert messages(page(log_app, token=end.forward_token)) == ["late"]
    back = page(log_app, limit=2, token=second.backward_token)
    assert messages(back) == ["1", "2"]


def test_tokens_walk_backward_from_the_end_and_stay_at_the_head(log_app: App, write: Write) -> None:
    write("s", *((at, str(at)) for at in range(5)))
    last = page(log_app, limit=3, from_head=False)
    before = page(log_app, limit=3, from_head=False, token=last.backward_token)
    head = page(log_app, limit=3, from_head=False, token=before.backward_token)
    assert (messages(last), messages(before), messages(head)) == (["2", "3", "4"], ["0", "1"], [])
    assert head.backward_token == before.backward_token
    assert messages(page(log_app, token=before.forward_token)) == ["2", "3", "4"]


def test_an_empty_stream_has_tokens_too(log_app: App, logs: LogStore, write: Write) -> None:
    logs.create_group("g")
    logs.create_stream("g", "s")
    empty = page(log_app, from_head=False)
    assert empty.events == []
    write("s", (7, "first"))
    assert messages(page(log_app, token=empty.forward_token)) == ["first"]


def test_time_bounds(log_app: App, write: Write) -> None:
    write("s", *((at, str(at)) for at in range(10)))
    assert messages(page(log_app, start_ms=3, end_ms=6)) == ["3", "4", "5"]  # endTime is exclusive here
    assert messages(search(log_app, start_ms=3, end_ms=6)) == ["3", "4", "5", "6"]  # and inclusive there
    assert messages(page(log_app, start_ms=10**30)) == []


def test_a_page_holds_a_megabyte(log_app: App, write: Write) -> None:
    write("s", *((at, "x" * 100_000) for at in range(25)))
    sizes, token = [], None
    while True:
        found = page(log_app, token=token)
        if not found.events:
            break
        sizes.append(len(found.events))
        token = found.forward_token
    assert sizes == [10, 10, 5]


def test_a_larger_event_is_a_page_of_its_own(log_app: App, write: Write) -> None:
    write("s", (1, "a"), (2, "x" * 3_000_000), (3, "b"))
    first = page(log_app)
    second = page(log_app, token=first.forward_token)
    third = page(log_app, token=second.forward_token)
    assert [len(p.events) for p in (first, second, third)] == [1, 1, 1]


@pytest.mark.parametrize("token", ["", "x", "f/1", "f/1/1/x", "g/1/1/1"])
def test_a_token_that_is_not_ours_is_refused(log_app: App, write: Write, token: str) -> None:
    write("s", (1, "a"))
    with pytest.raises(InvalidParameterException, match="nextToken"):
        page(log_app, token=token)


def test_a_search_interleaves_streams_by_time(log_app: App, write: Write) -> None:
    write("b", (2, "b2"), (4, "b4"))
    write("a", (1, "a1"), (3, "a3"))
    write("other", (2, "no"), group="h")
    assert messages(search(log_app)) == ["a1", "b2", "a3", "b4"]
    assert messages(search(log_app, newest_first=True)) == ["b4", "a3", "b2", "a1"]
    assert messages(search(log_app, names=["b"])) == ["b2", "b4"]
    assert messages(search(log_app, prefix="a")) == ["a1", "a3"]
    found = search(log_app)
    assert [found.names[event.stream_id] for event in found.events] == ["a", "b", "a", "b"]
    with pytest.raises(ResourceNotFoundException, match="log stream does not exist: nope"):
        search(log_app, names=["b", "nope"])


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_search_goes_on_where_its_page_ended(log_app: App, write: Write, newest_first: bool) -> None:
    write("s", *((at // 3, f"{'hit' if at % 4 == 0 else 'miss'} {at}") for at in range(50)))
    found, after, pages = [], None, 0
    while pages == 0 or after is not None:
        one = search(log_app, "hit", limit=3, newest_first=newest_first, after=after)
        found += messages(one)
        after = one.next
        pages += 1
    expected = [f"hit {at}" for at in range(0, 50, 4)]
    assert found == (expected[::-1] if newest_first else expected)
    assert pages == 5


def test_a_search_for_what_is_rare_returns_before_it_is_done(log_app: App, write: Write, monkeypatch) -> None:
    monkeypatch.setattr(paging, "MAX_SCANNED_BYTES", 300_000)
    write("s", *((at, "x" * 90_000) for at in range(20)), (99, "needle"))
    found, after, pages = [], None, 0
    while pages == 0 or after is not None:
        one = search(log_app, "needle", after=after)
        found += messages(one)
        after = one.next
        pages += 1
    assert found == ["needle"]
    assert pages > 2


def test_tail_follows_the_order_of_writing_not_of_clocks(logs: LogStore, write: Write) -> None:
    write("s", (5, "one"), (9, "two"))
    first, after = logs.tail("g", "s", 0)
    write("s", (1, "the clock went back"))
    second, end = logs.tail("g", "s", after)
    assert [e.message for e in first] == ["one", "two"]
    assert [e.message for e in second] == ["the clock went back"]
    assert logs.tail("g", "s", end) == ([], end)


def test_streams_are_listed_by_name_and_by_time(logs: LogStore, write: Write) -> None:
    for name, ms in (("a", 30), ("b", 10), ("c", 20)):
        write(name, (ms, "x"))

    def listed(**options: object) -> list[str]:
        given_ = {"prefix": "", "by_time": False, "descending": False, "after": None, "limit": 9, **options}
        return [row.name for row in logs.streams("g", **given_)]  # type: ignore[arg-type]

    assert listed() == ["a", "b", "c"]
    assert listed(descending=True) == ["c", "b", "a"]
    assert listed(by_time=True, descending=True) == ["a", "c", "b"]
    assert listed(by_time=True, descending=True, after=[30, "a"], limit=1) == ["c", "b"]
    assert listed(prefix="b") == ["b"]
    assert listed(after=["a"]) == ["b", "c"]


def test_groups_and_streams_are_made_once_and_missed_by_name(logs: LogStore) -> None:
    with pytest.raises(ResourceNotFoundException, match="log group does not exist: g"):
        logs.create_stream("g", "s")
    logs.create_group("g")
    with pytest.raises(ResourceAlreadyExistsException, match="log group already exists: g"):
        logs.create_group("g")
    logs.create_stream("g", "s")
    with pytest.raises(ResourceAlreadyExistsException, match="log stream already exists: s"):
        logs.create_stream("g", "s")
    with pytest.raises(ResourceNotFoundException, match="log stream does not exist: t"):
        logs.put("g", "t", [Input(1, "x")])
    for bad in ("a:b", "a*", "a\0b", "x" * 513):
        with pytest.raises(InvalidParameterException, match="logStreamName"):
            logs.create_stream("g", bad)


def test_deleting_takes_the_events_along(log_app: App, logs: LogStore, write: Write) -> None:
    write("s", (1, "x"))
    write("t", (1, "x"))
    logs.delete_stream("g", "s")
    assert count_chunks(log_app) == 1
    logs.delete_group("g")
    assert count_chunks(log_app) == 0
    with pytest.raises(ResourceNotFoundException):
        logs.tail("g", "t", 0)


def test_what_is_older_than_its_retention_goes(log_app: App, logs: LogStore, write: Write) -> None:
    clock = log_app.clock
    assert isinstance(clock, ManualClock)
    now_ms = int(clock.now().timestamp() * 1000)
    day = 24 * 3600 * 1000
    write("old", (now_ms - 40 * day, "x"))
    write("mixed", (now_ms - 40 * day, "gone"), (now_ms, "stays"))
    write("short", (now_ms - 2 * day, "x"), group="h")
    write("short", (now_ms - 2 * day, "x"))
    logs.set_retention("h", 1)
    clock.advance(timedelta(days=1))
    for name in ("old", "mixed"):  # the streams themselves are as old as their events
        with log_app.store.write() as connection:
            connection.execute(streams.update().where(streams.c.name == name).values(created_ms=0))
    assert logs.expire(clock.now()) == 3
    assert [e.message for e in logs.tail("g", "mixed", 0)[0]] == ["stays"]
    with pytest.raises(ResourceNotFoundException):
        logs.tail("g", "old", 0)
    assert logs.tail("h", "short", 0)[0] == []
    assert logs.expire(clock.now()) == 0
    with pytest.raises(InvalidParameterException, match="retentionInDays 2 is not one of 1, 3"):
        logs.set_retention("g", 2)


def test_writers_to_the_same_streams_lose_nothing(log_app: App, logs: LogStore) -> None:
    def work(writer: int) -> None:
        for at in range(20):
            names = ("x", "y") if writer % 2 else ("y", "x")
            logs.append([Batch("g", name, [Input(at, f"{writer} {at}")]) for name in names])

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("x", "y"):
        found, end = logs.tail("g", name, 0)
        assert sorted(e.message for e in found) == sorted(f"{w} {at}" for w in range(4) for at in range(20))
        assert end == 80
        assert [e.seq for e in found] == list(range(80))


def test_a_hundred_megabytes_stay_small_and_quick(tmp_path) -> None:
    """What a script that prints without end costs: bytes on disk, time to write, time to find the end."""
    app = App(Settings(home=tmp_path))
    store = LogStore(app)
    rng = random.Random(1)
    words = [
        f"{rng.choice(['INFO', 'WARN'])} task {rng.randrange(10**6)} took {rng.random():.3f} s" for _ in range(5000)
    ]
    lines_per_batch, total, at, wrote = 10_000, 0, 0, 0.0
    while total < 100_000_000:
        batch = [
            Input(at + i, f"2026-01-01 00:00:00,{i % 1000:03} {rng.choice(words)} partition {at + i}")
            for i in range(lines_per_batch)
        ]
        total += sum(len(event.message) for event in batch)
        started = time.perf_counter()
        store.append([Batch("g", "s", batch)])
        wrote += time.perf_counter() - started
        at += lines_per_batch
    with app.store.read() as connection:
        on_disk = int(connection.scalar(select(func.sum(func.length(chunk_rows.c.payload)))) or 0)
    started = time.perf_counter()
    last = stream_page(app, "g", "s", start_ms=None, end_ms=None, from_head=False, token=None, limit=100)
    found_end = time.perf_counter() - started
    started = time.perf_counter()
    found = filter_page(
        app,
        "g",
        names=["s"],
        prefix="",
        pattern=f'"partition {at - 1}"',
        start_ms=None,
        end_ms=None,
        newest_first=True,
        after=None,
        limit=1,
    )
    app.store.close()
    print(f"{total >> 20} MB in {wrote:.1f} s, {on_disk / 1e6:.1f} MB on disk, end found in {found_end * 1000:.0f} ms")
    assert last.events[-1].seq == at - 1
    assert len(found.events) == 1
    assert on_disk < 20_000_000
    assert wrote < 30  # seconds; measured about 3
    assert found_end < 0.5  # seconds; measured about 0.02
