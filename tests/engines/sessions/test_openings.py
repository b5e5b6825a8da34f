"""Classic openings, as public Glue scripts write them, on sessions that go through the plan router."""

import pytest

pytestmark = pytest.mark.xdist_group("broker")

OPENINGS = {
    "context, then session": """
from pyspark.context import SparkContext
sc = SparkContext()
from pyspark.sql import SparkSession
spark = SparkSession(sc)
assert spark.sparkContext is sc and SparkContext.getOrCreate() is sc
""",
    "getOrCreate": """
from pyspark import SparkContext
from pyspark.sql import SparkSession
sc = SparkContext.getOrCreate()
spark = SparkSession.builder.getOrCreate()
assert spark.sparkContext is sc
""",
    "conf": """
from pyspark import SparkConf, SparkContext
conf = SparkConf().setAppName("mine").set("spark.executor.memory", "4g").set("spark.sql.session.timeZone", "Asia/Tokyo")
sc = SparkContext(conf=conf)
from pyspark.sql import SparkSession
spark = SparkSession(sc)
assert sc.appName == "mine" and sc.getConf().get("spark.executor.memory") == "4g"
assert spark.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"
""",
    "builder": """
from pyspark.sql import SparkSession
spark = (SparkSession.builder.master("local[*]").appName("x").config("spark.driver.memory", "1g")
         .config("spark.sql.shuffle.partitions", 7).enableHiveSupport().getOrCreate())
assert SparkSession.builder.getOrCreate() is spark
assert spark.conf.get("spark.sql.shuffle.partitions") == "7"
assert spark.sparkContext.getConf().get("spark.driver.memory") == "1g"
""",
    "sql context": """
from pyspark.context import SparkContext
from pyspark.sql import HiveContext, SQLContext
sqlContext = SQLContext(SparkContext())
assert HiveContext(SparkContext.getOrCreate()).sparkSession is sqlContext.sparkSession
spark = sqlContext
""",
    "glue context": """
import sys
from pyspark.context import SparkContext
sc = SparkContext.getOrCreate()
from awsglue.context import GlueContext
glueContext = GlueContext(sc)
spark = glueContext.spark_session
""",
    "glue context of a session's context": """
from awsglue.context import GlueContext
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark = GlueContext(spark.sparkContext).spark_session
""",
}
QUERY = """
df = spark.createDataFrame([(1, "a"), (2, "b"), (3, "b")], "id int, name string")
counted = df.groupBy("name").count().withColumnRenamed("count", "n").collect()
assert sorted((r.name, r.n) for r in counted) == [("a", 1), ("b", 2)]
"""


@pytest.mark.spark
@pytest.mark.parametrize("opening", OPENINGS.values(), ids=OPENINGS)
def test_a_session_is_opened_and_answers(run, broker, opening):
    ended = run(opening + QUERY, broker=broker)
    assert ended.code == 0, ended.err
    assert ended.engine["sail"] + ended.engine["spark"] > 0


@pytest.mark.spark
def test_proven_plans_do_not_wake_spark(run, broker):
    query = "print(spark.createDataFrame([(1, 'a')], 'id int, k string').collect())"
    ended = run(OPENINGS["context, then session"] + query, broker=broker)
    assert ended.code == 0, ended.err
    assert "starting Spark" not in ended.err
    assert ended.engine == {"sail": 1, "spark": 0, "reasons": {}}


@pytest.mark.spark
def test_the_spark_server_can_be_pinned(run, broker):
    ended = run(OPENINGS["context, then session"] + QUERY, broker=broker, engine="spark")
    assert ended.code == 0, ended.err
    assert ended.engine["spark"] > 0
    assert ended.engine["sail"] == 0


@pytest.mark.spark
def test_rows_are_counted_in_a_pivot_as_classic_pyspark_does(run, broker):
    query = """
from pyspark.sql import functions as F
df = spark.createDataFrame([("a", "x"), ("a", "y"), ("a", "x")], "k string, v string")
assert df.groupBy("k").pivot("v", ["x", "y"]).agg(F.count("*")).collect() == [("a", 2, 1)]
both = df.groupBy("k").pivot("v", ["x"]).agg(F.count("*").alias("n"), F.max("v"))
assert both.columns == ["k", "x_n", "x_max(v)"]
assert both.collect() == [("a", 2, "x")]
"""
    ended = run(OPENINGS["context, then session"] + query, broker=broker, engine="spark")
    assert ended.code == 0, ended.err


def test_idioms_that_need_nothing_done(run):
    ended = run("""
from pyspark.context import SparkContext
from pyspark.sql import SparkSession
sc = SparkContext()
sc.setLogLevel("ERROR")
sc._jsc.hadoopConfiguration().set("fs.s3.canned.acl", "BucketOwnerFullControl")
logger = sc._jvm.org.apache.log4j.LogManager.getLogger("my job")
logger.info("hello")
logger.setLevel(sc._jvm.org.apache.log4j.Level.ERROR)
spark = SparkSession.builder.getOrCreate()
assert isinstance(spark, SparkSession)
assert sc.version == spark.sparkContext.version and sc.version.startswith("4.")
assert sc.applicationId.startswith("local-") and sc.defaultParallelism >= 1
assert sc.broadcast({"a": 1}).value == {"a": 1}
assert spark._sc is sc
sc._gateway.shutdown_callback_server()
sc.stop()
assert SparkContext._active is None
again = SparkContext()
again.stop()
""")
    assert ended.code == 0, ended.err
    assert "INFO my job: hello" in ended.err
    assert ended.engine == {"sail": 0, "spark": 0, "reasons": {}}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("sc.parallelize([1])", "SparkContext.parallelize"),
        ("sc.accumulator(0)", "SparkContext.accumulator"),
        ("sc._jvm.java.lang.System.exit(0)", "java.lang.System.exit"),
        ("sc._jsc.sc().getExecutorMemoryStatus()", "getExecutorMemoryStatus"),
        ("sc._gateway.jvm.java.util.ArrayList()", "java.util.ArrayList"),
    ],
)
def test_what_needs_the_jvm_fails_and_names_the_way_out(run, line, names):
    ended = run(f"from pyspark import SparkContext\nsc = SparkContext()\n{line}")
    assert ended.code == 1
    assert names in ended.err
    assert "classic Spark driver" in ended.err


def test_a_second_context_is_refused_as_in_spark(run):
    ended = run("from pyspark import SparkContext\nSparkContext()\nSparkContext()")
    assert ended.code == 1
    assert "Cannot run multiple SparkContexts at once" in ended.err


def test_a_setting_without_effect_is_said_once(run):
    ended = run("""
from pyspark.sql import SparkSession
for _ in range(2):
    builder = SparkSession.builder.config("spark.jars.packages", "a:b:1").config("spark.executor.cores", "4")
    builder.getOrCreate()
""")
    assert ended.code == 0, ended.err
    assert ended.err.count("spark.jars.packages has no effect") == 1
    assert "spark.executor.cores" not in ended.err


MISSING = """
import sys
from pyspark.sql import SparkSession
from pyspark.sql.utils import AnalysisException
spark = SparkSession.builder.getOrCreate()
spark.range(2).write.mode("overwrite").json("s3://data/openings/there/")
reads = [
    lambda: spark.read.json("s3://data/openings/there/"),
    lambda: spark.read.schema("id long").json("s3a://data/openings/the*"),
    lambda: spark.read.parquet("s3://data/openings/missing/"),
    lambda: spark.read.schema("a int").csv("s3n://data/openings/missing"),
    lambda: spark.read.format("json").load("s3://no-such-bucket/x"),
    lambda: spark.read.text(["s3://data/openings/there/", "s3://data/openings/missing/*.txt"]),
    lambda: spark.read.option("header", True).csv("/no/such/folder"),
]
for read in reads:
    try:
        read()
        print("there")
    except AnalysisException as error:
        print(error.getCondition())
"""


@pytest.mark.spark
@pytest.mark.parametrize("engine", ["auto", "spark"])
def test_a_missing_path_is_said_where_it_is_read(run, broker, engine):
    ended = run(MISSING, broker=broker, engine=engine)
    assert ended.code == 0, ended.err
    assert ended.out.split() == ["there"] * 2 + ["PATH_NOT_FOUND"] * 5, ended.out


def test_conf_of_the_run_reaches_the_session(run):
    ended = run(
        "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
        "print(spark.conf.get('spark.sql.session.timeZone'), spark.conf.get('spark.sql.ansi.enabled'))\n"
        "print(spark.sparkContext.getConf().get('spark.executor.instances'))",
        conf={"spark.sql.session.timeZone": "Europe/Rome", "spark.executor.instances": "3"},
    )
    assert ended.code == 0, ended.err
    assert ended.out.split() == ["Europe/Rome", "true", "3"]


def test_without_spark_an_unproven_plan_names_what_is_unproven(run):
    ended = run(
        "from pyspark.sql import SparkSession, functions as F\nspark = SparkSession.builder.getOrCreate()\n"
        "spark.range(1).select(F.input_file_name()).collect()"
    )
    assert ended.code == 1
    assert "mastic runtime install spark" in ended.err
