"""The Data Catalog after a write: the table created or its schema brought up to date, new partitions registered."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from pyspark.sql import DataFrame

from awsglue import _aws, _csv_sink, _files
from awsglue._schema import hive_type
from awsglue.catalog_table import Table, table_of
from awsglue.gluetypes import StructType

BATCH = 100
ATTEMPTS = 8
_TAKEN = ("AlreadyExistsException", "ConcurrentModificationException")  # another run was quicker
BEHAVIORS = ("UPDATE_IN_DATABASE", "LOG")
_HIVE = "org.apache.hadoop.hive.ql.io"
STORAGE: dict[str, dict[str, Any]] = {
    "parquet": {
        "InputFormat": f"{_HIVE}.parquet.MapredParquetInputFormat",
        "OutputFormat": f"{_HIVE}.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": f"{_HIVE}.parquet.serde.ParquetHiveSerDe",
            "Parameters": {"serialization.format": "1"},
        },
    },
    "csv": {
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": f"{_HIVE}.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    },
    "json": {
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": f"{_HIVE}.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    },
    "avro": {
        "InputFormat": f"{_HIVE}.avro.AvroContainerInputFormat",
        "OutputFormat": f"{_HIVE}.avro.AvroContainerOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.avro.AvroSerDe"},
    },
}


def find_table(catalog: tuple[str, str, str]) -> Table | None:
    """A table of the catalog. Raises LookupError when its database does not exist."""
    database, name, catalog_id = catalog
    request: Any = {"CatalogId": catalog_id} if catalog_id else {}
    try:
        raw: Any = _aws.glue().get_table(**request, DatabaseName=database, Name=name)["Table"]
        return table_of(raw, database)
    except ClientError as error:
        if _aws.error_code(error) != "EntityNotFoundException":
            raise
    try:
        _aws.glue().get_database(**request, Name=database)
    except ClientError as error:
        if _aws.error_code(error) != "EntityNotFoundException":
            raise
        raise LookupError(f"database {database} is not in the Data Catalog; create it first") from error
    return None


def in_order_of_table(
    catalog: tuple[str, str, str], data: DataFrame, schema: StructType, keys: list[str]
) -> _csv_sink.Typed:
    """A frame's columns in the order that a CSV table has them."""
    table = find_table(catalog)
    return (data, schema) if table is None else _csv_sink.in_order_of(data, schema, table.columns.fields, keys)


@dataclass(frozen=True)
class Update:
    """One write's effect on the catalog. `catalog`: database, table, catalog id."""

    catalog: tuple[str, str, str]
    path: str
    format: str
    schema: StructType
    keys: list[str]
    options: dict[str, Any]

    def before(self) -> set[str]:
        """Check what can be checked before any data is written; returns the files already there.

        Raises ValueError for a format, behaviour or keys that do not fit the table, LookupError without a database.
        """
        if self.format not in STORAGE:
            raise ValueError(f"enableUpdateCatalog works for {', '.join(STORAGE)}, not for {self.format}")
        if self._behavior not in BEHAVIORS:
            raise ValueError(f"updateBehavior is {self._behavior!r}; it must be one of {', '.join(BEHAVIORS)}")
        table = self._table()
        if table is not None:
            self._check_keys(table)
            if table.format and table.format != self.format:
                raise ValueError(
                    f"table {table.title} is stored as {table.format!r}; {self.format} is not written to it"
                )
        return set(self._files()) if self.keys else set()

    def after(self, known: set[str]) -> None:
        """Create or update the table, then register the partitions that got files."""
        table = self._brought_up_to_date()
        if table is not None and self.keys:
            self._register(table, sorted(set(self._files()) - known))

    def _brought_up_to_date(self) -> Table | None:
        """The table, created or updated; None where LOG leaves it alone. Other runs may be at the same table."""
        for attempt in range(ATTEMPTS):
            try:
                return self._create_or_update()
            except ClientError as error:
                if _aws.error_code(error) not in _TAKEN or attempt + 1 == ATTEMPTS:
                    raise
                time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311
        raise AssertionError("unreachable")

    def _create_or_update(self) -> Table | None:
        table = self._table()
        if table is None:
            _aws.glue().create_table(**self._request, TableInput=self._table_input())
            return self._table()
        self._check_keys(table)
        if self._behavior == "UPDATE_IN_DATABASE":
            self._update(table)
        elif not self._fits(table):
            print(f"WARN catalog table {table.title} lacks columns of this frame; updateBehavior is LOG, so neither "
                  "its schema nor its partitions were changed", file=sys.stderr)  # fmt: skip
            return None
        return table

    def _check_keys(self, table: Table) -> None:
        if [key.name for key in table.keys] != [key.lower() for key in self.keys]:
            raise ValueError(
                f"partitionKeys {self.keys} are not the partition keys of {table.title}, "
                f"which are {[key.name for key in table.keys]} in this order"
            )

    @property
    def _behavior(self) -> str:
        return str(self.options.get("updateBehavior") or "UPDATE_IN_DATABASE")

    @property
    def _request(self) -> dict[str, Any]:
        database, _, catalog_id = self.catalog
        return {"DatabaseName": database} | ({"CatalogId": catalog_id} if catalog_id else {})

    def _table(self) -> Table | None:
        return find_table(self.catalog)

    def _files(self) -> list[str]:
        try:
            return [file.path for file in _files.list_files(self.path.rstrip("/"), recurse=True)]
        except FileNotFoundError:
            return []

    def _columns(self, partition: bool) -> list[dict[str, str]]:
        fields = [self.schema.getField(key) for key in self.keys] if partition else self.schema.fields
        # The catalog knows names in lower case only.
        return [
            {"Name": f.name.lower(), "Type": hive_type(f.dataType)}
            for f in fields
            if partition or f.name not in self.keys
        ]

    def _descriptor(self) -> dict[str, Any]:
        return {"Columns": self._columns(False), "Location": self.path, **self._storage()}

    def _storage(self) -> dict[str, Any]:
        storage = STORAGE[self.format]
        if self.format != "csv":
            return storage
        parameters = {"field.delim": str(self.options.get("separator", ","))}
        if "quoteChar" in self.options:
            parameters["quoteChar"] = str(self.options["quoteChar"])
        return {**storage, "SerdeInfo": {**storage["SerdeInfo"], "Parameters": parameters}}

    def _table_input(self) -> Any:
        parameters = {"classification": self.format, "EXTERNAL": "TRUE"}
        if self.format == "parquet":
            parameters["useGlueParquetWriter"] = "true"
        if self.format == "csv" and _files.flag(self.options, "writeHeader", default=True):
            parameters["skip.header.line.count"] = "1"
        return {
            "Name": self.catalog[1],
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters,
            "StorageDescriptor": self._descriptor(),
            "PartitionKeys": self._columns(True),
        }

    def _update(self, table: Table) -> None:
        columns = self._columns(False)
        descriptor = table.raw["StorageDescriptor"]
        current = [{"Name": c["Name"], "Type": c.get("Type", "string")} for c in descriptor.get("Columns", [])]
        if columns == current:
            return  # every update makes a version, and versions pile up
        kept = {key: table.raw[key] for key in _TABLE_INPUT if key in table.raw}
        new = {**kept, "StorageDescriptor": {**descriptor, "Columns": columns}}
        version = {"VersionId": table.raw["VersionId"]} if "VersionId" in table.raw else {}
        _aws.glue().update_table(**self._request, TableInput=new, **version)  # type: ignore[arg-type]

    def _fits(self, table: Table) -> bool:
        known = {c["Name"]: c.get("Type") for c in table.raw["StorageDescriptor"].get("Columns", [])}
        return all(known.get(c["Name"]) == c["Type"] for c in self._columns(False))

    def _register(self, table: Table, new_files: list[str]) -> None:
        base = _files.one_scheme(self.path).rstrip("/") + "/"
        folders = dict.fromkeys(file[len(base) : file.rfind("/") + 1] for file in new_files)
        inputs = [self._partition(table, base, folder) for folder in folders]
        for start in range(0, len(inputs), BATCH):
            answer = _aws.glue().batch_create_partition(
                **self._request, TableName=table.name, PartitionInputList=inputs[start : start + BATCH]
            )
            failed = [
                e for e in answer.get("Errors", [])
                if e.get("ErrorDetail", {}).get("ErrorCode") != "AlreadyExistsException"
            ]  # fmt: skip
            if failed:
                raise RuntimeError(f"partitions of {table.title} could not be registered: {failed}")

    def _partition(self, table: Table, base: str, folder: str) -> Any:
        parts = [part.partition("=") for part in folder.strip("/").split("/")]
        if [unquote(name) for name, _, _ in parts] != self.keys:
            raise RuntimeError(f"{base}{folder} is not a folder of partition keys {self.keys}")
        descriptor = {**table.raw["StorageDescriptor"], "Columns": self._columns(False), "Location": base + folder}
        return {"Values": [unquote(value) for _, _, value in parts], "StorageDescriptor": descriptor}


_TABLE_INPUT = ("Name", "Description", "Owner", "Retention", "PartitionKeys", "TableType", "Parameters",
                "ViewOriginalText", "ViewExpandedText", "TargetTable")  # fmt: skip
