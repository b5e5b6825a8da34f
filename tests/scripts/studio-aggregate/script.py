import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue import DynamicFrame
from pyspark.sql import functions as SqlFuncs


def sparkAggregate(
    glueContext, parentFrame, groups, aggs, transformation_ctx
) -> DynamicFrame:
    aggsFuncs = []
    for column, func in aggs:
        aggsFuncs.append(getattr(SqlFuncs, func)(column))
    result = (
        parentFrame.toDF().groupBy(*groups).agg(*aggsFuncs)
        if len(groups) > 0
        else parentFrame.toDF().agg(*aggsFuncs)
    )
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)


args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node Amazon S3
AmazonS3_node1 = glueContext.create_dynamic_frame.from_options(
    format_options={},
    connection_type="s3",
    format="parquet",
    connection_options={"paths": ["s3://studio-aggregate/trips/"], "recurse": True},
    transformation_ctx="AmazonS3_node1",
)

# Script generated for node Aggregate
Aggregate_node2 = sparkAggregate(
    glueContext,
    parentFrame=AmazonS3_node1,
    groups=["zone", "paid_by"],
    aggs=[["fare", "avg"], ["fare", "sum"], ["fare", "max"], ["distance", "min"], ["trip", "count"], ["driver", "countDistinct"]],
    transformation_ctx="Aggregate_node2",
)

# Script generated for node Totals
Aggregate_node3 = sparkAggregate(
    glueContext,
    parentFrame=AmazonS3_node1,
    groups=[],
    aggs=[["fare", "sum"], ["distance", "stddev_samp"], ["trip", "count"], ["fare", "sumDistinct" if hasattr(SqlFuncs, "sumDistinct") else "sum_distinct"]],
    transformation_ctx="Aggregate_node3",
)

# Script generated for node Change Schema
ChangeSchema_node4 = ApplyMapping.apply(
    frame=Aggregate_node2,
    mappings=[
        ("zone", "string", "zone", "string"),
        ("paid_by", "string", "paid_by", "string"),
        ("`avg(fare)`", "double", "average_fare", "double"),
        ("`sum(fare)`", "double", "total_fare", "double"),
        ("`max(fare)`", "double", "max_fare", "double"),
        ("`min(distance)`", "int", "shortest", "int"),
        ("`count(trip)`", "long", "trips", "long"),
        ("`count(DISTINCT driver)`", "long", "drivers", "long"),
    ],
    transformation_ctx="ChangeSchema_node4",
)

# Script generated for node Amazon S3
AmazonS3_node5 = glueContext.write_dynamic_frame.from_options(
    frame=ChangeSchema_node4,
    connection_type="s3",
    format="csv",
    connection_options={"path": "s3://studio-aggregate/by_zone/", "partitionKeys": []},
    format_options={"quoteChar": -1},
    transformation_ctx="AmazonS3_node5",
)
AmazonS3_node6 = glueContext.write_dynamic_frame.from_options(
    frame=Aggregate_node3,
    connection_type="s3",
    format="json",
    connection_options={"path": "s3://studio-aggregate/total/", "partitionKeys": []},
    transformation_ctx="AmazonS3_node6",
)
job.commit()
