"""Calls commit without ever calling init; Glue lets it pass, and there is no bookmark."""

from awsglue.context import GlueContext
from awsglue.job import Job
from pyspark.context import SparkContext

sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)

frame = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={"paths": ["s3://commit-without-init/in/"], "recurse": True},
    format="csv",
    format_options={"withHeader": "true", "separator": ";"},
    transformation_ctx="source",
)
frame.printSchema()
glueContext.write_dynamic_frame.from_options(
    frame=frame,
    connection_type="s3",
    connection_options={"path": "s3://commit-without-init/out/"},
    format="parquet",
    transformation_ctx="sink",
)
job.commit()
