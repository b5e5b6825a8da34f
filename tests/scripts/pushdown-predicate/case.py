"""push_down_predicate and catalogPartitionPredicate: a partition that is not asked for is not even opened."""

from script_case import Case, Run, World

CASE = Case(arguments={"--year": "2024", "--month": "11"})
BUCKET = "s3://pushdown-predicate"


def given(world: World) -> None:
    columns, keys = {"id": "bigint", "level": "string"}, {"year": "string", "month": "string"}
    world.table("pushdown", "logs", f"{BUCKET}/logs/", columns, "json", keys)
    for number, (year, month) in enumerate([("2023", "12"), ("2024", "01"), ("2024", "11"), ("2024", "12")]):
        path = f"{BUCKET}/logs/year={year}/month={month}/"
        if year == "2023":
            world.put(f"{path}broken.json", "this is no JSON\n")
        else:
            world.put_json(f"{path}a.json", {"id": number, "level": "info"}, {"id": 10 + number, "level": "warn"})
        world.partition("pushdown", "logs", year, month)


def expect(world: World, run: Run) -> None:
    assert [line for line in run.output if line.startswith(("recent", "nothing"))] == ["recent 4", "nothing 0"]
    recent = world.read_rows(f"{BUCKET}/recent/", "parquet")
    assert [(row["id"], row["level"], row["year"], row["month"]) for row in recent] == [
        (12, "warn", "2024", "11"), (13, "warn", "2024", "12"), (2, "info", "2024", "11"), (3, "info", "2024", "12"),
    ]  # fmt: skip
    assert world.folders(f"{BUCKET}/in_list/") == ["year=2024/month=01", "year=2024/month=12"]
    assert world.folders(f"{BUCKET}/by_catalog/") == ["year=2024/month=12"]
    assert world.read_rows(f"{BUCKET}/counts/", "json") == [
        {"year": "2024", "month": month, "count": 2} for month in ("01", "11", "12")
    ]  # fmt: skip
