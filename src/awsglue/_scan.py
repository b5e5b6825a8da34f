"""Files as one DataFrame: readers per format, and slices with their own partition values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue import _files
from awsglue._columns import cast, column
from awsglue._schema import UnverifiedType, ddl, spark_struct
from awsglue.gluetypes import ArrayType, DataType, Field, StringType, StructType

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
HEAD_BYTES = 256 * 1024
CHECKED_BYTES = 64 * 1024 * 1024
THREADS = 16
MANY = 16  # slices from which one scan of their folder is worth a look: unions of hundreds are slow to analyse
Files = Sequence[_files.File]


class Reader(Protocol):
    """Reads files of one format; every frame it returns has the columns of `schema`, in that order."""

    @property
    def schema(self) -> StructType: ...

    def read(self, spark: SparkSession, files: Files) -> DataFrame: ...

    def read_folder(self, spark: SparkSession, folder: str, keys: Sequence[str]) -> DataFrame | None:
        """Everything under a folder of key=value folders, keys last and as text; None where one scan cannot do it."""


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
    """A frame and its Glue schema, which may have unverified columns."""

    frame: DataFrame
    schema: StructType


def scan(
    spark: SparkSession, reader: Reader, slices: Sequence[Slice], keys: Sequence[Field] = (), tree: Tree | None = None
) -> Scanned:
    """All slices as one frame, partition columns last. Many slices are one scan of their `tree` where that is exact."""
    schema = StructType([*reader.schema, *keys])
    _check_names(schema)
    if tree is not None and len(slices) > MANY:
        whole = _whole(spark, reader, slices, keys, tree)
        if whole is not None:
            return Scanned(whole, schema)
    frames = [_with_keys(reader.read(spark, s.files), keys, s.values) for s in slices if s.files]
    if not frames:
        return Scanned(spark.createDataFrame([], spark_struct(schema)), schema)
    return Scanned(union(frames), schema)


def _check_names(struct: StructType, where: str = "") -> None:
    """Raise ValueError for names that differ in case only: Spark's columns cannot be told apart then."""
    seen: dict[str, str] = {}
    for f in struct:
        other = seen.setdefault(f.name.lower(), f.name)
        if other is not f.name:
            raise ValueError(
                f"fields {where}{other!r} and {where}{f.name!r} differ in case only; rename one at its source"
            )
        inner = f.dataType.elementType if isinstance(f.dataType, ArrayType) else f.dataType
        if isinstance(inner, StructType):
            _check_names(inner, f"{where}{f.name}.")


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


@dataclass(frozen=True)
class CsvOptions:
    """How CSV text is cut into fields. `quote` None turns quoting off."""

    separator: str = ","
    quote: str | None = '"'
    escape: str | None = None
    header: bool = False
    multi_line: bool = False

    def spark(self) -> dict[str, str]:
        """The same as reader options of Spark."""
        options = {"sep": self.separator, "header": str(self.header).lower(), "mode": "FAILFAST"}
        options["quote"] = "\0" if self.quote is None else self.quote
        # A doubled quote inside quotes is the default of Glue and of RFC 4180, but not of Spark.
        options["escape"] = self.escape or options["quote"]
        return options | ({"multiLine": "true"} if self.multi_line else {})


@dataclass(frozen=True)
class CsvReader:
    """CSV files with the columns of `schema`, by position. Empty fields of text columns are empty texts, as in Glue."""

    schema: StructType
    options: CsvOptions

    def read(self, spark: SparkSession, files: Files) -> DataFrame:
        return self._read(spark, [file.path for file in files], ())

    def read_folder(self, spark: SparkSession, folder: str, keys: Sequence[str]) -> DataFrame | None:
        return self._read(spark, [folder], keys)

    def _read(self, spark: SparkSession, paths: list[str], keys: Sequence[str]) -> DataFrame:
        names = StructType([Field(name, StringType()) for name in [*(f.name for f in self.schema), *keys]])
        frame = spark.read.schema(ddl(names)).options(**self.options.spark()).csv(paths)
        return frame.select(*[self._value(f).alias(f.name) for f in self.schema], *map(column, keys))

    @staticmethod
    def _value(each: Field) -> Any:
        raw = column(each.name)
        if isinstance(each.dataType, UnverifiedType):
            return raw
        if isinstance(each.dataType, StringType):
            return F.coalesce(raw, F.lit(""))
        return cast(raw, StringType(), each.dataType)[0]


@dataclass(frozen=True)
class HeaderCsvReader:
    """CSV files without a catalog: every field is a string; names from each file's own header, or col0, col1, ..."""

    schema: StructType
    options: CsvOptions
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Files, options: CsvOptions) -> HeaderCsvReader:
        """Read the files' first lines for their columns. Raises ValueError for quotes that are never closed."""
        check_quotes(files, options)
        names = {file.path: csv_names(file.path, options) for file in files}
        merged = dict.fromkeys(name for each in names.values() for name in each)
        return cls(StructType([Field(name, StringType()) for name in merged]), options, names)

    def read_folder(self, spark: SparkSession, folder: str, keys: Sequence[str]) -> DataFrame | None:
        return None

    def read(self, spark: SparkSession, files: Files) -> DataFrame:
        groups: dict[tuple[str, ...], list[_files.File]] = {}
        for file in files:
            groups.setdefault(self.names[file.path], []).append(file)
        return union([self._read_group(spark, names, group) for names, group in groups.items()])

    def _read_group(self, spark: SparkSession, names: tuple[str, ...], files: Files) -> DataFrame:
        present = StructType([Field(name, StringType()) for name in names])
        frame = CsvReader(present, self.options).read(spark, files)
        if [f.name for f in self.schema] == list(names):
            return frame
        missing = F.lit(None).cast("string")
        return frame.select(*[column(f.name) if f.name in names else missing.alias(f.name) for f in self.schema])


def check_quotes(files: Files, options: CsvOptions) -> None:
    """Raise ValueError naming a file whose quotes do not pair; a source above CHECKED_BYTES is left to the engine."""
    if options.quote is None or sum(file.size for file in files) > CHECKED_BYTES:
        return
    with ThreadPoolExecutor(THREADS) as pool:
        paired = list(pool.map(lambda file: _quotes_pair(file.path, options), files))
    broken = next((file.path for file, pairs in zip(files, paired, strict=True) if not pairs), None)
    if broken:
        raise ValueError(f"{broken} is not CSV: it opens a quote ({options.quote}) that is never closed")


def _quotes_pair(path: str, options: CsvOptions) -> bool:
    assert options.quote is not None
    with _files.open_stream(path) as stream:
        text = stream.read()
    if options.escape and options.escape != options.quote:
        escape = re.escape(options.escape.encode())
        text = re.sub(escape + b".", b"", text, flags=re.DOTALL)
    return text.count(options.quote.encode()) % 2 == 0


def csv_names(path: str, options: CsvOptions) -> tuple[str, ...]:
    """The column names of one CSV file: its header, or col0, col1, ... Raises ValueError for names given twice."""
    with _files.open_stream(path) as stream:
        head = stream.read(HEAD_BYTES).decode("utf-8-sig", errors="replace")
    quoting: Any = csv.QUOTE_NONE if options.quote is None else csv.QUOTE_MINIMAL
    rows = csv.reader(io.StringIO(head), delimiter=options.separator, quotechar=options.quote or '"', quoting=quoting)
    first = next(rows, [])
    if not options.header:
        return tuple(f"col{index}" for index in range(len(first)))
    doubled = {name for name in first if first.count(name) > 1}
    if doubled:
        raise ValueError(f"{path}: the header names {sorted(doubled)} more than once")
    return tuple(first)


def csv_options(format_options: dict[str, Any]) -> CsvOptions:
    """Glue's CSV format_options. `quoteChar` -1 turns quoting off."""
    quote = format_options.get("quoteChar", '"')
    return CsvOptions(
        separator=str(format_options.get("separator", ",")),
        quote=None if str(quote) == "-1" else str(quote),
        escape=format_options.get("escaper"),
        header=_files.flag(format_options.get("withHeader")) or _files.flag(format_options.get("skipFirst")),
        multi_line=_files.flag(format_options.get("multiLine", format_options.get("multiline"))),
    )
