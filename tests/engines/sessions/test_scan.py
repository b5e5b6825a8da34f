"""What sends a run to a classic Spark driver before it starts, and what does not."""

import pytest

from mastic.engines.scan import needs_classic

OPENING = """
import sys
from pyspark.context import SparkContext
from pyspark.sql import SparkSession
from awsglue.context import GlueContext
sc = SparkContext.getOrCreate()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
"""

CLASSIC = [
    "spark.range(3).rdd.map(lambda r: r.id).collect()",
    "n = df.rdd.getNumPartitions()",
    "if not df.rdd.isEmpty(): pass",
    "sc.parallelize([1, 2])",
    "spark.sparkContext.parallelize([1])",
    "spark.sparkContext.textFile('s3://b/k')",
    "sc.wholeTextFiles('x')",
    "sc.range(10)",
    "sc.union([a, b])",
    "rows = sc.newAPIHadoopFile('x', 'y', 'z', 'w')",
    "total = sc.accumulator(0)",
    "df.toJSON().first()",
    "fs = sc._jvm.org.apache.hadoop.fs.FileSystem.get(sc._jsc.hadoopConfiguration())",
    "jvm = sc._jvm",
    "spark._jvm.java.lang.System.getProperty('x')",
    "sc._jsc.sc().getExecutorMemoryStatus().size()",
    "sc._gateway.jvm.java.util.ArrayList()",
    "plan = df._jdf.queryExecution().toString()",
    "spark._jsparkSession.catalog()",
    "from py4j.java_gateway import java_import",
    "import py4j",
    "from pyspark.streaming import StreamingContext",
    "from pyspark import SparkFiles",
    "from pyspark.rdd import RDD",
    "def f():\n    with open('x') as g:\n        return [sc.parallelize(a) for a in g]",
    "DynamicFrame.fromRDD(x, glueContext, 'x')",
]

CONNECT = [
    "sc._jsc.hadoopConfiguration().set('fs.s3.canned.acl', 'BucketOwnerFullControl')",
    "hadoop = spark.sparkContext._jsc.hadoopConfiguration()\nhadoop.set('a', 'b')",
    "sc._jsc.sc().setLogLevel('WARN')",
    "log = sc._jvm.org.apache.log4j.LogManager.getLogger('x')",
    "log4j = spark._jvm.org.apache.log4j\nlog4j.LogManager.getLogger(__name__)",
    "spark._sc._gateway.shutdown_callback_server()",
    "sc._gateway.close()",
    "sc.setLogLevel('ERROR')",
    "sc.broadcast({1: 2})",
    "df.foreachPartition(print)",
    "df.groupBy('a').applyInPandas(f, 'a int')",
    "spark.range(10)",
    "range(10)",
    "df.union(other)",
    "# df.rdd.map(f) and sc.parallelize([1])",
    "text = 'df.rdd.map(f); sc._jvm.x'",
    '"""sc.parallelize([1])"""',
    "from pyspark.sql.streaming import StreamingQuery",
    "from pyspark import StorageLevel, SparkConf, TaskContext",
    "rdd = 1\nprint(rdd)",
    "self.rdd = 1",
    "parallelize([1])",
    "spark.read.json('x').toPandas().to_json()",
]


@pytest.mark.parametrize("snippet", CLASSIC)
def test_rdd_and_jvm_use_needs_a_classic_driver(snippet):
    assert needs_classic(OPENING + snippet) is not None


@pytest.mark.parametrize("snippet", CONNECT)
def test_idioms_that_need_no_jvm_do_not(snippet):
    assert needs_classic(OPENING + snippet) is None


def test_the_reason_names_what_and_where():
    assert needs_classic("\n\ndf.rdd.count()") == ".rdd in line 3"


def test_extra_modules_are_read_too():
    assert needs_classic("import helper", ["def f(df):\n    return df.rdd"]) == ".rdd in line 2 of an extra module"


def test_source_that_is_not_python_is_left_to_the_run():
    assert needs_classic("def (:") is None
    assert needs_classic("\0") is None
