"""Writing frames to S3 (or local folders) and to databases."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue import _catalog_sink, _csv_sink, _files, _jdbc, _json_sink
from awsglue._absent import AbsentError
from awsglue._columns import column
from awsglue._paths import as_list
from awsglue._scan import HIVE_NULL
from awsglue.gluetypes import ChoiceType, DataType, StructType

if TYPE_CHECKING:
    from awsglue.dynamicframe import DynamicFrame

Options = dict[str, Any]
S3_TYPES = ("s3", "file", "parquet", "orc", "csv", "json", "avro")
FORMATS = {"glueparquet": "parquet", "parquet": "parquet", "csv": "csv", "json": "json", "orc": "orc", "avro": "avro"}


def write(
    frame: DynamicFrame,
    connection_type: str,
    options: Options,
    format: str | None,
    format_options: Options,
    catalog: tuple[str, str, str] | None = None,
) -> None:
    """Write a frame. Raises ValueError for options that do not fit, NotImplementedError for an unknown connection."""
    if connection_type in _jdbc.TYPES:
        _jdbc.write(frame.toDF(), connection_type, options)
        return
    if connection_type not in S3_TYPES:
        raise AbsentError(f"cannot write to {connection_type!r}; s3 and JDBC databases can be written to")
    format = format or (connection_type if connection_type in FORMATS else None)
    if format not in FORMATS:
        raise ValueError(f"format={format!r} cannot be written; use one of {', '.join(FORMATS)}")
    path = options.get("path")
    if not path:
        raise ValueError("an S3 sink needs a path, as in connection_options={'path': 's3://bucket/folder/'}")
    _write_files(frame, _files.checked(path), FORMATS[format], {**options, **format_options}, catalog)


def _write_files(
    frame: DynamicFrame, path: str, format: str, options: Options, catalog: tuple[str, str, str] | None
) -> None:
    keys = as_list(options.get("partitionKeys") or [])
    data, schema = frame.toDF(), frame.schema()
    if not schema.fields:
        # A source without any file, as when a bookmarked run finds nothing new: AWS's writers leave no file either.
        print(f"WARN nothing is written to {path}: the frame has no fields", file=sys.stderr)
        return
    missing = [key for key in keys if not schema.hasField(key)]
    if missing:
        raise ValueError(f"partitionKeys {missing} are no fields of the frame; it has {[f.name for f in schema]}")
    if doubled := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"partitionKeys name {doubled} more than once")
    if catalog and format == "csv":
        data, schema = _catalog_sink.in_order_of_table(catalog, data, schema, keys)
    updating = _files.flag(options, "enableUpdateCatalog")
    if updating and not catalog:
        print("WARN enableUpdateCatalog has no effect: setCatalogInfo was not called to name a table", file=sys.stderr)
    update = _catalog_sink.Update(catalog, path, format, schema, keys, options) if catalog and updating else None
    known = update.before() if update else set()
    _save(data, schema, path, format, keys, options)
    if update:
        update.after(known)


def _save(data: DataFrame, schema: StructType, path: str, format: str, keys: list[str], options: Options) -> None:
    if format == "json" and has_choice(schema):
        data, format = _json_sink.lines(data, schema, keys), "text"
    if format == "csv":
        data = _csv_sink.prepared(data, schema, keys, options)
    data = data.select(*[_key(name, keys) for name in data.columns]) if keys else data
    writer = data.write.mode("append").format(format).options(**writer_options(format, options))
    try:
        (writer.partitionBy(*keys) if keys else writer).save(path)
    except AnalysisException as error:
        if format == "avro" and "Failed to find data source" in str(error):
            reason = "format='avro' needs the spark-avro jar of this Spark version; name it in --extra-jars"
            raise AbsentError(reason) from error
        raise


def _key(name: str, keys: list[str]) -> Column:
    """A column; a partition key as the text of its folder, null and '' as Hive names them."""
    if name not in keys:
        return column(name)
    text = column(name).cast("string")
    return F.when(text.isNull() | (text == ""), F.lit(HIVE_NULL)).otherwise(text).alias(name)


def writer_options(format: str, options: Options) -> dict[str, str]:
    """Glue's format and connection options as Spark's."""
    compression = str(options.get("compression", "")).lower()
    if format == "parquet":
        # Named, because the engines' defaults differ; snappy is Glue's.
        return {"compression": {"uncompressed": "none"}.get(compression, compression) or "snappy"}
    codec = {"bzip": "bzip2", "none": "", "uncompressed": ""}.get(compression, compression)
    result = {"compression": codec} if codec else {}
    return result | _csv_sink.writer_options(options) if format == "csv" else result


def has_choice(data_type: DataType) -> bool:
    """Whether a type has a choice anywhere inside it."""
    if isinstance(data_type, StructType):
        return any(has_choice(f.dataType) for f in data_type)
    inner = getattr(data_type, "elementType", None) or getattr(data_type, "valueType", None)
    return isinstance(data_type, ChoiceType) or (inner is not None and has_choice(inner))
