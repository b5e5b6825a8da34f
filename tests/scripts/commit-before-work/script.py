"""Init and commit as the first lines, by habit, under a literal name; all the work comes after them."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, [])
glueContext = GlueContext(SparkContext())
spark = glueContext.spark_session
job = Job(glueContext)
job.init("literal name", args)
job.commit()

source = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    format="json",
    connection_options={"paths": ["s3://commit-before-work/in/"]},
    transformation_ctx="source",
)
prices = source.toDF()
prices = prices.withColumn("price", prices["price"].cast("decimal(8,2)")).distinct()
prices.write.mode("append").parquet("s3://commit-before-work/out/")
print("run id given:", bool(args["JOB_RUN_ID"]), "and name:", "JOB_NAME" in args)
