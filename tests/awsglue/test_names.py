"""Names that would be taken twice: fields are never lost without a word."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.transforms import FlatMap, SelectFields, SplitFields


@pytest.fixture
def frame(glue: Any, spark: Any) -> DynamicFrame:
    return DynamicFrame.fromDF(spark.createDataFrame([(1, 2)], "a int, b int"), glue, "f")


@pytest.fixture
def read(glue: Any, write_file: Any) -> Any:
    def of(*records: dict[str, Any]) -> DynamicFrame:
        path = write_file("names.json", "\n".join(map(json.dumps, records)))
        return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json")

    return of


def test_a_renamed_field_takes_the_place_of_its_namesake(frame: Any, read: Any, rows: Any) -> None:
    assert rows(frame.rename_field("a", "b")) == [{"b": 1}]
    nested = read({"u": {"id": 1, "k": 2, "z": 3}, "l": [{"p": 1, "q": 2}]})
    assert rows(nested.rename_field("u.id", "u.k").rename_field("l.p", "l.q")) == [
        {"u": {"k": 1, "z": 3}, "l": [{"q": 1}]}
    ]


def test_a_field_is_not_renamed_into_a_value(frame: Any) -> None:
    with pytest.raises(ValueError, match=r"'b\.c' is inside 'b', which is a value already"):
        frame.rename_field("a", "b.c")


def test_joined_names_that_differ_in_case_only(glue: Any, spark: Any, rows: Any) -> None:
    left = DynamicFrame.fromDF(spark.createDataFrame([(1, "x")], "ID int, v string"), glue)
    right = DynamicFrame.fromDF(spark.createDataFrame([(1, "y")], "id int, V string"), glue)
    assert rows(left.join("ID", "id", right)) == [{"ID": 1, "v": "x", ".id": 1, ".V": "y"}]


MADE_TWICE: list[Callable[[Any], Any]] = [
    lambda frame: frame.rename_field("a", "B"),
    lambda frame: frame.apply_mapping([("a", "int", "x", "int"), ("b", "int", "X", "int")]),
    lambda frame: frame.apply_mapping([("a", "int", "s.x", "int"), ("b", "int", "s.X", "int")]),
    lambda frame: frame.union(frame.rename_field("a", "A")),
    lambda frame: frame.map(lambda r: {"x": r["a"], "X": 1}),
    lambda frame: frame.map(lambda r: dict(zip(("x", "X"), (1, 2), strict=True))),
]


@pytest.mark.parametrize("make", MADE_TWICE, ids=range(len(MADE_TWICE)))
def test_names_made_that_differ_in_case_only_are_refused(frame: Any, make: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match="differ in case only"):
        make(frame)


def test_names_made_twice_are_refused(glue: Any, spark: Any, read: Any) -> None:
    with pytest.raises(ValueError, match=r"'a\.b' twice"):
        read({"a": {"b": 1}, "a.b": 2}).unnest()
    twice = DynamicFrame.fromDF(spark.sql("SELECT 1 AS a, 2 AS a"), glue)
    with pytest.raises(ValueError, match="'a' twice"):
        twice.schema()


def test_splits_need_two_names(frame: Any) -> None:
    for split in (
        lambda: frame.split_rows({"a": {"=": 1}}, "x", "x"),
        lambda: frame.split_fields(["a"], "x", "x"),
    ):
        with pytest.raises(ValueError, match="two names, not 'x' twice"):
            split()


def test_collections_lose_no_frame(glue: Any, frame: Any) -> None:
    with pytest.raises(ValueError, match="two frames named 'f'"):
        DynamicFrameCollection([frame, frame], glue)
    collection = DynamicFrameCollection({"x": frame, "y": frame}, glue)
    assert list(FlatMap.apply(collection, SelectFields, "frame", paths=["a"]).keys()) == ["x", "y"]
    with pytest.raises(ValueError, match="two frames named 'left'"):
        FlatMap.apply(collection, SplitFields, "frame", paths=["a"], name1="left", name2="right")
