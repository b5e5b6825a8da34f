"""Tables of the Data Catalog, as a test makes and finds them."""

from __future__ import annotations

from typing import Any

from mastic.testing import frames


def split(name: str) -> tuple[str, str]:
    """`database.table` as its parts. Raises ValueError for anything else."""
    database, dot, table = name.partition(".")
    if not dot or not database or not table:
        raise ValueError(f"{name!r} is not a table's full name; write 'database.table'")
    return database, table


def format_of(table: dict[str, Any]) -> str:
    """The format of the files of a table, as GetTable describes it."""
    if known := table.get("Parameters", {}).get("classification"):
        return str(known)
    from awsglue.catalog_table import table_of  # of a table that somebody else has made

    return table_of(table, table["DatabaseName"]).format


def described(name: str, data: Any, keys: list[str], format: str, location: str) -> dict[str, Any]:
    """TableInput of a table with the columns of these rows. Raises ValueError for what a table cannot have."""
    from awsglue._catalog_sink import STORAGE

    if format not in frames.FORMATS:
        raise ValueError(f"format is {format!r}; it must be one of {', '.join(frames.FORMATS)}")
    columns = frames.glue_columns(data.schema)
    parameters = {"classification": format, "EXTERNAL": "TRUE"}
    if format == "csv":
        parameters["skip.header.line.count"] = "1"
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [column for key in keys for column in columns if column["Name"] == key.lower()],
        "StorageDescriptor": {
            "Columns": [column for column in columns if column["Name"] not in {key.lower() for key in keys}],
            "Location": location,
            **STORAGE[format],
        },
    }
