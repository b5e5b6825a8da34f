"""JSON with a schema true for every record: values are typed column by column, so that Python's C loops do the work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from awsglue import _files
from awsglue._scan import Files
from awsglue._schema import ddl, spark_struct
from awsglue.gluetypes import (
    ArrayType,
    BooleanType,
    ChoiceType,
    DataType,
    DecimalType,
    DoubleType,
    Field,
    IntegerType,
    LongType,
    MapType,
    NullType,
    StringType,
    StructType,
    mergeDataTypes,
)

BLOCK_BYTES = 8 * 1024 * 1024
INT_MIN, INT_MAX = -(2**31), 2**31 - 1
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1


def _decoder() -> Callable[[bytes], Any]:
    try:
        import msgspec
    except ImportError:  # on AWS, or in a Spark environment without it
        import json

        return json.loads
    return msgspec.json.decode


decode: Callable[[bytes], Any] = _decoder()


@dataclass(frozen=True)
class JsonOptions:
    """`multi_line`: a file is one document, not one record per line. `path`: where the records are in it."""

    multi_line: bool = False
    path: str = ""

    @property
    def whole(self) -> bool:
        return self.multi_line or bool(self.path)


def json_options(format_options: dict[str, Any]) -> JsonOptions:
    """Glue's JSON format_options."""
    multi_line = format_options.get("multiLine", format_options.get("multiline"))
    return JsonOptions(_files.flag(multi_line), str(format_options.get("jsonPath") or ""))


@dataclass(frozen=True)
class Records:
    """What one piece of text holds: its records, and the pieces that are not JSON objects, with the reason."""

    records: list[dict[str, Any]]
    bad: list[tuple[str, str]]


def records_of(text: bytes | str, options: JsonOptions) -> Records:
    """The records of one document (`options.whole`) or of one line."""
    try:
        value = decode(text.encode() if isinstance(text, str) else text)
    except ValueError as error:
        return Records([], [(_shown(text), str(error))])
    found = list(select(value, options.path)) if options.path else [value]
    flat = list(chain.from_iterable(v if isinstance(v, list) else [v] for v in found))
    strays = {type(v).__name__ for v in flat if type(v) is not dict}
    bad = [(_shown(text), f"expected JSON objects, found {', '.join(sorted(strays))}")] if strays else []
    return Records([v for v in flat if type(v) is dict], bad)


def _shown(text: bytes | str) -> str:
    return (text.decode(errors="replace") if isinstance(text, bytes) else text)[:4096]


_PATH_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<q>['\"])(?P<quoted>.*?)(?P=q)\]|\[(?P<index>\*|\d+)\]")


def select(value: Any, path: str) -> Iterator[Any]:
    """The values at a JsonPath of names, indexes and `[*]`. Raises ValueError for any other path."""
    if not path.startswith("$"):
        raise ValueError(f"jsonPath {path!r} must start with '$'")
    steps, position = [], 1
    while position < len(path):
        match = _PATH_STEP.match(path, position)
        if match is None:
            raise ValueError(
                f"jsonPath {path!r} is not supported at {path[position:]!r}: use .name, ['name'], [0], [*]"
            )
        steps.append(match["name"] or match["quoted"] or match["index"])
        position = match.end()
    values: Iterable[Any] = [value]
    for step in steps:
        values = list(chain.from_iterable(_step(each, step) for each in values))
    return iter(values)


def _step(value: Any, step: str) -> list[Any]:
    if step == "*":
        return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if isinstance(value, dict):
        return [value[step]] if step in value else []
    if isinstance(value, list) and step.isdigit():
        return value[int(step) : int(step) + 1]
    return []


def blocks(path: str) -> Iterator[bytes]:
    """A file's text in blocks that end at a line's end."""
    with _files.open_stream(path) as stream:
        rest = b""
        while block := stream.read(BLOCK_BYTES):
            cut = block.rfind(b"\n") + 1
            if not cut:
                rest += block
                continue
            yield rest + block[:cut]
            rest = block[cut:]
        if rest:
            yield rest


def line_records(block: bytes) -> Records:
    """The records of one line each."""
    lines = [line for line in block.split(b"\n") if line.strip()]
    try:
        values = list(map(decode, lines))
    except ValueError:
        return _line_by_line(lines)
    return Records(values, []) if set(map(type, values)) <= {dict} else _line_by_line(lines)


def _line_by_line(lines: list[bytes]) -> Records:
    each = [records_of(line, JsonOptions()) for line in lines]
    return Records(list(chain.from_iterable(r.records for r in each)), list(chain.from_iterable(r.bad for r in each)))


def type_of(values: list[Any]) -> DataType:
    """The type that is true for every value of a field."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    if not kinds:
        return NullType()
    found = list(
        chain.from_iterable(_types(kind, values if len(kinds) == 1 else _only(values, kind)) for kind in kinds)
    )
    return found[0] if len(found) == 1 else ChoiceType(sorted(found, key=lambda t: t.typeName()))


def _only(values: list[Any], kind: type) -> list[Any]:
    return [value for value in values if type(value) is kind]


def _types(kind: type, values: list[Any]) -> list[DataType]:
    if kind is str:
        return [StringType()]
    if kind is bool:
        return [BooleanType()]
    if kind is float:
        return [DoubleType()]
    if kind is int:
        return _int_types([value for value in values if value is not None])
    if kind is list:
        return [ArrayType(type_of(list(chain.from_iterable(value for value in values if value is not None))))]
    return [struct_of([value for value in values if value is not None])]


def _int_types(values: list[int]) -> list[DataType]:
    low, high = min(values), max(values)
    if low >= INT_MIN and high <= INT_MAX:
        return [IntegerType()]
    found: list[DataType] = []
    if any(INT_MIN <= value <= INT_MAX for value in values):
        found.append(IntegerType())
    if any(LONG_MIN <= value <= LONG_MAX and not INT_MIN <= value <= INT_MAX for value in values):
        found.append(LongType())
    if low < LONG_MIN or high > LONG_MAX:
        found.append(DecimalType(38, 0))
    return found


def struct_of(records: list[dict[str, Any]]) -> StructType:
    """The type of records, field by field, in the order fields are first met."""
    names = dict.fromkeys(chain.from_iterable(records))
    return StructType([Field(name, type_of([r[name] for r in records if name in r])) for name in names])


@dataclass(frozen=True)
class Inferred:
    """What a full pass found."""

    schema: StructType
    bad: int


def infer(files: Files, options: JsonOptions) -> Inferred:
    """The schema that is true for every record of the files, and how many pieces are not JSON."""
    merged: DataType = StructType()
    bad = 0
    for file in files:
        for found in _file_records(file.path, options):
            merged = mergeDataTypes(merged, struct_of(found.records))
            bad += len(found.bad)
    assert isinstance(merged, StructType)
    return Inferred(merged, bad)


def _file_records(path: str, options: JsonOptions) -> Iterator[Records]:
    if not options.whole:
        yield from map(line_records, blocks(path))
        return
    with _files.open_stream(path) as stream:
        yield records_of(stream.read(), options)


@dataclass(frozen=True)
class JsonReader:
    """JSON files with a known schema. The engine's reader where every record is plain; Arrow batches where not."""

    schema: StructType
    options: JsonOptions
    plain: bool

    @classmethod
    def of(cls, files: Files, options: JsonOptions) -> JsonReader:
        """Read every record once for its types."""
        found = infer(files, options)
        return cls(found.schema, options, plain=not options.whole and not found.bad and _is_plain(found.schema))

    def read(self, spark: SparkSession, files: Files) -> DataFrame:
        paths = [file.path for file in files]
        target = spark_struct(self.schema)
        if self.plain:
            return spark.read.schema(ddl(self.schema)).json(paths)
        text = spark.read.text(paths, wholetext=self.options.whole)
        return text.mapInArrow(_converter(self.schema, self.options), target)

    def read_folder(self, spark: SparkSession, folder: str, keys: Sequence[str]) -> DataFrame | None:
        if not self.plain:
            return None
        named = StructType([*self.schema, *(Field(key, StringType()) for key in keys)])
        return spark.read.schema(ddl(named)).json(folder)

    def errors(self, spark: SparkSession, files: Files) -> DataFrame | None:
        """The pieces that are not JSON objects, as (text, reason); None when there can be none."""
        if self.plain:
            return None
        text = spark.read.text([file.path for file in files], wholetext=self.options.whole)
        return text.mapInArrow(_bad_pieces(self.options), "value string, reason string")


def _is_plain(data_type: DataType) -> bool:
    """Whether the engines' JSON readers read this type as it is."""
    if isinstance(data_type, StructType):
        names = {f.name.lower() for f in data_type}
        return len(names) == len(data_type.fields) > 0 and all(_is_plain(f.dataType) for f in data_type)
    if isinstance(data_type, ArrayType):
        return _is_plain(data_type.elementType)
    return not isinstance(data_type, ChoiceType | DecimalType | MapType)


def _converter(schema: StructType, options: JsonOptions) -> Any:
    def convert(batches: Iterator[Any]) -> Iterator[Any]:
        from awsglue._arrow import batch_of

        for batch in batches:
            pieces = (records_of(text, options) for text in batch.column(0).to_pylist() if text and text.strip())
            yield batch_of(list(chain.from_iterable(piece.records for piece in pieces)), schema)

    return convert


def _bad_pieces(options: JsonOptions) -> Any:
    def convert(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            pieces = (records_of(text, options) for text in batch.column(0).to_pylist() if text and text.strip())
            bad = list(chain.from_iterable(piece.bad for piece in pieces))
            yield pa.RecordBatch.from_pydict(
                {
                    "value": pa.array([b[0] for b in bad], pa.string()),
                    "reason": pa.array([b[1] for b in bad], pa.string()),
                }
            )

    return convert
