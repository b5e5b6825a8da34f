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


@pytest.mark.parametrize(
    ("options", "format_options", "words"),
    [
        ("s3://b/x", {}, "connection_options must be a dict of options, not 's3://b/x'"),
        ({}, "withHeader", "format_options must be a dict of options, not 'withHeader'"),
        ({}, {"withHeader": "yes"}, "withHeader is 'yes'; it must be true or false"),
        ({"recurse": "1"}, {}, "recurse is '1'; it must be true or false"),
        ({"paths": [None]}, {}, r"\[None\] is no list of texts"),
        ({"paths": "[s3://b/x"}, {}, r"'\[s3://b/x' is neither a text nor a JSON list"),
        ({"paths": [""]}, {}, "'' is no path; write s3://bucket/folder/"),
        ({"paths": ["s3:/bucket/x/"]}, {}, "'s3:/bucket/x/' is no path"),
        ({"paths": ["https://bucket/x/"]}, {}, "'https://bucket/x/' is no path"),
        ({"exclusions": "[*.pdf"}, {}, r"'\[\*.pdf' is neither a text nor a JSON list"),
        ({"boundedFiles": "x"}, {}, "boundedFiles is 'x'; it must be a whole number"),
        ({"boundedSize": "-1"}, {}, "boundedSize is '-1'; it must be a whole number"),
    ],
)
def test_bad_options_of_a_source(glue: Any, put: Any, options: Any, format_options: Any, words: str) -> None:
    path = put("in/x.csv", "a,b\n1,x\n")
    options = {"paths": [path], **options} if isinstance(options, dict) else options
    with pytest.raises((ValueError, TypeError), match=words):
        glue.create_dynamic_frame.from_options("s3", options, "csv", format_options)


@pytest.mark.parametrize(
    ("options", "format_options", "words"),
    [
        ({"partitionKeys": ["a", "a"]}, {}, r"partitionKeys name \['a'\] more than once"),
        ({"partitionKeys": 5}, {}, "field paths are a list of texts, not 5"),
        ({"path": 5}, {}, "5 is no path"),
        ({"path": "hdfs://x/y"}, {}, "'hdfs://x/y' is no path"),
        ({}, {"writeHeader": "no"}, "writeHeader is 'no'; it must be true or false"),
        ({}, "x", "format_options must be a dict of options, not 'x'"),
    ],
)
def test_bad_options_of_a_sink(
    glue: Any, frame: Any, bucket: str, s3: Any, options: Any, format_options: Any, words: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        glue.write_dynamic_frame.from_options(
            frame, "s3", {"path": f"s3://{bucket}/out/", **options}, "csv", format_options
        )
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("retention", [-1, "x", "nan"])
def test_a_purge_without_a_sense_deletes_nothing(glue: Any, put: Any, bucket: str, s3: Any, retention: Any) -> None:
    put("x/a.csv", "1\n")
    with pytest.raises(ValueError, match=r"retentionPeriod is .* it must be a number of hours"):
        glue.purge_s3_path(f"s3://{bucket}/x/", {"retentionPeriod": retention})
    assert len(s3.list_objects_v2(Bucket=bucket)["Contents"]) == 1


def test_a_table_gets_no_files_of_another_format(glue: Any, frame: Any, catalog: Any, bucket: str, s3: Any) -> None:
    def write(format: str) -> None:
        sink = glue.getSink("s3", path=f"s3://{bucket}/t/", enableUpdateCatalog=True)
        sink.setFormat(format)
        sink.setCatalogInfo(catalogDatabase="db", catalogTableName="t")
        sink.writeFrame(frame)

    write("glueparquet")
    with pytest.raises(ValueError, match=r"table db.t is stored as 'parquet'; json is not written to it"):
        write("json")
    assert not any(".json" in each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"])


def test_a_spark_frame_is_not_written_to_the_catalog(glue: Any, frame: Any, catalog: Any) -> None:
    with pytest.raises(TypeError, match=r"takes a DynamicFrame, not DataFrame; make one with DynamicFrame.fromDF"):
        glue.write_dynamic_frame.from_catalog(frame.toDF(), "db", "t")


def test_what_has_no_effect_is_told(glue: Any, frame: Any, put: Any, bucket: str, capsys: Any) -> None:
    """AWS passes over both in silence."""
    given = {"withheader": True, "seperator": ";", "multiLine": "true", "optimizePerformance": True, "nonsense": 1}
    glue.create_dynamic_frame.from_options("s3", {"paths": [put("x.csv", "a,b\n1,2\n")]}, "csv", given)
    told = capsys.readouterr().err
    assert "format option 'withheader' has no effect; did you mean 'withHeader'?" in told
    assert "format option 'seperator' has no effect; did you mean 'separator'?" in told
    assert told.count("WARN") == 2

    sink = glue.getSink("s3", path=f"s3://{bucket}/t/", enableUpdateCatalog=True)
    sink.setFormat("json")
    sink.writeFrame(frame)
    assert "setCatalogInfo was not called" in capsys.readouterr().err
