import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import ApplyMapping
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

frame = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={"paths": ["s3://sink-partitions/in/sales.json"]},
    format="json",
)
frame = ApplyMapping.apply(frame=frame, mappings=[
    ("id", "int", "id", "int"),
    ("region", "string", "region", "string"),
    ("sold.year", "int", "year", "int"),
    ("sold.month", "int", "month", "int"),
    ("amount", "double", "amount", "double"),
])

# glueparquet by the writer's options
glueContext.write_dynamic_frame.from_options(
    frame=frame, connection_type="s3", format="glueparquet",
    connection_options={"path": "s3://sink-partitions/glueparquet/", "partitionKeys": ["region", "year"]},
    format_options={"compression": "uncompressed"},
)
# parquet with the new writer
glueContext.write_dynamic_frame.from_options(
    frame=frame, connection_type="s3", format="parquet",
    connection_options={"path": "s3://sink-partitions/parquet", "partitionKeys": ["month"]},
    format_options={"useGlueParquetWriter": True, "compression": "snappy"},
)
# JSON and CSV, packed
glueContext.write_dynamic_frame.from_options(
    frame=frame, connection_type="s3", format="json",
    connection_options={"path": "s3://sink-partitions/json/", "partitionKeys": ["year"], "compression": "gzip"},
)
glueContext.write_dynamic_frame.from_options(
    frame=frame.coalesce(1), connection_type="s3", format="csv",
    connection_options={"path": "s3://sink-partitions/csv/", "compression": "gzip"},
    format_options={"writeHeader": False, "separator": ";"},
)
# into an existing table, partitioned by its keys
glueContext.write_dynamic_frame.from_catalog(
    frame=frame, database="sink_partitions", table_name="sales",
    additional_options={"partitionKeys": ["region"], "enableUpdateCatalog": True},
)
job.commit()
