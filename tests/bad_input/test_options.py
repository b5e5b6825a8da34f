"""Options, arguments and catalog entries that are not as they should be: refused by name, never passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms import Filter, Relationalize

Rows = Callable[[Any], list[dict[str, Any]]]


@pytest.fixture
def frame(glue: Any, spark: Any) -> Any:
    return DynamicFrame.fromDF(spark.createDataFrame([(1, "x"), (2, "y")], "a int, b string"), glue, "f")


def boom(record: Any) -> Any:
    raise ValueError(record["a"])


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda f: f.apply_mapping([("a", "int", "z", "int"), ("b", "string", "z", "string")]), "'z' is given twice"),
        (lambda f: f.apply_mapping([("zz", "int", "z", "banana")]), "'banana' is not a data type"),
        (lambda f: f.apply_mapping([("a", "int", "z", "decimal(50,2)")]), "a decimal has 1 to 38 digits"),
        (lambda f: f.apply_mapping([("a", "int", "z", "decimal(5,10)")]), "a decimal has 1 to 38 digits"),
        (lambda f: f.apply_mapping([("a", "int", "z", "decimal(a,b)")]), r"'decimal\(a,b\)' is not a data type"),
        (lambda f: f.apply_mapping(None), "mappings are a list of .* not None"),
        (lambda f: f.resolveChoice(specs=[("zz", "casts:int")]), "'casts:int' is not a resolution"),
        (lambda f: f.resolveChoice(specs=[("zz", "cast:banana")]), "'banana' is not a data type"),
        (lambda f: f.resolveChoice(choice="cast:"), "'cast:' names no type"),
        (lambda f: f.resolveChoice(choice="cast:banana"), "'banana' is not a data type"),
        (lambda f: f.select_fields(None), "field paths are a list of texts, not None"),
        (lambda f: f.split_rows({"a": 1}, "x", "y"), "comparisons are .* not {'a': 1}"),
        (lambda f: f.split_rows([("a", 1)], "x", "y"), "comparisons are .* not "),
        (lambda f: f.join(["a"], ["a"], f.toDF()), "join takes a DynamicFrame, not DataFrame; make one with"),
        (lambda f: f.union(None), "union takes a DynamicFrame, not NoneType"),
        (lambda f: f.mergeDynamicFrame(f.toDF(), ["a"]), "mergeDynamicFrame takes a DynamicFrame, not DataFrame"),
        (lambda f: f.mergeDynamicFrame(f, []), "there is no key to compare"),
        (lambda f: Relationalize.apply(None), "Relationalize takes a DynamicFrame, not NoneType"),
        (lambda f: Filter.apply(frame=f.toDF(), f=boom), "Filter takes a DynamicFrame, not DataFrame"),
        (lambda f: f.filter(boom, stageThreshold="5"), "stageThreshold is '5'; it must be a whole number"),
        (lambda f: f.map(boom, totalThreshold=-1), "totalThreshold is -1; it must be a whole number"),
    ],
)
def test_bad_arguments_of_a_transform(frame: Any, use: Callable[[Any], Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        use(frame)
