# The developer guide's ResolveChoice tutorial: a provider id that is sometimes a text.
from awsglue.transforms import *
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.gluetypes import *

glueContext = GlueContext(SparkContext.getOrCreate())

# catalog: database and table name
db_name = "payments"
tbl_name = "medicare"

# s3 output directories
output_dir = "s3://legacy-resolve-choice/medicare_parquet"

medicare_dyf = glueContext.create_dynamic_frame.from_catalog(name_space = db_name, table_name = tbl_name)
medicare_dyf.printSchema()

# four ways to resolve the choice
medicare_res_cast = medicare_dyf.resolveChoice(specs = [('provider id', 'cast:long')])
medicare_res_project = medicare_dyf.resolveChoice(specs = [('provider id', 'project:long')])
medicare_res_make_cols = medicare_dyf.resolveChoice(specs = [('provider id', 'make_cols')])
medicare_res_make_struct = medicare_dyf.resolveChoice(specs = [('provider id', 'make_struct')])

for name, frame in (("cast", medicare_res_cast), ("project", medicare_res_project), ("make_cols", medicare_res_make_cols), ("make_struct", medicare_res_make_struct)):
    print("--- " + name)
    frame.printSchema()
    glueContext.write_dynamic_frame.from_options(frame, connection_type = "s3", connection_options = {"path": "s3://legacy-resolve-choice/" + name}, format = "json")

# keep what could be cast, as numbers and money
res_df = medicare_res_cast.toDF()
res_df = res_df.where("`provider id` is not NULL")
medicare_tmp_dyf = DynamicFrame.fromDF(res_df, glueContext, "nested")

medicare_nest_dyf = medicare_tmp_dyf.apply_mapping([('drg definition', 'string', 'drg', 'string'),
                 ('provider id', 'long', 'provider.id', 'long'),
                 ('provider name', 'string', 'provider.name', 'string'),
                 ('average total payments', 'string', 'charges.total_pay', 'double')])
glueContext.write_dynamic_frame.from_options(frame = medicare_nest_dyf, connection_type = "s3", connection_options = {"path": output_dir}, format = "parquet")
