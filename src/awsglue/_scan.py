"""Files as one DataFrame: what a format's reader does, and slices with their own partition values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue import _files
from awsglue._columns import cast, column
from awsglue._schema import check_names, spark_struct
from awsglue.gluetypes import DataType, Field, StringType, StructType

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
MANY = 16  # slices from which one scan of their folder is worth a look: unions of hundreds are slow to analyse
Files = Sequence[_files.File]


class Reader(Protocol):
    """Reads files of one format; every frame it returns has the columns of `schema`, in that order."""

    @property
    def schema(self) -> StructType: ...

    def read(self, spark: SparkSession, files: Files) -> DataFrame: ...

    def read_folder(self, spark: SparkSession, folder: str, keys: Sequence[str]) -> DataFrame | None:
        """Everything under a folder of key=value folders, keys last and as text; None where one scan cannot do it."""

    def errors(self, spark: SparkSession, files: Files) -> DataFrame | None:
        """The pieces of text that are no records, as (value, reason); None when there can be none."""


@dataclass(frozen=True)
class Slice:
    """Files that share their partition values (texts, one per partition key)."""

    files: tuple[_files.File, ...]
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    """A folder of key=value folders that holds every file of some slices, and `files`, all that engines would see."""

    folder: str
    files: frozenset[str]

    def keys_of(self, slices: Sequence[Slice], keys: Sequence[Field]) -> int | None:
        """How many of the last keys are folder names below here, if reading the folder reads just these slices."""
        if {file.path for s in slices for file in s.files} != self.files:
            return None
        depths = {self._depth(file.path, s.values, keys) for s in slices for file in s.files}
        return depths.pop() if len(depths) == 1 else None

    def _depth(self, file: str, values: tuple[str, ...], keys: Sequence[Field]) -> int | None:
        parts = file[len(self.folder) :].split("/")[:-1]
        named = [f"{key.name}={value}" for key, value in zip(keys, values, strict=True)]
        plain = all(re.fullmatch(r"[\w.:+ -]+=[\w.:+ -]+", part) for part in parts)
        return len(parts) if plain and parts and parts == named[-len(parts) :] else None


@dataclass(frozen=True)
class Scanned:
    """A frame, its Glue schema, which may have unverified columns, and what could not be read (value, reason)."""

    frame: DataFrame
    schema: StructType
    errors: DataFrame | None = None


def scan(
    spark: SparkSession, reader: Reader, slices: Sequence[Slice], keys: Sequence[Field] = (), tree: Tree | None = None
) -> Scanned:
    """All slices as one frame, partition columns last. Many slices are one scan of their `tree` where that is exact."""
    schema = StructType([*reader.schema, *keys])
    check_names(schema)
    files = [file for each in slices for file in each.files]
    errors = reader.errors(spark, files) if files else None
    if tree is not None and len(slices) > MANY:
        whole = _whole(spark, reader, slices, keys, tree)
        if whole is not None:
            return Scanned(whole, schema, errors)
    frames = [_with_keys(reader.read(spark, s.files), keys, s.values) for s in slices if s.files]
    if not frames:
        return Scanned(spark.createDataFrame([], spark_struct(schema)), schema)
    return Scanned(union(frames), schema, errors)


def union(frames: list[DataFrame]) -> DataFrame:
    """One frame of all rows. A balanced tree: a chain of hundreds of unions is too deep to analyse."""
    while len(frames) > 1:
        pairs = [frames[i : i + 2] for i in range(0, len(frames), 2)]
        frames = [pair[0].unionAll(pair[1]) if len(pair) > 1 else pair[0] for pair in pairs]
    return frames[0]


def _whole(
    spark: SparkSession, reader: Reader, slices: Sequence[Slice], keys: Sequence[Field], tree: Tree
) -> DataFrame | None:
    depth = tree.keys_of(slices, keys)
    if depth is None:
        return None
    above, below = list(keys[: len(keys) - depth]), list(keys[len(keys) - depth :])
    frame = reader.read_folder(spark, tree.folder, [key.name for key in below])
    if frame is None:
        return None
    fixed = dict(zip([key.name for key in above], slices[0].values, strict=False))
    literals = [_literal(fixed[key.name], key.dataType).alias(key.name) for key in above]
    texts = [(F.nullif(column(key.name), F.lit(HIVE_NULL)), key) for key in below]
    typed = [cast(text, StringType(), key.dataType)[0].alias(key.name) for text, key in texts]
    return frame.select(*[column(f.name) for f in reader.schema], *literals, *typed)


def _with_keys(frame: DataFrame, keys: Sequence[Field], values: tuple[str, ...]) -> DataFrame:
    if not keys:
        return frame
    literals = [_literal(value, key.dataType).alias(key.name) for key, value in zip(keys, values, strict=True)]
    return frame.select("*", *literals)


def _literal(value: str, data_type: DataType) -> Any:
    text = F.lit(None if value == HIVE_NULL else value).cast("string")
    return cast(text, StringType(), data_type)[0]
