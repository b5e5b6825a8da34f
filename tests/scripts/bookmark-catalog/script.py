import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

events = glueContext.create_dynamic_frame.from_catalog(
    database="bookmarked", table_name="events", transformation_ctx="events"
)
# Without a transformation_ctx this source is read whole on every run.
kinds = glueContext.create_dynamic_frame.from_options(
    "s3", {"paths": ["s3://bookmark-catalog/kinds/"]}, format="csv", format_options={"withHeader": True}
)
print("new events:", events.count())
if events.count() == 0:
    job.commit()
    print("nothing to do")
    sys.exit(0)

joined = events.join(["kind"], ["kind"], kinds).drop_fields([".kind"])
glueContext.write_dynamic_frame.from_options(
    frame=joined,
    connection_type="s3",
    connection_options={"path": "s3://bookmark-catalog/out/", "partitionKeys": ["day"]},
    format="json",
    transformation_ctx="out",
)
if "--fail-before-commit" in sys.argv:
    raise RuntimeError("the disk is on fire")
job.commit()
