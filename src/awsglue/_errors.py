"""Records that failed a transform: kept aside as frames that are only run when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue._columns import column, null_of
from awsglue._parquet import fit
from awsglue._scan import union
from awsglue._schema import spark_struct
from awsglue.gluetypes import DataType, Field, LongType, StringType, StructType, mergeDataTypes


@dataclass(frozen=True)
class ErrorSource:
    """Failed records of one stage: columns msg, stackTrace, input and (where there was a record) dynamicRecord."""

    frame: DataFrame
    record: StructType | None
    site: str
    info: str = ""


_TEXTS = ("msg", "stackTrace", "input")


def errors_frame(spark: SparkSession, sources: Sequence[ErrorSource]) -> tuple[DataFrame, StructType]:
    """All error records as Glue's errorsAsDynamicFrame has them: one struct `error`."""
    record: DataType = StructType()
    for source in sources:
        record = mergeDataTypes(record, source.record or StructType())
    assert isinstance(record, StructType)
    callsite = StructType([Field("site", StringType()), Field("info", StringType())])
    texts = [Field(name, StringType()) for name in _TEXTS]
    members = [Field("callsite", callsite), *texts, Field("bytesread", LongType()), Field("source", StringType())]
    if record.fields:
        members.append(Field("dynamicRecord", record))
    schema = StructType([Field("error", StructType(members))])
    if not sources:
        return spark.createDataFrame([], spark_struct(schema)), schema
    return union([_shaped(source, record) for source in sources]), schema


def _shaped(source: ErrorSource, record: StructType) -> DataFrame:
    site = F.struct(F.lit(source.site).alias("site"), F.lit(source.info).alias("info"))
    members = [site.alias("callsite"), *(column(name) for name in _TEXTS)]
    members += [null_of(LongType()).alias("bytesread"), null_of(StringType()).alias("source")]
    if record.fields:
        value = null_of(record) if source.record is None else fit(column("dynamicRecord"), source.record, record)[0]
        members.append(value.alias("dynamicRecord"))
    return source.frame.select(F.struct(*members).alias("error"))


def bad_text(frame: DataFrame, site: str) -> ErrorSource:
    """Pieces of input that a reader could not parse, given as (value, reason)."""
    none = F.lit("").alias("stackTrace")
    return ErrorSource(
        frame.select(F.col("reason").alias("msg"), none, F.col("value").alias("input")), record=None, site=site
    )
