"""push_down_predicate: a Spark SQL condition on partition keys. AWS page: Pre-Filtering Using Pushdown Predicates.

Simple comparisons go to GetPartitions, so that a big table's other partitions are never sent. Spark itself decides
in the end, on the partition values alone, so any condition Spark knows means what it means in Spark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import unquote

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from awsglue._columns import cast, column
from awsglue._files import File
from awsglue._paths import quote
from awsglue._schema import spark_struct
from awsglue.gluetypes import DataType, Field, IntegerType, LongType, ShortType, StringType, StructType


class _HasValues(Protocol):
    @property
    def values(self) -> tuple[str, ...]: ...


T = TypeVar("T", bound=_HasValues)
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
INDEX = "__awsglue_index"
_COMPARISON = re.compile(r"`?(?P<key>\w+)`?\s*(?P<op>==|=|<=|>=|<|>)\s*(?P<value>'[^'\\]*'|\"[^\"\\']*\"|-?\d+)")
_AND = re.compile(r"\band\b", re.IGNORECASE)
_OTHER = re.compile(r"\b(or|between|case)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`", re.DOTALL)


def to_expression(predicate: str, keys: Sequence[Field]) -> str | None:
    """A GetPartitions expression that keeps every partition the predicate keeps, and perhaps more; None when unsure."""
    types = {key.name.lower(): key.dataType for key in keys}
    parts = [_COMPARISON.fullmatch(part) for part in _conjuncts(predicate)]
    translated = [part for part in (_comparison(match, types) for match in parts if match) if part]
    return " AND ".join(translated) or None


def _conjuncts(text: str) -> list[str]:
    """What a condition joins by AND, brackets around it taken off; one of OR, BETWEEN or CASE is left whole."""
    text = text.strip()
    masked = _masked(text)
    if re.fullmatch(r"\([^()]*\)", masked):
        return _conjuncts(text[1:-1])
    cuts = list(_AND.finditer(masked))
    if not cuts or _OTHER.search(masked):
        return [text]
    starts, ends = [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(text)]
    return [each for start, end in zip(starts, ends, strict=True) for each in _conjuncts(text[start:end])]


def _masked(text: str) -> str:
    """The text with what is inside quotes or brackets blotted out; its length stays."""
    masked = _QUOTED.sub(lambda quoted: "'" * len(quoted[0]), text)
    out, depth = "", 0
    for char in masked:
        depth -= char == ")"
        out += char if depth <= 0 else "_"
        depth += char == "("
    return out


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
    try:
        kept = frame.select(column(INDEX), *typed).where(F.expr(predicate)).select(quote(INDEX)).collect()
    except PySparkException as error:
        known = ", ".join(key.name for key in keys)
        raise ValueError(f"predicate {predicate!r} is no condition on the partition keys {known}: {error}") from error
    return [partitions[row[0]] for row in sorted(kept)]


@dataclass(frozen=True)
class _Folder:
    values: tuple[str, ...]


def in_folders(spark: SparkSession, files: list[File], path: str, predicate: str) -> list[File]:
    """The files in key=value folders below a path whose values satisfy the predicate.

    Raises ValueError where no file is in such a folder.
    """
    base = len(path.rstrip("/")) + 1
    found: dict[tuple[str, ...], dict[tuple[str, ...], list[File]]] = {}
    for file in files:
        parts = [part.partition("=") for part in file.path[base:].split("/")[:-1] if "=" in part]
        names = tuple(unquote(name) for name, _, _ in parts)
        found.setdefault(names, {}).setdefault(tuple(unquote(value) for _, _, value in parts), []).append(file)
    found.pop((), None)
    if not found and files:
        raise ValueError(f"predicate {predicate!r}: {path} has no folders named key=value")
    kept: list[File] = []
    for names, folders in found.items():
        keys = [Field(name, StringType()) for name in names]
        for folder in matching(spark, predicate, keys, [_Folder(values) for values in folders]):
            kept += folders[folder.values]
    return kept


def _value(value: str) -> str | None:
    return None if value == HIVE_NULL else value
