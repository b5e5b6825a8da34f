"""Flights out of New York: raw CSV to a typed, joined and partitioned table, and the worst delays of all of it.

A Glue ETL job. With bookmarks on, each run reads only the months uploaded since the last one.
"""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import ApplyMapping, Filter, Join, ResolveChoice
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "source_database", "target_database", "target_path"])
source, target = args["source_database"], args["target_database"]
lake = args["target_path"].rstrip("/")

sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
logger = glueContext.get_logger()
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# New flights only: transformation_ctx is what the bookmark remembers this source by.
raw = glueContext.create_dynamic_frame.from_catalog(
    database=source, table_name="flights", transformation_ctx="raw_flights"
)

# Cancelled flights have "NA" where the others have minutes; as numbers those are null.
resolved = ResolveChoice.apply(
    frame=raw,
    specs=[("dep_delay", "cast:double"), ("arr_delay", "cast:double"), ("air_time", "cast:double")],
    transformation_ctx="resolved",
)
flights = ApplyMapping.apply(
    frame=resolved,
    mappings=[
        ("year", "int", "year", "int"),
        ("month", "int", "month", "int"),
        ("day", "string", "day", "int"),
        ("sched_dep_time", "string", "scheduled_departure", "int"),
        ("dep_delay", "double", "departure_delay", "double"),
        ("arr_delay", "double", "arrival_delay", "double"),
        ("carrier", "string", "carrier", "string"),
        ("flight", "string", "flight", "int"),
        ("tailnum", "string", "tail_number", "string"),
        ("origin", "string", "origin", "string"),
        ("dest", "string", "destination", "string"),
        ("air_time", "double", "air_time", "double"),
        ("distance", "string", "distance", "long"),
    ],
    transformation_ctx="flights",
)
flown = Filter.apply(frame=flights, f=lambda flight: flight["departure_delay"] is not None)

airlines = ApplyMapping.apply(
    frame=glueContext.create_dynamic_frame.from_catalog(database=source, table_name="airlines"),
    mappings=[("carrier", "string", "airline_code", "string"), ("name", "string", "airline", "string")],
)
joined = Join.apply(flown, airlines, "carrier", "airline_code").drop_fields(["airline_code"])

# Not every aircraft and airport is known, so these two are outer joins, in SQL.
joined.toDF().createOrReplaceTempView("flown")
for name in ("planes", "airports"):
    frame = glueContext.create_dynamic_frame.from_catalog(database=source, table_name=name)
    frame.toDF().createOrReplaceTempView(name)
enriched = spark.sql("""
    SELECT flown.*, planes.manufacturer, planes.model, CAST(planes.seats AS INT) AS seats,
           airports.name AS destination_name
    FROM flown
    LEFT JOIN planes ON planes.tailnum = flown.tail_number
    LEFT JOIN airports ON airports.faa = flown.destination
""")

sink = glueContext.getSink(
    connection_type="s3",
    path=f"{lake}/flights/",
    enableUpdateCatalog=True,
    updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["month"],
    transformation_ctx="flights_sink",
)
sink.setFormat("glueparquet", compression="snappy")
sink.setCatalogInfo(catalogDatabase=target, catalogTableName="flights")
sink.writeFrame(DynamicFrame.fromDF(enriched, glueContext, "enriched"))

# The worst delays of everything in the lake, whichever run brought it there.
everything = glueContext.create_dynamic_frame.from_catalog(database=target, table_name="flights")
everything.toDF().createOrReplaceTempView("lake")
worst = spark.sql("""
    SELECT origin, carrier, airline, COUNT(*) AS flights, COUNT(DISTINCT month) AS months,
           ROUND(AVG(departure_delay), 2) AS mean_departure_delay, ROUND(AVG(arrival_delay), 2) AS mean_arrival_delay
    FROM lake
    GROUP BY origin, carrier, airline
    HAVING COUNT(*) >= 100
    ORDER BY mean_departure_delay DESC, origin, carrier
    LIMIT 10
""")
worst.show()

glueContext.purge_s3_path(f"{lake}/worst_delays/", {"retentionPeriod": 0})
summary = glueContext.getSink(connection_type="s3", path=f"{lake}/worst_delays/", enableUpdateCatalog=True)
summary.setFormat("glueparquet", compression="snappy")
summary.setCatalogInfo(catalogDatabase=target, catalogTableName="worst_delays")
summary.writeFrame(DynamicFrame.fromDF(worst, glueContext, "worst"))

logger.info(f"wrote {lake}/flights/ and {lake}/worst_delays/")
job.commit()
