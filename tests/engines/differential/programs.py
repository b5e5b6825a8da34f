# ruff: noqa: E501
"""Small programs over both engines: relations, readers, SQL. Each takes a `Case` and returns a DataFrame.

A program's docstring may hold `ordered` (row order counts) or `needs` what is special about it.
"""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nasty

Program = Callable[["Case"], Any]
PROGRAMS: dict[str, Program] = {}
MORE_INPUTS: list[Callable[[Path], None]] = []


@dataclass
class Case:
    """One run of a program on one engine: its session, the shared input folder and an output folder of its own."""

    spark: Any
    shared: Path
    own: Path

    @property
    def F(self) -> Any:
        from pyspark.sql import functions

        return functions

    @property
    def W(self) -> Any:
        from pyspark.sql import Window

        return Window

    def nasty(self) -> Any:
        return nasty.frame(self.spark)

    def path(self, name: str) -> str:
        return str(self.shared / name)

    def left(self) -> Any:
        rows = [(1, "a", 1.5), (2, "b", None), (3, None, 2.5), (None, "d", 0.0), (2, "b2", 9.0), (7, "x", 1.0)]
        return self.spark.createDataFrame(rows, "k int, l string, v double")

    def right(self) -> Any:
        rows = [(1, "A"), (2, "B"), (2, "BB"), (None, "N"), (5, "E")]
        return self.spark.createDataFrame(rows, "k int, r string")

    def sure(self) -> Any:
        """Rows of which only what ends in 2 may be NULL."""
        import pyarrow as pa

        number, text = pa.field("element", pa.int32(), nullable=False), pa.field("q2", pa.string())
        kinds = {
            "k": pa.int32(), "l": pa.string(), "l2": pa.string(), "x": pa.float64(), "x2": pa.float64(),
            "a": pa.list_(number), "a2": pa.list_(pa.int32()), "m": pa.map_(pa.string(), number.with_name("value")),
            "r": pa.struct([number.with_name("p"), text]), "ar": pa.list_(pa.field("element", pa.struct([text]), nullable=False)),
        }  # fmt: skip
        rows = [
            [k, f"l{k}", (k % 2 and "even") or None, k / 2, None if k == 2 else k * 1.5, [k, 1], [None, k], {"a": k},
             {"p": k, "q2": None}, [{"q2": "q"}]]
            for k in range(4)
        ]  # fmt: skip
        schema = pa.schema([pa.field(name, kind, nullable=name.endswith("2")) for name, kind in kinds.items()])
        return self.spark.createDataFrame(
            pa.Table.from_pylist([dict(zip(kinds, row, strict=True)) for row in rows], schema=schema)
        )


def program(function: Program) -> Program:
    PROGRAMS[function.__name__] = function
    return function


def table(name: str, text: str) -> None:
    """Programs in one line each: `name: expression over c, F, W, n (nasty), a (left), b (right)`."""
    for line in text.strip().splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        ordered = line.startswith("!")
        source = line.lstrip("! ")
        code = compile(source, f"<{name}>", "eval")

        def run(case: Case, code: Any = code) -> Any:
            lazily = {"n": case.nasty, "a": case.left, "b": case.right, "u": case.sure}
            scope = {name: make() for name, make in lazily.items() if name in code.co_names or _inner(code, name)}
            return eval(code, {"c": case, "F": case.F, "W": case.W, "spark": case.spark, "dt": dt, **scope})

        run.__doc__ = "ordered" if ordered else ""
        PROGRAMS[f"{name}: {source}"] = run


def _inner(code: Any, name: str) -> bool:
    return any(hasattr(held, "co_names") and (name in held.co_names or _inner(held, name)) for held in code.co_consts)


table(
    "relation",
    r"""
n.select("id", "s")
n.select("*")
n.select(n.id, n.s)
n.select(n["id"], F.col("s").alias("t"))
n.select("ID", "S")
n.selectExpr("id", "upper(s) as u")
n.selectExpr("id + 1 as x", "case when b then 'y' else 'n' end as z")
n.where("i2 > 1 and s is not null").select("id")
n.filter(n.i2 > 1).select("id")
n.filter(F.col("b")).select("id")
n.filter(F.col("s").isin("a", "b")).select("id")
n.withColumn("z", F.col("i2") + 1).select("id", "z")
n.withColumn("s", F.upper("s")).select("id", "s")
n.withColumn("z", F.lit("k")).withColumn("w", F.concat("z", "s2")).select("id", "w")
n.withColumns({"p": F.col("i2") * 2, "q": F.lower("s")}).select("p", "q")
n.withColumn("S", F.lit(1)).select("id", "S")
n.withColumnRenamed("s", "text").select("id", "text")
n.withColumnRenamed("absent", "text").select("id")
n.withColumnsRenamed({"s": "text", "i": "int"}).select("text", "int")
n.select("id", "s").toDF("x", "y")
n.select("id", "s", "i").drop("s")
n.select("id", "s", "i").drop("s", "absent")
n.select("id", "s", "i").drop(F.col("i"))
n.select("g").distinct()
n.select("g", "b").distinct()
n.select("d").distinct()
n.select("i2", "t2").dropDuplicates()
n.select("i2", "g").dropDuplicates(["i2", "g"])
n.select("i2").dropDuplicates(["i2"])
n.select("n").distinct()
n.select("ts").distinct()
n.select("f").distinct()
n.select("bin").distinct()
n.select("r").distinct()
n.select("ai").distinct()
! n.select("id", "s").orderBy("id")
! n.select("id", "s").orderBy(F.col("id").desc())
! n.select("id", "s").orderBy("s", "id")
! n.select("id", "s").orderBy(F.desc("s"), "id")
! n.select("id", "s").sort(F.col("s").asc_nulls_last(), F.col("id").desc())
! n.select("id", "s").sort(F.col("s").desc_nulls_first(), F.col("id"))
! n.select("id", "i").orderBy("i", "id")
! n.select("id", "l").orderBy("l", "id")
! n.select("id", "y", "h").orderBy("y", F.desc("h"), "id")
! n.select("id", "d").orderBy("d", "id")
! n.select("id", "d").orderBy(F.desc("d"), "id")
! n.select("id", "f").orderBy("f", "id")
! n.select("id", "n").orderBy("n", "id")
! n.select("id", "b").orderBy("b", "id")
! n.select("id", "t").orderBy("t", "id")
! n.select("id", "ts").orderBy(F.desc("ts"), "id")
! n.select("id", "bin").orderBy("bin", "id")
spark.createDataFrame([(float(f"{m}.{m * 7 % 10}e{e}"),) for m in range(-9, 10) for e in range(-20, 21)], "v double").select("v", F.col("v").cast("string").alias("t"))
spark.range(3000).select("id", F.expr("cast(id * id * 1000003 as double)").cast("string").alias("t"), F.expr("-1d / (id * 7 + 1)").cast("string").alias("u"))
! n.select("id", "ai").orderBy("ai", "id")
! n.select("id", "r").orderBy("r", "id")
! n.select("id", "s").orderBy(F.length("s"), "id")
! n.select("id", "i2").orderBy(-F.col("i2"), "id")
! n.select("id", "s").orderBy("id").limit(5)
! n.select("id", "s").orderBy("id").limit(0)
! n.select("id", "s").orderBy("id").offset(3).limit(4)
! n.select("id", "s").orderBy("id").offset(100)
! n.orderBy("id").select("id").limit(3)
! n.orderBy("id").filter("id > 3").select("id")
! n.orderBy("id").withColumn("z", F.col("id") * 2).select("id", "z")
! spark.createDataFrame(n.select("id").orderBy("id").tail(3), "id int")
n.limit(100).select("id")
n.groupBy("g").count()
n.groupBy("g").agg(F.count("*").alias("c"), F.sum("i2").alias("s"))
n.groupBy("g", "b").agg(F.max("i"), F.min("l"))
n.groupBy(F.upper("g").alias("G")).agg(F.sum("x").alias("x"))
n.groupBy(F.col("i2") % 2).count()
n.groupBy(F.year("t").alias("yr")).agg(F.count("id"))
n.groupBy("d").count()
n.groupBy("f").count()
n.groupBy("n").count()
n.groupBy("t").count()
n.groupBy("ts").count()
n.groupBy("l").count()
n.groupBy("i").count()
n.groupBy("y").count()
n.groupBy("h").count()
n.groupBy("b").count()
n.groupBy("bin").count()
n.groupBy("ai").count()
n.groupBy("r").count()
n.groupBy("g").agg({"i2": "sum", "x": "max"})
n.groupBy("g").sum("i2")
n.groupBy("g").avg("x")
n.groupBy("g").max("i2", "x")
n.groupBy().sum("i2")
n.agg(F.sum("i2"), F.count("*"))
n.filter("id < 0").agg(F.sum("i2"), F.count("*"), F.max("s"))
n.filter("id < 0").groupBy("g").agg(F.sum("i2"))
n.select(F.sum("i2"), F.max("s"))
n.select(F.count("*").alias("c"))
n.rollup("g", "b").agg(F.count("*").alias("c"))
n.cube("g", "b").agg(F.sum("i2").alias("c"))
n.groupBy("g").agg(F.sum("i2").alias("t")).filter("t > 3")
n.groupBy("g").agg((F.sum("x") / F.count("x")).alias("m"), F.round(F.avg("x"), 2).alias("r"))
n.groupBy("g").agg(F.sum(F.col("i2").cast("bigint")).alias("t")).withColumn("u", F.col("t") + 1)
n.groupBy("g").agg(F.first("id").isNotNull().alias("f"))
n.groupBy("g").pivot("b", [True, False]).sum("i2")
n.alias("q").select("q.id", "q.s")
n.alias("q").select("q.*").select("id")
n.select("r.*")
n.select("id", "r.p", F.col("r.q"))
n.select("id", F.explode("ai"))
n.select("id", F.explode("ai").alias("e"))
n.select("id", F.explode_outer("ai").alias("e"))
n.select("id", F.posexplode("ai"))
n.select("id", F.posexplode("as").alias("p", "v"))
n.select("id", F.posexplode_outer("ai"))
n.select("id", F.explode("m"))
n.select("id", F.explode("m").alias("k", "v"))
n.select("id", F.explode_outer("m"))
n.select("id", F.explode("ar").alias("e")).select("id", "e.u", "e.v")
n.select("id", F.explode_outer("ar").alias("e")).select("id", "e.*")
n.withColumn("e", F.explode("ai")).select("id", "e")
n.withColumn("e", F.explode(F.split("s", ","))).select("id", "e")
spark.range(5)
spark.range(2, 10, 3)
spark.range(0)
spark.range(5).withColumn("x", F.col("id") * 2).agg(F.sum("x"))
n.select("id", "s").hint("broadcast")
n.repartition(3).select("id")
n.repartition("g").select("id", "g")
n.repartition(4, "g").select("id")
n.coalesce(1).select("id")
n.repartition(1).select("id")
n.select("i2", "s", "d", "b").fillna(0)
n.select("i2", "s", "d", "b").fillna("x")
n.select("i2", "s", "d", "b").fillna(0, ["i2"])
n.select("i2", "s", "d", "b").fillna({"s": "none", "i2": -1})
n.select("i2", "s", "d", "b").na.fill(1.5)
n.select("i2", "s", "d", "b").na.fill(True)
n.select("l2", "n", "f", "t2").na.fill(7)
n.select("id", "s", "i").dropna()
n.select("id", "s", "i").dropna(how="all")
n.select("id", "s", "i").dropna(subset=["s"])
n.select("id", "s", "i", "d").na.drop(thresh=3)
n.select("id", "d", "f").na.drop()
n.select("id", "t", "b", "r", "ai", "l", "n", "ts", "bin").na.drop()
n.select("id", "s").na.replace("a", "b")
n.select("id", "s2", "i2").replace({"a": "z"}, subset=["s2"])
n.select("id", "s").sample(1.0)
n.select("id", "i2", "s").describe()
n.select("id", "i2").summary("count", "min", "max")
n.select("id", "i2", "l2").unpivot(["id"], ["i2", "l2"], "k", "v")
n.select("id", "i2").intersect(n.select("id", "i2"))
n.select("g").intersect(n.select("s2"))
n.select("g").subtract(n.select("s2"))
n.select("g", "i2").exceptAll(n.select("s2", "i2"))
n.select("g").intersectAll(n.select("s2"))
n.select("g").union(n.select("s2"))
n.select("id").union(n.select("id"))
n.select("i").union(n.select("l"))
n.select("i").union(n.select("d"))
n.select("l").union(n.select("i"))
n.select("i2").union(n.select("s2"))
n.select("n").union(n.select("n2"))
n.select("f").union(n.select("d"))
n.select("t").union(n.select("ts"))
n.select("ai").union(n.select("ai"))
n.select("r").union(n.select("r"))
n.select("d").union(n.select("d2")).distinct()
n.select("g", "id").unionByName(n.select("id", "g"))
n.select("id", "g").unionByName(n.select("id", "s2"), allowMissingColumns=True)
n.select("id", F.lit(None).alias("z")).union(n.select("id", "s"))
n.select("id", F.lit(None).cast("string").alias("z")).union(n.select("id", "s"))
n.select("d").subtract(n.select("d2"))
n.select("d").intersect(n.select("d2"))
a.join(b, "k")
a.join(b, ["k"], "left")
a.join(b, "k", "right")
a.join(b, "k", "outer")
a.join(b, "k", "full")
a.join(b, "k", "left_semi")
a.join(b, "k", "left_anti")
a.join(b, a.k == b.k)
a.join(b, a.k == b.k, "left").select(a.k, "l", "r")
a.join(b, a.k == b.k, "left").drop(b.k)
a.join(b, a["k"] == b["k"], "right").select(a["k"].alias("ak"), b["k"].alias("bk"), "l", "r")
a.join(b, a["k"] == b["k"], "full").select(a["k"].alias("ak"), b["k"].alias("bk"), "l", "r")
a.join(b, a.k == b.k, "leftsemi")
a.join(b, a.k == b.k, "leftanti")
a.join(b, a.k.eqNullSafe(b.k)).select("l", "r")
a.join(b, a.k > b.k).select("l", "r")
a.join(b, (a.k == b.k) & (a.v > 1)).select("l", "r")
a.join(b, (a.k == b.k) & (a.v > 1), "left").select("l", "r")
a.join(b, (a.k == b.k) | (a.k == 7), "left").select("l", "r")
a.join(b, [a.k == b.k, a.l != b.r]).select("l", "r")
a.crossJoin(b.select("r"))
a.join(b.select("r"))
a.alias("x").join(b.alias("y"), F.col("x.k") == F.col("y.k")).select("x.k", "y.r", "x.l")
a.alias("x").join(a.alias("y"), F.col("x.k") == F.col("y.k")).select("x.l", F.col("y.l").alias("l2"))
a.join(b.withColumnRenamed("k", "bk"), F.col("k") == F.col("bk"), "left").groupBy("l").agg(F.count("r").alias("c"))
a.join(F.broadcast(b), "k", "left")
a.join(b, "k").join(b.withColumnRenamed("r", "r2"), "k")
a.join(b, "k", "left").filter(F.col("r").isNull()).select("k", "l")
n.select("id", "d").join(n.select(F.col("id").alias("j"), F.col("d2")), F.col("d") == F.col("d2")).select("id", "j")
n.select("id", "s").join(n.select(F.col("id").alias("j"), "s2"), F.col("s") == F.col("s2")).select("id", "j")
n.select("id", "l2").join(n.select(F.col("id").alias("j"), "i2"), F.col("l2") == F.col("i2")).select("id", "j")
n.select("id", "t2").join(n.select(F.col("id").alias("j"), F.col("t")), F.col("t2") == F.col("t")).select("id", "j")
n.select("id", "n").join(n.select(F.col("id").alias("j"), F.col("n2")), F.col("n") == F.col("n2")).select("id", "j")
n.select("id", "ts2").join(n.select(F.col("id").alias("j"), F.col("ts")), F.col("ts2") == F.col("ts")).select("id", "j")
n.select("id", "b").join(n.select(F.col("id").alias("j"), F.col("b2")), F.col("b") == F.col("b2")).select("id", "j")
n.select("id", "l").join(n.select(F.col("id").alias("j"), F.col("l")), "l").select("id", "j")
n.select("id", "s").join(n.select(F.col("id").alias("j"), "s"), "s").select("id", "j")
n.select("id", "t").join(n.select(F.col("id").alias("j"), "t"), "t", "left").select("id", "j")
n.select("id", "d").join(n.select(F.col("id").alias("j"), "d"), "d").select("id", "j")
n.select("id", "n").join(n.select(F.col("id").alias("j"), "n"), "n").select("id", "j")
n.select("id", "g", "b").join(n.select(F.col("id").alias("j"), "g", "b"), ["g", "b"]).select("id", "j")
n.select("id", "bin").join(n.select(F.col("id").alias("j"), "bin"), "bin").select("id", "j")
n.select("id", "y").join(n.select(F.col("id").alias("j"), "y"), "y").select("id", "j")
n.select("id", "h").join(n.select(F.col("id").alias("j"), "h"), "h").select("id", "j")
n.select("id", "ts").join(n.select(F.col("id").alias("j"), "ts"), "ts").select("id", "j")
n.select("id", "f").join(n.select(F.col("id").alias("j"), "f"), "f").select("id", "j")
n.select("id", "b").join(n.select(F.col("id").alias("j"), "b"), "b").select("id", "j")
spark.createDataFrame([(1, "a"), (2, None)], ["x", "y"])
spark.createDataFrame([], "x int, y string")
spark.createDataFrame([], "x int, r struct<p:int>")
spark.createDataFrame([(1, {"a": 1}, [1, 2], (1, "q"))], "a int, m map<string,int>, l array<int>, r struct<u:int,v:string>")
spark.createDataFrame([(None, None), (1, (None, "v"))], "a int, r struct<u:int,v:string>").select("a", "r.u", "r.v", F.col("r").isNull())
spark.createDataFrame([{"a": 1, "b": "x"}, {"a": 2, "b": None}])
spark.createDataFrame(__import__("pandas").DataFrame({"a": [1, 2], "b": ["x", None], "c": [1.5, float("nan")]}))
spark.createDataFrame([(dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 2, 3), __import__("decimal").Decimal("1.5"), b"x", True)], ["d", "t", "n", "b", "o"])
spark.createDataFrame([(1.5, 2**40, "é")]).select("_1", "_2", "_3")
spark.createDataFrame([1, 2, 3], "int")
spark.createDataFrame(["a", "b"], "string").toDF("s")
n.transform(lambda d: d.select("id"))
n.cache().select("id")
n.select("id", "s").persist().filter("id > 3")
spark.createDataFrame([(n.select("id").count(), n.isEmpty(), len(n.columns), n.select("id").first()[0] is not None)], "c int, e boolean, k int, f boolean")
spark.createDataFrame([(str(n.schema.simpleString()),)], "s string")
spark.createDataFrame([(str(n.select("id", F.col("i2") + 1, F.sum("l2").over(W.partitionBy("g"))).dtypes),)], "s string")
spark.createDataFrame([tuple(map(str, a.select("k", "l").orderBy("l").toPandas().iloc[0]))], "a string, b string")
""",
)

table(
    "show",
    r"""
spark.createDataFrame([(n.select("id", "s2", "i2").orderBy("id")._show_string(5, True, False),)], "s string")
spark.createDataFrame([(n.select("id", "s").orderBy("id")._show_string(20, False, False),)], "s string")
spark.createDataFrame([(n.select("b", "t2").orderBy("id")._show_string(20, True, False),)], "s string")
spark.createDataFrame([(n.select("id", "x").orderBy("id")._show_string(20, True, False),)], "s string")
spark.createDataFrame([(n.select("id", "n", "l2").orderBy("id")._show_string(20, True, False),)], "s string")
spark.createDataFrame([(n.select("id", "ts2").orderBy("id")._show_string(20, True, False),)], "s string")
spark.createDataFrame([(n.select("id", "ai").orderBy("id")._show_string(20, True, False),)], "s string")
spark.createDataFrame([(n.select("id", "i").orderBy("id")._show_string(3, 5, True),)], "s string")
spark.createDataFrame([(n.filter("id < 0").select("id", "s")._show_string(20, True, False),)], "s string")
""",
)


table("show", "\n".join(
    f'spark.createDataFrame([(n.orderBy("id").select("id", "{name}")._show_string({rows}, {cut}, {up}),)], "s string")'
    for name in nasty.COLUMNS if name not in ("id", "t", "ts")
    for rows, cut, up in ((20, True, False), (3, False, False), (4, 6, False), (2, True, True), (100, False, True))
))  # fmt: skip

table("conf", "\n".join(
    f'c.spark.conf.set("{key}", "{value}") or n.groupBy("g").agg(F.sum("i2").alias("t")).join(a, F.col("g") == F.col("l"), "left")'
    for key, value in {
        "spark.sql.shuffle.partitions": "3", "spark.sql.adaptive.enabled": "false", "spark.sql.adaptive.coalescePartitions.enabled": "false",
        "spark.sql.autoBroadcastJoinThreshold": "-1", "spark.sql.broadcastTimeout": "600", "spark.sql.files.maxPartitionBytes": "1000000",
        "spark.sql.execution.arrow.pyspark.enabled": "true", "spark.sql.crossJoin.enabled": "false", "spark.sql.debug.maxToStringFields": "1000",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "5", "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
        "spark.hadoop.fs.s3a.x": "y", "spark.executor.memoryFraction": "1", "spark.driver.custom": "1", "spark.sql.catalog.glue_catalog.custom": "x",
        "spark.dynamicAllocation.custom": "true", "spark.ui.custom": "false", "spark.network.custom": "1", "spark.shuffle.custom": "1",
        "spark.sql.parquet.filterPushdown": "false", "spark.sql.hive.metastorePartitionPruning": "false", "spark.glue.custom": "1",
        "spark.sql.files.openCostInBytes": "1000", "spark.speculation.custom": "1", "spark.task.custom": "1", "spark.scheduler.custom": "1",
        "spark.kryo.custom": "1", "spark.rpc.custom": "1", "spark.memory.custom": "1", "spark.eventLog.custom": "1", "spark.yarn.custom": "1",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED", "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
        "spark.sql.legacy.timeParserPolicy": "CORRECTED", "my.own.key": "v",
        "spark.sql.legacy.parquet.datetimeRebaseModeInRead": "CORRECTED", "spark.sql.legacy.parquet.int96RebaseModeInRead": "CORRECTED",
        "spark.sql.legacy.parquet.datetimeRebaseModeInWrite": "CORRECTED", "spark.sql.legacy.parquet.int96RebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED", "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
        "spark.sql.execution.arrow.pyspark.fallback.enabled": "true", "spark.sql.parquet.mergeSchema": "false", "spark.sql.caseSensitive": "false",
    }.items()
))  # fmt: skip

table(
    "error",
    r"""
n.select("absent")
n.select(F.col("absent") + 1)
n.filter("absent > 1")
n.select(F.sum("s"))
n.groupBy("g").agg(F.col("i"))
n.select("r.absent")
n.select(F.upper("s", "s2")) if False else n.select(F.expr("upper(s, s2)"))
spark.read.parquet(c.path("absent"))
spark.read.csv(c.path("absent"), header=True)
spark.table("absent")
n.union(n.select("id"))
n.select(F.col("i") + F.lit(2147483647))
n.select(F.col("l") * 4)
n.agg(F.sum("l") + F.sum("l"))
n.select(F.col("s").cast("int"))
a.join(b, a.k == b.k).select("k")
""",
)


# -- files. `shared` holds inputs that Spark itself wrote (see `inputs`); what a program writes is compared as files too.


def inputs(folder: Path, spark: Any) -> None:
    """The files the reading programs read, the same for both engines."""
    from pyspark.sql import functions as F

    frame = nasty.frame(spark)
    frame.coalesce(1).write.parquet(f"{folder}/all.parquet")
    frame.select("id", "s2", "i2", "g").repartition(3).write.parquet(f"{folder}/three.parquet")
    keyed = frame.select("id", "s2", "i2", "t2", F.coalesce("g", F.lit("n")).alias("g"))
    keyed.write.partitionBy("g").parquet(f"{folder}/by_string")
    keyed.write.partitionBy("i2").parquet(f"{folder}/by_int")
    keyed.write.partitionBy("t2").parquet(f"{folder}/by_date")
    keyed.withColumn("y", F.year("t2")).withColumn("mo", F.lpad(F.month("t2"), 2, "0")).write.partitionBy(
        "y", "mo"
    ).parquet(f"{folder}/by_two")
    frame.select("id", "s2", "s").filter("id not in (2, 5)").write.partitionBy("s2").parquet(f"{folder}/by_text")
    frame.select("id", F.when(F.col("i2") > 2, F.col("i2")).alias("k")).write.partitionBy("k").parquet(
        f"{folder}/by_null"
    )
    keyed.write.partitionBy("g").option("header", True).csv(f"{folder}/csv_by")
    keyed.write.partitionBy("g").json(f"{folder}/json_by")
    frame.select("id", "i", "l", "x", "b", "s2", "r", "ai", "ar").write.json(f"{folder}/all.json")
    written = {
        "plain.csv": "id,name,amount\n1,Ann,1.5\n2,Bob,\n3,,2.25\n4,日本,0\n",
        "noheader.csv": "1,a\n2,b\n",
        "semicolon.csv": "a;b\n1;x\n2;y\n",
        "tab.tsv": "a\tb\n1\tx\n",
        "quoted.csv": 'a,b\n1,"x, y"\n2,"z"\n"3",""\n4,\n',
        "doubled.csv": 'a,b\n1,"say ""hi"""\n2,plain\n',
        "backslash.csv": 'a,b\n1,"say \\"hi\\""\n2,c:\\x\n',
        "bareslash.csv": "a,b\n1,c:\\x\n2,\\\n",
        "stray.csv": 'a,b\n1,5" disk\n2,"x" y\n',
        "newline.csv": 'a,b\n1,"two\nlines"\n2,x\n',
        "ragged.csv": "a,b,c\n1,2\n1,2,3,4\n1,2,3\n",
        "crlf.csv": "a,b\r\n1,x\r\n2,y\r\n",
        "cr.csv": "a,b\r1,x\r2,y\r",
        "blank.csv": "a,b\n\n1,x\n\n2,y\n   \n",
        "single.csv": "a\n1\n\n  \n2\n",
        "spaces.csv": "a,b\n 1 , x \n2,y\n",
        "headonly.csv": "a,b\n",
        "dupes.csv": "a,A,a\n1,2,3\n",
        "nohead.csv": ",b,\n1,2,3\n",
        "quotedhead.csv": '"a","b c"\n1,2\n',
        "nulls.csv": "a,b\nnull,NULL\n\\N,\n,x\n",
        "bom.csv": "\ufeffa,b\n1,2\n",
        "typed.csv": "i,l,d,s,b,t,ts\n1,2,1.5,x,true,2024-01-31,2024-01-31 10:20:30\n-7,9999999999,1e3,y,false,1999-12-31,1999-12-31T00:00:00\n,,,,,,\n",
        "odd_int.csv": "i\n1\n 2\n+3\n4.0\nx\n2147483648\n",
        "odd_double.csv": "d\n1\n nan\nNaN\nInf\n-Infinity\n1e400\n1d\n.5\n5.\n1_0\n",
        "odd_date.csv": "t\n2024-01-31\n2024-1-5\n20240105\n2024-01-31 10:00:00\nx\n",
        "odd_ts.csv": "ts\n2024-01-31 10:20:30\n2024-01-31T10:20:30Z\n2024-01-31T10:20:30+02:00\n2024-01-31\n2024-1-1 1:2:3\n",
        "odd_bool.csv": "b\ntrue\nTRUE\nfalse\nT\n1\nyes\n",
        "lines.json": '{"a":1,"b":"x","c":1.5,"d":true,"n":null,"o":{"p":1,"q":[1,2]}}\n{"b":"y","a":2,"c":2,"z":[{"u":1}]}\n',
        "late.json": "".join(f'{{"a":{i}}}\n' for i in range(1500)) + '{"a":2.5,"late":"x"}\n',
        "mixed.json": '{"a":1}\n{"a":"x"}\n',
        "bad.json": '{"a":1}\n{bad\n{"a":3}\n',
        "big.json": '{"a":12345678901234567890}\n{"a":1}\n',
        "frac.json": '{"a":1}\n{"a":2.7}\n',
        "blank.json": '{"a":1}\n\n{"a":2}\n',
        "dates.json": '{"t":"2024-01-31","ts":"2024-01-31T10:20:30Z"}\n',
        "array.json": '[{"a":1},{"a":2}]\n',
        "case.json": '{"a":1,"A":2}\n',
        "empty.json": "",
        "text.txt": "one\r\ntwo\n\nfour é\n last",
    }
    for name, text in written.items():
        (folder / name).write_bytes(text.encode())
    (folder / "latin.csv").write_bytes("a,b\n1,é\n".encode("latin-1"))
    (folder / "zipped.csv.gz").write_bytes(gzip.compress(b"a,b\n1,x\n"))
    (folder / "zipped.json.gz").write_bytes(gzip.compress(b'{"a":1}\n{"a":2}\n'))
    many = folder / "many_csv"
    many.mkdir()
    for i in range(3):
        (many / f"f{i}.csv").write_text(f"a,b\n{i},x{i}\n")
    (many / "_hidden.csv").write_text("a,b\n9,h\n")
    (many / ".dot.csv").write_text("a,b\n9,h\n")
    (many / "deep").mkdir()
    (many / "deep" / "f.csv").write_text("a,b\n8,deep\n")
    other = folder / "other_head"
    other.mkdir()
    (other / "a.csv").write_text("a,b\n1,2\n")
    (other / "b.csv").write_text("b,a\n3,4\n")
    (folder / "nothing").mkdir()
    for more in MORE_INPUTS:
        more(folder)


table(
    "read",
    r"""
spark.read.parquet(c.path("all.parquet"))
spark.read.parquet(c.path("all.parquet")).select("id", "r.p", "ai", "ts", "t", "n")
spark.read.parquet(c.path("all.parquet")).filter("i2 > 1").select("id", "i2")
spark.read.parquet(c.path("all.parquet")).groupBy("g").agg(F.sum("x"), F.max("ts"))
spark.read.parquet(c.path("three.parquet"))
spark.read.parquet(c.path("three.parquet"), c.path("three.parquet"))
spark.read.load(c.path("three.parquet"))
spark.read.format("parquet").load(c.path("three.parquet"))
spark.read.option("mergeSchema", "false").parquet(c.path("three.parquet"))
spark.read.schema("id int, i2 int").parquet(c.path("three.parquet"))
spark.read.schema("id int, extra string").parquet(c.path("three.parquet"))
spark.read.schema("id bigint").parquet(c.path("three.parquet"))
spark.read.schema("ID int").parquet(c.path("three.parquet"))
spark.read.parquet(c.path("three*"))
spark.read.parquet(c.path("three.parquet/*.parquet"))
spark.read.parquet("file://" + c.path("three.parquet"))
spark.read.parquet(c.path("by_string"))
spark.read.parquet(c.path("by_string")).filter("g = 'a'").select("id")
spark.read.parquet(c.path("by_string")).groupBy("g").count()
spark.read.parquet(c.path("by_int"))
spark.read.option("basePath", c.path("by_int") + "/").parquet(c.path("by_int"))
spark.read.option("basePath", c.path("three.parquet")).parquet(c.path("three.parquet"))
spark.read.option("basePath", c.path("by_int")).parquet(c.path("by_int") + "/i2=3")
spark.read.parquet(c.path("by_int")).filter("i2 >= 3").select("id", "i2")
spark.read.parquet(c.path("by_date"))
spark.read.parquet(c.path("by_date")).filter(F.col("t2") > dt.date(2000, 1, 1)).select("id", "t2")
spark.read.parquet(c.path("by_two"))
spark.read.parquet(c.path("by_two")).filter("y = 2024 and mo = 1")
spark.read.parquet(c.path("by_two/y=2024"))
spark.read.parquet(c.path("by_two/y=2024/mo=01"))
spark.read.option("basePath", c.path("by_two")).parquet(c.path("by_two/y=2024"))
spark.read.parquet(c.path("by_text"))
spark.read.parquet(c.path("by_null"))
spark.read.parquet(c.path("by_null")).filter("k is null")
spark.read.schema("id int, s2 string, t2 date, g string, i2 bigint").parquet(c.path("by_int"))
spark.read.schema("id int, s2 string, i2 string").parquet(c.path("by_int"))
spark.read.csv(c.path("csv_by"), header=True)
spark.read.json(c.path("json_by"))
spark.read.parquet(c.path("nothing"))
spark.read.schema("a int").parquet(c.path("nothing"))
spark.read.csv(c.path("plain.csv"), header=True)
spark.read.csv(c.path("plain.csv"))
spark.read.csv(c.path("plain.csv"), header="true", sep=",")
spark.read.option("header", "true").option("inferSchema", "false").csv(c.path("plain.csv"))
spark.read.format("csv").option("header", True).load(c.path("plain.csv"))
spark.read.csv(c.path("plain.csv"), header=True, schema="id string, name string, amount string")
spark.read.csv(c.path("plain.csv"), header=True, schema="id int, name string, amount double")
spark.read.csv(c.path("plain.csv"), header=True, inferSchema=True)
spark.read.csv(c.path("noheader.csv"))
spark.read.csv(c.path("noheader.csv"), schema="a string, b string")
spark.read.csv(c.path("semicolon.csv"), header=True, sep=";")
spark.read.option("delimiter", ";").option("header", True).csv(c.path("semicolon.csv"))
spark.read.csv(c.path("tab.tsv"), header=True, sep="\t")
spark.read.csv(c.path("quoted.csv"), header=True)
spark.read.csv(c.path("doubled.csv"), header=True)
spark.read.csv(c.path("doubled.csv"), header=True, escape='"')
spark.read.csv(c.path("quoted.csv"), header=True, escape='"')
spark.read.csv(c.path("quoted.csv"), header=True, escape='"', mode="FAILFAST")
spark.read.csv(c.path("quoted.csv"), header=True, escape='"', mode="FAILFAST", unescapedQuoteHandling="RAISE_ERROR")
spark.read.csv(c.path("stray.csv"), header=True, escape='"', mode="FAILFAST", unescapedQuoteHandling="RAISE_ERROR")
spark.read.csv(c.path("plain.csv"), header=True, quote="\0", escape="\0", mode="FAILFAST")
spark.read.csv(c.path("backslash.csv"), header=True)
spark.read.csv(c.path("bareslash.csv"), header=True)
spark.read.csv(c.path("stray.csv"), header=True)
spark.read.csv(c.path("newline.csv"), header=True)
spark.read.csv(c.path("newline.csv"), header=True, multiLine=True)
spark.read.csv(c.path("ragged.csv"), header=True)
spark.read.csv(c.path("ragged.csv"), header=True, mode="DROPMALFORMED")
spark.read.csv(c.path("crlf.csv"), header=True)
spark.read.csv(c.path("cr.csv"), header=True)
spark.read.csv(c.path("blank.csv"), header=True)
spark.read.csv(c.path("single.csv"), header=True)
spark.read.csv(c.path("spaces.csv"), header=True)
spark.read.csv(c.path("headonly.csv"), header=True)
spark.read.csv(c.path("dupes.csv"), header=True)
spark.read.csv(c.path("nohead.csv"), header=True)
spark.read.csv(c.path("quotedhead.csv"), header=True)
spark.read.csv(c.path("nulls.csv"), header=True)
spark.read.csv(c.path("nulls.csv"), header=True, nullValue="null")
spark.read.csv(c.path("bom.csv"), header=True)
spark.read.csv(c.path("latin.csv"), header=True)
spark.read.csv(c.path("zipped.csv.gz"), header=True)
spark.read.csv(c.path("many_csv"), header=True)
spark.read.csv([c.path("many_csv/f0.csv"), c.path("many_csv/f2.csv")], header=True)
spark.read.csv(c.path("other_head"), header=True)
spark.read.csv(c.path("other_head"), header=True, schema="a string, b string")
spark.read.csv(c.path("typed.csv"), header=True, schema="i int, l bigint, d double, s string, b boolean, t date, ts timestamp")
spark.read.csv(c.path("typed.csv"), header=True, schema="i smallint, l decimal(20,0), d float, s string, b string, t string, ts string")
spark.read.csv(c.path("odd_int.csv"), header=True, schema="i int")
spark.read.csv(c.path("odd_double.csv"), header=True, schema="d double")
spark.read.csv(c.path("odd_date.csv"), header=True, schema="t date")
spark.read.csv(c.path("odd_ts.csv"), header=True, schema="ts timestamp")
spark.read.csv(c.path("odd_bool.csv"), header=True, schema="b boolean")
spark.read.csv(c.path("nothing"), header=True)
spark.read.json(c.path("lines.json"))
spark.read.json(c.path("lines.json")).select("o.p", "a")
spark.read.json(c.path("late.json")).filter("a > 1498 or late is not null")
spark.read.json(c.path("mixed.json"))
spark.read.json(c.path("bad.json"))
spark.read.json(c.path("bad.json"), mode="DROPMALFORMED")
spark.read.json(c.path("big.json"))
spark.read.json(c.path("frac.json"))
spark.read.json(c.path("frac.json"), schema="a bigint")
spark.read.json(c.path("frac.json"), schema="a double")
spark.read.json(c.path("lines.json"), schema="a bigint, b string")
spark.read.json(c.path("lines.json"), schema="a int, b string")
spark.read.json(c.path("lines.json"), schema="a string")
spark.read.json(c.path("lines.json"), schema="o struct<p: bigint, q: array<bigint>>, absent string")
spark.read.json(c.path("blank.json"))
spark.read.json(c.path("dates.json"))
spark.read.json(c.path("dates.json"), schema="t date, ts timestamp")
spark.read.json(c.path("array.json"))
spark.read.json(c.path("case.json"))
spark.read.json(c.path("empty.json"))
spark.read.json(c.path("zipped.json.gz"))
spark.read.json(c.path("all.json"))
spark.read.format("json").load(c.path("lines.json"))
! spark.read.text(c.path("text.txt"))
spark.read.text(c.path("text.txt"), wholetext=True)
spark.read.text(c.path("text.txt")).filter(F.col("value") != "").count() and spark.read.text(c.path("text.txt"))
spark.read.orc(c.path("nothing"))
""",
)


def written(case: Case, write: Callable[[Any], None]) -> Any:
    """Run a write; give what it left as a DataFrame of (file or row) texts, described the same way for both engines."""
    try:
        write(case)
        error = ""
    except Exception as raised:
        if "[UNPROVEN]" in str(raised):
            raise
        error = getattr(raised, "getCondition", lambda: "")() or type(raised).__name__
    return case.spark.createDataFrame([*describe(case.own), ("error", error)], "what string, held string")


def describe(folder: Path) -> list[tuple[str, str]]:
    """Every partition folder with its number of files, names without their random part, rows and columns."""
    import re

    import pyarrow.parquet as pq

    found: list[tuple[str, str]] = []
    for place in sorted({held.parent for held in folder.rglob("*") if held.is_file()}):
        names, rows, schema = [], [], set()
        for file in sorted(place.iterdir()):
            if file.name.endswith(".crc") or file.is_dir():
                continue
            names.append(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "U", re.sub(r"part-\d+", "part", file.name)))
            if file.suffix == ".parquet":
                held = pq.read_table(file, partitioning=None)
                schema.add(str([(f.name, _shown(f.type)) for f in held.schema]))
                rows += [str(row) for row in zip(*[_values(column) for column in held.columns], strict=True)]
            elif file.suffix == ".gz":
                rows += gzip.decompress(file.read_bytes()).decode().splitlines()
            elif file.name != "_SUCCESS":
                rows += file.read_text().splitlines()
        shown = str(place.relative_to(folder))
        found.append((f"names {shown}", str(sorted(set(names)))))
        settled = len(names) <= 2 and "=" not in shown  # rows within a partition have no order in Spark either
        found.append((f"rows {shown}", str(rows if settled else sorted(rows))))
        found.append((f"schema {shown}", str(sorted(schema))))
    return found


def _values(column: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us"))
    return list(column.to_pylist())


def _shown(arrow: Any) -> str:
    import re

    return re.sub(
        r"timestamp\[\w+(, tz=\w+)?\]", "timestamp", re.sub(r" not null|large_|\w+: | \('\w+'\)", "", str(arrow))
    )


def writing(text: str) -> None:
    """`statement; statement` over n, c.own (`o`): each line is a program that writes."""
    for line in lines_of(text):
        code = compile(line, "<write>", "exec")

        def run(case: Case, code: Any = code) -> Any:
            def write(case: Case) -> None:
                scope = {
                    "F": case.F,
                    "spark": case.spark,
                    "o": str(case.own / "out"),
                    "n": case.nasty(),
                    "c": case,
                    "dt": dt,
                }
                exec(code, scope)

            return written(case, write)

        PROGRAMS[f"write: {line}"] = run


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines() if line.strip() and not line.strip().startswith("#")]


_SOME = 'n.select("id", "s2", "i2", "g")'
_FEW = 'n.filter("abs(x) < 1000000 and x <> 0 and abs(x) > 0.001 or x is null")'
_PLAIN = 'n.filter("id in (0, 1, 2, 4, 5, 8, 10, 11, 12, 13)").select("id", "s2", "i2", "g")'
writing(rf"""
{_SOME}.coalesce(1).write.parquet(o)
n.select("id", "y", "h", "i", "l", "f", "d", "n", "s", "b", "t", "bin").coalesce(1).write.parquet(o)
n.select("id", "ts2").coalesce(1).write.parquet(o)
n.select("id", "ai", "as", "r").coalesce(1).write.parquet(o)
n.select("id", "ar", "m").coalesce(1).write.parquet(o)
{_SOME}.repartition(1).write.mode("overwrite").parquet(o)
{_SOME}.orderBy("i2", "id").coalesce(1).write.parquet(o)
{_SOME}.orderBy(F.desc("id")).coalesce(1).write.mode("overwrite").parquet(o)
{_SOME}.coalesce(1).write.save(o)
{_SOME}.coalesce(1).write.format("parquet").mode("append").save(o)
{_SOME}.coalesce(1).write.option("compression", "gzip").parquet(o)
{_SOME}.coalesce(1).write.option("compression", "snappy").parquet(o)
{_SOME}.coalesce(1).write.parquet(o, compression="zstd")
{_SOME}.coalesce(1).write.parquet(o, compression="none")
{_SOME}.coalesce(1).write.parquet(o); {_SOME}.coalesce(1).write.mode("append").parquet(o)
{_SOME}.coalesce(1).write.parquet(o); {_SOME}.filter("id > 5").coalesce(1).write.mode("overwrite").parquet(o)
{_SOME}.coalesce(1).write.parquet(o); {_SOME}.coalesce(1).write.parquet(o)
{_SOME}.coalesce(1).write.parquet(o); {_SOME}.coalesce(1).write.mode("error").parquet(o)
{_SOME}.coalesce(1).write.parquet(o); {_SOME}.filter("id < 0").coalesce(1).write.mode("ignore").parquet(o)
{_SOME}.coalesce(1).write.parquet(o); spark.read.parquet(o).write.mode("overwrite").parquet(o)
{_SOME}.coalesce(1).write.parquet(o); spark.read.parquet(o).coalesce(1).write.mode("append").parquet(o)
{_SOME}.filter("id < 0").coalesce(1).write.parquet(o)
n.filter("id < 0").drop("ar", "m").coalesce(1).write.parquet(o)
{_SOME}.coalesce(1).write.partitionBy("g").parquet(o)
{_SOME}.coalesce(1).write.partitionBy("i2").parquet(o)
{_SOME}.coalesce(1).write.partitionBy("g", "i2").parquet(o)
{_SOME}.coalesce(1).write.mode("overwrite").partitionBy("g").parquet(o)
n.select("id", "t").coalesce(1).write.partitionBy("t").parquet(o)
n.select("id", "l").coalesce(1).write.partitionBy("l").parquet(o)
n.select("id", "y").coalesce(1).write.partitionBy("y").parquet(o)
n.select("id", "h").coalesce(1).write.partitionBy("h").parquet(o)
n.select("id", "b").coalesce(1).write.partitionBy("b").parquet(o)
n.select("id", "n").coalesce(1).write.partitionBy("n").parquet(o)
n.select("id", "x").coalesce(1).write.partitionBy("x").parquet(o)
n.select("id", "ts2").coalesce(1).write.partitionBy("ts2").parquet(o)
n.select("id", "s").filter("id not in (5, 6)").coalesce(1).write.partitionBy("s").parquet(o)
n.select("id", F.lit("a/b=c:d%e?f#g\"h*i\\j'k{{l}}[m]^n o~p").alias("k")).coalesce(1).write.partitionBy("k").parquet(o)
{_SOME}.filter("id < 0").coalesce(1).write.partitionBy("g").parquet(o)
{_SOME}.orderBy(F.desc("id")).coalesce(1).write.partitionBy("g").parquet(o)
{_SOME}.coalesce(1).write.partitionBy("g").parquet(o); {_SOME}.filter("g = 'a'").limit(1).coalesce(1).write.mode("overwrite").partitionBy("g").parquet(o)
{_SOME}.coalesce(1).write.partitionBy("g").parquet(o); {_SOME}.filter("id = 0").coalesce(1).write.mode("append").partitionBy("g").parquet(o)
{_SOME}.coalesce(1).write.partitionBy("g").parquet(o); {_SOME}.filter("id = 0").coalesce(1).write.mode("overwrite").option("partitionOverwriteMode", "dynamic").partitionBy("g").parquet(o)
{_SOME}.coalesce(1).write.mode("overwrite").option("partitionOverwriteMode", "dynamic").partitionBy("g").parquet(o)
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic"); {_SOME}.coalesce(1).write.partitionBy("g").parquet(o); {_SOME}.filter("id = 0").coalesce(1).write.mode("overwrite").partitionBy("g").parquet(o); spark.conf.unset("spark.sql.sources.partitionOverwriteMode")
{_PLAIN}.coalesce(1).write.csv(o)
{_PLAIN}.coalesce(1).write.csv(o, header=True)
{_PLAIN}.coalesce(1).write.option("header", "true").mode("overwrite").csv(o)
{_PLAIN}.coalesce(1).write.csv(o, header=True, sep=";")
{_PLAIN}.coalesce(1).write.csv(o, header=True, sep="\t")
{_PLAIN}.coalesce(1).write.csv(o, header=False, compression="gzip")
{_PLAIN}.coalesce(1).write.partitionBy("g").csv(o, header=True)
{_PLAIN}.orderBy(F.desc("id")).coalesce(1).write.csv(o, header=True)
{_FEW}.select("id", "x").coalesce(1).write.csv(o, header=True)
{_FEW}.select("id", "x").coalesce(1).write.json(o)
{_FEW}.select("id", F.struct("x", "t2").alias("w")).coalesce(1).write.json(o)
{_FEW}.select("id", F.struct("x", "ts2").alias("w")).coalesce(1).write.json(o)
{_FEW}.select("x", "id").coalesce(1).write.partitionBy("x").parquet(o)
{_SOME}.coalesce(1).write.csv(o)
{_SOME}.coalesce(1).write.csv(o, header=True)
{_SOME}.coalesce(1).write.option("header", "true").mode("overwrite").csv(o)
{_SOME}.coalesce(1).write.csv(o, header=True, sep=";")
{_SOME}.coalesce(1).write.csv(o, header=True, compression="gzip")
n.select("id", "s").coalesce(1).write.csv(o, header=True)
n.select("id", "y", "h", "i", "l", "b", "t").coalesce(1).write.csv(o, header=True)
n.select("id", "x").coalesce(1).write.csv(o, header=True)
n.select("id", "d").coalesce(1).write.csv(o, header=True)
n.select("id", "n").coalesce(1).write.csv(o, header=True)
n.select("id", "ts2").coalesce(1).write.csv(o, header=True)
{_SOME}.filter("id < 0").coalesce(1).write.csv(o, header=True)
{_PLAIN}.coalesce(1).write.csv(o, header=True, sep=",")
{_PLAIN}.coalesce(1).write.csv(o, header=True, sep="|")
{_PLAIN}.coalesce(1).write.option("delimiter", "|").csv(o)
{_PLAIN}.coalesce(1).write.csv(o, header=True, escape="\"")
{_PLAIN}.coalesce(1).write.csv(o, header=True, sep="^")
{_SOME}.filter("id < 0").coalesce(1).write.csv(o)
{_SOME}.coalesce(1).write.csv(o, header=True, ignoreLeadingWhiteSpace=False)
{_SOME}.coalesce(1).write.csv(o, header=True, ignoreTrailingWhiteSpace=False)
n.select("id", "st", "sj", "sd", "sn").coalesce(1).write.csv(o, header=True)
n.select("id", "st", "sj", "sd", "sn").coalesce(1).write.csv(o, header=True, escape="\"")
n.select("s", "s2", "g").coalesce(1).write.csv(o, sep="\t")
n.select("s2", F.lit("").alias("e"), "id").coalesce(1).write.csv(o)
n.select("s").coalesce(1).write.csv(o)
n.select("id", "f").coalesce(1).write.csv(o)
n.select("id", F.expr("cast(id * 1234567.891 as double)").alias("k"), F.expr("cast(id * 0.0000123 as double)").alias("z")).coalesce(1).write.csv(o)
n.select("s2").coalesce(1).write.csv(o, header=True)
n.select("i2").coalesce(1).write.csv(o, header=True)
n.select("s2", "g").coalesce(1).write.partitionBy("g").csv(o)
n.select("id", "s", "s2").coalesce(1).write.csv(o, header=True, quote="'", escape="'", ignoreLeadingWhiteSpace=False, ignoreTrailingWhiteSpace=False)
n.select("id", "s", "s2").coalesce(1).write.csv(o, header=True, quote="'", escape="'")
n.select("id", "s", "s2").coalesce(1).write.csv(o, header=True, quote="'")
n.select(F.element_at(F.array(F.lit("#"), F.lit(" #x"), F.lit("#,"), F.lit("x#")), F.col("id") % 4 + 1).alias("k"), "id").coalesce(1).write.csv(o)
n.select("id", F.element_at(F.array(F.lit('\n'), F.lit(' \n '), F.lit(' x\n'), F.lit('\n x'), F.lit(' \"a '), F.lit('\\ '), F.lit('  ')), F.col("id") % 7 + 1).alias("k")).coalesce(1).write.csv(o)
n.select(F.lit(None).cast("string").alias("z"), F.lit(" ").alias("e"), "id").coalesce(1).write.csv(o)
n.select("id", "s").coalesce(1).write.csv(o, header=True, escape="\"", ignoreLeadingWhiteSpace=False, ignoreTrailingWhiteSpace=False)
n.select("id", "s").coalesce(1).write.csv(o, header="true", sep=",", escape="\"", ignoreLeadingWhiteSpace="false", ignoreTrailingWhiteSpace="false")
n.select("s", "id").coalesce(1).write.csv(o, sep="|", escape="\"", ignoreLeadingWhiteSpace=False, ignoreTrailingWhiteSpace=False)
n.select("s").coalesce(1).write.csv(o, header=True, escape="\"", ignoreLeadingWhiteSpace=False, ignoreTrailingWhiteSpace=False)
n.select("id", F.lit("a|b,c;d\te").alias("k"), "s2").coalesce(1).write.csv(o, sep=";", escape="\"", ignoreLeadingWhiteSpace=False, ignoreTrailingWhiteSpace=False)
n.select("id", F.element_at(F.array(F.lit('"a"'), F.lit(' "'), F.lit('x""'), F.lit('\\'), F.lit('"'), F.lit('""'), F.lit('a\n'), F.lit('\n'), F.lit("#x"), F.lit(' ,'), F.lit('\\"'), F.lit("'")), F.col("id") % 12 + 1).alias("k")).coalesce(1).write.csv(o, escape="\"", ignoreLeadingWhiteSpace=False, ignoreTrailingWhiteSpace=False)
n.select(F.element_at(F.array(F.lit('"a"'), F.lit(' "'), F.lit('x""'), F.lit('\\'), F.lit('"'), F.lit('""'), F.lit('a\n'), F.lit('\n'), F.lit("#x"), F.lit(' ,'), F.lit('\\"'), F.lit("'")), F.col("id") % 12 + 1).alias("k"), "id").coalesce(1).write.csv(o, header=True, sep="|", escape="\"", ignoreLeadingWhiteSpace=False, ignoreTrailingWhiteSpace=False)
n.select("id", F.lit(1).alias(" odd name ")).coalesce(1).write.csv(o, header=True)
n.select("id", F.lit(1).alias('say "x"')).coalesce(1).write.csv(o, header=True, escape="\"", ignoreLeadingWhiteSpace=False, ignoreTrailingWhiteSpace=False)
{_SOME}.coalesce(1).write.partitionBy("g").csv(o, header=True)
{_SOME}.coalesce(1).write.json(o)
n.select("id", "s").coalesce(1).write.json(o)
n.select("id", "y", "h", "i", "l", "b").coalesce(1).write.json(o)
n.select("id", "x").coalesce(1).write.json(o)
n.select("id", "d").coalesce(1).write.json(o)
n.select("id", "n").coalesce(1).write.json(o)
n.select("id", "t2").coalesce(1).write.json(o)
n.select("id", "ts2").coalesce(1).write.json(o)
n.select("id", "r").coalesce(1).write.json(o)
n.select("id", "ai").coalesce(1).write.json(o)
n.select("id", "as").coalesce(1).write.json(o)
n.select("id", "m").coalesce(1).write.json(o)
n.select("id", "ar").coalesce(1).write.json(o)
{_SOME}.coalesce(1).write.partitionBy("g").json(o)
{_SOME}.coalesce(1).write.json(o, compression="gzip")
n.select("s2").filter("s2 is not null").coalesce(1).write.text(o)
n.select("s2").coalesce(1).write.text(o)
{_SOME}.coalesce(1).write.option("maxRecordsPerFile", 5).parquet(o)
{_SOME}.coalesce(1).write.orc(o)
spark.range(1000).withColumn("k", F.col("id") % 7).coalesce(1).write.partitionBy("k").parquet(o)
spark.range(30000).orderBy(F.desc("id")).coalesce(1).write.parquet(o)
{_SOME}.groupBy("g").agg(F.sum("i2").alias("t")).coalesce(1).orderBy("t").write.parquet(o)
""")


def sql(text: str) -> None:
    """A query per line over the views n (nasty), a (left), b (right); `!` where its order counts."""
    for line in lines_of(text):

        def run(case: Case, query: str = line.lstrip("! ")) -> Any:
            if not getattr(case.spark, "has_the_views", False):
                case.nasty().createOrReplaceTempView("n")
                case.left().createOrReplaceTempView("a")
                case.right().createOrReplaceTempView("b")
                case.spark.has_the_views = True
            return case.spark.sql(query)

        run.__doc__ = "ordered" if line.startswith("!") else ""
        PROGRAMS[f"sql: {line.lstrip('! ')}"] = run


sql(r"""
select id, s from n
select * from n
SELECT id AS x, s y FROM n
select n.id, n.s from n
select t.id, t.* from n t where t.id < 3
select upper(s) as u, length(s) as l from n
select id, i2 + 1 as p, i2 * 2 as q, x / 2 as h, x - 1.5 as m from n
select id from n where i2 > 1 and s is not null or b
select id from n where s = 'a' and not b
select id from n where s <> 'a'
select id from n where s != 'a'
select id from n where s in ('a', 'b')
select id from n where i2 not in (1, 2)
select id from n where i2 between 1 and 3
select id from n where i2 not between 1 and 3
select id from n where s like 'a%'
select id from n where s not like '%b%'
select id from n where s rlike '^[a-z]+$'
select id from n where s is null
select id from n where t >= '2000-01-01'
select id from n where t >= date '2000-01-01'
select id from n where ts >= timestamp '2000-01-01 00:00:00'
select id from n where x > 1.5
select id from n where d > 1e3
select id from n where i2 = 1 limit 2 offset 0
select case when i2 > 1 then 'big' when i2 = 1 then 'one' else 'small' end as c, id from n
select case i2 when 1 then 'one' when 2 then 'two' end as c, id from n
select if(i2 > 1, 'y', 'n') as c, id from n
select coalesce(s, 'none') as c, nvl(s, s2) as d, ifnull(s, '') as e, nullif(s, 'a') as f, id from n
select cast(i2 as string) as c, cast(x as int) as d, cast(si as int) e, id from n
select try_cast(sn as int) as c, id from n
select id, cast('2024-01-31' as date) as d from n
select concat(s, '-', s2) as c, concat_ws(',', s, s2) as d, s || s2 as e, id from n
select substring(s, 1, 2) as c, trim(s) as d, replace(s, 'a', 'b') as e, id from n
select year(t) as y, month(t) as m, date_format(t, 'yyyy-MM') as f, date_add(t2, 1) as p, datediff(t, t2) as q, id from n
select r.p, r.q as z, id from n
select n.r.p from n
select ai[0] as f, m['a'] as g, id from n where id = 3
select count(*) from n
select count(*) as c, count(s) as s, count(distinct g) as d from n
select count(1), sum(i2), max(s), min(t), avg(x) from n
select sum(i2) as t from n where id < 0
select g, count(*) from n group by g
select g, count(*) as c, sum(i2) as s from n group by g
select count(*) as c, g from n group by g
select count(*) as c from n group by g
select g, b, max(x) as m from n group by g, b
select g, sum(i2) + 1 as s, sum(i2) * 2.5 as d from n group by g
select upper(g) as u, count(*) as c from n group by upper(g)
select upper(g) as u, count(*) as c from n group by u
select upper(g) as u, count(*) as c from n group by 1
select g, count(*) as c from n group by g having count(*) > 2
select g, count(*) as c from n group by g having c > 2
select g, sum(i2) as s from n group by g having sum(i2) > 3 and g is not null
select n.g, count(*) c from n group by n.g
select g, round(avg(x), 2) as a from n group by g
select g, sum(case when b then 1 else 0 end) as s from n group by g
select distinct g from n
select distinct g, b from n
! select id, s from n order by id
! select id, s from n order by id desc
! select id, s from n order by s, id desc
! select id, s from n order by s nulls last, id
! select id, s as t from n order by t desc nulls first, id
! select id, s from n order by 2, 1
! select s from n order by id
! select id, s from n order by length(s), id
! select id, s from n order by id limit 3
! select id, s from n order by id limit 3 offset 2
! select g, count(*) as c from n group by g order by c desc, g
! select g, count(*) as c from n group by g order by count(*) desc, g limit 2
! select g, sum(i2) as s from n group by g order by sum(i2), g
! select g, count(*) from n group by g order by 2 desc, 1
! select g from n group by g order by max(id)
! select distinct g from n order by g
! select id, i2 + 1 as v from n order by v, id
select a.k, a.l, b.r from a join b on a.k = b.k
select a.k, a.l, b.r from a inner join b on a.k = b.k where b.r <> 'A'
select a.k, a.l, b.r from a left join b on a.k = b.k
select a.k, a.l, b.r from a left outer join b on a.k = b.k and a.v > 1
select x.k, x.l, y.r from a x right join b y on x.k = y.k
select x.k as xk, y.k as yk from a as x full outer join b as y on x.k = y.k
select a.k, l from a left semi join b on a.k = b.k
select a.k, l from a left anti join b on a.k = b.k
select a.l, b.r from a cross join b
select a.l, b.r from a, b where a.k = b.k
select k, l, r from a join b using (k)
select k, l, r from a left join b using (k)
select x.l, y.l as m from a x join a y on x.k = y.k
select a.l, b.r from a join b on a.k <=> b.k
select * from a join b on a.k = b.k
select a.*, b.r from a join b on a.k = b.k
select a.k, b.r, n.s from a join b on a.k = b.k join n on n.id = a.k
select l, count(r) as c from a left join b on a.k = b.k group by l
! select l, sum(v) as s, count(*) as c from a join b on a.k = b.k group by l order by s desc, l limit 5
with c as (select id, i2 from n where id > 3) select * from c
with c as (select g, sum(i2) as t from n group by g), d as (select * from c where t > 2) select d.g, d.t from d
with c as (select 1 as x) select x from c
select q.g, q.c from (select g, count(*) as c from n group by g) q where q.c > 1
select * from (select id, s from n) where id < 5
select max(c) from (select count(*) as c from n group by g) t
select g from n union select s2 from n
select g from n union all select s2 from n
select id, s from n union all select id, s2 from n
select i from n union all select l from n
select i from n union all select d from n
select g from n intersect select s2 from n
select g from n except select s2 from n
! select g as v from n union select s2 from n order by v
! (select id from n where id < 3) union all (select id from n where id > 17) order by id limit 4
select id, row_number() over (partition by g order by id) as r from n
select id, rank() over (partition by g order by i2 desc) as r, dense_rank() over (partition by g order by i2) as d from n
select id, sum(i2) over (partition by g) as s, sum(i2) over (partition by g order by id rows between unbounded preceding and current row) as c from n
select id, lag(i2) over (partition by g order by id) as p, lead(s, 1, 'z') over (partition by g order by id) as q from n
select * from (select id, g, row_number() over (partition by g order by id desc) as rn from n) t where rn = 1
select g, sum(i2) as s, rank() over (order by sum(i2) desc) as r from n group by g
select 1 as one, 'a' as s, null as z, true as b
select 1
select current_date() is not null as c, current_timestamp is not null as d
select sum(id) from n
select max(i), min(l2) from n
select id, -i2 as m, +i2 as p, - x as q from n
select id, i2 % 2 as m, i2 / 2 as q from n
select id, 1.5 * i2 as m, 2.0 * x as q, x * 0.1 as h from n
select id, 10 as a, 3000000000 as b, 1.25 as c, -5 as d from n where id = 1
select `id`, n.`s` from n
select "text" as t, id from n
select count(distinct g, b) as c from n
select g, collect_set(i2) as c from n where id < 0 group by g
select a.k from a where exists (select 1 from b where b.k = a.k)
select a.k from a where a.k in (select k from b)
select (select max(k) from b) as m
select g, count(*) from n group by all
select * except (s) from n
select id, explode(ai) as e from n
select id, e from n lateral view explode(ai) x as e
select id, e from n lateral view outer explode(ai) x as e
select g, b, count(*) from n group by rollup(g, b)
select g, b, count(*) from n group by cube(g, b)
select g, b, count(*) from n group by grouping sets ((g), (b))
select stack(2, 1, 2) as v
select * from values (1, 'a'), (2, 'b') as t(x, y)
select id, s from n tablesample (100 percent)
select /*+ broadcast(b) */ a.l, b.r from a join b on a.k = b.k
select l + 1 as x from n where id < 4
select id, date '2024-01-31' + interval 1 day as d from n
select x.id from n x where x.S = 'a'
select ID from n order by ID
from n select id
select id from n -- a comment
select g, count(*) as c from n group by g having count(*) > 2 and max(id) < 19
select count(*) + 1 as c from n
select id /* inside */ from n;
select cast(l as decimal(20,0)) as d, cast(n as double) as e, cast(id as double) / 3 as f from n
select to_date(si) as d from n where id = 999
select first(s) from n where id = 3
select g, max(i2) - min(i2) as spread from n group by g
select g, sum(x) / count(*) as m from n group by g
select s as S2, s2 as s3 from n
select sum(i2) filter (where b) as f from n
select g, sum(i2) s from n where g in ('a', 'b') group by g having sum(i2) is not null order by s
select id, not b as nb, b and b2 as both, b or b2 as either from n
select id, 'it''s' as q from n
select id, s from n where s = ''
select count(*) as `a b`, max(s) as `ü` from n
""")


table(
    "view",
    r"""
(n.createOrReplaceTempView("v"), spark.sql("select id from v where i2 > 1"))[1]
(n.select("id").createOrReplaceTempView("v"), n.select("s").createOrReplaceTempView("v"), spark.table("v"))[2]
(n.createTempView("v2"), spark.table("v2").select("id"), spark.catalog.dropTempView("v2"))[1]
(spark.sql("create or replace temp view w as select 1 as x, 'a' as y"), spark.sql("select * from w"))[1]
(n.createOrReplaceTempView("v"), spark.sql("CREATE OR REPLACE TEMPORARY VIEW w AS SELECT g, count(*) AS c FROM v GROUP BY g"), spark.table("w"))[2]
(n.createOrReplaceTempView("V"), spark.sql("select id from v"))[1]
(n.select("id").createOrReplaceTempView("v"), spark.table("v").filter("id > 3").createOrReplaceTempView("v"), spark.sql("select * from v"))[2]
(a.createOrReplaceTempView("a1"), spark.table("a1").join(spark.table("a1").alias("z"), F.col("a1.k") == F.col("z.k")).select("a1.l", "z.v"))[1]
""",
)


sql(r"""
select id, cast(sn as int) as c from n
select id, try_cast(sn as int) as c, try_cast(sd as date) as d from n
select id, cast(s as double) as c from n where id = 3
select id, date '2024-01-31' as d, timestamp '2024-01-31 10:00:00' as t from n
select cast('x' as int) as c
select date '2024-02-30' as d
select 10L as l, 1.5D as d
select id from n where not s = 'a'
select id from n where (i2 = 1) = b
select id from n where i2 = 1 or i2 = 2 and b
select id from n where not b and b2 or i2 > 3
select 2 + 3 * 4 - 6 / 2 as v, -(2 + 1) as w, (1 + 2) % 2 as x
select id from n where i2 + 1 > 2 * 1 and s2 between 'a' and 'c'
select g from n union all select s2 from n union all select s from n
""")

import file_programs  # noqa: E402, F401  (programs over more files)
