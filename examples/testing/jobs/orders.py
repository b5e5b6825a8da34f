"""New order files of the landing zone into the lake: typed, partitioned by day, in the catalog.

Runs on AWS Glue as it stands here.
"""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import ApplyMapping, Filter
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "source", "target", "oldest_day"])
glue = GlueContext(SparkContext.getOrCreate())
job = Job(glue)
job.init(args["JOB_NAME"], args)

raw = glue.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={"paths": [args["source"]], "recurse": True},
    format="csv",
    format_options={"withHeader": True},
    transformation_ctx="raw",
)
if raw.count() == 0:
    print("nothing new")
    job.commit()
    sys.exit()

# Text that is no number becomes null here.
typed = ApplyMapping.apply(
    frame=raw,
    mappings=[
        ("id", "string", "id", "long"),
        ("day", "string", "day", "string"),
        ("amount", "string", "amount", "double"),
    ],
)
oldest_day = args["oldest_day"]
recent = Filter.apply(frame=typed, f=lambda order: order["day"] >= oldest_day)
orders = recent.toDF()
good, bad = orders.where("amount IS NOT NULL"), orders.where("amount IS NULL")
bad.write.mode("append").parquet(args["target"].rstrip("/") + "_rejected/")

sink = glue.getSink(
    connection_type="s3",
    path=args["target"],
    enableUpdateCatalog=True,
    updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["day"],
)
sink.setFormat("glueparquet")
sink.setCatalogInfo(catalogDatabase="lake", catalogTableName="orders")
sink.writeFrame(DynamicFrame.fromDF(good, glue, "orders"))

print(f"{good.count()} orders, {bad.count()} rejected")
job.commit()
