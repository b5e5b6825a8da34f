import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue import DynamicFrame


def sparkUnion(glueContext, unionType, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql(
        "(select * from source1) UNION " + unionType + " (select * from source2)"
    )
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)


args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node Last year
Lastyear_node1 = glueContext.create_dynamic_frame.from_options(
    format_options={"withHeader": True, "separator": "\t"},
    connection_type="s3",
    format="csv",
    connection_options={"paths": ["s3://studio-union/last/"]},
    transformation_ctx="Lastyear_node1",
)

# Script generated for node This year
Thisyear_node2 = glueContext.create_dynamic_frame.from_options(
    format_options={"withHeader": True, "separator": "\t"},
    connection_type="s3",
    format="csv",
    connection_options={"paths": ["s3://studio-union/this/"]},
    transformation_ctx="Thisyear_node2",
)

# Script generated for node Union
Union_node3 = sparkUnion(
    glueContext,
    unionType="ALL",
    mapping={"source1": Lastyear_node1, "source2": Thisyear_node2},
    transformation_ctx="Union_node3",
)
# Script generated for node Union
Union_node4 = sparkUnion(
    glueContext,
    unionType="DISTINCT",
    mapping={"source1": Lastyear_node1, "source2": Thisyear_node2},
    transformation_ctx="Union_node4",
)
# Script generated for node Union of DynamicFrames
Union_node5 = Union.apply(
    frame1=Lastyear_node1, frame2=Thisyear_node2, transformation_ctx="Union_node5"
)
for name, node in (("all", Union_node3), ("distinct", Union_node4), ("frames", Union_node5)):
    node = ApplyMapping.apply(
        frame=node,
        mappings=[("city", "string", "city", "string"), ("people", "string", "people", "bigint")],
        transformation_ctx="ApplyMapping_" + name,
    )
    glueContext.write_dynamic_frame.from_options(
        frame=node,
        connection_type="s3",
        format="glueparquet",
        connection_options={"path": "s3://studio-union/out/" + name + "/", "partitionKeys": []},
        transformation_ctx="AmazonS3_" + name,
    )
job.commit()
