"""Slowly changing dimension, type 2: close what has changed, open the new version, keep the rest."""

import sys

from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F
from pyspark.sql.utils import AnalysisException

args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket", "date"])
spark = GlueContext(SparkContext.getOrCreate()).spark_session
root, load_date = f"s3://{args['bucket']}", F.to_date(F.lit(args["date"]))
SCHEMA = "id INT, name STRING, city STRING, hash STRING, valid_from DATE, valid_to DATE, is_current BOOLEAN"

try:
    history = spark.read.parquet(f"{root}/history/current_version/")
except AnalysisException:
    print("no history yet")
    history = spark.createDataFrame([], SCHEMA)

incoming = (
    spark.read.csv(f"{root}/incoming/{args['date']}/", header=True, schema="id INT, name STRING, city STRING")
    .dropDuplicates(["id"])
    .withColumn("hash", F.md5(F.concat_ws("|", "name", "city")))
)

current = history.filter("is_current")
changed = incoming.alias("n").join(current.alias("o"), F.col("n.id") == F.col("o.id"), "left").filter(
    "o.id IS NULL OR o.hash <> n.hash"
).select("n.*")

opened = changed.withColumn("valid_from", load_date).withColumn("valid_to", F.lit(None).cast("date")).withColumn(
    "is_current", F.lit(True)
)
closed = (
    current.join(changed.select("id"), "id", "left_semi")
    .withColumn("valid_to", F.date_sub(load_date, 1))
    .withColumn("is_current", F.lit(False))
)
untouched = history.join(closed.select("id", "valid_from"), ["id", "valid_from"], "left_anti").select(history.columns)
result = untouched.unionByName(closed).unionByName(opened)

result.write.mode("overwrite").parquet(f"{root}/history/next_version/")
print("opened", opened.count(), "closed", closed.count(), "total", result.count())
spark.read.parquet(f"{root}/history/next_version/").write.mode("overwrite").parquet(f"{root}/history/current_version/")
