"""Databases: what is kept, what is refused, what goes with a database."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from mastic.app import App
from mastic.catalog import databases, definitions, partitions
from mastic.catalog.tables import partitions as partition_rows
from mastic.catalog.tables import tables
from mastic.protocol.errors import (
    AlreadyExistsException,
    EntityNotFoundException,
    OperationNotSupportedException,
)

GIVEN = {
    "Name": "Warehouse",
    "Description": "Ünïcode",
    "LocationUri": "s3://w/",
    "Parameters": {"b": "2", "a": "1"},
}


def test_a_database_comes_back_as_it_was_given_with_its_name_in_lower_case(app: App) -> None:
    databases.create(app, GIVEN)
    found = databases.get(app, "WAREHOUSE")
    assert {key: found[key] for key in GIVEN} == GIVEN | {"Name": "warehouse"}
    assert list(found["Parameters"]) == ["b", "a"]
    assert found["CreateTime"] == app.clock.now()
    assert found["CatalogId"] == "123456789012"
    assert found["CreateTableDefaultPermissions"][0]["Permissions"] == ["ALL"]


def test_given_permissions_stay(app: App) -> None:
    databases.create(app, {"Name": "w", "CreateTableDefaultPermissions": []})
    assert databases.get(app, "w")["CreateTableDefaultPermissions"] == []


def test_a_name_is_taken_once(app: App) -> None:
    with pytest.raises(AlreadyExistsException, match="Database sales already exists"):
        databases.create(app, {"Name": "SALES"})


@pytest.mark.parametrize("act", [databases.get, databases.remove, lambda a, n: databases.change(a, n, {"Name": n})])
def test_a_missing_database_is_named(app: App, act) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Database nope not found\.$"):
        act(app, "Nope")


def test_pages_follow_the_names_while_databases_are_added(app: App) -> None:
    for name in ("b", "d", "f"):
        databases.create(app, {"Name": name})
    first, last = databases.page(app, None, 2)
    databases.create(app, {"Name": "a"})
    databases.create(app, {"Name": "e"})
    second, end = databases.page(app, last, 10)
    assert [d["Name"] for d in first] == ["b", "d"]
    assert [d["Name"] for d in second] == ["e", "f", "sales"]
    assert end is None


def test_an_update_replaces_the_definition_and_keeps_the_tables(app: App, make_table) -> None:
    make_table()
    created = databases.get(app, "sales")["CreateTime"]
    databases.change(app, "sales", {"Name": "Sold", "Description": "renamed"})
    assert databases.get(app, "sold")["Description"] == "renamed"
    assert databases.get(app, "sold")["CreateTime"] == created
    assert definitions.get(app, "sold", "orders")["DatabaseName"] == "sold"


def test_an_update_cannot_take_a_name_that_is_taken(app: App) -> None:
    databases.create(app, {"Name": "other"})
    with pytest.raises(AlreadyExistsException, match="other"):
        databases.change(app, "sales", {"Name": "other"})


def test_a_deleted_database_takes_everything_with_it(app: App, make_table) -> None:
    table = make_table(("day", "date"))
    partitions.create(app, "sales", table, {"Values": ["2026-01-01"]})
    definitions.change(app, "sales", {"Name": table, "PartitionKeys": [{"Name": "day", "Type": "date"}]})
    databases.remove(app, "sales")
    with app.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables)) == 0
        assert connection.scalar(select(func.count()).select_from(partition_rows)) == 0


def test_links_to_other_catalogs_say_that_they_are_not_there(app: App) -> None:
    link = {"Name": "link", "TargetDatabase": {"CatalogId": "1", "DatabaseName": "x"}}
    with pytest.raises(OperationNotSupportedException, match="TargetDatabase"):
        databases.create(app, link)
