"""One step of a workflow: its name and run come as arguments, and optional arguments are looked for in sys.argv."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext


def get_optional(name, default=None):
    if f"--{name}" in sys.argv:
        return getResolvedOptions(sys.argv, [name])[name]
    return default


args = getResolvedOptions(sys.argv, ["JOB_NAME", "WORKFLOW_NAME", "WORKFLOW_RUN_ID"])
workflow, run_id = args["WORKFLOW_NAME"], args["WORKFLOW_RUN_ID"]
limit = int(get_optional("limit", "10"))
mode = get_optional("write_mode", "overwrite")
region = get_optional("region")

glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"] + args["WORKFLOW_NAME"], args)

rows = [(n, workflow, run_id) for n in range(limit)]
frame = spark.createDataFrame(rows, ["n", "workflow", "run_id"])
frame.write.mode(mode).json(f"s3://workflow-step-out/{workflow}/{run_id}/")
print("limit", limit, "mode", mode, "region", region)
print("temp dir", args.get("TempDir"))
job.commit()
