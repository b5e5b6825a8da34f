"""Bad input of a Glue job: the ErrorMessage names what is wrong and the line that met it."""

from __future__ import annotations

import io
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from live import Live

GLUE = """
from pyspark.context import SparkContext
from awsglue.context import GlueContext
glue = GlueContext(SparkContext())
spark = glue.spark_session
def options(path, format, **more):
    return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, format, more).toDF()
def catalog(name):
    return glue.create_dynamic_frame.from_catalog("bad", name).toDF()
"""
CSV = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
    "Columns": [{"Name": "a", "Type": "string"}],
}


@pytest.fixture(scope="module")
def bad(live: Live) -> Live:
    """A bucket and a database of things that are wrong."""
    table = io.BytesIO()
    pq.write_table(pa.table({"n": list(range(10_000)), "s": [str(n) * 5 for n in range(10_000)]}), table)
    whole = table.getvalue()
    live.s3.put_object(Bucket="scripts", Key="bad/half/part.parquet", Body=whole[: len(whole) // 2])
    live.s3.put_object(Bucket="scripts", Key="bad/quotes.csv", Body=b'a,b\n1,"x\n2,y\n3,"z""\n4,q\n')
    live.glue.create_database(DatabaseInput={"Name": "bad"})
    for name, location in {"nowhere": {}, "no_bucket": {"Location": "s3://no-such-bucket/x/"}}.items():
        live.glue.create_table(DatabaseName="bad", TableInput={"Name": name, "StorageDescriptor": {**CSV, **location}})
    return live


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("catalog('nowhere').show()", "table bad.nowhere has no location"),
        ("spark.table('bad.nowhere').show()", "table bad.nowhere has no location"),
        ("catalog('no_bucket').show()", "'no-such-bucket' does not exist"),
        ("catalog('absent').show()", "table bad.absent is not in the Data Catalog"),
        ("spark.read.parquet('s3://scripts/nothing/here/').show()", "s3://scripts/nothing/here/"),
        ("spark.read.csv('s3a://no-such-bucket/x').show()", "s3a://no-such-bucket/x"),
        ("options('s3://no-such-bucket/x', 'json').show()", "'no-such-bucket' does not exist"),
        ("spark.range(3).write.parquet('s3://no-such-bucket/x')", "There is no bucket 'no-such-bucket'"),
        ("options('s3://scripts/bad/half/', 'parquet').show()", "s3://scripts/bad/half/part.parquet"),
    ],
)
def test_the_error_names_what_is_wrong(bad: Live, line: str, words: str) -> None:
    run = bad.run(GLUE + line, "glueetl", arguments={"--mastic-engine": "sail"})
    assert run.state == "FAILED"
    assert words in run.error
    assert re.search(r"\(job-\w+\.py, line \d+: ", run.error)
    assert "\tat " not in run.error
    assert "no-such-bucket" not in [bucket["Name"] for bucket in bad.s3.list_buckets()["Buckets"]]


def test_an_empty_prefix_is_an_empty_frame(bad: Live) -> None:
    run = bad.run(GLUE + "print(options('s3://scripts/nothing/', 'json').count())", "glueetl")
    assert (run.state, run.tail[:1]) == ("SUCCEEDED", ["0"]), run.error


@pytest.mark.spark
def test_broken_quotes_are_read_alike_on_both_engines(bad: Live) -> None:
    script = GLUE + "print(options('s3://scripts/bad/quotes.csv', 'csv', withHeader=True).collect())"
    sail, spark = (bad.run(script, "glueetl", arguments={"--mastic-engine": name}) for name in ("sail", "spark"))
    assert (spark.state, spark.tail[-1]) == (sail.state, sail.tail[-1]), f"{sail.error}\n{spark.error}"
    assert sail.tail[-1].count("Row(") == 2, sail.tail
