"""A plain PySpark job: no awsglue, argparse for the arguments, `main()` at the end."""

import argparse
import logging
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stdout)
logger = logging.getLogger("weather")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--threshold", type=float, default=20.0)
    parser.add_argument("--dry-run", choices=["true", "false"], default="false")
    known, unknown = parser.parse_known_args()
    logger.info("threshold %.1f, dry run %s", known.threshold, known.dry_run)
    assert "--JOB_RUN_ID" in unknown
    return known


def transform(readings: DataFrame, threshold: float) -> DataFrame:
    return (
        readings.withColumn("celsius", F.round((F.col("fahrenheit") - 32) * 5 / 9, 1))
        .withColumn("warm", F.expr(f"celsius > {threshold}"))
        .groupBy("station", F.substring("taken_at", 1, 10).alias("day"))
        .agg(
            F.min("celsius").alias("low"),
            F.max("celsius").alias("high"),
            F.sum(F.col("warm").cast("int")).alias("warm_readings"),
        )
    )


def main() -> None:
    options = parse_arguments()
    spark = SparkSession.builder.appName("weather").getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    readings = spark.read.parquet(options.input)
    result = transform(readings, options.threshold)
    result.orderBy("station", "day").show()
    if options.dry_run == "false":
        result.write.mode("overwrite").format("json").save(options.output)
    logger.info("done")
    spark.stop()


if __name__ == "__main__":
    main()
