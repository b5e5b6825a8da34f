# ruff: noqa: E501
"""Sessions that change what answers mean: ANSI mode off, and zones other than UTC, in every way these can be set.

No such setting is proven, so these prove nothing: they run as users' programs do, on the router with the committed
list and Spark behind it, and must give Spark's answer. See `programs`.
"""

from __future__ import annotations

from programs import table

NOT_ANSI = ("spark.sql.ansi.enabled", "false")
ZONES = ("Europe/Zurich", "America/New_York", "Asia/Kolkata")
# Half-hours over the days on which the clocks of both zones with a summer time are changed.
CLOCKS = "spark.createDataFrame([(d,) for d in (1710032400, 1711832400, 1729956600, 1730590200)], 'd bigint').selectExpr('explode(sequence(d, d + 36000, 1800)) as e').selectExpr('e', 'timestamp_seconds(e) as t')"
GAPS = "['2024-03-10 02:30:00', '2024-03-31 02:30:00', '2024-10-27 02:30:00', '2024-11-03 01:30:00', '1883-11-18 12:00:00', '0001-01-01 00:00:00']"
TEXTS = f"spark.createDataFrame([(w,) for w in {GAPS}], 'w string')"

WITHOUT_ANSI = r"""
n.select("id", F.col("i") + F.col("i2"), F.col("l") * 4, -F.col("y"), F.abs("h"), F.expr("y + cast(1 as tinyint)"))
n.select("id", F.col("i") / F.col("i2"), F.col("i") % F.col("i2"), F.col("n") / 0, F.expr("i div i2"), F.expr("pmod(i, i2)"))
n.select("id", *[F.col("s").cast(t).alias(t) for t in ("int", "bigint", "double", "decimal(10,2)", "boolean", "date", "timestamp")])
n.select("id", *[F.col("sn").cast(t).alias(t) for t in ("tinyint", "int", "double", "decimal(4,1)", "date")])
n.select("id", F.col("d").cast("int"), F.col("d").cast("bigint"), F.col("l").cast("tinyint"), F.col("n").cast("decimal(4,1)"), F.col("d").cast("timestamp"))
n.select("id", F.col("ai")[5], F.element_at("ai", 9), F.element_at("m", "nope"), F.size("ai"), F.size("m"))
n.select("id", F.to_date("sd"), F.to_timestamp("st"), F.unix_timestamp("st"), F.to_date("sd", "yyyy-MM-dd"), F.make_date("i2", "i2", "i2"))
n.select("id", F.expr("sn = 1"), F.expr("sn + 1"), F.coalesce("s", "i"), F.expr("case when b then i else s end"), F.expr("if(b, sn, i)"))
n.select("id", F.round(F.col("i"), -9), F.conv("sn", 10, 16), F.expr("date_add(t, i)"), F.expr("next_day(t, 'no day')"))
n.agg(F.sum("l"), F.sum("i"), F.avg("n"), F.sum("n"), F.sum("sn"))
n.select("i2").union(n.select("s"))
n.filter("sn > 1").select("id")
a.join(b.withColumn("k", F.col("k").cast("string")), "k")
n.select("s").write.mode("overwrite").text(c.own.as_posix() + "/x") or spark.read.schema("s int, d date").csv(c.own.as_posix() + "/x")
"""
IN_A_ZONE = rf"""
n.select("id", F.hour("ts"), F.minute("ts"), F.dayofmonth("ts"), F.weekofyear("ts"), F.to_date("ts"), F.col("ts").cast("string"), F.col("ts").cast("date"))
n.select("id", F.col("t").cast("timestamp"), F.to_timestamp("t"), F.unix_timestamp("ts"), F.unix_timestamp("t"), F.col("ts").cast("bigint"), F.datediff("ts", "t"))
n.select("id", F.date_format("ts", "yyyy-MM-dd HH:mm:ss"), F.date_trunc("day", "ts"), F.date_trunc("month", "t"), F.trunc("ts", "month"))
n.select("id", F.from_utc_timestamp("ts", "Asia/Tokyo"), F.to_utc_timestamp("ts", "America/New_York"), F.months_between("ts", "t"), F.last_day("ts"))
n.select("id", F.from_unixtime("l2"), F.timestamp_seconds("l2"), F.expr("make_timestamp(2024, 3, 31, 2, 30, 0)"))
{CLOCKS}.select("e", F.hour("t"), F.col("t").cast("string"), F.date_trunc("day", "t"), F.date_format("t", "yyyy-MM-dd HH:mm"), F.to_date("t"))
{CLOCKS}.selectExpr("e", "t + interval 1 day", "t - interval 1 hour", "t + make_interval(0, 1)", "to_utc_timestamp(t, 'UTC')", "date_add(t, 1)")
{CLOCKS}.groupBy(F.to_date("t").alias("d")).agg(F.count("*"), F.min("t"))
{TEXTS}.selectExpr("w", "cast(w as timestamp)", "to_timestamp(w, 'yyyy-MM-dd HH:mm:ss')", "unix_timestamp(w)", "to_date(w)", "timestamp_ntz'2024-03-31 02:30:00' = cast(w as timestamp)")
{TEXTS}.filter("w > timestamp'2024-03-31 03:00:00'")
spark.sql("select timestamp'2024-03-31 02:30:00' as a, cast('2024-01-01' as timestamp) as b, hour(timestamp'2024-01-01 00:00:00Z') as c")
spark.createDataFrame([(dt.datetime(2024, 3, 31, 2, 30),)], "t timestamp").selectExpr("t", "cast(t as string) as s", "hour(t) as h")
n.select(F.window("ts", "1 day").start.alias("w")).where("w > '2000-01-01'")
n.select("id", "ts").write.mode("overwrite").parquet(c.own.as_posix() + "/x") or spark.read.parquet(c.own.as_posix() + "/x").selectExpr("id", "ts", "cast(ts as string)")
n.select("id", "ts").write.mode("overwrite").csv(c.own.as_posix() + "/x") or spark.read.text(c.own.as_posix() + "/x")
n.select("id", "ts").write.mode("overwrite").json(c.own.as_posix() + "/x") or spark.read.text(c.own.as_posix() + "/x")
{TEXTS}.write.mode("overwrite").csv(c.own.as_posix() + "/x") or spark.read.csv(c.own.as_posix() + "/x", inferSchema=True)
{TEXTS}.write.mode("overwrite").text(c.own.as_posix() + "/x") or spark.read.schema("t timestamp").csv(c.own.as_posix() + "/x")
{TEXTS}.write.mode("overwrite").json(c.own.as_posix() + "/x") or spark.read.schema("w timestamp").json(c.own.as_posix() + "/x")
n.select("i2", "ts").write.mode("overwrite").partitionBy("ts").parquet(c.own.as_posix() + "/x") or spark.read.parquet(c.own.as_posix() + "/x")
"""
# However a session comes by a zone, and back: `t` shows which one a plan has, the setting is asked for beside it.
SHOWN = """spark.createDataFrame([(spark.conf.get("spark.sql.session.timeZone"),)], "z string").selectExpr("z", "hour(timestamp'1970-01-01 00:00:00Z') as t")"""
HOWEVER = rf"""
[spark.sql("set time zone 'Europe/Zurich'")] and {SHOWN}
[spark.sql("-- home\nset time zone 'Europe/Zurich'")] and {SHOWN}
[spark.sql("/* home */ set spark.sql.session.timeZone = Europe/Zurich")] and {SHOWN}
[spark.sql("set `spark.sql.session.timeZone` = `Europe/Zurich`")] and {SHOWN}
[spark.sql("execute immediate \"set time zone 'Europe/Zurich'\"")] and {SHOWN}
[spark.sql("set time zone 'Europe/Zurich'"), spark.sql("set spark.sql.session.timeZone = UTC")] and {SHOWN}
[spark.sql("set time zone 'Europe/Zurich'"), spark.sql("reset spark.sql.session.timeZone")] and {SHOWN}
[spark.conf.set("spark.sql.session.timeZone", "Europe/Zurich"), spark.range(1).collect(), spark.conf.unset("spark.sql.session.timeZone")] and {SHOWN}
[spark.conf.set("spark.sql.session.timeZone", "Europe/Zurich"), spark.conf.set("spark.sql.session.timeZone", "UTC")] and {SHOWN}
[{SHOWN}.createOrReplaceTempView("v"), spark.conf.set("spark.sql.session.timeZone", "Europe/Zurich")] and spark.table("v")
[spark.conf.set("spark.sql.session.timeZone", "Europe/Zurich"), {SHOWN}.createOrReplaceTempView("v"), spark.conf.set("spark.sql.session.timeZone", "UTC")] and spark.table("v")
[spark.conf.set("spark.sql.session.timeZone", "+01:00")] and {SHOWN}
[spark.conf.set("spark.sql.session.timeZone", "Mars/Base")] and {SHOWN}
[spark.conf.set("spark.sql.shuffle.partitions", "many")] and {SHOWN}
[spark.conf.set("spark.sql.shuffle.partitions", "0")] and {SHOWN}
[spark.sql("-- off\nset spark.sql.ansi.enabled = false")] and spark.range(1).selectExpr("1 / id", "cast('x' as int)")
[spark.range(1).selectExpr("1 / id as x").createOrReplaceTempView("v"), spark.conf.set("spark.sql.ansi.enabled", "false")] and spark.table("v")
[spark.conf.set("spark.sql.ansi.enabled", "false"), spark.range(1).selectExpr("1 / id as x").createOrReplaceTempView("v"), spark.conf.set("spark.sql.ansi.enabled", "true")] and spark.table("v")
"""


def under(key: str, value: str, lines: str) -> str:
    return "\n".join(f'c.spark.conf.set("{key}", "{value}") or {line}' for line in lines.strip().splitlines())


table("setting", under(*NOT_ANSI, WITHOUT_ANSI))
for zone in ZONES:
    table("setting", under("spark.sql.session.timeZone", zone, IN_A_ZONE))
table("setting", HOWEVER)
