"""Nested JSON orders flattened into one table per level."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import Relationalize
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "TempDir"])
glueContext = GlueContext(SparkContext.getOrCreate())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

orders = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={"paths": ["s3://relationalize-orders/raw/"], "recurse": True},
    format="json",
    transformation_ctx="orders",
)
tables = Relationalize.apply(frame=orders, staging_path=args["TempDir"], name="orders", transformation_ctx="tables")
for name in tables.keys():
    glueContext.write_dynamic_frame.from_options(
        frame=tables.select(name),
        connection_type="s3",
        connection_options={"path": "s3://relationalize-orders/flat/" + name + "/"},
        format="parquet",
    )
job.commit()
