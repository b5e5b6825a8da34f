"""Raw CSV orders from the catalog, a messy amount column resolved, to Parquet by day."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import ApplyMapping, ResolveChoice
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

orders = glueContext.create_dynamic_frame.from_catalog(
    database="resolve_choice_to_parquet", table_name="orders", transformation_ctx="orders"
)
resolved = ResolveChoice.apply(frame=orders, specs=[("amount", "cast:double")], transformation_ctx="resolved")
mapped = ApplyMapping.apply(
    frame=resolved,
    mappings=[
        ("order_id", "bigint", "order_id", "bigint"),
        ("customer", "string", "customer", "string"),
        ("amount", "double", "amount", "double"),
        ("quantity", "int", "quantity", "int"),
        ("status", "string", "order_status", "string"),
        ("day", "string", "day", "string"),
    ],
    transformation_ctx="mapped",
)
glueContext.write_dynamic_frame.from_options(
    frame=mapped,
    connection_type="s3",
    connection_options={"path": "s3://resolve-choice-to-parquet/clean/", "partitionKeys": ["day"]},
    format="glueparquet",
    format_options={"compression": "snappy"},
    transformation_ctx="clean",
)
job.commit()
