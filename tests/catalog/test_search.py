"""SearchTables: text, filters, order, pages."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def glue(server: Any) -> Any:
    glue = server.client("glue")
    for database in ("sales", "web"):
        glue.create_database(DatabaseInput={"Name": database})
    make(glue, "sales", "customer-link", Description="who buys", Parameters={"classification": "csv"})
    make(glue, "sales", "orders", Owner="ann", Parameters={"classification": "parquet"})
    make(glue, "web", "xxlinkyy", Description="clicks", Parameters={"classification": "parquet"})
    return glue


def make(glue: Any, database: str, name: str, **more: Any) -> None:
    columns = [{"Name": f"{name}_id", "Type": "int", "Comment": f"key of {name}"}]
    descriptor = {"Columns": columns, "Location": f"s3://lake/{database}/{name}/"}
    glue.create_table(DatabaseName=database, TableInput={"Name": name, "StorageDescriptor": descriptor, **more})


def names(glue: Any, **request: Any) -> list[str]:
    return [table["Name"] for table in glue.search_tables(**request)["TableList"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("link", ["customer-link", "xxlinkyy"]),
        ("LINK clicks", ["xxlinkyy"]),
        ('"orders"', ["orders"]),
        ('"order"', []),
        ("orders_id", ["orders"]),
        ("nothing like it", []),
    ],
)
def test_text_is_looked_for_everywhere(glue: Any, text: str, expected: list[str]) -> None:
    assert names(glue, SearchText=text) == expected


def test_a_filter_matches_whole_tokens_as_aws_documents(glue: Any) -> None:
    assert names(glue, Filters=[{"Key": "Name", "Value": "link"}]) == ["customer-link"]
    assert names(glue, Filters=[{"Key": "DatabaseName", "Value": "web"}]) == ["xxlinkyy"]
    parquet = {"Key": "classification", "Value": "parquet"}
    assert names(glue, Filters=[parquet]) == ["orders", "xxlinkyy"]
    assert names(glue, Filters=[parquet, {"Key": "Owner", "Value": "ann"}]) == ["orders"]


def test_times_are_compared(glue: Any) -> None:
    past = {"Key": "CreateTime", "Value": "2020-01-01T00:00:00Z"}
    assert len(names(glue, Filters=[{**past, "Comparator": "GREATER_THAN"}])) == 3
    assert names(glue, Filters=[{**past, "Comparator": "LESS_THAN"}]) == []


def test_order_and_pages(glue: Any) -> None:
    by_name = [{"FieldName": "Name", "Sort": "DESC"}]
    assert names(glue, SortCriteria=by_name) == ["xxlinkyy", "orders", "customer-link"]
    first = glue.search_tables(SortCriteria=by_name, MaxResults=2)
    assert [t["Name"] for t in first["TableList"]] == ["xxlinkyy", "orders"]
    rest = glue.search_tables(SortCriteria=by_name, MaxResults=2, NextToken=first["NextToken"])
    assert [t["Name"] for t in rest["TableList"]] == ["customer-link"]
    assert "NextToken" not in rest
    glue.delete_table(DatabaseName="sales", Name="orders")
    rest = glue.search_tables(SortCriteria=by_name, MaxResults=2, NextToken=first["NextToken"])
    assert [t["Name"] for t in rest["TableList"]] == ["customer-link"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"Key": "CreateTime", "Value": "yesterday"}, "'yesterday' is not a time"),
        ({"Key": "Name", "Value": "x", "Comparator": "LESS_THAN"}, "LESS_THAN is for times"),
        ({"Value": "x"}, "Filters.Key is empty"),
    ],
)
def test_filters_that_cannot_be_used_are_named(glue: Any, condition: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        glue.search_tables(Filters=[condition])
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"
