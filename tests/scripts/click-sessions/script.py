"""Nested clickstream JSON to sessions: explode, maps, arrays, timestamps, gaps over thirty minutes."""

import sys

from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import Window
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, LongType, MapType, StringType, StructField, StructType

args = getResolvedOptions(sys.argv, ["JOB_NAME", "in", "out"])
spark = GlueContext(SparkContext.getOrCreate()).spark_session

event = StructType([
    StructField("at", LongType()),
    StructField("page", StringType()),
    StructField("tags", ArrayType(StringType())),
    StructField("context", MapType(StringType(), StringType())),
])
schema = StructType([StructField("user", StringType()), StructField("events", ArrayType(event))])

clicks = (
    spark.read.schema(schema).json(args["in"])
    .select("user", F.explode_outer("events").alias("e"))
    .select("user", "e.*")
    .withColumn("at", F.from_unixtime(F.col("at") / 1000).cast("timestamp"))
    .withColumn("device", F.coalesce(F.col("context")["device"], F.lit("?")))
    .filter(F.col("page").isNotNull() & ~F.array_contains(F.coalesce("tags", F.array()), "bot"))
)

by_user = Window.partitionBy("user").orderBy("at")
gap = F.unix_timestamp("at") - F.unix_timestamp(F.lag("at").over(by_user))
sessions = (
    clicks.withColumn("new", F.when(gap.isNull() | (gap > 30 * 60), 1).otherwise(0))
    .withColumn("session", F.sum("new").over(by_user))
    .groupBy("user", "session")
    .agg(
        F.min("at").alias("began"),
        F.max("at").alias("ended"),
        F.count(F.lit(1)).alias("pages"),
        F.sort_array(F.collect_set("page")).alias("visited"),
        F.first("device", ignorenulls=True).alias("device"),
    )
    .withColumn("minutes", ((F.col("ended").cast("long") - F.col("began").cast("long")) / 60).cast("int"))
)
sessions.write.mode("overwrite").parquet(args["out"])
print(sessions.count(), "sessions of", sessions.select("user").distinct().count(), "users")
