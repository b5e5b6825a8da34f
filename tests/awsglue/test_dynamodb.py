"""unnest_ddb_json and simplify_ddb_json: the developer guide's examples, and what it says stays as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from awsglue._schema import tree_string
from awsglue.dynamicframe import DynamicFrame


@pytest.fixture
def read(glue: Any, write_file: Any) -> Any:
    def of(*records: dict[str, Any]) -> DynamicFrame:
        path = write_file("ddb.json", "\n".join(map(json.dumps, records)))
        return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")

    return of


NESTED = {"Item": {
    "parentMap": {"M": {"childMap": {"M": {
        "appName": {"S": "maps"}, "packageName": {"S": "org.maps"}, "updatedAt": {"N": "1571"}}}}},
    "strings": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2"]}, "binaries": {"BS": ["YQ=="]},
    "isDDBJson": {"BOOL": True}, "nullValue": {"NULL": True},
}}  # fmt: skip


def test_the_documented_simplify(read: Any, rows: Any) -> None:
    simplified = read(NESTED).simplify_ddb_json()
    assert tree_string(simplified.schema()) == (
        "root\n"
        "|-- parentMap: struct\n"
        "|    |-- childMap: struct\n"
        "|    |    |-- appName: string\n"
        "|    |    |-- packageName: string\n"
        "|    |    |-- updatedAt: string\n"
        "|-- strings: array\n"
        "|    |-- element: string\n"
        "|-- numbers: array\n"
        "|    |-- element: string\n"
        "|-- binaries: array\n"
        "|    |-- element: string\n"
        "|-- isDDBJson: boolean\n"
        "|-- nullValue: null"
    )
    assert rows(simplified) == [
        {"parentMap": {"childMap": {"appName": "maps", "packageName": "org.maps", "updatedAt": "1571"}},
         "strings": ["a", "b"], "numbers": ["1", "2"], "binaries": ["YQ=="], "isDDBJson": True, "nullValue": None}
    ]  # fmt: skip


def test_the_documented_unnest(read: Any, rows: Any) -> None:
    whole = {"ColA": {"S": "a"}, "ColB": {"S": "b"}, "ColC": {"N": "3"}, "ColD": {"L": []}}
    frame = read({"Item": whole}, {"Item": {"ColA": {"S": "z"}}})
    assert tree_string(frame.unnest_ddb_json().schema()) == (
        "root\n|-- ColA: string\n|-- ColB: string\n|-- ColC: string\n|-- ColD: array\n|    |-- element: null"
    )
    assert rows(frame.unnest_ddb_json()) == [
        {"ColA": "a", "ColB": "b", "ColC": "3", "ColD": []}, {"ColA": "z", "ColB": None, "ColC": None, "ColD": None},
    ]  # fmt: skip


def test_maps_are_unnested_by_their_path(read: Any) -> None:
    names = [f.name for f in read(NESTED).unnest_ddb_json().schema()]
    assert names[:3] == ["parentMap.childMap.appName", "parentMap.childMap.packageName", "parentMap.childMap.updatedAt"]


def test_a_stream_has_images_beside_other_fields(read: Any, rows: Any) -> None:
    frame = read({"eventID": "7", "meta": {"size": 1}, "NewImage": {"PK": {"S": "p"}, "n": {"N": "1"}}},
                 {"eventID": "8", "meta": {"size": 2}, "NewImage": {"PK": {"S": "q"}, "n": {"NULL": True}}},
                 {"eventID": "9", "meta": None})  # fmt: skip
    for plain in (frame.unnest_ddb_json(), frame.simplify_ddb_json()):
        assert rows(plain) == [
            {"eventID": "7", "meta": {"size": 1}, "PK": "p", "n": "1"},
            {"eventID": "8", "meta": {"size": 2}, "PK": "q", "n": None},
            {"eventID": "9", "meta": None, "PK": None, "n": None},
        ]
    assert rows(frame.select_fields(["NewImage.PK"]).simplify_ddb_json())[0] == {"PK": "p"}


def test_lists_of_one_type_are_simplified(read: Any, rows: Any) -> None:
    frame = read({"Item": {"one": {"L": [{"S": "a"}, {"NULL": True}]}, "deep": {"L": [{"L": [{"N": "1"}]}]},
                           "mixed": {"L": [{"S": "a"}, {"N": "1"}]}, "maps": {"L": [{"M": {"k": {"S": "v"}}}]},
                           "S": {"S": "named as a type"}}})  # fmt: skip
    assert rows(frame.simplify_ddb_json()) == [
        {"one": ["a", None], "deep": [["1"]], "mixed": [{"S": "a", "N": None}, {"S": None, "N": "1"}],
         "maps": [{"M": {"k": {"S": "v"}}}], "S": "named as a type"}
    ]  # fmt: skip


def test_attributes_of_several_types_lose_nothing(read: Any, rows: Any) -> None:
    frame = read({"Item": {"v": {"S": "x"}}}, {"Item": {"v": {"N": "1"}}})
    found = [row["v"] for row in rows(frame.simplify_ddb_json())]
    assert sorted(found, key=lambda v: v["N"] or "") == [{"S": "x", "N": None}, {"S": None, "N": "1"}]
    with pytest.raises(ValueError, match="two columns have an attribute 'k'"):
        read({"Keys": {"k": {"S": "x"}}, "NewImage": {"k": {"S": "x"}}}).simplify_ddb_json()
