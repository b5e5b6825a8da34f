# ruff: noqa: E501
"""Programs that random ones (`fuzz`) were made of where the engines differed. See `programs`."""

from __future__ import annotations

from programs import sql, table

table(
    "combined",
    r"""
n.filter("id < 0").agg(F.count("i2").alias("s")).withColumn("k", F.lit("a")).filter("k = 'b'")
n.agg(F.count("i2").alias("s"), F.lit("a").alias("k")).filter("k = 'b' and s >= 0")
n.select(F.count("i2").alias("s"), F.lit("a").alias("k")).filter("k = 'b'")
n.rollup("b").agg(F.count("i2").alias("s"), F.lit("a").alias("k")).filter("k = 'b'")
n.agg(F.count("i2").alias("s"), F.lit("a").alias("k")).join(n.select("id"), F.col("k") == "b", "full")
n.filter("id < 0").rollup("b", "g").agg(F.count("*").alias("c"))
n.filter("id < 0").cube("b").agg(F.max("s").alias("c"))
u.cube("k").agg(F.count("*").alias("c"))
n.select("id", "s2").join(n.select("s", "s2"), ["s2"], "left_semi")
n.select("id", "s", "s2").join(n.select(F.col("s").alias("s2"), "g"), "s2", "left_anti").filter("id > 2")
n.select("id", "s", "g").join(n.filter("id < 3").select("g", "s"), ["g", "s"], "left_anti")
n.groupBy("s2").agg(F.min("d"), F.max("d"), F.min("f"), F.max("f"))
n.groupBy("id").agg(F.min("d").alias("a"), F.max("d").alias("b"), F.min("f").alias("c"), F.max("f").alias("e"))
n.select("d", (F.col("d") - F.col("d")).alias("x")).filter("x > 5")
n.select("id", (F.col("d") - F.col("d") == F.col("d")).alias("x"), (F.col("f") - F.col("f") > 5).alias("y"))
n.select((F.col("d") * F.lit(0.0)).alias("x")).groupBy("x").count()
n.select((F.col("d") - F.col("d")).alias("x")).union(n.select("d")).distinct()
n.select("id", (F.col("d") % F.lit(2.0)).alias("x"), F.cos("d").alias("y"), (-F.col("d")).alias("z")).filter("x > 100 or y > 100 or z > 1e305")
n.select("id", F.sqrt(F.lit(-1.0) * F.abs("x")).alias("x")).filter("x > 1")
! n.select("id", (F.col("d") - F.col("d")).alias("x")).orderBy("x", "id")
! n.groupBy("id").agg(F.covar_pop("d", "x").alias("x")).orderBy(F.desc("x"), "id")
n.select("id", F.sum("d").over(W.partitionBy("id").orderBy("id")).alias("x")).filter("x > 1e305")
n.groupBy("b").agg(F.sum("d").alias("x"), F.avg("f").alias("y")).filter("x > 1e305 and y > 1")
n.select((1 + F.col("n")).alias("a"), (F.lit(3000000000) * F.col("n2")).alias("b"), (F.col("n") - 5).alias("c"), (F.col("n") % 7).alias("e"), (F.col("n") * F.lit(-12)).alias("f"))
n.select(F.ceil("n").alias("x"), F.ceil("n2").alias("y"), F.floor(F.col("n2").cast("decimal(20,10)")).alias("z"))
n.select("id", F.timestamp_seconds("l2").alias("x"), F.timestamp_millis("l2").alias("y"))
n.filter("i2 is not null").select("id", F.date_from_unix_date("i2").cast("string").alias("x"), F.timestamp_micros("l2").cast("string").alias("y"))
n.select("id", F.date_from_unix_date("i").cast("string").alias("x"))
n.groupBy("b").agg(F.avg("n2").alias("x"), F.avg("n").alias("y"), F.avg(-F.col("n2")).alias("z"))
n.groupBy("g").agg(F.avg("n2").cast("string").alias("x"), F.avg(F.col("n2").cast("decimal(30,10)")).alias("y"))
n.select((F.col("n") + F.lit(__import__("decimal").Decimal("1.50"))).alias("x"), F.coalesce(F.col("n"), F.lit(__import__("decimal").Decimal("1.5"))).cast("string").alias("y"))
n.select("id", F.col("d").isin(0.0, 1.5, 2.5, 3.5, 4.5).alias("x"), F.col("f").isin(0, 1, 2, 3, 4).alias("y"), (F.col("d") - F.col("d")).isin(1.0, 2.0, 3.0, float("nan"), 5.0).alias("z"))
n.select("id", F.col("d").isin(F.col("d2"), F.col("x"), 5.5, -0.0).alias("x"), F.greatest(F.col("f"), F.col("d2")).isin(0.0, F.col("d")).alias("y"))
n.select("id", F.nullif("f", F.lit(0.0).cast("float")).alias("x"))
n.select("id", F.coalesce(F.lit(7), F.lit(None), F.col("i")).alias("x"))
""",
)

sql(r"""
select count(*) as c, 'a' as k from n where id < 0 having 'a' = 'b'
select b, g, count(*) as c from n where id < 0 group by grouping sets ((b, g), ())
select b, count(*) as c, 'a' as k from n group by rollup(b) having count(*) > 0
select n2 - 5 as x, -5 * n as z from n
""")
