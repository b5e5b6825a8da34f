"""`python -m mastic.engines.warm HOST:PORT FOLDER` (token on stdin): run a script's likely first queries once.

The JVM then has loaded and compiled what they need, and the first user does not wait for it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from mastic.engines.stubs import stub


def main(address: str, folder: Path, token: str) -> None:
    """Warm the server; an exception means that it cannot answer."""
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.session import SparkSession

    made: Any = SparkSession
    spark = made(connection=DefaultChannelBuilder(f"sc://{address}"))
    spark.client.disable_reattachable_execute()
    spark.client._stub = stub(address, token)
    queries(spark, str(folder / "warm"))
    spark.client.release_session()


def queries(spark: Any, path: str) -> None:
    """Local data, SQL, aggregation, join, a file written and read back, a Python function."""
    from pyspark.sql import functions as F
    from pyspark.sql.types import IntegerType

    people = spark.createDataFrame([(1, "a", 1.5), (2, "b", None)], "id int, name string, amount double")
    people.createOrReplaceTempView("people")
    totals = spark.sql("select name, sum(amount) total from people where id > 0 group by name order by name")
    totals.collect()
    people.join(totals, "name", "left").withColumn("day", F.current_date()).write.mode("overwrite").parquet(path)
    spark.read.parquet(path).filter("id > 1").toPandas()
    people.write.mode("overwrite").option("header", "true").csv(path)
    spark.read.option("header", "true").csv(path).count()
    people.write.mode("overwrite").json(path)
    spark.read.json(path).show()
    people.select(F.udf(lambda x: x, IntegerType())("id")).collect()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.stdin.read().strip())
    os._exit(0)  # the client's exit handlers would talk to a session that is gone
