"""Thousands of small JSON files from a stream, grouped into few Parquet files by hour."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import ApplyMapping
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext.getOrCreate())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

clicks = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={
        "paths": ["s3://group-small-files/clicks/"],
        "recurse": True,
        "groupFiles": "inPartition",
        "groupSize": "67108864",
    },
    format="json",
    transformation_ctx="clicks",
)
mapped = ApplyMapping.apply(
    frame=clicks,
    mappings=[
        ("session", "string", "session_id", "string"),
        ("page", "string", "page", "string"),
        ("ms", "int", "milliseconds", "long"),
        ("hour", "int", "hour", "int"),
    ],
)
glueContext.write_dynamic_frame.from_options(
    frame=mapped.coalesce(2),
    connection_type="s3",
    connection_options={"path": "s3://group-small-files/grouped/", "partitionKeys": ["hour"]},
    format="parquet",
)
job.commit()
