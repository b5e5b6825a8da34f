import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ['JOB_NAME', 'year', 'month'])

glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args['JOB_NAME'], args)

predicate = "(year == '{}' and month >= '{}')".format(args['year'], args['month'])
recent = glueContext.create_dynamic_frame.from_catalog(
    database="pushdown", table_name="logs", push_down_predicate=predicate, transformation_ctx="recent"
)
print("recent", recent.count())

in_list = glueContext.create_dynamic_frame.from_catalog(
    database="pushdown", table_name="logs", push_down_predicate="month in ('01', '12') and not year = '2023'"
)
by_catalog = glueContext.create_dynamic_frame.from_catalog(
    database="pushdown", table_name="logs",
    additional_options={"catalogPartitionPredicate": "year='2024' AND month='12'"},
)
nothing = glueContext.create_dynamic_frame.from_catalog(
    database="pushdown", table_name="logs", push_down_predicate="year = '1999'"
)
print("nothing", nothing.count())
for name, frame in (("recent", recent), ("in_list", in_list), ("by_catalog", by_catalog)):
    glueContext.write_dynamic_frame.from_options(
        frame=frame, connection_type="s3", format="parquet",
        connection_options={"path": "s3://pushdown-predicate/" + name + "/", "partitionKeys": ["year", "month"]},
    )

df = glueContext.create_data_frame.from_catalog(
    database="pushdown", table_name="logs", push_down_predicate="year='2024'",
    additional_options={"useCatalogSchema": True},
)
df.groupBy("year", "month").count().orderBy("month").write.mode("overwrite").json("s3://pushdown-predicate/counts/")
job.commit()
