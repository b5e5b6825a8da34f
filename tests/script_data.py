"""The data a script has left, in a form that two engines' results can be compared in."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import defaultdict
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from script_case import World

Row = dict[str, Any]
INSTANT = pa.timestamp("us", "UTC")
NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"
HIVE = "org.apache.hadoop.hive"
TEXT = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": f"{HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat",
}
STORAGE: dict[str, dict[str, Any]] = {
    "csv": {
        **TEXT,
        "SerdeInfo": {
            "SerializationLibrary": f"{HIVE}.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"field.delim": ","},
        },
    },
    "json": {**TEXT, "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}},
    "parquet": {
        "InputFormat": f"{HIVE}.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": f"{HIVE}.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{HIVE}.ql.io.parquet.serde.ParquetHiveSerDe"},
    },
}
# What no two runs share.
PASSING = frozenset({"CreateTime", "UpdateTime", "CreationTime", "LastAccessTime", "VersionId"})
PASSING_PARAMETERS = frozenset({"transient_lastDdlTime"})


def parsed(body: bytes, key: str, format: str) -> list[Row]:
    """The records of one object."""
    if format == "parquet":
        return parquet(body).to_pylist()
    text = unpacked(body, key).decode()
    if format == "csv":
        return [dict(row) for row in csv.DictReader(io.StringIO(text, newline=""))]
    lines = text.splitlines()
    return [json.loads(line) if format == "json" else {"value": line} for line in lines]


def parquet(body: bytes) -> pa.Table:
    """A Parquet file; an instant is one whether it was written as INT96 (Spark) or as microseconds (Sail)."""
    table = pq.ParquetFile(io.BytesIO(body)).read().replace_schema_metadata()
    types = [INSTANT if field.type == pa.timestamp("ns") else field.type for field in table.schema]
    return table.cast(pa.schema([field.with_type(kind) for field, kind in zip(table.schema, types, strict=True)]))


def unpacked(body: bytes, key: str) -> bytes:
    """Content without its compression."""
    return gzip.decompress(body) if key.endswith(".gz") else body


def partitions_of(key: str) -> Row:
    """`year=2024/part-0` -> `{"year": "2024"}`; the folder of null is None."""
    pairs = (unquote(part).split("=", 1) for part in key.split("/")[:-1] if "=" in part)
    return {name: None if value == NULL_FOLDER else value for name, value in pairs}


def schema_text(schema: Any) -> str:
    """A Parquet schema or type. Sail calls a list's elements `item`, Spark `element`; readers must not care.

    Whether a column may be NULL is the engine's own word (the router's README says so)."""
    return re.sub(r"(list<|child \d+, )item:", r"\1element:", str(schema)).replace(" not null", "")


def sort_key(row: Row) -> str:
    return repr(list(row.items()))


def snapshot(world: World) -> dict[str, Any]:
    """Everything a script has left: data as rows and schema by folder, other objects as bytes, catalog tables."""
    objects = {bucket: _objects(world, bucket) for bucket in world.buckets()}
    names = [database["Name"] for database in world.glue.get_databases()["DatabaseList"]]
    return {"objects": objects, "catalog": {name: _tables(world, name) for name in names}}


def _objects(world: World, bucket: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    folders: dict[str, list[str]] = defaultdict(list)
    for key in world.all_keys(bucket):
        if any(fnmatch(f"{bucket}/{key}", pattern) for pattern in world.passing):
            continue
        name = key.rsplit("/", 1)[-1]
        if name.startswith("part-"):
            folders[f"{key.rpartition('/')[0]}/*.{name.partition('.')[2]}"].append(key)
        else:
            found[key] = world.get(f"s3://{bucket}/{key}")
    for folder, keys in folders.items():
        found[folder] = _data([(key, world.get(f"s3://{bucket}/{key}")) for key in keys])
    return found


def _data(files: list[tuple[str, bytes]]) -> Any:
    """How many files a result is in is the engine's own business."""
    if files[0][0].endswith(".parquet"):
        schemas = {schema_text(parquet(body).schema) for _, body in files}
        return schemas, sorted((row for key, body in files for row in parsed(body, key, "parquet")), key=sort_key)
    texts = [lines for key, body in files if (lines := unpacked(body, key).decode().splitlines())]
    heads = {lines[0] for lines in texts}
    repeated = len(heads) == 1 and len(texts) > 1  # a header in every file
    rest = [line for lines in texts for line in (lines[1:] if repeated else lines)]
    return sorted([*rest, *(heads if repeated else ())])


def _tables(world: World, database: str) -> dict[str, Any]:
    pages = world.glue.get_paginator("get_tables").paginate(DatabaseName=database)
    tables = [table for page in pages for table in page["TableList"]]
    return {table["Name"]: (_lasting(table), _partitions(world, database, table["Name"])) for table in tables}


def _partitions(world: World, database: str, table: str) -> list[Any]:
    pages = world.glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
    found = [_lasting(partition) for page in pages for partition in page["Partitions"]]
    return sorted(found, key=lambda partition: str(partition["Values"]))


def _lasting(thing: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in thing.items() if name not in PASSING}
    if parameters := kept.get("Parameters"):
        kept["Parameters"] = {k: v for k, v in parameters.items() if k not in PASSING_PARAMETERS}
    return kept
