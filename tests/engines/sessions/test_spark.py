"""Spark servers, their broker and the classic driver, on the real runtime."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from live import wait_for
from mastic.engines import session, spark_runtime

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("broker")]

WRITE = """
import json, os
from pyspark.context import SparkContext
from pyspark.sql import SparkSession
sc = SparkContext()
spark = SparkSession(sc)
os.makedirs(os.environ["MASTIC_BUCKETS"] + "/made-{name}")
df = spark.createDataFrame([(1, "a"), (2, "b")], "id int, k string")
for scheme, bucket in (("s3", "data"), ("s3a", "made-{name}")):
    df.write.mode("overwrite").partitionBy("k").parquet(f"{{scheme}}://{{bucket}}/{name}/t")
    print(json.dumps(sorted(list(r) for r in spark.read.parquet(f"s3n://{{bucket}}/{name}/t").collect())))
for scheme in ("s3", "s3a", "s3n"):
    df.write.mode("overwrite").orc(f"{{scheme}}://data/{name}/o")
    df.write.mode("overwrite").option("header", True).csv(f"{{scheme}}://data/{name}/c")
print(json.dumps([spark.read.orc("s3a://data/{name}/o").count(), spark.read.text("s3a://data/{name}/c").count()]))
"""


def files(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("flavour", [{"engine": "spark"}, {"classic": True}], ids=["spark", "classic"])
def test_buckets_are_read_and_written_without_strays(run, broker, settings, flavour):
    name = "-".join(flavour)
    ended = run(WRITE.format(name=name), broker=broker, **flavour)
    assert ended.code == 0, ended.err
    assert ended.answers == [[[1, "a"], [2, "b"]]] * 2 + [[2, 4]]
    for folder in (settings.buckets / "data" / name, settings.buckets / f"made-{name}"):
        found = files(folder)
        assert "_SUCCESS" in found
        assert not [f for f in found if f.endswith(".crc") or "temporary" in f]
    assert ended.engine["spark"] > 0


def test_a_bucket_that_does_not_exist_is_named(run, broker):
    ended = run(
        "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
        "spark.createDataFrame([(1,)], 'a int').write.orc('s3://no-such-bucket/x')",
        broker=broker,
        engine="spark",
    )
    assert ended.code == 1
    assert "The specified bucket does not exist: no-such-bucket" in ended.err


def test_the_classic_driver_has_rdds_and_the_runs_settings(run, broker):
    ended = run(
        """
import json
from pyspark.context import SparkContext
sc = SparkContext()
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("mine").getOrCreate()
print(json.dumps(sc.parallelize(range(10), 3).map(lambda x: x * 2).filter(lambda x: x > 4).sum()))
print(json.dumps(spark.range(4).rdd.map(lambda r: r.id).collect()))
print(json.dumps([sc._jvm.java.lang.Math.max(1, 2), spark.conf.get("spark.sql.session.timeZone")]))
print(json.dumps(spark.conf.get("spark.sql.shuffle.partitions")))
sc.stop()
""",
        broker=broker,
        classic=True,
        conf={"spark.sql.shuffle.partitions": "5"},
    )
    assert ended.code == 0, ended.err
    assert ended.answers == [84, [0, 1, 2, 3], [2, "UTC"], "5"]
    assert ended.engine["spark"] >= 2
    assert ended.engine["reasons"] == {"classic Spark driver": ended.engine["spark"]}


def test_python_functions_run_in_the_runtimes_python(run, broker):
    ended = run(
        """
import json, sys
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
where = F.udf(lambda x: "%d.%d %s" % (*__import__("sys").version_info[:2], __import__("pandas").__version__))
import pandas
print(json.dumps(spark.createDataFrame([(1,)], "a int").select(where("a")).first()[0]
                 == "%d.%d %s" % (*sys.version_info[:2], pandas.__version__)))
""",
        broker=broker,
        engine="spark",
    )
    assert ended.code == 0, ended.err
    assert ended.answers == [True]


def test_a_lease_is_exclusive_and_a_clean_server_comes_back(broker, monkeypatch):
    monkeypatch.setattr(broker, "_keep_spare_later", lambda job_run_id: None)  # however slow the machine
    first = broker.lease("jr_1", 64, 64000)
    assert broker.lease("jr_1", 64, 64000) == first
    second = broker.lease("jr_2", 64, 64000)
    assert second != first
    assert broker._leased["jr_2"]._warming is None, "a run that waits needs no queries but its own"
    assert broker.memory_mb > 0
    broker.release("jr_1", clean=False)
    broker.release("jr_2", clean=True)
    broker.release("jr_unknown", clean=True)
    assert broker.memory_mb == 0
    assert broker.lease("jr_3", 64, 64000) == second
    started = broker._started
    broker._keep_spare_beside("jr_2")
    assert broker._started == started, "a run that is over asks for no spare beside another's"
    broker.release("jr_3", clean=True)


def test_a_server_that_comes_free_goes_to_who_waits_for_one(broker, monkeypatch):
    url = broker.lease("jr_first", 64, 64000)
    monkeypatch.setattr("mastic.engines.broker.STARTS_AT_ONCE", 0)
    monkeypatch.setattr(broker, "_keep_spare_later", lambda job_run_id: None)
    leased: list[str] = []
    second = threading.Thread(target=lambda: leased.append(broker.lease("jr_second", 64, 64000)))
    second.start()
    wait_for(lambda: broker._waiting, 60, "the second run to wait")
    broker.release("jr_first", clean=True)
    second.join(60)
    assert leased == [url]
    broker.release("jr_second", clean=True)


def test_a_small_run_gets_a_server_of_its_size(broker):
    broker.lease("jr_small", 1, 2048)
    server = broker._leased["jr_small"]
    try:
        assert (server.size.threads, server.size.memory_mb) == (1, 2048)
        command = Path(f"/proc/{server.process.pid}/cmdline").read_text().split("\0")
        assert "-Xmx1228m" in command
        assert "-Dspark.master=local[1]" in command
        assert not [part for part in command if server.token in part]
    finally:
        broker.release("jr_small", clean=True)
    assert not server.alive


def test_a_server_that_is_used_is_warmed_no_further(broker):
    broker.lease("jr_early", 1, 2048)
    server = broker._leased["jr_early"]
    try:
        server.warm()
        assert server._warming is None
        server._used = False
        warming = threading.Thread(target=server.warm)
        warming.start()
        wait_for(lambda: server._warming, 60, "the warming to begin")
        assert not server.is_warm
        server.use()
        warming.join(60)
        assert (server._warming.returncode, server._warmed, server.alive) == (-signal.SIGKILL, False, True)
    finally:
        broker.release("jr_early", clean=True)


def test_questions_the_broker_does_not_know_are_answered(broker):
    assert "not a question" in session.ask(str(broker.socket_path), {"op": "dance"})["error"]
    assert "does not answer" in session.ask("/nowhere/at-all.sock", {"op": "lease"})["error"]


def test_servers_die_with_their_worker(settings, tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from mastic.engines import spark_runtime\n"
        "from mastic.engines.spark_server import Size, SparkServer; from mastic import settings\n"
        "server = SparkServer.start(spark_runtime.find(settings.load()), Size(1, 1500), Path(sys.argv[1]), None)\n"
        "print(server.process.pid, flush=True); time.sleep(60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "server")], stdout=subprocess.PIPE, text=True)
    assert worker.stdout
    server = int(worker.stdout.readline())
    time.sleep(1)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and alive(server):
        time.sleep(0.05)
    assert not alive(server)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_runtime_is_found_and_has_what_it_needs(settings):
    runtime = spark_runtime.find(settings)
    code = (
        "import json, pyspark, pandas, boto3, mastic, awsglue\n"
        "print(json.dumps([pyspark.__version__, pandas.__version__]))"
    )
    import pandas

    done = subprocess.run([runtime.python, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [settings.spark_version, pandas.__version__]
    absent = subprocess.run([runtime.python, "-c", "import pysail"], capture_output=True)
    assert absent.returncode == 1


def test_a_failed_build_leaves_nothing_and_says_why(tmp_path):
    from mastic.settings import Settings

    settings = Settings(home=tmp_path, runtimes_folder=str(tmp_path / "runtimes"), spark_version="0.0.1")
    with pytest.raises(spark_runtime.RuntimeInstallError, match="pyspark"):
        spark_runtime.ensure(settings)
    assert spark_runtime.find(settings) is None
    assert not [p for p in (tmp_path / "runtimes").iterdir() if p.is_dir()]


def test_a_server_that_ends_fails_the_run_at_once(run, broker):
    """The client's own policy waits ten minutes for it to come back, and makes a write a second time."""
    ended = run(
        "import os, signal\nfrom pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
        "pid = int(spark.sql(\"select java_method('java.lang.ProcessHandle', 'current')\").first()[0])\n"
        "os.kill(pid, signal.SIGKILL)\nspark.range(3).collect()",
        broker=broker,
        engine="spark",
        timeout=60,
    )
    assert ended.code == 1
    assert "[SPARK_SERVER_LOST] The Spark server of this run has ended" in ended.err
    assert "NumberOfWorkers" in ended.err
