import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import Relationalize
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "TempDir"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

orders = glueContext.create_dynamic_frame.from_options(
    "s3", {"paths": ["s3://relationalize-roottable/in/"]}, "json", transformation_ctx="orders"
)
dfc = Relationalize.apply(
    frame=orders, staging_path=args["TempDir"], name="roottable", transformation_ctx="dfc"
)
print(sorted(dfc.keys()))
roottable = dfc.select("roottable")
roottable.printSchema()
glueContext.write_dynamic_frame.from_options(
    frame=roottable, connection_type="s3",
    connection_options={"path": "s3://relationalize-roottable/out/orders/"}, format="glueparquet",
)
lines = dfc.select("roottable_lines").rename_field("`lines.val.sku`", "sku").rename_field("`lines.val.qty`", "qty")
orders_df, lines_df = roottable.toDF(), lines.toDF()
per_order = orders_df.join(lines_df, orders_df["lines"] == lines_df["id"]).groupBy("number").sum("qty")
per_order.orderBy("number").write.parquet("s3://relationalize-roottable/out/quantities/")

# the whole collection at once: a folder per table
glueContext.write_dynamic_frame.from_options(
    frame=dfc, connection_type="s3",
    connection_options={"path": "s3://relationalize-roottable/all"}, format="csv",
)
job.commit()
