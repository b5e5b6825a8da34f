"""Map as columns gives, record for record and type for type, what the Python gives; and Python runs once."""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark import cloudpickle
from pyspark.sql import types as T

from awsglue._map import mapped, run_over
from awsglue._record import projected
from awsglue._schema import glue_struct, spark_struct, tree_string
from awsglue.dynamicframe import DynamicFrame

# Spark's workers have no tests: what is defined here goes there whole.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

PREFIX = "p-"
SCHEMA = T.StructType(
    [
        T.StructField("n", T.IntegerType()),
        T.StructField("s", T.StringType()),
        T.StructField("i", T.IntegerType()),
        T.StructField("l", T.LongType()),
        T.StructField("d", T.DoubleType()),
        T.StructField("f", T.FloatType()),
        T.StructField("b", T.BooleanType()),
        T.StructField("day", T.DateType()),
        T.StructField("ts", T.TimestampType()),
        T.StructField("c", T.DecimalType(10, 2)),
        T.StructField("in", T.StructType([T.StructField("x", T.StringType()), T.StructField("y", T.IntegerType())])),
        T.StructField("a", T.ArrayType(T.StringType())),
        T.StructField("map", T.MapType(T.StringType(), T.LongType())),
        T.StructField("none", T.StringType()),
        T.StructField("num", T.StringType()),
    ]
)
NOON = dt.datetime(2024, 1, 2, 12)
VALUES: list[tuple[Any, ...]] = [
    ("CA", 1, 2**40, 1.5, 1.5, True, dt.date(2024, 1, 2), NOON, Decimal("1.50"), {"x": "p", "y": 1}, ["q"], {"k": 1},
     None, "12"),
    ("", 0, 0, 0.0, 0.1, False, None, None, None, {"x": None, "y": None}, [], {}, None, " -7 "),
    (None,) * 14,
    (" Al\u00a0\t", 2**31 - 1, 10, math.nan, -2.5, True, dt.date(1, 1, 1), NOON, Decimal("-0.01"), None,
     [None, "z"], {"k": 2**40}, None, "x"),
    ("Straße", -(2**31), -5, math.inf, 0.0, None, None, None, None, {"x": "", "y": 10}, None, None, None, "+0012"),
    ("O'Neil", 46341, 7, -0.0, 3.0, False, None, None, None, {"x": "zz", "y": None}, ["a", "b"], None, None, ""),
]  # fmt: skip
ROWS = [(index, *row) for index, row in enumerate(VALUES)]


def merge_address(rec: Any) -> Any:
    """The developer guide's."""
    rec["Address"] = {}
    rec["Address"]["Street"] = rec["s"]
    rec["Address"]["City"] = rec["in"]["x"]
    rec["Address"]["Array"] = [rec["s"], rec["num"]]
    del rec["s"]
    del rec["in"]
    return rec


def with_locals(rec: Any) -> Any:
    name = rec["s"].strip()
    rec["name"] = name.upper()
    rec["tag"] = PREFIX + name.replace("a", "A")
    rec["short"] = name[:2]
    return rec


def with_if(rec: Any) -> Any:
    if rec["i"] is not None and rec["i"] > 0:
        rec["s"] = f"{rec['s']}/{rec['i']}"
        rec["i"] = rec["i"] - 1
    elif rec["s"]:
        rec["s"] = "no"
    else:
        rec["i"] = 0
    rec["k"] = 1
    return rec


def attributes(rec: Any) -> Any:
    rec.z = rec.i
    rec.n += 1
    del rec.l
    return rec


def two_names(rec: Any) -> Any:
    inner = {"a": rec["n"]}
    rec["o"] = inner
    inner["b"] = rec["s"]
    return rec


TRANSLATED: list[Callable[[Any], Any]] = [
    lambda r: r,
    lambda r: {"n": r["n"]},
    lambda r: {
        "x": r["s"],
        "y": r["i"],
        "z": r["l"],
        "w": r["d"],
        "v": r["f"],
        "u": r["day"],
        "q": r["ts"],
        "p": r["b"],
    },
    lambda r: {**r, "s": r["s"] + "!"},
    lambda r: {"n": r["n"], "t": r["i"] * 2},
    lambda r: {"n": r["n"], "t": r["i"] * r["i"], "u": r["n"] + 1, "v": -1},
    lambda r: {"n": r["n"], "q": r["i"] / r["n"], "p": r["d"] * 2, "o": r["d"] - r["i"], "m": r["d"] / r["d"]},
    lambda r: {"n": r["n"], "t": f"{r['s']}-{r['i']}-{r['b']}-{r['none']}"},
    lambda r: {"n": r["n"], "t": str(r["l"]) + str(r["s"])},
    lambda r: {"n": r["n"], "up": r["s"].upper(), "lo": r["s"].lower(), "st": r["s"].strip(), "ls": r["s"].lstrip()},
    lambda r: {"n": r["n"], "t": r["s"] or "none", "u": r["i"] or 7, "v": r["none"] or r["s"]},
    lambda r: {"n": r["n"], "t": r["s"] and r["none"], "big": r["i"] > 5, "is": r["s"] is None},
    lambda r: {"n": r["n"], "t": "big" if r["n"] > 2 else "small", "u": None if r["n"] > 2 else r["i"]},
    lambda r: {"n": r["n"], "t": r.get("s"), "u": r.get("nope", "x"), "v": r.get("nope"), "none": r["none"]},
    lambda r: {"n": r["n"], "x": r["in"]["x"], "y": r["in"]["y"]},
    lambda r: {"n": r["n"], "in": r["in"], "a": r["a"], "map": r["map"], "c": r["c"], "f": r["f"], "l": r["l"]},
    lambda r: {"n": r["n"], "v": float(r["i"]), "w": int(r["i"]), "x": len(r["s"])},
    lambda r: {"n": r["n"], "l": r["i"] + 1, "i": 2 * r["i"]},
    lambda r: dict(r),
    merge_address,
    with_locals,
    with_if,
    attributes,
    two_names,
]


def global_state(rec: Any) -> Any:
    global PREFIX
    PREFIX = "q"
    return rec


def one_branch(rec: Any) -> Any:
    if rec["n"] > 2:
        rec["new"] = 1
    return rec


def loops(rec: Any) -> Any:
    for name in ("a", "b"):
        rec[name] = 1
    return rec


def swallows(rec: Any) -> Any:
    try:
        rec["v"] = int(rec["num"])
    except ValueError:
        rec["v"] = -1
    return rec


LEFT_TO_PYTHON: list[Callable[[Any], Any]] = [
    lambda r: {"n": r["n"], "v": int(r["num"])},
    lambda r: {"v": r["d"] ** 2},
    lambda r: {"v": r["l"] + 1},
    lambda r: {"v": f"{r['d']}"},
    lambda r: {"v": f"{r['i']:05d}"},
    lambda r: {"v": r["c"]},
    lambda r: {"v": r["map"]},
    lambda r: {"v": r["i"] if r["n"] > 2 else r["s"]},
    lambda r: {"v": json.dumps(r["s"])},
    lambda r: {"v": r["nope"]},
    lambda r: r["s"],
    lambda r: {"v": r["s"][-2:]},
    lambda r: {"v": r["b"] + 1},
    lambda r: {k.upper(): v for k, v in r.items()},
    global_state,
    one_branch,
    loops,
    swallows,
]


@pytest.fixture(scope="module")
def frame(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = str(tmp_path_factory.mktemp("map") / "rows")
    spark.createDataFrame(ROWS, SCHEMA).write.parquet(path)
    return spark.read.schema(SCHEMA).parquet(path)


def found(frame: Any) -> list[str]:
    return sorted(repr(row) for row in frame.collect())


def failed(errors: Any) -> list[tuple[int, str]]:
    rows = [row for source in errors for row in source.frame.collect()]
    return sorted((row["dynamicRecord"]["n"], row["msg"]) for row in rows)


@pytest.mark.parametrize("f", TRANSLATED, ids=range(len(TRANSLATED)))
def test_columns_are_the_python(f: Callable[[Any], Any], frame: Any) -> None:
    schema = glue_struct(SCHEMA)
    assert projected(frame, schema, f) is not None, "not translated"
    new, made, errors = mapped(frame, schema, f, "")
    python, by_python, python_errors = run_over(frame, schema, f)
    assert tree_string(made) == tree_string(by_python)
    wanted = spark_struct(made).simpleString()
    assert (new.schema.simpleString(), python.schema.simpleString()) == (wanted, wanted)
    assert found(new) == found(python)
    assert failed(errors) == failed(python_errors)


@pytest.mark.parametrize("f", LEFT_TO_PYTHON, ids=range(len(LEFT_TO_PYTHON)))
def test_what_is_not_certain_is_left_to_python(f: Callable[[Any], Any], frame: Any) -> None:
    assert projected(frame, glue_struct(SCHEMA), f) is None


def test_python_runs_once_whatever_is_asked(glue: Any, spark: Any, tmp_path: Path) -> None:
    calls = tmp_path / "calls"

    def counted(record: Any) -> Any:
        with calls.open("a") as out:
            out.write(f"{record['i']}\n")
        if record["i"] == 3:
            raise ValueError("three")
        return {"i": record["i"], "v": [record["i"]]}

    mapped = DynamicFrame.fromDF(spark.range(10).selectExpr("cast(id as int) as i"), glue).map(counted)
    mapped.schema()
    assert mapped.count() == 9 and mapped.toDF().count() == 9
    assert (mapped.errorsCount(), mapped.errorsAsDynamicFrame().count()) == (1, 1)
    assert sorted(map(int, calls.read_text().split())) == list(range(10))


def test_fields_keep_their_types_while_values_fit(glue: Any, spark: Any) -> None:
    rows = [(1, 2, 3, 1.5, Decimal("1.50"), {"k": 1}, {"q": 1})]
    frame = DynamicFrame.fromDF(
        spark.createDataFrame(rows, "y tinyint, h smallint, l bigint, f float, c decimal(9,4), m map<string,bigint>, "
                                    "s struct<q:bigint>"), glue)  # fmt: skip

    def touched(record: Any) -> Any:
        return {name: record[name] for name in list(record)}

    assert tree_string(frame.map(touched).schema()) == tree_string(frame.schema())

    def grown(record: Any) -> Any:
        return {**record, "y": 1000, "l": "x", "f": 0.1, "c": Decimal("0.12345"), "new": [len(str(record["l"]))]}

    assert tree_string(frame.map(grown).schema()).split("\n")[1:6] == [
        "|-- y: int", "|-- h: short", "|-- l: string", "|-- f: double", "|-- c: decimal(5,5)",
    ]  # fmt: skip
