"""Column functions of AWS's library."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from awsglue._absent import JVM, Absent


def explodeWithIndex(col: Column | str) -> Column:
    """One row per element of an array, with its `index` and its value `val`."""
    return F.posexplode(col).alias("index", "val")


namedStruct = Absent("functions.namedStruct", f"{JVM}; pyspark.sql.functions.struct does the same")
replaceArrayElement = Absent("functions.replaceArrayElement", f"{JVM}; pyspark.sql.functions.transform can do it")
