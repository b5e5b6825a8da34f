"""Unbox: a text field parsed in its place, by Python's readers in Arrow batches. AWS page: Unbox Class."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as spark_types

from awsglue._columns import Typed, cast, column, edit
from awsglue._errors import ErrorSource
from awsglue._paths import ELEMENT, Found, find
from awsglue._python import failures
from awsglue._schema import glue_struct, spark_struct
from awsglue.gluetypes import (
    ArrayType,
    BinaryType,
    ChoiceType,
    DataType,
    DynamicRecord,
    EnumType,
    Field,
    NullType,
    StringType,
    StructType,
    from_json_value,
    mergeDataTypes,
)

Batches = Iterable[pa.RecordBatch]
REPORT = "report string"
BOXED = "__awsglue_unboxed"


def unboxed(
    frame: DataFrame, schema: StructType, path: str, format: str, options: dict[str, Any], info: str
) -> tuple[DataFrame, StructType, list[ErrorSource]]:
    """A text field parsed in its place. Rows whose text does not parse are error records."""
    found = _boxed_field(schema, path)
    given = _given_schema(options.get("withSchema"))
    parse = _parser(format, options, given)
    boxed = frame.select("*", F.lit(None).cast("string").alias(BOXED))
    target = _boxed_type(frame, found, parse)

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

    def unpacked(value: Any, data_type: DataType) -> Typed:
        return (column(BOXED), target) if given is None else cast(column(BOXED), target, given)

    changed = edit(column(head), field.dataType, tuple(rest), unpacked)
    assert changed is not None
    new = StructType([Field(f.name, changed[1] if f.name == head else f.dataType) for f in schema])
    result = parsed.select(*[changed[0].alias(head) if f.name == head else column(f.name) for f in schema])

    def raising(record: DynamicRecord) -> Any:
        value: Any = record
        for step in found.steps:
            value = None if value is None else value[step]
        return None if value is None else parse(value)

    return result, new, [failures(frame, schema, raising, "unbox", info)]


def _boxed_field(schema: StructType, path: str) -> Found:
    found = find(schema, path)
    if found is None:
        raise ValueError(f"there is no field {path!r} to unbox")
    if ELEMENT in found.steps:
        raise ValueError("a text inside an array cannot be unboxed; relationalize the frame first")
    if not isinstance(found.data_type, StringType | BinaryType | EnumType | NullType):
        hint = "; resolve the choice first" if isinstance(found.data_type, ChoiceType) else ""
        raise ValueError(f"field {path!r} is {found.data_type.typeName()}, and unbox parses texts{hint}")
    return found


def _given_schema(text: str | None) -> DataType | None:
    """`withSchema`: what StructType.json() gives, Spark's or Glue's own form."""
    if not text:
        return None
    try:
        value = json.loads(text)
        if value.get("type") == "struct":
            return glue_struct(spark_types.StructType.fromJson(value))
        return from_json_value(value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"withSchema={text!r} is no schema; make it with StructType.json()") from error


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
    return NullType() if merged is None else _without_empty(merged)


def _without_empty(data_type: DataType) -> DataType:
    """The type with null for structs that have no field: Parquet holds none."""
    if isinstance(data_type, StructType):
        fields = [Field(f.name, _without_empty(f.dataType)) for f in data_type]
        return StructType(fields) if fields else NullType()
    if isinstance(data_type, ArrayType):
        return ArrayType(_without_empty(data_type.elementType))
    if isinstance(data_type, ChoiceType):
        return ChoiceType([_without_empty(part) for part in data_type.choices.values()])
    return data_type


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


def _parser(format: str, options: dict[str, Any], given: DataType | None) -> Callable[[str], Any]:
    if format == "json":
        return json.loads
    if format == "csv":
        names = [f.name for f in given] if isinstance(given, StructType) else None
        return lambda text: _csv_record(text, options, names)
    raise NotImplementedError(f"unbox knows the formats json and csv, not {format!r}")


def _csv_record(text: str, options: dict[str, Any], names: list[str] | None) -> dict[str, Any]:
    """The values of all lines, by the names of the header or the schema, else col0, col1 ..."""
    escape = options.get("escaper")
    rows = list(csv.reader(io.StringIO(text), delimiter=str(options.get("separator", ",")), escapechar=escape))
    names = rows.pop(0) if options.get("withHeader") and rows else names
    values = list(chain.from_iterable(rows[1:] if options.get("skipFirst") else rows))
    return dict(zip(names or [f"col{index}" for index in range(len(values))], values, strict=False))
