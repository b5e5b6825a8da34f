import sys
import boto3
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "target_bucket", "target_prefix"])
sc = SparkContext()
sc.setLogLevel("WARN")
glueContext = GlueContext(sc)
logger = glueContext.get_logger()
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

target = "s3://{}/{}".format(args["target_bucket"], args["target_prefix"])
s3 = boto3.client("s3")


def keys(prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=args["target_bucket"], Prefix=prefix)
    return sorted(item["Key"] for page in pages for item in page.get("Contents", []))


# Young files stay when the period is the default of a week
glueContext.purge_s3_path(target)
logger.info("kept " + str(len(keys(args["target_prefix"]))))

# Everything goes at 0 hours, but what is in a storage class that is kept
glueContext.purge_s3_path(
    target,
    {"retentionPeriod": 0, "excludeStorageClasses": ["STANDARD_IA"], "manifestFilePath": "s3://purge-and-rewrite/manifest/"},
    transformation_ctx="purge",
)
logger.info("left " + ",".join(keys(args["target_prefix"])))

new = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://purge-and-rewrite/new/"]}, "json")
glueContext.write_dynamic_frame.from_options(
    frame=new, connection_type="s3", connection_options={"path": target + "new/"}, format="parquet"
)

# A table: the files of one partition, and the partition itself
glueContext.purge_table("purged", "visits", {"partitionPredicate": "(year == '2024')", "retentionPeriod": 0})
job.commit()
