"""Values come back from both databases as they went in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from mastic.store.database import Store, after_commit, before_commit
from mastic.store.types import Json, UtcDateTime

samples = Table(
    "samples", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime), Column("json", Json)
)


@pytest.fixture
def sample_store(store: Store) -> Store:
    with store.write() as connection:
        samples.create(connection)
    return store


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 2, 3, 4, 5, 6, 789012, UTC),
        datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
        datetime(2026, 2, 3, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        None,
    ],
)
def test_times_keep_their_instant_and_are_utc(sample_store: Store, value: datetime | None) -> None:
    with sample_store.write() as connection:
        connection.execute(insert(samples).values(id=1, at=value))
    with sample_store.read() as connection:
        found = connection.scalar(select(samples.c.at))
    assert found == value
    assert found is None or found.tzinfo is UTC


def test_times_sort_and_compare_in_sql(sample_store: Store) -> None:
    times = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=n) for n in (5, 0, 1_000_000, 999_999)]
    with sample_store.write() as connection:
        connection.execute(insert(samples), [{"id": n, "at": at} for n, at in enumerate(times)])
    with sample_store.read() as connection:
        assert list(connection.scalars(select(samples.c.at).order_by(samples.c.at))) == sorted(times)
        assert connection.scalar(select(samples.c.id).where(samples.c.at > times[3])) == 2


def test_a_time_without_a_zone_is_refused(sample_store: Store) -> None:
    with pytest.raises(StatementError, match="no timezone"), sample_store.write() as connection:
        connection.execute(insert(samples).values(id=1, at=datetime(2026, 1, 1)))


@pytest.mark.parametrize("value", [{"b": 1, "a": [None, True, 1.5, "é\n\u0000"]}, [], "", 0, None])
def test_json_is_returned_unchanged(sample_store: Store, value: object) -> None:
    with sample_store.write() as connection:
        connection.execute(insert(samples).values(id=1, json=value))
    with sample_store.read() as connection:
        found = connection.scalar(select(samples.c.json))
    assert found == value
    assert not isinstance(value, dict) or list(found) == list(value)


def test_callbacks_run_around_the_commit(sample_store: Store) -> None:
    seen: list[object] = []
    with sample_store.write() as connection:
        before_commit(connection, lambda: connection.execute(insert(samples).values(id=1)) and None)
        after_commit(connection, lambda: seen.append(_count(sample_store)))
        assert _count(sample_store) == 0
    assert seen == [1]


def test_callbacks_do_not_run_when_rolled_back(sample_store: Store) -> None:
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError), sample_store.write() as connection:
        before_commit(connection, lambda: seen.append("before"))
        after_commit(connection, lambda: seen.append("after"))
        connection.execute(insert(samples).values(id=1))
        1 / 0
    with sample_store.write():
        pass
    assert (seen, _count(sample_store)) == ([], 0)


def _count(store: Store) -> int:
    with store.read() as connection:
        return len(connection.scalars(select(samples.c.id)).all())
