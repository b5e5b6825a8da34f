"""Windows over bank transactions: running balances, ranks, gaps, and only the latest version of each record."""

import sys

from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import Window
from pyspark.sql.functions import col, datediff, first, lag, lead, rank, row_number, to_timestamp
from pyspark.sql.functions import sum as sum_

args = getResolvedOptions(sys.argv, ["bucket"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session

raw = spark.read.option("multiLine", False).json(f"s3a://{args['bucket']}/raw/transactions.json")
raw.printSchema()

latest = Window.partitionBy("transaction_id").orderBy(col("version").desc())
transactions = (
    raw.withColumn("rn", row_number().over(latest))
    .where("rn = 1")
    .drop("rn", "version")
    .withColumn("booked_at", to_timestamp("booked_at", "yyyy-MM-dd HH:mm:ss"))
)

by_account = Window.partitionBy("account").orderBy("booked_at", "transaction_id")
running = by_account.rowsBetween(Window.unboundedPreceding, Window.currentRow)
statements = (
    transactions.withColumn("balance", sum_("cents").over(running))
    .withColumn("previous", lag("cents", 1).over(by_account))
    .withColumn("next", lead("cents", 1, 0).over(by_account))
    .withColumn("opening", first("cents").over(running))
    .withColumn("days_since_last", datediff(col("booked_at"), lag("booked_at").over(by_account)))
    .withColumn("size_rank", rank().over(Window.partitionBy("account").orderBy(col("cents").desc())))
)

statements.orderBy("account", "booked_at", "transaction_id").show(truncate=False)
statements.repartition(1).write.mode("overwrite").parquet(f"s3://{args['bucket']}/statements")
