"""push_down_predicate: a Spark SQL condition on partition keys. AWS page: Pre-Filtering Using Pushdown Predicates.

Simple comparisons go to GetPartitions, so that a big table's other partitions are never sent. Spark itself decides
in the end, on the partition values alone, so any condition Spark knows means what it means in Spark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from awsglue._columns import cast, column
from awsglue._paths import quote
from awsglue._schema import spark_struct
from awsglue.gluetypes import DataType, Field, IntegerType, LongType, ShortType, StringType, StructType

if TYPE_CHECKING:
    from awsglue.catalog_table import Partition

T = TypeVar("T", bound="Partition")
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
INDEX = "__awsglue_index"
_COMPARISON = re.compile(
    r"\s*\(?\s*`?(?P<key>\w+)`?\s*(?P<op>==|=|<=|>=|<|>)\s*(?P<value>'[^'\\]*'|\"[^\"\\']*\"|-?\d+)\s*\)?\s*"
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


def to_expression(predicate: str, keys: Sequence[Field]) -> str | None:
    """A GetPartitions expression that keeps every partition the predicate keeps, and perhaps more; None when unsure."""
    text = predicate.strip()
    while text.startswith("(") and text.endswith(")") and _closes_at_end(text):
        text = text[1:-1].strip()
    if re.search(r"\b(or|not|between|case)\b", re.sub(r"'[^']*'|\"[^\"]*\"", "", text), re.IGNORECASE):
        return None
    types = {key.name.lower(): key.dataType for key in keys}
    parts = [_COMPARISON.fullmatch(part) for part in _AND.split(text)]
    translated = [part for part in (_comparison(match, types) for match in parts if match) if part]
    return " AND ".join(translated) or None


def _closes_at_end(text: str) -> bool:
    depth = 0
    for index, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if not depth:
            return index == len(text) - 1
    return False


def _comparison(match: re.Match[str], types: dict[str, DataType]) -> str | None:
    data_type = types.get(match["key"].lower())
    value = match["value"]
    operator = "=" if match["op"] == "==" else match["op"]
    quoted = value[0] in "'\""
    # Only like with like: what Spark does to 'a' = 1 must be left to Spark.
    if isinstance(data_type, StringType) and quoted:
        return f"{match['key']} {operator} '{value[1:-1]}'"
    if isinstance(data_type, IntegerType | LongType | ShortType) and not quoted:
        return f"{match['key']} {operator} {value}"
    return None


def matching(spark: SparkSession, predicate: str, keys: Sequence[Field], partitions: list[T]) -> list[T]:
    """The partitions whose values satisfy the predicate. Spark raises for a column that is not a partition key."""
    if not partitions:
        return []
    rows = [(index, *(_value(v) for v in partition.values)) for index, partition in enumerate(partitions)]
    names = [f"{index}" for index in range(len(keys))]
    schema = StructType([Field(INDEX, LongType()), *(Field(name, StringType()) for name in names)])
    frame = spark.createDataFrame(rows, spark_struct(schema))
    typed = [
        cast(column(name), StringType(), key.dataType)[0].alias(key.name) for name, key in zip(names, keys, strict=True)
    ]
    kept = frame.select(column(INDEX), *typed).where(F.expr(predicate)).select(quote(INDEX)).collect()
    return [partitions[row[0]] for row in sorted(kept)]


def _value(value: str) -> str | None:
    return None if value == HIVE_NULL else value
