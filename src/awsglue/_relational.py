"""Unnest and Relationalize: nested records as flat tables."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue._columns import at, column
from awsglue._schema import ddl
from awsglue.gluetypes import ArrayType, ChoiceType, DataType, Field, IntegerType, LongType, SetType, StructType

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
    frame = frame.select(*columns)
    arrays = [f for f in flat if isinstance(f.dataType, ArrayType | SetType)]
    if not arrays:
        yield name, (frame, flat)
        return
    staged = _staged(frame, flat, f"{staging}/{name}-{uuid.uuid4().hex}")
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


def _staged(frame: DataFrame, schema: StructType, path: str) -> DataFrame:
    """The frame with row ids, written and read back: several tables must see the same ids."""
    ids = (F.monotonically_increasing_id() + 1).cast("bigint").alias(ROW_ID)
    frame.select("*", ids).write.mode("overwrite").option("compression", "snappy").parquet(path)
    return frame.sparkSession.read.schema(ddl(StructType([*schema, Field(ROW_ID, LongType())]))).parquet(path)
