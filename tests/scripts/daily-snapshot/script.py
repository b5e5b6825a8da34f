"""A daily snapshot below year=/month=/day= of the date in an argument, and what changed since the day before."""

import sys
from datetime import datetime, timedelta

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql.functions import current_timestamp, dayofmonth, lit, lpad, month, to_date, year

args = getResolvedOptions(sys.argv, ["JOB_NAME", "run_date", "database", "table"])
run_date = datetime.strptime(args["run_date"], "%Y%m%d").date()
previous = run_date - timedelta(days=1)

glueContext = GlueContext(SparkContext())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
target = "s3://daily-snapshot/snapshots"

source = glueContext.create_dynamic_frame.from_catalog(database=args["database"], table_name=args["table"])
snapshot = (
    source.toDF()
    .withColumn("snapshot_date", to_date(lit(str(run_date))))
    .withColumn("year", year("snapshot_date"))
    .withColumn("month", lpad(month("snapshot_date").cast("string"), 2, "0"))
    .withColumn("day", lpad(dayofmonth("snapshot_date").cast("string"), 2, "0"))
)
assert snapshot.withColumn("loaded_at", current_timestamp()).filter("loaded_at < '2020-01-01'").count() == 0
snapshot.write.mode("append").partitionBy("year", "month", "day").parquet(target)

path = f"{target}/year={previous:%Y}/month={previous:%m}/day={previous:%d}/"
yesterday = spark.read.parquet(path)
today = snapshot.select(yesterday.columns)
added = today.select("id").exceptAll(yesterday.select("id"))
removed = yesterday.select("id").subtract(today.select("id"))
same = today.drop("snapshot_date").intersect(yesterday.drop("snapshot_date"))
print("added", sorted(r.id for r in added.collect()), "removed", sorted(r.id for r in removed.collect()))
print("same", sorted(r.id for r in same.collect()))
job.commit()
