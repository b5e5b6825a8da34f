import sys
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import ResolveChoice
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

readings = glueContext.create_dynamic_frame.from_options(
    "s3", {"paths": ["s3://resolve-choice-actions/in/"]}, "json"
)
readings.printSchema()


def save(name, frame):
    glueContext.write_dynamic_frame.from_options(
        frame, "s3", {"path": "s3://resolve-choice-actions/out/" + name + "/"}, "parquet"
    )


# by path, several at once, inside a struct and inside an array
save("specs", readings.resolveChoice(specs=[
    ("value", "cast:double"),
    ("place.floor", "project:int"),
    ("items[].price", "cast:string"),
]))
# one action for all
save("make_cols", ResolveChoice.apply(readings.select_fields(["id", "value"]), choice="make_cols"))
save("make_struct", ResolveChoice.apply(readings.select_fields(["id", "value"]), choice="make_struct"))
save("cast", ResolveChoice.apply(readings.select_fields(["id", "value"]), choice="cast:string"))
save("project", ResolveChoice.apply(readings.select_fields(["id", "value"]), choice="project:string"))
save("match_catalog", ResolveChoice.apply(
    readings.select_fields(["id", "value"]), choice="match_catalog", database="resolve_choice_actions", table_name="readings"
))
# what nobody resolves is a struct in Spark and its own value in JSON
print(readings.select_fields(["value"]).toDF().schema.simpleString())
glueContext.write_dynamic_frame.from_options(
    readings.select_fields(["id", "value"]), "s3", {"path": "s3://resolve-choice-actions/out/unresolved/"}, "json"
)
job.commit()
