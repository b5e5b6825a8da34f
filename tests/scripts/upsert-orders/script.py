"""Upsert without a table format: the newest of old and new wins, deletes go, and the day's partitions are rewritten."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import Window
from pyspark.sql.functions import broadcast, col, desc, row_number, to_date

args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
base = "s3://{}/".format(args["bucket"])

existing = spark.read.option("basePath", base + "orders/").parquet(base + "orders/")
changes = (
    spark.read.json(base + "changes/")
    .withColumn("order_date", to_date("ordered_at"))
    .select("op", "order_id", "status", col("total").cast("decimal(12,2)"), "updated_at", "order_date")
)

days = changes.select("order_date").distinct()
affected = existing.join(broadcast(days), "order_date", "inner")
newest = Window.partitionBy("order_id").orderBy(desc("updated_at"), desc("op"))
merged = (
    affected.selectExpr("'I' AS op", "order_id", "status", "total", "updated_at", "order_date")
    .union(changes)
    .withColumn("rank", row_number().over(newest))
    .filter((col("rank") == 1) & (col("op") != "D"))
    .drop("rank", "op")
)

merged.write.partitionBy("order_date").mode("overwrite").option("partitionOverwriteMode", "dynamic").parquet(
    base + "staged/"
)
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
spark.read.parquet(base + "staged/").write.partitionBy("order_date").mode("overwrite").parquet(base + "orders/")
glueContext.purge_s3_path(base + "staged/", {"retentionPeriod": 0})
job.commit()
