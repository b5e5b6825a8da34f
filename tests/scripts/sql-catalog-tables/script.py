"""spark.sql over Data Catalog tables: names with a database, USE, partition pruning, and a join of two databases."""

from awsglue.context import GlueContext
from pyspark.context import SparkContext

sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session

june = spark.sql("""
    SELECT t.trip_id, t.fare, z.borough
    FROM sql_catalog_tables_raw.trips t
    JOIN sql_catalog_tables_ref.zones z ON t.zone = z.zone
    WHERE t.year = 2025 AND t.month = '06'
    ORDER BY t.trip_id
""")
june.show()

spark.sql("USE sql_catalog_tables_raw")
per_month = spark.sql("SELECT year, month, count(1) AS trips, avg(fare) AS fare FROM trips GROUP BY year, month")
per_month.write.mode("overwrite").parquet("s3://sql-catalog-tables-out/per_month/")

spark.catalog.setCurrentDatabase("sql_catalog_tables_ref")
zones = spark.table("zones")
print(zones.columns, zones.count(), spark.catalog.currentDatabase())
print(sorted(t.name for t in spark.catalog.listTables("sql_catalog_tables_raw")))
zones.filter("borough <> 'Queens'").write.mode("overwrite").json("s3://sql-catalog-tables-out/zones/")
