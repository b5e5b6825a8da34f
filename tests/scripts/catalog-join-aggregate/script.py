"""Events of some days joined with users, revenue per country and day."""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import DropFields, Join
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["JOB_NAME", "from_day", "to_day"])
glueContext = GlueContext(SparkContext.getOrCreate())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

events = glueContext.create_dynamic_frame.from_catalog(
    database="catalog_join_aggregate",
    table_name="events",
    push_down_predicate="day >= '%s' and day <= '%s'" % (args["from_day"], args["to_day"]),
    transformation_ctx="events",
)
users = glueContext.create_dynamic_frame.from_catalog(
    database="catalog_join_aggregate", table_name="users", transformation_ctx="users"
)
joined = DropFields.apply(frame=Join.apply(events, users, "user_id", "id"), paths=["id"])
revenue = (
    joined.toDF()
    .groupBy("country", "day")
    .agg(
        F.count("*").alias("events"),
        F.countDistinct("user_id").alias("users"),
        F.round(F.sum("price"), 2).alias("revenue"),
        F.max("price").alias("highest"),
    )
    .orderBy("country", "day")
)
glueContext.write_dynamic_frame.from_options(
    frame=DynamicFrame.fromDF(revenue, glueContext, "revenue"),
    connection_type="s3",
    connection_options={"path": "s3://catalog-join-aggregate/revenue/"},
    format="parquet",
)
job.commit()
