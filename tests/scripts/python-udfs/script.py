"""Python functions in plans: the decorator, udf(lambda), a registered one in SQL, and one that gives a struct."""

import re
import sys
from datetime import date

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql.functions import col, udf
from pyspark.sql.types import ArrayType, BooleanType, IntegerType, StringType, StructField, StructType

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

COUNTRIES = {"de": "Germany", "fr": "France"}


@udf(returnType=StringType())
def mask_email(email):
    if email is None or "@" not in email:
        return None
    name, domain = email.split("@", 1)
    return name[0] + "***@" + domain.lower()


def parse_name(full):
    words = re.split(r"\s+", full.strip())
    return {"first": words[0], "last": words[-1] if len(words) > 1 else None, "words": len(words)}


name_type = StructType([
    StructField("first", StringType()),
    StructField("last", StringType()),
    StructField("words", IntegerType()),
])
parse_name_udf = udf(parse_name, name_type)
country_udf = udf(lambda code: COUNTRIES.get(code, "other"))
initials_udf = udf(lambda full: [word[0].upper() for word in full.split()], ArrayType(StringType()))
spark.udf.register("is_adult", lambda born: born is not None and (date(2026, 1, 1) - born).days >= 18 * 365, BooleanType())

people = spark.read.schema("id int, name string, email string, country string, born date").json("s3://python-udfs-data/in/")
people.createOrReplaceTempView("people")
adults = spark.sql("SELECT *, is_adult(born) AS adult FROM people WHERE is_adult(born) OR country = 'fr'")
result = (
    adults.withColumn("email", mask_email("email"))
    .withColumn("parsed", parse_name_udf(col("name")))
    .withColumn("country", country_udf(col("country")))
    .withColumn("initials", initials_udf("name"))
    .select("id", "parsed.first", "parsed.last", "parsed.words", "initials", "email", "country", "adult")
)
result.orderBy("id").show()
result.write.mode("overwrite").parquet("s3://python-udfs-data/out/")
job.commit()
