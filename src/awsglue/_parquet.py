"""Parquet files by their footers: every file's own schema, so that the merged one is true for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue import _files
from awsglue._columns import Typed, at, cast, column, null_of, rebuilt, struct_of
from awsglue._scan import Files, union
from awsglue._schema import ddl, named_as, to_spark
from awsglue.gluetypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    ChoiceType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    Field,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    NullType,
    ShortType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    mergeDataTypes,
)

TAIL_BYTES = 64 * 1024
THREADS = 16
MAGIC = b"PAR1"


@dataclass(frozen=True)
class ParquetReader:
    """Parquet files brought to one schema: missing columns are null, unlike types a choice.

    With `target`, the catalog's columns (matched without case) and types instead.
    """

    schema: StructType
    schemas: dict[str, StructType] = field(default_factory=dict)
    strict: bool = False

    @classmethod
    def of(cls, files: Files, target: StructType | None = None) -> ParquetReader:
        """Read the files' footers. Raises ValueError naming a file that is not whole Parquet."""
        with ThreadPoolExecutor(THREADS) as pool:
            footers = list(pool.map(footer_schema, [file.path for file in files]))
        schemas = {file.path: schema for file, schema in zip(files, footers, strict=True)}
        if target is not None:
            return cls(target, schemas, strict=True)
        merged: DataType = StructType()
        for schema in {repr(schema): schema for schema in footers}.values():
            merged = mergeDataTypes(merged, schema)
        assert isinstance(merged, StructType)
        return cls(merged, schemas)

    def read(self, spark: SparkSession, files: Files) -> DataFrame:
        groups: dict[str, list[_files.File]] = {}
        for file in files:
            groups.setdefault(repr(self.schemas[file.path]), []).append(file)
        return union([self._read_group(spark, group) for group in groups.values()])

    def read_folder(self, spark: SparkSession, folder: str, keys: Sequence[str]) -> DataFrame | None:
        schemas = {repr(schema): schema for schema in self.schemas.values()}
        if len(schemas) != 1:
            return None
        return self._read(spark, next(iter(schemas.values())), [folder], keys)

    def errors(self, spark: SparkSession, files: Files) -> None:
        """None: a Parquet file is read as a whole or not at all."""

    def _read_group(self, spark: SparkSession, files: Files) -> DataFrame:
        return self._read(spark, self.schemas[files[0].path], [file.path for file in files], ())

    def _read(self, spark: SparkSession, present: StructType, paths: list[str], keys: Sequence[str]) -> DataFrame:
        # Engines refuse to read Parquet's null type as anything.
        held = StructType([f for f in present if not isinstance(f.dataType, NullType)] or present.fields)
        named = StructType([*held, *(Field(key, StringType()) for key in keys)])
        frame = spark.read.schema(ddl(named)).parquet(*paths)
        if held == self.schema:
            return frame
        return frame.select(*[self._column(held, f).alias(f.name) for f in self.schema], *map(column, keys))

    def _column(self, present: StructType, wanted: Field) -> Column:
        source = _by_name(present, wanted.name)
        if source is None:
            return null_of(wanted.dataType)
        value = at([source.name])
        if not self.strict:
            return fit(value, source.dataType, wanted.dataType)[0]
        target = named_as(wanted.dataType, source.dataType)
        value = cast(value, source.dataType, target)[0]
        return value if target == wanted.dataType else value.cast(to_spark(wanted.dataType))


def fit(value: Column, source: DataType, target: DataType) -> Typed:
    """A value in a wider type that was merged from its own: nothing is converted, only placed."""
    if source == target:
        return value, target
    if isinstance(target, ChoiceType):
        held = source.choices if isinstance(source, ChoiceType) else {source.typeName(): source}
        inner = {name: value.getField(name) if isinstance(source, ChoiceType) else value for name in held}
        branches = [
            (name, fit(inner[name], held[name], part)[0] if name in held else null_of(part))
            for name, part in target.choices.items()
        ]
        return F.when(value.isNotNull(), struct_of(branches)), target
    if isinstance(source, StructType) and isinstance(target, StructType):
        members = [_fit_member(value, source, f) for f in target]
        return rebuilt(value, [f.name for f in target], members)[0], target
    if isinstance(source, ArrayType) and isinstance(target, ArrayType):
        element = target.elementType
        return F.transform(value, lambda item: fit(item, source.elementType, element)[0]), target
    if isinstance(source, MapType) and isinstance(target, MapType):
        values = source.valueType, target.valueType
        return F.transform_values(value, lambda _, item: fit(item, *values)[0]), target
    return cast(value, source, target)


def _fit_member(value: Column, source: StructType, wanted: Field) -> Typed:
    if not source.hasField(wanted):
        return null_of(wanted.dataType), wanted.dataType
    return fit(value.getField(wanted.name), source.getField(wanted).dataType, wanted.dataType)


def _by_name(schema: StructType, name: str) -> Field | None:
    if schema.hasField(name):
        return schema.getField(name)
    return next((f for f in schema if f.name.lower() == name.lower()), None)


def footer_schema(path: str) -> StructType:
    """The schema in a file's footer. Raises ValueError for a file that is cut off or is not Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tail = _files.read_tail(path, TAIL_BYTES)
    if len(tail) < 12 or tail[-4:] != MAGIC:
        raise ValueError(
            f"{path} is not a whole Parquet file: it does not end with PAR1 (cut off while it was copied?)"
        )
    needed = int.from_bytes(tail[-8:-4], "little") + 8
    if needed > len(tail):
        tail = _files.read_tail(path, needed)
    try:
        # The footer's place is counted from the end, so the tail alone is enough.
        columns = pq.read_metadata(pa.BufferReader(tail)).schema
        _refuse_unread(columns)
        arrow = columns.to_arrow_schema()
        return StructType([Field(f.name, _from_arrow(f.type)) for f in arrow])
    except (pa.ArrowInvalid, OSError, ValueError) as error:
        raise ValueError(f"{path} is not a readable Parquet file: {error}") from error


def _refuse_unread(columns: Any) -> None:
    """Raise ValueError for what neither Spark nor Glue reads though Arrow has a type for it."""
    for i in range(len(columns)):
        column = columns.column(i)
        if column.physical_type == "INT64" and "nanoseconds" in str(column.logical_type):
            # pandas writes its datetime64[ns] so; INT96, Spark's own, has nanoseconds too and is read.
            raise ValueError(
                f"column {column.path} holds INT64 timestamps in nanoseconds, which Spark and Glue do not read; "
                "write microseconds (pandas, pyarrow: coerce_timestamps='us') or INT96"
            )


_ARROW: dict[str, DataType] = {
    "int8": ByteType(), "int16": ShortType(), "int32": IntegerType(), "int64": LongType(), "uint8": ShortType(),
    "uint16": IntegerType(), "uint32": LongType(), "uint64": DecimalType(20, 0), "float": FloatType(),
    "double": DoubleType(), "bool": BooleanType(), "string": StringType(),
    "large_string": StringType(), "string_view": StringType(), "binary": BinaryType(), "large_binary": BinaryType(),
    "date32[day]": DateType(), "null": NullType(),
}  # fmt: skip


def _from_arrow(arrow: Any) -> DataType:
    import pyarrow.types as kinds

    if kinds.is_timestamp(arrow):
        # INT96, Spark's own default, shows as nanoseconds without a zone and means an instant.
        return TimestampType() if arrow.tz or arrow.unit == "ns" else TimestampNTZType()
    if kinds.is_decimal(arrow):
        return DecimalType(arrow.precision, arrow.scale)
    if kinds.is_struct(arrow):
        return StructType([Field(f.name, _from_arrow(f.type)) for f in arrow])
    if kinds.is_list(arrow) or kinds.is_large_list(arrow):
        return ArrayType(_from_arrow(arrow.value_type))
    if kinds.is_map(arrow):
        if not kinds.is_string(arrow.key_type):
            raise ValueError(f"a Parquet {arrow} has no counterpart in Glue: the keys of a map are texts")
        return MapType(_from_arrow(arrow.item_type))
    if kinds.is_dictionary(arrow):
        return _from_arrow(arrow.value_type)
    if kinds.is_fixed_size_binary(arrow):
        return BinaryType()
    known = _ARROW.get(str(arrow))
    if known is None:
        raise ValueError(f"Parquet type {arrow} has no counterpart in Glue")
    return known
