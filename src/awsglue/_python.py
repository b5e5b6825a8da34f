"""User functions over records, in Arrow batches, where they are no column expressions."""

from __future__ import annotations

import csv
import datetime
import io
import json
import traceback
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from awsglue._columns import column, edit
from awsglue._errors import ErrorSource
from awsglue._lambda import Predicate
from awsglue._paths import ELEMENT, Found
from awsglue._rows import plain
from awsglue._schema import spark_struct
from awsglue.gluetypes import (
    ChoiceType,
    DataType,
    DynamicRecord,
    Field,
    StringType,
    StructType,
    TimestampType,
    from_json_value,
    mergeDataTypes,
)

Batches = Iterable[pa.RecordBatch]
Function = Callable[[Any], Any]
REPORT = "report string"
BOXED = "__awsglue_unboxed"


def records_in(batch: pa.RecordBatch, schema: StructType) -> Iterator[DynamicRecord]:
    """A batch's rows as a user's function sees them."""
    names = [f.name for f in schema]
    columns = [_values(batch.column(index), f.dataType) for index, f in enumerate(schema)]
    for row in zip(*columns, strict=True) if columns else ((),) * batch.num_rows:
        yield DynamicRecord(zip(names, row, strict=True))


def _values(array: Any, data_type: DataType) -> list[Any]:
    if isinstance(data_type, TimestampType):
        array = array.cast(pa.timestamp("us"))  # times have no zone in Glue's records, and are in UTC
    values: list[Any] = array.to_pylist()
    if _is_atomic(data_type):
        return values
    return [_wrapped(plain(value, data_type)) for value in values]


def _is_atomic(data_type: DataType) -> bool:
    from awsglue.gluetypes import ArrayType, MapType

    return not isinstance(data_type, StructType | ChoiceType | ArrayType | MapType)


def _wrapped(value: Any) -> Any:
    """Structs inside a record have attributes too."""
    if isinstance(value, dict):
        return DynamicRecord((name, _wrapped(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return [_wrapped(item) for item in value]
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC).replace(tzinfo=None)
    return value


# -- filter ----------------------------------------------------------------------------------------------------------


def filtered(frame: DataFrame, schema: StructType, f: Function, info: str) -> tuple[DataFrame, list[ErrorSource]]:
    """The rows for which `f` is true, and those for which it raises."""

    def keep(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            mask = [_holds(f, record) for record in records_in(batch, schema)]
            yield masked(batch.filter(pa.array(mask, pa.bool_())))

    kept = frame.mapInArrow(keep, spark_struct(schema))
    return kept, [failures(frame, schema, f, "filter", info)]


def _holds(f: Function, record: DynamicRecord) -> bool:
    try:
        return bool(f(record))
    except Exception:
        return False


def predicate_errors(
    frame: DataFrame, schema: StructType, predicate: Predicate, f: Function, info: str
) -> list[ErrorSource]:
    """The rows for which the translated function would have raised; Python gives the words, when asked."""
    if predicate.error is None:
        return []
    return [failures(frame.where(predicate.error), schema, f, "filter", info)]


def failures(frame: DataFrame, schema: StructType, f: Function, site: str, info: str) -> ErrorSource:
    """The rows for which `f` raises, found by running it when somebody asks."""

    def failed(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            reasons = [_reason(f, record) for record in records_in(batch, schema)]
            bad = pa.array([reason is not None for reason in reasons], pa.bool_())
            yield error_batch(masked(batch.filter(bad)), [reason for reason in reasons if reason is not None])

    rows = StructType([*(Field(name, StringType()) for name in ("msg", "stackTrace", "input")),
                       Field("dynamicRecord", schema)])  # fmt: skip
    return ErrorSource(frame.mapInArrow(failed, spark_struct(rows)), schema, site, info)


def _reason(f: Function, record: DynamicRecord) -> tuple[str, str] | None:
    try:
        f(record)
    except Exception as error:
        return f"{type(error).__name__}: {error}", traceback.format_exc()
    return None


def error_batch(batch: pa.RecordBatch, reasons: list[tuple[str, str]]) -> pa.RecordBatch:
    """Failed rows and why, as the columns of an ErrorSource."""
    record = pa.StructArray.from_arrays(batch.columns, fields=list(batch.schema))
    texts = [pa.array(part, pa.string()) for part in ([r[0] for r in reasons], [r[1] for r in reasons])]
    arrays = [*texts, pa.nulls(len(reasons), pa.string()), record]
    return pa.RecordBatch.from_arrays(arrays, names=["msg", "stackTrace", "input", "dynamicRecord"])


def masked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with the children of null structs null too: an engine may read children without their parent."""
    columns = [_masked(array) for array in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _masked(array: Any) -> Any:
    if not pa.types.is_struct(array.type) or not array.type.num_fields:
        return array
    children = [_masked(child) for child in array.flatten()]
    return pa.StructArray.from_arrays(children, fields=list(array.type), mask=array.is_null())


# -- unbox -----------------------------------------------------------------------------------------------------------


def unboxed(
    frame: DataFrame, schema: StructType, found: Found, format: str, options: dict[str, Any]
) -> tuple[DataFrame, StructType, list[ErrorSource]]:
    """A text field parsed in its place. Rows whose text does not parse are error records."""
    if ELEMENT in found.steps:
        raise ValueError("a text inside an array cannot be unboxed; relationalize the frame first")
    parse = _parser(format, options)
    given = options.get("withSchema")
    boxed = frame.select("*", F.lit(None).cast("string").alias(BOXED))
    target = from_json_value(json.loads(given)) if given else _boxed_type(frame, found, parse)

    def convert(batches: Batches) -> Iterator[pa.RecordBatch]:
        from awsglue._arrow import array_of, arrow_type

        wanted = pa.schema([*((f.name, arrow_type(f.dataType)) for f in schema), (BOXED, arrow_type(target))])
        for batch in batches:
            outcomes = [_outcome(parse, text) for text in _texts(batch, found)]
            kept = batch.filter(pa.array([error is None for _, error in outcomes], pa.bool_()))
            values = array_of([value for value, error in outcomes if error is None], target)
            columns = [c.cast(t) for c, t in zip(kept.columns[:-1], wanted.types[:-1], strict=True)]
            yield pa.RecordBatch.from_arrays([*columns, values], schema=wanted)

    with_value = StructType([*schema, Field(BOXED, target)])
    parsed = boxed.mapInArrow(convert, spark_struct(with_value))
    head, *rest = found.steps
    field = schema.getField(head)
    changed = edit(column(head), field.dataType, tuple(rest), lambda value, data_type: (column(BOXED), target))
    assert changed is not None
    new = StructType([Field(f.name, changed[1] if f.name == head else f.dataType) for f in schema])
    result = parsed.select(*[changed[0].alias(head) if f.name == head else column(f.name) for f in schema])

    def raising(record: DynamicRecord) -> Any:
        value: Any = record
        for step in found.steps:
            value = None if value is None else value[step]
        return None if value is None else parse(value)

    return result, new, [failures(frame, schema, raising, "unbox", "")]


def _boxed_type(frame: DataFrame, found: Found, parse: Callable[[str], Any]) -> DataType:
    """The type that is true for every parsed text."""

    def report(batches: Batches) -> Iterator[pa.RecordBatch]:
        from awsglue._json_shape import type_of

        for batch in batches:
            outcomes = [_outcome(parse, text) for text in _texts(batch, found)]
            text = json.dumps(type_of([value for value, error in outcomes if error is None]).jsonValue())
            yield pa.RecordBatch.from_pydict({"report": pa.array([text], pa.string())})

    merged: DataType | None = None
    for (text,) in frame.mapInArrow(report, REPORT).distinct().collect():
        found_type = from_json_value(json.loads(text))
        merged = found_type if merged is None else mergeDataTypes(merged, found_type)
    return merged or StringType()


def _texts(batch: pa.RecordBatch, found: Found) -> list[Any]:
    head, *rest = found.steps
    values = batch.column(head).to_pylist()
    for step in rest:
        values = [None if value is None else value[step] for value in values]
    return values


def _outcome(parse: Callable[[str], Any], text: str | None) -> tuple[Any, Exception | None]:
    if text is None:
        return None, None
    try:
        return parse(text), None
    except Exception as error:
        return None, error


def _parser(format: str, options: dict[str, Any]) -> Callable[[str], Any]:
    if format == "json":
        return json.loads
    if format == "csv":
        return lambda text: _csv_record(text, options)
    raise NotImplementedError(f"unbox knows the formats json and csv, not {format!r}")


def _csv_record(text: str, options: dict[str, Any]) -> dict[str, Any]:
    escape = options.get("escaper")
    rows = list(csv.reader(io.StringIO(text), delimiter=str(options.get("separator", ",")), escapechar=escape))
    names: list[str] | None = rows.pop(0) if options.get("withHeader") and rows else None
    rows = rows[1:] if options.get("skipFirst") else rows
    values = list(chain.from_iterable(rows))
    return dict(zip(names or [f"col{index}" for index in range(len(values))], values, strict=False))
