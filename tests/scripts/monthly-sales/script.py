"""Monthly sales: CSV orders and JSON customers to a partitioned Parquet report."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType, IntegerType, StringType, StructField, StructType

args = getResolvedOptions(sys.argv, ["JOB_NAME", "source_bucket", "target_bucket"])

sc = SparkContext.getOrCreate()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

order_schema = StructType(
    [
        StructField("order_id", IntegerType(), False),
        StructField("customer_id", StringType(), True),
        StructField("order_date", StringType(), True),
        StructField("quantity", IntegerType(), True),
        StructField("unit_price", DecimalType(10, 2), True),
    ]
)

orders = (
    spark.read.format("csv")
    .option("header", "true")
    .schema(order_schema)
    .load(f"s3://{args['source_bucket']}/orders/")
)
customers = spark.read.json("s3://{}/customers/".format(args["source_bucket"]))

enriched = (
    orders.filter(F.col("quantity") > 0)
    .withColumn("order_date", F.to_date("order_date", "yyyy-MM-dd"))
    .withColumn("amount", F.col("quantity") * F.col("unit_price"))
    .withColumn("year", F.year("order_date"))
    .withColumn("month", F.month("order_date"))
    .join(customers.withColumnRenamed("id", "customer_id"), on="customer_id", how="left")
    .withColumn("country", F.coalesce(F.col("country"), F.lit("unknown")))
)

report = enriched.groupBy("year", "month", "country").agg(
    F.count("*").alias("orders"),
    F.countDistinct("customer_id").alias("customers"),
    F.sum("amount").alias("revenue"),
    F.max("order_date").alias("last_order"),
)

report.write.mode("overwrite").partitionBy("year", "month").parquet(f"s3://{args['target_bucket']}/monthly/")
print(f"Wrote {report.count()} rows for {enriched.select('customer_id').distinct().count()} customers")

job.commit()
