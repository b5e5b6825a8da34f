"""A user's function that makes records, run once: its results are staged as typed Parquet files, then read.

The type of a result is known only when the function has run, and it may not run twice: it may count, draw or call.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from awsglue._arrow import arrow_schema, batch_of, native
from awsglue._errors import ErrorSource
from awsglue._python import error_batch, failures, frozen, masked, records_in, words_of
from awsglue._record import projected
from awsglue._rows import fitted
from awsglue._scan import union
from awsglue._schema import check_names, ddl, spark_struct
from awsglue._typed import typed_struct
from awsglue.gluetypes import BooleanType, DataType, Field, StringType, StructType, from_json_value, mergeDataTypes

Batches = Iterable[pa.RecordBatch]
REPORT = "path string, schema string, site string"
GOOD, BAD = "good", "bad"
CHUNK = 8192  # how many results of a partition are written together
NOTHING = StructType([Field("nothing", BooleanType())])  # holds the place of records without a field in their file
Outcome = dict[str, Any] | tuple[str, str]  # a record, or what was raised and its traceback


def error_schema(schema: StructType) -> StructType:
    """The columns of an ErrorSource whose records have `schema`."""
    texts = [Field(name, StringType()) for name in ("msg", "stackTrace", "input")]
    return StructType([*texts, Field("dynamicRecord", schema)])


class _Stage:
    """The files one task writes: a new one whenever the type of the results has grown."""

    def __init__(self, folder: str, given: StructType) -> None:
        self.folder, self.given = folder, given
        self.schema = StructType()
        self.written: list[tuple[str, str, str]] = []
        self._writer: Any = None
        self._errors: Any = None

    def add(self, records: list[dict[str, Any]]) -> None:
        """Write results under the type that is true for all of this task's so far."""
        if not records:
            return
        merged = mergeDataTypes(self.schema, typed_struct(records, self.given))
        assert isinstance(merged, StructType)
        stored = merged if merged.fields else NOTHING
        batch = batch_of(records, stored)  # before anything changes: it raises for what Arrow does not take
        if self._writer is None or merged != self.schema:
            self._finish()
            self.schema = merged
            self._writer = self._open(GOOD, arrow_schema(stored), json.dumps(merged.jsonValue()))
        self._writer.write_batch(batch)

    def fail(self, batch: pa.RecordBatch) -> None:
        """Write records for which the function raised."""
        if not batch.num_rows:
            return
        if self._errors is None:
            self._errors = self._open(BAD, batch.schema, "")
        self._errors.write_batch(batch)

    def _open(self, site: str, schema: pa.Schema, text: str) -> Any:
        path = str(Path(self.folder) / f"{site}-{uuid.uuid4().hex}.parquet")
        self.written.append((path, text, site))
        return pq.ParquetWriter(path, schema, compression="snappy")

    def _finish(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def report(self) -> pa.RecordBatch:
        """Close the files and name them."""
        self._finish()
        if self._errors is not None:
            self._errors.close()
        columns = list(zip(*self.written, strict=True)) or [(), (), ()]
        return pa.RecordBatch.from_arrays(
            [pa.array(list(column), pa.string()) for column in columns], names=["path", "schema", "site"]
        )


def mapped(
    frame: DataFrame, schema: StructType, f: Callable[[Any], Any], info: str
) -> tuple[DataFrame, StructType, list[ErrorSource]]:
    """What `f` makes of each row; rows for which it raises are error records."""
    as_columns, f = projected(frame, schema, f), frozen(f, "map")
    if as_columns is not None:
        new, made, error = as_columns
        sources = [] if error is None else [failures(frame.where(error), schema, lambda r: _record(f(r)), "map", info)]
        return new, made, sources
    return run_over(frame, schema, f, info)


def run_over(
    frame: DataFrame, schema: StructType, f: Callable[[Any], Any], info: str = ""
) -> tuple[DataFrame, StructType, list[ErrorSource]]:
    """What `f` makes of each row, as Python."""

    def each(stage: _Stage, batch: pa.RecordBatch) -> None:
        outcomes = [_outcome(lambda record: _record(f(record)), record) for record in records_in(batch, schema)]
        try:
            stage.add(_records(outcomes))
        except Exception:
            # Some result is of a type no record holds: each by itself, to find which.
            outcomes = [o if isinstance(o, tuple) else _outcome(partial(_storable, schema), o) for o in outcomes]
            stage.add(_records(outcomes))
        failed = [isinstance(outcome, tuple) for outcome in outcomes]
        if any(failed):
            reasons = [outcome for outcome in outcomes if isinstance(outcome, tuple)]
            stage.fail(error_batch(masked(batch.filter(pa.array(failed, pa.bool_()))), reasons))

    def every(stage: _Stage, batches: Batches) -> None:
        for batch in batches:
            each(stage, batch)

    new, made, errors = _staged(frame, schema, every)
    return new, made, [ErrorSource(errors, schema, "map", info)]


def _outcome(f: Callable[[Any], dict[str, Any]], record: Any) -> Outcome:
    try:
        return f(record)
    except Exception as error:
        return words_of(error)


def _records(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    return [outcome for outcome in outcomes if not isinstance(outcome, tuple)]


def _storable(schema: StructType, record: dict[str, Any]) -> dict[str, Any]:
    """The record in Python's own types. Raises for a value that no type of Glue holds."""
    made = {name: native(value) for name, value in record.items()}
    batch_of([made], typed_struct([made], schema))
    return made


def _record(result: Any) -> dict[str, Any]:
    if not isinstance(result, dict):
        raise TypeError(f"the function returned {type(result).__name__}, not a record")
    return result


def mapped_partitions(
    frame: DataFrame, schema: StructType, f: Callable[[Iterator[Any]], Any]
) -> tuple[DataFrame, StructType]:
    """What `f` makes of each partition's records."""
    f = frozen(f, "mapPartitions")

    def whole(stage: _Stage, batches: Batches) -> None:
        _stage_all(stage, f(chain.from_iterable(records_in(batch, schema) for batch in batches)))

    return _staged(frame, schema, whole)[:2]


def mapped_numbered_partitions(
    frame: DataFrame, schema: StructType, f: Callable[[int, Iterator[Any]], Any]
) -> tuple[DataFrame, StructType]:
    """What `f` makes of each partition's number and records. A partition without records is passed over."""
    f = frozen(f, "mapPartitionsWithIndex")

    def whole(stage: _Stage, batches: Batches) -> None:
        remaining = iter(batches)
        for first in remaining:
            if first.num_rows:
                index = first.column(first.num_columns - 1)[0].as_py()
                records = chain.from_iterable(records_in(batch, schema) for batch in chain([first], remaining))
                _stage_all(stage, f(index, records))

    return _staged(frame.select("*", F.spark_partition_id()), schema, whole)[:2]


def number_of_partitions(frame: DataFrame) -> int:
    """How many partitions a frame has, those without records too."""

    def one(batches: Batches) -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pydict({"one": pa.array([1], pa.int64())})

    return frame.mapInArrow(one, "one bigint").count()


def _stage_all(stage: _Stage, results: Any) -> None:
    if not isinstance(results, Iterable):
        raise TypeError(f"the function returned {type(results).__name__} for a partition, not an iterable of records")
    made = map(_record, results)
    while chunk := list(islice(made, CHUNK)):
        try:
            stage.add(chunk)
        except Exception:
            stage.add([native(record) or {} for record in chunk])


def _staged(
    frame: DataFrame, schema: StructType, each: Callable[[_Stage, Batches], None]
) -> tuple[DataFrame, StructType, DataFrame]:
    """(results, their schema, errors) of one run over the frame's partitions."""
    folder = tempfile.mkdtemp(prefix="map-")

    def write(batches: Batches) -> Iterator[pa.RecordBatch]:
        stage = _Stage(folder, schema)
        each(stage, batches)
        yield stage.report()

    reports = frame.mapInArrow(write, REPORT).collect()
    spark = frame.sparkSession
    groups: dict[str, list[str]] = {}
    for path, text, site in reports:
        if site == GOOD:
            groups.setdefault(text, []).append(path)
    failed = [path for path, _, site in reports if site == BAD]
    merged: DataType = StructType()
    for text in sorted(groups):
        merged = mergeDataTypes(merged, from_json_value(json.loads(text)))
    assert isinstance(merged, StructType)
    check_names(merged)
    errors = _read(spark, failed, error_schema(schema))
    if not groups:
        return _read(spark, [], schema), schema, errors
    parts = []
    for text, paths in groups.items():
        held = from_json_value(json.loads(text))
        assert isinstance(held, StructType)
        found = _read(spark, paths, held) if held.fields else _read(spark, paths, NOTHING).select()
        parts.append(fitted(found, held, merged))
    return union(parts), merged, errors


def _read(spark: Any, paths: list[str], schema: StructType) -> DataFrame:
    if not paths:
        return spark.createDataFrame([], spark_struct(schema))  # type: ignore[no-any-return]
    return spark.read.schema(ddl(schema)).parquet(*paths)  # type: ignore[no-any-return]
