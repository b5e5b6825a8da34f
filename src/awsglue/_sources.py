"""Frames from options and from the catalog, and back into the catalog's tables."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue import _bookmarks, _files, _jdbc, _sink
from awsglue._absent import AbsentError
from awsglue._csv import HeaderCsvReader, csv_options
from awsglue._errors import ErrorSource, bad_text
from awsglue._json import JsonReader, json_options
from awsglue._parquet import ParquetReader
from awsglue._predicate import in_folders
from awsglue._rows import frame_of
from awsglue._scan import Reader, Scanned, Slice, scan
from awsglue.catalog_table import csv_options_of, get_table, scan_table
from awsglue.gluetypes import Field, StringType

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame

Options = dict[str, Any]
FILE_TYPES = ("s3", "file", "parquet", "orc", "csv", "json", "avro")
FORMATS = ("csv", "json", "parquet", "glueparquet")
# AWS's documentation of formats names these; multiline is taken in either spelling.
FORMAT_OPTIONS = (
    "separator", "escaper", "quoteChar", "multiLine", "multiline", "withHeader", "writeHeader", "skipFirst",
    "optimizePerformance", "strictCheckForQuoting", "jsonPath", "attachFilename", "attachTimestamp", "withSchema",
    "useGlueParquetWriter", "compression", "blockSize", "pageSize",
)  # fmt: skip
AWS_FORMATS = ("xml", "ion", "grokLog", "avro", "orc", "hudi", "iceberg", "delta")


def check_options(**given: Any) -> None:
    """Raise TypeError naming the argument that is no dict."""
    for name, options in given.items():
        if not isinstance(options, dict):
            raise TypeError(f"{name} must be a dict of options, not {options!r}")


def warn_of_misspelled(format_options: Options) -> None:
    """Glue passes over what it does not know; a name that is nearly that of an option is told of."""
    unknown = [str(name) for name in format_options if name not in FORMAT_OPTIONS]
    known = {name.lower(): name for name in FORMAT_OPTIONS}
    for name in unknown:
        near = difflib.get_close_matches(name.lower(), known, 1, cutoff=0.85)
        if near:
            print(f"WARN format option {name!r} has no effect; did you mean {known[near[0]]!r}?", file=sys.stderr)


def from_catalog(
    context: GlueContext, database: str, name: str, ctx: str, predicate: str, options: Options, catalog_id: str | None
) -> DynamicFrame:
    """A Data Catalog table."""
    from awsglue.dynamicframe import DynamicFrame

    check_options(additional_options=options)
    predicate = predicate or str(options.get("push_down_predicate") or "")
    table = get_table(database, name, catalog_id)
    if _jdbc.is_database_table(table):
        kind, jdbc = _jdbc.table_options(table, options, catalog_id)
        return DynamicFrame(_jdbc.read(context.spark_session, kind, jdbc, ctx), context, ctx or name)
    scanned = scan_table(context.spark_session, table, predicate, ctx, options)
    errors = _text_errors(scanned, table.format, {**table.parameters, **options})
    return DynamicFrame(scanned.frame, context, ctx or name, schema=scanned.schema, stage_errors=errors)


def from_options(
    context: GlueContext,
    connection_type: str,
    options: Options,
    format: str | None,
    format_options: Options,
    ctx: str,
    predicate: str = "",
) -> DynamicFrame:
    """Files of a format, those of a predicate on their key=value folders, or a table of a database.

    Raises ValueError or NotImplementedError.
    """
    from awsglue.dynamicframe import DynamicFrame

    check_options(connection_options=options, format_options=format_options)
    warn_of_misspelled(format_options)
    if connection_type in _jdbc.TYPES:
        return DynamicFrame(_jdbc.read(context.spark_session, connection_type, options, ctx), context, ctx)
    if connection_type not in FILE_TYPES:
        raise AbsentError(f"cannot read from {connection_type!r}; s3 and JDBC databases can be read")
    format = format or (connection_type if connection_type not in ("s3", "file") else None)
    if format in AWS_FORMATS:
        raise AbsentError(f"format={format!r} cannot be read yet; {', '.join(FORMATS)} can")
    if format not in FORMATS:
        raise ValueError(f"format={format!r} cannot be read; use one of {', '.join(FORMATS)}")
    if format_options.get("attachTimestamp"):
        raise AbsentError("attachTimestamp is not there yet; attachFilename is")
    files = listed = _source_files(context.spark_session, options, ctx, predicate)
    if format in ("csv", "json"):
        files = _files.unpacked(files, options.get("compressionType"))
    reader = _reader(files, format, format_options)
    slices, keys = [Slice(tuple(files))], list[Field]()
    if files and (name := format_options.get("attachFilename")):
        keys = [Field(str(name), StringType())]
        slices = [Slice((file,), (given.path,)) for file, given in zip(files, listed, strict=True)]
    scanned = scan(context.spark_session, reader, slices, keys)
    errors = _text_errors(scanned, format, options)
    return DynamicFrame(scanned.frame, context, ctx, schema=scanned.schema, stage_errors=errors)


def _source_files(spark: SparkSession, options: Options, ctx: str, predicate: str) -> list[_files.File]:
    paths = options.get("paths") or options.get("path")
    if not paths:
        raise ValueError("an S3 source needs paths, as in connection_options={'paths': ['s3://bucket/folder/']}")
    found: dict[str, _files.File] = {}
    for path in map(_files.one_scheme, _files.string_list(paths)):
        listed = _files.list_files(
            path,
            recurse=_files.flag(options, "recurse"),
            exclusions=_files.string_list(options.get("exclusions")),
            exclude_storage_classes=_files.string_list(options.get("excludeStorageClasses")),
        )
        if predicate:
            listed = in_folders(spark, listed, path, predicate)
        found |= {file.path: file for file in listed}
    files = list(found.values())
    bookmarks = _bookmarks.current() if ctx else None
    return _bookmarks.bounded(files, options) if bookmarks is None else bookmarks.unread(ctx, files, options)


def _reader(files: list[_files.File], format: str, format_options: Options) -> Reader:
    if format == "csv":
        return HeaderCsvReader.of(files, csv_options(format_options))
    if format == "json":
        return JsonReader.of(files, json_options(format_options))
    return ParquetReader.of(files)


def _text_errors(scanned: Scanned, format: str, options: Options) -> list[ErrorSource]:
    """What a reader could not parse. Raises ValueError for the first piece with `isFailFast`."""
    if scanned.errors is None:
        return []
    if _files.flag(options, "isFailFast") and (first := scanned.errors.first()) is not None:
        raise ValueError(f"isFailFast: malformed {format}: {first['reason']}: {first['value'][:200]!r}")
    return [bad_text(scanned.errors, f"read {format}")]


def to_catalog(frame: DynamicFrame, database: str, name: str, options: Options, catalog_id: str | None) -> None:
    """Write where a table is, in its format, partitioned by its keys."""
    check_options(additional_options=options)
    frame_of(frame, "write_dynamic_frame.from_catalog")
    table = get_table(database, name, catalog_id)
    if _jdbc.is_database_table(table):
        kind, jdbc = _jdbc.table_options(table, options, catalog_id)
        _sink.write(frame, kind, jdbc, None, {})
        return
    if not table.location:
        raise ValueError(f"table {table.title} has no location to write to; set StorageDescriptor.Location")
    names = {f.name.lower(): f.name for f in frame.schema()}
    keys = options.get("partitionKeys") or [names.get(key.name, key.name) for key in table.keys]
    format_options: Options = {}
    if table.format == "csv":
        csv = csv_options_of(table)
        format_options = {"separator": csv.separator, "writeHeader": csv.header, "quoteChar": csv.quote or "-1"}
    merged = {**options, "path": table.location, "partitionKeys": keys}
    _sink.write(frame, "s3", merged, table.format, format_options, (database, name, catalog_id or ""))


_GRANULARITY = ("year", "month", "day", "hour", "minute")


def with_ingestion_time(frame: DataFrame, granularity: str) -> DataFrame:
    """ingest_* columns of the current time. Raises ValueError for an unknown granularity."""
    if granularity not in ("day", "hour", "minute"):
        raise ValueError(f"time granularity is {granularity!r}; it must be day, hour or minute")
    parts = _GRANULARITY[: _GRANULARITY.index(granularity) + 1]
    return frame.withColumns({f"ingest_{part}": getattr(F, part)(F.current_timestamp()) for part in parts})
