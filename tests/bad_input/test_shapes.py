"""Records that are very deep or very wide: they are read, transformed and written, or the limit is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyspark.sql import functions as F

LEVELS, COLUMNS = 100, 2000


@pytest.fixture
def deep(put: Any) -> str:
    record = '{"a":' * LEVELS + "1" + "}" * LEVELS
    return str(put("deep.json", f"{record}\n{record}\n"))


def test_a_hundred_levels(glue: Any, spark: Any, deep: str, bucket: str) -> None:
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [deep]}, "json")
    leaf = ".".join("a" * LEVELS)
    assert frame.count() == 2 and str(frame.schema().jsonValue()).count("'name': 'a'") == LEVELS
    assert [row[0] for row in frame.toDF().select(F.col(leaf)).collect()] == [1, 1]
    assert frame.unnest().toDF().columns == [leaf]
    assert [tuple(row) for row in frame.relationalize("root").select("root").toDF().collect()] == [(1,), (1,)]
    for format in ("json", "parquet"):
        target = f"s3://{bucket}/{format}"
        glue.write_dynamic_frame.from_options(frame, "s3", {"path": target}, format)
        assert spark.read.format(format).load(target).select(F.sum(leaf)).collect()[0][0] == 2


def test_what_cannot_be_brought_to_python_is_named(glue: Any, deep: str) -> None:
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [deep]}, "json")
    with pytest.raises(Exception, match="Column 'a' nests 100 levels deep; at most 64 can be brought to Python"):
        frame.toDF().collect()


def test_two_thousand_columns(glue: Any, put: Any, bucket: str, spark: Any) -> None:
    names = [f"c{n}" for n in range(COLUMNS)]
    text = ",".join(names) + "\n" + "".join(",".join(str(row * n) for n in range(COLUMNS)) + "\n" for row in range(3))
    read = glue.create_dynamic_frame.from_options(
        "s3", {"paths": [put("wide.csv", text)]}, "csv", {"withHeader": True}
    )  # fmt: skip
    mapped = read.apply_mapping([(name, "string", name, "long") for name in names])
    resolved = mapped.resolveChoice(specs=[("c7", "cast:string")]).drop_fields(names[1000:1010]).rename_field("c1", "x")
    glue.write_dynamic_frame.from_options(resolved, "s3", {"path": f"s3://{bucket}/wide"}, "parquet")
    found = spark.read.parquet(f"s3://{bucket}/wide")
    assert len(found.columns) == COLUMNS - 10 and dict(found.dtypes)["c7"] == "string"
    expected = [(0, "0", 0), (1, "7", 1999), (2, "14", 3998)]
    assert sorted(tuple(row) for row in found.select("x", "c7", "c1999").collect()) == expected


def test_a_long_value_and_a_long_name(glue: Any, put: Any, rows: Any) -> None:
    record = {"n" * 500: "v" * 2_000_000, "é" * 100: 1}
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [put("x.json", json.dumps(record))]}, "json")
    assert rows(frame) == [record]
