"""Reprocess one day of a partitioned table: dynamic partition overwrite leaves the other days alone."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql.functions import col, lit

args = getResolvedOptions(sys.argv, ["JOB_NAME", "BUCKET", "PROCESS_DATE"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
logger = glueContext.get_logger()

day = args["PROCESS_DATE"]
root = "s3://" + args["BUCKET"]
target = root + "/events"

logger.info("Reprocessing " + day)
events = spark.read.csv(root + "/incoming/" + day + "/", header=True, inferSchema=True)
good = events.filter(col("status").isin("ok", "late")).withColumn("day", lit(day))
logger.info("%d of %d events are kept" % (good.count(), events.count()))

good.select("id", "status", "value", "day").write.mode("overwrite").partitionBy("day").parquet(target)

# A correction of another day arrives as more rows of the same partition.
extra = spark.createDataFrame([(99, "ok", 1.5, "2026-03-01")], ["id", "status", "value", "day"])
extra.select(col("id").cast("int"), "status", "value", "day").write.mode("append").partitionBy("day").parquet(target)

for row in spark.read.parquet(target).groupBy("day").count().orderBy("day").collect():
    print(f"{row['day']}: {row['count']}")
job.commit()
