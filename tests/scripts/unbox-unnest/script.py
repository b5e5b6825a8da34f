import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

mails = glueContext.create_dynamic_frame.from_catalog(database="unboxed", table_name="mails")

unboxed = Unbox.apply(frame=mails, path="payload", format="json")
unboxed.printSchema()
flat = UnnestFrame.apply(frame=unboxed)
flat.printSchema()
parts = SplitRows.apply(frame=flat, comparison_dict={"`payload.size`": {">": 10, "<=": 1000}}, name1="middle", name2="others")
print(sorted(parts.keys()))
for name in ("middle", "others"):
    frame = parts.select(name)
    glueContext.write_dynamic_frame.from_options(
        frame, "s3", {"path": "s3://unbox-unnest/" + name + "/"}, "json"
    )
renamed = RenameField.apply(flat, "`payload.from.name`", "sender")
slim = DropFields.apply(renamed, paths=["`payload.from.mail`", "id"])
glueContext.write_dynamic_frame.from_options(slim, "s3", {"path": "s3://unbox-unnest/slim/"}, "parquet")
job.commit()
