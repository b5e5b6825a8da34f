"""Unverified columns held against the data: one aggregation for all of them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue._choice import selected
from awsglue._columns import column, verified
from awsglue._schema import UnverifiedType, to_spark
from awsglue.gluetypes import StructType


def against_data(frame: DataFrame, schema: StructType) -> tuple[list[Column], StructType] | None:
    """The projection in which every column has the type its data has; None where nothing is unverified."""
    declared = {f.name: f.dataType.declared for f in schema if isinstance(f.dataType, UnverifiedType)}
    if not declared:
        return None
    checks: list[Column] = []
    for index, (name, data_type) in enumerate(declared.items()):
        text = column(name)
        parsed = text.try_cast(to_spark(data_type))
        strays = text.isNotNull() & (text != "") & parsed.isNull()
        checks.append(F.max(F.when(parsed.isNotNull(), 1).otherwise(0)).alias(f"p{index}"))
        checks.append(F.max(F.when(strays, 1).otherwise(0)).alias(f"s{index}"))
    seen = [bool(value) for value in frame.agg(*checks).collect()[0]]
    evidence = {name: (seen[2 * i], seen[2 * i + 1]) for i, name in enumerate(declared)}
    columns = {f.name: verified(column(f.name), f.dataType, evidence.get(f.name, (True, False))) for f in schema}
    return selected(columns)
