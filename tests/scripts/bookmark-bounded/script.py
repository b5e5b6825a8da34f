import sys
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import *

args = getResolvedOptions(sys.argv, ['JOB_NAME', 'bounded-files'])
glueContext = GlueContext(SparkContext.getOrCreate())
job = Job(glueContext)
job.init(args['JOB_NAME'], args)

source = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={"paths": ["s3://bookmark-bounded/in"], "recurse": True, "boundedFiles": args['bounded_files']},
    format="json",
    transformation_ctx="source",
)
mapped = ApplyMapping.apply(frame=source, mappings=[("id", "int", "id", "long"), ("name", "string", "name", "string")], transformation_ctx="mapped")
sink = glueContext.getSink(connection_type="s3", path="s3://bookmark-bounded/out/", enableUpdateCatalog=True, updateBehavior="UPDATE_IN_DATABASE", transformation_ctx="sink")
sink.setFormat("glueparquet")
sink.setCatalogInfo(catalogDatabase="bounded", catalogTableName="out")
if mapped.toDF().columns:
    sink.writeFrame(mapped)
job.commit()
