"""Snapshots by the date in an argument, compared with the day before: exceptAll, subtract, intersect."""

from datetime import date

from script_case import Case, Run, World

CASE = Case(arguments={"--run_date": "20260131", "--database": "daily_snapshot", "--table": "items"})
ROOT = "s3://daily-snapshot"


def given(world: World) -> None:
    import pyarrow as pa

    world.table("daily_snapshot", "items", f"{ROOT}/items/", {"id": "int", "name": "string"}, "json")
    world.put_json(f"{ROOT}/items/i.json", {"id": 1, "name": "a"}, {"id": 2, "name": "b2"}, {"id": 4, "name": "d"})
    ids = pa.array([1, 2, 3], pa.int32())
    table = pa.table({"id": ids, "name": ["a", "b", "c"], "snapshot_date": [date(2026, 1, 30)] * 3})
    world.put_parquet(f"{ROOT}/snapshots/year=2026/month=01/day=30/part-0.parquet", table)


def expect(world: World, run: Run) -> None:
    assert run.output[:2] == ["added [4] removed [3]", "same [1]"]
    target = f"{ROOT}/snapshots/"
    assert world.folders(target) == ["year=2026/month=01/day=30", "year=2026/month=01/day=31"]
    assert world.read_rows(f"{target}year=2026/month=01/day=31/", "parquet") == [
        {"id": id, "name": name, "snapshot_date": date(2026, 1, 31)} for id, name in ((1, "a"), (2, "b2"), (4, "d"))
    ]
    assert world.schema(f"{target}year=2026/month=01/day=31/") == {
        "id": "int32",
        "name": "string",
        "snapshot_date": "date32[day]",
    }
