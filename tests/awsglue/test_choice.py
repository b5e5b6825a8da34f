"""ResolveChoice: every action, in columns, structs and arrays; types true for all records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from awsglue._schema import tree_string
from awsglue.dynamicframe import ResolveOption
from awsglue.gluetypes import LongType
from awsglue.transforms import ResolveChoice

RECORDS = [
    {"id": 1, "v": 10, "myList": [{"price": 100.0}, {"price": "$100.00"}], "user": {"id": 7}},
    {"id": 2, "v": "11", "myList": [], "user": {"id": "8"}},
    {"id": 3, "v": "twelve"},
    {"id": 4, "v": 5_000_000_000, "user": None},
    {"id": 5, "v": None, "myList": [{"price": None}]},
]


@pytest.fixture
def frame(glue: Any, write_file: Any) -> Any:
    path = write_file("choice.json", "\n".join(map(json.dumps, RECORDS)))
    return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")


def values(frame: Any, name: str) -> list[Any]:
    return [row[name] for row in frame.toDF().orderBy("id").collect()]


def plain(value: Any) -> Any:
    return value.asDict(True) if hasattr(value, "asDict") else value


def test_unlike_types_are_a_choice(frame: Any) -> None:
    assert tree_string(frame.schema()) == (
        "root\n"
        "|-- id: int\n"
        "|-- v: choice\n"
        "|    |-- int\n"
        "|    |-- long\n"
        "|    |-- string\n"
        "|-- myList: array\n"
        "|    |-- element: struct\n"
        "|    |    |-- price: choice\n"
        "|    |    |    |-- double\n"
        "|    |    |    |-- string\n"
        "|-- user: struct\n"
        "|    |-- id: choice\n"
        "|    |    |-- int\n"
        "|    |    |-- string"
    )


def test_to_df_gives_a_struct_with_one_field_per_type(frame: Any) -> None:
    found = [plain(value) for value in values(frame, "v")]
    assert found == [
        {"int": 10, "long": None, "string": None},
        {"int": None, "long": None, "string": "11"},
        {"int": None, "long": None, "string": "twelve"},
        {"int": None, "long": 5_000_000_000, "string": None},
        None,
    ]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("cast:long", [10, 11, None, 5_000_000_000, None]),
        ("cast:int", [10, 11, None, None, None]),
        ("cast:string", ["10", "11", "twelve", "5000000000", None]),
        ("project:string", [None, "11", "twelve", None, None]),
        ("project:int", [10, None, None, None, None]),
    ],
)
def test_one_column_resolved(frame: Any, action: str, expected: list[Any]) -> None:
    assert values(frame.resolveChoice(specs=[("v", action)]), "v") == expected


def test_make_cols(frame: Any) -> None:
    made = ResolveChoice.apply(frame, specs=[("v", "make_cols")])
    assert [f.name for f in made.schema()] == ["id", "v_int", "v_long", "v_string", "myList", "user"]
    assert values(made, "v_string") == [None, "11", "twelve", None, None]


def test_make_struct(frame: Any) -> None:
    made = frame.resolveChoice(specs=[("v", "make_struct")])
    assert tree_string(made.schema()).splitlines()[2:4] == ["|-- v: struct", "|    |-- int: int"]
    assert [plain(v) for v in values(made, "v")] == [plain(v) for v in values(frame, "v")]


def test_inside_arrays_and_structs(frame: Any) -> None:
    cast = frame.resolveChoice(specs=[("myList[].price", "cast:double"), ("user.id", "cast:int")])
    assert [None if v is None else [i.price for i in v] for v in values(cast, "myList")] == [
        [100.0, None], [], None, None, [None],
    ]  # fmt: skip
    assert [plain(v) for v in values(cast, "user")] == [{"id": 7}, {"id": 8}, None, None, None]


def test_all_choices_at_once(frame: Any) -> None:
    text = frame.resolveChoice(choice="cast:string")
    assert "choice" not in tree_string(text.schema())
    assert [plain(v) for v in values(text, "user")] == [{"id": "7"}, {"id": "8"}, None, None, None]
    cols = frame.resolveChoice(choice="make_cols")
    assert [f.name for f in cols.schema()] == ["id", "v_int", "v_long", "v_string", "myList", "user"]
    assert [f.name for f in cols.schema().getField("user").dataType] == ["id_int", "id_string"]


def test_a_cast_works_on_a_column_without_a_choice_too(frame: Any) -> None:
    assert values(frame.resolveChoice(specs=[("id", "cast:String")]), "id") == ["1", "2", "3", "4", "5"]


def test_resolve_options_of_to_df(frame: Any) -> None:
    data = frame.toDF([ResolveOption("v", "Project", LongType())])
    assert [row.v for row in data.orderBy("id").collect()] == [None, None, None, 5_000_000_000, None]
    assert data.schema["v"].dataType.simpleString() == "bigint"


def test_mapping_a_choice_converts_every_branch(frame: Any) -> None:
    mapped = frame.apply_mapping([("id", "int", "id", "int"), ("v", "long", "v", "long")])
    assert values(mapped, "v") == [10, 11, None, 5_000_000_000, None]


def test_a_choice_may_be_mapped_as_one(frame: Any) -> None:
    mapped = frame.apply_mapping([("id", "int", "id", "int"), ("v", "choice", "w", "choice")])
    assert [plain(v) for v in values(mapped, "w")] == [plain(v) for v in values(frame, "v")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "takes specs"),
        ({"specs": [("v", "cast:long")], "choice": "make_cols"}, "takes specs"),
        ({"specs": [("v", "convert")]}, "'convert' is not a resolution"),
        ({"specs": [("v", "cast:")]}, "names no type"),
        ({"specs": [("v", "cast", "long")]}, r"a spec must be \(path, action\), not \('v', 'cast', 'long'\)"),
        ({"specs": [("v", "cast:lnog")]}, "lnog"),
        ({"choice": "drop"}, "'drop' is not a resolution"),
        ({"choice": "match_catalog"}, "needs database and table_name"),
        ({"specs": [("price", "match_catalog")]}, "match_catalog is for all fields at once"),
    ],
)
def test_bad_resolutions_are_named(frame: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        frame.resolveChoice(**arguments)


def test_match_catalog(frame: Any, catalog: Any) -> None:
    columns = [{"Name": "id", "Type": "string"}, {"Name": "v", "Type": "bigint"}]
    catalog.create_table(DatabaseName="db", TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}})
    matched = frame.resolveChoice(choice="match_catalog", database="db", table_name="t")
    assert values(matched, "v") == [10, 11, None, 5_000_000_000, None]
    assert tree_string(matched.schema()).splitlines()[1] == "|-- id: string"


def test_choices_survive_unions_and_json_output(frame: Any, glue: Any, write_file: Any, tmp_path: Any) -> None:
    other = glue.create_dynamic_frame.from_options(
        "s3", {"paths": [write_file("more.json", '{"id": 6, "v": true}\n')]}, "json"
    )
    both = frame.union(other)
    assert [f.name for f in both.schema()] == ["id", "v", "myList", "user"]
    assert list(both.schema().getField("v").dataType.choices) == ["boolean", "int", "long", "string"]
    glue.write_dynamic_frame.from_options(both, "s3", {"path": str(tmp_path / "out")}, "json")
    lines = [json.loads(line) for f in (tmp_path / "out").glob("*.txt") for line in f.read_text().splitlines()]
    held = {line["id"]: line.get("v") for line in lines}
    assert held == {1: 10, 2: "11", 3: "twelve", 4: 5_000_000_000, 5: None, 6: True}


def read(glue: Any, write_file: Any, *records: dict[str, Any]) -> Any:
    path = write_file("more.json", "\n".join(map(json.dumps, records)))
    return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")


def test_no_specs_change_nothing(frame: Any) -> None:
    assert frame.resolveChoice(specs=[]).schema() == frame.schema()


def test_make_cols_by_a_path_leaves_other_choices_alone(glue: Any, write_file: Any, rows: Any) -> None:
    held = read(glue, write_file, {"u": {"id": 1, "k": 1}, "l": [{"p": 1, "q": 1}]},
                {"u": {"id": "a", "k": "b"}, "l": [{"p": "x", "q": "y"}]})  # fmt: skip
    made = held.resolveChoice(specs=[("u.id", "make_cols"), ("l[].p", "make_cols")])
    assert tree_string(made.schema()) == (
        "root\n"
        "|-- u: struct\n"
        "|    |-- id_int: int\n"
        "|    |-- id_string: string\n"
        "|    |-- k: choice\n"
        "|    |    |-- int\n"
        "|    |    |-- string\n"
        "|-- l: array\n"
        "|    |-- element: struct\n"
        "|    |    |-- p_int: int\n"
        "|    |    |-- p_string: string\n"
        "|    |    |-- q: choice\n"
        "|    |    |    |-- int\n"
        "|    |    |    |-- string"
    )
    assert rows(made)[0]["u"] == {"id_int": 1, "id_string": None, "k": {"int": 1, "string": None}}
    assert rows(made)[1]["l"] == [{"p_int": None, "p_string": "x", "q": {"int": None, "string": "y"}}]


@pytest.mark.parametrize("arguments", [{"choice": "make_cols"}, {"specs": [("v", "make_cols")]}])
def test_make_cols_overwrites_no_other_field(glue: Any, write_file: Any, arguments: dict[str, Any]) -> None:
    held = read(glue, write_file, {"v": 1, "v_int": "kept"}, {"v": "s", "s": {"v": 1, "v_int": 2}}, {"s": {"v": "x"}})
    with pytest.raises(ValueError, match="'v_int' twice; rename one of them first"):
        held.resolveChoice(**arguments)
    with pytest.raises(ValueError, match="'v_int' twice"):
        held.select_fields(["s"]).resolveChoice(specs=[("s.v", "make_cols")])


def test_match_catalog_loses_no_nested_field(glue: Any, write_file: Any, catalog: Any, rows: Any) -> None:
    held = read(glue, write_file, {"u": {"userId": 1, "extra": "x"}, "l": [{"p": 1, "more": 1}]},
                {"u": {"userId": "2"}, "l": [{"p": "5"}]})  # fmt: skip
    columns = [{"Name": "u", "Type": "struct<userid:bigint>"}, {"Name": "l", "Type": "array<struct<p:bigint>>"}]
    catalog.create_table(DatabaseName="db", TableInput={"Name": "n", "StorageDescriptor": {"Columns": columns}})
    matched = held.resolveChoice(choice="match_catalog", database="db", table_name="n")
    assert rows(matched) == [
        {"u": {"userId": 1, "extra": "x"}, "l": [{"p": 1, "more": 1}]},
        {"u": {"userId": 2, "extra": None}, "l": [{"p": 5, "more": None}]},
    ]
    assert [f.dataType.typeName() for f in matched.schema().getField("u").dataType] == ["long", "string"]


def test_a_choice_of_structs_projected_whole(glue: Any, write_file: Any, rows: Any) -> None:
    held = read(glue, write_file, {"address": {"city": "Omaha"}}, {"address": "Omaha"}, {"address": 3})
    assert rows(held.resolveChoice(specs=[("address", "project:struct")])) == [
        {"address": None}, {"address": None}, {"address": {"city": "Omaha"}},
    ]  # fmt: skip
