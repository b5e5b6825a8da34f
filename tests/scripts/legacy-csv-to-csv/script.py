import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

## @params: [TempDir, JOB_NAME]
args = getResolvedOptions(sys.argv, ['TempDir','JOB_NAME'])

sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
logger = glueContext.get_logger()
job = Job(glueContext)
job.init(args['JOB_NAME'], args)
## @type: DataSource
## @args: [database = "sales", table_name = "orders", transformation_ctx = "datasource0"]
## @return: datasource0
## @inputs: []
datasource0 = glueContext.create_dynamic_frame.from_catalog(database = "sales", table_name = "orders", redshift_tmp_dir = args["TempDir"], transformation_ctx = "datasource0")
logger.info("read " + str(datasource0.count()) + " orders")
## @type: ApplyMapping
applymapping1 = ApplyMapping.apply(frame = datasource0, mappings = [("id", "int", "id", "int"), ("customer", "string", "customer name", "string"), ("amount", "double", "amount", "decimal(10,2)"), ("ordered", "string", "ordered", "date"), ("note", "string", "note", "string")], transformation_ctx = "applymapping1")
## @type: SelectFields
## @args: [paths = ["id", "customer name", "amount", "ordered", "note"], transformation_ctx = "selectfields2"]
selectfields2 = SelectFields.apply(frame = applymapping1, paths = ["id", "customer name", "amount", "ordered", "note"], transformation_ctx = "selectfields2")
## @type: ResolveChoice
resolvechoice3 = ResolveChoice.apply(frame = selectfields2, choice = "make_cols", transformation_ctx = "resolvechoice3")
dropnullfields4 = DropNullFields.apply(frame = resolvechoice3, transformation_ctx = "dropnullfields4")
repartitioned = dropnullfields4.repartition(1)
## @type: DataSink
## @args: [connection_type = "s3", connection_options = {"path": "s3://legacy-csv-to-csv/out"}, format = "csv", transformation_ctx = "datasink4"]
datasink4 = glueContext.write_dynamic_frame.from_options(frame = repartitioned, connection_type = "s3", connection_options = {"path": "s3://legacy-csv-to-csv/out"}, format = "csv", format_options = {"separator": "|"}, transformation_ctx = "datasink4")
job.commit()
