"""Configuration from a JSON object in S3 and a secret in Secrets Manager, held in typed dataclasses."""

import json
import sys
from dataclasses import dataclass, field
from typing import Optional

import boto3
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import DataFrame
from pyspark.sql.functions import col, concat, lit, sha2


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    alias: Optional[str] = None
    masked: bool = False


@dataclass
class Dataset:
    source: str
    target: str
    partition_by: list[str] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)

    @classmethod
    def load(cls, uri: str) -> "Dataset":
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        raw = json.loads(body)
        return cls(**{**raw, "columns": [Column(**column) for column in raw["columns"]]})


def get_secret(name: str) -> dict:
    client = boto3.session.Session().client(service_name="secretsmanager", region_name="us-east-1")
    return json.loads(client.get_secret_value(SecretId=name)["SecretString"])


def project(frame: DataFrame, columns: list[Column], salt: str) -> DataFrame:
    out = []
    for c in columns:
        value = col(c.name).cast(c.type)
        if c.masked:
            value = sha2(concat(lit(salt), value.cast("string")), 256)
        out.append(value.alias(c.alias or c.name))
    return frame.select(*out)


args = getResolvedOptions(sys.argv, ["JOB_NAME", "config", "secret-name"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

dataset = Dataset.load(args["config"])
secret = get_secret(args["secret_name"])
frame = project(spark.read.json(dataset.source), dataset.columns, secret["salt"])
frame.write.mode("overwrite").partitionBy(*dataset.partition_by).parquet(dataset.target)
print(f"{secret['user']} wrote {frame.count()} rows with {len(dataset.columns)} columns")
job.commit()
