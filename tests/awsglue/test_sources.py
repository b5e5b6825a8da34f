"""Sources by options: CSV, JSON and Parquet on S3 paths; what is listed, skipped, and refused."""

from __future__ import annotations

import bz2
import gzip
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from awsglue import _csv
from awsglue._absent import AbsentError
from awsglue._files import glob_pattern, list_files
from awsglue._json import JsonOptions, infer, select
from awsglue._schema import tree_string


def names(frame: Any) -> list[str]:
    return [field.name for field in frame.schema()]


def read(glue: Any, path: Any, format: str, format_options: Any = None, **options: Any) -> Any:
    paths = path if isinstance(path, list) else [path]
    return glue.create_dynamic_frame.from_options("s3", {"paths": paths, **options}, format, format_options)


# -- listing ---------------------------------------------------------------------------------------------------------


def test_recurse_exclusions_globs_and_hidden_names(glue: Any, put: Any, bucket: str) -> None:
    for key in (
        "p/a.csv",
        "p/b.csv",
        "p/x/c.csv",
        "p/x/y/d.csv",
        "p/_SUCCESS",
        "p/.hidden.csv",
        "p/skip.pdf",
        "q/e.csv",
    ):
        put(key, "1\n")
    put("p/folder_$folder$", "")
    put("p2/other.csv", "1\n")

    def keys(path: str, **options: Any) -> list[str]:
        return [file.path.removeprefix(f"s3://{bucket}/") for file in list_files(f"s3://{bucket}/{path}", **options)]

    assert keys("p") == keys("p/") == ["p/a.csv", "p/b.csv", "p/skip.pdf"]
    assert keys("p", recurse=True, exclusions=["**.pdf"]) == ["p/a.csv", "p/b.csv", "p/x/c.csv", "p/x/y/d.csv"]
    assert keys("p", recurse=True, exclusions=["x/**", f"s3://{bucket}/p/a*", "*.pdf"]) == ["p/b.csv"]
    assert keys("p/a.csv") == ["p/a.csv"] and keys("nothing/") == []
    assert keys("*/e.csv") == ["q/e.csv"] and keys("p/{a,b}.csv") == ["p/a.csv", "p/b.csv"]
    frame = read(glue, f"s3://{bucket}/p/", "csv", recurse="true", exclusions='["**.pdf", "x/y/**"]')
    assert frame.count() == 3


def test_a_predicate_on_folders(glue: Any, put: Any, bucket: str, rows: Any) -> None:
    for year, month in ((2023, "01"), (2024, "01"), (2024, "02")):
        put(f"p/year={year}/month={month}/a.json", json.dumps({"v": f"{year}-{month}"}))
    options = {"paths": [f"s3://{bucket}/p/"], "recurse": True}
    predicate = "year = 2024 and month in ('02', '03')"
    frame = glue.create_dynamic_frame.from_options("s3", options, "json", push_down_predicate=predicate)
    assert rows(frame) == [{"v": "2024-02"}]
    source = glue.getSource("s3", format="json", push_down_predicate="year < 2024", **options)
    assert rows(source.getFrame()) == [{"v": "2023-01"}]
    with pytest.raises(ValueError, match="has no folders named key=value"):
        deep = {"paths": [f"s3://{bucket}/p/year=2024/month=01/"]}
        glue.create_dynamic_frame.from_options("s3", deep, "json", push_down_predicate=predicate)


@pytest.mark.parametrize("scheme", ["s3a", "s3n", "S3"])
def test_every_scheme_of_s3_finds_the_same_objects(glue: Any, put: Any, bucket: str, rows: Any, scheme: str) -> None:
    put("p/day=1/a.json", '{"v": 1}')
    put("p/day=2/b.json", '{"v": 2}')
    root = f"{scheme}://{bucket}"
    assert rows(read(glue, f"{root}/p/day=1/", "json")) == [{"v": 1}]
    assert rows(read(glue, f"{root}/p/day=1/a.json", "json")) == [{"v": 1}]
    assert rows(read(glue, f"{root}/*/day=2/", "json")) == [{"v": 2}]
    assert rows(read(glue, f"{root}/p/", "json", recurse=True, exclusions=[f"{root}/p/day=2/**"])) == [{"v": 1}]
    options = {"paths": [f"{root}/p/"], "recurse": True}
    frame = glue.create_dynamic_frame.from_options("s3", options, "json", push_down_predicate="day = 2")
    assert rows(frame) == [{"v": 2}]
    glue.purge_s3_path(f"{root}/p/", {"retentionPeriod": 0, "partitionPredicate": "day = 1"})
    assert [file.path for file in list_files(f"{root}/p", recurse=True)] == [f"s3://{bucket}/p/day=2/b.json"]


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_records_tell_the_file_they_are_from(
    glue: Any, put: Any, bucket: str, rows: Any, compression: str | None
) -> None:
    for name in ("a", "b"):
        text = f'{{"v": "{name}"}}'
        put(f"p/{name}", gzip.compress(text.encode()) if compression else text)
    options = {"compressionType": compression} if compression else {}
    frame = read(glue, f"s3a://{bucket}/p/", "json", {"attachFilename": "from"}, **options)
    assert rows(frame) == [{"v": name, "from": f"s3://{bucket}/p/{name}"} for name in ("a", "b")]
    assert names(read(glue, f"s3://{bucket}/nothing/", "json", {"attachFilename": "from"})) == []
    with pytest.raises(AbsentError, match="attachTimestamp"):
        read(glue, f"s3://{bucket}/p/", "json", {"attachTimestamp": "at"})
    with pytest.raises(ValueError, match="'v'"):
        read(glue, f"s3://{bucket}/p/", "json", {"attachFilename": "v"}, **options)


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("*.csv", "a.csv", "x/a.csv"),
        ("**.csv", "x/a.csv", "a.csvx"),
        ("[!a-c]?.{txt,log}", "d1.log", "a1.log"),
        ("a.b(c)", "a.b(c)", "axb(c)"),
        ("\\*\\{a\\\\", "*{a\\", "x{a\\"),
        ("a[!b]c", "axc", "a/c"),
        ("a,b}", "a,b}", "a"),
    ],
)
def test_globs(glob: str, yes: str, no: str) -> None:
    assert glob_pattern(glob).fullmatch(yes) and not glob_pattern(glob).fullmatch(no)


def test_a_glob_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"glob '\*\.\{csv' has a brace that is never closed"):
        glob_pattern("*.{csv")


def test_a_bucket_that_does_not_exist(glue: Any, server: Any) -> None:
    with pytest.raises(FileNotFoundError, match="bucket 'nowhere' does not exist"):
        read(glue, "s3://nowhere/x/", "csv")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("s3", {"paths": ["x"]}, "toml"), ValueError, "'toml' cannot be read"),
        (("s3", {}, "csv"), ValueError, "needs paths"),
        (("s3", {"paths": ["s3:///x"]}, "csv"), ValueError, "names no bucket"),
        (("carrier-pigeon", {"paths": ["x"]}, "csv"), NotImplementedError, "carrier-pigeon"),
        (("postgresql", {"url": "jdbc:postgresql://h/d"}, None), ValueError, "needs url and dbtable"),
    ],
)
def test_what_cannot_be_read_is_named(glue: Any, arguments: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        glue.create_dynamic_frame.from_options(*arguments)


@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
def test_attach_filename(glue: Any, put: Any, bucket: str, rows: Any, format: str) -> None:
    table = io.BytesIO()
    pq.write_table(pa.table({"a": ["x"]}), table)
    put(f"named/1.{format}", {"csv": "a\nx\n", "json": '{"a": "x"}\n', "parquet": table.getvalue()}[format])
    put(f"named/2.{format}", {"csv": "a\nx\n", "json": '{"a": "x"}\n', "parquet": table.getvalue()}[format])
    options = {"attachFilename": "source", "withHeader": True}
    frame = read(glue, f"s3://{bucket}/named/", format, options)
    assert rows(frame) == [{"a": "x", "source": f"s3://{bucket}/named/{n}.{format}"} for n in (1, 2)]


# -- csv -------------------------------------------------------------------------------------------------------------


def test_csv_without_a_header(glue: Any, put: Any, rows: Any) -> None:
    assert rows(read(glue, put("a.csv", "1,x\n2,\n"), "csv")) == [{"col0": "1", "col1": "x"}, {"col0": "2", "col1": ""}]


def test_csv_options(glue: Any, put: Any, rows: Any) -> None:
    path = put("a.csv", "a|b\n'x|y'|\"z\n")
    options = {
        "withHeader": "true",
        "separator": "|",
        "quoteChar": "'",
        "multiLine": "false",
        "optimizePerformance": True,
    }
    assert rows(read(glue, path, "csv", options)) == [{"a": "x|y", "b": '"z'}]
    unquoted = read(glue, put("b.csv", 'a,b\n"x,y"\n'), "csv", {"withHeader": True, "quoteChar": -1})
    assert rows(unquoted) == [{"a": '"x', "b": 'y"'}]


@pytest.mark.parametrize("limit", [None, 0])
def test_an_escaper_stands_before_any_character(
    glue: Any, put: Any, rows: Any, monkeypatch: Any, limit: int | None
) -> None:
    if limit is not None:
        monkeypatch.setattr(_csv, "CHECKED_BYTES", limit)
    text = 'a,b\nx\\,y,C:\\\\dir\n"say \\"hi""",\\z\n"two\\nlines",t\\tu\\r\\0\n'
    options = {"withHeader": True, "escaper": "\\"}
    assert rows(read(glue, put("a.csv", text), "csv", options)) == [
        {"a": 'say "hi"', "b": "z"}, {"a": "two\nlines", "b": "t\tu\r\0"}, {"a": "x,y", "b": "C:\\dir"},
    ]  # fmt: skip
    doubled = read(glue, put("b.csv", 'a,b\n"x""y",2\n'), "csv", options)
    assert rows(doubled) == [{"a": 'x"y', "b": "2"}]


def test_csv_files_with_different_headers(glue: Any, put: Any, bucket: str, rows: Any) -> None:
    put("d/1.csv", "a,b\n1,2\n")
    put("d/2.csv", "b,c\n3,4\n")
    assert rows(read(glue, f"s3://{bucket}/d/", "csv", {"withHeader": True})) == [
        {"a": "1", "b": "2", "c": None}, {"a": None, "b": "3", "c": "4"}
    ]  # fmt: skip


def test_compressed_csv(glue: Any, put: Any, rows: Any) -> None:
    path = put("a.csv.gz", gzip.compress(b"a,b\n1,2\n"))
    assert rows(read(glue, path, "csv", {"withHeader": True})) == [{"a": "1", "b": "2"}]


def test_the_compression_that_a_name_does_not_tell(glue: Any, put: Any, rows: Any, bucket: str) -> None:
    put("z/a", gzip.compress(b"a,b\n1,2\n"))
    put("z/b.csv.gz", gzip.compress(b"a,b\n3,4\n"))
    both = [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    path = f"s3://{bucket}/z/"
    assert rows(read(glue, path, "csv", {"withHeader": True}, compressionType="gzip")) == both
    lines = put("b/a", bz2.compress(b'{"v": 1}\n'))
    assert rows(read(glue, lines, "json", compressionType="bzip")) == [{"v": 1}]
    with pytest.raises(ValueError, match=r"/b/a cannot be decompressed"):
        read(glue, lines, "json", compressionType="gzip")
    with pytest.raises(ValueError, match="compressionType is 'zip'; it must be gzip or bzip"):
        read(glue, lines, "json", compressionType="zip")


def test_an_empty_prefix_is_an_empty_frame(glue: Any, bucket: str) -> None:
    for format in ("csv", "json", "parquet"):
        frame = read(glue, f"s3://{bucket}/nothing/", format)
        assert frame.count() == 0 and names(frame) == []


def test_a_header_that_repeats_a_name(glue: Any, put: Any) -> None:
    with pytest.raises(ValueError, match=r"a\.csv: the header names .*'x'"):
        read(glue, put("a.csv", "x,y,x\n1,2,3\n"), "csv", {"withHeader": True})


# -- json ------------------------------------------------------------------------------------------------------------


def test_types_are_true_for_late_records(glue: Any, put: Any) -> None:
    lines = [json.dumps({"a": i}) for i in range(3000)] + ['{"a": 2.5, "late": "x"}']
    frame = read(glue, put("a.json", "\n".join(lines)), "json")
    assert tree_string(frame.schema()) == "root\n|-- a: choice\n|    |-- double\n|    |-- int\n|-- late: string"
    assert frame.resolveChoice(choice="cast:double").toDF().selectExpr("sum(a)").collect()[0][0] == 4498502.5


@pytest.mark.parametrize(
    ("text", "options", "count"),
    [
        ('[{"a": 1},\n {"a": 2}]', {"multiLine": "true"}, 2),
        ('{"a":\n 1}', {"multiline": True}, 1),
        ('{"data": {"items": [{"a": 1}, {"a": 2}, {"a": 3}]}}', {"jsonPath": "$.data.items[*]"}, 3),
        ('{"data": {"items": [{"a": 1}, {"a": 2}]}}', {"jsonPath": "$['data'].items"}, 2),
        ('{"data": [{"a": 1}, {"a": 2}]}', {"jsonPath": "$.data[1]"}, 1),
        ('{\n"a": 1}\n\n{\n"a": 2\n} [{"a": 3}]\n', {"multiLine": True}, 3),
        ('{"r": {"a": 1}}\n{"r": {"a": 2}}\n', {"jsonPath": "$.r"}, 2),
    ],
)
def test_documents(glue: Any, put: Any, text: str, options: Any, count: int) -> None:
    frame = read(glue, put("doc.json", text), "json", options)
    assert (names(frame), frame.count()) == (["a"], count)


def test_what_follows_the_last_good_document_is_kept_aside(glue: Any, put: Any, rows: Any) -> None:
    frame = read(glue, put("doc.json", '{\n"a": 1}\n{"a": NaN}\n{"a": 2}'), "json", {"multiLine": True})
    assert rows(frame) == [{"a": 1}]
    (error,) = frame.errorsAsDynamicFrame().toDF().collect()
    assert (error.error.input, error.error.msg) == ('{"a": NaN}\n{"a": 2}', "JSON has no NaN")


def test_a_path_that_is_not_supported_is_named() -> None:
    with pytest.raises(ValueError, match=r"not supported at '\.\.deep'"):
        list(select({}, "$.a..deep"))


@pytest.mark.parametrize("text", ['{"a": 1}{"a": 2}\n', '{"a": 1}{"a": 2}{"a": 3}', '{"a": 1} {"a": 2}\n\n{"a": 3}\n'])
def test_documents_without_a_line_end_between_them(glue: Any, put: Any, rows: Any, text: str) -> None:
    """As Firehose delivers them."""
    frame = read(glue, put("a.json", text), "json")
    assert [row["a"] for row in rows(frame)] == list(range(1, text.count("a") + 1))
    assert frame.errorsCount() == 0


def test_text_that_is_not_json_is_kept_aside(glue: Any, put: Any, rows: Any) -> None:
    frame = read(glue, put("a.json", '{"a": 1}\n{"a": \n\n[1, 2]\n"text"\n{"a": 2}\n'), "json")
    assert rows(frame) == [{"a": 1}, {"a": 2}]
    assert frame.errorsCount() == 3
    assert sorted(r.error.input for r in frame.errorsAsDynamicFrame().toDF().collect()) == [
        '"text"',
        "[1, 2]",
        '{"a": ',
    ]


@pytest.mark.parametrize(
    ("format", "text", "reason"),
    [("json", '{"a": 1}\n{"a": \n', "Input data was truncated"), ("csv", "a,b\n1,2,3\n", "a row has 3 fields")],
)
def test_is_fail_fast(glue: Any, put: Any, format: str, text: str, reason: str) -> None:
    options = {"withHeader": True} if format == "csv" else {}
    path = put(f"bad/a.{format}", text)
    assert read(glue, path, format, options, isFailFast="false").errorsCount() == 1
    with pytest.raises(ValueError, match=f"isFailFast: malformed {format}: {reason}"):
        read(glue, path, format, options, isFailFast=True)
    good = put("good/a.json", '{"a": 1}\n')
    assert read(glue, good, "json", isFailFast=True).count() == 1


def test_nesting_and_width(glue: Any, put: Any) -> None:
    deep: Any = 1
    for _ in range(100):
        deep = {"n": deep}
    frame = read(glue, put("deep.json", json.dumps(deep)), "json")
    assert tree_string(frame.schema()).count("n: struct") == 99 and frame.count() == 1
    wide = read(glue, put("wide.json", json.dumps({f"c{i}": i for i in range(2000)})), "json")
    assert len(names(wide)) == 2000 and wide.select_fields(["c1999"]).toDF().collect()[0].c1999 == 1999


def test_integers_by_size(put: Any) -> None:
    path = put(
        "n.json", '{"i": 1, "l": 3000000000, "h": 100000000000000000000}\n{"i": -1, "l": -3000000000, "h": 1e20}\n'
    )
    inferred = infer(list_files(path), JsonOptions())
    assert tree_string(inferred.shape.glue_struct()).splitlines()[1:4] == ["|-- i: int", "|-- l: long", "|-- h: choice"]


def test_records_across_blocks(put: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("awsglue._json_pass.BLOCK_BYTES", 7)
    path = put("n.json", "\n".join(json.dumps({"v": i}) for i in range(50)))
    assert infer(list_files(path), JsonOptions()).bad == 0


# -- parquet ---------------------------------------------------------------------------------------------------------


def test_parquet_files_that_disagree(glue: Any, put: Any, bucket: str, rows: Any) -> None:
    for name, column in (("1", pa.array([1], pa.int64())), ("2", pa.array(["x"]))):
        sink = io.BytesIO()
        pq.write_table(pa.table({"a": column, f"only{name}": [True]}), sink)
        put(f"d/{name}.parquet", sink.getvalue())
    frame = read(glue, f"s3://{bucket}/d/", "parquet")
    assert names(frame) == ["a", "only1", "only2"]
    assert rows(frame.resolveChoice(specs=[("a", "make_cols")])) == [
        {"a_long": 1, "a_string": None, "only1": True, "only2": None},
        {"a_long": None, "a_string": "x", "only1": None, "only2": True},
    ]


NANOSECONDS = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns"))
UNREAD = [
    (NANOSECONDS, "column v holds INT64 timestamps in nanoseconds, .*coerce_timestamps='us'"),
    (pa.StructArray.from_arrays([NANOSECONDS], ["t"]), "column v.t holds INT64 timestamps in nanoseconds"),
    (pa.array([1.5]).cast(pa.float16()), "Parquet type halffloat has no counterpart in Glue"),
    (pa.array([1], pa.time64("us")), "Parquet type time64.us. has no counterpart in Glue"),
]


@pytest.mark.parametrize(("values", "message"), UNREAD, ids=["nanos", "nested", "float16", "time"])
def test_parquet_types_spark_does_not_read_are_named(glue: Any, put: Any, values: Any, message: str) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"v": values}), sink)
    path = put("unread.parquet", sink.getvalue())
    with pytest.raises(ValueError, match=f"{path} is not a readable Parquet file: {message}"):
        read(glue, path, "parquet")


def test_parquet_timestamps_as_spark_writes_them(glue: Any, put: Any, rows: Any) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"v": NANOSECONDS}), sink, use_deprecated_int96_timestamps=True)
    assert rows(read(glue, put("int96.parquet", sink.getvalue()), "parquet"))[0]["v"].microsecond == 123456


def test_get_source(glue: Any, put: Any) -> None:
    source = glue.getSource("s3", paths=[put("a.json", '{"a": 1}\n')])
    source.setFormat("json")
    assert source.getFrame().count() == source.getDataFrame().count() == source.getSampleFrame(5).count() == 1


def test_frames_from_rows(glue: Any) -> None:
    frame = glue.create_dynamic_frame.from_rdd([{"a": 1}, {"a": 2}], "numbers")
    assert (frame.name, frame.count()) == ("numbers", 2)


def test_sql_context_behaviour(glue: Any, spark: Any) -> None:
    glue.registerDataFrameAsTable(glue.createDataFrame([(1,)], "a int"), "registered")
    assert glue.sql("select * from registered").collect()[0].a == glue.table("registered").collect()[0].a == 1
    assert "registered" in glue.tableNames()
    glue.dropTempTable("registered")
    assert "registered" not in glue.tableNames()
    assert glue.spark_session is spark and glue.range(3).count() == 3


def test_the_logger_writes_to_the_error_stream(glue: Any, capsys: Any) -> None:
    logger = glue.get_logger()
    logger.info("hello")
    logger.debug("not shown")
    assert capsys.readouterr().err.endswith("INFO GlueLogger: hello\n")


def test_objects_are_read_as_files_where_there_are_bucket_folders(
    glue: Any, put: Any, bucket: str, buckets: Any, monkeypatch: Any, rows: Any
) -> None:
    from awsglue import _aws, _files

    paths = [put("plain/a.json", '{"v": 1}'), put("odd//b.json", '{"v": 2}'), put("plain/a.json.gz/c.json", '{"v": 3}')]
    through_s3 = [_files.read_bytes(path) for path in paths]
    monkeypatch.setenv("MASTIC_BUCKETS", str(buckets))
    asked: list[str] = []
    client = _aws.s3()
    real = client.get_object
    monkeypatch.setattr(client, "get_object", lambda **given: asked.append(given["Key"]) or real(**given))
    assert [_files.read_bytes(path) for path in paths] == through_s3
    assert asked == ["odd//b.json"], "a key that is no path of a file"
