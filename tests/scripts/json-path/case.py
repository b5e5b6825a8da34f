"""JSON as it comes from APIs: records by jsonPath, documents over several lines, a field of two types."""

import json

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://json-path"


def given(world: World) -> None:
    for page, people in enumerate([[(1, "Ann", 1.5), (2, "Bob", 2)], [(3, "Cid", None)], []]):
        records = [{"id": i, "name": {"first": first, "last": "X"}, "score": score} for i, first, score in people]
        world.put(f"{BUCKET}/api/{page}.json", json.dumps({"result": {"count": 3, "records": records}}, indent=2))
    world.put(f"{BUCKET}/pretty/one.json", json.dumps({"id": 1, "tags": {"a": "x\ny"}}, indent=4))
    world.put(f"{BUCKET}/pretty/two.json", json.dumps([{"id": 2}, {"id": 3, "tags": {"b": "ü"}}], indent=4))
    world.put_json(f"{BUCKET}/lines/l.json", {"k": "a", "v": 1}, {"k": "b", "v": "one"}, {"k": "c", "v": 2.5})


def expect(world: World, run: Run) -> None:
    start = run.output.index("root")
    assert run.output[start : start + 8] == [
        "root", "|-- id: int", "|-- name: struct", "|    |-- first: string", "|    |-- last: string",
        "|-- score: choice", "|    |-- double", "|    |-- int",
    ]  # fmt: skip
    assert world.read_rows(f"{BUCKET}/people/", "parquet") == [
        {"id": 1, "first": "Ann", "score": 1.5},
        {"id": 2, "first": "Bob", "score": 2.0},
        {"id": 3, "first": "Cid", "score": None},
    ]
    assert world.read_rows(f"{BUCKET}/documents/", "json") == [
        {"id": 1, "tags": {"a": "x\ny"}}, {"id": 2}, {"id": 3, "tags": {"b": "ü"}},
    ]  # fmt: skip
    assert world.read_rows(f"{BUCKET}/strings/", "csv") == [
        {"k": "a", "v": "1"}, {"k": "b", "v": "one"}, {"k": "c", "v": "2.5"},
    ]  # fmt: skip
