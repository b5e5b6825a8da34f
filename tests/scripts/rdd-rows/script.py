"""DataFrames by way of RDDs: parallelize, .rdd.map over Rows, toDF with a schema, and back into a DynamicFrame."""

import json
import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import Row
from pyspark.sql.types import DoubleType, LongType, StringType, StructField, StructType

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext.getOrCreate()
glueContext = GlueContext(sc)
spark = glueContext.spark_session

products = spark.createDataFrame(sc.parallelize([Row(sku="a", price=2.0), Row(sku="b", price=0.5)]))
events = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://rdd-rows-data/events/"]}, "json")

schema = StructType([
    StructField("sku", StringType()),
    StructField("quantity", LongType()),
    StructField("channel", StringType()),
])


def parse(row):
    payload = json.loads(row["payload"])
    return payload["sku"], payload.get("quantity", 1), row.channel.upper()


parsed = events.toDF().rdd.map(parse).toDF(schema)
amounts = (
    parsed.join(products, "sku")
    .rdd.map(lambda row: (row.sku, row.quantity * row.price))
    .groupByKey()
    .mapValues(sum)
    .collectAsMap()
)
print(sorted(amounts.items()))

totals = spark.createDataFrame(list(amounts.items()), StructType([
    StructField("sku", StringType()), StructField("amount", DoubleType()),
]))
frame = DynamicFrame.fromDF(totals, glueContext, "totals")
glueContext.write_dynamic_frame.from_options(frame, "s3", {"path": "s3://rdd-rows-data/totals/"}, "json")
parsed.write.mode("overwrite").partitionBy("channel").parquet("s3://rdd-rows-data/parsed/")
