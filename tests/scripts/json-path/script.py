import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# The records are in an array inside each document
records = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={"paths": ["s3://json-path/api/"]},
    format="json",
    format_options={"jsonPath": "$.result.records[*]"},
)
records.printSchema()
people = ApplyMapping.apply(frame=records, mappings=[
    ("id", "int", "id", "int"), ("name.first", "string", "first", "string"), ("score", "double", "score", "double"),
])
glueContext.write_dynamic_frame.from_options(people, "s3", {"path": "s3://json-path/people/"}, "parquet")

# Pretty printed documents, and an array of them
documents = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={"paths": ["s3://json-path/pretty/"]},
    format="json",
    format_options={"multiline": "true"},
)
glueContext.write_dynamic_frame.from_options(documents, "s3", {"path": "s3://json-path/documents/"}, "json")

# One document per line, said the long way
lines = glueContext.create_dynamic_frame.from_options(
    "s3", {"paths": ["s3://json-path/lines/"]}, "json", {"multiLine": "false", "optimizePerformance": "false"}
)
glueContext.write_dynamic_frame.from_options(lines.resolveChoice(specs=[("v", "cast:string")]), "s3", {"path": "s3://json-path/strings/"}, "csv")
job.commit()
