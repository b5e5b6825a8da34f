"""A database table read without Java, as a Python data source that Sail runs in the run's own process.

Spark's JDBC reader is the model: the same types and the same values, or an error, upon which the plan goes to Spark.
The router says which queries to run and what their columns are (`router/rewrites/database.py`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from awsglue._database import Database

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "mastic_database"
BATCH_ROWS = 8192
BLOCK_BYTES = 1 << 20


class DatabaseSource(DataSource):
    """Options: `url`, `user`, `password`, `queries` and `columns` (JSON lists, the latter of [name, kind])."""

    @classmethod
    def name(cls) -> str:
        return NAME

    def reader(self, schema: Any) -> DataSourceReader:
        return _Reader({key.lower(): value for key, value in self.options.items()})


class _Reader(DataSourceReader):
    def __init__(self, options: dict[str, str]) -> None:
        self._options = options

    def partitions(self) -> list[InputPartition]:
        return [InputPartition(query) for query in json.loads(self._options["queries"])]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        options = self._options
        database = Database.of(options["url"], options["user"], options["password"])
        columns = json.loads(options["columns"])
        read = _postgres if database.is_postgres else _mysql
        yield from read(database, str(partition.value), columns)


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type of a column of Spark's type `kind`."""
    from mastic.engines.router import types  # not above: the router imports this module

    return cast("pa.DataType", types.to_arrow(types.parse(kind)))


# What the text of a value depends on, whatever the server's or the role's own settings are.
_POSTGRES_SESSION = """SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET extra_float_digits = 1;
SET client_encoding = 'UTF8'; SET IntervalStyle = 'postgres'"""


def _postgres(database: Database, query: str, columns: list[list[str]]) -> Iterator[pa.RecordBatch]:
    """COPY as CSV, which Arrow parses: NULL is an empty field, an empty text is quoted."""
    import pyarrow as pa
    from pyarrow import csv

    with closing(database.connect()) as connection:
        connection.execute(_POSTGRES_SESSION)
        names = [str(index) for index in range(len(columns))]
        parsed = {name: _csv_type(kind) for name, (_, kind) in zip(names, columns, strict=True)}
        with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
            stream = io.BufferedReader(_Stream(copy), BLOCK_BYTES)
            if not stream.peek(1):
                return
            batches = csv.open_csv(
                stream,
                csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES, use_threads=False),
                csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, double_quote=True),
                csv.ConvertOptions(
                    column_types=parsed, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
                    true_values=["t"], false_values=["f"],
                ),
            )  # fmt: skip
            for batch in batches:
                arrays = [_finished(array, kind) for array, (_, kind) in zip(batch.columns, columns, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in columns])


def _csv_type(kind: str) -> pa.DataType:
    import pyarrow as pa

    # Bytes come as hexadecimal digits; timestamps without a zone are UTC.
    special: dict[str, pa.DataType] = {"binary": pa.string(), "timestamp": pa.timestamp("us")}
    return special.get(kind) or arrow_type(kind)


def _finished(array: pa.Array[Any], kind: str) -> pa.Array[Any]:
    import pyarrow as pa

    if kind == "binary":
        return pa.array([None if text is None else bytes.fromhex(text) for text in array.to_pylist()], pa.binary())
    if kind in ("date", "timestamp"):
        _refuse_old(array)
    return array.cast(arrow_type(kind))


class _Stream(io.RawIOBase):
    """What a COPY sends, as a file."""

    def __init__(self, copy: Any) -> None:
        self._blocks = iter(copy)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left = bytes(block)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def _mysql(database: Database, query: str, columns: list[list[str]]) -> Iterator[pa.RecordBatch]:
    """Rows as they come, without holding them all."""
    import pyarrow as pa
    from pymysql.cursors import SSCursor

    makers = [_MYSQL_VALUES.get(kind) for _, kind in columns]
    types = [arrow_type(kind) for _, kind in columns]
    with closing(database.connect()) as connection, connection.cursor(SSCursor) as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(BATCH_ROWS):
            values = [
                held if make is None else [None if value is None else make(value) for value in held]
                for held, make in zip(zip(*rows, strict=True), makers, strict=True)
            ]
            arrays = [_typed(held, type_) for held, type_ in zip(values, types, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in columns])


def _typed(values: Any, type_: pa.DataType) -> pa.Array[Any]:
    import pyarrow as pa

    if not pa.types.is_timestamp(type_):
        array = pa.array(values, type_)
    else:
        array = pa.array(values, pa.timestamp("us")).cast(type_)
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        _refuse_old(array)
    return array


def _boolean(value: Any) -> bool:
    """BIT(1) as bytes, TINYINT(1) as a number: MySQL's driver takes -1 and every positive one for true."""
    number = int.from_bytes(value, "big") if isinstance(value, bytes) else int(value)
    return number == -1 or number > 0


_MYSQL_VALUES: dict[str, Callable[[Any], Any]] = {"boolean": _boolean}


def _refuse_old(array: pa.Array[Any]) -> None:
    """Raise ValueError for times before the Gregorian calendar, which Java's old date classes shift."""
    import datetime

    import pyarrow as pa
    import pyarrow.compute as pc

    first = pc.min(array.cast(pa.date32())).as_py() if len(array) > array.null_count else None
    if first is not None and first < datetime.date(1582, 10, 15):
        raise ValueError(f"{first} is before the Gregorian calendar")
