"""create_data_frame and write_data_frame: Spark DataFrames straight from and to the Data Catalog."""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql.functions import col, expr

args = getResolvedOptions(sys.argv, ["JOB_NAME", "database"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

trades = glueContext.create_data_frame.from_catalog(
    database=args["database"],
    table_name="trades",
    push_down_predicate="day >= '2026-02-02'",
    transformation_ctx="trades",
    additional_options={"useCatalogSchema": True},
)
print(type(trades).__name__, trades.columns)
rates = glueContext.create_data_frame.from_options(
    connection_type="s3",
    connection_options={"paths": ["s3://data-frame-catalog/rates/"]},
    format="csv",
    format_options={"withHeader": "true", "separator": ",", "optimizePerformance": "false"},
)

round_trip = DynamicFrame.fromDF(trades, glueContext, "trades").rename_field("volume", "units").toDF()
valued = (
    round_trip.join(rates, "currency")
    .withColumn("euro", expr("CAST(units * CAST(rate AS DECIMAL(6,3)) AS DECIMAL(12,3))"))
    .select("id", "units", "euro", col("day"))
)
glueContext.write_data_frame.from_catalog(
    frame=valued,
    database=args["database"],
    table_name="valued",
    additional_options={"enableUpdateCatalog": True, "updateBehavior": "LOG", "partitionKeys": ["day"]},
)
back = glueContext.create_data_frame_from_catalog(args["database"], "valued")
for row in back.orderBy("id").collect():
    print(row.id, row.units, row.euro, row.day)
job.commit()
