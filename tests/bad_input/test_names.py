"""Columns whose names have dots, quotes, spaces, commas or no ASCII, through every transform and format."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

ODD = ["a.b", "with space", "quote'd", 'double"d', "back`tick", "comma,d", "naïve", "日本", "x[0]", "a=b", "semi;colon",
       "per%cent", "sl/ash", "back\\slash", "tab\tbed", "(p)", "{c}", "$d", "select", "1st", "-", " lead"]  # fmt: skip


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


@pytest.fixture
def odd(glue: Any, put: Any) -> Any:
    text = io.StringIO()
    csv.writer(text).writerows([ODD, [f"v{n}" for n in range(len(ODD))], [f"w{n}" for n in range(len(ODD))]])
    options = {"withHeader": True}
    return glue.create_dynamic_frame.from_options("s3", {"paths": [put("odd.csv", text.getvalue())]}, "csv", options)


def first(made: Any) -> dict[str, Any]:
    return min((row.asDict() for row in made.toDF().collect()), key=repr)


def test_they_are_read(odd: Any) -> None:
    assert first(odd) == {name: f"v{n}" for n, name in enumerate(ODD)}


def test_every_transform_takes_them(odd: Any) -> None:
    paths = [quoted(name) for name in ODD]
    assert list(first(odd.select_fields(paths))) == ODD
    assert list(first(odd.drop_fields(paths[1:]))) == ODD[:1]
    mapped = odd.apply_mapping([(quoted(name), "string", quoted(name), "string") for name in ODD])
    assert first(mapped) == first(odd)
    nested = first(odd.apply_mapping([(path, "string", f"in.{path}", "string") for path in paths]))
    assert nested["in"].asDict() == first(odd)
    for name, path in zip(ODD, paths, strict=True):
        assert "new" in first(odd.rename_field(path, "new"))
        assert first(odd.resolveChoice(specs=[(path, "cast:int")]))[name] is None
    kept = odd.filter(lambda row: row["a.b"] == "v0" and row["quote'd"] == "v2")
    assert kept.count() == 1
    assert first(odd.map(lambda row: {**row, "a.b": "new"}))["a.b"] == "new"
    assert odd.relationalize("root").select("root").toDF().columns == ODD
    assert odd.join(paths[:3], paths[:3], odd).count() == 2
    assert list(first(odd.union(odd))) == ODD
    split = odd.split_rows({quoted("back`tick"): {"==": "v4"}}, "one", "rest")
    assert [split.select("one").count(), split.select("rest").count()] == [1, 1]


@pytest.mark.parametrize("format", ["json", "csv", "parquet"])
def test_they_are_written_and_read_back(glue: Any, odd: Any, bucket: str, format: str) -> None:
    target = f"s3://{bucket}/{format}"
    glue.write_dynamic_frame.from_options(odd, "s3", {"path": target}, format)
    options = {"withHeader": True} if format == "csv" else {}
    assert first(glue.create_dynamic_frame.from_options("s3", {"paths": [target]}, format, options)) == first(odd)


def test_names_that_differ_in_case_only_are_refused(glue: Any, put: Any) -> None:
    path = put("case.csv", "id,ID\n1,2\n")
    with pytest.raises(ValueError, match="fields 'id' and 'ID' differ in case only; rename one at its source"):
        glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "csv", {"withHeader": True})


def test_partition_folders_of_odd_values(glue: Any, spark: Any, bucket: str) -> None:
    from awsglue.dynamicframe import DynamicFrame

    values = ["a/b", "a=b", "50%", "sp ace", "é", "colon:", "q?", "h#", "quote'", 'dq"', None]
    frame = spark.createDataFrame([(n, value) for n, value in enumerate(values)], "n int, p string")
    target = {"path": f"s3://{bucket}/parts", "partitionKeys": ["p"]}
    glue.write_dynamic_frame.from_options(DynamicFrame.fromDF(frame, glue, "f"), "s3", target, "parquet")
    found = spark.read.parquet(f"s3://{bucket}/parts").collect()
    assert {row.n: row.p for row in found} == dict(enumerate(values))
