"""Keeps a Data Catalog table in step with what it writes: get_table, update_table, create_table, partitions, sts."""

import sys

import boto3
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from botocore.exceptions import ClientError
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["DATABASE", "TABLE", "DAY"])
database, table_name, day = args["DATABASE"], args["TABLE"], args["DAY"]

glue = boto3.client("glue", region_name="us-east-1")
account = boto3.client("sts").get_caller_identity()["Account"]
spark = GlueContext(SparkContext()).spark_session

TABLE_INPUT_KEYS = {
    "Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters",
}


def table_exists(name):
    try:
        glue.get_table(DatabaseName=database, Name=name)
        return True
    except glue.exceptions.EntityNotFoundException:
        return False


table = glue.get_table(DatabaseName=database, Name=table_name)["Table"]
location = table["StorageDescriptor"]["Location"].rstrip("/")
path = f"{location}/day={day}"

frame = spark.createDataFrame([(1, "a", 0.5), (2, "b", 1.5)], "id int, name string, score double")
frame.write.mode("overwrite").parquet(path)

# A new column appears: the table gets it too.
known = {column["Name"] for column in table["StorageDescriptor"]["Columns"]}
for field in frame.schema.fields:
    if field.name not in known:
        table["StorageDescriptor"]["Columns"].append({"Name": field.name, "Type": field.dataType.simpleString()})
table_input = {key: value for key, value in table.items() if key in TABLE_INPUT_KEYS}
table_input["Parameters"] = {**table.get("Parameters", {}), "last_day": day, "account": account}
glue.update_table(DatabaseName=database, TableInput=table_input)

descriptor = {**table["StorageDescriptor"], "Location": path + "/"}
try:
    glue.create_partition(
        DatabaseName=database, TableName=table_name, PartitionInput={"Values": [day], "StorageDescriptor": descriptor}
    )
    print("partition created")
except ClientError as e:
    if e.response["Error"]["Code"] != "AlreadyExistsException":
        raise
    print("partition exists")

summary = f"{table_name}_summary"
if not table_exists(summary):
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": summary,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "StorageDescriptor": {
                "Columns": [{"Name": "day", "Type": "string"}, {"Name": "total", "Type": "double"}],
                "Location": f"{location}_summary/",
                "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
            },
        },
    )

days = spark.sql(f"SELECT day, sum(score) AS total FROM {database}.{table_name} GROUP BY day ORDER BY day")
days.write.mode("overwrite").parquet(f"{location}_summary/")
for row in spark.table(f"{database}.{summary}").orderBy("day").collect():
    print(row.day, row.total)
