"""Catalog tables: exactly the registered files, typed, with clear errors."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from awsglue._predicate import to_expression
from awsglue._schema import tree_string
from awsglue.catalog_table import read_table
from awsglue.gluetypes import Field, IntegerType, StringType

LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
JSON = "org.openx.data.jsonserde.JsonSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@pytest.fixture
def table(catalog: Any, bucket: str) -> Callable[..., None]:
    """Create a table `t` over s3://bucket/t/."""

    def create(columns: str, keys: str = "", serde: str = LAZY, **options: Any) -> None:
        catalog.create_table(
            DatabaseName="db",
            TableInput={
                "Name": options.get("name", "t"),
                "TableType": "EXTERNAL_TABLE",
                "Parameters": options.get("parameters", {}),
                "PartitionKeys": pairs(keys),
                "StorageDescriptor": {
                    "Columns": pairs(columns),
                    **(
                        {}
                        if options.get("location") == ""
                        else {"Location": options.get("location") or f"s3://{bucket}/t/"}
                    ),
                    "SerdeInfo": {"SerializationLibrary": serde, "Parameters": options.get("serde_parameters", {})},
                },
            },
        )

    return create


@pytest.fixture
def partition(catalog: Any, bucket: str) -> Callable[..., None]:
    """Register a partition of `t`."""

    def create(values: list[str], location: str) -> None:
        descriptor = {"Location": f"s3://{bucket}/{location}"}
        catalog.create_partition(
            DatabaseName="db", TableName="t", PartitionInput={"Values": values, "StorageDescriptor": descriptor}
        )

    return create


def pairs(text: str) -> list[dict[str, str]]:
    return [dict(zip(("Name", "Type"), part.split(" ", 1), strict=True)) for part in text.split(", ") if part]


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_lazy_csv_is_typed_by_the_catalog(spark: Any, table: Any, put: Any, rows: Any) -> None:
    table("i int, l bigint, d double, b boolean, s string, day date, n decimal(5,2)",
          serde_parameters={"field.delim": "|"}, parameters={"skip.header.line.count": "1"})  # fmt: skip
    put("t/a.csv", "i|l|d|b|s|day|n\n1|5000000000|1.5|true|x|2024-02-29|3.14\nNA|||maybe|||1e9\n")
    frame = read_table(spark, "db", "t")
    assert frame.schema.simpleString() == ("struct<i:int,l:bigint,d:double,b:boolean,s:string,day:date,n:decimal(5,2)>")
    assert sorted(map(tuple, frame.collect()), key=repr)[0][:6] == (1, 5_000_000_000, 1.5, True, "x", date(2024, 2, 29))
    assert sorted(map(tuple, frame.collect()), key=repr)[1] == (None, None, None, None, "", None, None)


def test_open_csv(spark: Any, table: Any, put: Any, rows: Any) -> None:
    table("a string, b string", serde=OPEN_CSV, serde_parameters={"separatorChar": ";", "quoteChar": "'"})
    put("t/a.csv", "'x;y';1\n'it''s';\n")
    assert rows(read_table(spark, "db", "t")) == [{"a": "it's", "b": ""}, {"a": "x;y", "b": "1"}]


def test_open_csv_with_an_escape_and_doubled_quotes(spark: Any, glue: Any, table: Any, put: Any, rows: Any) -> None:
    table("a string, b string", serde=OPEN_CSV, serde_parameters={"escapeChar": "\\", "separatorChar": ","})
    put("t/a.csv", '"x""y","C:\\\\new"\n"a\\"b",""\n')
    expected = [{"a": 'a"b', "b": ""}, {"a": 'x"y', "b": "C:\\new"}]
    assert rows(read_table(spark, "db", "t")) == expected == rows(glue.create_dynamic_frame.from_catalog("db", "t"))


def test_a_dynamic_frame_keeps_text_that_does_not_parse(glue: Any, table: Any, put: Any, rows: Any) -> None:
    table("provider bigint, zip bigint, name string, none int")
    put("t/a.csv", "10001,36301,x,\n10005,35957,y,\nINC,53948,z,\n")
    frame = glue.create_dynamic_frame.from_catalog(database="db", table_name="t")
    assert tree_string(frame.schema()) == (
        "root\n|-- provider: choice\n|    |-- long\n|    |-- string\n|-- zip: long\n|-- name: string\n|-- none: int"
    )
    assert rows(frame)[2]["provider"] == {"long": None, "string": "INC"}
    cast = frame.resolveChoice(specs=[("provider", "cast:long")])
    assert cast._frame is not None and rows(cast)[0]["provider"] == 10001
    assert {r["provider"] for r in rows(cast)} == {10001, 10005, None}
    made = frame.resolveChoice(choice="make_cols")
    assert [f.name for f in made.schema()] == ["provider_long", "provider_string", "zip", "name", "none"]


def test_a_column_moved_into_a_struct_is_typed_by_its_data(glue: Any, table: Any, put: Any, rows: Any) -> None:
    table("provider bigint, zip bigint")
    put("t/a.csv", "10001,36301\nINC,53948\n")
    frame = glue.create_dynamic_frame.from_catalog(database="db", table_name="t")
    moved = [
        frame.rename_field("provider", "p.id").rename_field("zip", "p.zip"),
        frame.apply_mapping([("provider", "p.id"), ("zip", "p.zip")]),
    ]
    for made in moved:
        assert tree_string(made.schema()) == (
            "root\n|-- p: struct\n|    |-- id: choice\n|    |    |-- long\n|    |    |-- string\n|    |-- zip: long"
        )
        assert rows(made)[0] == {"p": {"id": {"long": 10001, "string": None}, "zip": 36301}}


def test_casting_needs_no_pass_over_the_data(glue: Any, table: Any, put: Any, monkeypatch: Any) -> None:
    table("a bigint, b double, c string")
    put("t/a.csv", "1,2,3\n")
    frame = glue.create_dynamic_frame.from_catalog("db", "t")
    monkeypatch.setattr(type(frame), "_settle", lambda self: pytest.fail("a pass over the data"))
    mapped = frame.resolveChoice(specs=[("a", "cast:double")]).apply_mapping(
        [("a", "double", "x", "int"), ("b", "double", "y", "double")]
    )
    monkeypatch.undo()
    assert [tuple(row) for row in mapped.toDF().collect()] == [(1, 2.0)]


def test_only_registered_partitions_wherever_they_are(
    spark: Any, glue: Any, table: Any, partition: Any, put: Any, rows: Any
) -> None:
    table("v int", "year int, dt string")
    put("t/year=2024/dt=a/f.csv", "1\n")
    put("t/year=2024/dt=b/f.csv", "2\n")
    put("t/year=2025/dt=unregistered/f.csv", "3\n")
    put("elsewhere/f.csv", "4\n")
    put("t/year=2024/dt=a/deeper/f.csv", "5\n")
    put("t/year=2024/dt=a/_temporary", "6\n")
    partition(["2024", "a"], "t/year=2024/dt=a/")
    partition(["2024", "b"], "t/year=2024/dt=b")
    partition(["2025", "__HIVE_DEFAULT_PARTITION__"], "elsewhere/")
    expected = [
        {"v": 1, "year": 2024, "dt": "a"}, {"v": 2, "year": 2024, "dt": "b"}, {"v": 4, "year": 2025, "dt": None},
    ]  # fmt: skip
    assert rows(read_table(spark, "db", "t")) == expected
    assert rows(glue.create_dynamic_frame.from_catalog("db", "t")) == expected
    deep = glue.create_dynamic_frame.from_catalog("db", "t", additional_options={"recurse": True})
    assert sorted(r["v"] for r in rows(deep)) == [1, 2, 4, 5]


def test_tables_and_partitions_of_s3a(spark: Any, glue: Any, table: Any, catalog: Any, put: Any, bucket: str) -> None:
    table("v int", "year int", location=f"s3a://{bucket}/t/")
    for year in range(2018, 2026):
        put(f"t/year={year}/f.csv", f"{year}\n")
        descriptor = {"Location": f"s3a://{bucket}/t/year={year}/"}
        catalog.create_partition(
            DatabaseName="db", TableName="t", PartitionInput={"Values": [str(year)], "StorageDescriptor": descriptor}
        )
    assert read_table(spark, "db", "t").count() == glue.create_dynamic_frame.from_catalog("db", "t").count() == 8


def test_what_a_table_says_of_its_files(spark: Any, glue: Any, table: Any, partition: Any, put: Any, rows: Any) -> None:
    parameters = {"exclusions": '["year=2024/**", "**.tmp"]', "recurse": "true", "compressionType": "gzip"}
    table("v int", "year int", parameters=parameters)
    for key in ("year=2024/a.csv", "year=2025/a.csv", "year=2025/deep/b.csv", "year=2025/c.tmp"):
        put(f"t/{key}", gzip.compress(key[5:9].encode()))
    partition(["2024"], "t/year=2024/")
    partition(["2025"], "t/year=2025/")
    expected = [{"v": 2025, "year": 2025}] * 2
    assert rows(glue.create_dynamic_frame.from_catalog("db", "t")) == expected == rows(read_table(spark, "db", "t"))


def test_a_table_of_a_compression_that_names_tell(spark: Any, table: Any, put: Any, rows: Any) -> None:
    table("v int", parameters={"compressionType": "SNAPPY"})
    put("t/a.csv", "1\n")
    assert rows(read_table(spark, "db", "t")) == [{"v": 1}]


@pytest.mark.parametrize(
    ("predicate", "values"),
    [
        ("year = 2024", [1, 2]),
        ("(year=='2024' and dt=='b')", [2]),
        ("year > 2024 or dt = 'a'", [1, 3]),
        ("dt in ('a', 'c')", [1, 3]),
        ("substr(dt, 1, 1) = 'b' and year between 2020 and 2030", [2]),
        ("year = 1999", []),
        ("!(year = 2025 and year = 2024)", [1, 2, 3]),
        ("isnotnull(year = 2025 and year = 2024)", [1, 2, 3]),
        ("not (dt = 'a' and dt = 'b') and ((year = 2024 and (dt = 'b')))", [2]),
        ("dt <> 'x and year = 2025 and x'and`year`>=2024", [1, 2, 3]),
    ],
)
def test_push_down_predicates_mean_what_they_mean_in_spark(
    glue: Any, spark: Any, table: Any, partition: Any, put: Any, predicate: str, values: list[int]
) -> None:
    table("v int", "year int, dt string")
    for number, (year, dt) in enumerate([("2024", "a"), ("2024", "b"), ("2025", "c")], 1):
        put(f"t/{number}/f.csv", f"{number}\n")
        partition([year, dt], f"t/{number}/")
    frame = glue.create_dynamic_frame.from_catalog("db", "t", push_down_predicate=predicate)
    assert sorted(row.v for row in frame.toDF().collect()) == values
    assert sorted(row.v for row in read_table(spark, "db", "t", predicate=predicate).collect()) == values


@pytest.mark.parametrize(
    ("predicate", "expression"),
    [
        ("((year == 2024 and (dt = 'b')) AND x != 1)", "year = 2024 AND dt = 'b'"),
        ("dt='a'and year<=3", "dt = 'a' AND year <= 3"),
        ("`year` > 1 and (dt) = 'b' and not year = 3", "year > 1"),
        ("dt > 'x and year = 2 and y'", "dt > 'x and year = 2 and y'"),
        ("year = 1 or year = 2 and dt = 'b'", None),
        ("year between 1 and 3", None),
        ("if(year = 1 and year = 2, true, dt = 'a')", None),
        ("!(year = 1 and year = 2)", None),
    ],
)
def test_what_the_catalog_is_asked_keeps_all_that_spark_keeps(predicate: str, expression: str | None) -> None:
    assert to_expression(predicate, [Field("year", IntegerType()), Field("dt", StringType())]) == expression


def test_a_catalog_partition_predicate_is_the_catalogs_to_decide(
    glue: Any, table: Any, partition: Any, put: Any, rows: Any
) -> None:
    table("v int", "year int, dt string")
    for number, (year, dt) in enumerate([("2024", "a"), ("2024", "b"), ("2025", "b")], 1):
        put(f"t/{number}/f.csv", f"{number}\n")
        partition([year, dt], f"t/{number}/")

    def read(catalog_predicate: str, predicate: str = "") -> list[int]:
        options = {"catalogPartitionPredicate": catalog_predicate}
        frame = glue.create_dynamic_frame.from_catalog(
            "db", "t", push_down_predicate=predicate, additional_options=options
        )
        return [row["v"] for row in rows(frame)]

    assert read("year = 2024 AND dt = 'b'") == [2]
    assert read("dt = 'b' OR year = 2025") == [2, 3]
    assert read("dt = 'a' OR dt = 'b'", "year = 2025") == [3]
    with pytest.raises(Exception, match="nonsense"):
        read("nonsense = 1")


def test_a_predicate_on_another_column_is_refused(glue: Any, table: Any, partition: Any, put: Any) -> None:
    table("v int", "year int")
    put("t/1/f.csv", "1\n")
    partition(["2024"], "t/1/")
    with pytest.raises(Exception, match="v"):
        glue.create_dynamic_frame.from_catalog("db", "t", push_down_predicate="v = 1")


def test_parquet_of_several_schemas(spark: Any, glue: Any, table: Any, put: Any, rows: Any) -> None:
    table("a bigint, b string, c double", serde=PARQUET)
    put("t/1.parquet", parquet(A=pa.array([1], pa.int32()), b=["x"]))
    put("t/2.parquet", parquet(a=pa.array([2], pa.int64()), c=[2.5]))
    assert rows(read_table(spark, "db", "t")) == [{"a": 1, "b": "x", "c": None}, {"a": 2, "b": None, "c": 2.5}]


def test_parquet_fields_are_columns_in_any_case(spark: Any, table: Any, put: Any, rows: Any) -> None:
    table("userid bigint, s struct<ab:bigint,l:array<struct<cd:string>>>", serde=PARQUET)
    put("t/a.parquet", parquet(UserId=[1, 2], S=[{"Ab": 5, "L": [{"cD": "x"}]}, None]))
    first = {"userid": 1, "s": {"ab": 5, "l": [{"cd": "x"}]}}
    assert rows(read_table(spark, "db", "t")) == [first, {"userid": 2, "s": None}]


def test_a_dynamic_frame_of_parquet_has_the_files_types(glue: Any, table: Any, put: Any, rows: Any) -> None:
    table("a string", serde=PARQUET)
    put("t/1.parquet", parquet(a=pa.array([1], pa.int32()), n=[{"x": 1}]))
    put("t/2.parquet", parquet(a=["two"], n=[{"x": 2, "y": "z"}]))
    frame = glue.create_dynamic_frame.from_catalog("db", "t")
    assert tree_string(frame.schema()) == (
        "root\n|-- a: choice\n|    |-- int\n|    |-- string\n|-- n: struct\n|    |-- x: long\n|    |-- y: string"
    )
    assert rows(frame.resolveChoice(choice="cast:string")) == [
        {"a": "1", "n": {"x": 1, "y": None}}, {"a": "two", "n": {"x": 2, "y": "z"}},
    ]  # fmt: skip


def test_json(spark: Any, glue: Any, table: Any, put: Any, rows: Any) -> None:
    table("a int, b string", serde=JSON)
    put("t/a.json", '{"a": 1, "b": "x", "extra": [1]}\n{"a": 2}\n')
    assert rows(read_table(spark, "db", "t")) == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    assert [f.name for f in glue.create_dynamic_frame.from_catalog("db", "t").schema()] == ["a", "b", "extra"]


def test_json_fields_are_columns_in_any_case(spark: Any, table: Any, partition: Any, put: Any, rows: Any) -> None:
    table("userid int, orders array<struct<itemname:string,n:int>>, none string", "year int", serde=JSON)
    put("t/1/a.json", '{"userId": 1, "orders": [{"itemName": "x", "N": 5}], "Z": 1, "z": 2}\n{"userId": 2}\n')
    partition(["2024"], "t/1/")
    first = {"userid": 1, "orders": [{"itemname": "x", "n": 5}], "none": None, "year": 2024}
    assert rows(read_table(spark, "db", "t")) == [first, {"userid": 2, "orders": None, "none": None, "year": 2024}]
    put("t/1/b.json", '{"userid": 3}\n')
    with pytest.raises(ValueError, match="'userId' and 'userid' differ in case only"):
        read_table(spark, "db", "t")


def test_an_empty_table_has_its_schema(spark: Any, glue: Any, table: Any) -> None:
    table("a int, s string", "dt string")
    assert read_table(spark, "db", "t").schema.simpleString() == "struct<a:int,s:string,dt:string>"
    frame = glue.create_dynamic_frame.from_catalog("db", "t")
    assert frame.count() == 0 and frame.toDF().columns == ["a", "s", "dt"]


def test_old_keywords_and_unknown_ones(glue: Any, table: Any, put: Any) -> None:
    table("a int")
    put("t/a.csv", "1\n")
    assert glue.create_dynamic_frame.from_catalog(name_space="db", table_name="t", whatever=1).count() == 1
    with pytest.raises(ValueError, match="needs database and table_name"):
        glue.create_dynamic_frame.from_catalog(database="db")
    with pytest.raises(ValueError, match="needs a database"):
        glue.create_dynamic_frame.from_catalog(table_name="t")


def test_clear_errors(spark: Any, table: Any, catalog: Any, put: Any, bucket: str) -> None:
    with pytest.raises(LookupError, match=r"table db.nope is not in the Data Catalog"):
        read_table(spark, "db", "nope")
    table("a int", name="placeless", location="")
    with pytest.raises(ValueError, match=r"db.placeless has no location"):
        read_table(spark, "db", "placeless")
    table("a int", name="lost", location="s3://no-such-bucket-here/t/")
    with pytest.raises(FileNotFoundError, match="bucket 'no-such-bucket-here' does not exist"):
        read_table(spark, "db", "lost")
    table("a int", name="odd", serde="com.example.MySerDe")
    with pytest.raises(NotImplementedError, match=r"stored as 'com.example.myserde'"):
        read_table(spark, "db", "odd")


def test_a_parquet_file_cut_in_half_is_named(spark: Any, table: Any, put: Any) -> None:
    table("a bigint", serde=PARQUET)
    whole = parquet(a=list(range(1000)))
    put("t/good.parquet", whole)
    path = put("t/half.parquet", whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=f"{path} is not a whole Parquet file"):
        read_table(spark, "db", "t")


@pytest.mark.parametrize("text", ['1,"broken\n2,b\n', "1,a,surplus\n2,b\n"])
def test_csv_with_broken_quotes_or_columns_fails(spark: Any, table: Any, put: Any, text: str) -> None:
    table("a string, b string")
    put("t/a.csv", text)
    with pytest.raises(Exception, match=r"(?i)csv|malformed|quote"):
        read_table(spark, "db", "t").collect()


def test_hundreds_of_partitions(spark: Any, catalog: Any, table: Any, put: Any, bucket: str) -> None:
    table("v int", "day int")
    inputs = []
    for day in range(365):
        put(f"t/day={day}/f.csv", f"{day}\n")
        inputs.append({"Values": [str(day)], "StorageDescriptor": {"Location": f"s3://{bucket}/t/day={day}/"}})
    for start in range(0, 365, 100):
        catalog.batch_create_partition(DatabaseName="db", TableName="t", PartitionInputList=inputs[start : start + 100])
    frame = read_table(spark, "db", "t")
    assert [tuple(row) for row in frame.selectExpr("sum(v)", "sum(day)", "count(*)").collect()] == [(66430, 66430, 365)]
    assert frame.where("day = 7").count() == 1


def test_a_predicate_on_a_table_without_partition_keys_is_refused(glue: Any, table: Any, put: Any) -> None:
    table("v int")
    put("t/f.csv", "1\n")
    with pytest.raises(ValueError, match=r"predicate 'v = 2': table db.t has no partition keys"):
        glue.create_dynamic_frame.from_catalog("db", "t", push_down_predicate="v = 2")


@pytest.mark.parametrize("predicate", ["year =", "v = 1", "year + 1", "nonsense(year) = 1", "year = 'x'"])
def test_a_predicate_that_is_none_is_named(glue: Any, table: Any, partition: Any, put: Any, predicate: str) -> None:
    table("v int", "year int")
    put("t/1/f.csv", "1\n")
    partition(["2024"], "t/1/")
    with pytest.raises(ValueError) as raised:
        glue.create_dynamic_frame.from_catalog("db", "t", push_down_predicate=predicate)
    assert f"predicate {predicate!r} is no condition on the partition keys year" in str(raised.value)
