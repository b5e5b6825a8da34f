import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.dynamicframe import DynamicFrame

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node Flights
Flights_node1 = glueContext.create_dynamic_frame.from_catalog(
    database="studio_join", table_name="flights", transformation_ctx="Flights_node1"
)

# Script generated for node Airports
Airports_node2 = glueContext.create_dynamic_frame.from_options(
    format_options={"quoteChar": '"', "withHeader": True, "separator": ","},
    connection_type="s3",
    format="csv",
    connection_options={"paths": ["s3://studio-join/airports.csv"]},
    transformation_ctx="Airports_node2",
)

# Script generated for node Renamed keys for Join
RenamedkeysforJoin_node3 = ApplyMapping.apply(
    frame=Airports_node2,
    mappings=[
        ("code", "string", "`(right) code`", "string"),
        ("name", "string", "`(right) name`", "string"),
    ],
    transformation_ctx="RenamedkeysforJoin_node3",
)

# Script generated for node Join
Flights_node1DF = Flights_node1.toDF()
RenamedkeysforJoin_node3DF = RenamedkeysforJoin_node3.toDF()
Join_node4 = DynamicFrame.fromDF(
    Flights_node1DF.join(
        RenamedkeysforJoin_node3DF,
        (Flights_node1DF["origin"] == RenamedkeysforJoin_node3DF["`(right) code`"]),
        "left",
    ),
    glueContext,
    "Join_node4",
)

# Script generated for node Inner join
Join_node5 = Join.apply(
    frame1=Flights_node1,
    frame2=RenamedkeysforJoin_node3,
    keys1=["dest"],
    keys2=["`(right) code`"],
    transformation_ctx="Join_node5",
)

# Script generated for node Anti join
Join_node6 = DynamicFrame.fromDF(
    Flights_node1DF.join(
        RenamedkeysforJoin_node3DF,
        (Flights_node1DF["dest"] == RenamedkeysforJoin_node3DF["`(right) code`"]),
        "leftanti",
    ),
    glueContext,
    "Join_node6",
)

for name, node in (("left", Join_node4), ("inner", Join_node5), ("anti", Join_node6)):
    sink = glueContext.getSink(
        path="s3://studio-join/out/" + name + "/",
        connection_type="s3",
        updateBehavior="LOG",
        partitionKeys=[],
        compression="gzip",
        enableUpdateCatalog=True,
        transformation_ctx="sink_" + name,
    )
    sink.setCatalogInfo(catalogDatabase="studio_join", catalogTableName="joined_" + name)
    sink.setFormat("json")
    sink.writeFrame(node)
job.commit()
