"""Pandas in plans: pandas_udf from series to series and to a scalar, applyInPandas per group, mapInPandas."""

import sys
from collections.abc import Iterator

import pandas as pd
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql.functions import pandas_udf

args = getResolvedOptions(sys.argv, ["bucket"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
root = f"s3://{args['bucket']}"


@pandas_udf("double")
def to_kelvin(celsius: pd.Series) -> pd.Series:
    return celsius + 273.15


@pandas_udf("double")
def spread(values: pd.Series) -> float:
    return float(values.max() - values.min())


def centred(group: pd.DataFrame) -> pd.DataFrame:
    return group.assign(delta=group["celsius"] - group["celsius"].mean())[["sensor", "hour", "delta"]]


def only_even_hours(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for batch in batches:
        yield batch[batch["hour"] % 2 == 0][["sensor", "hour"]]


readings = spark.read.parquet(root + "/readings/")
readings.withColumn("kelvin", to_kelvin("celsius")).write.mode("overwrite").parquet(root + "/kelvin/")
readings.groupBy("sensor").agg(spread("celsius").alias("spread")).write.mode("overwrite").parquet(root + "/spread/")
readings.groupBy("sensor").applyInPandas(centred, "sensor string, hour int, delta double").write.mode("overwrite").parquet(
    root + "/centred/"
)
even = readings.mapInPandas(only_even_hours, "sensor string, hour int")
print(sorted(map(tuple, even.collect())))
