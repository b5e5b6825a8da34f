"""What a DataFrame says may be NULL, which is what Spark says."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import functions as F

from mastic.engines.router import functions, types
from mastic.engines.router.pb import Unproven


def said(frame: Any) -> dict[str, bool]:
    return {field.name: field.nullable for field in frame.schema.fields}


def sure(spark: Any, **columns: list[Any]) -> Any:
    """A DataFrame whose columns are never NULL, nor is anything in them."""
    table = pa.table(columns)
    fields = [field.with_type(_sure(field.type)).with_nullable(False) for field in table.schema]
    return spark.createDataFrame(pa.Table.from_pylist(table.to_pylist(), pa.schema(fields)))


def _sure(type_: Any) -> Any:
    if pa.types.is_list(type_):
        return pa.list_(pa.field("element", _sure(type_.value_type), nullable=False))
    return pa.int32() if pa.types.is_int64(type_) else type_


def test_what_spark_never_gives_as_null_is_said_to_be_so(routed):
    spark, _, _ = routed
    rows = spark.createDataFrame([(1, "a,b"), (None, None)], "i int, s string")
    made = rows.select(F.hash("s").alias("h"), F.split("s", ",").alias("p"), F.expr("i <=> 1").alias("e"), F.upper("s"))
    assert said(made) == {"h": False, "p": True, "e": False, "upper(s)": True}
    assert made.schema["p"].dataType.containsNull is False
    assert said(rows.fillna(0).fillna("")) == {"i": False, "s": False}
    assert said(rows.groupBy("i").agg(F.collect_list("s").alias("l"), F.max("s").alias("m"))) == {
        "i": True, "l": False, "m": True,
    }  # fmt: skip


def test_a_scalar_subquery_may_be_null_whatever_is_in_it(routed):
    spark, _, _ = routed
    assert said(spark.sql("select id, (select count(*) from range(3)) as c from range(2)")) == {"id": False, "c": True}
    met = "select id, (select count(*) from range(3) x where x.id = y.id) as c from range(2) y"
    assert said(spark.sql(met)) == {"id": False, "c": True}
    assert [row.c for row in spark.sql(met).collect()] == [1, 1]


def test_beside_a_row_without_a_match_everything_may_be_null(routed):
    spark, _, _ = routed
    left, right = spark.range(3).toDF("k"), spark.range(1).select("id", F.lit("x").alias("t"))
    both = left.join(right, left.k == right.id, "left")
    assert said(both.select(left.k, right.t, F.upper(right.t).alias("u"))) == {"k": False, "t": True, "u": True}
    assert said(left.join(right, left.k == right.id)) == {"k": False, "id": False, "t": False}
    assert said(left.union(spark.createDataFrame([(None,)], "k bigint"))) == {"k": True}


def test_an_answer_says_the_same_as_the_schema(routed):
    spark, _, _ = routed
    rows = sure(spark, k=[1, 2], a=[[1], [2, 3]]).select("k", F.struct("k").alias("s"), F.size("a").alias("n"), "a")
    assert rows.toArrow().schema.field("s").type == pa.struct([pa.field("k", pa.int32(), nullable=False)])
    assert not any(field.nullable for field in rows.toArrow().schema)
    assert [tuple(row) for row in rows.select("n", "s.k").collect()] == [(1, 1), (2, 2)]


def test_a_view_remembers_what_is_never_null(routed):
    spark, _, _ = routed
    spark.range(2).createOrReplaceTempView("numbers")
    assert said(spark.table("numbers")) == {"id": False}
    assert said(spark.sql("select id + 1 as n, case when id > 0 then id end as o from numbers")) == {
        "n": False,
        "o": True,
    }


def test_files_promise_nothing(routed):
    spark, _, root = routed
    spark.range(2).write.parquet(f"{root}/data/t")
    assert said(spark.read.parquet(f"{root}/data/t")) == {"id": True}


@pytest.mark.parametrize(
    ("nulls", "given", "expected"),
    [
        ("never", [True], False), ("always", [False], True), ("", [False, True], True), ("", [False, False], False),
        ("of all", [True, False], False), ("of all", [True, True], True), ("of the first", [False, True], False),
        ("or in one", [False, False], True),
    ],
)  # fmt: skip
def test_when_a_call_may_give_null(nulls, given, expected):
    holding = types.array_of(types.INT)
    assert functions.may_be_null(nulls, [holding.nullable(null) for null in given]) is expected


def test_null_or_not_is_part_of_a_text_of_our_own_only():
    assert types.parse("array<int not null>", own=True).ddl(nulls=True) == "array<int not null>"
    assert types.parse("struct<a:int NOT NULL>").ddl(nulls=True) == "struct<`a`:int not null>"
    for text in ("array<int not null>", "struct<a:int not>"):
        with pytest.raises(Unproven):
            types.parse(text)


def test_types_are_the_same_whether_null_or_not():
    assert types.INT.nullable(False) == types.INT
    assert types.wider(types.INT.nullable(False), types.BIGINT.nullable(False)) == types.BIGINT
    merged = types.wider(types.array_of(types.INT.nullable(False)), types.array_of(types.INT))
    assert merged is not None and merged.element.null


@pytest.mark.parametrize(
    ("source", "precision", "scale", "fits"),
    [
        (types.INT, 10, 0, True), (types.INT, 11, 2, False), (types.decimal(10, 2), 9, 0, True),
        (types.DOUBLE, 38, 10, False),
    ],
)  # fmt: skip
def test_a_cast_to_a_decimal_that_may_not_fit_may_be_null(source, precision, scale, fits):
    assert types.always_fits(source, types.decimal(precision, scale)) is fits
