"""Field transforms: the developer guide's examples with their documented output, and the edges around them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from awsglue._schema import tree_string
from awsglue.transforms import (
    ApplyMapping,
    DropFields,
    DropNullFields,
    RenameField,
    SelectFields,
    SelectFromCollection,
    SplitFields,
)

PEOPLE = [
    {"name": "Sally", "age": 23, "location": {"state": "WY", "county": "Fremont"}, "friends": []},
    {"name": "Varun", "age": 34, "location": {"state": "NE", "county": "Douglas"}, "friends": [{"name": "Arjun", "age": 3}]},  # noqa: E501
    {"name": "George", "age": 52, "location": {"state": "NY"}, "friends": [{"name": "Fred"}, {"name": "Amy", "age": 15}]},  # noqa: E501
    {"name": "Haruki", "age": 21, "location": {"state": "AK", "county": "Denali"}},
    {"name": "Sheila", "age": 63, "friends": [{"name": "Nancy", "age": 22}]},
]  # fmt: skip


@pytest.fixture
def people(glue: Any, write_file: Any) -> Any:
    path = write_file("people.json", "\n".join(map(json.dumps, PEOPLE)))
    return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")


def names(frame: Any) -> list[str]:
    return [field.name for field in frame.schema()]


def test_drop_a_top_level_field(people: Any) -> None:
    dropped = DropFields.apply(people, paths=["age"])
    assert tree_string(dropped.schema()) == (
        "root\n"
        "|-- name: string\n"
        "|-- location: struct\n"
        "|    |-- state: string\n"
        "|    |-- county: string\n"
        "|-- friends: array\n"
        "|    |-- element: struct\n"
        "|    |    |-- name: string\n"
        "|    |    |-- age: int"
    )


def test_drop_a_nested_field(people: Any, rows: Any) -> None:
    dropped = DropFields.apply(people, paths=["location.county"])
    assert {r["name"]: r["location"] for r in rows(dropped)} == {
        "Sally": {"state": "WY"}, "Varun": {"state": "NE"}, "George": {"state": "NY"}, "Haruki": {"state": "AK"},
        "Sheila": None,
    }  # fmt: skip


def test_a_struct_that_loses_its_last_field_goes_too(people: Any) -> None:
    assert names(DropFields.apply(people, paths=["location.state", "location.county"])) == ["name", "age", "friends"]


def test_drop_a_field_inside_an_array(people: Any, rows: Any) -> None:
    dropped = DropFields.apply(people, paths=["friends.age"])
    assert {r["name"]: r["friends"] for r in rows(dropped)} == {
        "Sally": [], "Varun": [{"name": "Arjun"}], "George": [{"name": "Fred"}, {"name": "Amy"}], "Haruki": None,
        "Sheila": [{"name": "Nancy"}],
    }  # fmt: skip
    assert tree_string(dropped.schema()).endswith("|    |-- element: struct\n|    |    |-- name: string")


def test_unknown_paths_are_passed_over(people: Any) -> None:
    assert names(people.drop_fields(["nothing", "location.nothing"])) == ["name", "age", "location", "friends"]
    assert names(people.select_fields(["age", "nothing", "name"])) == ["age", "name"]


def test_select_nested_fields(people: Any, rows: Any) -> None:
    picked = rows(SelectFields.apply(people, paths=["name", "location.state", "friends.name"]))
    assert picked[1] == {"name": "Haruki", "location": {"state": "AK"}, "friends": None}
    assert picked[0] == {"name": "George", "location": {"state": "NY"}, "friends": [{"name": "Fred"}, {"name": "Amy"}]}


def test_one_path_may_be_given_as_text(people: Any) -> None:
    assert names(people.select_fields("name")) == ["name"]
    assert names(people.drop_fields("name")) == ["age", "location", "friends"]


def test_rename(people: Any, rows: Any) -> None:
    assert names(RenameField.apply(people, "name", "who")) == ["who", "age", "location", "friends"]
    inside = RenameField.apply(people, "location.state", "location.st")
    assert names(inside) == names(people) and rows(inside)[1]["location"] == {"st": "AK", "county": "Denali"}
    moved = RenameField.apply(people, "location.state", "state")
    assert names(moved) == ["name", "age", "location", "friends", "state"]
    nested = rows(RenameField.apply(people, "age", "person.age").select_fields(["person"]))
    assert nested[0] == {"person": {"age": 21}}
    assert names(people.rename_field("nothing", "x")) == names(people)


def test_names_with_dots_need_back_ticks(glue: Any, spark: Any) -> None:
    from awsglue.dynamicframe import DynamicFrame

    frame = DynamicFrame.fromDF(spark.createDataFrame([(1, 2)], "`this.old.name` int, other int"), glue, "f")
    assert names(frame.rename_field("`this.old.name`", "thisNewName")) == ["thisNewName", "other"]
    assert names(frame.drop_fields("`this.old.name`")) == ["other"]
    assert names(frame.apply_mapping([("`this.old.name`", "int", "thisNewName", "string")])) == ["thisNewName"]


def test_split_fields(glue: Any, spark: Any, rows: Any) -> None:
    from awsglue.dynamicframe import DynamicFrame

    data = spark.createDataFrame(
        [("TX_WAREHOUSE", 220, 560, 350), ("CA_WAREHOUSE", 34, 123, 42), ("CO_WAREHOUSE", 340, 180, 2)],
        "warehouse_loc string, `data.strawberry` int, `data.pineapple` int, `data.mango` int",
    )
    frame = DynamicFrame.fromDF(data, glue, "warehouses")
    split = SplitFields.apply(frame=frame, paths=["`data.strawberry`", "`data.pineapple`"], name1="a", name2="b")
    assert list(split.keys()) == ["a", "b"]
    assert rows(SelectFromCollection.apply(split, "a"))[0] == {"data.strawberry": 220, "data.pineapple": 560}
    assert names(SelectFromCollection.apply(split, "b")) == ["warehouse_loc", "data.mango"]
    assert list(SplitFields.apply(frame, ["warehouse_loc"]).keys()) == ["warehouses1", "warehouses2"]


def test_the_documented_mapping(glue: Any, spark: Any, rows: Any) -> None:
    from awsglue.dynamicframe import DynamicFrame

    orders = spark.createDataFrame(
        [("1", "343", "Hand Sanitizer", "1571", "75091")],
        "order_id string, customer_id string, essential_item string, timestamp string, zipcode string",
    )
    mapped = ApplyMapping.apply(
        frame=DynamicFrame.fromDF(orders, glue, "orders"),
        mappings=[
            ("order_id", "String", "order_id", "Long"), ("customer_id", "String", "customer_id", "Long"),
            ("essential_item", "String", "essential_item", "String"), ("timestamp", "String", "timestamp", "Long"),
            ("zipcode", "String", "zip", "Long"),
        ],
    )  # fmt: skip
    assert rows(mapped) == [
        {"order_id": 1, "customer_id": 343, "essential_item": "Hand Sanitizer", "timestamp": 1571, "zip": 75091}
    ]
    assert tree_string(mapped.schema()).splitlines()[5] == "|-- zip: long"


def test_mapping_nests_unnests_and_casts(people: Any, rows: Any) -> None:
    mapped = people.apply_mapping(
        [
            ("NAME", "string", "person.name", "string"),
            ("age", "int", "person.years", "double"),
            ("location.state", "string", "state", "string"),
            ("friends", "array", "friends", "array"),
            ("nothing", "string", "nothing", "string"),
        ]
    )
    assert names(mapped) == ["person", "state", "friends"]
    assert rows(mapped)[0] == {"person": {"name": "George", "years": 52.0}, "state": "NY",
                               "friends": [{"name": "Fred", "age": None}, {"name": "Amy", "age": 15}]}  # fmt: skip
    assert names(people.apply_mapping([("NAME", "string", "n", "string")], case_sensitive=True)) == []


def test_text_that_does_not_parse_becomes_null(glue: Any, spark: Any, rows: Any) -> None:
    from awsglue.dynamicframe import DynamicFrame

    data = spark.createDataFrame([("1",), ("NA",), ("2147483648",), (None,)], "v string")
    mapped = DynamicFrame.fromDF(data, glue, "f").apply_mapping([("v", "string", "v", "int")])
    assert rows(mapped) == [{"v": 1}, {"v": None}, {"v": None}, {"v": None}]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ([("a", "b", "c")], "must be"),
        ([("name", "string", "x", "strnig")], "strnig"),
        (["name"], "tuple"),
        ([("name", "string", "x", "string"), ("age", "int", "x.y", "int")], "is a value already"),
        ([("name", "string", "x.y", "string"), ("age", "int", "x", "int")], "other targets are inside it"),
        ([("friends.name", "string", "x", "string")], "inside an array"),
    ],
)
def test_bad_mappings_are_named(people: Any, mapping: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        people.apply_mapping(mapping)


def test_drop_null_fields(glue: Any, write_file: Any) -> None:
    path = write_file("n.json", '{"a": 1, "b": null, "c": {"d": null, "e": 1}}\n{"a": null, "b": null}\n')
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")
    assert tree_string(frame.schema()).splitlines()[2] == "|-- b: null"
    assert tree_string(DropNullFields.apply(frame).schema()) == "root\n|-- a: int\n|-- c: struct\n|    |-- e: int"


def test_null_fields_inside_arrays_are_dropped_too(glue: Any, write_file: Any, rows: Any) -> None:
    path = write_file("n.json", '{"l": [{"a": null, "b": 1, "d": [{"x": null, "y": 2}]}], "m": [{"n": null}]}\n')
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")
    assert rows(DropNullFields.apply(frame)) == [{"l": [{"b": 1, "d": [{"y": 2}]}]}]


def test_odd_names(glue: Any, write_file: Any, rows: Any) -> None:
    path = write_file("odd.json", '{"A": 1, "b c": 2, "q\\"u\'o": 3, "d.e": {"f.g": 4}, "é": 5, "`t`": 6}\n')
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")
    assert names(frame) == ["A", "b c", "q\"u'o", "d.e", "é", "`t`"]
    mapped = frame.apply_mapping(
        [("a", "int", "x", "int"), ("`d.e`.`f.g`", "int", "fg", "int"), ("b c", "int", "b", "int")]
    )
    assert rows(mapped) == [{"x": 1, "fg": 4, "b": 2}]
    assert rows(frame.drop_fields(["b c", "A"])) == [{"q\"u'o": 3, "d.e": {"f.g": 4}, "é": 5, "`t`": 6}]


@pytest.mark.parametrize("text", ['{"A": 1, "a": 2}', '{"s": {"A": 1}}\n{"s": {"a": 2}}', '{"l": [{"A": 1, "a": 2}]}'])
def test_names_that_differ_in_case_only_are_refused(glue: Any, write_file: Any, text: str) -> None:
    with pytest.raises(ValueError, match="differ in case only"):
        glue.create_dynamic_frame.from_options("s3", {"paths": [write_file("case.json", text)]}, "json")
