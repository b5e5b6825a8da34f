"""boto3 around Spark: paginator, head, copy, delete, put, get, resource objects; and the file each row came from."""

import json

from script_case import Case, Run, World

CASE = Case(arguments={"--bucket": "archive-landing", "--run_date": "2026-01-31"})
ROOT = "s3://archive-landing/"


def given(world: World) -> None:
    world.put_json(f"{ROOT}landing/a.json", {"id": 1, "v": "x"})
    world.put_json(f"{ROOT}landing/b.json", {"id": 2, "v": "y"}, {"id": 3, "v": "z"})
    world.put_json(f"{ROOT}landing/c.json", {"id": 4, "v": None})
    world.put(f"{ROOT}landing/empty.json", "")
    world.put(f"{ROOT}landing/readme.txt", "for people")
    world.put(f"{ROOT}tmp/deep/scratch", "x")


def expect(world: World, run: Run) -> None:
    assert world.read_rows(f"{ROOT}processed/2026/01/31/", "parquet") == [
        {"id": 1, "v": "x", "file": "a.json"},
        {"id": 2, "v": "y", "file": "b.json"},
        {"id": 3, "v": "z", "file": "b.json"},
        {"id": 4, "v": None, "file": "c.json"},
    ]
    assert [key for key in world.keys(ROOT) if not key.startswith("processed/")] == [
        "archive/20260131/a.json", "archive/20260131/b.json", "archive/20260131/c.json",
        "landing/empty.json", "landing/readme.txt", "manifests/20260131.json",
    ]  # fmt: skip
    files = ["landing/a.json", "landing/b.json", "landing/c.json"]
    manifest = json.loads(world.get(f"{ROOT}manifests/20260131.json"))
    assert manifest == {"rows": 4, "files": files, "date": "2026-01-31"}
    assert [line for line in run.output if line.startswith(("landed", "manifest", "archived"))] == [
        f"landed: {files}",
        "manifest rows: 4",
        "archived: archive/20260131/a.json",
        "archived: archive/20260131/b.json",
        "archived: archive/20260131/c.json",
    ]
