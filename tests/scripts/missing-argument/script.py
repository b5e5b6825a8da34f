"""Asks for an argument that the job was not given: GlueArgumentError, before Spark starts."""

import sys

from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "source_path", "target"])
glueContext = GlueContext(SparkContext.getOrCreate())
glueContext.spark_session.read.json(args["source_path"]).write.json(args["target"])
