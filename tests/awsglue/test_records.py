"""Transforms of records: Filter, Map, Join, Union, SplitRows, errors and collections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from awsglue._schema import tree_string
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.transforms import (
    Coalesce,
    ErrorsAsDynamicFrame,
    Filter,
    FlatMap,
    Join,
    Map,
    MapToCollection,
    RenameField,
    Repartition,
    SelectFields,
    Spigot,
    SplitRows,
    Union,
    describe_transform,
    get_transforms,
)

PROVIDERS = """DRG Definition,Provider Id,Provider Street Address,Provider City,Provider State,Provider Zip Code
039,10001,1108 ROSS CLARK CIRCLE,DOTHAN,AL,36301
039,10005,2505 U S HIGHWAY 431 NORTH,BOAZ,AL,35957
039,50001,"ONE ""MAIN"" ST, SUITE 2",SACRAMENTO,CA,95814
039,10006,9 STATE ST,MONTGOMERY,AL,36104
"""


@pytest.fixture
def providers(glue: Any, write_file: Any) -> Any:
    path = write_file("providers.csv", PROVIDERS)
    return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "csv", {"withHeader": True})


def frame_of(glue: Any, spark: Any, data: list[Any], schema: str, name: str = "") -> DynamicFrame:
    return DynamicFrame.fromDF(spark.createDataFrame(data, schema), glue, name)


def test_the_documented_filter(providers: Any, rows: Any) -> None:
    kept = Filter.apply(
        frame=providers,
        f=lambda x: x["Provider State"] in ["CA", "AL"] and x["Provider City"] in ["SACRAMENTO", "MONTGOMERY"],
    )
    assert kept.count() == 2
    assert [r["Provider Street Address"] for r in rows(kept)] == ["9 STATE ST", 'ONE "MAIN" ST, SUITE 2']


def test_the_documented_map(providers: Any, rows: Any) -> None:
    def merge_address(rec: Any) -> Any:
        rec["Address"] = {}
        rec["Address"]["Street"] = rec["Provider Street Address"]
        rec["Address"]["City"] = rec["Provider City"]
        rec["Address"]["Zip.Code"] = rec["Provider Zip Code"]
        rec["Address"]["Array"] = [rec["Provider City"], rec["Provider State"]]
        for name in ("Street Address", "City", "State", "Zip Code"):
            del rec[f"Provider {name}"]
        return rec

    mapped = Map.apply(frame=providers, f=merge_address)
    assert tree_string(mapped.schema()) == (
        "root\n"
        "|-- DRG Definition: string\n"
        "|-- Provider Id: string\n"
        "|-- Address: struct\n"
        "|    |-- Street: string\n"
        "|    |-- City: string\n"
        "|    |-- Zip.Code: string\n"
        "|    |-- Array: array\n"
        "|    |    |-- element: string"
    )
    assert rows(mapped)[0]["Address"] == {
        "Street": "1108 ROSS CLARK CIRCLE", "City": "DOTHAN", "Zip.Code": "36301", "Array": ["DOTHAN", "AL"],
    }  # fmt: skip


def test_map_schemas_are_true_for_all_records(glue: Any, spark: Any) -> None:
    frame = frame_of(glue, spark, [(i,) for i in range(5)], "i int")
    mapped = frame.map(lambda r: {"v": r["i"] if r["i"] % 2 else str(r["i"])} | ({"x": 1.5} if r["i"] == 4 else {}))
    assert tree_string(mapped.schema()) == ("root\n|-- v: choice\n|    |-- int\n|    |-- string\n|-- x: double")
    assert sorted(repr(r.v.asDict()) for r in mapped.toDF().collect())[0] == "{'int': 1, 'string': None}"


def test_a_function_that_raises_makes_error_records(glue: Any, spark: Any, rows: Any) -> None:
    frame = frame_of(glue, spark, [("1",), ("two",), ("3",)], "s string")
    mapped = frame.map(lambda r: {"n": int(r["s"])}, info="numbers")
    assert rows(mapped) == [{"n": 1}, {"n": 3}]
    assert (mapped.stageErrorsCount(), mapped.errorsCount()) == (1, 1)
    kept = mapped.filter(lambda r: 2 / (r["n"] - 1) > 0)
    assert rows(kept) == [{"n": 3}] and (kept.stageErrorsCount(), kept.errorsCount()) == (1, 2)
    errors = ErrorsAsDynamicFrame.apply(kept)
    assert [f.name for f in errors.schema()] == ["error"]
    found = sorted(errors.toDF().collect(), key=lambda row: row.error.msg)
    assert [row.error.msg.split(":")[0] for row in found] == ["ValueError", "ZeroDivisionError"]
    assert list(found[0].error.asDict()) == [
        "callsite", "msg", "stackTrace", "input", "bytesread", "source", "dynamicRecord",
    ]  # fmt: skip
    assert found[0].error.callsite.info == "numbers" and found[0].error.dynamicRecord.s == "two"
    assert "invalid literal for int()" in found[0].error.stackTrace and found[1].error.dynamicRecord.n == 1


def test_thresholds_are_honoured(glue: Any, spark: Any) -> None:
    frame = frame_of(glue, spark, [("1",), ("two",), ("three",)], "s string")

    def number(record: Any) -> Any:
        return {"n": int(record["s"])}

    frame.map(number).toDF()
    frame.map(number, stageThreshold=3).toDF()
    with pytest.raises(RuntimeError, match="2 error records in this transform reach its stageThreshold of 2"):
        frame.map(number, stageThreshold=2).toDF()
    with pytest.raises(RuntimeError, match="totalThreshold of 1"):
        frame.map(number).filter(lambda r: True, totalThreshold=1).count()
    guarded = frame.map(number, stageThreshold=2)
    later = [guarded.select_fields(["n"]), guarded.filter(lambda r: True), guarded.union(frame), frame.union(guarded)]
    for stage in later:
        with pytest.raises(RuntimeError, match="stageThreshold of 2"):
            stage.toDF()


def test_later_stages_have_thresholds_too(glue: Any, spark: Any, tmp_path: Path) -> None:
    failed = frame_of(glue, spark, [("1",), ("two",)], "s string").map(lambda r: {"n": int(r["s"])})
    for stage in (failed.repartition(2, totalThreshold=1), failed.coalesce(1, totalThreshold=1)):
        with pytest.raises(RuntimeError, match="totalThreshold of 1"):
            stage.count()
    with pytest.raises(RuntimeError, match="totalThreshold of 1"):
        failed.filter(lambda r: True, totalThreshold=1).show()
    with pytest.raises(RuntimeError, match="totalThreshold of 1"):
        failed.spigot(str(tmp_path / "s"), totalThreshold=1).toDF()


def test_an_error_record_is_counted_once(glue: Any, spark: Any) -> None:
    failed = frame_of(glue, spark, [("1",), ("two",), ("3",)], "s string").map(lambda r: {"n": int(r["s"])})
    parts = failed.split_rows({"n": {">": 1}}, "large", "small")
    again = parts["large"].union(parts["small"])
    assert (again.count(), again.errorsCount(), again.errorsAsDynamicFrame().count()) == (2, 1, 1)
    assert failed.join("n", "n", failed).errorsCount() == 1


def test_a_map_that_returns_no_record(glue: Any, spark: Any) -> None:
    mapped = frame_of(glue, spark, [(1,)], "i int").map(lambda r: None)
    assert mapped.toDF().count() == 0 and mapped.errorsCount() == 1
    assert "not a record" in mapped.errorsAsDynamicFrame().toDF().collect()[0].error.msg


def test_the_documented_join(glue: Any, spark: Any) -> None:
    left = frame_of(glue, spark, [("a", 75091), ("b", 75023), ("c", None)], "customers string, zip int")
    right = frame_of(glue, spark, [(75091,), (75023,), (None,)], "zip int")
    joined = Join.apply(left, right, "zip", "zip")
    assert [f.name for f in joined.schema()] == ["customers", "zip", ".zip"]
    assert sorted(tuple(row) for row in joined.toDF().collect()) == [("a", 75091, 75091), ("b", 75023, 75023)]
    assert [f.name for f in joined.drop_fields(["`.zip`"]).schema()] == ["customers", "zip"]


def test_joins_on_several_and_nested_keys(glue: Any, spark: Any, write_file: Any, rows: Any) -> None:
    left = glue.create_dynamic_frame.from_options(
        "s3",
        {"paths": [write_file("l.json", '{"k": {"a": 1}, "t": "x"}\n{"k": {"a": 2}, "t": "y"}\n{"t": "z"}\n')]},
        "json",
    )
    right = frame_of(glue, spark, [("1", "x", 7), ("2", "q", 8)], "a string, t string, v int")
    assert rows(left.join(["k.a", "t"], ["a", "t"], right)) == [{"k": {"a": 1}, "t": "x", "a": "1", ".t": "x", "v": 7}]
    with pytest.raises(ValueError, match="as many keys"):
        left.join(["k.a", "t"], ["a"], right)
    with pytest.raises(ValueError, match="no field 'nope' to join on"):
        left.join(["nope"], ["a"], right)


def test_a_choice_is_a_key_by_its_text(glue: Any, spark: Any, write_file: Any, rows: Any) -> None:
    path = write_file("keys.json", '{"k": 1, "a": 1}\n{"k": "1", "a": 2}\n{"k": "z", "a": 3}\n')
    left = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")
    right = frame_of(glue, spark, [(1, "x"), (2, "y")], "k int, w string")
    assert [(r["a"], r["w"]) for r in rows(left.join("k", "k", right).select_fields(["a", "w"]))] == [
        (1, "x"), (2, "x"),
    ]  # fmt: skip
    assert len(rows(left.join("k", "k", left))) == 5  # 1 and "1" are the same text
    assert [r["a"] for r in rows(left.mergeDynamicFrame(right, ["k"]))] == [None, None, 3]


def test_keys_and_comparisons_are_not_inside_arrays(glue: Any, spark: Any, write_file: Any) -> None:
    path = write_file("arrays.json", '{"l": [{"p": 1}]}\n')
    left = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")
    right = frame_of(glue, spark, [(1,)], "p int")
    for fails in (lambda: left.join("l.p", "p", right), lambda: left.split_rows({"l[].p": {"=": 1}}, "x", "y")):
        with pytest.raises(ValueError, match="is inside an array; relationalize the frame first"):
            fails()


def test_a_frame_joined_with_itself(glue: Any, spark: Any, rows: Any) -> None:
    frame = frame_of(glue, spark, [(1, "x"), (2, "y")], "id int, v string")
    assert rows(frame.join("id", "id", frame)) == [
        {"id": 1, "v": "x", ".id": 1, ".v": "x"}, {"id": 2, "v": "y", ".id": 2, ".v": "y"}
    ]  # fmt: skip


def test_union_fills_in_and_keeps_types_apart(glue: Any, spark: Any, rows: Any) -> None:
    left = frame_of(glue, spark, [(1, "x")], "a int, b string")
    right = frame_of(glue, spark, [("one", 2.5)], "a string, c double")
    both = Union.apply(left, right)
    assert rows(both) == [
        {"a": {"int": 1, "string": None}, "b": "x", "c": None},
        {"a": {"int": None, "string": "one"}, "b": None, "c": 2.5},
    ]
    reordered = frame_of(glue, spark, [("y", 2)], "b string, a int")
    assert rows(left.union(reordered)) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def test_split_rows(glue: Any, spark: Any, rows: Any) -> None:
    frame = frame_of(glue, spark, [("a", 120), ("b", 560), ("c", 123), ("d", None)], "loc string, `data.p` int")
    split = SplitRows.apply(frame, {"`data.p`": {">": "100", "<": "200"}}, "in", "out")
    assert [r["loc"] for r in rows(split["in"])] == ["a", "c"]
    assert [r["loc"] for r in rows(split["out"])] == ["b", "d"]
    assert [r["loc"] for r in rows(frame.split_rows({"loc": {"!=": "a"}, "`data.p`": {">=": 123}}, "x", "y")["x"])] == [
        "b", "c",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="'~' is not a comparator"):
        frame.split_rows({"loc": {"~": 1}}, "x", "y")
    with pytest.raises(ValueError, match="no field 'nope'"):
        frame.split_rows({"nope": {"=": 1}}, "x", "y")


def test_split_rows_by_numbers_given_as_texts(glue: Any, spark: Any, rows: Any) -> None:
    frame = frame_of(glue, spark, [(10, 10.25), (11, 10.5)], "i int, d double")
    assert rows(frame.split_rows({"i": {">": "10.5"}}, "x", "y")["x"]) == [{"i": 11, "d": 10.5}]
    assert rows(frame.split_rows({"d": {"=": "10.5"}}, "x", "y")["y"]) == [{"i": 10, "d": 10.25}]
    with pytest.raises(ValueError, match="'ten' is not a number, and field 'i' is int"):
        frame.split_rows({"i": {">": "ten"}}, "x", "y")


def test_split_rows_of_a_choice(glue: Any, write_file: Any, rows: Any) -> None:
    path = write_file("split.json", '{"v": 20}\n{"v": "300"}\n{"v": "x"}\n')
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")
    for wanted in (100, "100"):
        assert rows(frame.split_rows({"v": {">": wanted}}, "x", "y")["x"]) == [{"v": {"int": None, "string": "300"}}]
    assert rows(frame.split_rows({"v": {"=": "x"}}, "x", "y")["x"]) == [{"v": {"int": None, "string": "x"}}]


def test_merge(glue: Any, spark: Any, rows: Any) -> None:
    source = frame_of(glue, spark, [(1, "old"), (1, "older"), (2, "kept"), (None, "kept")], "id int, v string")
    stage = frame_of(glue, spark, [(1, "new"), (3, "added")], "id int, v string")
    assert rows(source.mergeDynamicFrame(stage, ["id"])) == [
        {"id": 1, "v": "new"}, {"id": 2, "v": "kept"}, {"id": 3, "v": "added"}, {"id": None, "v": "kept"},
    ]  # fmt: skip


def test_show_prints_json(glue: Any, spark: Any, capsys: Any) -> None:
    frame_of(glue, spark, [(1, "x", None)], "a int, b string, c double").show(5)
    assert capsys.readouterr().out == '{"a": 1, "b": "x", "c": null}\n'


def test_collections(glue: Any, spark: Any, rows: Any) -> None:
    frames = [frame_of(glue, spark, [(i,)], "v int", name) for i, name in enumerate("ab")]
    collection = DynamicFrameCollection(frames, glue)
    assert list(collection.keys()) == ["a", "b"] and len(collection) == 2
    renamed = MapToCollection.apply(collection, lambda frame, ctx: RenameField.apply(frame, "v", f"v_{ctx}"))
    assert [f.name for f in renamed["b"].schema()] == ["v_b"]
    assert [f.name for f in collection.map(lambda frame: frame.rename_field("v", "w"))["a"].schema()] == ["w"]
    assert list(collection.flatmap(lambda frame: frame.split_fields(["v"], f"{frame.name}1", f"{frame.name}2"))) == [
        "a1", "a2", "b1", "b2",
    ]  # fmt: skip
    flat = FlatMap.apply(collection, SelectFields, "frame", paths=["v"])
    assert list(flat.keys()) == ["a", "b"] and rows(flat.select("a")) == [{"v": 0}]
    with pytest.raises(KeyError, match=r"it has \['a', 'b'\]"):
        collection.select("c")
    with pytest.raises(TypeError, match="not a DynamicFrame"):
        collection.map(lambda frame, ctx: 1)


def test_spigot_writes_a_sample(glue: Any, spark: Any, tmp_path: Path) -> None:
    frame = frame_of(glue, spark, [(i,) for i in range(50)], "v int")
    assert Spigot.apply(frame, str(tmp_path / "s"), {"topk": 5}).count() == 50
    lines = [line for f in (tmp_path / "s").glob("*.json") for line in f.read_text().splitlines()]
    assert len(lines) == 5 and all("v" in json.loads(line) for line in lines)


def test_how_much_a_spigot_writes(glue: Any, spark: Any, tmp_path: Path) -> None:
    frame = frame_of(glue, spark, [(i,) for i in range(150)], "v int")

    def written(name: str, options: Any) -> int:
        frame.spigot(str(tmp_path / name), options)
        return sum(len(f.read_text().splitlines()) for f in (tmp_path / name).glob("*.json"))

    assert written("default", None) == written("guide", "top10") == written("all", {"prob": 1.0}) == 100
    assert written("text", '{"topk": 5}') == written("more", {"topk": "5", "prob": 1}) == 5
    with pytest.raises(ValueError, match="'prob' of a spigot"):
        written("bad", {"prob": "often"})


def test_partitioning_keeps_records(glue: Any, spark: Any) -> None:
    frame = frame_of(glue, spark, [(i,) for i in range(10)], "v int")
    assert Repartition.apply(frame, 3).count() == Coalesce.apply(frame, 1).count() == 10
    assert frame.getNumPartitions() >= 1


def test_map_partitions(glue: Any, spark: Any, rows: Any) -> None:
    frame = DynamicFrame.fromDF(spark.range(20_000).repartition(3), glue)
    sums = rows(frame.mapPartitions(lambda records: [{"sum": sum(r["id"] for r in records)}]))
    assert len(sums) == 3 == frame.getNumPartitions() and sum(r["sum"] for r in sums) == 19_999 * 10_000
    numbered = frame.mapPartitionsWithIndex(
        lambda index, records: ({"p": index, "id": r["id"]} for r in records if r["id"] % 1000 == 0)
    )
    found = rows(numbered)
    assert {r["p"] for r in found} == {0, 1, 2} and sorted(r["id"] for r in found) == list(range(0, 20_000, 1000))
    assert [f.dataType.typeName() for f in numbered.schema()] == ["int", "long"]


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda records: None, "returned NoneType for a partition, not an iterable of records"),
        (lambda records: [1], "returned int, not a record"),
    ],
)
def test_map_partitions_says_what_is_no_record(glue: Any, spark: Any, f: Any, message: str) -> None:
    with pytest.raises(Exception, match=message):
        frame_of(glue, spark, [(1,)], "v int").mapPartitions(f)


def test_transforms_describe_themselves() -> None:
    assert len(get_transforms()) == 22
    described = json.loads(describe_transform("applymapping"))["transform"]
    assert [arg["name"] for arg in described["args"]][:2] == ["frame", "mappings"]
    with pytest.raises(ValueError, match="no transform 'Nope'"):
        describe_transform("Nope")


def test_what_cannot_be_said_or_stored_is_an_error_record_too(glue: Any, spark: Any, rows: Any) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def odd(record: Any) -> Any:
        if record["id"] == 0:
            raise Mute
        if record["id"] == 1:
            raise ValueError("\ud800")
        return {"id": record["id"], "text": "\ud800" if record["id"] == 2 else "fine"}

    frame = DynamicFrame.fromDF(spark.range(4), glue, "x")
    mapped = frame.map(odd)
    assert rows(mapped) == [{"id": 3, "text": "fine"}]
    messages = sorted(row["error"]["msg"] for row in rows(mapped.errorsAsDynamicFrame()))
    assert messages[:1] == ["Mute"] and messages[-1] == "ValueError: \\ud800" and len(messages) == 3
    assert rows(frame.map(lambda record: {"text": "\ud800"})) == []
    assert frame.filter(odd).errorsCount() == 2
