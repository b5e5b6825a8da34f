"""Init comes after the reading: what was read before it is not bookmarked, what is read after it is."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

glueContext = GlueContext(SparkContext.getOrCreate())


def read(folder, ctx):
    return glueContext.create_dynamic_frame.from_options(
        "s3", {"paths": [f"s3://init-after-work/{folder}/"]}, format="json", transformation_ctx=ctx
    )


before = read("before", "before")
print("before", before.count())

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
after = read("after", "after")
print("after", after.count())
job.commit()
print("bookmark", args["job_bookmark_option"])
