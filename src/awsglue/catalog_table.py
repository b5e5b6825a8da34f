"""Data Catalog tables as DataFrames: exactly the files of the registered partitions, typed by the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError
from pyspark.sql import DataFrame, SparkSession

from awsglue import _aws, _bookmarks, _files, _predicate
from awsglue._absent import AbsentError
from awsglue._csv import CsvOptions, CsvReader, character, look
from awsglue._json import JsonOptions, JsonReader
from awsglue._parquet import ParquetReader
from awsglue._scan import Reader, Scanned, Slice, Tree, scan
from awsglue._schema import UnverifiedType, parse_type
from awsglue.gluetypes import DataType, Field, StringType, StructType

THREADS = 16


@dataclass(frozen=True)
class Partition:
    """A registered partition: its values and where its files are."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True)
class Table:
    """What reading and writing needs of a catalog table."""

    database: str
    name: str
    location: str
    format: str
    columns: StructType
    keys: tuple[Field, ...]
    parameters: dict[str, str]
    serde: dict[str, str]
    catalog_id: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def title(self) -> str:
        return f"{self.database}.{self.name}"


def read_table(
    spark: SparkSession, database: str, name: str, *, predicate: str | None = None, catalog_id: str | None = None
) -> DataFrame:
    """A table as Spark sees it: the catalog's columns and types, text that does not parse as null.

    `predicate` is a Spark SQL condition on partition keys. Raises LookupError for a table that does not exist,
    ValueError for one that cannot be read, FileNotFoundError for a bucket that does not exist.
    """
    table = get_table(database, name, catalog_id)
    slices, tree = slices_of(spark, table, predicate or "")
    slices = _unpacked(table, slices)
    return scan(spark, _reader(table, slices, dynamic=False), slices, table.keys, tree).frame


def scan_table(spark: SparkSession, table: Table, predicate: str, ctx: str, options: dict[str, Any]) -> Scanned:
    """A table as a DynamicFrame sees it: types true for the data, bookmarks by `ctx`."""
    slices, tree = slices_of(spark, table, predicate, options)
    bookmarks = _bookmarks.current() if ctx else None
    if bookmarks is not None:
        unread = {f.path for f in bookmarks.unread(ctx, [f for s in slices for f in s.files], options)}
        slices = [replace(s, files=tuple(f for f in s.files if f.path in unread)) for s in slices]
    slices = _unpacked(table, slices, options)
    return scan(spark, _reader(table, slices, dynamic=True), slices, table.keys, tree)


def _unpacked(table: Table, slices: list[Slice], options: dict[str, Any] | None = None) -> list[Slice]:
    kind = {**table.parameters, **(options or {})}.get("compressionType")
    # A table's other kinds, such as snappy, are for engines to know by the names of the files.
    if str(kind).lower() not in _files.EXTENSIONS or table.format not in ("csv", "json"):
        return slices
    return [replace(s, files=tuple(_files.unpacked(s.files, kind))) for s in slices]


def get_table(database: str, name: str, catalog_id: str | None = None) -> Table:
    """A table's description. Raises LookupError naming what does not exist."""
    request: Any = {"DatabaseName": database, "Name": name} | ({"CatalogId": catalog_id} if catalog_id else {})
    try:
        raw: Any = _aws.glue().get_table(**request)["Table"]
    except ClientError as error:
        if _aws.error_code(error) == "EntityNotFoundException":
            raise LookupError(f"table {database}.{name} is not in the Data Catalog: {error}") from error
        raise
    return table_of(raw, database, catalog_id)


def table_of(raw: dict[str, Any], database: str, catalog_id: str | None = None) -> Table:
    """A Table from the API's answer."""
    descriptor = raw.get("StorageDescriptor") or {}
    parameters = {**descriptor.get("Parameters", {}), **raw.get("Parameters", {})}
    serde = descriptor.get("SerdeInfo") or {}
    return Table(
        database=database,
        name=raw["Name"],
        location=_files.one_scheme(descriptor.get("Location", "")),
        format=_format(parameters, serde, descriptor),
        columns=StructType(_fields(descriptor.get("Columns", []))),
        keys=tuple(_fields(raw.get("PartitionKeys", []))),
        parameters=parameters,
        serde=serde.get("Parameters", {}),
        catalog_id=catalog_id,
        raw=raw,
    )


def _fields(columns: Iterable[dict[str, Any]]) -> Iterator[Field]:
    for each in columns:
        yield Field(each["Name"], parse_type(each.get("Type") or "string"))


_FORMATS = ("parquet", "orc", "avro", "json", "csv", "xml", "ion", "grokLog")
_BY_CLASS = {
    "parquet": "parquet",
    "orc": "orc",
    "avro": "avro",
    "json": "json",
    "opencsvserde": "csv",
    "lazysimpleserde": "csv",
    "regexserde": "grokLog",
}


def _format(parameters: dict[str, str], serde: dict[str, Any], descriptor: dict[str, Any]) -> str:
    classification = parameters.get("classification", "").lower()
    known = next((name for name in _FORMATS if name.lower() == classification), None)
    if known:
        return known
    if parameters.get("table_type", "").upper() == "ICEBERG":
        return "iceberg"
    library = (serde.get("SerializationLibrary") or descriptor.get("InputFormat") or "").lower()
    return next((name for part, name in _BY_CLASS.items() if part in library), library)


def partitions_of(
    spark: SparkSession, table: Table, predicate: str = "", catalog_predicate: str = ""
) -> list[Partition]:
    """The registered partitions that satisfy a Spark SQL condition, each with its own location.

    `catalog_predicate` is a condition of GetPartitions, which the catalog itself decides; both hold where both are.
    """
    request: Any = {"DatabaseName": table.database, "TableName": table.name, "ExcludeColumnSchema": True}
    if table.catalog_id:
        request["CatalogId"] = table.catalog_id
    expression = _predicate.to_expression(predicate, table.keys) if predicate else None
    if expressions := [each for each in (catalog_predicate, expression) if each]:
        request["Expression"] = " AND ".join(f"({each})" for each in expressions)
    pages = _aws.glue().get_paginator("get_partitions").paginate(**request)
    found = [
        Partition(
            tuple(p["Values"]),
            _files.one_scheme((p.get("StorageDescriptor") or {}).get("Location") or _default(table, p["Values"])),
        )
        for page in pages
        for p in page["Partitions"]
    ]
    return _predicate.matching(spark, predicate, table.keys, found) if predicate else found


def _default(table: Table, values: list[str]) -> str:
    """Where a partition without a location is: the key=value folder Hive would make."""
    parts = [f"{key.name}={value}" for key, value in zip(table.keys, values, strict=True)]
    return "/".join([table.location.rstrip("/"), *parts]) + "/"


def slices_of(
    spark: SparkSession, table: Table, predicate: str = "", options: dict[str, Any] | None = None
) -> tuple[list[Slice], Tree | None]:
    """The table's files by partition, and the folder that holds them all. Raises ValueError without a location."""
    options = {**table.parameters, **(options or {})}
    if table.keys:
        partitions = partitions_of(spark, table, predicate, str(options.get("catalogPartitionPredicate") or ""))
    elif predicate.strip():
        raise ValueError(f"predicate {predicate!r}: table {table.title} has no partition keys for it to be about")
    elif table.location:
        partitions = [Partition((), table.location)]
    else:
        raise ValueError(
            f"table {table.title} has no location, so there is nothing to read; set StorageDescriptor.Location"
        )
    lost = next((p for p in partitions if not p.location), None)
    if lost is not None:
        raise ValueError(f"partition {list(lost.values)} of table {table.title} has no location, nor has the table")
    excluded = _files.string_list(options.get("exclusions"))
    # Patterns are relative to the include path, which is the table's folder; partitions may lie anywhere.
    root = _files.glob_of(table.location.rstrip("/"))
    excluded += [f"{root}/{each}" for each in excluded if "://" not in each and table.keys]
    listed, tree = _list_locations([p.location for p in partitions], {**options, "exclusions": excluded})
    return [Slice(tuple(files), p.values) for p, files in zip(partitions, listed, strict=True)], tree


Listed = tuple[list[list[_files.File]], Tree | None]


def _list_locations(locations: list[str], options: dict[str, Any]) -> Listed:
    choices: dict[str, Any] = {
        "recurse": _files.flag(options, "recurse"),
        "exclusions": _files.string_list(options.get("exclusions")),
        "exclude_storage_classes": _files.string_list(options.get("excludeStorageClasses")),
    }
    base = _common_folder(locations)
    if len(locations) > 4 and base.count("/") > 3 and not choices["exclusions"]:
        return _listed_together(base, locations, choices)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda location: _files.list_files(location, **choices), locations)), None


def _common_folder(locations: list[str]) -> str:
    """The deepest folder that holds every location, with a slash at its end."""
    first, last = min(locations, default=""), max(locations, default="")
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[: first.rfind("/", 0, same) + 1]


def _listed_together(base: str, locations: list[str], choices: dict[str, Any]) -> Listed:
    """One listing of the common folder instead of one per partition: a thousand objects come per request."""
    everything = [file for file in _files.list_all(base) if not _files.is_hidden(file.path[len(base) :])]
    by_folder: dict[str, list[_files.File]] = {}
    for file in _files.list_files(base, **{**choices, "recurse": True}):
        by_folder.setdefault(file.path[: file.path.rfind("/") + 1], []).append(file)
    folders = [location.rstrip("/") + "/" for location in locations]
    tree = Tree(base, frozenset(file.path for file in everything))
    if not choices["recurse"]:
        return [by_folder.get(folder, []) for folder in folders], tree
    return [
        [f for name, files in by_folder.items() if name.startswith(folder) for f in files] for folder in folders
    ], tree


def _reader(table: Table, slices: Sequence[Slice], dynamic: bool) -> Reader:
    files = [file for each in slices for file in each.files]
    if table.format == "csv":
        if files and not table.columns.fields:
            raise ValueError(f"table {table.title} has no columns, so its CSV cannot be read; give it some")
        options = csv_options_of(table)
        looks = look(files, options, dict.fromkeys((file.path for file in files), len(table.columns.fields)))
        uneven = any(each.uneven for each in looks.values())
        columns = _unverified(table.columns) if dynamic else table.columns
        return CsvReader(columns, options, uneven, strict=not dynamic)
    if table.format == "parquet":
        return ParquetReader.of(files, None if dynamic and files else table.columns)
    if table.format == "json":
        json = JsonOptions(path=table.serde.get("jsonPath") or table.parameters.get("jsonPath", ""))
        return JsonReader.of(files, json) if dynamic and files else JsonReader.of_table(files, table.columns)
    raise AbsentError(
        f"table {table.title} is stored as {table.format or 'nothing known'!r}; "
        "csv, json and parquet can be read (set the classification parameter or the SerDe)"
    )


def _unverified(columns: StructType) -> StructType:
    return StructType([Field(f.name, _unverified_type(f.dataType)) for f in columns])


def _unverified_type(declared: DataType) -> DataType:
    return declared if isinstance(declared, StringType) else UnverifiedType(declared)


def csv_options_of(table: Table) -> CsvOptions:
    """How a table's CSV is cut, by its SerDe's parameters. Raises ValueError for more header lines than one."""
    serde = {key.lower(): value for key, value in table.serde.items()}
    skipped = str(table.parameters.get("skip.header.line.count") or serde.get("skip.header.line.count") or 0).strip()
    if skipped not in ("0", "1"):
        raise ValueError(f"table {table.title} has skip.header.line.count {skipped!r}; it can be 0 or 1")
    separator = serde.get("separatorchar") or serde.get("field.delim") or table.parameters.get("delimiter")
    separator = separator or serde.get("serialization.format") or ","
    quote = serde.get("quotechar") or '"'
    return CsvOptions(
        separator="\x01" if separator == "1" else character("separator", separator.encode().decode("unicode_escape")),
        quote=None if quote == "-1" else character("quoteChar", quote),
        escape=serde.get("escapechar") or serde.get("escape.delim"),
        header=skipped == "1",
        controls="escape.delim" in serde,
    )
