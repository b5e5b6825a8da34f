"""Sinks: files by partition, and the catalog after a write."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow.parquet as pq
import pytest

from awsglue import _catalog_sink
from awsglue._absent import AbsentError
from awsglue.dynamicframe import DynamicFrame
from awsglue.gluetypes import StructType


@pytest.fixture
def frame(glue: Any, spark: Any) -> DynamicFrame:
    data = [(1, "a", 1.5), (2, "b", None), (3, None, 2.5)]
    return DynamicFrame.fromDF(spark.createDataFrame(data, "id int, k string, v double"), glue, "f")


def keys(s3: Any, bucket: str, prefix: str = "") -> list[str]:
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return [item["Key"] for item in listed if not item["Key"].rsplit("/", 1)[1].startswith(("_", "."))]


def sink(glue: Any, bucket: str, table: str = "t", format: str = "glueparquet", **options: Any) -> Any:
    made = glue.getSink("s3", **{"path": f"s3://{bucket}/{table}/", "enableUpdateCatalog": True, **options})
    made.setFormat(format)
    made.setCatalogInfo(catalogDatabase="db", catalogTableName=table)
    return made


def test_writes_append(glue: Any, frame: Any, s3: Any, bucket: str) -> None:
    for _ in range(2):
        glue.write_dynamic_frame.from_options(frame, "s3", {"path": f"s3://{bucket}/o"}, "parquet")
    files = keys(s3, bucket)
    assert len(files) == len(set(files)) >= 2
    body = s3.get_object(Bucket=bucket, Key=files[0])["Body"].read()
    assert pq.ParquetFile(io.BytesIO(body)).metadata.row_group(0).column(0).compression == "SNAPPY"
    again = glue.create_dynamic_frame.from_options("s3", {"paths": [f"s3://{bucket}/o/"]}, "parquet")
    assert again.count() == 6


def test_partition_folders(glue: Any, frame: Any, s3: Any, bucket: str) -> None:
    options = {"path": f"s3://{bucket}/o", "partitionKeys": ["k"], "compression": "gzip"}
    glue.write_dynamic_frame.from_options(frame, "s3", options, "json")
    folders = {key.split("/")[1] for key in keys(s3, bucket)}
    assert folders == {"k=a", "k=b", "k=__HIVE_DEFAULT_PARTITION__"}
    assert all(key.endswith(".gz") for key in keys(s3, bucket))


def test_csv(glue: Any, frame: Any, s3: Any, bucket: str) -> None:
    glue.write_dynamic_frame.from_options(
        frame, "s3", {"path": f"s3://{bucket}/o"}, "csv", {"separator": "|", "writeHeader": "false"}
    )
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys(s3, bucket)]
    lines = sorted(line for body in bodies for line in body.splitlines())
    assert lines[0] == "1|a|1.5" and len(lines) == 3


@pytest.mark.parametrize("options", [{}, {"quoteChar": "'", "separator": ";"}, {"quoteChar": "'", "separator": "\t"}])
def test_csv_is_read_back_as_it_was_written(
    glue: Any, spark: Any, bucket: str, rows: Any, options: dict[str, str]
) -> None:
    texts = ['"', 'say "hi"', "it's", "a,b;c\td", "back\\slash", "\\", '\\"', "'"]
    path = f"s3://{bucket}/o"
    written = DynamicFrame.fromDF(spark.createDataFrame([(text,) for text in texts], "text string"), glue, "f")
    glue.write_dynamic_frame.from_options(written, "s3", {"path": path}, "csv", options)
    again = glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "csv", {"withHeader": True, **options})
    assert sorted(row["text"] for row in rows(again)) == sorted(texts)


def written(s3: Any, bucket: str, prefix: str = "") -> str:
    """What a frame of one partition left."""
    (key,) = keys(s3, bucket, prefix)
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()


@pytest.mark.parametrize("header", [True, "false"])
def test_csv_without_quoting_is_never_quoted(glue: Any, spark: Any, s3: Any, bucket: str, header: Any) -> None:
    values = (
        "select '#a|\"b' s, 'x\ny' t, '' e, timestamp'2020-01-02 03:04:05.678' ts, date'1500-01-02' d, 1.50 n, 'k' k"
    )
    frame = DynamicFrame.fromDF(spark.sql(values.replace("\n", "\\n")), glue, "f")
    options = {"quoteChar": -1, "separator": "|", "writeHeader": header}
    glue.write_dynamic_frame.from_options(
        frame, "s3", {"path": f"s3://{bucket}/o", "partitionKeys": ["k"]}, "csv", options
    )
    head = "s|t|e|ts|d|n\n" if header is True else ""
    body = written(s3, bucket, "o/k=k/")
    assert body == head + '#a|"b|x\ny||2020-01-02T03:04:05.678Z|1500-01-02|1.50\n'


def test_an_empty_text_is_quoted_with_the_quote_of_its_file(glue: Any, spark: Any, s3: Any, bucket: str) -> None:
    frame = DynamicFrame.fromDF(spark.sql("select '' a, 'it''s' b"), glue, "f")
    glue.write_dynamic_frame.from_options(frame, "s3", {"path": f"s3://{bucket}/o"}, "csv", {"quoteChar": "'"})
    assert written(s3, bucket) == "a,b\n'','it''s'\n"


@pytest.fixture
def choices(glue: Any, put: Any, bucket: str) -> DynamicFrame:
    put("choices/a.json", '{"id": 1, "c": 5}\n{"id": 2, "c": "q"}\n')
    return glue.create_dynamic_frame.from_options("s3", {"paths": [f"s3://{bucket}/choices/"]}, "json")


def test_a_choice_in_csv_is_the_value_it_has(glue: Any, choices: Any, s3: Any, bucket: str) -> None:
    glue.write_dynamic_frame.from_options(choices, "s3", {"path": f"s3://{bucket}/o"}, "csv")
    assert written(s3, bucket, "o/") == "id,c\n1,5\n2,q\n"


def test_what_stands_beside_a_choice_in_json_is_written_as_without_one(
    glue: Any, choices: Any, s3: Any, bucket: str, spark: Any
) -> None:
    special = [
        "cast('NaN' as double) n", "cast('-Infinity' as float) f", "timestamp'2020-01-02 03:04:05.678' ts",
        "date'1500-01-02' d", "cast(1.50 as decimal(5,2)) de", "cast('hi' as binary) b", "'é' t",
        "array(cast('Infinity' as double), null) l",
    ]  # fmt: skip
    schema = choices.schema()
    wide = choices.toDF().selectExpr("*", *special)
    others = DynamicFrame.fromDF(wide.drop("id", "c"), glue, "o")
    mixed = DynamicFrame(wide, glue, "m", schema=StructType([*schema, *others.schema()]))
    for name, frame in (("mixed", mixed), ("others", others)):
        glue.write_dynamic_frame.from_options(frame, "s3", {"path": f"s3://{bucket}/{name}"}, "json")
    lines = written(s3, bucket, "others/").splitlines()
    assert lines[0].startswith('{"n":"NaN","f":"-Infinity","ts":"2020-01-02T03:04:05.678Z","d":"1500-01-02","de":1.50')
    assert written(s3, bucket, "mixed/").splitlines() == [
        '{"id":1,"c":5,' + lines[0][1:], '{"id":2,"c":"q",' + lines[1][1:],
    ]  # fmt: skip


@pytest.mark.parametrize("format", ["parquet", "glueparquet", "json", "csv"])
def test_a_frame_of_no_file_leaves_none(
    glue: Any, catalog: Any, s3: Any, bucket: str, format: str, capsys: Any
) -> None:
    nothing = glue.create_dynamic_frame.from_options("s3", {"paths": [f"s3://{bucket}/none/"]}, "json")
    glue.write_dynamic_frame.from_options(nothing, "s3", {"path": f"s3://{bucket}/o"}, format)
    sink(glue, bucket, format=format).writeFrame(nothing)
    assert "WARN nothing is written" in capsys.readouterr().err
    assert keys(s3, bucket) == [] and catalog.get_tables(DatabaseName="db")["TableList"] == []


def test_nothing_is_written_where_the_catalog_has_no_such_database(
    glue: Any, frame: Any, catalog: Any, s3: Any, bucket: str
) -> None:
    made = sink(glue, bucket)
    made.setCatalogInfo(catalogDatabase="other", catalogTableName="t")
    with pytest.raises(LookupError, match="database other is not in the Data Catalog"):
        made.writeFrame(frame)
    assert keys(s3, bucket) == []


def test_csv_lies_in_the_order_of_its_table(
    glue: Any, spark: Any, frame: Any, catalog: Any, bucket: str, rows: Any
) -> None:
    sink(glue, bucket, format="csv", partitionKeys=["k"]).writeFrame(frame)
    other = DynamicFrame.fromDF(spark.sql("select 'new' x, 'a' k, 9 Id"), glue, "o")
    glue.write_dynamic_frame.from_catalog(other.drop_fields(["x"]), "db", "t")
    assert {"id": 9, "v": None, "k": "a"} in rows(glue.create_dynamic_frame.from_catalog("db", "t"))
    sink(glue, bucket, format="csv", partitionKeys=["k"]).writeFrame(other)
    columns = catalog.get_table(DatabaseName="db", Name="t")["Table"]["StorageDescriptor"]["Columns"]
    assert [column["Name"] for column in columns] == ["id", "v", "x"]
    found = rows(glue.create_dynamic_frame.from_catalog("db", "t"))
    assert {"id": 9, "v": None, "k": "a", "x": "new"} in found and {"id": 1, "v": 1.5, "k": "a", "x": None} in found


@pytest.mark.parametrize("options", [{"quoteChar": "'"}, {"quoteChar": -1, "separator": "\t"}])
def test_a_table_of_csv_knows_its_quote(
    glue: Any, spark: Any, catalog: Any, bucket: str, rows: Any, options: Any
) -> None:
    frame = DynamicFrame.fromDF(spark.sql("select 1 id, 'say \"hi, it''s' s"), glue, "f")
    made = sink(glue, bucket)
    made.setFormat("csv", **options)
    made.writeFrame(frame)
    glue.write_dynamic_frame.from_catalog(frame, "db", "t")
    assert rows(glue.create_dynamic_frame.from_catalog("db", "t")) == [{"id": 1, "s": "say \"hi, it's"}] * 2


def test_a_new_table(glue: Any, frame: Any, catalog: Any, bucket: str, rows: Any) -> None:
    sink(glue, bucket, partitionKeys=["k"]).writeFrame(frame)
    table = catalog.get_table(DatabaseName="db", Name="t")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "id", "Type": "int"}, {"Name": "v", "Type": "double"}]
    assert table["PartitionKeys"] == [{"Name": "k", "Type": "string"}]
    assert table["Parameters"]["classification"] == "parquet"
    partitions = catalog.get_partitions(DatabaseName="db", TableName="t")["Partitions"]
    assert sorted(p["Values"] for p in partitions) == [["__HIVE_DEFAULT_PARTITION__"], ["a"], ["b"]]
    assert rows(glue.create_dynamic_frame.from_catalog("db", "t")) == [
        {"id": 1, "v": 1.5, "k": "a"}, {"id": 2, "v": None, "k": "b"}, {"id": 3, "v": 2.5, "k": None}
    ]  # fmt: skip


@pytest.mark.parametrize("format", ["csv", "json"])
def test_new_tables_of_text(glue: Any, frame: Any, catalog: Any, bucket: str, rows: Any, format: str) -> None:
    sink(glue, bucket, format=format).writeFrame(frame.drop_fields(["k"]))
    assert rows(glue.create_dynamic_frame.from_catalog("db", "t")) == [
        {"id": 1, "v": 1.5}, {"id": 2, "v": None}, {"id": 3, "v": 2.5}
    ]  # fmt: skip


def test_later_writes_add_partitions_and_update_the_schema(
    glue: Any, spark: Any, frame: Any, catalog: Any, bucket: str
) -> None:
    sink(glue, bucket, partitionKeys=["k"]).writeFrame(frame)
    first = catalog.get_table(DatabaseName="db", Name="t")["Table"]
    sink(glue, bucket, partitionKeys=["k"]).writeFrame(frame)
    assert catalog.get_table(DatabaseName="db", Name="t")["Table"]["VersionId"] == first["VersionId"]
    wider = DynamicFrame.fromDF(
        spark.createDataFrame([(4, "c", 1.0, "x")], "id int, k string, v double, w string"), glue
    )
    sink(glue, bucket, partitionKeys=["k"]).writeFrame(wider)
    columns = catalog.get_table(DatabaseName="db", Name="t")["Table"]["StorageDescriptor"]["Columns"]
    assert [c["Name"] for c in columns] == ["id", "v", "w"]
    assert len(catalog.get_partitions(DatabaseName="db", TableName="t")["Partitions"]) == 4
    assert glue.create_dynamic_frame.from_catalog("db", "t").count() == 7


def test_runs_that_make_the_same_table_at_once(
    glue: Any, frame: Any, catalog: Any, bucket: str, monkeypatch: Any
) -> None:
    path = f"s3://{bucket}/t/"
    glue.write_dynamic_frame.from_options(frame, "s3", {"path": path, "partitionKeys": ["k"]}, "parquet")
    find, looked, barrier = _catalog_sink.find_table, [], threading.Barrier(4, timeout=30)

    def at_once(name: Any) -> Any:
        found = find(name)
        looked.append(found)
        if len(looked) <= 4:
            barrier.wait()  # nobody goes on before all have seen that the table is missing
        return found

    monkeypatch.setattr(_catalog_sink, "find_table", at_once)
    updates = [_catalog_sink.Update(("db", "t", ""), path, "parquet", frame.schema(), ["k"], {}) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda update: update.after(set()), updates))
    assert looked[:4] == [None] * 4
    assert len(catalog.get_partitions(DatabaseName="db", TableName="t")["Partitions"]) == 3


def test_log_leaves_the_schema_alone(glue: Any, spark: Any, frame: Any, catalog: Any, bucket: str, capsys: Any) -> None:
    sink(glue, bucket, partitionKeys=["k"]).writeFrame(frame)
    narrower = frame.drop_fields(["v"]).filter(lambda r: r["k"] == "a")
    sink(glue, bucket, partitionKeys=["k"], updateBehavior="LOG").writeFrame(narrower)
    wider = DynamicFrame.fromDF(spark.createDataFrame([(4, "c", "x")], "id int, k string, w string"), glue)
    sink(glue, bucket, partitionKeys=["k"], updateBehavior="LOG").writeFrame(wider)
    assert "updateBehavior is LOG" in capsys.readouterr().err
    columns = catalog.get_table(DatabaseName="db", Name="t")["Table"]["StorageDescriptor"]["Columns"]
    assert [c["Name"] for c in columns] == ["id", "v"]
    assert len(catalog.get_partitions(DatabaseName="db", TableName="t")["Partitions"]) == 3


def test_without_enable_update_catalog_nothing_is_created(glue: Any, frame: Any, catalog: Any, bucket: str) -> None:
    made = glue.getSink("s3", path=f"s3://{bucket}/t/", updateBehavior="UPDATE_IN_DATABASE")
    made.setFormat("parquet")
    made.setCatalogInfo("db", "t")
    made.writeFrame(frame)
    assert catalog.get_tables(DatabaseName="db")["TableList"] == []


def test_write_from_catalog(glue: Any, frame: Any, catalog: Any, bucket: str, rows: Any) -> None:
    sink(glue, bucket, partitionKeys=["k"]).writeFrame(frame.filter(lambda r: r["id"] < 2))
    later = frame.filter(lambda r: r["id"] == 2)
    glue.write_dynamic_frame.from_catalog(
        frame=later, database="db", table_name="t", additional_options={"enableUpdateCatalog": True}
    )
    assert [r["k"] for r in rows(glue.create_dynamic_frame.from_catalog("db", "t"))] == ["a", "b"]
    glue.write_data_frame.from_catalog(later.toDF(), "db", "t")
    assert glue.create_data_frame.from_catalog("db", "t").count() == 3


def test_what_cannot_be_written_is_named_before_anything_is(
    glue: Any, spark: Any, frame: Any, catalog: Any, s3: Any, bucket: str
) -> None:
    path = {"path": f"s3://{bucket}/o"}
    for error, message, call in [
        (
            ValueError,
            "'xml' cannot be written",
            lambda: glue.write_dynamic_frame.from_options(frame, "s3", path, "xml"),
        ),
        (
            AbsentError,
            "spark-avro.*--extra-jars",
            lambda: glue.write_dynamic_frame.from_options(frame, "s3", path, "avro"),
        ),
        (ValueError, "needs a path", lambda: glue.write_dynamic_frame.from_options(frame, "s3", {}, "csv")),
        (ValueError, r"partitionKeys \['nope'\]", lambda: sink(glue, bucket, partitionKeys=["nope"]).writeFrame(frame)),
        (ValueError, "updateBehavior is 'MAYBE'", lambda: sink(glue, bucket, updateBehavior="MAYBE").writeFrame(frame)),
        (TypeError, "fromDF", lambda: glue.write_dynamic_frame.from_options(frame.toDF(), "s3", path, "csv")),
        (LookupError, "db.nope", lambda: glue.write_dynamic_frame.from_catalog(frame, "db", "nope")),
    ]:
        with pytest.raises(error, match=message):
            call()
    assert keys(s3, bucket) == []
    sink(glue, bucket, partitionKeys=["k"]).writeFrame(frame)
    before = keys(s3, bucket)
    with pytest.raises(ValueError, match=r"are not the partition keys of db.t"):
        sink(glue, bucket, partitionKeys=["id"]).writeFrame(frame)
    assert keys(s3, bucket) == before


def test_a_sink_of_s3a_registers_its_partitions(glue: Any, frame: Any, catalog: Any, bucket: str, rows: Any) -> None:
    made = sink(glue, bucket, path=f"s3a://{bucket}/t/", partitionKeys=["k"])
    made.writeFrame(frame)
    values = sorted(p["Values"] for p in catalog.get_partitions(DatabaseName="db", TableName="t")["Partitions"])
    assert values == [["__HIVE_DEFAULT_PARTITION__"], ["a"], ["b"]]
    assert [r["k"] for r in rows(glue.create_dynamic_frame.from_catalog("db", "t"))] == ["a", "b", None]


def test_a_collection_is_written_by_name(glue: Any, frame: Any, s3: Any, bucket: str) -> None:
    split = frame.split_fields(["id"], "ids", "rest")
    glue.write_dynamic_frame.from_options(split, "s3", {"path": f"s3://{bucket}/c/"}, "json")
    assert {key.split("/")[1] for key in keys(s3, bucket)} == {"ids", "rest"}


def test_purging_a_path(glue: Any, put: Any, s3: Any, bucket: str) -> None:
    put("p/a", "1")
    put("p/x/b", "1")
    put("q/c", "1")
    glue.purge_s3_path(f"s3://{bucket}/p/")
    assert len(keys(s3, bucket)) == 3  # newer than a week
    glue.purge_s3_path(f"s3://{bucket}/p/", {"retentionPeriod": 0, "manifestFilePath": f"s3://{bucket}/m/"}, "ctx")
    assert keys(s3, bucket) == ["m/ctx/Failed.csv", "m/ctx/Success.csv", "q/c"]
    manifest = s3.get_object(Bucket=bucket, Key="m/ctx/Success.csv")["Body"].read().decode()
    assert manifest.splitlines() == [f"s3://{bucket}/p/a", f"s3://{bucket}/p/x/b"]


def test_purging_takes_what_readers_pass_over_too(glue: Any, put: Any, s3: Any, bucket: str) -> None:
    for key in ("p/_SUCCESS", "p/.crc", "p/empty", "p/_log/a", "p2/a"):
        put(key, "")
    glue.purge_s3_path(f"s3://{bucket}/p", {"retentionPeriod": 0})
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["p2/a"]


def test_purging_the_partitions_of_a_predicate_under_a_path(glue: Any, put: Any, s3: Any, bucket: str) -> None:
    for key in ("p/month=march/a", "p/month=march/day=1/b", "p/month=april/c", "p/d", "q/month=march/e"):
        put(key, "1")
    options = {"retentionPeriod": 0, "partitionPredicate": "(month=='march')"}
    glue.purge_s3_path(f"s3://{bucket}/p/", options)
    assert keys(s3, bucket) == ["p/d", "p/month=april/c", "q/month=march/e"]
    with pytest.raises(ValueError, match="has no folders named key=value"):
        glue.purge_s3_path(f"s3://{bucket}/q/month=march/", options)
    with pytest.raises(Exception, match="year"):
        glue.purge_s3_path(f"s3://{bucket}/p/", {"retentionPeriod": 0, "partitionPredicate": "year = 2020"})
    assert len(keys(s3, bucket)) == 3


def test_purging_a_table(glue: Any, frame: Any, catalog: Any, bucket: str) -> None:
    sink(glue, bucket, partitionKeys=["k"]).writeFrame(frame)
    glue.purge_table("db", "t", {"partitionPredicate": "(k == 'a')", "retentionPeriod": 0})
    left = catalog.get_partitions(DatabaseName="db", TableName="t")["Partitions"]
    assert sorted(p["Values"][0] for p in left) == ["__HIVE_DEFAULT_PARTITION__", "b"]
    assert glue.create_dynamic_frame.from_catalog("db", "t").count() == 2
