"""The pytest plugin as a user's project meets it: tests of theirs, run by pytest in a folder of their own."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from users_project import passes, run

pytestmark = pytest.mark.xdist_group("testing")

SCRIPT = """
import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "target"])
glue = GlueContext(SparkContext.getOrCreate())
job = Job(glue)
job.init(args["JOB_NAME"], args)
orders = glue.create_dynamic_frame.from_catalog("raw", "orders", transformation_ctx="orders")
print("orders", orders.count())
if orders.count():
    orders.toDF().filter("status = 'paid'").write.mode("append").parquet(args["target"])
job.commit()
"""


def test_tests_of_a_spark_job(tmp_path: Path) -> None:
    """One process, several tests: a Spark run costs its import once."""
    test = """
import os, sys
import pytest
from mastic.testing import assert_frames_equal

ROWS = [{"id": 1, "status": "paid", "day": "2026-01-01"}, {"id": 2, "status": "open", "day": "2026-01-02"}]
TARGET = {"target": "s3://lake/orders/"}
BOOKMARK = {**TARGET, "job-bookmark-option": "job-bookmark-enable"}

@pytest.fixture(autouse=True)
def lake(mastic):
    mastic.s3.create_bucket(Bucket="lake")
    mastic.put_table("raw.orders", ROWS, partition_keys=["day"])

def test_a_script_and_what_it_leaves(mastic):
    before = dict(os.environ), os.getcwd(), sys.argv[:], sys.path[:], sys.modules["__main__"]
    result = mastic.run_script("job.py", TARGET)
    assert (result.state, result.job_name, result.stdout) == ("SUCCEEDED", "job", "orders 2\\n")
    assert result.plans["sail"] > 0 and result.plans["spark"] == 0 and result.exception is None
    assert mastic.read("s3://lake/orders").rows() == [{"id": 1, "status": "paid", "day": "2026-01-01"}]
    assert mastic.glue.get_job_run(JobName="job", RunId=result.run_id)["JobRun"]["JobRunState"] == "SUCCEEDED"
    events = mastic.client("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=result.run_id)
    assert events["events"][0]["message"] == "orders 2"
    assert before == (dict(os.environ), os.getcwd(), sys.argv[:], sys.path[:], sys.modules["__main__"])

def test_a_bookmark_over_two_runs_and_a_late_partition(mastic):
    assert mastic.run_script("job.py", BOOKMARK).stdout == "orders 2\\n"
    assert mastic.run_script("job.py", BOOKMARK).stdout == "orders 0\\n"
    mastic.append_table("raw.orders", [{"id": 3, "status": "paid", "day": "2025-12-31"}])
    assert mastic.run_script("job.py", BOOKMARK).stdout == "orders 1\\n"
    assert sorted(row["id"] for row in mastic.read("s3://lake/orders").rows()) == [1, 3]

def test_tests_do_not_see_each_other(mastic):
    assert mastic.glue.get_jobs()["Jobs"] == []
    assert "Contents" not in mastic.s3.list_objects_v2(Bucket="lake")
    mastic.spark.createDataFrame([(1,)], "a int").createOrReplaceTempView("seen")

def test_nor_each_others_views(mastic):
    assert not mastic.spark.catalog.tableExists("seen")

def test_functions_can_be_tested_alone(mastic):
    frame = mastic.spark.createDataFrame([(1, "a"), (2, "b")], "id int, name string")
    assert_frames_equal(frame.filter("id > 1"), [{"id": 2, "name": "b"}])
    from awsglue.dynamicframe import DynamicFrame
    dynamic = DynamicFrame.fromDF(frame, mastic.glue_context, "d").rename_field("name", "title")
    assert_frames_equal(dynamic, [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}])
    mastic.run_script("job.py", TARGET)  # a run has engines of its own, and leaves the test's alone
    assert frame.count() == 2

def test_tables_in_and_out_in_every_format(mastic):
    for format in ("parquet", "csv", "json"):
        mastic.put_table("raw.t", ROWS, partition_keys=["day"], format=format)
        assert_frames_equal(mastic.table("raw.t"), ROWS)
        assert_frames_equal(mastic.table("raw.t").pandas(), mastic.table("raw.t").arrow())
    mastic.put_table("raw.t", mastic.table("raw.orders").pandas().head(0))
    assert len(mastic.table("raw.t")) == 0
"""
    assert "6 passed" in passes(tmp_path, test, "-p", "no:randomly", files={"job.py": SCRIPT})


def test_pandas_is_imported_by_who_has_a_frame(tmp_path: Path) -> None:
    """Late, and then as if it had been there from the start."""
    test = """
import sys

ROWS = [{"id": 1, "status": "paid"}]

def test_a_job_without_frames(mastic):
    mastic.put_table("raw.orders", ROWS)
    mastic.s3.create_bucket(Bucket="lake")
    mastic.run_script("job.py", {"target": "s3://lake/orders/"})
    assert mastic.read("s3://lake/orders/").rows() == ROWS
    assert "pandas" not in sys.modules

def test_a_job_of_frames(mastic):
    result = mastic.run_script("frames.py")
    assert result.stdout.split() == ["DataFrame", "6", "[2.0,", "3.0]"]
    import pandas as pd
    pd.testing.assert_frame_equal(mastic.spark.range(2).toPandas(), pd.DataFrame({"id": [0, 1]}))
"""
    script = """
from awsglue.context import GlueContext
from pyspark.context import SparkContext
from pyspark.sql.functions import pandas_udf
spark = GlueContext(SparkContext.getOrCreate()).spark_session
frame = spark.createDataFrame([(1,), (2,)], "n int").toPandas()
both = spark.createDataFrame(frame).unionAll(spark.createDataFrame(frame))
print(type(frame).__name__, both.groupBy().sum("n").first()[0])

@pandas_udf("double")
def more(n):
    return n + 1.0

print([row[0] for row in spark.createDataFrame(frame).select(more("n")).collect()])
"""
    files = {"job.py": SCRIPT, "frames.py": script}
    assert "2 passed" in passes(tmp_path, test, "-p", "no:randomly", files=files)


def test_tests_of_a_python_shell_job(tmp_path: Path) -> None:
    """What is not about Spark, and needs none."""
    test = '''
import logging, os, subprocess, sys, time
from datetime import UTC, datetime, timedelta
import boto3, pytest
from mastic.testing import JobRunError

def shell(mastic, text, name="job", **fields):
    open("job.py", "w").write(text)
    return mastic.create_job(name, "job.py", command="pythonshell", **fields)

def test_boto3_in_the_script_and_in_the_test_talk_to_it(mastic, monkeypatch):
    monkeypatch.setenv("MY_OWN", "seen")
    text = "import boto3, os; boto3.client('s3').put_object(Bucket='out', Key='k', Body=os.environ['MY_OWN'])"
    job = shell(mastic, text)
    mastic.s3.create_bucket(Bucket="out")
    mastic.run_job(job)
    assert boto3.client("s3").get_object(Bucket="out", Key="k")["Body"].read() == b"seen"

def test_arguments_are_merged_as_glue_does(mastic):
    job = shell(mastic, "import sys; print(sys.argv[1:5])", arguments={"day": "monday", "--n": 1})
    assert mastic.run_job(job, {"day": "tuesday"}).stdout == "['--day', 'tuesday', '--n', '1']\\n"

def test_the_scripts_own_exception_is_raised(mastic):
    job = shell(mastic, "def f():\\n    return {}['gone']\\nprint('before')\\nf()\\n")
    with pytest.raises(KeyError, match="gone") as caught:
        mastic.run_job(job)
    script = [entry for entry in caught.traceback if entry.path.name == "job.py"]
    assert [entry.lineno + 1 for entry in script] == [4, 2]
    assert script[0].path.samefile("job.py")  # the local file, where breakpoints are
    result = mastic.run_job(job, check=False)
    assert (result.state, type(result.exception), result.stdout) == ("FAILED", KeyError, "before\\n")
    assert result.error_message == "KeyError: 'gone' (job.py, line 2: return {}['gone'])"
    assert "KeyError: 'gone'" in result.stderr and "mastic" not in result.stderr

def test_sys_exit(mastic):
    assert mastic.run_job(shell(mastic, "import sys; sys.exit()")).state == "SUCCEEDED"
    with pytest.raises(SystemExit):
        mastic.run_job(shell(mastic, "import sys; sys.exit(3)"))
    assert "exit code 3" in mastic.run_job("job", check=False).error_message

def test_retries(mastic, monkeypatch):
    job = shell(mastic, "import time; time.strptime()", MaxRetries=2)
    calls = iter([ValueError("one"), ValueError("two"), None])
    def strptime():
        if error := next(calls):
            raise error
    monkeypatch.setattr(time, "strptime", strptime)
    result = mastic.run_job(job)
    assert [one.state for one in result.attempts] == ["FAILED", "FAILED", "SUCCEEDED"]
    assert [one.run["Attempt"] for one in result.attempts] == [0, 1, 2]
    assert result.run_id.endswith("_attempt_2")

def test_the_clock(mastic):
    job = shell(mastic, "print(1)")
    before = mastic.clock.now()
    mastic.clock.advance(days=3)
    started = mastic.run_job(job).run["StartedOn"]
    assert started == before + timedelta(days=3)
    mastic.clock.set(started + timedelta(hours=1))
    with pytest.raises(ValueError, match="forward"):
        mastic.clock.set(started)

def test_a_timeout(mastic, monkeypatch):
    job = shell(mastic, "import time; time.strptime()\\nwhile True: time.sleep(600)", Timeout=5, MaxRetries=1)
    monkeypatch.setattr(time, "strptime", lambda: mastic.clock.advance(minutes=6))
    with pytest.raises(JobRunError, match="TIMEOUT.*Timeout of 5 min"):
        mastic.run_job(job)

def test_services_of_moto_beside_it(mastic, monkeypatch):
    moto = pytest.importorskip("moto")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "https://sns.us-east-1.amazonaws.com")
    with moto.mock_aws():
        topic = boto3.client("sns").create_topic(Name="paid")["TopicArn"]
        text = "import boto3, sys; boto3.client('sns').publish(TopicArn=sys.argv[2], Message='1'); boto3.client('s3')"
        mastic.run_job(shell(mastic, text + ".create_bucket(Bucket='lake')"), {"topic": topic})
    assert "lake" in [bucket["Name"] for bucket in mastic.s3.list_buckets()["Buckets"]]

def test_stopping_oneself(mastic):
    text = """
import boto3, sys, time
run = dict(zip(sys.argv[1::2], sys.argv[2::2]))["--JOB_RUN_ID"]
boto3.client("glue").batch_stop_job_run(JobName="job", JobRunIds=[run])
time.sleep(600)
"""
    assert mastic.run_job(shell(mastic, text), check=False).state == "STOPPED"

def test_a_stop_that_comes_while_something_is_finalized(mastic):
    text = """
import boto3, sys, time
run = dict(zip(sys.argv[1::2], sys.argv[2::2]))["--JOB_RUN_ID"]
class Last:
    def __del__(self):
        boto3.client("glue").batch_stop_job_run(JobName="job", JobRunIds=[run])
        time.sleep(60)
Last()
time.sleep(600)
"""
    result = mastic.run_job(shell(mastic, text), check=False)
    assert (result.state, "Exception ignored" in result.stderr) == ("STOPPED", False)

def test_runs_started_elsewhere(mastic):
    shell(mastic, "print('child')", name="child")
    shell(mastic, "import boto3; boto3.client('glue').start_job_run(JobName='child'); print('parent')", name="parent")
    assert mastic.run_job("parent").stdout == "parent\\n"
    assert mastic.glue.get_job_runs(JobName="child")["JobRuns"][0]["JobRunState"] == "SUCCEEDED"
    mastic.glue.start_job_run(JobName="child")
    assert [one.stdout for one in mastic.run_pending()] == ["child\\n"]
    assert mastic.run_pending() == []

def test_a_job_that_starts_another_and_waits(mastic):
    shell(mastic, "print('child')", name="child")
    text = """
import boto3, time
glue = boto3.client("glue")
run = glue.start_job_run(JobName="child")["JobRunId"]
while glue.get_job_run(JobName="child", RunId=run)["JobRun"]["JobRunState"] != "SUCCEEDED":
    time.sleep(0.05)
"""
    assert mastic.run_job(shell(mastic, text, name="parent")).state == "SUCCEEDED"

def test_a_process_of_its_own(mastic):
    job = shell(mastic, "import os; print('pid', os.getpid()); os._exit(3 if os.path.exists('/tmp') else 0)")
    result = mastic.run_job(job, isolated=True, check=False)
    assert result.state == "FAILED" and "os._exit" in result.error_message
    assert result.stdout.startswith("pid ") and result.stdout != f"pid {os.getpid()}\\n"
    with pytest.raises(JobRunError, match="(?s)FAILED.*its output ends:.*pid "):
        mastic.run_job(job, isolated=True)

def test_modules_beside_the_script(mastic):
    open("helpers.py", "w").write("WHERE = __file__\\ndef double(n): return 2 * n\\n")
    text = "import sys, helpers; print(helpers.double(21), 'helpers' in sys.modules)"
    job = shell(mastic, text, arguments={"--extra-py-files": mastic.upload("helpers.py", "s3://code/lib/helpers.py")})
    sys.path[:] = [p for p in sys.path if p not in ("", os.getcwd())]
    assert mastic.run_job(job).stdout == "42 True\\n"
    assert "helpers" not in sys.modules

def test_logging_is_the_scripts_own(mastic, caplog):
    text = "import logging; logging.basicConfig(level='INFO', format='%(message)s'); logging.info('hello')"
    job = shell(mastic, text)
    assert mastic.run_job(job).stderr == "hello\\n"
    assert mastic.run_job(job).stderr == "hello\\n"
    assert [record.message for record in caplog.records] == ["hello", "hello"]
    assert logging.getLogger().level == logging.WARNING

def test_output_of_every_kind(mastic):
    text = "import sys; print('text ü'); sys.stdout.buffer.write(b'bytes\\\\n'); print('err', file=sys.stderr)"
    result = mastic.run_job(shell(mastic, text))
    assert (result.stdout, result.stderr) == ("text ü\\nbytes\\n", "err\\n")

def test_what_cannot_be_done_says_so(mastic):
    with pytest.raises(ValueError, match="database.table"):
        mastic.put_table("orders", [])
    with pytest.raises(ValueError, match="partition_keys names 'day'; the columns are id"):
        mastic.put_table("raw.orders", [{"id": 1}], partition_keys=["day"])
    with pytest.raises(FileNotFoundError, match="s3://nowhere/at/all"):
        mastic.read("s3://nowhere/at/all")
    with pytest.raises(TypeError, match="list of dicts"):
        mastic.put("s3://x-bucket/a.parquet", [1, 2])
    with pytest.raises(mastic.glue.exceptions.EntityNotFoundException):
        mastic.run_job("absent")
    with pytest.raises(FileNotFoundError):
        mastic.create_job("job", "absent.py")
'''
    assert "17 passed" in passes(tmp_path, test)


@pytest.mark.parametrize("first", ["spark", "glue_context"])
def test_a_session_is_had_by_what_imported_spark_before(tmp_path: Path, first: str) -> None:
    test = f"""
from pyspark.sql import SparkSession

def test_it(mastic):
    assert mastic.{first} is not None
    assert SparkSession.builder.getOrCreate().range(3).count() == mastic.spark.range(3).count() == 3
"""
    assert "1 passed" in passes(tmp_path, test)


@pytest.mark.parametrize(
    "imported", ["from pyspark.context import SparkContext", "from pyspark import SparkConf, SparkContext"]
)
def test_a_job_imported_at_the_top_of_a_test(tmp_path: Path, imported: str) -> None:
    job = f"""
import sys
{imported}
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job

def paid(frame):
    return frame.filter(lambda row: row["status"] == "paid")

if __name__ == "__main__":
    glue = GlueContext(SparkContext.getOrCreate())
    print("paid", paid(glue.create_dynamic_frame.from_catalog(database="raw", table_name="orders")).count())
"""
    test = """
import job

ROWS = [{"id": 1, "status": "paid"}, {"id": 2, "status": "open"}]

def test_the_function(mastic):
    frame = job.DynamicFrame.fromDF(mastic.spark.createDataFrame(ROWS), mastic.glue_context, "orders")
    assert [row["id"] for row in job.paid(frame).toDF().collect()] == [1]

def test_the_job(mastic):
    mastic.put_table("raw.orders", ROWS)
    assert mastic.run_script("job.py").stdout == "paid 1\\n"

def test_a_context_of_the_tests_own(mastic):
    mastic.put_table("raw.orders", ROWS)
    mastic.spark
    glue = job.GlueContext(job.SparkContext.getOrCreate())
    assert job.paid(glue.create_dynamic_frame.from_catalog(database="raw", table_name="orders")).count() == 1

def test_no_such_module():
    import pytest
    with pytest.raises(ModuleNotFoundError, match="pyspark.nothing"):
        import pyspark.nothing
"""
    assert "4 passed" in passes(tmp_path, test, files={"job.py": job})


@pytest.mark.parametrize("workers", ["0", "2"])
def test_every_process_of_xdist_has_its_own(tmp_path: Path, workers: str) -> None:
    test = """
import pytest

@pytest.mark.parametrize("n", range(6))
def test_it(mastic, n):
    mastic.s3.create_bucket(Bucket="mine")
    mastic.put("s3://mine/n.txt", str(n))
    read = "boto3.client('s3').get_object(Bucket='mine', Key='n.txt')['Body'].read()"
    open(f"job{n}.py", "w").write(f"import boto3; print({read})")
    assert mastic.run_script(f"job{n}.py", command="pythonshell").stdout == f"b'{n}'\\n"
"""
    assert "6 passed" in passes(tmp_path, test, "-n", workers)


def test_a_project_that_does_not_use_it_pays_nothing(tmp_path: Path) -> None:
    test = """
import sys

def test_it():
    ours = ("mastic", "awsglue", "boto3", "pyspark", "sqlalchemy")
    loaded = sorted(name for name in sys.modules if name.split(".")[0] in ours)
    assert loaded == ["mastic", "mastic.testing", "mastic.testing.plugin"]
"""
    passes(tmp_path, test, "-p", "no:hypothesispytest")


@pytest.mark.spark
def test_the_same_tests_on_spark(tmp_path: Path) -> None:
    test = """
import pytest

@pytest.mark.parametrize("n", [1, 2])  # the second finds the first one's server warm, and other buckets
def test_it(mastic, n):
    mastic.s3.create_bucket(Bucket="lake")
    mastic.put_table("raw.orders", [{"id": n, "status": "paid"}, {"id": 7, "status": "open"}])
    result = mastic.run_script("job.py", {"target": "s3://lake/orders/"})
    assert (result.plans["sail"], result.plans["spark"] > 0) == (0, True)
    assert mastic.read("s3://lake/orders").rows() == [{"id": n, "status": "paid"}]
"""
    assert "2 passed" in passes(tmp_path, test, "--mastic-engine=spark", files={"job.py": SCRIPT})


@pytest.mark.spark
def test_the_same_tests_on_classic_drivers(tmp_path: Path) -> None:
    """Where the scan cannot see what needs one; the session in the test's own process is a Spark Connect client."""
    script = """
from pyspark.sql import SparkSession

context = getattr(SparkSession.builder.getOrCreate(), "sparkContext")
print(getattr(context, "parallelize")(range(4)).sum())
"""
    test = """
def test_it(mastic):
    result = mastic.run_script("job.py")
    assert (result.stdout.splitlines()[0], result.plans["reasons"]) == ("6", {"classic Spark driver": 1})
    assert mastic.spark.range(3).count() == 3
"""
    assert "1 passed" in passes(tmp_path, test, "--mastic-engine=classic", files={"job.py": script})


def test_the_server_ends_with_the_tests_however_they_end(tmp_path: Path) -> None:
    test = """
import os, signal

def test_it(mastic):
    print("server", mastic._common.server.pid, file=open("pid.txt", "w"))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert run(tmp_path, test)[0] == -signal.SIGKILL
    pid = int((tmp_path / "pid.txt").read_text().split()[1])
    until = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and "(python" in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < until, "the server outlives the tests"
        time.sleep(0.05)


def test_a_server_that_has_ended_is_said_to_have(tmp_path: Path) -> None:
    test = """
import os, signal

def test_it(mastic):
    os.kill(mastic._common.server.pid, signal.SIGKILL)
    mastic.clock.advance(hours=1)
"""
    code, output = run(tmp_path, test)
    assert code == 1
    assert "RuntimeError: the server of the tests has ended" in output
