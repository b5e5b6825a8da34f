"""Catalog tables by name on every engine: the same script, the same answers."""

import json

import pytest

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("broker")]

FLAVOURS = {"auto": {"engine": "auto"}, "spark": {"engine": "spark"}, "classic": {"classic": True}}

OPENING = """
import json
from pyspark.context import SparkContext
from pyspark.sql import SparkSession
sc = SparkContext()
spark = SparkSession(sc)
def show(frame): print(json.dumps(sorted([list(r) for r in frame.collect()], key=str)))
"""

SCRIPT = (
    OPENING
    + """
show(spark.table("shop.orders").select("id", "amount", "day"))
show(spark.sql("select o.day, count(*) n from shop.orders o group by o.day"))
show(spark.sql("select id from shop.orders where day = '2024-01-02' and amount > 1"))
show(spark.sql("with big as (select * from shop.orders where amount > 2) select big.id, shop.names.name"
               " from big join shop.names on big.id = names.id"))
spark.sql("use shop")
show(spark.sql("select id from orders where id in (select id from names)"))
spark.createDataFrame([(9,)], "id int").createOrReplaceTempView("names")
show(spark.sql("select * from names"))
show(spark.sql("show tables in shop"))
show(spark.sql("show databases"))
show(spark.sql("describe orders"))
print(json.dumps([spark.catalog.currentDatabase(), spark.catalog.tableExists("shop.orders"),
    spark.catalog.tableExists("shop.nothing"), spark.catalog.databaseExists("shop"),
    [t.name for t in spark.catalog.listTables("shop")]]))
spark.sql("create or replace temp view late as select id from shop.orders where day = '2024-01-02'")
show(spark.sql("select count(*) from late"))
"""
)

ANSWERS = [
    [[1, 1.5, "2024-01-01"], [2, 2.5, "2024-01-02"], [3, 3.5, "2024-01-02"]],
    [["2024-01-01", 1], ["2024-01-02", 2]],
    [[2], [3]],
    [[2, "b"]],
    [[1], [2]],
    [[9]],
    [["", "names", True], ["shop", "names", False], ["shop", "orders", False]],
    [["shop"]],
    [["# Partition Information", "", ""], ["# col_name", "data_type", "comment"],
     ["amount", "double", None], ["day", "string", None], ["day", "string", None], ["id", "int", None]],
    ["shop", True, False, True, ["names", "orders", "names"]],
    [[2]],
]  # fmt: skip


@pytest.fixture(scope="module")
def shop(live):
    """`shop.orders` (CSV, partitioned by day; one folder is not registered) and `shop.names`."""
    live.glue.create_database(DatabaseInput={"Name": "shop"})
    days = {"2024-01-01": "1,1.5\n", "2024-01-02": "2,2.5\n3,3.5\n", "2024-01-03": "4,4.5\n"}
    for day, text in days.items():
        live.s3.put_object(Bucket="data", Key=f"orders/day={day}/a.csv", Body=text.encode())
    live.s3.put_object(Bucket="data", Key="names/a.csv", Body=b"1,a\n2,b\n")
    columns = [{"Name": "id", "Type": "int"}, {"Name": "amount", "Type": "double"}]
    keys = [{"Name": "day", "Type": "string"}]
    live.glue.create_table(DatabaseName="shop", TableInput=table("orders", columns, keys))
    names = [{"Name": "id", "Type": "int"}, {"Name": "name", "Type": "string"}]
    live.glue.create_table(DatabaseName="shop", TableInput=table("names", names))
    live.glue.batch_create_partition(
        DatabaseName="shop", TableName="orders",
        PartitionInputList=[
            {"Values": [day], "StorageDescriptor": descriptor(f"orders/day={day}/", columns)} for day in list(days)[:2]
        ],
    )  # fmt: skip


def table(name, columns, keys=()):
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "csv"},
        "PartitionKeys": list(keys),
        "StorageDescriptor": descriptor(f"{name}/", columns),
    }


def descriptor(path, columns):
    return {
        "Columns": columns,
        "Location": f"s3://data/{path}",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"field.delim": ","},
        },
    }


@pytest.mark.parametrize("flavour", FLAVOURS.values(), ids=FLAVOURS)
def test_catalog_tables_by_name(run, broker, shop, flavour):
    ended = run(SCRIPT, broker=broker, **flavour)
    assert ended.code == 0, ended.err
    for got, expected in zip(ended.answers, ANSWERS, strict=True):
        assert sorted(got, key=str) == sorted(expected, key=str)


def test_only_matching_partitions_are_read(run, broker, shop, live):
    live.glue.create_partition(
        DatabaseName="shop", TableName="orders",
        PartitionInput={"Values": ["2024-02-01"], "StorageDescriptor": descriptor("orders/gone/", [])},
    )  # fmt: skip
    try:
        live.s3.put_object(Bucket="data", Key="orders/gone/a.csv", Body=b"not a number,x\n")
        ended = run(OPENING + "show(spark.sql(\"select id from shop.orders where day = '2024-01-02'\"))", broker=broker)
    finally:
        live.glue.delete_partition(DatabaseName="shop", TableName="orders", PartitionValues=["2024-02-01"])
    assert ended.code == 0, ended.err
    assert ended.answers == [[[2], [3]]]


@pytest.mark.parametrize(
    "statement",
    [
        "create table shop.t (a int)",
        "insert into shop.orders select 1, 2.0, '2024-01-01'",
        "drop table shop.orders",
        "merge into shop.orders o using shop.names n on o.id = n.id when matched then delete",
        "alter table shop.orders add columns (b int)",
        "create database other",
    ],
)
def test_sql_that_would_change_the_catalog_is_refused(run, live, statement):
    ended = run(OPENING + f"spark.sql({json.dumps(statement)})")
    assert ended.code == 1
    assert "not there yet" in ended.err
    assert statement in ended.err


@pytest.mark.parametrize("flavour", [{"engine": "auto"}, {"classic": True}], ids=["auto", "classic"])
def test_frames_written_into_the_catalog_are_refused(run, broker, shop, flavour):
    calls = """
for write in (lambda w: w.saveAsTable("shop.t"), lambda w: w.insertInto(tableName="spark_catalog.shop.orders")):
    try:
        write(spark.createDataFrame([(1,)], "a int").write)
    except NotImplementedError as error:
        print(json.dumps(str(error)))
"""
    ended = run(OPENING + calls, broker=broker, **flavour)
    assert ended.code == 0, ended.err
    assert ended.answers[0].startswith("saveAsTable('shop.t') into the Data Catalog is not there yet. Write with")
    assert ended.answers[1].startswith("insertInto('spark_catalog.shop.orders') into the Data Catalog is not there yet")
