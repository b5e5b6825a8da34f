import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.dynamicframe import DynamicFrameCollection
from awsglue.dynamicframe import DynamicFrame


# Script generated for node Custom transform
def FilterAndAggregate(glueContext, dfc) -> DynamicFrameCollection:
    from pyspark.sql import functions as F

    names = list(dfc.keys())
    df = dfc.select(names[0]).toDF()
    high = df.filter(F.col("votes") > 1000)
    mean = df.groupBy("party").agg(F.avg("votes").alias("mean_votes"))
    dyf_high = DynamicFrame.fromDF(high, glueContext, "high")
    dyf_mean = DynamicFrame.fromDF(mean, glueContext, "mean")
    return DynamicFrameCollection({"high": dyf_high, "mean": dyf_mean}, glueContext)


args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node S3 bucket
S3bucket_node1 = glueContext.create_dynamic_frame.from_catalog(
    database="elections", table_name="results", transformation_ctx="S3bucket_node1"
)

# Script generated for node Split Fields
SplitFields_node2 = SplitFields.apply(
    frame=S3bucket_node1,
    paths=["party", "votes"],
    name1="SplitFields_node20",
    name2="SplitFields_node21",
    transformation_ctx="SplitFields_node2",
)

# Script generated for node Custom transform
Customtransform_node3 = FilterAndAggregate(
    glueContext,
    DynamicFrameCollection({"S3bucket_node1": S3bucket_node1}, glueContext),
)

# Script generated for node Select From Collection
SelectFromCollection_node4 = SelectFromCollection.apply(
    dfc=Customtransform_node3,
    key=list(Customtransform_node3.keys())[0],
    transformation_ctx="SelectFromCollection_node4",
)
# Script generated for node Select From Collection
SelectFromCollection_node5 = SelectFromCollection.apply(
    dfc=Customtransform_node3,
    key=list(Customtransform_node3.keys())[1],
    transformation_ctx="SelectFromCollection_node5",
)
# Script generated for node Select From Collection
SelectFromCollection_node6 = SelectFromCollection.apply(
    dfc=SplitFields_node2, key="SplitFields_node21", transformation_ctx="SelectFromCollection_node6",
)

# Script generated for node Amazon S3
for path, node in (
    ("high", SelectFromCollection_node4),
    ("mean", SelectFromCollection_node5),
    ("rest", SelectFromCollection_node6),
):
    glueContext.write_dynamic_frame.from_options(
        frame=node,
        connection_type="s3",
        format="json",
        connection_options={"path": "s3://studio-custom-code/" + path + "/", "partitionKeys": []},
        transformation_ctx="AmazonS3_" + path,
    )
job.commit()
