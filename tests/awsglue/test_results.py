"""What a user's function may be given and may return: Python's own types, and an error record for any other."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from pyspark import cloudpickle

from awsglue._schema import tree_string
from awsglue.dynamicframe import DynamicFrame

# Spark's workers have no tests: what is defined here goes there whole.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

NOON = dt.datetime(2024, 1, 2, 12)


@pytest.fixture
def numbers(glue: Any, spark: Any) -> DynamicFrame:
    return DynamicFrame.fromDF(spark.createDataFrame([(1,), (2,), (3,)], "i int"), glue)


BAD: list[tuple[Callable[[Any], Any], str]] = [
    (lambda r: {"v": object() if r["i"] == 2 else r["i"]}, "a record may not hold a object"),
    (lambda r: {"v": [dt.timedelta(1)] if r["i"] == 2 else [r["i"]]}, "a record may not hold a timedelta"),
    (lambda r: {"v": {"t": dt.time(1)} if r["i"] == 2 else {"t": 1}}, "a record may not hold a time"),
    (lambda r: {"v": Decimal("NaN") if r["i"] == 2 else Decimal(r["i"])}, "no decimal"),
    (lambda r: {(2 if r["i"] == 2 else "v"): r["i"]}, "a field's name must be a text, not 2"),
    (lambda r: {"v": {(2 if r["i"] == 2 else "k"): r["i"]}}, "a field's name must be a text, not 2"),
    (lambda r: {"v": "\ud800" if [r["i"]] == [2] else "x"}, "surrogates not allowed"),
]


@pytest.mark.parametrize(("f", "message"), BAD, ids=range(len(BAD)))
def test_what_no_record_holds_is_an_error_record(numbers: Any, f: Callable[[Any], Any], message: str) -> None:
    mapped = numbers.map(f)
    assert (mapped.count(), mapped.errorsCount()) == (2, 1)
    error = mapped.errorsAsDynamicFrame().toDF().collect()[0].error
    assert message in error.msg and "Traceback" in error.stackTrace and error.dynamicRecord.i == 2


def test_a_function_is_what_it_was_when_it_was_given(numbers: Any, rows: Any) -> None:
    kept, failed = [], []
    for k in (1, 2):
        kept.append(numbers.filter(lambda r: [r["i"] > k][0]))  # noqa: B023 - that is the point
        failed.append(numbers.map(lambda r: {"v": 1 / (r["i"] - k)}))  # noqa: B023
        failed.append(numbers.filter(lambda r: 1 / (r["i"] - k)))  # noqa: B023
    assert [[r["i"] for r in rows(frame)] for frame in kept] == [[2, 3], [3]]
    errors = [frame.errorsAsDynamicFrame().toDF().collect() for frame in failed]
    assert [[row.error.dynamicRecord.i for row in found] for found in errors] == [[1], [1], [2], [2]]


def test_records_without_a_field_are_records(numbers: Any, rows: Any) -> None:
    for f in (lambda r: {}, lambda r: next({} for _ in r)):
        emptied = numbers.map(f)
        assert (emptied.count(), emptied.errorsCount(), len(emptied.toDF().columns)) == (3, 0, 0)
    some = numbers.map(lambda r: dict([("i", r["i"])] if r["i"] > 1 else []))
    assert sorted(rows(some), key=str) == [{"i": 2}, {"i": 3}, {"i": None}]


def test_what_is_no_function_is_refused(numbers: Any) -> None:
    for call in (numbers.filter, numbers.map, numbers.mapPartitions, numbers.mapPartitionsWithIndex):
        with pytest.raises(TypeError, match=rf"{call.__name__} takes a function, not 'i > 1'"):
            call("i > 1")


def test_values_of_numpy_are_values(numbers: Any, rows: Any) -> None:
    mapped = numbers.map(
        lambda r: {"i": np.int64(r["i"]), "f": np.float64(r["i"] / 2), "b": np.bool_(r["i"] > 1),
                   "l": [np.int32(r["i"])], "d": {"s": np.str_("x")}, "a": np.array([r["i"], 1])}
    )  # fmt: skip
    assert tree_string(mapped.schema()) == (
        "root\n"
        "|-- i: int\n"
        "|-- f: double\n"
        "|-- b: boolean\n"
        "|-- l: array\n"
        "|    |-- element: int\n"
        "|-- d: struct\n"
        "|    |-- s: string\n"
        "|-- a: array\n"
        "|    |-- element: int"
    )
    assert rows(mapped)[1] == {"i": 2, "f": 1.0, "b": True, "l": [2], "d": {"s": "x"}, "a": [2, 1]}


def test_an_empty_struct_is_null(numbers: Any, rows: Any) -> None:
    mapped = numbers.map(lambda r: {"i": r["i"], "q": {}, "l": [{}], "s": {"k": 1} if r["i"] == 1 else {}})
    assert tree_string(mapped.schema()).splitlines()[2:] == [
        "|-- q: null", "|-- l: array", "|    |-- element: null", "|-- s: struct", "|    |-- k: int",
    ]  # fmt: skip
    assert rows(mapped)[0] == {"i": 1, "q": None, "l": [None], "s": {"k": 1}}


def test_times_have_no_zone(glue: Any, spark: Any, rows: Any) -> None:
    schema = "t timestamp, s struct<t: timestamp>, l array<timestamp>"
    frame = DynamicFrame.fromDF(spark.createDataFrame([(NOON, (NOON,), [NOON]), (None, None, None)], schema), glue)
    late = frame.filter(lambda r: r["t"] is not None and r["t"] > dt.datetime(2024, 1, 1))
    assert (late.count(), late.errorsCount()) == (1, 0)
    mapped = frame.map(lambda r: {**r, "text": json.dumps([str(v) for v in (r["t"], r["s"] and r["s"]["t"], r["l"])])})
    assert tree_string(mapped.drop_fields(["text"]).schema()) == tree_string(frame.schema())
    assert json.loads(rows(mapped)[1]["text"]) == [
        "2024-01-02 12:00:00", "2024-01-02 12:00:00", "[datetime.datetime(2024, 1, 2, 12, 0)]",
    ]  # fmt: skip
    assert rows(mapped.drop_fields(["text"])) == rows(frame)
    zoned = dt.datetime(2024, 1, 2, 14, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert rows(frame.map(lambda r: {"t": zoned})) == [{"t": NOON}, {"t": NOON}]
