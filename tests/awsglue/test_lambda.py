"""Translated predicates give, record for record, what the Python gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import types as T

from awsglue._lambda import predicate_of
from awsglue._schema import glue_struct
from awsglue.gluetypes import DynamicRecord

WANTED = ["CA", "AL"]
LIMIT = 10
BIG = 2**53 + 1
SCHEMA = T.StructType(
    [
        T.StructField("n", T.IntegerType()),
        T.StructField("s", T.StringType()),
        T.StructField("i", T.IntegerType()),
        T.StructField("l", T.LongType()),
        T.StructField("d", T.DoubleType()),
        T.StructField("b", T.BooleanType()),
        T.StructField("in", T.StructType([T.StructField("x", T.StringType()), T.StructField("y", T.IntegerType())])),
        T.StructField("a b", T.StringType()),
    ]
)
VALUES: list[tuple[Any, ...]] = [
    ("CA", 1, 2**53 + 1, 1.5, True, {"x": "p", "y": 1}, "q"),
    ("", 0, 0, 0.0, False, {"x": None, "y": None}, ""),
    (None, None, None, None, None, None, None),
    ("AL", 10, 10, math.nan, True, {"x": "", "y": 10}, "CA"),
    ("ca", -5, -(2**60), math.inf, False, {"x": "P", "y": -5}, None),
    ("Straße", 11, 11, -0.0, None, {"x": "zz", "y": None}, "é"),
    ("10", 10, 10, 10.0, True, {"x": "10", "y": 10}, "10"),
]
ROWS = [(index, *row) for index, row in enumerate(VALUES)]

TRANSLATED: list[Callable[[Any], Any]] = [
    lambda r: r["s"] == "CA",
    lambda r: r["s"] != "CA",
    lambda r: r.s in ["CA", "AL"],
    lambda r: r["s"] in WANTED and r["i"] > 0,
    lambda r: r["s"] not in ("CA", None),
    lambda r: r["s"] in ("CA", None),
    lambda r: r["s"] in [],  # noqa: RUF060
    lambda r: r["i"] > 5 or r["s"] == "CA",
    lambda r: r["s"] == "CA" or r["i"] > 5,
    lambda r: not (r["i"] > 5),
    lambda r: r["i"] is None,
    lambda r: r["i"] is not None,
    lambda r: r["i"] == None,  # noqa: E711
    lambda r: r["i"] is not None and r["i"] >= LIMIT,
    lambda r: r["d"] > 1,
    lambda r: r["d"] < 1,
    lambda r: r["d"] == r["d"],
    lambda r: r["d"] != 10,
    lambda r: r["i"] == 10.0,
    lambda r: r["l"] == BIG,
    lambda r: r["l"] >= r["i"],
    lambda r: r["s"] == r["a b"],
    lambda r: r["s"] < "a",
    lambda r: 0 < r["i"] <= 10,
    lambda r: r["s"] == 10,
    lambda r: r["s"],
    lambda r: r["i"],
    lambda r: r["d"],
    lambda r: r["b"],
    lambda r: not r["b"],
    lambda r: not r["s"],
    lambda r: r["s"] and r["i"],
    lambda r: r["s"].startswith("C"),
    lambda r: r["s"].startswith(("C", "A")),
    lambda r: r["s"].endswith("L"),
    lambda r: r["s"].lower() == "ca",
    lambda r: r["s"].upper() == "STRASSE",
    lambda r: "A" in r["s"],
    lambda r: "A" not in r["s"],
    lambda r: len(r["s"]) > 2,
    lambda r: bool(r["s"]),
    lambda r: r.get("s") == "CA",
    lambda r: r.get("s", "x") == "CA",
    lambda r: r["in"]["x"] == "p",
    lambda r: r["in"].y > 0,
    lambda r: r["in"]["x"] is None,
    lambda r: r["i"] > 0 if r["s"] else r["d"] > 0,
    lambda r: (r["s"] == "CA") or (r["s"] == "AL" and not r["i"] < 3),
    lambda r: True,
    lambda r: r["i"] == -5,
]
LEFT_TO_PYTHON: list[Callable[[Any], Any]] = [
    lambda r: r["nothing"] == 1,
    lambda r: r["i"] + 1 > 5,
    lambda r: r["s"].strip() == "CA",
    lambda r: int(r["s"]) > 5,
    lambda r: r["l"] > 2.5,
    lambda r: r["l"] > r["d"],
    lambda r: r["b"] == 1,
    lambda r: r["s"] > 5,
    lambda r: r["d"] > math.pi,
    lambda r: any(x == "CA" for x in [r["s"]]),
    lambda r, limit=3: r["i"] > limit,
    lambda r: r["i"] is LIMIT,
    lambda r: r["i"] in [True, 2],
    lambda r: r["d"] in [float("nan")],
]


def by_python(f: Callable[[Any], Any]) -> tuple[list[int], list[int]]:
    """(kept, failed) record numbers."""
    kept, failed = [], []
    for row in ROWS:
        record = DynamicRecord(zip(SCHEMA.names, row, strict=True))
        if record["in"] is not None:
            record["in"] = DynamicRecord(record["in"])
        try:
            if f(record):
                kept.append(row[0])
        except Exception:
            failed.append(row[0])
    return kept, failed


@pytest.fixture(scope="module")
def frame(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    # Through a file: Sail reads the children of null structs of local data as zeros.
    path = str(tmp_path_factory.mktemp("lambda") / "rows")
    spark.createDataFrame(ROWS, SCHEMA).write.parquet(path)
    return spark.read.schema(SCHEMA).parquet(path)


def numbers(frame: Any) -> list[int]:
    return sorted(row[0] for row in frame.select("n").collect())


@pytest.mark.parametrize("f", TRANSLATED, ids=range(len(TRANSLATED)))
def test_translated_predicate_is_the_python(f: Callable[[Any], Any], frame: Any) -> None:
    predicate = predicate_of(f, glue_struct(SCHEMA))
    assert predicate is not None, "not translated"
    failed = [] if predicate.error is None else numbers(frame.where(predicate.error))
    assert (numbers(frame.where(predicate.keep)), failed) == by_python(f)


@pytest.mark.parametrize("f", LEFT_TO_PYTHON, ids=range(len(LEFT_TO_PYTHON)))
def test_what_is_not_certain_is_left_to_python(f: Callable[[Any], Any]) -> None:
    assert predicate_of(f, glue_struct(SCHEMA)) is None


def only_return(record: Any) -> bool:
    """A documented predicate."""
    return record["i"] > LIMIT


def with_statements(record: Any) -> bool:
    value = record["i"]
    return value > LIMIT


def test_a_def_with_one_return_is_translated_too(frame: Any) -> None:
    predicate = predicate_of(only_return, glue_struct(SCHEMA))
    assert predicate is not None
    assert numbers(frame.where(predicate.keep)) == by_python(only_return)[0]
    assert predicate_of(with_statements, glue_struct(SCHEMA)) is None


def test_closures_and_several_lambdas_on_a_line(frame: Any) -> None:
    def limits(limit: int) -> list[Callable[[Any], Any]]:
        return [lambda r: r["i"] > limit, lambda r: r["i"] < limit]

    for f in limits(3):
        predicate = predicate_of(f, glue_struct(SCHEMA))
        assert predicate is not None
        assert numbers(frame.where(predicate.keep)) == by_python(f)[0]


def test_functions_without_source_are_left_to_python() -> None:
    assert predicate_of(eval("lambda r: r['i'] > 1"), glue_struct(SCHEMA)) is None
    assert predicate_of(str.isdigit, glue_struct(SCHEMA)) is None


def test_both_ways_filter_alike(glue: Any, frame: Any) -> None:
    from awsglue.dynamicframe import DynamicFrame

    dynamic = DynamicFrame.fromDF(frame, glue, "rows")
    translated = dynamic.filter(lambda r: r["s"] == "CA" or r["i"] > 5)
    as_python = dynamic.filter(lambda r: [r["s"] == "CA" or r["i"] > 5][0])  # a list: not translated
    assert numbers(translated.toDF()) == numbers(as_python.toDF()) == [0, 3, 5, 6]
    for each in (translated, as_python):
        assert each.stageErrorsCount() == 1
        error = each.errorsAsDynamicFrame().toDF().collect()[0].error
        assert "TypeError" in error.msg and "'>' not supported" in error.stackTrace and error.dynamicRecord.n == 2
