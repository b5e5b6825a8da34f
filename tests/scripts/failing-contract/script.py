"""Checks its input, logs, and raises: the run has FAILED, and nothing was written."""

import logging
import sys
import traceback

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s:%(message)s")
log = logging.getLogger(__name__)

REQUIRED = {"id", "amount", "currency"}


def load(spark, path):
    frame = spark.read.json(path)
    missing = REQUIRED - set(frame.columns)
    if missing:
        raise ValueError(f"{path} lacks the columns {sorted(missing)}")
    return frame


args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
try:
    payments = load(glueContext.spark_session, "s3://failing-contract/in/")
    payments.write.mode("overwrite").parquet("s3://failing-contract/out/")
    job.commit()
except Exception as error:
    log.error("job failed: %s", error)
    log.error(traceback.format_exc().splitlines()[0])
    raise
