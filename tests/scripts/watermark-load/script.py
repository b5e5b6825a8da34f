"""Incremental load by a watermark kept as JSON in S3, not by a bookmark."""

import json
import sys
from datetime import datetime

import boto3
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["bucket"])
s3 = boto3.resource("s3")
state = s3.Object(args["bucket"], "state/watermark.json")
spark = GlueContext(SparkContext.getOrCreate()).spark_session


def read_watermark():
    try:
        return json.loads(state.get()["Body"].read())["updated_at"]
    except s3.meta.client.exceptions.NoSuchKey:
        return "1900-01-01 00:00:00"


watermark = read_watermark()
print("from", watermark)
rows = spark.read.option("header", "true").csv(f"s3://{args['bucket']}/source/")
new = (
    rows.withColumn("updated_at", F.to_timestamp("updated_at"))
    .filter(F.col("updated_at") > F.to_timestamp(F.lit(watermark)))
    .withColumn("load_day", F.date_format("updated_at", "yyyyMMdd"))
)
if new.isEmpty():
    print("nothing new")
else:
    new.write.mode("append").partitionBy("load_day").parquet(f"s3://{args['bucket']}/target/")
    latest = new.agg(F.max("updated_at")).first()[0]
    assert isinstance(latest, datetime)
    state.put(Body=json.dumps({"updated_at": latest.strftime("%Y-%m-%d %H:%M:%S")}).encode())
    print("to", latest, "rows", new.count())
