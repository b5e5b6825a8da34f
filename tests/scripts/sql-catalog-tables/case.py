"""Catalog tables in SQL: Parquet by partitions and CSV, two databases, USE."""

from script_case import Case, Run, World

CASE = Case(arguments={"--enable-glue-datacatalog": "true"})
TRIPS = "s3://sql-catalog-tables-raw/trips/"
OUT = "s3://sql-catalog-tables-out/"


def given(world: World) -> None:
    import pyarrow as pa

    world.bucket("sql-catalog-tables-out")
    columns, keys = {"trip_id": "bigint", "zone": "int", "fare": "double"}, {"year": "int", "month": "string"}
    world.table("sql_catalog_tables_raw", "trips", TRIPS, columns, "parquet", keys)
    for month, rows in {"05": [(1, 10, 4.0)], "06": [(3, 20, 7.5), (2, 10, 2.5), (4, 99, 1.0)]}.items():
        world.partition("sql_catalog_tables_raw", "trips", "2025", month)
        ids, zones, fares = zip(*rows, strict=True)
        table = pa.table({"trip_id": ids, "zone": pa.array(zones, pa.int32()), "fare": fares})
        world.put_parquet(f"{TRIPS}year=2025/month={month}/t.parquet", table)
    zones_at = "s3://sql-catalog-tables-ref/zones/"
    world.table("sql_catalog_tables_ref", "zones", zones_at, {"zone": "int", "borough": "string"}, "csv")
    world.put_csv(f"{zones_at}z.csv", ["zone", "borough"], [10, "Queens"], [20, "Bronx"], [30, "Brooklyn"])


def expect(world: World, run: Run) -> None:
    assert [line for line in run.output if line.startswith("|")] == [
        "|trip_id|fare|borough|", "|      2| 2.5| Queens|", "|      3| 7.5|  Bronx|",
    ]  # fmt: skip
    assert world.read_rows(f"{OUT}per_month/", "parquet") == [
        {"year": 2025, "month": "05", "trips": 1, "fare": 4.0},
        {"year": 2025, "month": "06", "trips": 3, "fare": 11.0 / 3},
    ]
    assert world.read_rows(f"{OUT}zones/", "json") == [
        {"zone": 20, "borough": "Bronx"}, {"zone": 30, "borough": "Brooklyn"},
    ]  # fmt: skip
    assert "['zone', 'borough'] 3 sql_catalog_tables_ref" in run.output
    assert "['trips']" in run.output
