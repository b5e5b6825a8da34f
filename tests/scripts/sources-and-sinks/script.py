import sys
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

data_source = glueContext.getSource("s3", transformation_ctx="source", paths=["s3://sources-and-sinks/in/"], recurse=True)
data_source.setFormat("csv", withHeader=True, separator="|")
myFrame = data_source.getFrame()
print("frame", myFrame.name, myFrame.count(), [f.name for f in myFrame.schema()])

parquet = glueContext.getSource("parquet", paths=["s3://sources-and-sinks/parquet/"])
parquet.setFormat("parquet")

adults = myFrame.resolveChoice(specs=[("age", "cast:int")]).filter(lambda r: r["age"] >= 18)
sink = glueContext.getSink("s3", path="s3://sources-and-sinks/adults/")
sink.setFormat("json")
sink.writeFrame(adults)

collection = DynamicFrameCollection({"people": adults, "animals": parquet.getFrame()}, glueContext)
renamed = collection.map(lambda frame, ctx: frame.rename_field("name", "called"))
many = glueContext.getSink("s3", path="s3://sources-and-sinks/many")
many.setFormat("parquet")
many.write(renamed)

csv_sink = glueContext.getSink(connection_type="s3", path="s3://sources-and-sinks/frames/", partitionKeys=["kind"])
csv_sink.setFormat("csv", separator="\t", quoteChar=-1)
df = spark.createDataFrame([(1, "a", "x"), (2, "b", "y")], ["id", "kind", "text"])
csv_sink.writeDataFrame(df, glueContext)

DynamicFrame.fromDF(df, glueContext, "df").write("s3", {"path": "s3://sources-and-sinks/method/"}, "json")
job.commit()
