"""spark.sql over temporary views: common table expressions, joins, window functions, CASE, subqueries."""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "s3_input", "s3_output", "min_total"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

spark.read.option("header", True).option("inferSchema", True).csv(args["s3_input"] + "employees.csv") \
    .createOrReplaceTempView("employees")
spark.read.option("header", True).option("inferSchema", True).csv(args["s3_input"] + "sales.csv") \
    .createOrReplaceTempView("sales")

ranked = spark.sql("""
    WITH totals AS (
        SELECT e.id, e.name, e.team, coalesce(sum(s.amount), 0) AS total, count(s.amount) AS deals
        FROM employees e
        LEFT JOIN sales s ON s.employee_id = e.id AND s.amount > 0
        GROUP BY e.id, e.name, e.team
    ),
    ranked AS (
        SELECT *,
               rank() OVER (PARTITION BY team ORDER BY total DESC) AS place,
               sum(total) OVER (PARTITION BY team) AS team_total
        FROM totals
    )
    SELECT id, name, team, total, deals, place,
           CASE WHEN team_total = 0 THEN NULL ELSE round(100.0 * total / team_total, 1) END AS share
    FROM ranked
""")
ranked.createOrReplaceTempView("ranked")

best = spark.sql(f"""
    SELECT team, name, total
    FROM ranked
    WHERE place = 1 AND total >= {args['min_total']}
      AND team IN (SELECT DISTINCT team FROM employees WHERE name NOT LIKE 'Z%')
    ORDER BY team, name
""")
best.show()

ranked.write.mode("overwrite").parquet(args["s3_output"] + "ranked/")
spark.sql("SELECT team, max(total) AS best, min(total) AS worst FROM ranked GROUP BY team HAVING count(*) > 1") \
    .write.mode("overwrite").json(args["s3_output"] + "teams/")
job.commit()
