"""User functions over records, in Arrow batches, where they are no column expressions."""

from __future__ import annotations

import datetime
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
from pyspark import cloudpickle
from pyspark.sql import DataFrame

from awsglue._errors import ErrorSource
from awsglue._lambda import Predicate, predicate_of
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
)

Batches = Iterable[pa.RecordBatch]
Function = Callable[..., Any]
REPORT = "report string"
BOXED = "__awsglue_unboxed"


def frozen(f: Function, transform: str) -> Function:
    """The function with the variables it sees now: frames run later, when a loop may have gone on. So does AWS.

    Raises TypeError for what is no function.
    """
    if not callable(f):
        raise TypeError(f"{transform} takes a function, not {f!r}")
    return cloudpickle.loads(cloudpickle.dumps(f))  # type: ignore[no-any-return, no-untyped-call]


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
    """The rows for which `f` is true, and those for which it raises: by a column expression where there is one."""
    predicate, f = predicate_of(f, schema), frozen(f, "filter")
    if predicate is not None:
        return frame.where(predicate.keep), predicate_errors(frame, schema, predicate, f, info)

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
        return words_of(error)
    return None


def words_of(error: Exception) -> tuple[str, str]:
    """An error's message and traceback as texts that can be stored, also where it cannot say what it is."""
    try:
        message = f"{type(error).__name__}: {error}"
    except Exception:
        message = type(error).__name__
    return _storable(message), _storable("".join(traceback.format_exception(error)))


def _storable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


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
