import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "threshold"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)


def per_unit(record):
    record["unit_price"] = record["price"] / record["units"]
    del record["price"]
    return record


source = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://errors-and-spigot/in/"]}, "json")
print("bad input:", source.errorsCount())
sampled = Spigot.apply(frame=source, path="s3://errors-and-spigot/sample/", options={"topk": 2})
mapped = Map.apply(frame=sampled, f=per_unit, info="per unit", stageThreshold=int(args["threshold"]))
cheap = Filter.apply(frame=mapped, f=lambda r: r["unit_price"] < 10)

print("stage errors:", mapped.stageErrorsCount())
print("all errors:", cheap.errorsCount())
errors = ErrorsAsDynamicFrame.apply(cheap)
print("error records:", errors.count())
for row in errors.toDF().select("error.msg", "error.dynamicRecord.id").collect():
    print("error:", row)

glueContext.write_dynamic_frame.from_options(cheap, "s3", {"path": "s3://errors-and-spigot/out/"}, "json")
job.commit()
