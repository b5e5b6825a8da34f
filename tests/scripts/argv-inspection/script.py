"""Reads sys.argv by itself: no getResolvedOptions, no JOB_NAME, a literal job name."""

import sys
from pprint import pprint

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import *
from pyspark.context import SparkContext

params = {}
for i, word in enumerate(sys.argv):
    if word.startswith("--") and i + 1 < len(sys.argv):
        params[word[2:]] = sys.argv[i + 1]

is_full_load = params.get("fullload", "false").lower() == "true"
source = params["source"]
if "--since" in sys.argv:
    since = sys.argv[sys.argv.index("--since") + 1]
else:
    since = "1970-01-01"

glueContext = GlueContext(SparkContext.getOrCreate())
job = Job(glueContext)
job.init("nightly-load")

orders = glueContext.create_dynamic_frame.from_options("s3", {"paths": [source]}, "json")
if not is_full_load:
    orders = Filter.apply(frame=orders, f=lambda row: row["updated"] >= since)
orders = orders.select_fields(["id", "updated"])
print("Count:", orders.count())
orders.toDF().orderBy("id").write.mode("overwrite").csv("s3://argv-inspection-out/orders", sep="|")
pprint({key: params[key] for key in ("fullload", "since") if key in params})
job.commit()
