"""Every resolveChoice action on a field that is an int, a double and a text, in structs and arrays too."""

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://resolve-choice-actions"
RECORDS = [
    {"id": 1, "value": 7, "place": {"floor": 2, "room": "a"}, "items": [{"price": 1}, {"price": "free"}]},
    {"id": 2, "value": "8.5", "place": {"floor": "top", "room": "b"}, "items": []},
    {"id": 3, "value": "low", "place": {"floor": 3, "room": "c"}, "items": [{"price": 2}]},
    {"id": 4, "value": None},
]


def given(world: World) -> None:
    world.put_json(f"{BUCKET}/in/r.json", *RECORDS)
    columns = {"id": "bigint", "value": "decimal(6,2)"}
    world.table("resolve_choice_actions", "readings", f"{BUCKET}/unused/", columns, "parquet")


def expect(world: World, run: Run) -> None:
    start = run.output.index("root")
    assert run.output[start : start + 16] == [
        "root", "|-- id: int", "|-- value: choice", "|    |-- int", "|    |-- string",
        "|-- place: struct", "|    |-- floor: choice", "|    |    |-- int", "|    |    |-- string",
        "|    |-- room: string",
        "|-- items: array", "|    |-- element: struct", "|    |    |-- price: choice", "|    |    |    |-- int",
        "|    |    |    |-- string", *run.output[start + 15 : start + 16],
    ]  # fmt: skip

    def out(name: str) -> list[dict[str, object]]:
        return world.read_rows(f"{BUCKET}/out/{name}/", "parquet")

    assert out("specs") == [
        {"id": 1, "value": 7.0, "place": {"floor": 2, "room": "a"}, "items": [{"price": "1"}, {"price": "free"}]},
        {"id": 2, "value": 8.5, "place": {"floor": None, "room": "b"}, "items": []},
        {"id": 3, "value": None, "place": {"floor": 3, "room": "c"}, "items": [{"price": "2"}]},
        {"id": 4, "value": None, "place": None, "items": None},
    ]
    assert world.schema(f"{BUCKET}/out/specs/")["items"] == "list<element: struct<price: string>>"
    values = [(7, None), (None, "8.5"), (None, "low"), (None, None)]
    assert [(row["value_int"], row["value_string"]) for row in out("make_cols")] == values
    structs = [row["value"] for row in out("make_struct")]
    assert structs[:3] == [{"int": number, "string": text} for number, text in values[:3]]
    assert structs[3] in (None, {"int": None, "string": None})
    assert [row["value"] for row in out("cast")] == ["7", "8.5", "low", None]
    assert [row["value"] for row in out("project")] == [None, "8.5", "low", None]
    assert [str(row["value"]) for row in out("match_catalog")] == ["7.00", "8.50", "None", "None"]
    assert world.schema(f"{BUCKET}/out/match_catalog/") == {"id": "int64", "value": "decimal128(6, 2)"}
    assert "struct<value:struct<int:int,string:string>>" in run.output
    assert world.read_rows(f"{BUCKET}/out/unresolved/", "json") == [
        {"id": 1, "value": 7}, {"id": 2, "value": "8.5"}, {"id": 3, "value": "low"}, {"id": 4},
    ]  # fmt: skip
