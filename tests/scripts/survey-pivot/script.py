"""Survey answers: explode, pivot, fill what is missing, and one CSV file with a header."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

SOURCE = "s3://survey-pivot-data/responses/*.json"
TARGET = "s3://survey-pivot-data/out/"

responses = spark.read.json(SOURCE)
answers = responses.select(
    "respondent.id", F.upper(F.col("respondent.region")).alias("region"), F.explode("answers").alias("answer")
).select("id", "region", "answer.question", F.col("answer.score").cast("int").alias("score"))

wide = (
    answers.dropDuplicates(["id", "question"])
    .groupBy("region")
    .pivot("question", ["price", "quality", "service"])
    .agg(F.round(F.avg("score"), 2))
    .na.fill(0.0)
    .withColumn(
        "verdict",
        F.when(F.col("quality") >= 4, "good").when(F.col("quality") >= 2, "fair").otherwise("poor"),
    )
)

tags = (
    responses.select(F.explode(F.split(F.lower("tags"), r",\s*")).alias("tag"))
    .filter(F.length("tag") > 0)
    .groupBy("tag")
    .count()
    .orderBy(F.desc("count"), "tag")
)

wide.orderBy("region").coalesce(1).write.csv(TARGET + "regions", header=True, mode="overwrite")
tags.coalesce(1).write.option("header", "true").mode("overwrite").csv(TARGET + "tags")
job.commit()
