"""The oldest Spark program: textFile, flatMap, reduceByKey, toDF; and saveAsTextFile."""

import re
import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "source", "target"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

stop_words = sc.broadcast({"the", "a", "and"})
empty_lines = sc.accumulator(0)


def count_empty(line):
    if not line.strip():
        empty_lines.add(1)


def words(line):
    return [word for word in re.findall(r"[a-z]+", line.lower()) if word not in stop_words.value]


lines = sc.textFile(args["source"])
lines.foreach(count_empty)
counts = lines.flatMap(words).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
counts_df = counts.toDF(["word", "count"])
counts_df.write.mode("overwrite").parquet(args["target"] + "/counts")
counts.filter(lambda pair: pair[1] > 1).sortByKey().map(lambda pair: "%s\t%d" % pair).coalesce(1).saveAsTextFile(
    args["target"] + "/frequent"
)
print("lines", lines.count(), "empty", empty_lines.value, "words", counts_df.count())
job.commit()
