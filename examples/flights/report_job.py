"""The worst delays as a CSV report. A Python shell job: pandas and boto3, no Spark."""

import io
import sys

import boto3
import pandas as pd
from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["lake_bucket"])
bucket = args["lake_bucket"]
s3 = boto3.client("s3")

frames = []
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="worst_delays/"):
    for item in page.get("Contents", []):
        if not item["Key"].endswith(".parquet"):
            continue
        body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
        frames.append(pd.read_parquet(io.BytesIO(body)))
if not frames:
    raise SystemExit(f"nothing to report: no Parquet files under s3://{bucket}/worst_delays/")

worst = pd.concat(frames).sort_values("mean_departure_delay", ascending=False)
s3.put_object(
    Bucket=bucket,
    Key="report/worst_delays.csv",
    Body=worst.to_csv(index=False).encode(),
    ContentType="text/csv",
)
print(f"wrote s3://{bucket}/report/worst_delays.csv with {len(worst)} rows")
