"""Unnest and Relationalize: nested records as flat tables."""

from __future__ import annotations

import re
import tempfile
import uuid
from collections.abc import Iterator

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue._columns import Typed, at, column, null_of, rebuilt, transformed
from awsglue._schema import ddl
from awsglue.gluetypes import (
    ArrayType,
    ChoiceType,
    DataType,
    Field,
    IntegerType,
    LongType,
    NullType,
    SetType,
    StructType,
)

Table = tuple[DataFrame, StructType]
ROW_ID = "__awsglue_row_id"


def unnested(schema: StructType) -> tuple[list[Column], StructType]:
    """Every field of every struct as a column named by its path; arrays stay as they are."""
    leaves = [leaf for f in schema for leaf in _leaves((f.name,), f.dataType)]
    columns = [at(steps).alias(".".join(steps)) for steps, _ in leaves]
    return columns, StructType([Field(".".join(steps), data_type) for steps, data_type in leaves])


def _leaves(steps: tuple[str, ...], data_type: DataType) -> Iterator[tuple[tuple[str, ...], DataType]]:
    if isinstance(data_type, StructType):
        for f in data_type:
            yield from _leaves((*steps, f.name), f.dataType)
    elif isinstance(data_type, ChoiceType):
        for name, part in data_type.choices.items():
            yield from _leaves((*steps, name), part)
    else:
        yield steps, data_type


def relationalized(frame: DataFrame, schema: StructType, root: str, staging_path: str | None) -> dict[str, Table]:
    """The flat root table and one table per array: id (of the row it came from), index and its values."""
    staging = staging_path or tempfile.mkdtemp(prefix="relationalize-")
    return dict(_tables(frame, schema, root, root, staging.rstrip("/")))


def _tables(frame: DataFrame, schema: StructType, root: str, name: str, staging: str) -> Iterator[tuple[str, Table]]:
    columns, flat = unnested(schema)
    frame, flat = _without_empty_structs(frame.select(*columns), flat)
    arrays = [f for f in flat if isinstance(f.dataType, ArrayType | SetType)]
    if not arrays:
        yield name, (frame, flat)
        return
    folder = re.sub(r"[^\w.-]", "_", name)  # a field's name may be a pattern of paths, and the path is read back
    staged = _staged(frame, flat, f"{staging}/{folder}-{uuid.uuid4().hex}")
    keyed = [
        F.when(column(f.name).isNotNull(), column(ROW_ID)).alias(f.name) if f in arrays else column(f.name)
        for f in flat
    ]
    fields = [Field(f.name, LongType()) if f in arrays else f for f in flat]
    yield name, (staged.select(*keyed), StructType(fields))
    for f in arrays:
        assert isinstance(f.dataType, ArrayType | SetType)
        value = f"{f.name}.val"
        child = staged.where(column(f.name).isNotNull()).select(
            column(ROW_ID).alias("id"), F.posexplode(column(f.name)).alias("index", value)
        )
        child_schema = StructType(
            [Field("id", LongType()), Field("index", IntegerType()), Field(value, f.dataType.elementType)]
        )
        yield from _tables(child, child_schema, root, f"{root}_{f.name}", staging)


def _without_empty_structs(frame: DataFrame, schema: StructType) -> Table:
    """The frame with null for structs that have no field, as of `{}` in JSON: Parquet holds none."""
    if not any(_has_empty(f.dataType) for f in schema):
        return frame, schema
    typed = {f.name: _filled(column(f.name), f.dataType) for f in schema}
    flat = StructType([Field(name, data_type) for name, (_, data_type) in typed.items()])
    return frame.select(*[value.alias(name) for name, (value, _) in typed.items()]), flat


def _has_empty(data_type: DataType) -> bool:
    if isinstance(data_type, StructType):
        return not data_type.fields or any(_has_empty(f.dataType) for f in data_type)
    return isinstance(data_type, ArrayType) and _has_empty(data_type.elementType)


def _filled(value: Column, data_type: DataType) -> Typed:
    if isinstance(data_type, ArrayType):
        array = transformed(value, lambda item: _filled(item, data_type.elementType))
        assert array is not None
        return array
    if isinstance(data_type, StructType):
        members = {f.name: _filled(value.getField(f.name), f.dataType) for f in data_type}
        return rebuilt(value, members, members.values()) if members else (null_of(NullType()), NullType())
    return value, data_type


def _staged(frame: DataFrame, schema: StructType, path: str) -> DataFrame:
    """The frame with row ids, written and read back: several tables must see the same ids."""
    ids = (F.monotonically_increasing_id() + 1).cast("bigint").alias(ROW_ID)
    frame.select("*", ids).write.mode("overwrite").option("compression", "snappy").parquet(path)
    return frame.sparkSession.read.schema(ddl(StructType([*schema, Field(ROW_ID, LongType())]))).parquet(path)
