"""What is proven of a literal argument says nothing of a column there, nor of every literal."""

from __future__ import annotations

import datetime as dt
import decimal
import os

os.environ.setdefault("SPARK_CONNECT_MODE_ENABLED", "1")

import pytest
from pyspark.sql import functions as F

from mastic.engines.router import functions, pb, types
from mastic.engines.router.expressions import Expressions
from mastic.engines.router.pb import Unproven
from mastic.engines.router.proven import committed
from mastic.engines.router.relations import Analysis
from mastic.engines.router.scope import Column, Output

KINDS = {"s": "string", "i": "int", "l": "bigint", "b": "boolean", "d": "double", "t": "date", "sa": "array<string>",
         "n": "decimal(10,2)", "n2": "decimal(12,4)"}  # fmt: skip
SOURCE = Output(tuple(Column(name, types.parse(kind)) for name, kind in KINDS.items()))


def typed(column):
    made = pb.copied(column._expr.to_plan(None))
    return Expressions(Analysis(committed()), SOURCE).type_of(made)


def call(name, *given):
    return F.call_function(name, *(F.col(held) if isinstance(held, str) else held for held in given))


@pytest.mark.parametrize(
    "made",
    [
        lambda: call("to_number", "s", "s"),
        lambda: call("to_char", "i", F.lit("a_")),
        lambda: call("mask", "s", "s", "s", "s", F.lit(None)),
        lambda: call("mask", "s", F.lit("XX"), F.lit("x"), F.lit("n"), F.lit(None)),
        lambda: call("months_between", "t", "t", "b"),
        lambda: call("array_join", "sa", F.lit(","), "s"),
        lambda: call("overlay", "s", "s", F.lit(2), "i"),
        lambda: call("overlay", "s", "s", F.lit(0), F.lit(-1)),
        lambda: call("locate", "s", "s", F.lit(2)),
        lambda: call("locate", F.lit(""), "s", F.lit(2)),
        lambda: call("like", "s", "s"),
        lambda: call("ilike", "s", F.lit("a\\b")),
        lambda: F.regexp_replace("s", "[a-z]", "[$1]"),
        lambda: F.regexp_extract("s", "([a-z]+)", 2),
        lambda: call("flatten", "sa"),
        lambda: F.array_contains(F.array(F.col("d").cast("float")), F.lit(1.0).cast("float")),
        lambda: call("concat_ws", "sa", "s"),
        lambda: F.col("n2") * F.col("n2") * F.col("n2") * F.col("n2"),
        lambda: call("array_append", "sa", F.lit(1)),
        lambda: call("shiftrightunsigned", "i", "i"),
        lambda: call("shiftrightunsigned", "i", F.lit(33)),
        lambda: F.nullif("n", "n2"),
        lambda: F.lit(dt.date(1582, 10, 10)),
        lambda: F.lit(dt.datetime(1582, 10, 10, 1, tzinfo=dt.UTC)),
        lambda: F.lit(5).cast("bigint") * F.col("n"),
    ],
    ids=range(25),
)
def test_what_is_refused(made):
    with pytest.raises(Unproven):
        typed(made())


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (lambda: call("locate", F.lit("b"), "s", F.lit(2)), "int"),
        (lambda: call("array_join", "sa", F.lit(","), F.lit("?")), "string"),
        (lambda: F.col("s").like("a\\%_"), "boolean"),
        (lambda: F.regexp_replace("s", "(b)", "[$1]"), "string"),
        (lambda: F.lit(dt.date(1582, 10, 15)), "date"),
        (lambda: 1 + F.col("n"), "decimal(11,2)"),
        (lambda: F.lit(3000000000) * F.col("n2"), "decimal(23,4)"),
        (lambda: F.col("n") % 7, "decimal(3,2)"),
        (lambda: F.ceil("n2"), "decimal(9,0)"),
        (lambda: F.lit(decimal.Decimal("1.50")), "decimal(10,2)"),
        (lambda: F.lit(decimal.Decimal("12345678901234.50")), "decimal(16,2)"),
        (lambda: F.floor(F.col("n").cast("decimal(20,10)")), "decimal(11,0)"),
    ],
    ids=range(12),
)
def test_what_it_gives(made, kind):
    assert typed(made()).ddl() == kind


def test_grouping_sets_of_a_constant_are_sparks(routed):
    spark, _, _ = routed
    with pytest.raises(Exception, match="cube by a constant"):
        spark.range(3).cube(F.lit("x").alias("k")).count().collect()


def test_a_filter_by_an_aggregate_is_sparks(routed):
    spark, _, _ = routed
    with pytest.raises(Exception, match="filter by an aggregate"):
        spark.range(3).filter(F.sum("id") > 1).collect()


@pytest.mark.parametrize(
    "text", ["lag(id) over (partition by id)", "cume_dist() over (order by id rows unbounded preceding)"]
)
def test_window_functions_that_spark_refuses_are_sparks(routed, text):
    spark, _, _ = routed
    with pytest.raises(Exception, match="UNPROVEN"):
        spark.range(3).select(F.expr(text).alias("x")).collect()


def test_the_name_of_a_filtered_aggregate_is_sparks(routed):
    spark, _, _ = routed
    with pytest.raises(Exception, match="UNPROVEN"):
        spark.range(3).agg(F.expr("sum(id) filter (where id > 1)")).collect()


def test_replace_is_not_known_of_decimals(routed):
    spark, _, _ = routed
    with pytest.raises(Exception, match="replace in decimal"):
        spark.range(3).select(F.col("id").cast("decimal(10,2)").alias("n")).replace(1, 2).collect()


def test_an_answer_of_other_types_than_expected_is_not_taken(routed, monkeypatch):
    spark, _, _ = routed
    monkeypatch.setitem(functions.RULES, "upper", lambda _: types.BINARY)  # as if the router were mistaken
    with pytest.raises(Exception, match="other types than the router says"):
        spark.createDataFrame([("a",)], "s string").select(F.upper("s").alias("x")).collect()
