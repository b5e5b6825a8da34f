from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql.functions import concat, length, lit, regexp_replace, when


def with_country_code(code: str) -> Callable[[DataFrame], DataFrame]:
    def transform(frame: DataFrame) -> DataFrame:
        digits = regexp_replace("phone", "[^0-9]", "")
        national = regexp_replace(digits, "^0", "")
        return frame.withColumn("phone", when(length(national) >= 9, concat(lit(code), national)))

    return transform
