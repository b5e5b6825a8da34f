import sys
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql.functions import lit

args = getResolvedOptions(sys.argv, ["JOB_NAME", "day", "behavior"])
glueContext = GlueContext(SparkContext())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

df = spark.read.option("header", "true").csv("s3://sink-update-catalog/in/" + args["day"] + "/")
df = df.withColumn("day", lit(args["day"])).withColumn("id", df["id"].cast("int"))

sink = glueContext.getSink(
    connection_type="s3",
    path="s3://sink-update-catalog/lake/people/",
    enableUpdateCatalog=True,
    updateBehavior=args["behavior"],
    partitionKeys=["day"],
    transformation_ctx="sink",
)
sink.setFormat("glueparquet")
sink.setCatalogInfo(catalogDatabase="lake", catalogTableName="people")
sink.writeFrame(DynamicFrame.fromDF(df, glueContext, "people"))
job.commit()
