import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue import DynamicFrame


def sparkSqlQuery(glueContext, query, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql(query)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)


args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node Orders
Orders_node1 = glueContext.create_dynamic_frame.from_options(
    format_options={
        "quoteChar": '"',
        "withHeader": True,
        "separator": ",",
        "optimizePerformance": False,
    },
    connection_type="s3",
    format="csv",
    connection_options={
        "paths": ["s3://studio-sql-query/orders/"],
        "recurse": True,
    },
    transformation_ctx="Orders_node1",
)

# Script generated for node Customers
Customers_node2 = glueContext.create_dynamic_frame.from_options(
    format_options={"multiline": False},
    connection_type="s3",
    format="json",
    connection_options={
        "paths": ["s3://studio-sql-query/customers/"],
        "recurse": True,
    },
    transformation_ctx="Customers_node2",
)

# Script generated for node Change Schema
ChangeSchema_node3 = ApplyMapping.apply(
    frame=Orders_node1,
    mappings=[
        ("id", "string", "order_id", "bigint"),
        ("customer", "string", "customer_id", "int"),
        ("amount", "string", "amount", "double"),
        ("day", "string", "day", "string"),
    ],
    transformation_ctx="ChangeSchema_node3",
)

# Script generated for node SQL Query
SqlQuery0 = """
select c.country, o.day,
       count(*) as orders,
       round(sum(o.amount), 2) as revenue,
       max(o.order_id) as last_order
from orders o
join customers c on o.customer_id = c.id
where o.amount is not null
group by c.country, o.day
"""
SQLQuery_node4 = sparkSqlQuery(
    glueContext,
    query=SqlQuery0,
    mapping={"orders": ChangeSchema_node3, "customers": Customers_node2},
    transformation_ctx="SQLQuery_node4",
)

# Script generated for node Amazon S3
AmazonS3_node5 = glueContext.getSink(
    path="s3://studio-sql-query/revenue/",
    connection_type="s3",
    updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["country"],
    enableUpdateCatalog=True,
    transformation_ctx="AmazonS3_node5",
)
AmazonS3_node5.setCatalogInfo(
    catalogDatabase="studio_sql_query", catalogTableName="revenue"
)
AmazonS3_node5.setFormat("glueparquet", compression="snappy")
AmazonS3_node5.writeFrame(SQLQuery_node4)
job.commit()
