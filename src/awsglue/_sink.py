"""Writing frames to S3 (or local folders) and to databases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue import _catalog_sink, _files, _jdbc
from awsglue._absent import AbsentError
from awsglue._columns import column
from awsglue._scan import HIVE_NULL
from awsglue.gluetypes import ChoiceType, DataType, StructType

if TYPE_CHECKING:
    import pyarrow as pa

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
    _write_files(frame, str(path), FORMATS[format], {**options, **format_options}, catalog)


def _write_files(
    frame: DynamicFrame, path: str, format: str, options: Options, catalog: tuple[str, str, str] | None
) -> None:
    keys = [options["partitionKeys"]] if isinstance(options.get("partitionKeys"), str) else options.get("partitionKeys")
    keys = list(keys or [])
    data, schema = frame.toDF(), frame.schema()
    missing = [key for key in keys if not schema.hasField(key)]
    if missing:
        raise ValueError(f"partitionKeys {missing} are no fields of the frame; it has {[f.name for f in schema]}")
    updating = catalog is not None and _files.flag(options.get("enableUpdateCatalog"))
    update = _catalog_sink.Update(catalog, path, format, schema, keys, options) if catalog and updating else None
    known = update.before() if update else set()
    _save(data, schema, path, format, keys, options)
    if update:
        update.after(known)


def _save(data: DataFrame, schema: StructType, path: str, format: str, keys: list[str], options: Options) -> None:
    if format == "json" and has_choice(schema):
        data, format = _json_lines(data, schema, keys), "text"
    data = data.select(*[_key(f.name, keys) for f in schema]) if format != "text" and keys else data
    writer = data.write.mode("append").format(format).options(**writer_options(format, options))
    (writer.partitionBy(*keys) if keys else writer).save(path)


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
    if format != "csv":
        return result
    quote = options.get("quoteChar", '"')
    result |= {"header": str(_files.flag(options.get("writeHeader", True))).lower()}
    result |= {"sep": str(options.get("separator", ","))}
    result |= {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}  # values as they are
    if str(quote) == "-1":
        return result | {"quote": ""}
    # A quote inside quotes is doubled, as Glue's reader and RFC 4180 have it; Spark's own default is a backslash.
    return result | {"escape": str(quote)} | ({"quote": str(quote)} if str(quote) != '"' else {})


def has_choice(data_type: DataType) -> bool:
    """Whether a type has a choice anywhere inside it."""
    if isinstance(data_type, StructType):
        return any(has_choice(f.dataType) for f in data_type)
    inner = getattr(data_type, "elementType", None) or getattr(data_type, "valueType", None)
    return isinstance(data_type, ChoiceType) or (inner is not None and has_choice(inner))


def _json_lines(data: DataFrame, schema: StructType, keys: list[str]) -> DataFrame:
    """Records as JSON text, each choice written as the value it has."""

    def convert(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        from awsglue._rows import plain

        for batch in batches:
            rows = [plain(row, schema) for row in batch.to_pylist()]
            lines = [
                json.dumps({k: v for k, v in r.items() if v is not None and k not in keys}, default=str) for r in rows
            ]
            texts = [[None if r[key] is None else str(r[key]) for r in rows] for key in keys]
            columns: list[list[Any]] = [lines, *texts]
            arrays = [pa.array(values, pa.string()) for values in columns]
            yield pa.RecordBatch.from_arrays(arrays, names=["value", *keys])

    names = ["value", *keys]
    lines = data.mapInArrow(convert, ", ".join(f"`{name}` string" for name in names))
    return lines.select(*[_key(name, keys) for name in names])
