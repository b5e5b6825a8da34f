import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)


def read(folder, options):
    return glueContext.create_dynamic_frame.from_options(
        connection_type="s3",
        connection_options={"paths": ["s3://csv-options/" + folder + "/"]},
        format="csv",
        format_options=options,
    )


def save(frame, name, **options):
    glueContext.write_dynamic_frame.from_options(
        frame=frame.coalesce(1),
        connection_type="s3",
        connection_options={"path": "s3://csv-options/out/" + name + "/"},
        format="csv",
        format_options=options,
    )


semicolons = read("semicolons", {"withHeader": "true", "separator": ";", "quoteChar": "'", "multiLine": "false", "optimizePerformance": "false"})
save(semicolons, "semicolons")

headless = read("headless", {"withHeader": "false", "separator": ","})
print(headless.toDF().columns)
save(headless.rename_field("col0", "id"), "headless", writeHeader="false")

multi = read("multi", {"withHeader": True, "multiLine": "true", "escaper": "\\"})
save(multi, "multi", separator="|")

unquoted = read("unquoted", {"withHeader": True, "quoteChar": -1, "separator": "\t"})
save(unquoted, "unquoted", quoteChar="-1")

skipped = read("semicolons", {"withHeader": "True", "separator": ";", "skipFirst": True, "quoteChar": "'"})
print("skipped", skipped.count())
job.commit()
