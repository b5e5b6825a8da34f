"""Payments filtered and enriched with plain Python functions, as most Glue scripts do it."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import Filter, Map
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext.getOrCreate())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)


def enrich(record):
    record["net"] = record["amount"] - record["fee"]
    record["label"] = record["method"].upper() + "-" + record["currency"]
    if record["amount"] > 900:
        record["size"] = "large"
    else:
        record["size"] = "small"
    del record["note"]
    return record


payments = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={"paths": ["s3://lambda-filter-map/payments/"]},
    format="parquet",
    transformation_ctx="payments",
)
settled = Filter.apply(
    frame=payments, f=lambda x: x["status"] in ["settled", "refunded"] and x["amount"] >= 10, transformation_ctx="settled"
)
enriched = Map.apply(frame=settled, f=enrich, transformation_ctx="enriched")
glueContext.write_dynamic_frame.from_options(
    frame=enriched,
    connection_type="s3",
    connection_options={"path": "s3://lambda-filter-map/settled/"},
    format="parquet",
)
job.commit()
