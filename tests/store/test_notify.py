"""A published change wakes every waiter, in this server and in the others on the same PostgreSQL."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from mastic.store.database import Store
from mastic.store.notify import Notifier


@pytest.fixture
def notifier(store: Store) -> Iterator[Notifier]:
    one = Notifier(store)
    yield one
    one.close()


@pytest.fixture
def servers(postgres_url: str) -> Iterator[tuple[Notifier, Notifier]]:
    stores = Store(postgres_url), Store(postgres_url)
    pair = Notifier(stores[0]), Notifier(stores[1])
    yield pair
    for notifier, store in zip(pair, stores, strict=True):
        notifier.close()
        store.close()


def test_a_thread_is_woken(notifier: Notifier) -> None:
    with notifier.subscribe_thread("runs") as wakeup:
        threading.Timer(0.05, notifier.publish, ["runs"]).start()
        assert wakeup.wait(5)


def test_a_change_between_subscribing_and_waiting_is_not_missed(notifier: Notifier) -> None:
    with notifier.subscribe_thread("runs") as wakeup:
        notifier.publish("runs")
        assert wakeup.wait(0)


def test_a_wakeup_is_given_once(notifier: Notifier, store: Store) -> None:
    if not store.is_sqlite:  # connecting the listener wakes everybody once
        return
    with notifier.subscribe_thread("runs") as wakeup:
        notifier.publish("runs")
        assert (wakeup.wait(0), wakeup.wait(0.02)) == (True, False)


def test_other_channels_do_not_wake(servers: tuple[Notifier, Notifier]) -> None:
    here, there = servers
    with here.subscribe_thread("runs") as wakeup:
        _settle(wakeup.wait)
        there.publish("other")
        assert not wakeup.wait(0.1)


def test_many_coroutines_are_woken_by_one_publish(notifier: Notifier) -> None:
    async def waiting() -> bool:
        with notifier.subscribe("runs", "more") as wakeup:
            return await wakeup.wait(5)

    async def scenario() -> list[bool]:
        waiters = [asyncio.create_task(waiting()) for _ in range(20)]
        await asyncio.sleep(0.05)
        await asyncio.to_thread(notifier.publish, "more")
        return await asyncio.gather(*waiters)

    assert asyncio.run(scenario()) == [True] * 20


def test_a_coroutine_stops_waiting_after_its_timeout(notifier: Notifier) -> None:
    async def scenario() -> float:
        with notifier.subscribe("runs") as wakeup:
            while await wakeup.wait(0.2):
                pass
            started = time.monotonic()
            assert not await wakeup.wait(0.05)
            return time.monotonic() - started

    assert 0.04 < asyncio.run(scenario()) < 1


def test_channels_are_forgotten_with_their_last_subscriber(notifier: Notifier) -> None:
    with notifier.subscribe_thread("a", "b"), notifier.subscribe_thread("b"):
        assert set(notifier._waiters) == {"a", "b"}
    assert notifier._waiters == {}


@pytest.mark.postgres
def test_another_server_is_woken(servers: tuple[Notifier, Notifier]) -> None:
    here, there = servers
    with here.subscribe_thread("runs") as wakeup:
        _settle(wakeup.wait)
        started = time.monotonic()
        there.publish("runs")
        assert wakeup.wait(5)
        assert time.monotonic() - started < 1


@pytest.mark.postgres
def test_the_listener_comes_back_after_the_database_cut_it_off(
    servers: tuple[Notifier, Notifier], postgres_admin_url: str
) -> None:
    here, there = servers
    with here.subscribe_thread("runs") as wakeup:
        _settle(wakeup.wait)
        with psycopg.connect(postgres_admin_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        assert wakeup.wait(5)  # something may have been published meanwhile: look again
        there.publish("runs")
        assert wakeup.wait(5)


def test_publishing_survives_a_database_that_is_gone(servers: tuple[Notifier, Notifier]) -> None:
    here, _ = servers
    here._store.engine.dispose()
    here._store = Store("postgresql://nobody@/nothing?host=/nonexistent")
    here.publish("runs")


def _settle(wait: Callable[[float], bool]) -> None:
    """Consume the wake-up that the listener's connecting gives."""
    assert wait(5)
    wait(0.1)
