"""Tables: round trip, compare-and-swap, the Iceberg guard, versions, listing."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mastic.app import App
from mastic.catalog import databases, definitions, indexes, partitions, versions
from mastic.protocol.errors import (
    AlreadyExistsException,
    ConcurrentModificationException,
    EntityNotFoundException,
    InvalidInputException,
)

GIVEN: dict[str, Any] = {
    "Name": "Events",
    "Description": "",
    "Owner": "me",
    "Retention": 7,
    "LastAccessTime": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "StorageDescriptor": {
        "Columns": [
            {"Name": "ID", "Type": "decimal(10,2)", "Comment": "ü", "Parameters": {"z": "1", "a": "2"}},
            {"Name": "nested", "Type": "struct<a:array<int>,b:map<string,int>>"},
        ],
        "Location": "s3://b/events",
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": "x.Y", "Parameters": {"serialization.format": "1"}},
        "SkewedInfo": {"SkewedColumnNames": []},
    },
    "PartitionKeys": [{"Name": "Day", "Type": "date"}],
    "TableType": "EXTERNAL_TABLE",
    "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
}


def change(app: App, **given: Any) -> None:
    options = {key: given.pop(key) for key in ("version", "skip_archive") if key in given}
    definitions.change(app, "sales", {"Name": "orders", **given}, **options)


def test_a_table_comes_back_as_it_was_given(app: App) -> None:
    definitions.create(app, "arn:me", "Sales", GIVEN)
    found = definitions.get(app, "SALES", "EVENTS")
    descriptor = found.pop("StorageDescriptor")
    assert {key: found[key] for key in GIVEN if key in found} == {
        **{key: value for key, value in GIVEN.items() if key != "StorageDescriptor"},
        "Name": "events",
    }
    given = GIVEN["StorageDescriptor"]
    assert {key: descriptor[key] for key in given} == given
    assert list(descriptor["Columns"][0]["Parameters"]) == ["z", "a"]


def test_what_aws_fills_in(app: App) -> None:
    definitions.create(app, "arn:me", "sales", {"Name": "bare", "StorageDescriptor": {}})
    assert definitions.get(app, "sales", "bare") == {
        "Name": "bare",
        "DatabaseName": "sales",
        "CreateTime": app.clock.now(),
        "UpdateTime": app.clock.now(),
        "Retention": 0,
        "StorageDescriptor": {
            "Compressed": False,
            "NumberOfBuckets": 0,
            "SortColumns": [],
            "StoredAsSubDirectories": False,
        },
        "CreatedBy": "arn:me",
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": "123456789012",
        "VersionId": "0",
    }


def test_a_table_without_a_descriptor_gets_none(app: App) -> None:
    definitions.create(app, "arn:me", "sales", {"Name": "view"})
    assert "StorageDescriptor" not in definitions.get(app, "sales", "view")


def test_names_are_taken_once_per_database(app: App, make_table) -> None:
    make_table()
    databases.create(app, {"Name": "other"})
    definitions.create(app, "arn:me", "other", {"Name": "orders"})
    with pytest.raises(AlreadyExistsException, match="Table orders already exists"):
        definitions.create(app, "arn:me", "sales", {"Name": "ORDERS"})


def test_missing_things_are_named(app: App, make_table) -> None:
    make_table()
    with pytest.raises(EntityNotFoundException, match=r"^Database nope not found\.$"):
        definitions.get(app, "nope", "orders")
    with pytest.raises(EntityNotFoundException, match=r"^Table nope not found\.$"):
        definitions.get(app, "sales", "nope")
    with pytest.raises(EntityNotFoundException, match=r"^Database nope not found\.$"):
        definitions.create(app, "arn:me", "nope", {"Name": "t"})
    with pytest.raises(EntityNotFoundException, match=r"^Table nope not found\.$"):
        definitions.change(app, "sales", {"Name": "nope"})
    with pytest.raises(EntityNotFoundException, match=r"^Table nope not found\.$"):
        definitions.remove(app, "sales", "nope")


@pytest.mark.parametrize(
    ("keys", "said"),
    [([{"Name": "a"}, {"Name": "A"}], "'a' more than once"), ([{"Name": f"k{i}"} for i in range(17)], "at most 16")],
)
def test_partition_keys_that_cannot_be_are_refused(app: App, keys: list[dict[str, str]], said: str) -> None:
    with pytest.raises(InvalidInputException, match=said):
        definitions.create(app, "arn:me", "sales", {"Name": "t", "PartitionKeys": keys})


def test_an_update_replaces_the_definition(app: App, make_table) -> None:
    make_table(Description="old")
    app.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    change(app, Parameters={"a": "1"})
    found = definitions.get(app, "sales", "orders")
    assert (found["VersionId"], found["Parameters"]) == ("1", {"a": "1"})
    assert "Description" not in found
    assert found["UpdateTime"] - found["CreateTime"] == timedelta(hours=1)


def test_a_stale_version_is_refused_and_changes_nothing(app: App, make_table) -> None:
    make_table()
    change(app, Description="first", version="0")
    with pytest.raises(ConcurrentModificationException, match="is at version 1, the update was made for version 0"):
        change(app, Description="second", version="0")
    assert definitions.get(app, "sales", "orders")["Description"] == "first"
    assert len(versions.page(app, "sales", "orders", None, 10)[0]) == 2


def test_of_many_writers_on_one_version_exactly_one_wins(app: App, make_table) -> None:
    """Lost updates are what users complain of most: every counted increment must be there at the end."""
    make_table(Parameters={"n": "0"})
    conflicts = []

    def increment() -> None:
        done = 0
        while done < 5:
            table = definitions.get(app, "sales", "orders")
            try:
                change(app, Parameters={"n": str(int(table["Parameters"]["n"]) + 1)}, version=table["VersionId"])
                done += 1
            except ConcurrentModificationException:
                conflicts.append(1)

    threads = [threading.Thread(target=increment) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = definitions.get(app, "sales", "orders")
    assert (found["Parameters"]["n"], found["VersionId"]) == ("20", "20")


def iceberg(location: str | None, previous: str | None = None) -> dict[str, str]:
    pointers = {"metadata_location": location, "previous_metadata_location": previous}
    return {"table_type": "ICEBERG", **{key: value for key, value in pointers.items() if value}}


def test_an_iceberg_pointer_moves_only_from_where_it_was_read(app: App, make_table) -> None:
    make_table(Parameters=iceberg("s3://t/1.json"))
    for unseen in (iceberg("s3://t/3.json"), iceberg("s3://t/3.json", "s3://t/0.json"), iceberg(None), {}):
        with pytest.raises(ConcurrentModificationException, match=r"s3://t/1\.json"):
            change(app, Parameters=unseen)
    change(app, Parameters=iceberg("s3://t/2.json", "s3://t/1.json"))
    change(app, Parameters=iceberg("s3://t/3.json"), version="1")
    change(app, Parameters=iceberg("s3://t/3.json") | {"comment": "the pointer stays"})
    assert definitions.get(app, "sales", "orders")["Parameters"]["comment"] == "the pointer stays"


def test_versions_are_kept_and_read_back(app: App, make_table) -> None:
    make_table(Description="v0")
    for number in range(1, 4):
        change(app, Description=f"v{number}", skip_archive=number == 3)
    first, last = versions.page(app, "sales", "orders", None, 2)
    rest, end = versions.page(app, "sales", "orders", last, 2)
    # Version 2 was not archived: its update said so.
    assert [(v["VersionId"], v["Table"]["Description"]) for v in first + rest] == [
        ("3", "v3"),
        ("1", "v1"),
        ("0", "v0"),
    ]
    assert end is None
    assert versions.get(app, "sales", "orders", None)["VersionId"] == "3"
    assert versions.get(app, "sales", "orders", "0")["Table"]["StorageDescriptor"]["Compressed"] is False
    with pytest.raises(EntityNotFoundException, match="Version 2 of table orders"):
        versions.get(app, "sales", "orders", "2")


def test_versions_are_deleted_but_never_the_current_one(app: App, make_table) -> None:
    make_table()
    change(app, Description="v1")
    errors = versions.remove_many(app, "sales", "orders", ["0", "1", "7", "x"])
    assert [(e["VersionId"], e["ErrorDetail"]["ErrorCode"]) for e in errors] == [
        ("1", "InvalidInputException"),
        ("7", "EntityNotFoundException"),
        ("x", "InvalidInputException"),
    ]
    assert [v["VersionId"] for v in versions.page(app, "sales", "orders", None, 10)[0]] == ["1"]
    with pytest.raises(InvalidInputException, match="current version"):
        versions.remove(app, "sales", "orders", "1")


def test_only_as_many_versions_as_the_setting_says_are_kept(app: App, make_table) -> None:
    make_table()
    app.settings = replace(app.settings, table_versions_kept=2)
    for number in range(5):
        change(app, Description=f"v{number}")
    assert [v["VersionId"] for v in versions.page(app, "sales", "orders", None, 10)[0]] == ["5", "4", "3"]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        (None, ["a_1", "a_2", "abc", "b_1"]),
        ("a.*", ["a_1", "a_2", "abc"]),
        (".*_1", ["a_1", "b_1"]),
        ("a", []),
        ("a_1.*", ["a_1"]),
        ("A_1|b_1", ["a_1", "b_1"]),
        ("[ab]_[^2]", ["a_1", "b_1"]),
        ("(a_1", None),
        ("a)|(b", None),
        ("*", ["a_1", "a_2", "abc", "b_1"]),
        ("a*", ["a_1", "a_2", "abc"]),
        ("*_1", ["a_1", "b_1"]),
        ("*_*", ["a_1", "a_2", "b_1"]),
        ("b*|ABC", ["abc", "b_1"]),
        ("+", None),
        (r"(?=a).*", None),
    ],
)
def test_tables_are_listed_by_regular_expression(
    app: App, make_table, expression: str | None, names: list[str] | None
) -> None:
    for name in ("b_1", "a_2", "a_1", "abc"):
        make_table(name=name)
    if names is None:
        with pytest.raises(InvalidInputException, match="is not a regular expression"):
            definitions.page(app, "sales", expression, None, 10)
        return
    found, last, pages = [], None, 0
    while pages == 0 or last:
        page, last = definitions.page(app, "sales", expression, last, 1)
        found += [table["Name"] for table in page]
        pages += 1
    assert found == names
    assert pages == max(len(names), 1)


@pytest.mark.parametrize("expression", [r"(a+)+$", r"(\w|_)*x*y", ".*a?" * 30 + "x"])
def test_no_expression_runs_for_long(app: App, make_table, expression: str) -> None:
    make_table(name="a" * 255)
    started = time.perf_counter()
    definitions.page(app, "sales", expression, None, 10)
    assert time.perf_counter() - started < 5


def test_many_tables_are_deleted_at_once(app: App, make_table) -> None:
    make_table(name="a")
    make_table(name="b")
    errors = definitions.remove_many(app, "sales", ["A", "nope", "b"])
    assert [(e["TableName"], e["ErrorDetail"]["ErrorCode"]) for e in errors] == [("nope", "EntityNotFoundException")]
    assert definitions.page(app, "sales", None, None, 10)[0] == []


def test_declared_indexes_are_kept(app: App) -> None:
    given = {"Name": "t", "PartitionKeys": [{"Name": "day", "Type": "date"}, {"Name": "h", "Type": "int"}]}
    definitions.create(app, "arn:me", "sales", given, [{"IndexName": "by_day", "Keys": ["day"]}])
    indexes.create(app, "sales", "t", {"IndexName": "by_h", "Keys": ["h"]})
    assert indexes.get_all(app, "sales", "t") == [
        {"IndexName": "by_day", "Keys": [{"Name": "day", "Type": "date"}], "IndexStatus": "ACTIVE"},
        {"IndexName": "by_h", "Keys": [{"Name": "h", "Type": "int"}], "IndexStatus": "ACTIVE"},
    ]
    with pytest.raises(AlreadyExistsException, match="by_h"):
        indexes.create(app, "sales", "t", {"IndexName": "by_h", "Keys": ["h"]})
    with pytest.raises(
        InvalidInputException, match="'x' is not a partition key of table t; its partition keys: day, h"
    ):
        indexes.create(app, "sales", "t", {"IndexName": "by_x", "Keys": ["x"]})
    indexes.remove(app, "sales", "t", "by_h")
    with pytest.raises(EntityNotFoundException, match="by_h"):
        indexes.remove(app, "sales", "t", "by_h")


def test_new_partition_key_types_reorder_the_partitions_there(app: App, make_table, partition_input) -> None:
    table = make_table(("n", "string"))
    partitions.create_many(app, "sales", table, [partition_input(n) for n in ("9", "10", "11")])
    assert len(partitions.page(app, "sales", table, expression="n > '9'", limit=9)[0]) == 0
    change(app, PartitionKeys=[{"Name": "n", "Type": "int"}])
    found, _ = partitions.page(app, "sales", table, expression="n > 9", limit=9)
    assert [p["Values"] for p in found] == [["10"], ["11"]]


def test_partition_keys_that_do_not_fit_the_partitions_there_are_refused(app: App, make_table, partition_input) -> None:
    table = make_table(("n", "string"))
    partitions.create(app, "sales", table, partition_input("x"))
    with pytest.raises(InvalidInputException, match="'x' of partition key 'n' is not a valid int"):
        change(app, PartitionKeys=[{"Name": "n", "Type": "int"}])
    with pytest.raises(InvalidInputException, match="delete its partitions first"):
        change(app, PartitionKeys=[])
    assert definitions.get(app, "sales", table)["VersionId"] == "0"
