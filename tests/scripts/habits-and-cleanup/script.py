"""Habits scripts carry along: Hadoop settings, log levels, log4j, and the clean-up of the gateway at the end."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark import SparkConf
from pyspark.context import SparkContext
from pyspark.sql import SparkSession

args = getResolvedOptions(sys.argv, ["JOB_NAME"])

conf = SparkConf()
conf.set("spark.sql.legacy.parquet.int96RebaseModeInRead", "CORRECTED")
conf.set("spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED")
conf.set("spark.driver.maxResultSize", "2g")
conf.setAppName("habits")

sc = SparkContext.getOrCreate(conf=conf)
sc.setLogLevel("ERROR")
sc._jsc.hadoopConfiguration().set("fs.s3.canned.acl", "BucketOwnerFullControl")
sc._jsc.hadoopConfiguration().set("mapreduce.fileoutputcommitter.marksuccessfuljobs", "true")
sc._jsc.hadoopConfiguration().set("mapreduce.fileoutputcommitter.algorithm.version", "2")
glueContext = GlueContext(sc)
spark = glueContext.spark_session
spark.conf.set("spark.sql.adaptive.enabled", "true")
spark.conf.set("spark.sql.shuffle.partitions", 4)
logger = glueContext.get_logger()
log4j = sc._jvm.org.apache.log4j.LogManager.getLogger("habits")

job = Job(glueContext)
job.init(args["JOB_NAME"], args)
logger.info("reading")
log4j.warn("a line by log4j")

people = spark.read.load("s3://habits-and-cleanup/in/", format="csv", header="true", sep="\t")
people.cache()
logger.warn("read %d people" % people.count())
people.filter(people.age.cast("int") >= 18).repartition(1).write.format("parquet").mode("overwrite").option(
    "compression", "gzip"
).save("s3://habits-and-cleanup/out/")
people.unpersist()

job.commit()
print(isinstance(spark, SparkSession), spark.conf.get("spark.sql.shuffle.partitions"), sc.appName)
spark.sparkContext._gateway.shutdown_callback_server()
spark.stop()
sc.stop()
