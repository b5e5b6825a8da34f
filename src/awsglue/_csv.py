"""CSV: the engine's reader where it cuts the text as Glue does, Python's in Arrow batches where rows are uneven."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue import _files
from awsglue._columns import cast, column
from awsglue._scan import Files, union
from awsglue._schema import UnverifiedType, ddl, spark_struct
from awsglue.gluetypes import Field, StringType, StructType

HEAD_BYTES = 256 * 1024
BLOCK_BYTES = 4 * 1024 * 1024
CHECKED_BYTES = 64 * 1024 * 1024
THREADS = 16


_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


@dataclass(frozen=True)
class CsvOptions:
    """How CSV text is cut into fields. `quote` None turns quoting off; `skip` drops a first line that has no names.

    `controls`: an escaped n, r, t or 0 is the control character that such names, not the letter.
    """

    separator: str = ","
    quote: str | None = '"'
    escape: str | None = None
    header: bool = False
    multi_line: bool = False
    skip: bool = False
    controls: bool = False

    @property
    def escaper(self) -> bytes | None:
        """The escape character where it is another than the quote, which a second one escapes anyway."""
        return None if self.escape in (None, self.quote) else str(self.escape).encode()

    def spark(self) -> dict[str, str]:
        """The same as reader options of Spark."""
        header = str(self.header or self.skip).lower()
        options = {"sep": self.separator, "header": header, "mode": "FAILFAST"}
        options["quote"] = "\0" if self.quote is None else self.quote
        # A doubled quote inside quotes is the default of Glue and of RFC 4180, but not of Spark. Engines escape inside
        # quotes only, and then know no doubled ones: text with an escape in it is not theirs to cut (`Look`).
        options["escape"] = options["quote"]
        return options | ({"multiLine": "true"} if self.multi_line else {})

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The rows of a text as Python's reader cuts it, without blank ones."""
        csv.field_size_limit(sys.maxsize)
        quoting: Any = csv.QUOTE_NONE if self.quote is None else csv.QUOTE_MINIMAL
        escape = self.escape if self.escaper else None
        if escape and self.controls:
            lines = map(partial(re.compile(re.escape(escape) + "(.)").sub, self._control), lines)
        cut = csv.reader(
            lines, delimiter=self.separator, quotechar=self.quote or '"', quoting=quoting, escapechar=escape
        )
        return filter(None, cut)

    def _control(self, escaped: re.Match[str]) -> str:
        return f"{self.escape}{_CONTROLS.get(escaped[1], escaped[1])}"


def csv_options(format_options: dict[str, Any]) -> CsvOptions:
    """Glue's CSV format_options. `quoteChar` -1 turns quoting off. Raises ValueError for more characters than one."""
    quote = str(format_options.get("quoteChar", '"'))
    escape = format_options.get("escaper")
    header = _files.flag(format_options, "withHeader")
    return CsvOptions(
        separator=character("separator", str(format_options.get("separator", ",")).replace("\\t", "\t")),
        quote=None if quote == "-1" else character("quoteChar", quote),
        escape=character("escaper", str(escape)) if escape else None,
        header=header,
        multi_line=_files.multi_line(format_options),
        skip=not header and _files.flag(format_options, "skipFirst"),
        controls=True,
    )


def character(option: str, value: str) -> str:
    """The value, when it is one. Raises ValueError otherwise."""
    if len(value) != 1 or value in "\r\n":
        raise ValueError(f"CSV format option {option}={value!r} must be one character")
    return value


@dataclass(frozen=True)
class CsvReader:
    """CSV files with the columns of `schema`, by position. Empty fields of text columns are empty texts, as in Glue.

    `uneven`: some rows are shorter or longer, or go over several lines. What a short row lacks is null; a row that is
    longer than the columns is an error record, or where nobody can ask for those (`strict`) fails the read.
    """

    schema: StructType
    options: CsvOptions
    uneven: bool = False
    strict: bool = False

    def read(self, spark: SparkSession, files: Files) -> DataFrame:
        paths = [file.path for file in files]
        return self._typed(self._cut(spark, paths) if self.uneven else self._engine(spark, paths, ()), ())

    def read_folder(self, spark: SparkSession, folder: str, keys: Sequence[str]) -> DataFrame | None:
        return None if self.uneven else self._typed(self._engine(spark, [folder], keys), keys)

    def errors(self, spark: SparkSession, files: Files) -> DataFrame | None:
        """The rows that are too long, as (text, reason); None when there can be none."""
        if not self.uneven:
            return None
        text = spark.read.text([file.path for file in files], wholetext=True)
        return text.mapInArrow(_long_rows(len(self.schema.fields), self.options), "value string, reason string")

    def _engine(self, spark: SparkSession, paths: list[str], keys: Sequence[str]) -> DataFrame:
        return spark.read.schema(ddl(self._texts(keys))).options(**self.options.spark()).csv(paths)

    def _cut(self, spark: SparkSession, paths: list[str]) -> DataFrame:
        text = spark.read.text(paths, wholetext=True)
        texts = self._texts(())
        return text.mapInArrow(_converter(texts, self.options, self.strict), spark_struct(texts))

    def _texts(self, keys: Sequence[str]) -> StructType:
        return StructType([Field(name, StringType()) for name in [*(f.name for f in self.schema), *keys]])

    def _typed(self, frame: DataFrame, keys: Sequence[str]) -> DataFrame:
        return frame.select(*[self._value(f).alias(f.name) for f in self.schema], *map(column, keys))

    def _value(self, each: Field) -> Any:
        raw = column(each.name)
        if isinstance(each.dataType, UnverifiedType):
            return raw
        if isinstance(each.dataType, StringType):
            return raw if self.uneven else F.coalesce(raw, F.lit(""))
        return cast(raw, StringType(), each.dataType)[0]


def _converter(schema: StructType, options: CsvOptions, strict: bool) -> Any:
    def convert(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        names = [f.name for f in schema]
        for batch in batches:
            rows = list(_data_rows(batch, options))
            long = next((row for row in rows if len(row) > len(names)), None)
            if long and strict:
                raise ValueError(f"malformed CSV: {_reason(long, len(names))}: {options.separator.join(long)[:200]}")
            rows = [row for row in rows if len(row) <= len(names)]
            columns = ([row[i] if i < len(row) else None for row in rows] for i in range(len(names)))
            yield pa.RecordBatch.from_arrays([pa.array(values, pa.string()) for values in columns], names=names)

    return convert


def _long_rows(width: int, options: CsvOptions) -> Any:
    def convert(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            rows = [row for row in _data_rows(batch, options) if len(row) > width]
            texts = [options.separator.join(row) for row in rows]
            reasons = [_reason(row, width) for row in rows]
            arrays = [pa.array(texts, pa.string()), pa.array(reasons, pa.string())]
            yield pa.RecordBatch.from_arrays(arrays, names=["value", "reason"])

    return convert


def _reason(row: list[str], width: int) -> str:
    return f"a row has {len(row)} fields, and there are {width} columns"


def _data_rows(batch: Any, options: CsvOptions) -> Iterator[list[str]]:
    for text in batch.column(0).to_pylist():
        rows = options.rows(io.StringIO((text or "").removeprefix("\ufeff"), newline=None))
        if options.header or options.skip:
            next(rows, None)
        yield from rows


@dataclass(frozen=True)
class HeaderCsvReader:
    """CSV files without a catalog: every field is a string; names from each file's own header, or col0, col1, ..."""

    schema: StructType
    options: CsvOptions
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    uneven: bool = False

    @classmethod
    def of(cls, files: Files, options: CsvOptions) -> HeaderCsvReader:
        """Look at the files for their columns. Raises ValueError for text that is not CSV, naming the file."""
        names = {file.path: csv_names(file.path, options) for file in files}
        looks = look(files, options, {path: len(each) for path, each in names.items()})
        if not options.header:
            names = {path: col_names(max(len(each), looks[path].width)) for path, each in names.items()}
        merged = dict.fromkeys(name for each in names.values() for name in each)
        schema = StructType([Field(name, StringType()) for name in merged])
        return cls(schema, options, names, any(each.uneven for each in looks.values()))

    def read_folder(self, spark: SparkSession, folder: str, keys: Sequence[str]) -> DataFrame | None:
        return None

    def read(self, spark: SparkSession, files: Files) -> DataFrame:
        return union([self._widened(reader.read(spark, group), reader) for reader, group in self._groups(files)])

    def errors(self, spark: SparkSession, files: Files) -> DataFrame | None:
        """The rows that are too long, as (text, reason); None when there can be none."""
        found = [frame for reader, group in self._groups(files) if (frame := reader.errors(spark, group)) is not None]
        return union(found) if found else None

    def _groups(self, files: Files) -> Iterator[tuple[CsvReader, list[_files.File]]]:
        groups: dict[tuple[str, ...], list[_files.File]] = {}
        for file in files:
            groups.setdefault(self.names[file.path], []).append(file)
        for names, group in groups.items():
            schema = StructType([Field(name, StringType()) for name in names])
            yield CsvReader(schema, self.options, self.uneven), group

    def _widened(self, frame: DataFrame, reader: CsvReader) -> DataFrame:
        if reader.schema == self.schema:
            return frame
        missing = F.lit(None).cast("string")
        known = {f.name for f in reader.schema}
        return frame.select(*[column(f.name) if f.name in known else missing.alias(f.name) for f in self.schema])


def csv_names(path: str, options: CsvOptions) -> tuple[str, ...]:
    """The column names of one CSV file: its header, or col0, col1, ... Raises ValueError for names given twice."""
    with _files.open_stream(path) as stream:
        head = stream.read(HEAD_BYTES).decode("utf-8-sig", errors="replace")
    first = next(options.rows(io.StringIO(head, newline=None)), [])
    if not options.header:
        return col_names(len(first))
    named = tuple(name or f"col{index}" for index, name in enumerate(first))
    doubled = {name for name in named if named.count(name) > 1}
    if doubled:
        raise ValueError(f"{path}: the header names {sorted(doubled)} more than once")
    return named


def col_names(count: int) -> tuple[str, ...]:
    """What Glue calls columns without a header."""
    return tuple(f"col{index}" for index in range(count))


@dataclass(frozen=True)
class Look:
    """What a pass over a file's text found: its widest row, and whether an engine would cut it otherwise."""

    width: int = 0
    uneven: bool = False


def look(files: Files, options: CsvOptions, columns: dict[str, int]) -> dict[str, Look]:
    """Every file held against its number of columns; a source above CHECKED_BYTES is left to the engine.

    Raises ValueError naming a file that is not UTF-8, or that has a quote that is never closed.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        if sum(file.size for file in files) > CHECKED_BYTES:
            escaped = pool.map(lambda file: options.escaper is not None and _holds(file.path, options.escaper), files)
            return {file.path: Look(uneven=each) for file, each in zip(files, escaped, strict=True)}
        looks = pool.map(lambda file: _look(file.path, options, columns[file.path]), files)
        return {file.path: each for file, each in zip(files, looks, strict=True)}


def _holds(path: str, mark: bytes) -> bool:
    with _files.open_stream(path) as stream:
        return any(mark in block for block in iter(partial(stream.read, BLOCK_BYTES), b""))


def _look(path: str, options: CsvOptions, columns: int) -> Look:
    data = _files.read_bytes(path)
    _files.check_text(path, data)
    odd_lines = _lines_with_open_quotes(data, options)
    if odd_lines and _ends_inside_quotes(data, options):
        raise ValueError(f"{path} is not CSV: it opens a quote ({options.quote}) that is never closed")
    width, ragged = _widest(data, options, columns)
    escaped = options.escaper is not None and options.escaper in data
    return Look(width, bool(odd_lines) or _files.has_odd_lines(data) or ragged or escaped)


def _lines_with_open_quotes(data: bytes, options: CsvOptions) -> int:
    """How many lines begin or end inside quotes."""
    if options.quote is None or options.quote.encode() not in data:
        return 0
    if options.escaper:
        data = re.sub(re.escape(options.escaper) + b".", b"", data, flags=re.DOTALL)
    quote = options.quote.encode()
    return sum(line.count(quote) % 2 for line in data.split(b"\n"))


_END = "\ue000"


def _ends_inside_quotes(data: bytes, options: CsvOptions) -> bool:
    """Whether a line put after the text would be part of its last row."""
    (last,) = deque(options.rows(io.StringIO(f"{data.decode()}\n{_END}", newline=None)), maxlen=1)
    return last != [_END]


def _widest(data: bytes, options: CsvOptions, columns: int) -> tuple[int, bool]:
    """The widest row, and whether any row has another number of fields than there are columns."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    marks = [options.separator, options.quote or "", options.escape or ""]
    if not data.strip() or not columns:
        return columns, False
    if not all(map(str.isascii, marks)):
        widths = {len(row) for row in options.rows(io.StringIO(data.decode(), newline=None))}
        return max(widths), widths != {columns}
    found = {columns}

    def strange(row: Any) -> Any:
        found.add(row.actual_columns)
        return "skip"

    parsing = arrow_csv.ParseOptions(
        delimiter=options.separator, quote_char=options.quote or False, newlines_in_values=True,
        escape_char=options.escape if options.escape and options.escaper else False, invalid_row_handler=strange,
    )  # fmt: skip
    reading = arrow_csv.ReadOptions(column_names=[str(index) for index in range(columns)])
    unread = arrow_csv.ConvertOptions(include_columns=["0"], column_types={"0": pa.binary()})
    try:
        arrow_csv.read_csv(io.BytesIO(data), reading, parsing, unread)
    except pa.ArrowInvalid:
        return columns, True
    return max(found), found != {columns}
