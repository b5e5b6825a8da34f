"""Casts between types of which one cannot be the other: null, as Glue has it, and never an error of the engine."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from awsglue._schema import tree_string
from awsglue.dynamicframe import DynamicFrame

COLUMNS = """true AS boolean, 7 AS int, 1.5D AS double, CAST(2.50 AS decimal(5,2)) AS decimal, date'2024-01-02' AS date,
timestamp'2024-01-02 03:04:05' AS timestamp, CAST('ab' AS binary) AS binary"""
IMPOSSIBLE = {
    "boolean": ["date", "timestamp", "binary"],
    "int": ["date", "binary"],
    "double": ["date", "binary"],
    "decimal": ["date", "binary"],
    "date": ["boolean", "int", "long", "double", "decimal(10,2)", "binary"],
    "timestamp": ["boolean", "binary"],
    "binary": ["boolean", "int", "double", "date", "timestamp"],
}


def test_what_cannot_be_the_other_type_is_null(glue: Any, spark: Any, rows: Any) -> None:
    frame = DynamicFrame.fromDF(spark.sql(f"SELECT {COLUMNS}"), glue, "f")
    pairs = [(source, target) for source, targets in IMPOSSIBLE.items() for target in targets]
    mapped = frame.apply_mapping([(s, s, f"{s}_{i}", target) for i, (s, target) in enumerate(pairs)])
    assert set(rows(mapped)[0].values()) == {None}
    assert [f.dataType.typeName() for f in mapped.schema()] == [target.partition("(")[0] for _, target in pairs]


def test_a_choice_is_cast_branch_by_branch(glue: Any, write_file: Any) -> None:
    path = write_file(
        "c.json", '{"n": 1, "v": true}\n{"n": 2, "v": "2024-01-02"}\n{"n": 3, "v": 5}\n{"n": 4, "v": {"a": 1}}'
    )
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")
    data = frame.resolveChoice(specs=[("v", "cast:date")]).toDF().orderBy("n").collect()
    assert [row.v for row in data] == [None, dt.date(2024, 1, 2), None, None]


@pytest.mark.parametrize("target", ["struct<a:string>", "struct", "array<string>"])
def test_a_choice_is_cast_to_a_struct_or_an_array(glue: Any, write_file: Any, target: str) -> None:
    values = [[1], {"a": 1}, 5, "x"]
    path = write_file("nested.json", "\n".join(json.dumps({"n": n, "v": v}) for n, v in enumerate(values)))
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")
    data = frame.resolveChoice(specs=[("v", f"cast:{target}")]).toDF().orderBy("n").collect()
    found = [row.asDict(True)["v"] for row in data]
    assert (
        found
        == {
            "struct<a:string>": [None, {"a": "1"}, None, None],
            "struct": [None, {"a": 1}, None, None],
            "array<string>": [["1"], None, None, None],
        }[target]
    )


def test_the_values_of_a_map_are_cast(glue: Any, spark: Any, rows: Any) -> None:
    frame = DynamicFrame.fromDF(spark.createDataFrame([({"k": 1, "j": None},), (None,)], "m map<string,int>"), glue)
    mapped = frame.apply_mapping([("m", "map", "m", "map<string,string>")])
    assert rows(mapped) == [{"m": None}, {"m": {"k": "1", "j": None}}]


def test_a_union_keeps_what_maps_hold(glue: Any, spark: Any, rows: Any) -> None:
    numbers = DynamicFrame.fromDF(spark.createDataFrame([({"k": 1},)], "m map<string,int>"), glue)
    texts = DynamicFrame.fromDF(spark.createDataFrame([({"k": "x"},)], "m map<string,string>"), glue)
    both = numbers.union(texts)
    assert tree_string(both.schema()).splitlines()[3:] == [
        "|    |-- valueType: choice", "|    |    |-- int", "|    |    |-- string",
    ]  # fmt: skip
    assert rows(both) == [{"m": {"k": {"int": 1, "string": None}}}, {"m": {"k": {"int": None, "string": "x"}}}]


@pytest.mark.parametrize("action", ["make_struct", "cast:string"])
def test_choices_inside_maps_are_resolved_too(glue: Any, spark: Any, rows: Any, action: str) -> None:
    numbers = DynamicFrame.fromDF(spark.createDataFrame([({"k": 1},)], "m map<string,int>"), glue)
    texts = DynamicFrame.fromDF(spark.createDataFrame([({"k": "x"},)], "m map<string,string>"), glue)
    resolved = numbers.union(texts).resolveChoice(choice=action)
    assert "choice" not in tree_string(resolved.schema())
    assert json.dumps(rows(resolved)[0]) in ('{"m": {"k": "1"}}', '{"m": {"k": {"int": 1, "string": null}}}')


def test_keys_of_maps_are_texts(spark: Any, glue: Any, rows: Any) -> None:
    """Glue's maps have no other keys, wherever they stand."""
    made = spark.createDataFrame(
        [(1, {7: "x"}, [{"n": {2: 0.5}}])], "a int, m map<int,string>, l array<struct<n:map<int,double>>>"
    )
    frame = DynamicFrame.fromDF(made, glue)
    expected = [{"a": 1, "m": {"7": "x"}, "l": [{"n": {"2": 0.5}}]}]
    assert (
        rows(frame) == rows(frame.repartition(1)) == rows(frame.filter(lambda r: sorted(r["m"]) == ["7"])) == expected
    )
    assert rows(frame.union(frame)) == expected * 2
    assert frame.count() == 1 and made.collect()[0].m == {7: "x"}
