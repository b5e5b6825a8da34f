"""JDBC as jobs meet it: every entry point, on both engines, against a real PostgreSQL and a real MariaDB."""

from __future__ import annotations

import json
import uuid
from datetime import UTC
from typing import Any

import pytest

from databases import PASSWORD, Database, free_port
from live import Finished, Live

pytestmark = [pytest.mark.xdist_group("jdbc"), pytest.mark.postgres]

OPENING = """
import json, sys
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
args = getResolvedOptions(sys.argv, ["JOB_NAME", "kind", "url", "connection", "database"])
glue = GlueContext(SparkContext())
spark = glue.spark_session
kind, url = args["kind"], args["url"]
job = Job(glue)
job.init(args["JOB_NAME"], args)
"""

EVERY_DOOR = (
    OPENING
    + """
found = {}
def read(name, **options):
    frame = glue.create_dynamic_frame.from_options(options.pop("type", kind), options)
    found[name] = sorted([row.id, row.name] for row in frame.toDF().select("id", "name").collect())
    return frame

conf = glue.extract_jdbc_conf(args["connection"])
same = [conf["fullUrl"] == url, url.startswith(conf["url"] + "/")]
found["conf"] = [conf["vendor"], conf["user"], *same, conf["enforceSSL"]]
login = {"url": url, "user": conf["user"], "password": conf["password"]}
named = {"useConnectionProperties": "true", "connectionName": args["connection"]}
people = read("by url", **login, dbtable="people")
read("by connection", **named, dbtable="people")
read("jdbc", type="jdbc", **login, dbtable="people")
read("subquery", **named, dbtable="(SELECT id, name FROM people WHERE id > 1) AS t")
read("sampleQuery", **named, dbtable="people", sampleQuery="SELECT id, name FROM people WHERE id < 3;")
parts = read("hashfield", **named, dbtable="people", hashfield="name", hashpartitions="3")
read("hashexpression", **named, dbtable="people", hashexpression="id")
partitioned = {"enablePartitioningForSampleQuery": True, "hashexpression": "id", "hashpartitions": "2"}
read("parallel query", **named, sampleQuery="SELECT id, name FROM people WHERE id < 3 AND", **partitioned)
catalog = glue.create_dynamic_frame.from_catalog(database="db", table_name=args["connection"])
found["catalog"] = sorted([row.id, row.name] for row in catalog.toDF().select("id", "name").collect())
found["schema"] = [[f.name, f.dataType.simpleString()] for f in catalog.toDF().schema]

note = {"preactions": "INSERT INTO log VALUES ('before;1'); INSERT INTO log VALUES ('before 2');",
        "postactions": "INSERT INTO log SELECT 'after' FROM copies"}
glue.write_dynamic_frame.from_options(people, kind, {**login, "dbtable": "copies", "bulkSize": 2, **note})
emptied = {"dbtable": "copies", "preactions": "TRUNCATE TABLE copies"}
glue.write_dynamic_frame.from_options(people, kind, {**named, **emptied})
there = {"database": args["database"]}
glue.write_dynamic_frame.from_jdbc_conf(people, args["connection"], {"dbtable": "conf_copies", **there})
tables = DynamicFrameCollection({"one": people, "two": people}, glue)
glue.write_from_jdbc_conf(tables, args["connection"], there)
glue.write_dynamic_frame.from_catalog(people, database="db", table_name=args["connection"] + "_target")

frame = spark.read.format("jdbc").options(**login).option("query", "SELECT * FROM people WHERE id = 2").load()
found["spark query"] = [row.name for row in frame.collect()]
properties = {"user": conf["user"], "password": conf["password"]}
bounds = {"column": "id", "lowerBound": 0, "upperBound": 4, "numPartitions": 2}
found["bounds"] = spark.read.jdbc(url, "people", **bounds, properties=properties).count()
found["predicates"] = spark.read.jdbc(url, "people", predicates=["id = 1", "id = 3"], properties=properties).count()
frame.write.jdbc(url, "spark_copies", mode="overwrite", properties=properties)
frame.write.mode("append").format("jdbc").options(**login, dbtable="spark_copies").save()
people.toDF().createOrReplaceTempView("people")
found["sql"] = spark.sql("SELECT count(*) AS n FROM people WHERE name IS NULL").first().n
print("found", json.dumps(found))
job.commit()
"""
)

PEOPLE = "id int primary key, name varchar(20), price numeric(10,2), born date, seen timestamp, photo {binary}"
BINARY = {"postgresql": "bytea", "mysql": "blob"}
ALL = [[1, "Ünï 🙂"], [2, "o'b"], [3, None]]


@pytest.fixture(scope="module")
def live(live_with_spark: Live) -> Live:
    return live_with_spark


@pytest.fixture(params=["postgres", "mariadb"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with the table `people`, three rows, one of them of NULLs."""
    found: Database = request.getfixturevalue(request.param)
    found.execute(
        f"CREATE TABLE people ({PEOPLE.format(binary=BINARY[found.kind])})",
        "INSERT INTO people VALUES (1, 'Ünï 🙂', 1.50, '2020-02-29', '2020-01-02 03:04:05', 'x')",
        "INSERT INTO people VALUES (2, 'o''b', 0.05, '1999-12-31', '2020-01-02 03:04:05', '')",
        "INSERT INTO people (id, seen) VALUES (3, NULL)",
    )
    return found


@pytest.fixture
def connection(live: Live, database: Database) -> str:
    """A connection to it, and a catalog table of the same name that lies there."""
    return connect(live, database)


def connect(live: Live, database: Database) -> str:
    name = f"c_{uuid.uuid4().hex[:8]}"
    live.glue.create_connection(
        ConnectionInput={"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": database.properties}
    )
    if "db" not in [each["Name"] for each in live.glue.get_databases()["DatabaseList"]]:
        live.glue.create_database(DatabaseInput={"Name": "db"})
    schema = f"{database.name}.public" if database.kind == "postgresql" else database.name
    for table, place in ((name, "people"), (f"{name}_target", "target")):
        live.glue.create_table(
            DatabaseName="db",
            TableInput={
                "Name": table,
                "Parameters": {"classification": database.kind, "connectionName": name},
                "StorageDescriptor": {
                    "Columns": [{"Name": "id", "Type": "int"}, {"Name": "name", "Type": "string"}],
                    "Location": f"{schema}.{place}",
                },
            },
        )
    return name


def run(live: Live, script: str, database: Database, connection: str, **more: Any) -> Finished:
    arguments = {"--kind": database.kind, "--url": database.url, "--connection": connection}
    arguments |= {"--database": database.name, **more.pop("arguments", {})}
    name = live.create_job(script, "glueetl", Connections={"Connections": [connection]}, **more)
    run_id = live.glue.start_job_run(JobName=name, Arguments=arguments)["JobRunId"]
    done: Finished = live.wait(name, run_id, 600)
    said = [done.run, done.details, done.lines("output"), done.lines("error")]
    assert PASSWORD not in json.dumps(said, default=str, ensure_ascii=False)
    return done


def found(done: Finished) -> Any:
    assert done.state == "SUCCEEDED", (done.error, done.tail)
    return json.loads(next(line for line in done.lines("output") if line.startswith("found ")).removeprefix("found "))


def contents(database: Database, table: str) -> list[Any]:
    """A table's rows in no order. Spark 4 makes a timestamp column of PostgreSQL one with time zone."""
    rows = database.rows(f"SELECT * FROM {table}")
    aware = [[v.astimezone(UTC).replace(tzinfo=None) if getattr(v, "tzinfo", None) else v for v in row] for row in rows]
    return sorted(aware, key=repr)


@pytest.mark.parametrize(("database", "engine"), [("postgres", "auto"), ("postgres", "spark"), ("mariadb", "auto")],
                         indirect=["database"])  # fmt: skip
def test_every_door(live: Live, database: Database, connection: str, engine: str) -> None:
    database.execute("CREATE TABLE log (what varchar(20))", "CREATE TABLE target AS SELECT * FROM people WHERE id < 0")
    seen = found(run(live, EVERY_DOOR, database, connection, arguments={"--mastic-engine": engine}))
    assert seen == {
        "conf": [database.kind, "glue", True, True, "false"],
        **dict.fromkeys(["by url", "by connection", "jdbc", "hashfield", "hashexpression", "catalog"], ALL),
        "subquery": ALL[1:],
        "sampleQuery": ALL[:2],
        "parallel query": ALL[:2],
        "schema": [["id", "int"], ["name", "string"], ["price", "decimal(10,2)"], ["born", "date"],
                   ["seen", "timestamp"], ["photo", "binary"]],
        "spark query": ["o'b"],
        "bounds": 3,
        "predicates": 2,
        "sql": 1,
    }  # fmt: skip
    everything = contents(database, "people")
    assert len(everything) == 3
    for table in ("copies", "conf_copies", "one", "two", "target"):
        assert contents(database, table) == everything, table
    assert database.rows("SELECT what FROM log") == [("before;1",), ("before 2",), ("after",), ("after",), ("after",)]
    assert database.rows("SELECT id FROM spark_copies") == [(2,), (2,)]


BOOKMARKED = (
    OPENING
    + """
options = json.loads(args["database"])
frame = glue.create_dynamic_frame.from_options(
    kind, {"useConnectionProperties": True, "connectionName": args["connection"], **options}, transformation_ctx="src")
catalog = glue.create_dynamic_frame.from_catalog(
    database="db", table_name=args["connection"], transformation_ctx="cat",
    additional_options={"jobBookmarkKeys": ["id"], "jobBookmarkKeysSortOrder": "asc"})
read = lambda frame: sorted(row.id for row in frame.toDF().select("id").collect())
sample = {"sampleQuery": "SELECT * FROM events WHERE id > 0 AND", "enablePartitioningForSampleQuery": True}
sample |= {"hashexpression": "id", "hashpartitions": "2", "connectionName": args["connection"]}
parallel = glue.create_dynamic_frame.from_options(kind, {**options, **sample}, transformation_ctx="parallel")
assert read(parallel) == read(frame), (read(parallel), read(frame))
print("found", json.dumps([read(frame), read(catalog)]))
if "--die" in sys.argv:
    import os; os._exit(9)
job.commit()
"""
)


def test_runs_read_only_rows_beyond_the_last_key(live: Live, database: Database) -> None:
    connection = connect(live, database)
    database.execute("CREATE TABLE events (id int, day date, half numeric(3,1), name varchar(9))")
    keys = {"dbtable": "events", "jobBookmarkKeys": ["day", "half"], "jobBookmarkKeysSortOrder": "asc"}
    job = live.create_job(
        BOOKMARKED, "glueetl", DefaultArguments={
            "--job-bookmark-option": "job-bookmark-enable", "--kind": database.kind, "--url": database.url,
            "--connection": connection, "--database": json.dumps(keys),
        },
    )  # fmt: skip

    def once(*rows: str, state: str = "SUCCEEDED", **more: str) -> Any:
        database.execute(*(f"INSERT INTO events VALUES ({row})" for row in rows))
        done = live.wait(job, live.start_run(job, **more), 600)
        assert done.state == state, (done.error, done.tail)
        line = next(line for line in done.lines("output") if line.startswith("found "))
        return json.loads(line.removeprefix("found "))

    assert once("1, '2020-01-01', 1.5, 'a'", "2, '2020-01-01', 2.0, 'b'") == [[1, 2], [1, 2, 3]]
    assert once() == [[], []]
    database.execute("INSERT INTO people (id) VALUES (7)")
    late = ("3, '2020-01-01', 1.9, 'too late'", "4, '2020-01-01', 2.1, 'c'", "5, '2020-01-02', 0, 'd'")
    assert once(*late, state="FAILED", die="1") == [[4, 5], [7]], "a compound key; a run that dies commits nothing"
    assert once() == [[4, 5], [7]]
    assert once(job_bookmark_option="job-bookmark-disable") == [[1, 2, 3, 4, 5], [1, 2, 3, 7]]
    live.glue.reset_job_bookmark(JobName=job)
    assert once() == [[1, 2, 3, 4, 5], [1, 2, 3, 7]]


PROBLEMS = (
    OPENING
    + """
login = {"url": url, "user": "glue", "password": glue.extract_jdbc_conf(args["connection"])["password"]}
closed = json.loads(args["database"])["closed"]
attempts = {
    "wrong password": {**login, "password": "not this", "dbtable": "people"},
    "unreachable": {**login, "url": closed, "dbtable": "people"},
    "missing table": {**login, "dbtable": "nope"},
    "missing driver": {**login, "url": "jdbc:sqlserver://h:1433;databaseName=x", "dbtable": "people"},
    "no url": {"dbtable": "people"},
    "missing connection": {"useConnectionProperties": "true", "connectionName": "nope", "dbtable": "people"},
    "sort order": {**login, "dbtable": "people", "jobBookmarkKeys": ["id"], "jobBookmarkKeysSortOrder": "up"},
    "null keys": {**login, "dbtable": "people", "jobBookmarkKeys": ["name"]},
}
found = {}
for name, options in attempts.items():
    try:
        bookmarked = {} if name == "missing driver" else {"transformation_ctx": name}  # its keys would be asked first
        glue.create_dynamic_frame.from_options(kind, options, **bookmarked).toDF().collect()
    except Exception as error:
        found[name] = str(error).split("JVM stacktrace")[0]
people = glue.create_dynamic_frame.from_options(kind, {**login, "dbtable": "people"})
for name, options in {"preaction": {"dbtable": "copy", "preactions": "DELETE FROM nope"}}.items():
    try:
        glue.write_dynamic_frame.from_options(people, kind, {**login, **options})
    except Exception as error:
        found[name] = str(error)
nested = DynamicFrame.fromDF(people.toDF().selectExpr("struct(id) AS record"), glue)
try:
    glue.write_dynamic_frame.from_options(nested, kind, {**login, "dbtable": "copy"})
except Exception as error:
    found["nested"] = str(error)
print("found", json.dumps(found))
"""
)


def test_problems_are_named(live: Live, database: Database, connection: str) -> None:
    port = database.url.split(":")[3].split("/")[0]
    more = {"--database": json.dumps({"closed": database.url.replace(port, str(free_port()))})}
    more["--job-bookmark-option"] = "job-bookmark-enable"
    said = found(run(live, PROBLEMS, database, connection, arguments=more))
    expected = {
        "wrong password": ["as user 'glue'", "cannot connect"],
        "unreachable": ["cannot connect", "127.0.0.1"],
        "missing table": ["nope"],
        "missing driver": ["no JDBC driver for", "sqlserver", "--extra-jars"],
        "no url": ["needs url and dbtable"],
        "missing connection": ["connection 'nope' is not in the Data Catalog"],
        "sort order": ["jobBookmarkKeysSortOrder is 'up'; it must be asc or desc"],
        "null keys": ["rows of people have a NULL"],
        "preaction": ["refused 'DELETE FROM nope'"],
        "nested": ["columns ['record'] are structs or maps"],
    }
    assert {name: [part for part in parts if part not in said[name]] for name, parts in expected.items()} == {
        name: [] for name in expected
    }, said
    assert database.rows("SELECT count(*) FROM information_schema.tables WHERE table_name = 'copy'") == [(0,)]


def test_a_job_whose_connection_is_missing_fails(live: Live) -> None:
    done = live.run("print(1)", Connections={"Connections": ["gone"]})
    assert done.state == "FAILED"
    assert "Connection gone not found" in done.error
