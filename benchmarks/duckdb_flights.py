"""The flights job's work, hand-written in DuckDB: what a careful user would write instead.

`python duckdb_flights.py RAW_FOLDER LAKE_FOLDER THREADS`; prints the worst pairs as JSON.
"""

import json
import sys
from pathlib import Path

import duckdb

raw, lake, threads = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
lake.mkdir(parents=True)
db = duckdb.connect()
db.execute(f"SET threads = {threads}")


def table(name: str) -> str:
    """A table of strings over CSV files with a header."""
    return f"read_csv('{raw}/{name}/**/*.csv', header = true, all_varchar = true, hive_partitioning = true)"


db.execute(f"""
    COPY (
        SELECT CAST(f.year AS INT) AS year, CAST(f.month AS INT) AS month, CAST(f.day AS INT) AS day,
               CAST(f.sched_dep_time AS INT) AS scheduled_departure,
               TRY_CAST(f.dep_delay AS DOUBLE) AS departure_delay, TRY_CAST(f.arr_delay AS DOUBLE) AS arrival_delay,
               f.carrier, CAST(f.flight AS INT) AS flight, f.tailnum AS tail_number, f.origin, f.dest AS destination,
               TRY_CAST(f.air_time AS DOUBLE) AS air_time, CAST(f.distance AS BIGINT) AS distance,
               a.name AS airline, p.manufacturer, p.model, CAST(p.seats AS INT) AS seats, d.name AS destination_name
        FROM {table("flights")} f
        JOIN {table("airlines")} a ON a.carrier = f.carrier
        LEFT JOIN {table("planes")} p ON p.tailnum = f.tailnum
        LEFT JOIN {table("airports")} d ON d.faa = f.dest
        WHERE TRY_CAST(f.dep_delay AS DOUBLE) IS NOT NULL
    ) TO '{lake}/flights' (FORMAT parquet, PARTITION_BY (month), COMPRESSION snappy)
""")
db.execute(f"""
    COPY (
        SELECT origin, carrier, airline, COUNT(*) AS flights, COUNT(DISTINCT month) AS months,
               ROUND(AVG(departure_delay), 2) AS mean_departure_delay,
               ROUND(AVG(arrival_delay), 2) AS mean_arrival_delay
        FROM read_parquet('{lake}/flights/**/*.parquet', hive_partitioning = true)
        GROUP BY origin, carrier, airline
        HAVING COUNT(*) >= 100
        ORDER BY mean_departure_delay DESC
        LIMIT 10
    ) TO '{lake}/worst_delays.parquet' (FORMAT parquet)
""")
rows = db.execute(f"SELECT origin, carrier, flights FROM '{lake}/worst_delays.parquet'").fetchall()
print(json.dumps(rows))
