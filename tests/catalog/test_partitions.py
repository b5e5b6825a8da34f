"""Partitions: batches with errors per entry, typed filters, segments, paging, round trip."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from mastic.app import App
from mastic.catalog import partition_rows, partitions
from mastic.catalog.tables import partition_descriptors
from mastic.protocol.errors import AlreadyExistsException, EntityNotFoundException, InvalidInputException


def listed(app: App, expression: str = "", **options: Any) -> list[list[str]]:
    found, _ = partitions.page(app, "sales", "orders", expression=expression, limit=1000, **options)
    return [partition["Values"] for partition in found]


def test_a_partition_comes_back_as_it_was_given(app: App, make_table) -> None:
    table = make_table(("day", "date"), ("hour", "int"))
    given = {
        "Values": ["2026-01-01", "07"],
        "LastAccessTime": datetime(2026, 1, 2, tzinfo=UTC),
        "StorageDescriptor": {
            "Columns": [{"Name": "X", "Type": "int"}],
            "Location": "s3://b/day=2026-01-01/hour=07/",
            "Parameters": {"recordCount": "3"},
            "SerdeInfo": {"Parameters": {"z": "1", "a": "2"}},
        },
        "Parameters": {"b": "1", "a": "2"},
    }
    partitions.create(app, "sales", table, given)
    found = partitions.get(app, "Sales", "Orders", ["2026-01-01", "07"])
    descriptor = found.pop("StorageDescriptor")
    assert descriptor == given["StorageDescriptor"] | {
        "Compressed": False,
        "NumberOfBuckets": 0,
        "SortColumns": [],
        "StoredAsSubDirectories": False,
    }
    assert found == {
        "Values": ["2026-01-01", "07"],
        "LastAccessTime": datetime(2026, 1, 2, tzinfo=UTC),
        "Parameters": {"b": "1", "a": "2"},
        "DatabaseName": "sales",
        "TableName": "orders",
        "CreationTime": app.clock.now(),
        "CatalogId": "123456789012",
    }


def test_a_partition_without_a_descriptor_has_none(app: App, make_table) -> None:
    make_table(("day", "string"))
    partitions.create(app, "sales", "orders", {"Values": ["x"]})
    assert "StorageDescriptor" not in partitions.get(app, "sales", "orders", ["x"])


def test_a_batch_reports_each_entry_that_failed_and_creates_the_rest(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    partitions.create(app, "sales", "orders", partition_input("1"))
    given = [partition_input(*values) for values in (["1"], ["2"], ["2"], ["3", "x"], ["abc"], ["01"])]
    failures = partitions.create_many(app, "sales", "orders", given)
    assert sorted((failure.values, failure.error.code) for failure in failures) == [
        (["1"], "AlreadyExistsException"),
        (["2"], "AlreadyExistsException"),
        (["3", "x"], "InvalidInputException"),
        (["abc"], "InvalidInputException"),
    ]
    assert listed(app) == [["1"], ["2"], ["01"]]
    assert failures[-1].wire("PartitionValues")["ErrorDetail"]["ErrorMessage"].startswith("Partition already exists")


def test_one_partition_raises_what_a_batch_reports(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    partitions.create(app, "sales", "orders", partition_input("1"))
    with pytest.raises(AlreadyExistsException):
        partitions.create(app, "sales", "orders", partition_input("1"))
    with pytest.raises(
        InvalidInputException, match=r"do not match the number .* table orders has 1 \(n\), given are 2"
    ):
        partitions.create(app, "sales", "orders", partition_input("1", "2"))
    with pytest.raises(InvalidInputException, match="'x' of partition key 'n' is not a valid int"):
        partitions.create(app, "sales", "orders", partition_input("x"))
    with pytest.raises(EntityNotFoundException, match=r"^Table nope not found\.$"):
        partitions.create(app, "sales", "nope", partition_input("1"))
    with pytest.raises(InvalidInputException, match="NUL"):
        make_table(("s", "string"), name="t")
        partitions.create(app, "sales", "t", partition_input("a\0b"))
    with pytest.raises(InvalidInputException, match="longer than 1024 bytes"):
        partitions.create(app, "sales", "t", partition_input("é" * 600))


def test_a_table_without_partition_keys_has_no_partitions(app: App, make_table) -> None:
    make_table()
    with pytest.raises(InvalidInputException, match="no partition keys"):
        partitions.create(app, "sales", "orders", {"Values": []})
    assert listed(app) == []


def test_missing_partitions_are_named(app: App, make_table) -> None:
    make_table(("n", "int"))
    for act in (
        lambda: partitions.get(app, "sales", "orders", ["5"]),
        lambda: partitions.remove(app, "sales", "orders", ["5"]),
        lambda: partitions.change(app, "sales", "orders", ["5"], {}),
    ):
        with pytest.raises(EntityNotFoundException, match=r"Cannot find partition: \['5'\]"):
            act()


def test_many_are_got_in_the_order_asked_and_missing_ones_left_out(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    partitions.create_many(app, "sales", "orders", [partition_input(str(n)) for n in range(5)])
    found, unprocessed = partitions.get_many(app, "sales", "orders", [["4"], ["9"], ["0"], ["4"]])
    assert [p["Values"] for p in found] == [["4"], ["0"]]
    assert unprocessed == []


def test_an_update_keeps_the_values_and_replaces_the_rest(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    partitions.create(app, "sales", "orders", partition_input("1"))
    created = partitions.get(app, "sales", "orders", ["1"])["CreationTime"]
    partitions.change(app, "sales", "orders", ["1"], {"Values": ["1"], "Parameters": {"a": "1"}})
    found = partitions.get(app, "sales", "orders", ["1"])
    assert (found["Parameters"], found["CreationTime"]) == ({"a": "1"}, created)
    assert "StorageDescriptor" not in found
    failures = partitions.change_many(
        app, "sales", "orders", [(["1"], {"Values": ["2"]}), (["8"], {}), (["1"], {"Parameters": {"b": "2"}})]
    )
    assert [(f.values, f.error.code) for f in failures] == [
        (["1"], "InvalidInputException"),
        (["8"], "EntityNotFoundException"),
    ]
    assert partitions.get(app, "sales", "orders", ["1"])["Parameters"] == {"b": "2"}


def test_partitions_are_deleted_with_an_error_for_each_missing_one(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    partitions.create_many(app, "sales", "orders", [partition_input(str(n)) for n in range(3)])
    failures = partitions.remove_many(app, "sales", "orders", [["0"], ["7"], ["2"], ["1", "2"]])
    assert [(f.values, f.error.code) for f in failures] == [
        (["7"], "EntityNotFoundException"),
        (["1", "2"], "InvalidInputException"),
    ]
    assert listed(app) == [["1"]]


def test_segments_share_out_every_partition_once(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    partitions.create_many(app, "sales", "orders", [partition_input(str(n)) for n in range(50)])
    shares = [listed(app, segment=(number, 4)) for number in range(4)]
    assert all(shares)
    assert sorted(values for share in shares for values in share) == sorted([str(n)] for n in range(50))


def test_pages_are_stable_while_partitions_come_and_go(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    partitions.create_many(app, "sales", "orders", [partition_input(str(n)) for n in range(6)])
    first, last = partitions.page(app, "sales", "orders", limit=3)
    partitions.remove(app, "sales", "orders", ["0"])
    partitions.create(app, "sales", "orders", partition_input("6"))
    second, end = partitions.page(app, "sales", "orders", limit=10, after=last)
    assert [p["Values"][0] for p in first + second] == ["0", "1", "2", "3", "4", "5", "6"]
    assert end is None


@pytest.mark.parametrize("few", [0, 5, 1000])
def test_a_filtered_listing_is_complete_however_many_match(
    app: App, make_table, partition_input, monkeypatch, few: int
) -> None:
    monkeypatch.setattr(partitions, "_FEW", few)
    make_table(("n", "int"))
    partitions.create_many(app, "sales", "orders", [partition_input(str(n)) for n in range(40)])
    found: list[str] = []
    last: int | None = 0
    while last is not None:
        page, last = partitions.page(app, "sales", "orders", expression="n >= 10", limit=7, after=last)
        found += [p["Values"][0] for p in page]
    assert found == [str(n) for n in range(10, 40)]


def test_columns_are_left_out_on_request(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    partitions.create(app, "sales", "orders", partition_input("1", location="s3://x/"))
    (found,), _ = partitions.page(app, "sales", "orders", limit=1, columns=False)
    assert "Columns" not in found["StorageDescriptor"]
    assert found["StorageDescriptor"]["Location"] == "s3://x/"


def test_wide_tables_end_pages_early_and_lose_nothing(app: App, make_table, partition_input, monkeypatch) -> None:
    monkeypatch.setattr(partition_rows, "MAX_PAGE_BYTES", 500)
    make_table(("n", "int"))
    partitions.create_many(app, "sales", "orders", [partition_input(str(n)) for n in range(20)])
    found: list[str] = []
    last, pages = 0, 0
    while pages == 0 or last:
        page, last = partitions.page(app, "sales", "orders", limit=1000, after=last)
        found += [p["Values"][0] for p in page]
        pages += 1
    assert found == [str(n) for n in range(20)]
    assert pages > 2
    wanted = [[str(n)] for n in range(20)]
    some, unprocessed = partitions.get_many(app, "sales", "orders", wanted)
    assert [p["Values"] for p in some] + unprocessed == wanted
    assert unprocessed


def test_what_partitions_share_is_stored_once(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    given = [partition_input(str(n), location=f"s3://b/{n}/") for n in range(30)]
    partitions.create_many(app, "sales", "orders", given[:15])
    partitions.create_many(app, "sales", "orders", given[15:])
    with app.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(partition_descriptors)) == 1
    assert partitions.get(app, "sales", "orders", ["7"])["StorageDescriptor"]["Location"] == "s3://b/7/"


def test_ten_thousand_partitions_are_fast_to_make_and_to_find(app: App, make_table, partition_input) -> None:
    make_table(("dt", "string"), ("hr", "int"))
    days = [f"2025-{m:02}-{d:02}" for m in range(1, 13) for d in range(1, 29)]
    given = [partition_input(dt, str(hr), location=f"s3://b/{dt}/{hr}") for dt in days for hr in range(30)]
    started = time.perf_counter()
    for at in range(0, 10_000, 100):
        assert partitions.create_many(app, "sales", "orders", given[at : at + 100]) == []
    made = time.perf_counter() - started
    timings = []
    for hr in range(20):
        started = time.perf_counter()
        assert len(listed(app, f"dt = '2025-06-15' AND hr = {hr}")) == 1
        timings.append(time.perf_counter() - started)
    print(f"10k created in {made:.2f} s, one found in {sorted(timings)[10] * 1000:.2f} ms")
    assert made < 6  # seconds; measured about 1
    assert sorted(timings)[10] < 0.02  # seconds; measured about 0.001


def test_of_many_writers_of_one_partition_exactly_one_makes_it(app: App, make_table, partition_input) -> None:
    make_table(("n", "int"))
    given = [partition_input(str(n), location=f"s3://b/{n}/") for n in range(40)]
    counts: list[int] = []

    def work(order: int) -> None:
        for at in range(0, 40, 10):  # the same entries in opposite orders: no deadlock
            counts.append(10 - len(partitions.create_many(app, "sales", "orders", given[at : at + 10][::order])))

    threads = [threading.Thread(target=work, args=(order,)) for order in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 16
    assert sum(counts) == 40
    assert sorted(int(values[0]) for values in listed(app)) == list(range(40))
