"""The developer guide's examples of the DynamicFrame class that no other test has: its data, its code, its output.

The guide in Markdown, the current page (Python) and the DynamicFrame page of the Scala API. Field order is ours: the
guide's is that of a hash table.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pyspark import cloudpickle

from awsglue._schema import tree_string
from awsglue.dynamicframe import DynamicFrame, ResolveOption
from awsglue.gluetypes import DoubleType
from awsglue.transforms import (
    DropFields,
    Relationalize,
    RenameField,
    ResolveChoice,
    SelectFromCollection,
    get_transforms,
)

# Spark's workers have no tests: what is defined here goes there whole.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def read(glue: Any, write_file: Any) -> Any:
    def of(*records: dict[str, Any]) -> DynamicFrame:
        path = write_file("documented.json", "\n".join(map(json.dumps, records)))
        return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")

    return of


def tree(frame: Any) -> set[str]:
    return set(tree_string(frame.schema()).splitlines())


MEDICARE = """DRG Definition,Provider Id,Provider Name,Provider Street Address,Provider City,Provider State,\
Provider Zip Code,Hospital Referral Region Description,Total Discharges,Average Covered Charges,\
Average Total Payments,Average Medicare Payments
039 - EXTRACRANIAL,10001,SOUTHEAST ALABAMA,1108 ROSS CLARK CIRCLE,DOTHAN,AL,36301,AL - Dothan,91,$32963.07,$5777.24,$4
039 - EXTRACRANIAL,10005,MARSHALL MEDICAL,2505 U S HIGHWAY 431,BOAZ,AL,35957,AL - Birmingham,14,$15131.85,$5787.57,$5
"""


def MergeAddress(rec: Any) -> Any:
    rec["Address"] = {}
    rec["Address"]["Street"] = rec["Provider Street Address"]
    rec["Address"]["City"] = rec["Provider City"]
    rec["Address"]["State"] = rec["Provider State"]
    rec["Address"]["Zip.Code"] = rec["Provider Zip Code"]
    rec["Address"]["Array"] = [rec["Provider Street Address"], rec["Provider City"], rec["Provider State"],
                               rec["Provider Zip Code"]]  # fmt: skip
    del rec["Provider Street Address"]
    del rec["Provider City"]
    del rec["Provider State"]
    del rec["Provider Zip Code"]
    return rec


@pytest.fixture
def mapped_medicare(glue: Any, write_file: Any) -> Any:
    path = write_file("medicare.csv", MEDICARE)
    medicare = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "csv", {"withHeader": True})
    return medicare.map(f=MergeAddress)


REST = {
    "root", "|-- Average Total Payments: string", "|-- Average Covered Charges: string", "|-- DRG Definition: string",
    "|-- Average Medicare Payments: string", "|-- Hospital Referral Region Description: string",
    "|-- Provider Id: string", "|-- Total Discharges: string", "|-- Provider Name: string",
}  # fmt: skip
ADDRESS = {"|    |-- Zip.Code: string", "|    |-- City: string", "|    |-- Array: array",
           "|    |    |-- element: string", "|    |-- State: string", "|    |-- Street: string"}  # fmt: skip


def test_map(mapped_medicare: Any) -> None:
    assert tree(mapped_medicare) == REST | ADDRESS | {"|-- Address: struct"}


def test_unnest(mapped_medicare: Any, rows: Any) -> None:
    unnested = mapped_medicare.unnest()
    assert tree(unnested) == REST | {
        "|-- Address.Zip.Code: string", "|-- Address.City: string", "|-- Address.Array: array",
        "|    |-- element: string", "|-- Address.State: string", "|-- Address.Street: string",
    }  # fmt: skip
    assert rows(unnested)[0]["Address.Array"] == ["1108 ROSS CLARK CIRCLE", "DOTHAN", "AL", "36301"]


def test_unbox(mapped_medicare: Any, rows: Any) -> None:
    with_string = mapped_medicare.map(lambda rec: {**rec, "AddressString": json.dumps(rec["Address"])})
    unboxed = with_string.unbox("AddressString", "json")
    assert tree(unboxed) == REST | ADDRESS | {"|-- Address: struct", "|-- AddressString: struct"}
    assert all(row["AddressString"] == row["Address"] for row in rows(unboxed))


def test_errors_as_dynamic_frame(glue: Any, write_file: Any, rows: Any) -> None:
    text = """{"id": 1, "name": "george", "surname": "washington", "height": 178}
{"id": 2, "name": "benjamin", "surname": "franklin",
{"id": 3, "name": "alexander", "surname": "hamilton", "height": 171}
{"id": 4, "name": "john", "surname": "jay", "height": 190}
"""
    errors = glue.create_dynamic_frame.from_options("s3", {"paths": [write_file("error_data.json", text)]}, "json")
    assert tree_string(errors.schema()) == "root\n|-- id: int\n|-- name: string\n|-- surname: string\n|-- height: int"
    # AWS loses the third record too: its reader goes on inside the broken one.
    assert [row["id"] for row in rows(errors)] == [1, 3, 4]
    assert errors.errorsCount() == 1
    error = errors.errorsAsDynamicFrame().toDF().head()["error"].asDict()
    assert list(error) == ["callsite", "msg", "stackTrace", "input", "bytesread", "source"]
    assert "franklin" in error["input"]


FRIENDS = [
    {"name": "Sally", "age": 23, "location": {"state": "WY", "county": "Fremont"}, "friends": []},
    {"name": "Varun", "age": 34, "friends": [{"name": "Arjun", "age": 3}]},
]


def test_drop_fields_at_every_level(read: Any) -> None:
    friends = read(*FRIENDS).drop_fields(paths=["age", "location.county", "friends.age"])
    assert tree(friends) == {
        "root", "|-- name: string", "|-- location: struct", "|    |-- state: string", "|-- friends: array",
        "|    |-- element: struct", "|    |    |-- name: string",
    }  # fmt: skip


def test_apply_mapping_to_a_date(read: Any, rows: Any) -> None:
    persons = read({"family_name": "Collins", "name": "Michael", "birth_date": "1944-10-15"})
    mapped = persons.apply_mapping(
        [
            ("family_name", "String", "last_name", "String"),
            ("name", "String", "first_name", "String"),
            ("birth_date", "String", "date_of_birth", "Date"),
        ]
    )
    assert (
        tree_string(mapped.schema()) == "root\n|-- last_name: string\n|-- first_name: string\n|-- date_of_birth: date"
    )
    assert rows(mapped)[0]["date_of_birth"] == dt.date(1944, 10, 15)


def test_mappings_unnest_and_nest_again(read: Any, rows: Any) -> None:
    df = read({"name": "Sally", "age": 23, "address": {"state": "NE", "zip": 68007}})
    kept = [("name", "string", "name", "string"), ("age", "int", "age", "int")]
    flat = df.apply_mapping(
        [*kept, ("address.state", "string", "state", "string"), ("address.zip", "int", "zip", "int")]
    )
    assert tree_string(flat.schema()) == "root\n|-- name: string\n|-- age: int\n|-- state: string\n|-- zip: int"
    nested = flat.apply_mapping(
        [*kept, ("state", "string", "address.state", "string"), ("zip", "int", "address.zip", "int")]
    )
    assert nested.schema() == df.schema() and rows(nested) == rows(df)
    assert tree(df.rename_field("address.state", "address.state_code")) >= {"|    |-- state_code: string"}


CONTACTS = [(i, 0, "phone", f"202-{i}") for i in range(1, 21)] + [(i, 1, "twitter", f"@{i}") for i in (1, 20)]


@pytest.fixture
def contacts(glue: Any, spark: Any) -> DynamicFrame:
    schema = "id long, index int, `contact_details.val.type` string, `contact_details.val.value` string"
    return DynamicFrame.fromDF(spark.createDataFrame(CONTACTS, schema), glue, "l_root_contact_details")


def test_split_fields(contacts: Any) -> None:
    split = contacts.split_fields(["id", "index"], "left", "right")
    assert tree_string(split.select("left").schema()) == "root\n|-- id: long\n|-- index: int"
    assert tree_string(split.select("right").schema()) == (
        "root\n|-- contact_details.val.type: string\n|-- contact_details.val.value: string"
    )


def test_split_rows_and_merge(contacts: Any) -> None:
    split = contacts.split_rows({"id": {">": 10}}, "high", "low")
    assert list(split.keys()) == ["high", "low"]
    low, high = SelectFromCollection.apply(dfc=split, key="low"), SelectFromCollection.apply(dfc=split, key="high")
    assert (low.count(), high.count()) == (11, 11)
    merged = high.mergeDynamicFrame(stage_dynamic_frame=low, primary_keys=["id"])
    found = merged.toDF().where("id = 1 or id = 20").orderBy("id", "index").collect()
    assert [(row[0], row[1], row[2]) for row in found] == [
        (1, 0, "phone"), (1, 1, "twitter"), (20, 0, "phone"), (20, 1, "twitter"),
    ]  # fmt: skip


def test_split_rows_by_two_columns(read: Any, rows: Any) -> None:
    df = read({"age": 70, "address": {"country": "USA"}}, {"age": 65, "address": {"country": "UK"}}, {"age": 20})
    split = df.split_rows({"age": {">=": 65}, "address.country": {"=": "USA"}}, "first", "second")
    assert [row["age"] for row in rows(split["first"])] == [70]
    assert sorted(row["age"] for row in rows(split["second"])) == [20, 65]


def test_resolve_choice_in_structs_and_lists(read: Any, rows: Any) -> None:
    df = read({"a": {"b": 1}, "c": {"d": "2.5"}, "columnA": 1, "myList": [{"price": 100.0}, {"price": "$100.00"}]},
              {"a": {"b": "x"}, "c": {"d": 3}, "columnA": "1.5", "myList": []})  # fmt: skip
    df2 = ResolveChoice.apply(df, specs=[("a.b", "make_struct"), ("c.d", "cast:double")])
    assert [(row["a"], row["c"]) for row in rows(df2)] == [
        ({"b": {"int": 1, "string": None}}, {"d": 2.5}), ({"b": {"int": None, "string": "x"}}, {"d": 3.0}),
    ]  # fmt: skip
    df3 = df.resolveChoice(specs=[("myList[].price", "make_struct"), ("columnA", "cast:double")])
    assert [(row["myList"], row["columnA"]) for row in rows(df3)] == [
        ([{"price": {"double": 100.0, "string": None}}, {"price": {"double": None, "string": "$100.00"}}], 1.0),
        ([], 1.5),
    ]  # fmt: skip
    df1 = ResolveChoice.apply(df, choice="make_cols")
    assert [f.name for f in df1.schema()] == ["a", "c", "columnA_int", "columnA_string", "myList"]


def test_resolve_options_by_a_path(read: Any) -> None:
    df = read({"a": {"b": {"c": 1.5}}}, {"a": {"b": {"c": "x"}}})
    kept = df.toDF([ResolveOption("a.b.c", "KeepAsStruct")])
    assert kept.schema["a"].dataType.simpleString() == "struct<b:struct<c:struct<double:double,string:string>>>"
    projected = df.toDF([ResolveOption("a.b.c", "Project", DoubleType())])
    assert sorted(str(row.a.b.c) for row in projected.collect()) == ["1.5", "None"]


def test_unbox_a_json_column_of_a_csv_file(glue: Any, write_file: Any, rows: Any) -> None:
    path = write_file("people.csv", 'name,age,address\nSally,36,"{""state"": ""NE"", ""city"": ""Omaha""}"\n')
    df = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "csv", {"withHeader": True})
    unboxed = df.unbox("address", "json")
    assert tree(unboxed) >= {"|-- address: struct", "|    |-- state: string", "|    |-- city: string"}
    assert rows(unboxed)[0]["address"] == {"state": "NE", "city": "Omaha"}


def test_relationalize_a_list_of_values(read: Any, rows: Any, tmp_path: Path) -> None:
    people = [("Nancy", 47, ["Fred", "Lakshmi"]), ("Stephanie", 28, ["Yao", "Phil", "Alvin"]),
              ("Nathan", 54, ["Nicolai", "Karen"])]  # fmt: skip
    df = read(*({"name": name, "age": age, "friends": friends} for name, age, friends in people))
    tables = df.relationalize("people", str(tmp_path))
    keys = {row["name"]: row["friends"] for row in rows(tables["people"])}
    values = rows(tables["people_friends"])
    for name, _, friends in people:
        mine = [row for row in values if row["id"] == keys[name]]
        assert [row["friends.val"] for row in sorted(mine, key=lambda row: row["index"])] == friends
        assert sorted(row["index"] for row in mine) == list(range(len(friends)))


def test_relationalize_rename_and_drop(read: Any, rows: Any, tmp_path: Path) -> None:
    one = [{"address": "108 Park Street, TX", "id": 623}, {"address": "763 Marsh Ln, TX", "id": 231}]
    two = [{"address": "66 P Street, NY", "id": 343}]
    three = [{"address": "708 Fed Ln, CA", "id": 932}, {"address": "807 Deccan Dr, CA", "id": 102}]
    orders = read(*({"customers": customers, "zip": code} for code, customers in enumerate((one, two, three), 75091)))
    flattened = SelectFromCollection.apply(Relationalize.apply(orders, str(tmp_path), "root"), "root_customers")
    renamed = RenameField.apply(flattened, "`customers.val.address`", "address")
    renamed = RenameField.apply(renamed, "`customers.val.id`", "cust_id")
    dropped = DropFields.apply(frame=renamed, paths=["index", "id"])
    assert rows(dropped) == [
        {"address": "108 Park Street, TX", "cust_id": 623}, {"address": "66 P Street, NY", "cust_id": 343},
        {"address": "708 Fed Ln, CA", "cust_id": 932}, {"address": "763 Marsh Ln, TX", "cust_id": 231},
        {"address": "807 Deccan Dr, CA", "cust_id": 102},
    ]  # fmt: skip


def test_describe() -> None:
    for transform in get_transforms():
        described = transform.describe()["transform"]
        assert {"name", "args", "returns", "raises", "location"} <= set(described)
        assert described["location"] == "internal" and described["name"] == transform.name()
