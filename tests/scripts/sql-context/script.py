"""GlueContext as the SQLContext it extends: .read, .sql, .table, .tables(), .tableNames(), registerDataFrameAsTable."""

from awsglue.context import GlueContext
from pyspark.context import SparkContext
from pyspark.sql import functions as F

sc = SparkContext.getOrCreate()
glue_context = GlueContext(sc)

inventory = glue_context.read.format("csv").options(header="true", sep=",", nullValue="-").load("s3://sql-context-data/in/")
glue_context.registerDataFrameAsTable(inventory, "inventory")
empty = glue_context.createDataFrame([], "item string, quantity string")
inventory.select("item", "quantity").union(empty).createOrReplaceTempView("quantities")

total = glue_context.sql("SELECT item, CAST(quantity AS INT) AS quantity FROM quantities WHERE quantity IS NOT NULL")
print(total.agg(F.sum("quantity")).collect()[0][0])
print("inventory" in glue_context.tableNames(), sorted(set(glue_context.tableNames()) & {"inventory", "quantities"}))
views = [row["tableName"] for row in glue_context.tables().collect() if row["isTemporary"]]
print(sorted(views))
glue_context.setConf("spark.sql.sources.partitionOverwriteMode", "static")
print(glue_context.getConf("spark.sql.sources.partitionOverwriteMode"))
glue_context.table("inventory").fillna("unknown", subset=["place"]).write.parquet(
    "s3://sql-context-data/out/", mode="overwrite", partitionBy="place"
)
glue_context.dropTempTable("inventory")
print("inventory" in glue_context.tableNames())
