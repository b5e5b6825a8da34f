from pyspark.sql import DataFrame
from pyspark.sql.functions import col, initcap, regexp_replace, trim


def trim_names(frame: DataFrame) -> DataFrame:
    return frame.withColumn("name", initcap(trim(regexp_replace(col("name"), "\\s+", " "))))
