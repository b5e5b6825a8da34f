"""Own modules by --extra-py-files: one .py file and a .zip with a package."""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from cleaning import VERSION
from cleaning.rules import names, phones
from pyspark.context import SparkContext

import job_logging

args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])
logger = job_logging.create_logger(args["JOB_NAME"])

sc = SparkContext()
glueContext = GlueContext(sc)
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

with job_logging.timed(logger, "reading"):
    people = glueContext.create_dynamic_frame.from_options(
        connection_type="s3",
        connection_options={"paths": [f"s3://{args['bucket']}/people/"]},
        format="csv",
        format_options={"withHeader": True},
    ).toDF()

cleaned = people.transform(names.trim_names).transform(phones.with_country_code("+44"))
rejected = cleaned.filter("phone IS NULL").count()
logger.info("cleaning %s rejected %d of %d", VERSION, rejected, people.count())

glueContext.write_dynamic_frame.from_options(
    frame=DynamicFrame.fromDF(cleaned.filter("phone IS NOT NULL"), glueContext, "cleaned"),
    connection_type="s3",
    connection_options={"path": f"s3://{args['bucket']}/cleaned/"},
    format="json",
)
job.commit()
