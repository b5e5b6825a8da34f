"""Relationalize, Unnest and Unbox, with the developer guide's examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import types as spark_types

from awsglue._schema import glue_struct, tree_string
from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms import DropFields, DropNullFields, Relationalize, RenameField, Unbox, UnnestFrame


def read(glue: Any, write_file: Any, records: list[dict[str, Any]]) -> DynamicFrame:
    path = write_file("r.json", "\n".join(map(json.dumps, records)))
    return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")


ORDERS = [
    {"customers": [{"id": 623, "address": "108 Park Street, TX"}, {"id": 231, "address": "763 Marsh Ln, TX"}], "zip": 75091},  # noqa: E501
    {"customers": [{"id": 343, "address": "66 P Street, NY"}], "zip": 75023},
    {"customers": [], "zip": 1},
    {"zip": 2},
]  # fmt: skip


def joined(tables: Any, root: str, child: str, column: str) -> dict[Any, list[Any]]:
    """Root rows with their array's rows, by the generated key."""
    children = [row.asDict() for row in tables[child].toDF().collect()]
    return {
        row["zip"]: [c for c in sorted(children, key=lambda c: c["index"]) if c["id"] == row[column]]
        for row in tables[root].toDF().collect()
    }


def test_the_documented_relationalize(glue: Any, write_file: Any, tmp_path: Path) -> None:
    tables = Relationalize.apply(read(glue, write_file, ORDERS), staging_path=str(tmp_path / "stage"), name="root")
    assert list(tables.keys()) == ["root", "root_customers"]
    assert tree_string(tables["root"].schema()) == "root\n|-- customers: long\n|-- zip: int"
    assert [f.name for f in tables["root_customers"].schema()] == [
        "id", "index", "customers.val.id", "customers.val.address",
    ]  # fmt: skip
    found = joined(tables, "root", "root_customers", "customers")
    assert [c["customers.val.id"] for c in found[75091]] == [623, 231]
    assert [(c["index"], c["customers.val.address"]) for c in found[75023]] == [(0, "66 P Street, NY")]
    assert found[1] == found[2] == []
    flat = RenameField.apply(tables["root_customers"], "`customers.val.address`", "address")
    flat = DropFields.apply(flat, paths=["index", "id", "`customers.val.id`"])
    assert sorted(row.address for row in flat.toDF().collect())[0] == "108 Park Street, TX"


def test_arrays_of_values_and_arrays_in_arrays(glue: Any, write_file: Any, tmp_path: Path) -> None:
    people = [
        {"name": "Nancy", "info": {"age": 47, "friends": ["Fred", "Lakshmi"]}, "trips": [{"to": "x", "days": [1, 2]}]},
        {"name": "Nathan", "info": {"age": 54, "friends": ["Karen"]}, "trips": [{"to": "y"}, {"to": "z", "days": [3]}]},
    ]
    tables = read(glue, write_file, people).relationalize("people", str(tmp_path / "stage"))
    assert list(tables.keys()) == ["people", "people_info.friends", "people_trips", "people_trips.val.days"]
    roots = {row["name"]: row.asDict() for row in tables["people"].toDF().collect()}
    assert roots["Nancy"]["info.age"] == 47
    friends = [row.asDict() for row in tables["people_info.friends"].toDF().collect()]
    assert [f["info.friends.val"] for f in friends if f["id"] == roots["Nathan"]["info.friends"]] == ["Karen"]
    trips = [row.asDict() for row in tables["people_trips"].toDF().collect()]
    days = [row.asDict() for row in tables["people_trips.val.days"].toDF().collect()]
    nancy = next(t for t in trips if t["id"] == roots["Nancy"]["trips"])
    assert sorted(d["trips.val.days.val"] for d in days if d["id"] == nancy["trips.val.days"]) == [1, 2]


def test_a_flat_frame_stays_itself(glue: Any, write_file: Any) -> None:
    tables = read(glue, write_file, [{"a": 1}]).relationalize("root")
    assert list(tables.keys()) == ["root"] and tables["root"].count() == 1


WAREHOUSES = [
    ("TX_WAREHOUSE", '{"strawberry": 220, "pineapple": 560, "mango": 350, "pears": null}'),
    ("CA_WAREHOUSE", '{"strawberry": 34, "pineapple": 123, "mango": 42, "pears": null}'),
    ("CO_WAREHOUSE", '{"strawberry": 340, "pineapple": 180, "mango": 2, "pears": null}'),
]


@pytest.fixture
def warehouses(glue: Any, spark: Any) -> DynamicFrame:
    return DynamicFrame.fromDF(spark.createDataFrame(WAREHOUSES, "warehouse_loc string, data string"), glue, "w")


def test_the_documented_unbox_and_unnest(warehouses: Any, rows: Any) -> None:
    unboxed = Unbox.apply(frame=warehouses, path="data", format="json")
    assert tree_string(unboxed.schema()) == (
        "root\n"
        "|-- warehouse_loc: string\n"
        "|-- data: struct\n"
        "|    |-- strawberry: int\n"
        "|    |-- pineapple: int\n"
        "|    |-- mango: int\n"
        "|    |-- pears: null"
    )
    flat = UnnestFrame.apply(frame=unboxed)
    assert [f.name for f in flat.schema()][1:] == ["data.strawberry", "data.pineapple", "data.mango", "data.pears"]
    assert rows(DropNullFields.apply(frame=flat))[0] == {
        "warehouse_loc": "CA_WAREHOUSE", "data.strawberry": 34, "data.pineapple": 123, "data.mango": 42,
    }  # fmt: skip


def test_text_that_does_not_unbox_is_an_error_record(glue: Any, spark: Any, rows: Any) -> None:
    frame = DynamicFrame.fromDF(spark.createDataFrame([(1, '{"a": 1}'), (2, "{"), (3, None)], "id int, t string"), glue)
    unboxed = frame.unbox("t", "json")
    assert rows(unboxed) == [{"id": 1, "t": {"a": 1}}, {"id": 3, "t": None}]
    assert unboxed.stageErrorsCount() == 1
    assert unboxed.errorsAsDynamicFrame().toDF().collect()[0].error.dynamicRecord.id == 2


def test_unboxing_inside_a_struct_and_csv(glue: Any, spark: Any, write_file: Any, rows: Any) -> None:
    nested = read(glue, write_file, [{"a": {"b": "[1, 2]", "c": 1}}, {"a": None}])
    assert rows(nested.unbox("a.b", "json")) == [{"a": None}, {"a": {"b": [1, 2], "c": 1}}]
    line = DynamicFrame.fromDF(spark.createDataFrame([("x|1",)], "t string"), glue)
    assert rows(line.unbox("t", "csv", separator="|")) == [{"t": {"col0": "x", "col1": "1"}}]


def test_what_cannot_be_unboxed_is_named(warehouses: Any) -> None:
    with pytest.raises(ValueError, match="no field 'nope'"):
        warehouses.unbox("nope", "json")
    with pytest.raises(NotImplementedError, match="'xml'"):
        warehouses.unbox("data", "xml")


def boxes(glue: Any, spark: Any, *texts: str | None) -> DynamicFrame:
    return DynamicFrame.fromDF(spark.createDataFrame(list(enumerate(texts)), "id int, t string"), glue)


def test_unboxing_with_a_schema(glue: Any, spark: Any, rows: Any) -> None:
    wanted = spark_types.StructType().add("a", "integer").add("b", "string")
    frame = boxes(glue, spark, '{"a": 1, "b": "x"}', '{"a": "one", "b": 2, "more": 1}', '{"b": null}', "[1]", "null")
    own = glue_struct(wanted)
    for text in (wanted.json(), json.dumps(own.jsonValue())):
        unboxed = frame.unbox("t", "json", withSchema=text)
        assert unboxed.schema().getField("t").dataType == own
        assert rows(unboxed) == [
            {"id": 0, "t": {"a": 1, "b": "x"}}, {"id": 1, "t": {"a": None, "b": "2"}},
            {"id": 2, "t": {"a": None, "b": None}}, {"id": 3, "t": None}, {"id": 4, "t": None},
        ]  # fmt: skip
    with pytest.raises(ValueError, match=r"withSchema.*StructType\.json"):
        frame.unbox("t", "json", withSchema="a int")


def test_unboxing_csv(glue: Any, spark: Any, rows: Any) -> None:
    wanted = spark_types.StructType().add("a", "integer").add("b", "string").json()
    frame = boxes(glue, spark, "1,x", "one,y,z", "2")
    assert [r["t"] for r in rows(frame.unbox("t", "csv", withSchema=wanted))] == [
        {"a": 1, "b": "x"}, {"a": None, "b": "y"}, {"a": 2, "b": None},
    ]  # fmt: skip
    headed = boxes(glue, spark, "p;q\n1;2", "q;p\n3;'4")
    unboxed = headed.unbox("t", "csv", separator=";", withHeader=True)
    assert [r["t"] for r in rows(unboxed)] == [{"p": "1", "q": "2"}, {"p": "'4", "q": "3"}]
    skipped = boxes(glue, spark, "junk\n1,2").unbox("t", "csv", skipFirst=True)
    assert rows(skipped) == [{"id": 0, "t": {"col0": "1", "col1": "2"}}]
    escaped = boxes(glue, spark, "a\\,b,c").unbox("t", "csv", escaper="\\")
    assert rows(escaped) == [{"id": 0, "t": {"col0": "a,b", "col1": "c"}}]


def test_only_texts_are_unboxed(glue: Any, spark: Any, write_file: Any, rows: Any) -> None:
    with pytest.raises(ValueError, match="'id' is int, and unbox parses texts"):
        boxes(glue, spark, "{}").unbox("id", "json")
    mixed = read(glue, write_file, [{"t": '{"a": 1}'}, {"t": {"a": 2}}])
    with pytest.raises(ValueError, match=r"'t' is choice.*resolve the choice first"):
        mixed.unbox("t", "json")
    data = DynamicFrame.fromDF(spark.createDataFrame([(b'{"a": 1}',)], "t binary"), glue)
    assert rows(data.unbox("t", "json")) == [{"t": {"a": 1}}]


def test_boxed_names_that_differ_in_case_only(glue: Any, spark: Any) -> None:
    with pytest.raises(ValueError, match="differ in case only"):
        boxes(glue, spark, '{"A": 1, "a": 2}').unbox("t", "json")


def test_empty_objects_in_a_box(glue: Any, spark: Any, rows: Any) -> None:
    assert rows(boxes(glue, spark, "{}", '{"a": {}}').unbox("t", "json")) == [
        {"id": 0, "t": {"a": None}}, {"id": 1, "t": {"a": None}},
    ]  # fmt: skip


def test_relationalize_names_that_are_patterns_of_paths(glue: Any, write_file: Any, rows: Any, tmp_path: Path) -> None:
    frame = read(glue, write_file, [{"a*{b}/c": [{"x?[y]": [1, 2]}]}])
    tables = frame.relationalize("root", str(tmp_path / "stage"))
    assert list(tables.keys()) == ["root", "root_a*{b}/c", "root_a*{b}/c.val.x?[y]"]
    assert [row["a*{b}/c.val.x?[y].val"] for row in rows(tables["root_a*{b}/c.val.x?[y]"])] == [1, 2]


def test_relationalize_empty_objects(glue: Any, write_file: Any, rows: Any, tmp_path: Path) -> None:
    frame = read(glue, write_file, [{"a": 1, "q": {}, "l": [{}, {}], "m": [{"k": 1, "e": {}, "d": [{}]}]}])
    tables = frame.relationalize("root", str(tmp_path / "stage"))
    assert [sorted(row["index"] for row in rows(tables["root_l"]))] == [[0, 1]]
    assert [row["a"] for row in rows(tables["root"])] == [1]
    assert [(row["index"], row["m.val.k"]) for row in rows(tables["root_m"])] == [(0, 1)]
