"""JSON with a schema true for every record: values are typed column by column, so that Python's C loops do the work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import Any

from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F

from awsglue import _files
from awsglue._columns import column
from awsglue._json_pass import Seen, files_seen, place, remembered
from awsglue._json_shape import INT_MAX, INT_MIN, NOTHING, records_shape
from awsglue._scan import Files
from awsglue._schema import ddl, named_as, spark_struct, to_spark
from awsglue.gluetypes import (
    ArrayType,
    ChoiceType,
    DataType,
    DecimalType,
    Field,
    LongType,
    MapType,
    StringType,
    StructType,
)


def _decoder() -> Callable[[bytes], Any]:
    try:
        import msgspec
    except ImportError:  # on AWS, or in a Spark environment without it
        return json.loads
    return msgspec.json.decode


decode: Callable[[bytes], Any] = _decoder()


@dataclass(frozen=True)
class JsonOptions:
    """`multi_line`: a file is one document or several, not one record per line. `path`: where the records are in it."""

    multi_line: bool = False
    path: str = ""

    @property
    def whole(self) -> bool:
        return self.multi_line or bool(self.path)


def json_options(format_options: dict[str, Any]) -> JsonOptions:
    """Glue's JSON format_options."""
    return JsonOptions(_files.multi_line(format_options), str(format_options.get("jsonPath") or ""))


@dataclass(frozen=True)
class Records:
    """What one piece of text holds: its records, and the pieces that are not JSON objects, with the reason."""

    records: list[dict[str, Any]]
    bad: list[tuple[str, str]]
    uneven: bool = False  # whether a line held several documents


def records_of(text: bytes | str, options: JsonOptions) -> Records:
    """The records of one document, or of several one after the other."""
    data = (text.encode() if isinstance(text, str) else text).removeprefix(_files.BOM)
    bad: list[tuple[str, str]] = []
    try:
        values = [decode(data)]
    except (ValueError, RecursionError) as error:
        values, bad = _documents(data)
        if not options.whole and (bad or len(values) < 2):
            values, bad = [], [(_shown(text), str(error))]
    found = chain.from_iterable(select(value, options.path) for value in values) if options.path else values
    flat = list(chain.from_iterable(v if isinstance(v, list) else [v] for v in found))
    strays = {type(v).__name__ for v in flat if type(v) is not dict}
    bad += [(_shown(text), f"expected JSON objects, found {', '.join(sorted(strays))}")] if strays else []
    return Records([v for v in flat if type(v) is dict], bad, len(values) > 1)


def _documents(data: bytes) -> tuple[list[Any], list[tuple[str, str]]]:
    """The values that stand one after the other in a text, and what follows the last good one, with the reason."""
    values: list[Any] = []
    position = 0
    try:
        text = data.decode()
        while (position := next(_NEXT.finditer(text, position)).start()) < len(text):
            value, position = _SEQUENCE.raw_decode(text, position)
            values.append(value)
    except (ValueError, RecursionError) as error:
        return values, [(_shown(data.decode(errors="replace")[position:]), str(error))]
    return values, []


def _refuse(constant: str) -> Any:
    raise ValueError(f"JSON has no {constant}")


_NEXT = re.compile(r"\S|\Z")
_SEQUENCE = json.JSONDecoder(parse_constant=_refuse)


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


def line_records(block: bytes) -> Records:
    """The records of one line each."""
    if _files.has_odd_lines(block):
        block = block.replace(b"\r", b"\n")  # lines end where engines end them
    lines = [line for line in block.split(b"\n") if line.strip()]
    try:
        values = list(map(decode, lines))
    except (ValueError, RecursionError):
        return _line_by_line(lines)
    return Records(values, []) if set(map(type, values)) <= {dict} else _line_by_line(lines)


def _line_by_line(lines: list[bytes]) -> Records:
    each = [records_of(line, JsonOptions()) for line in lines]
    records = list(chain.from_iterable(r.records for r in each))
    return Records(records, list(chain.from_iterable(r.bad for r in each)), any(r.uneven for r in each))


def infer(files: Files, options: JsonOptions) -> Seen:
    """The shape that is true for every record of the files, and how many pieces are not JSON."""
    if options.whole:
        return reduce(Seen.__or__, (_records_seen(_document(file.path, options)) for file in files), Seen(NOTHING, 0))
    return remembered(files, [place(file.path) for file in files], lambda: files_seen(files, lines_by_python))


def _document(path: str, options: JsonOptions) -> Records:
    return records_of(_files.read_bytes(path), options)


_ARRAY = re.compile(rb"^\s*\[", re.MULTILINE)


def lines_by_python(block: bytes) -> Seen:
    """The shape of one record per line, decoded one by one."""
    found = line_records(block)
    seen = _records_seen(found)
    # An array's records are records, but only to Spark's reader.
    odd = found.uneven or _files.has_odd_lines(block) or _ARRAY.search(block) is not None
    return Seen(seen.shape, seen.bad + odd)


def _records_seen(found: Records) -> Seen:
    return Seen(records_shape(found.records), len(found.bad))


@dataclass(frozen=True)
class JsonReader:
    """JSON files with a known schema. The engine's reader where every record is plain; Arrow batches where not."""

    schema: StructType
    options: JsonOptions
    plain: bool
    named: StructType | None = None  # the schema by the names that the files give its fields, where they are others

    @classmethod
    def of_table(cls, files: Files, columns: StructType) -> JsonReader:
        """Read with a table's columns and types. The catalog knows lower case only; a field is its column in any case.

        Raises ValueError for fields that differ in case only.
        """
        seen = cls.of(files, JsonOptions()).schema if files else columns
        named = named_as(columns, seen)
        assert isinstance(named, StructType)
        return cls(columns, JsonOptions(), plain=True, named=None if named == columns else named)

    @classmethod
    def of(cls, files: Files, options: JsonOptions) -> JsonReader:
        """Read every record once for its types. Raises ValueError for files that are not UTF-8 or nest too deeply."""
        try:
            seen = infer(files, options)
            schema = seen.shape.glue_struct()
            plain = not options.whole and not seen.bad and _is_plain(_stored(schema))
        except RecursionError as error:
            raise ValueError(f"{_shown_paths(files)} has records that nest too deeply to be typed") from error
        if seen.bad:
            for file in files:
                _files.check_text(file.path, _files.read_bytes(file.path))
        return cls(schema, options, plain)

    def read(self, spark: SparkSession, files: Files) -> DataFrame:
        paths = [file.path for file in files]
        target = spark_struct(self.schema)
        if self.plain:
            return self._typed(self._reader(spark, ()).json(paths), ())
        text = spark.read.text(paths, wholetext=self.options.whole)
        return text.mapInArrow(_converter(self.schema, self.options), target)

    def read_folder(self, spark: SparkSession, folder: str, keys: Sequence[str]) -> DataFrame | None:
        if not self.plain:
            return None
        return self._typed(self._reader(spark, keys).json(folder), keys)

    def _reader(self, spark: SparkSession, keys: Sequence[str]) -> DataFrameReader:
        named = StructType([*_stored(self.named or self.schema), *(Field(key, StringType()) for key in keys)])
        return spark.read.schema(ddl(named))

    def _typed(self, frame: DataFrame, keys: Sequence[str]) -> DataFrame:
        if self.named is not None:
            return frame.select(*map(_renamed, self.named, self.schema), *map(column, keys))
        if _stored(self.schema) == self.schema:
            return frame
        fields = [_by_size(f.name) if _is_sizes(f.dataType) else column(f.name) for f in self.schema]
        return frame.select(*fields, *map(column, keys))

    def errors(self, spark: SparkSession, files: Files) -> DataFrame | None:
        """The pieces that are not JSON objects, as (text, reason); None when there can be none."""
        if self.plain:
            return None
        text = spark.read.text([file.path for file in files], wholetext=self.options.whole)
        return text.mapInArrow(_bad_pieces(self.options), "value string, reason string")


def _renamed(held: Field, wanted: Field) -> Column:
    value = column(held.name)
    return (value if held.dataType == wanted.dataType else value.cast(to_spark(wanted.dataType))).alias(wanted.name)


def _shown_paths(files: Files) -> str:
    return files[0].path if len(files) == 1 else f"one of {files[0].path} and {len(files) - 1} other files"


def _is_plain(data_type: DataType) -> bool:
    """Whether the engines' JSON readers read this type as it is."""
    if isinstance(data_type, StructType):
        names = {f.name.lower() for f in data_type}
        return len(names) == len(data_type.fields) > 0 and all(_is_plain(f.dataType) for f in data_type)
    if isinstance(data_type, ArrayType):
        return _is_plain(data_type.elementType)
    return not isinstance(data_type, ChoiceType | DecimalType | MapType)


def _is_sizes(data_type: DataType) -> bool:
    return isinstance(data_type, ChoiceType) and data_type.choices.keys() == {"int", "long"}


def _stored(schema: StructType) -> StructType:
    """The schema to read with: a choice between integers of two sizes is made from the larger one."""
    return StructType([Field(f.name, LongType()) if _is_sizes(f.dataType) else f for f in schema])


def _by_size(name: str) -> Column:
    value = column(name)
    small = value.between(INT_MIN, INT_MAX)
    sizes = F.struct(F.when(small, value.cast("int")).alias("int"), F.when(~small, value).alias("long"))
    return F.when(value.isNotNull(), sizes).alias(name)


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
