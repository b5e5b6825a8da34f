"""Glue ETL runs reach their engines through the worker: Sail in the run's own process, Spark beside it, or classic."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import Live, needs_spark_runtime
from mastic.engines.scan import needs_classic
from mastic.worker.files import modules_below

pytestmark = pytest.mark.xdist_group("engines")  # one worker with a warm Spark

GLUE = """
from pyspark.context import SparkContext
from awsglue.context import GlueContext
spark = GlueContext(SparkContext()).spark_session
frame = spark.createDataFrame([(1, "a"), (2, "b")], "id int, name string")
frame.write.mode("overwrite").parquet("s3://scripts/out/{name}/")
rows = spark.read.parquet("s3://scripts/out/{name}/").orderBy("id").collect()
print([tuple(row) for row in rows])
"""
OPTION = """
print("option", spark.sql("select java_method('java.lang.System', 'getProperty', 'mastic.asked')").first()[0])
"""
CLASSIC = """
from pyspark.context import SparkContext
sc = SparkContext.getOrCreate()
print(sc.parallelize(range(10)).map(lambda n: n * n).sum())
print("option", sc._jvm.java.lang.System.getProperty("mastic.asked"))
"""


def test_sail_runs_in_the_forked_child(live: Live) -> None:
    run = live.run(GLUE.replace("{name}", "sail"), "glueetl", arguments={"--mastic-engine": "sail"})
    assert run.state == "SUCCEEDED", run.error
    assert "[(1, 'a'), (2, 'b')]" in run.tail
    assert run.lines("output")[-1].startswith("engine: sail ")
    assert run.details["engine"]["sail"] > 0
    assert live.s3.list_objects_v2(Bucket="scripts", Prefix="out/sail/")["KeyCount"] > 0


def test_the_next_run_has_a_sail_of_its_own(live: Live) -> None:
    script = (
        "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
        "print(spark.catalog.tableExists('mine'))\n"
        "spark.createDataFrame([(1,)], 'n int').createOrReplaceTempView('mine')\n"
        "print(spark.table('mine').count())\n"
    )
    for _ in range(2):
        run = live.run(script, "glueetl", arguments={"--mastic-engine": "sail"})
        assert run.state == "SUCCEEDED", run.error
        assert [line for line in run.tail if line in ("True", "False", "1")] == ["False", "1"]


def test_jars_and_sail_do_not_go_together(live: Live) -> None:
    run = live.run("", "glueetl", arguments={"--mastic-engine": "sail", "--extra-jars": "s3://scripts/a.jar"})
    assert run.state == "FAILED"
    assert "--extra-jars needs Spark" in run.error


@pytest.fixture(scope="module")
def spark_live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    needs_spark_runtime()
    options = {"MASTIC_SPARK_SPARE": "true", "MASTIC_SPARK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -Dmastic.asked=yes"}
    live = Live(tmp_path_factory.mktemp("spark") / "home", **options).start()
    yield live
    live.close()


@pytest.mark.spark
def test_spark_pinned_uses_the_brokers_server(spark_live: Live) -> None:
    job = spark_live.create_job(GLUE.replace("{name}", "spark") + OPTION, "glueetl")
    run = spark_live.wait(job, spark_live.start_run(job, mastic_engine="spark"), 180)
    assert run.state == "SUCCEEDED", run.error
    assert {"[(1, 'a'), (2, 'b')]", "option yes"} <= set(run.tail)
    assert run.details["engine"]["sail"] == 0
    assert run.details["engine"]["spark"] > 0


@pytest.mark.spark
def test_a_script_that_raises_leaves_its_warm_server_to_the_next(spark_live: Live) -> None:
    plan = GLUE.replace("{name}", "raises") + "\nraise RuntimeError('no luck')"
    started = []
    for _ in range(2):
        job = spark_live.create_job(plan, "glueetl")
        run = spark_live.wait(job, spark_live.start_run(job, mastic_engine="spark"), 180)
        assert (run.state, "no luck" in run.error) == ("FAILED", True), run.error
        started.append([line for line in run.tail if "Spark server" in line])
    assert started[1] == []


def test_rdds_in_packages_are_seen_too(tmp_path: Path) -> None:
    module = "def squares(sc):\n    return sc.parallelize(range(4)).map(lambda n: n * n).collect()\n"
    archive, folder, wheel = tmp_path / "own.zip", tmp_path / "lib", tmp_path / "own.whl.d"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("own/__init__.py", "")
        opened.writestr("own/deep/maths.py", module)
    (wheel / "own" / "deep").mkdir(parents=True)
    (wheel / "own" / "deep" / "maths.py").write_text(module)
    folder.mkdir()
    (folder / "plain.py").write_text("from pyspark.sql import SparkSession\n")
    assert [needs_classic("import own", list(modules_below(path))) for path in (archive, wheel, folder)] == [
        ".parallelize(...) in line 2 of an extra module", ".parallelize(...) in line 2 of an extra module", None,
    ]  # fmt: skip


@pytest.mark.spark
def test_rdds_send_the_run_to_a_classic_driver(spark_live: Live) -> None:
    job = spark_live.create_job(CLASSIC, "glueetl")
    run = spark_live.wait(job, spark_live.start_run(job), 180)
    assert run.state == "SUCCEEDED", run.error
    assert {"285", "option yes"} <= set(run.tail)
    assert any("classic Spark driver: .parallelize(...) in line 4" in note for note in run.notes)
