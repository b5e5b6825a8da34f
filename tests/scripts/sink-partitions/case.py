"""partitionKeys in every format, null and odd values among them, and a write into a catalog table."""

import gzip

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://sink-partitions"
RECORDS = [
    {"id": 1, "region": "north", "sold": {"year": 2025, "month": 12}, "amount": 1.5},
    {"id": 2, "region": "a b/c", "sold": {"year": 2026, "month": 1}, "amount": 2.0},
    {"id": 3, "region": None, "sold": {"year": 2026, "month": 1}, "amount": None},
]


def given(world: World) -> None:
    world.put_json(f"{BUCKET}/in/sales.json", *RECORDS)
    columns = {"id": "int", "year": "int", "month": "int", "amount": "double"}
    world.table("sink_partitions", "sales", f"{BUCKET}/table/", columns, "parquet", {"region": "string"})


def expect(world: World, run: Run) -> None:
    null = "__HIVE_DEFAULT_PARTITION__"
    assert world.folders(f"{BUCKET}/glueparquet/") == [
        f"region={null}/year=2026", "region=a b/c/year=2026", "region=north/year=2025",
    ]  # fmt: skip
    assert "region=a b%2Fc/year=2026/" in " ".join(world.keys(f"{BUCKET}/glueparquet/"))
    assert world.schema(f"{BUCKET}/glueparquet/") == {"id": "int32", "month": "int32", "amount": "double"}
    assert world.folders(f"{BUCKET}/parquet/") == ["month=1", "month=12"]
    rows = world.read_rows(f"{BUCKET}/parquet/", "parquet")
    assert sorted((row["month"], row["id"], row["region"], row["amount"]) for row in rows) == [
        ("1", 2, "a b/c", 2.0), ("1", 3, None, None), ("12", 1, "north", 1.5),
    ]  # fmt: skip
    assert all(key.endswith(".json.gz") for key in world.keys(f"{BUCKET}/json/"))
    assert world.read_rows(f"{BUCKET}/json/", "json") == [
        {"id": 1, "region": "north", "month": 12, "amount": 1.5, "year": "2025"},
        {"id": 2, "region": "a b/c", "month": 1, "amount": 2.0, "year": "2026"},
        {"id": 3, "month": 1, "year": "2026"},
    ]
    (key,) = world.keys(f"{BUCKET}/csv/")
    lines = gzip.decompress(world.get(f"{BUCKET}/csv/{key}")).decode().splitlines()
    assert sorted(lines) == ["1;north;2025;12;1.5", "2;a b/c;2026;1;2.0", "3;;2026;1;"]
    assert world.partitions("sink_partitions", "sales") == [(null,), ("a b/c",), ("north",)]
    assert [row["id"] for row in world.read_rows(f"{BUCKET}/table/", "parquet")] == [1, 2, 3]
