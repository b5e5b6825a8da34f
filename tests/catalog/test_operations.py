"""The catalog over HTTP, as boto3 sees it: names, error codes, pages, and what is refused instead of ignored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

ARN = "arn:aws:glue:us-east-1:123456789012:database/sales"
TABLE: dict[str, Any] = {
    "Name": "orders",
    "TableType": "EXTERNAL_TABLE",
    "StorageDescriptor": {
        "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "amount", "Type": "decimal(10,2)"}],
        "Location": "s3://sales/orders/",
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    },
    "PartitionKeys": [{"Name": "dt", "Type": "string"}, {"Name": "hr", "Type": "int"}],
    "Parameters": {"classification": "parquet"},
}


@pytest.fixture
def glue(server) -> Any:
    """A client of a catalog that has the database `sales` and the table `orders`."""
    client = server.client("glue")
    client.create_database(DatabaseInput={"Name": "sales"})
    client.create_table(DatabaseName="sales", TableInput=TABLE)
    return client


def code(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def of_orders(**more: Any) -> dict[str, Any]:
    return {"DatabaseName": "sales", "TableName": "orders", **more}


def partition(dt: str, hr: int, **more: Any) -> dict[str, Any]:
    descriptor = {**TABLE["StorageDescriptor"], "Location": f"s3://sales/orders/dt={dt}/hr={hr}/"}
    return {"Values": [dt, str(hr)], "StorageDescriptor": descriptor, **more}


def test_a_database_lives_and_dies(server) -> None:
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "Sales", "Description": "x"}, Tags={"team": "a"})
    assert glue.get_database(Name="sales")["Database"]["Description"] == "x"
    assert glue.get_tags(ResourceArn=ARN)["Tags"] == {"team": "a"}
    glue.update_database(Name="sales", DatabaseInput={"Name": "sales", "Parameters": {"k": "v"}})
    assert [d["Parameters"] for d in glue.get_databases()["DatabaseList"]] == [{"k": "v"}]
    assert glue.get_databases(ResourceShareType="FOREIGN")["DatabaseList"] == []
    assert glue.get_databases(AttributesToGet=["NAME"])["DatabaseList"] == [{"Name": "sales"}]
    glue.delete_database(Name="sales")
    assert code(glue.get_database, Name="sales") == ("EntityNotFoundException", "Database sales not found.")
    assert code(glue.get_tags, ResourceArn=ARN)[0] == "EntityNotFoundException"


def test_a_table_lives_and_dies(glue) -> None:
    table = glue.get_table(DatabaseName="sales", Name="orders")["Table"]
    assert {key: table[key] for key in TABLE if key != "StorageDescriptor"} == {
        key: value for key, value in TABLE.items() if key != "StorageDescriptor"
    }
    assert table["VersionId"] == "0"
    assert abs((datetime.now(UTC) - table["CreateTime"]).total_seconds()) < 60
    glue.update_table(DatabaseName="sales", TableInput=TABLE | {"Description": "new"}, VersionId="0")
    stale = code(glue.update_table, DatabaseName="sales", TableInput=TABLE, VersionId="0")
    assert stale[0] == "ConcurrentModificationException"
    versions = glue.get_table_versions(**of_orders())["TableVersions"]
    assert [v["VersionId"] for v in versions] == ["1", "0"]
    assert glue.get_table_version(**of_orders(VersionId="0"))["TableVersion"]["Table"].get("Description") is None
    glue.delete_table_version(**of_orders(VersionId="0"))
    errors = glue.batch_delete_table_version(**of_orders(VersionIds=["0"]))["Errors"]
    assert errors[0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    glue.delete_table(DatabaseName="sales", Name="ORDERS")
    missing = code(glue.get_table, DatabaseName="sales", Name="orders")
    assert missing == ("EntityNotFoundException", "Table orders not found.")


def test_tables_are_listed_in_pages(glue) -> None:
    for n in range(7):
        glue.create_table(DatabaseName="sales", TableInput={"Name": f"t_{n}", "TableType": "VIRTUAL_VIEW"})
    pages = glue.get_paginator("get_tables").paginate(DatabaseName="sales", PaginationConfig={"PageSize": 3})
    assert [len(page["TableList"]) for page in pages] == [3, 3, 2]
    found = glue.get_tables(DatabaseName="sales", Expression="t_[1-3]", AttributesToGet=["NAME", "TABLE_TYPE"])
    assert found["TableList"] == [{"Name": f"t_{n}", "TableType": "VIRTUAL_VIEW"} for n in (1, 2, 3)]
    errors = glue.batch_delete_table(DatabaseName="sales", TablesToDelete=["t_0", "zzz"])["Errors"]
    assert [e["TableName"] for e in errors] == ["zzz"]


def test_a_token_of_another_operation_is_refused(glue) -> None:
    glue.create_table(DatabaseName="sales", TableInput={"Name": "a"})
    token = glue.get_tables(DatabaseName="sales", MaxResults=1)["NextToken"]
    assert code(glue.get_partitions, **of_orders(NextToken=token)) == (
        "InvalidInputException",
        "NextToken was not made by GetPartitions",
    )
    assert code(glue.get_tables, DatabaseName="sales", NextToken="x" + token)[0] == "InvalidInputException"


def test_partitions_live_and_die(glue) -> None:
    made = glue.batch_create_partition(
        **of_orders(PartitionInputList=[partition("2026-01-01", hr) for hr in range(24)])
    )
    assert made["Errors"] == []
    glue.create_partition(**of_orders(PartitionInput=partition("2026-01-02", 0, Parameters={"rows": "5"})))
    again = code(glue.create_partition, **of_orders(PartitionInput=partition("2026-01-02", 0)))
    assert again[0] == "AlreadyExistsException"

    def listed(**more: Any) -> list[list[str]]:
        pages = glue.get_paginator("get_partitions").paginate(**of_orders(**more))
        return [p["Values"] for page in pages for p in page["Partitions"]]

    assert len(listed()) == 25
    assert listed(Expression="dt = '2026-01-01' AND hr IN (3, 21)") == [["2026-01-01", "3"], ["2026-01-01", "21"]]
    assert listed(Expression="hr > 9 and hr < 11 or dt like '%-02'") == [["2026-01-01", "10"], ["2026-01-02", "0"]]
    assert len(listed(PaginationConfig={"PageSize": 4})) == 25
    shares = [listed(Segment={"SegmentNumber": n, "TotalSegments": 3}) for n in range(3)]
    assert sorted(values for share in shares for values in share) == sorted(listed())
    (slim,) = glue.get_partitions(**of_orders(Expression="dt='2026-01-02'", ExcludeColumnSchema=True))["Partitions"]
    assert "Columns" not in slim["StorageDescriptor"]
    assert slim["Parameters"] == {"rows": "5"}

    wanted = [{"Values": ["2026-01-02", "0"]}, {"Values": ["1999-01-01", "0"]}]
    got = glue.batch_get_partition(**of_orders(PartitionsToGet=wanted))
    assert [p["Values"] for p in got["Partitions"]] == [["2026-01-02", "0"]]
    assert got["UnprocessedKeys"] == []

    changed = partition("2026-01-02", 0, Parameters={"rows": "6"})
    glue.update_partition(**of_orders(PartitionValueList=["2026-01-02", "0"], PartitionInput=changed))
    one = glue.get_partition(**of_orders(PartitionValues=["2026-01-02", "0"]))["Partition"]
    assert one["Parameters"] == {"rows": "6"}
    entries = [{"PartitionValueList": ["x", "1"], "PartitionInput": partition("x", 1)}]
    errors = glue.batch_update_partition(**of_orders(Entries=entries))["Errors"]
    assert errors[0]["PartitionValueList"] == ["x", "1"]
    assert errors[0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"

    glue.delete_partition(**of_orders(PartitionValues=["2026-01-02", "0"]))
    gone = glue.batch_delete_partition(**of_orders(PartitionsToDelete=[{"Values": ["2026-01-02", "0"]}]))
    assert gone["Errors"][0]["PartitionValues"] == ["2026-01-02", "0"]
    assert len(listed()) == 24


def test_partition_indexes_as_terraform_reads_them(glue) -> None:
    assert glue.get_partition_indexes(**of_orders())["PartitionIndexDescriptorList"] == []
    glue.create_partition_index(**of_orders(PartitionIndex={"IndexName": "i", "Keys": ["dt"]}))
    (index,) = glue.get_partition_indexes(**of_orders())["PartitionIndexDescriptorList"]
    assert index == {"IndexName": "i", "Keys": [{"Name": "dt", "Type": "string"}], "IndexStatus": "ACTIVE"}
    glue.delete_partition_index(**of_orders(IndexName="i"))


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("nope = 1", "'nope' at position 1 names no partition key of this table; its partition keys: dt, hr"),
        ("hr = 'x'", "'x' is not a int, the type of partition key 'hr'"),
        ("dt = ", "cannot be parsed"),
        ("upper(dt) = 'X'", "at position 1 is not supported"),
        ("dt in (select 1)", "not supported"),
        ("(" * 900 + "hr=1" + ")" * 900, "nested too deeply"),
    ],
)
def test_a_bad_expression_says_what_and_where(glue, expression: str, said: str) -> None:
    error, message = code(glue.get_partitions, **of_orders(Expression=expression))
    assert error == "InvalidInputException"
    assert said in message


@pytest.mark.parametrize(
    ("operation", "arguments", "error", "said"),
    [
        ("get_database", {"Name": "sales", "CatalogId": "999999999999"}, "EntityNotFoundException", "999999999999"),
        ("create_database", {"DatabaseInput": {"Name": "SALES"}}, "AlreadyExistsException", "sales"),
        ("create_table", {"DatabaseName": "sales", "TableInput": TABLE}, "AlreadyExistsException", "orders"),
        ("create_table", {"DatabaseName": "x", "TableInput": TABLE}, "EntityNotFoundException", "Database x"),
        ("create_table", {"DatabaseName": "sales", "Name": "i"}, "InvalidInputException", "TableInput"),
        (
            "create_table",
            {"DatabaseName": "sales", "OpenTableFormatInput": {"IcebergInput": {"MetadataOperation": "CREATE"}}},
            "OperationNotSupportedException",
            "OpenTableFormatInput",
        ),
        (
            "update_table",
            {"DatabaseName": "sales", "Name": "other", "TableInput": TABLE},
            "InvalidInputException",
            "differ",
        ),
        (
            "update_table",
            {"DatabaseName": "sales", "TableInput": TABLE, "ViewUpdateAction": "ADD"},
            "OperationNotSupportedException",
            "ViewUpdateAction",
        ),
        (
            "get_table",
            {"DatabaseName": "sales", "Name": "orders", "QueryAsOfTime": datetime(2026, 1, 1, tzinfo=UTC)},
            "OperationNotSupportedException",
            "QueryAsOfTime",
        ),
        (
            "get_partitions",
            of_orders(Segment={"SegmentNumber": 3, "TotalSegments": 3}),
            "InvalidInputException",
            "SegmentNumber 3 must be below",
        ),
        ("get_partition", of_orders(PartitionValues=["x"]), "InvalidInputException", "has 2 (dt, hr), given are 1"),
        ("get_table_version", of_orders(VersionId="nine"), "InvalidInputException", "VersionId 'nine'"),
    ],
)
def test_what_cannot_be_done_is_said(glue, operation: str, arguments: dict[str, Any], error: str, said: str) -> None:
    found, message = code(getattr(glue, operation), **arguments)
    assert (found, said in message) == (error, True), message
