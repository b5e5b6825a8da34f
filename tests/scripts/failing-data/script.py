"""A cast that cannot be made fails the run with Spark's own words (ANSI is Spark 4's default)."""

from awsglue.context import GlueContext
from pyspark.context import SparkContext
from pyspark.sql.functions import col

spark = GlueContext(SparkContext.getOrCreate()).spark_session
amounts = spark.read.csv("s3://failing-data/in/", header=True)
print(amounts.count(), "rows")
amounts.withColumn("amount", col("amount").cast("int")).write.mode("overwrite").parquet("s3://failing-data/out/")
print("not reached")
