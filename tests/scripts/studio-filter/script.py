import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.dynamicframe import DynamicFrame
import re

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node Parking tickets
Parkingtickets_node1 = glueContext.create_dynamic_frame.from_catalog(
    database="yyz-tickets",
    table_name="tickets",
    transformation_ctx="Parkingtickets_node1",
)

# Script generated for node ApplyMapping
ApplyMapping_node2 = ApplyMapping.apply(
    frame=Parkingtickets_node1,
    mappings=[
        ("tag_number_masked", "string", "tag_number_masked", "string"),
        ("date_of_infraction", "string", "ticket_date", "string"),
        ("ticket_number", "decimal", "ticket_number", "float"),
        ("officer", "decimal", "officer_name", "decimal"),
        ("infraction_code", "decimal", "infraction_code", "decimal"),
        ("infraction_description", "string", "infraction_description", "string"),
        ("set_fine_amount", "decimal", "set_fine_amount", "float"),
        ("province", "string", "province", "string"),
    ],
    transformation_ctx="ApplyMapping_node2",
)

# Script generated for node Filter
Filter_node3 = Filter.apply(
    frame=ApplyMapping_node2,
    f=lambda row: (
        bool(re.match("^ON$|QC", row["province"])) and row["set_fine_amount"] > 25
    ),
    transformation_ctx="Filter_node3",
)

# Script generated for node Rows without fine
Filter_node4 = Filter.apply(
    frame=ApplyMapping_node2,
    f=lambda row: (not (row["set_fine_amount"] > 0) or row["infraction_code"] == 3),
    transformation_ctx="Filter_node4",
)

# Script generated for node Select Fields
SelectFields_node5 = SelectFields.apply(
    frame=Filter_node3,
    paths=["ticket_date", "ticket_number", "set_fine_amount", "province"],
    transformation_ctx="SelectFields_node5",
)

# Script generated for node Drop Duplicates
DropDuplicates_node6 = DynamicFrame.fromDF(
    SelectFields_node5.toDF().dropDuplicates(), glueContext, "DropDuplicates_node6"
)

# Script generated for node Drop Fields
DropFields_node7 = DropFields.apply(
    frame=Filter_node4,
    paths=["officer_name", "tag_number_masked", "ticket_date"],
    transformation_ctx="DropFields_node7",
)

# Script generated for node Amazon S3
AmazonS3_node8 = glueContext.write_dynamic_frame.from_options(
    frame=DropDuplicates_node6,
    connection_type="s3",
    format="glueparquet",
    connection_options={"path": "s3://studio-filter/fined/", "partitionKeys": ["province"]},
    format_options={"compression": "gzip"},
    transformation_ctx="AmazonS3_node8",
)
AmazonS3_node9 = glueContext.write_dynamic_frame.from_options(
    frame=DropFields_node7,
    connection_type="s3",
    format="json",
    connection_options={"path": "s3://studio-filter/free/", "compression": "gzip", "partitionKeys": []},
    transformation_ctx="AmazonS3_node9",
)
job.commit()
