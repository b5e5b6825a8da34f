"""Process what has landed, then archive it: boto3 for S3 around a Spark job."""

import json
import sys
from datetime import datetime

import boto3
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from botocore.exceptions import ClientError
from pyspark.context import SparkContext
from pyspark.sql.functions import input_file_name, regexp_extract

args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket", "run_date"])
bucket, run_date = args["bucket"], datetime.strptime(args["run_date"], "%Y-%m-%d")

s3 = boto3.client("s3")
s3_resource = boto3.resource("s3")
spark = GlueContext(SparkContext.getOrCreate()).spark_session


def landed(prefix):
    paginator = s3.get_paginator("list_objects_v2")
    for page in paginator.paginate(Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": 2}):
        for item in page.get("Contents", []):
            if item["Size"] > 0 and item["Key"].endswith(".json"):
                yield item["Key"]


def exists(key):
    try:
        s3.head_object(Bucket=bucket, Key=key)
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return False
        raise


keys = sorted(landed("landing/"))
print("landed:", keys)
if exists("state/lock"):
    raise RuntimeError("another run holds the lock")
s3.put_object(Bucket=bucket, Key="state/lock", Body=b"")

frame = spark.read.json([f"s3://{bucket}/{key}" for key in keys])
frame = frame.withColumn("file", regexp_extract(input_file_name(), "([^/]+)$", 1))
frame.write.mode("append").parquet(f"s3://{bucket}/processed/{run_date:%Y/%m/%d}/")
total = frame.count()

for key in keys:
    s3.copy_object(
        Bucket=bucket, Key=key.replace("landing/", f"archive/{run_date:%Y%m%d}/"), CopySource={"Bucket": bucket, "Key": key}
    )
s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})

manifest = {"rows": total, "files": keys, "date": f"{run_date:%Y-%m-%d}"}
s3_resource.Object(bucket, f"manifests/{run_date:%Y%m%d}.json").put(Body=json.dumps(manifest))
s3.delete_object(Bucket=bucket, Key="state/lock")

written = json.loads(s3.get_object(Bucket=bucket, Key=f"manifests/{run_date:%Y%m%d}.json")["Body"].read().decode("utf-8"))
print("manifest rows:", written["rows"])
for item in sorted(o.key for o in s3_resource.Bucket(bucket).objects.filter(Prefix="archive/")):
    print("archived:", item)
for item in s3_resource.Bucket(bucket).objects.filter(Prefix="tmp/"):
    item.delete()
