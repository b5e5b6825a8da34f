"""Small files become few, and nothing of them is lost."""

from script_case import Case, Run, World

BUCKET = "s3://group-small-files"
CASE = Case()


def given(world: World) -> None:
    for number in range(40):
        record = {"session": f"s{number:02}", "page": "/", "ms": number * 100, "device": "mobile", "hour": number % 2}
        world.put_json(f"{BUCKET}/clicks/2026/{number}.json", record)


def expect(world: World, run: Run) -> None:
    found = world.read_rows(f"{BUCKET}/grouped/", "parquet")
    assert sorted(found, key=lambda row: row["session_id"]) == [
        {"session_id": f"s{number:02}", "page": "/", "milliseconds": number * 100, "hour": str(number % 2)}
        for number in range(40)
    ]
    assert len(world.keys(f"{BUCKET}/grouped/")) <= 4  # two files for each hour at most
