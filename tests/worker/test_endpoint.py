"""`storage.endpoint`: scripts, data and bookmarks on every engine, against an S3 store that is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from live import BUCKET, Live, needs_spark_runtime
from object_store import object_store

pytestmark = pytest.mark.xdist_group("endpoint")  # one store, one worker
KEYS = {"aws_access_key_id": "storekey", "aws_secret_access_key": "storesecret", "region_name": "us-east-1"}
PIPELINE = """
import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
args = getResolvedOptions(sys.argv, ["JOB_NAME", "out"])
glue = GlueContext(SparkContext.getOrCreate())
job = Job(glue)
job.init(args["JOB_NAME"], args)
frame = glue.create_dynamic_frame.from_catalog(database="lake", table_name="raw", transformation_ctx="raw")
print("rows", frame.count())
if frame.count():
    glue.write_dynamic_frame.from_options(
        frame=frame, connection_type="s3", format="parquet", format_options={"useGlueParquetWriter": True},
        connection_options={"path": args["out"], "partitionKeys": ["month"]}, transformation_ctx="out",
    )
rows = glue.spark_session.read.parquet(args["out"]).orderBy("id").collect()
print([(row.id, row.name, row.month) for row in rows])
job.commit()
"""
MODES = """
from awsglue.context import GlueContext
from pyspark.context import SparkContext
from pyspark.sql.utils import AnalysisException
spark = GlueContext(SparkContext.getOrCreate()).spark_session
def frame(*rows):
    return spark.createDataFrame(rows, "id int, month string")
def ids(path):
    return sorted(row.id for row in spark.read.parquet(path).collect())
at = "s3://lake/modes"
frame((1, "a"), (2, "b")).write.parquet(at)
frame((3, "a")).write.mode("append").parquet(at)
print("appended", ids(at))
frame((4, "a")).write.mode("overwrite").parquet(at)
print("overwritten", ids(at))
frame((5, "a")).write.mode("ignore").parquet(at)
print("ignored", ids("s3a://lake/modes/"), ids("s3n://lake/mod*"))
try:
    frame((6, "a")).write.parquet(at)
except AnalysisException as error:
    print(error.getCondition())
for missing in ("s3://lake/absent", "s3://no-such-bucket/x"):
    try:
        spark.read.parquet(missing).count()
    except AnalysisException as error:
        print(error.getCondition())
split = "s3://lake/split"
frame((9, "a")).write.partitionBy("month").parquet("s3://lake/split2")
frame((1, "a"), (2, "b")).write.partitionBy("month").parquet(split)
print("split", ids(split))
frame((3, "b"), (4, None)).write.mode("overwrite").option("partitionOverwriteMode", "dynamic").partitionBy(
    "month").parquet(split)
print("split", sorted((row.id, row.month) for row in spark.read.parquet(split).collect()))
for kind in ("csv", "json"):
    frame((1, "a"), (2, "b")).selectExpr("cast(id as bigint) id", "month").write.mode("overwrite").format(kind).save(f"s3://lake/{kind}")
    print(kind, spark.read.schema("id bigint, month string").format(kind).load(f"s3://lake/{kind}").count())
"""
CLASSIC = """
from pyspark.context import SparkContext
sc = SparkContext.getOrCreate()
lines = sc.textFile("s3://lake/raw/").map(lambda line: line.upper())
lines.saveAsTextFile("s3://lake/upper/")
print("lines", lines.count())
"""
SHELL = """
import boto3, io, pandas
found = boto3.client("s3").get_object(Bucket="lake", Key="raw/one.csv")["Body"].read()
print("rows", len(pandas.read_csv(io.BytesIO(found))))
print(boto3.client("glue").get_table(DatabaseName="lake", Name="raw")["Table"]["Name"])
"""
SIGNED = """
import boto3
boto3.client("s3").put_object(Bucket="lake", Key="signed", Body=b"x")
print(boto3.client("glue").get_jobs()["Jobs"][0]["Name"])
"""


@pytest.fixture(scope="module")
def store() -> Iterator[Any]:
    """A client of the store."""
    with object_store() as endpoint:
        client = boto3.client("s3", endpoint_url=endpoint, **KEYS)
        for bucket in ("lake", BUCKET):
            client.create_bucket(Bucket=bucket)
        yield client


def environment(store: Any) -> dict[str, str]:
    """The settings of a Mastic that keeps its objects there."""
    return {
        "MASTIC_STORAGE_ENDPOINT": store.meta.endpoint_url,
        "MASTIC_STORAGE_ACCESS_KEY": KEYS["aws_access_key_id"],
        "MASTIC_STORAGE_SECRET_KEY": KEYS["aws_secret_access_key"],
    }


@pytest.fixture(scope="module")
def live(store: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Server and worker that keep nothing themselves, and the catalog's table over the store's CSV."""
    found = Live(
        tmp_path_factory.mktemp("endpoint") / "home",
        **environment(store),
    )
    found.__dict__["s3"] = store
    found.start()
    columns = [("id", "bigint"), ("name", "string"), ("month", "string")]
    found.glue.create_database(DatabaseInput={"Name": "lake"})
    found.glue.create_table(
        DatabaseName="lake",
        TableInput={
            "Name": "raw",
            "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": type_} for name, type_ in columns],
                "Location": "s3://lake/raw/",
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                    "Parameters": {"field.delim": ","},
                },
            },
        },
    )
    yield found
    found.close()


@pytest.fixture(autouse=True)
def raw(store: Any) -> None:
    """The table's one file, and nothing a test left behind."""
    listed = store.list_objects_v2(Bucket="lake").get("Contents", [])
    for item in listed:
        store.delete_object(Bucket="lake", Key=item["Key"])
    store.put_object(Bucket="lake", Key="raw/one.csv", Body=b"id,name,month\n1,ann,jan\n2,bob,feb\n")


def keys(store: Any, prefix: str) -> list[str]:
    return [item["Key"] for item in store.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", [])]


def pipeline(live: Live, store: Any, engine: str, runs_wanted: int = 3) -> list[Any]:
    """Runs with bookmarks: all there is, one more file, nothing new."""
    job = live.create_job(PIPELINE, "glueetl")
    runs = []
    for step in range(runs_wanted):
        if step == 1:
            store.put_object(Bucket="lake", Key="raw/two.csv", Body=b"id,name,month\n3,cyd,feb\n")
        started = live.start_run(
            job, out="s3://lake/out/", mastic_engine=engine, job_bookmark_option="job-bookmark-enable"
        )
        runs.append(live.wait(job, started, 180))
        assert runs[-1].state == "SUCCEEDED", runs[-1].error
    counts = [line for run in runs for line in run.tail if line.startswith("rows")]
    assert counts == ["rows 2", "rows 1", "rows 0"][:runs_wanted]
    rows = [(1, "ann", "jan"), (2, "bob", "feb"), (3, "cyd", "feb")]
    assert str(rows if runs_wanted > 1 else rows[:2]) in runs[-1].tail
    written = {key.rpartition("/")[0] for key in keys(store, "out/") if key.endswith(".parquet")}
    assert written == {"out/month=feb", "out/month=jan"}
    return runs


def test_auto_reads_and_writes_the_store_on_sail(live: Live, store: Any) -> None:
    runs = pipeline(live, store, "auto")
    assert [run.details["engine"]["spark"] for run in runs] == [0, 0, 0], runs[0].details["engine"]
    assert not list((live.home / "buckets").glob("*"))


def test_write_modes_at_the_store(live: Live, store: Any) -> None:
    run = live.run(MODES, "glueetl", arguments={"--mastic-engine": "sail"})
    assert run.state == "SUCCEEDED", (run.error, run.tail)
    assert run.tail == [
        "appended [1, 2, 3]",
        "overwritten [4]",
        "ignored [4] [4]",
        "PATH_ALREADY_EXISTS",
        "PATH_NOT_FOUND",
        "PATH_NOT_FOUND",
        "split [1, 2]",
        "split [(1, 'a'), (3, 'b'), (4, None)]",
        "csv 2",
        "json 2",
    ]
    assert len([key for key in keys(store, "modes/") if key.endswith(".parquet")]) == 1
    assert "modes/_SUCCESS" in keys(store, "modes/")
    assert not store.list_multipart_uploads(Bucket="lake").get("Uploads")


def test_python_shell_reaches_the_store_and_the_catalog(live: Live) -> None:
    run = live.run(SHELL)
    assert run.state == "SUCCEEDED", run.error
    assert run.tail == ["rows 2", "raw"]


@pytest.mark.spark
@pytest.mark.slow
def test_spark_reads_and_writes_the_store(live: Live, store: Any) -> None:
    needs_spark_runtime()
    runs = pipeline(live, store, "spark", 1)  # a JVM start each
    assert all(run.details["engine"]["sail"] == 0 and run.details["engine"]["spark"] for run in runs)


@pytest.mark.spark
@pytest.mark.slow
def test_a_classic_driver_reads_and_writes_the_store(live: Live, store: Any) -> None:
    needs_spark_runtime()
    job = live.create_job(CLASSIC, "glueetl")
    run = live.wait(job, live.start_run(job), 180)
    assert run.state == "SUCCEEDED", run.error
    assert "lines 3" in run.tail
    written = b"".join(store.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys(store, "upper/part"))
    assert b"1,ANN,JAN" in written


def test_with_signatures_the_stores_keys_go_for_every_service(
    store: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    signed = Live(tmp_path_factory.mktemp("signed") / "home", MASTIC_AUTH="sigv4", **environment(store))
    try:
        signed.start_server()
        signed.start_worker()
        signed.__dict__.update(s3=store, glue=boto3.client("glue", endpoint_url=signed.endpoint, **KEYS))
        job = signed.create_job(SIGNED)
        run = signed.wait(job, signed.start_run(job))
        assert run.state == "SUCCEEDED", run.error
        stranger = {**KEYS, "aws_secret_access_key": "guessed"}
        with pytest.raises(ClientError):
            boto3.client("glue", endpoint_url=signed.endpoint, **stranger).get_jobs()
    finally:
        signed.close()
