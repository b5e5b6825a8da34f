import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

options = {
    "paths": ["s3://group-files/in/", "s3://group-files/more/one.json"],
    "recurse": True,
    "groupFiles": "inPartition",
    "groupSize": "1048576",
    "exclusions": "[\"**/_tmp/**\", \"**.bak\", \"**/skip-?.json\"]",
}
grouped = glueContext.create_dynamic_frame.from_options(
    connection_type="s3", connection_options=options, format="json", transformation_ctx="grouped"
)
print("grouped", grouped.count())

flat = glueContext.create_dynamic_frame.from_options(
    "s3", {"paths": ["s3://group-files/in/"], "recurse": "false"}, "json"
)
print("not recursive", flat.count())

every = glueContext.create_dynamic_frame.from_options(
    "s3", {"paths": ["s3://group-files/in/"], "recurse": True, "exclusions": ["s3://group-files/in/2026/**", "**.bak"], "groupFiles": "none"}, "json"
)
print("excluded by full path", every.count())

glob = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://group-files/in/202*/01/"]}, "json")
print("glob", glob.count())

one = grouped.coalesce(1)
glueContext.write_dynamic_frame.from_options(
    frame=one, connection_type="s3", connection_options={"path": "s3://group-files/out/"}, format="parquet"
)
job.commit()
