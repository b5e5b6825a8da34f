"""Many small files: groupFiles and groupSize as texts, recurse, exclusions as a JSON text and as a list, globs."""

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://group-files"


def given(world: World) -> None:
    number = 0
    for year in ("2025", "2026"):
        for month in ("01", "02"):
            for file in range(5):
                world.put_json(f"{BUCKET}/in/{year}/{month}/f{file}.json", {"n": number, "from": f"{year}-{month}"})
                number += 1
    for path in ("in/2025/_tmp/x.json", "in/2025/01/f0.json.bak", "in/2025/01/skip-1.json"):
        world.put_json(f"{BUCKET}/{path}", {"n": -1, "from": path})
    world.put_json(f"{BUCKET}/in/top.json", {"n": 100, "from": "top"})
    world.put_json(f"{BUCKET}/more/one.json", {"n": 101, "from": "more"})
    world.put_json(f"{BUCKET}/more/two.json", {"n": 102, "from": "not asked for"})
    world.put(f"{BUCKET}/in/2025/empty.json", "")


def expect(world: World, run: Run) -> None:
    counts = [line for line in run.output if "engine" not in line]
    assert counts == ["grouped 22", "not recursive 1", "excluded by full path 12", "glob 12"]
    assert len(world.keys(f"{BUCKET}/out/")) == 1
    rows = world.read_rows(f"{BUCKET}/out/", "parquet")
    assert sorted(row["n"] for row in rows) == [*range(20), 100, 101]
    assert {row["from"] for row in rows} == {"2025-01", "2025-02", "2026-01", "2026-02", "top", "more"}
