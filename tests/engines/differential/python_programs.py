"""Programs with Python functions, for the kind `python`: every kind of function, type and place on both engines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal as D
from typing import Any

import nasty
from programs import PROGRAMS, Case, Program

PLAIN = ["id", "y", "h", "i", "l", "f", "d", "n", "s", "b", "t", "ts2", "bin"]
NESTED = ["ai", "as", "m", "r", "ar"]


def python(name: str, *, ordered: bool = False) -> Callable[[Program], Program]:
    def register(run: Program) -> Program:
        run.__doc__ = "ordered" if ordered else ""
        PROGRAMS[f"python: {name}"] = run
        return run

    return register


def kind_of(column: str) -> str:
    return nasty.COLUMNS[column][0]


# -- what goes in and what comes out


def _shown(column: str) -> Program:
    def run(c: Case) -> Any:
        show = c.F.udf(lambda value: f"{value!r} {type(value).__name__}", "string")
        return c.nasty().select("id", show(c.F.col(column)).alias("shown"))

    return run


def _same(column: str) -> Program:
    def run(c: Case) -> Any:
        return c.nasty().select("id", c.F.udf(lambda value: value, kind_of(column))(c.F.col(column)).alias("same"))

    return run


def _pandas_same(column: str) -> Program:
    def run(c: Case) -> Any:
        return c.nasty().select("id", _series(c, kind_of(column))(c.F.col(column)).alias("same"))

    return run


def _series(c: Case, returns: str) -> Any:
    def same(series: Any) -> Any:
        return series

    return c.F.pandas_udf(same, returns, 200)


def _iterated(column: str) -> Program:
    def run(c: Case) -> Any:
        def same(batches: Iterator[Any]) -> Iterator[Any]:
            yield from batches

        made = c.F.pandas_udf(same, kind_of(column), 204)
        return c.nasty().select("id", made(c.F.col(column)).alias("same"))

    return run


def _mapped(how: str, column: str) -> Program:
    """Through the function and on: what is inside must be null where the whole is."""

    def run(c: Case) -> Any:
        def same(batches: Iterator[Any]) -> Iterator[Any]:
            yield from batches

        frame = c.nasty().select("id", column)
        made = getattr(frame, how)(same, frame.schema)
        inside = {"r": ["r.p", "r.q"], "ar": ["ar[0].u as u"], "m": ["m['a'] as a"]}.get(column, [])
        made = made.where("size(ar) > 0") if column == "ar" else made
        return made.withColumn("none", made[column].isNull()).selectExpr("*", *inside)

    return run


def _grouped(column: str) -> Program:
    def run(c: Case) -> Any:
        frame = c.nasty().select("id", "g", column)
        return frame.groupBy("g").applyInPandas(lambda group: group, frame.schema)

    return run


for _column in [*PLAIN, "l2", *NESTED]:
    for _what, _make in {
        "udf shows": _shown, "udf": _same, "pandas_udf": _pandas_same, "pandas_udf iterator": _iterated,
        "mapInArrow": lambda column: _mapped("mapInArrow", column),
        "mapInPandas": lambda column: _mapped("mapInPandas", column), "applyInPandas": _grouped,
    }.items():  # fmt: skip
        if _column != "id" or _what.startswith(("udf", "pandas")):
            python(f"{_what} {_column}")(_make(_column))


def _everything(c: Case) -> Any:
    """Containers of every kind of value, and containers in containers."""
    F, plain = c.F, [name for name in PLAIN if name != "ts2"]
    return c.nasty().select(
        "id",
        F.struct("ts2", *plain).alias("st"),
        *[F.array(name, name).alias(f"a_{name}") for name in ["l2", "d", "n", "b", "t", "ts2", "bin"]],
        *[F.create_map(F.lit("k"), name).alias(f"m_{name}") for name in ["l2", "d", "n", "s", "t", "ts2"]],
        F.array(F.struct("ts2", F.struct("l2", "as").alias("deep"))).alias("a_st"),
        F.array("ai", "ai").alias("a_a"),
        F.array("m").alias("a_m"),
        F.struct("ai", "m", "r", "ar").alias("st_c"),
    )


@python("udf shows containers of everything")
def _(c: Case) -> Any:
    frame = _everything(c)
    show = c.F.udf(lambda value: repr(value), "string")
    return frame.select("id", *[show(name).alias(name) for name in frame.columns])


@python("udf gives containers of everything")
def _(c: Case) -> Any:
    frame = _everything(c)
    kinds = {field.name: field.dataType for field in frame.schema.fields}
    return frame.select("id", *[c.F.udf(lambda value: value, kinds[name])(name).alias(name) for name in kinds])


@python("mapInArrow of containers of everything")
def _(c: Case) -> Any:
    frame = _everything(c)
    made = frame.mapInArrow(lambda batches: batches, frame.schema)
    return made.select("*", "st.l", "st.ts2", "st_c.r.p", made["a_st"][0]["deep"]["l2"].alias("deep"))


@python("udf takes a timestamp without a zone")
def _(c: Case) -> Any:
    show = c.F.udf(lambda value: repr(value), "string")
    return c.nasty().select("id", show(c.F.col("ts2").cast("timestamp_ntz")).alias("t"))


@python("pandas_udf of large floats for bigint")
def _(c: Case) -> Any:
    return c.nasty().select("id", c.F.pandas_udf(lambda s: s * 1.0, "bigint", 200)("l").alias("v"))


ANYTHING: list[Any] = [5, -1, 2**40, 2**70, 1.5, float("nan"), "x", "12", True, None, D("1.25"), b"ab",
                       bytearray(b"c"), [1], (1, "b"), {"a": 1}]  # fmt: skip
AS_TEXT: list[Any] = [5, -1, 2**70, 1.5, float("nan"), float("-inf"), 1e20, 1e-5, 0.1, 1e7, 123456789.0, 9999999.0,
                      -0.0, 1e-3,  1.7976931348623157e308, "x", True, False, None]  # fmt: skip
AWARE = dt.datetime(2024, 1, 2, 3, 4, 5, 6, dt.timezone(dt.timedelta(hours=2)))
RESULTS: dict[str, list[Any]] = {
    **dict.fromkeys(["tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "binary"], ANYTHING),
    "decimal(10,2)": [*ANYTHING, D("1.005"), D("1.015"), D("-2.5"), D("1E+3"), D("0")],
    "string": AS_TEXT,
    "date": [dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 3), dt.date(1, 1, 1), None],
    "timestamp": [dt.datetime(2024, 1, 2, 3, 4, 5, 6), AWARE, dt.datetime(1900, 1, 1), None],
    "timestamp_ntz": [dt.datetime(2024, 1, 2, 3, 4, 5, 6), dt.datetime(1, 1, 1), None],
    "array<int>": [[1, 2], (1, None), ["a"], [], [None], {"a": 1}, 5, "x", None, [2**40]],
    "array<string>": [["a", 1, 1.5, True, None], [], None],
    "array<date>": [[dt.date(2024, 1, 2), None], None],
    "map<string,int>": [{"a": 1, "b": None}, {}, {"a": "x"}, [1], 5, None],
    "map<string,timestamp>": [{"a": dt.datetime(2024, 1, 2, 3)}, None],
    "struct<a:int,b:string>": [{"a": 1, "b": "q"}, {"a": 1}, {"c": 2}, (1, "b"), [1, "b"], (None, None), None],
    "struct<a:struct<b:bigint>,c:array<struct<d:double>>>": [
        {"a": {"b": 1}, "c": [{"d": 1.5}, None]}, {"a": None, "c": None}, ((1,), [(2.5,)]), None,
    ],
}  # fmt: skip


def _results(kind: str, values: list[Any]) -> Program:
    def run(c: Case) -> Any:
        give = c.F.udf(lambda index: values[index], kind)
        return c.spark.range(len(values)).select("id", give("id").alias("result"))

    return run


for _kind, _values in RESULTS.items():
    python(f"udf gives {_kind}")(_results(_kind, _values))


# -- kinds of functions and places


@python("udf decorated, with a return type and a default")
def _(c: Case) -> Any:
    @c.F.udf("int")
    def plus(value: Any, more: int = 3) -> Any:
        return None if value is None else value % 1000 + more

    return c.nasty().select("id", plus("i").alias("a"), plus(c.F.col("i"), c.F.lit(1)).alias("b"))


@python("udf without an alias is named by its function")
def _(c: Case) -> Any:
    def half(value: Any) -> Any:
        return None if value is None else value / 2

    return c.nasty().select("id", c.F.udf(half, "double")("i2"), c.F.udf(lambda v: v, "string")("s"))


@python("udf with keyword arguments")
def _(c: Case) -> Any:
    def joined(first: Any, second: Any) -> Any:
        return f"{first}/{second}"

    made = c.F.udf(joined, "string")
    return c.nasty().select("id", made(second=c.F.col("s"), first=c.F.col("i2")).alias("a"))


@python("udf of nothing")
def _(c: Case) -> Any:
    return c.nasty().select("id", c.F.udf(lambda: "k", "string")().alias("k"))


@python("udf of a literal and an expression")
def _(c: Case) -> Any:
    add = c.F.udf(lambda a, b: None if a is None else f"{a}{b}", "string")
    return c.nasty().select("id", add(c.F.upper("s"), c.F.lit("!")).alias("a"), c.F.length(add("s2", "s2")).alias("n"))


@python("udf of a udf")
def _(c: Case) -> Any:
    f = c.F.udf(lambda v: None if v is None else v * 2, "bigint")
    return c.nasty().select("id", f(f("id")).alias("a"), (f("id") + f("i2")).alias("b"))


@python("udf with a closure")
def _(c: Case) -> Any:
    limits = {"a": 1, "b": 2}

    def rank(value: Any) -> Any:
        return limits.get(value, -1)

    return c.nasty().select("id", c.F.udf(rank, "int")("g").alias("rank"))


@python("udf in withColumn, filter and orderBy", ordered=True)
def _(c: Case) -> Any:
    size = c.F.udf(lambda v: None if v is None else len(v), "int")
    frame = c.nasty().withColumn("n_", size("s")).filter(size("s") > 1).select("id", "n_", "s")
    return frame.orderBy(size("s").desc(), "id")


@python("udf in a filter beside a condition")
def _(c: Case) -> Any:
    even = c.F.udf(lambda v: v % 2 == 0, "boolean")
    return c.nasty().filter(c.F.col("i2").isNotNull() & even("i2")).select("id", "i2")


@python("udf as a filter with nulls")
def _(c: Case) -> Any:
    return c.nasty().where(c.F.udf(lambda v: None if v is None else v > 1, "boolean")("i2")).select("id")


@python("udf as a group key and in an aggregate")
def _(c: Case) -> Any:
    first = c.F.udf(lambda v: v[:1] if v else v, "string")
    twice = c.F.udf(lambda v: None if v is None else 2 * v, "bigint")
    frame = c.nasty()
    return frame.groupBy(first("s").alias("k")).agg(c.F.sum(twice("id")).alias("total"), c.F.count("*").alias("n"))


@python("udf of an aggregate")
def _(c: Case) -> Any:
    text = c.F.udf(lambda v: f"<{v}>", "string")
    return c.nasty().groupBy("g").agg(text(c.F.max("id")).alias("m"))


@python("udf on both sides of a join and over a union")
def _(c: Case) -> Any:
    key = c.F.udf(lambda v: None if v is None else v + 1, "int")
    a, b = c.left().withColumn("j", key("k")), c.right().withColumn("j", key("k"))
    return a.join(b, "j").select("j", "l", "r").union(c.left().select(key("k"), "l", c.F.lit("u")))


@python("udf over a window's result")
def _(c: Case) -> Any:
    ranked = c.nasty().withColumn("n_", c.F.row_number().over(c.W.partitionBy("g").orderBy("id")))
    return ranked.select("id", c.F.udf(lambda v: v * 10, "int")("n_").alias("ten"))


@python("udf over many rows")
def _(c: Case) -> Any:
    f = c.F.udf(lambda v: None if v % 7 == 0 else v * 3, "bigint")
    return c.spark.range(50000).select(f("id").alias("v")).agg(c.F.sum("v").alias("s"), c.F.count("v").alias("n"))


@python("udf over sliced and nested rows")
def _(c: Case) -> Any:
    texts = c.F.udf(lambda a, m, r: f"{a} {m} {r}", "string")
    return c.nasty().orderBy("id").offset(3).limit(9).select("id", texts("as", "m", "r").alias("t"))


@python("udf registered and used from SQL", ordered=True)
def _(c: Case) -> Any:
    c.spark.udf.register("shout", lambda v: None if v is None else v.upper() + "!", "string")
    c.spark.udf.register("plus", c.F.udf(lambda a, b: None if None in (a, b) else a + b, "bigint"))
    c.nasty().createOrReplaceTempView("v")
    return c.spark.sql("select id, shout(s) as a, plus(id, i2) as b from v where plus(id, 1) > 3 order by id")


@python("udf registered and used from DataFrames")
def _(c: Case) -> Any:
    size = c.spark.udf.register("size_of", lambda v: -1 if v is None else len(v), "int")
    frame = c.nasty()
    return frame.select(
        "id", size("s").alias("a"), c.F.expr("size_of(s)").alias("b"), c.F.call_udf("size_of", "s").alias("c")
    ).selectExpr("id", "a", "b", "c", "size_of(cast(id as string)) as d")


@python("udf registered, without an alias")
def _(c: Case) -> Any:
    c.spark.udf.register("tag", lambda v: f"<{v}>", "string")
    c.nasty().createOrReplaceTempView("v")
    return c.spark.sql("select tag(id), tag(g) from v")


@python("udf registered twice: the last one counts")
def _(c: Case) -> Any:
    c.spark.udf.register("again", lambda v: 1, "int")
    c.spark.udf.register("again", lambda v: 2, "int")
    return c.nasty().selectExpr("id", "again(id) as a")


@python("udf in a view")
def _(c: Case) -> Any:
    c.nasty().select("id", c.F.udf(lambda v: f"{v}", "string")("i2").alias("t")).createOrReplaceTempView("w")
    return c.spark.sql("select t, count(*) as n from w group by t")


@python("udf not deterministic is computed once a row")
def _(c: Case) -> Any:
    import random

    draw = c.F.udf(random.random, "double").asNondeterministic()
    frame = c.nasty().select("id", draw().alias("u")).select("id", c.F.col("u").alias("a"), c.F.col("u").alias("b"))
    same, many = c.F.col("a") == c.F.col("b"), c.F.countDistinct("a") > 5  # and not once for all rows
    return frame.agg(c.F.min(same).alias("same"), many.alias("many"))


@python("udf that raises")
def _(c: Case) -> Any:
    return c.nasty().select(c.F.udf(lambda v: 1 / v, "double")("i2"))


@python("udf that raises for rows that are not wanted")
def _(c: Case) -> Any:
    return c.nasty().filter("i2 > 0").select("id", c.F.udf(lambda v: 6 // v, "int")("i2").alias("q"))


@python("udf of a type the result is not")
def _(c: Case) -> Any:
    return c.nasty().select(c.F.udf(lambda v: "x", "date")("i2"))


@python("pandas_udf of several columns")
def _(c: Case) -> Any:
    import pandas as pd

    def total(a: pd.Series, b: pd.Series) -> pd.Series:
        return a + b

    return c.nasty().select("id", c.F.pandas_udf(total, "double", 200)("x", "i2").alias("t"))


@python("pandas_udf of text")
def _(c: Case) -> Any:
    return c.nasty().select("id", c.F.pandas_udf(lambda s: s.str.upper(), "string", 200)("s2").alias("t"))


@python("pandas_udf in a filter")
def _(c: Case) -> Any:
    return c.nasty().filter(c.F.pandas_udf(lambda s: s > 1, "boolean", 200)("i2")).select("id")


@python("pandas_udf over many rows")
def _(c: Case) -> Any:
    f = c.F.pandas_udf(lambda s: s * 2, "bigint", 200)
    return c.spark.range(50000).select(f("id").alias("v")).agg(c.F.sum("v").alias("s"))


@python("pandas_udf that raises")
def _(c: Case) -> Any:
    def bad(series: Any) -> Any:
        raise ValueError("no")

    return c.nasty().select(c.F.pandas_udf(bad, "int", 200)("i2"))


@python("pandas_udf of another length")
def _(c: Case) -> Any:
    return c.nasty().select(c.F.pandas_udf(lambda s: s.head(1), "int", 200)("i2"))


@python("pandas_udf as an aggregate")
def _(c: Case) -> Any:
    mean = c.F.pandas_udf(lambda s: float(s.mean()), "double", 202)
    return c.nasty().groupBy("g").agg(mean("id").alias("m"))


@python("mapInArrow makes other columns")
def _(c: Case) -> Any:
    def count(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            yield pa.RecordBatch.from_pydict({"n": pa.array([batch.num_rows], pa.int64())})

    return c.nasty().select("id", "s").mapInArrow(count, "n bigint").agg(c.F.sum("n").alias("n"))


@python("mapInArrow shows the types it is given")
def _(c: Case) -> Any:
    def show(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            names = [f"{field.name} {field.type}".replace(" not null", "") for field in batch.schema]
            yield pa.RecordBatch.from_pydict({"t": pa.array(names, pa.string())})

    return c.nasty().mapInArrow(show, "t string").distinct()


@python("mapInArrow gives nulls inside a null struct")
def _(c: Case) -> Any:
    def structs(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            inner = pa.StructArray.from_arrays([pa.array([7] * batch.num_rows)], ["u"])
            made = pa.StructArray.from_arrays([pa.array(["x"] * batch.num_rows), inner], ["q", "in"],
                                              mask=pa.array([True] * batch.num_rows))  # fmt: skip
            yield pa.RecordBatch.from_arrays(
                [made, pa.array([[None]] * batch.num_rows, pa.list_(made.type))], ["s", "l"]
            )

    made = c.nasty().select("id").mapInArrow(structs, "s struct<q:string,`in`:struct<u:bigint>>, "
                                             "l array<struct<q:string,`in`:struct<u:bigint>>>")  # fmt: skip
    return made.selectExpr("s", "s.q", "s.`in`", "s.`in`.u", "l[0].q as lq", "l")


@python("mapInArrow of another type")
def _(c: Case) -> Any:
    def wrong(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            yield pa.RecordBatch.from_pydict({"n": pa.array(["x"] * batch.num_rows)})

    return c.nasty().select("id").mapInArrow(wrong, "n bigint")


@python("mapInArrow gives nothing")
def _(c: Case) -> Any:
    return c.nasty().select("id").mapInArrow(lambda batches: iter([]), "n bigint")


@python("mapInArrow of no rows")
def _(c: Case) -> Any:
    return (
        c.nasty()
        .filter("id < 0")
        .select("id", "r")
        .mapInArrow(lambda batches: batches, "id int, r struct<p:int,q:string>")
    )


@python("mapInArrow that raises")
def _(c: Case) -> Any:
    def bad(batches: Iterator[Any]) -> Iterator[Any]:
        raise KeyError("no")
        yield

    return c.nasty().select("id").mapInArrow(bad, "n bigint")


@python("mapInArrow, then a join, groups and a filter")
def _(c: Case) -> Any:
    frame = (
        c.nasty()
        .select("id", "g", "r")
        .mapInArrow(lambda batches: batches, "id int, g string, r struct<p:int,q:string>")
    )
    return frame.filter("r.p > 0 or r is null").join(c.left(), frame.id == c.F.col("k"), "left").groupBy("g").count()


@python("mapInPandas makes other rows")
def _(c: Case) -> Any:
    def longer(frames: Iterator[Any]) -> Iterator[Any]:
        for frame in frames:
            yield frame[frame["id"] > 3]

    return c.nasty().select("id", "s", "d").mapInPandas(longer, "id int, s string, d double")


@python("applyInPandas with the key")
def _(c: Case) -> Any:
    import pandas as pd

    def count(key: Any, group: Any) -> Any:
        return pd.DataFrame({"g": [key[0]], "n": [len(group)], "s": [int(group["id"].sum())]})

    return (
        c.nasty()
        .where("g is not null")
        .select("g", "id")
        .groupBy("g")
        .applyInPandas(count, "g string, n bigint, s bigint")
    )


@python("applyInPandas by two keys")
def _(c: Case) -> Any:
    import pandas as pd

    def one(key: Any, group: Any) -> Any:
        return pd.DataFrame([(str(key), len(group))], columns=["k", "n"])

    return c.nasty().select("g", "b", "id").groupBy("g", "b").applyInPandas(one, "k string, n bigint")


@python("applyInPandas by a number")
def _(c: Case) -> Any:
    import pandas as pd

    def one(key: Any, group: Any) -> Any:
        return pd.DataFrame([(str(key[0]), len(group))], columns=["k", "n"])

    return c.nasty().select("i2", "id").groupBy("i2").applyInPandas(one, "k string, n bigint")


@python("applyInPandas that raises")
def _(c: Case) -> Any:
    def bad(group: Any) -> Any:
        raise ValueError("no")

    return c.nasty().select("g").groupBy("g").applyInPandas(bad, "g string")


@python("cogroup applyInPandas")
def _(c: Case) -> Any:
    import pandas as pd

    def both(a: Any, b: Any) -> Any:
        return pd.DataFrame([(len(a), len(b))], columns=["a", "b"])

    return c.left().groupBy("k").cogroup(c.right().groupBy("k")).applyInPandas(both, "a bigint, b bigint")


# -- what reads the files a function wrote


@python("a Parquet file of pyarrow's with NaN among equal numbers")
def _(c: Case) -> Any:
    import math

    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = pa.array([1.0, math.nan, 1.0])
    table = pa.table({"id": pa.array([1, 2, 3]), "d": numbers, "f": numbers.cast(pa.float32())})
    pq.write_table(table, c.own / "nan.parquet")
    return c.spark.read.schema("id bigint, d double, f float").parquet(str(c.own / "nan.parquet"))
