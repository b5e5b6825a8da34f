"""Glue types: JSON, merging, catalog strings, Spark, the printed tree, paths."""

from __future__ import annotations

import json

import pytest

from awsglue._paths import find, split_path
from awsglue._schema import from_spark, hive_type, parse_type, to_spark, tree_string
from awsglue.gluetypes import (
    ArrayType,
    ChoiceType,
    DecimalType,
    DoubleType,
    DynamicRecord,
    Field,
    IntegerType,
    LongType,
    MapType,
    NullType,
    StringType,
    StructType,
    from_json_value,
    mergeDataTypes,
)

NESTED = "struct<a:int,b:array<struct<x y:decimal(10,2)>>,m:map<string,bigint>>"


@pytest.mark.parametrize(
    ("text", "hive"),
    [("LONG", "bigint"), ("varchar(10)", "string"), ("decimal", "decimal(10,0)"), ("Integer", "int"), (NESTED, NESTED)],
)
def test_type_strings(text: str, hive: str) -> None:
    assert hive_type(parse_type(text)) == hive


@pytest.mark.parametrize("text", ["strnig", "struct<a int>", "array<int", "decimal(10,2)x", ""])
def test_bad_type_strings_are_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a data type"):
        parse_type(text)


def test_json_round_trip() -> None:
    choice = ChoiceType([IntegerType(), StringType(), StructType([Field("p", DoubleType())])])
    schema = StructType([Field("n", parse_type(NESTED)), Field("c", choice)])
    assert from_json_value(json.loads(json.dumps(schema.jsonValue()))) == schema


def test_spark_round_trip() -> None:
    assert from_spark(to_spark(parse_type(NESTED))) == parse_type(NESTED)


def test_merging() -> None:
    left = StructType([Field("a", IntegerType()), Field("l", ArrayType(NullType()))])
    right = StructType([Field("a", StringType()), Field("l", ArrayType(LongType())), Field("z", DecimalType(4, 1))])
    merged = mergeDataTypes(left, right)
    assert isinstance(merged, StructType)
    assert merged.getField("a").dataType == ChoiceType([StringType(), IntegerType()])
    assert merged.getField("l").dataType == ArrayType(LongType())
    assert mergeDataTypes(DecimalType(4, 1), DecimalType(4, 3)) == DecimalType(6, 3)
    assert mergeDataTypes(NullType(), MapType(LongType())) == MapType(LongType())


def test_the_documented_tree() -> None:
    schema = StructType(
        [
            Field("name", StringType()),
            Field("provider id", ChoiceType([LongType(), StringType()])),
            Field("friends", ArrayType(StructType([Field("name", StringType()), Field("age", IntegerType())]))),
        ]
    )
    assert tree_string(schema) == (
        "root\n"
        "|-- name: string\n"
        "|-- provider id: choice\n"
        "|    |-- long\n"
        "|    |-- string\n"
        "|-- friends: array\n"
        "|    |-- element: struct\n"
        "|    |    |-- name: string\n"
        "|    |    |-- age: int"
    )


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("`a.b`.c", ("a.b", "c")),
        ("list[].price", ("list", "[]", "price")),
        (".zip", (".zip",)),
        ("`.zip`", (".zip",)),
        ("drg definition", ("drg definition",)),
    ],
)
def test_paths(path: str, steps: tuple[str, ...]) -> None:
    assert split_path(path) == steps


def test_finding_fields() -> None:
    schema = StructType([Field("A", parse_type("array<struct<b:int>>")), Field("x.y", IntegerType())])
    assert find(schema, "a.b", case_sensitive=False).steps == ("A", "[]", "b")  # type: ignore[union-attr]
    assert find(schema, "a.b") is None and find(schema, "x.y") is None
    assert find(schema, "`x.y`").data_type == IntegerType()  # type: ignore[union-attr]


def test_records_have_attributes() -> None:
    record = DynamicRecord(a=1)
    record.b = 2
    del record.a
    assert record == {"b": 2}
    with pytest.raises(KeyError):
        record.missing
