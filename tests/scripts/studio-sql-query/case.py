"""Studio's most common job: two sources, Change Schema, a SQL Query node, an S3 sink that makes a catalog table."""

from script_case import Case, Run, World

CASE = Case(arguments={"--job-bookmark-option": "job-bookmark-disable", "--enable-glue-datacatalog": "true"})
BUCKET = "s3://studio-sql-query"


def given(world: World) -> None:
    header = ["id", "customer", "amount", "day"]
    world.put_csv(
        f"{BUCKET}/orders/2026/01.csv", header,
        [1, 1, "10.50", "2026-01-01"], [2, 1, "0.25", "2026-01-01"], [3, 2, "7", "2026-01-02"],
    )  # fmt: skip
    world.put_csv(
        f"{BUCKET}/orders/2026/02.csv", header, [4, 3, "1e2", "2026-02-01"], [5, 1, "free", "2026-01-01"]
    )  # fmt: skip
    world.put_json(
        f"{BUCKET}/customers/all.json",
        {"id": 1, "country": "DE"}, {"id": 2, "country": "FR"}, {"id": 3, "country": "DE"},
    )  # fmt: skip
    world.database("studio_sql_query")


def expect(world: World, run: Run) -> None:
    assert world.read_rows(f"{BUCKET}/revenue/", "parquet") == [
        {"day": "2026-01-01", "orders": 2, "revenue": 10.75, "last_order": 2, "country": "DE"},
        {"day": "2026-01-02", "orders": 1, "revenue": 7.0, "last_order": 3, "country": "FR"},
        {"day": "2026-02-01", "orders": 1, "revenue": 100.0, "last_order": 4, "country": "DE"},
    ]
    assert world.columns("studio_sql_query", "revenue") == {
        "day": "string", "orders": "bigint", "revenue": "double", "last_order": "bigint", "country": "string",
    }  # fmt: skip
    assert world.partitions("studio_sql_query", "revenue") == [("DE",), ("FR",)]
    table = world.glue.get_table(DatabaseName="studio_sql_query", Name="revenue")["Table"]
    assert table["Parameters"]["classification"] in ("parquet", "glueparquet")
