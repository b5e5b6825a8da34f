"""Values at the edge of their types: what overflows is null as in AWS Glue, what is odd survives a round trip."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from pyspark.sql import functions as F

FORMATS = ["json", "csv", "parquet"]


def framed(glue: Any, spark: Any, rows: list[tuple[Any, ...]], schema: str) -> Any:
    from awsglue.dynamicframe import DynamicFrame

    return DynamicFrame.fromDF(spark.createDataFrame(rows, schema), glue, "f")


@pytest.mark.parametrize(
    ("source", "value", "target", "expected"),
    [
        ("long", 2**40, "int", None),
        ("int", 70_000, "short", None),
        ("int", -129, "byte", None),
        ("double", 1e300, "long", None),
        ("double", math.nan, "int", None),
        ("double", math.inf, "long", None),
        ("double", 2.9, "int", 2),
        ("string", "99999999999", "int", None),
        ("string", " 12 ", "int", 12),
        ("string", "1e400", "double", math.inf),
        ("string", "NaN", "double", "nan"),
        ("string", "-Infinity", "double", -math.inf),
        ("string", "0001-01-01", "date", dt.date(1, 1, 1)),
        ("string", "1582-10-10", "date", dt.date(1582, 10, 10)),
        ("string", "2023-02-29", "date", None),
        ("string", "10000-01-01", "string", "10000-01-01"),
        ("string", "2024-01-31T10:00:00+02:00", "timestamp", dt.datetime(2024, 1, 31, 8)),
        ("string", "x", "boolean", None),
        ("double", 123456.789, "decimal(5,2)", None),
    ],
)
def test_what_does_not_fit_is_null(glue: Any, spark: Any, source: str, value: Any, target: str, expected: Any) -> None:
    kind = {"long": "bigint"}.get(source, source)
    for made in (
        framed(glue, spark, [(value,)], f"v {kind}").apply_mapping([("v", source, "v", target)]),
        framed(glue, spark, [(value,)], f"v {kind}").resolveChoice(specs=[("v", f"cast:{target}")]),
    ):
        (found,) = made.toDF().collect()[0]
        assert ("nan" if isinstance(found, float) and math.isnan(found) else found) == expected


@pytest.mark.parametrize("format", FORMATS)
def test_nan_and_infinities_round_trip(glue: Any, spark: Any, bucket: str, format: str) -> None:
    values = [math.nan, math.inf, -math.inf, -0.0, 1.7e308, 5e-324, None]
    frame = framed(glue, spark, list(enumerate(values)), "id int, d double")
    target = f"s3://{bucket}/{format}"
    glue.write_dynamic_frame.from_options(frame, "s3", {"path": target}, format)
    options = {"header": "true"} if format == "csv" else {}
    found = spark.read.format(format).schema("id int, d double").options(**options).load(target)
    assert [repr(row.d) for row in sorted(found.collect(), key=lambda row: row.id)] == [repr(v) for v in values]


@pytest.mark.parametrize("format", FORMATS)
def test_dates_before_the_gregorian_calendar_round_trip(glue: Any, spark: Any, bucket: str, format: str) -> None:
    texts = ["0001-01-01", "1000-02-28", "1582-10-04", "1582-10-15", "1900-02-28", "9999-12-31"]
    rows = [(text, f"{text} 12:34:56") for text in texts]
    frame = framed(glue, spark, rows, "d string, t string").apply_mapping(
        [("d", "string", "d", "date"), ("t", "string", "t", "timestamp")]
    )
    target = f"s3://{bucket}/{format}"
    glue.write_dynamic_frame.from_options(frame, "s3", {"path": target}, format)
    options = {"header": "true"} if format == "csv" else {}
    found = spark.read.format(format).schema("d date, t timestamp").options(**options).load(target)
    shown = found.select(F.col("d").cast("string"), F.col("t").cast("string"))
    assert sorted(tuple(row) for row in shown.collect()) == rows


def test_an_hour_that_does_not_exist_and_one_that_is_twice(glue: Any, spark: Any) -> None:
    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        frame = framed(glue, spark, [("2024-03-10 02:30:00",), ("2024-11-03 01:30:00",)], "t string")
        mapped = frame.apply_mapping([("t", "string", "t", "timestamp")]).toDF()
        assert sorted(row[0] for row in mapped.select(F.col("t").cast("long")).collect()) == [1710055800, 1730611800]
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)


def test_arithmetic_that_overflows_fails_as_in_spark(spark: Any) -> None:
    with pytest.raises(Exception, match="ARITHMETIC_OVERFLOW"):
        spark.createDataFrame([(2**62,)], "v bigint").select(F.col("v") * 4).collect()
