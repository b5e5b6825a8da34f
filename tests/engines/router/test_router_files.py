"""Reads and writes through the router, on bucket folders."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("SPARK_CONNECT_MODE_ENABLED", "1")

import pyarrow.parquet as pq
import pytest
from pyspark.errors import AnalysisException, UnsupportedOperationException
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites.listing import inferred
from mastic.engines.router.rewrites.paths import Buckets


def files(folder):
    return sorted(str(held.relative_to(folder)) for held in folder.rglob("*") if held.is_file())


def frame(spark):
    return spark.createDataFrame([(1, "a", 2024), (2, "b", 2025), (3, None, None)], "i int, s string, y int")


@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3n"])
def test_all_three_schemes_are_the_bucket_folder(routed, scheme):
    spark, _, root = routed
    frame(spark).coalesce(1).write.parquet(f"{scheme}://data/x/")
    names = files(root / "data" / "x")
    assert names[0] == "_SUCCESS"
    assert names[1].startswith("part-00000-") and names[1].endswith("-c000.snappy.parquet") and len(names) == 2
    assert spark.read.parquet(f"{scheme}://data/x").count() == 3
    assert not [held for held in root.iterdir() if held.name.startswith(".mastic")]


def test_parquet_of_a_local_frame_has_columns_without_metadata(routed):
    spark, _, root = routed
    spark.createDataFrame([(1, ["a"])], "i int, l array<string>").write.parquet("s3://data/x")
    (file,) = (root / "data" / "x").glob("*.parquet")
    assert [field.metadata for field in pq.read_schema(file)] == [None, None]


def test_metadata_of_a_column_is_not_dropped_but_sparks(routed):
    spark, _, _ = routed
    schema = StructType().add("i", "integer", metadata={"unit": "m"})
    with pytest.raises(UnsupportedOperationException, match="metadata of a column"):
        spark.createDataFrame([(1,)], schema).collect()


@pytest.mark.parametrize("path", ["s3://../etc", "s3://data/../../etc", "s3://.hidden/x", "s3:///x"])
def test_no_path_leaves_the_buckets(tmp_path, path):
    with pytest.raises(Unproven):
        Buckets(tmp_path).local(path)


def test_a_missing_path_is_sparks_error(routed):
    spark, _, _ = routed
    with pytest.raises(AnalysisException, match="PATH_NOT_FOUND") as caught:
        spark.read.parquet("s3://data/absent").collect()
    assert caught.value.getCondition() == "PATH_NOT_FOUND"
    assert "s3://data/absent" in str(caught.value)


def test_a_write_makes_no_bucket(routed):
    spark, _, root = routed
    for path in ("s3://absent/x", "s3://absent"):
        with pytest.raises(AnalysisException, match="There is no bucket 'absent'"):
            frame(spark).write.mode("overwrite").parquet(path)
    assert [held.name for held in root.iterdir()] == ["data"]


def test_partition_values_keep_null_and_type(routed):
    spark, _, root = routed
    frame(spark).write.partitionBy("y").parquet("s3://data/p")
    folders = {held.name for held in (root / "data" / "p").iterdir() if held.is_dir()}
    assert folders == {"y=2024", "y=2025", "y=__HIVE_DEFAULT_PARTITION__"}
    read = spark.read.parquet("s3://data/p")
    assert read.dtypes == [("i", "int"), ("s", "string"), ("y", "int")]
    assert [tuple(row) for row in read.orderBy("i").collect()] == [(1, "a", 2024), (2, "b", 2025), (3, None, None)]


def test_the_base_path_of_a_whole_table_is_its_own_and_others_are_sparks(routed):
    spark, _, _ = routed
    frame(spark).write.partitionBy("y").parquet("s3://data/p")
    below = spark.read.option("basePath", "s3://data/p/")
    assert below.parquet("s3://data/p").dtypes == [("i", "int"), ("s", "string"), ("y", "int")]
    with pytest.raises(UnsupportedOperationException, match="read below a basePath"):
        below.parquet("s3://data/p/y=2024").collect()


def test_dynamic_overwrite_replaces_only_the_partitions_written(routed):
    spark, _, _ = routed
    frame(spark).write.partitionBy("y").parquet("s3://data/p")
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    new = spark.createDataFrame([(9, "z", 2024)], "i int, s string, y int")
    new.write.mode("overwrite").partitionBy("y").parquet("s3://data/p")
    assert sorted(row.i for row in spark.read.parquet("s3://data/p").collect()) == [2, 3, 9]
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "static")
    new.write.mode("overwrite").partitionBy("y").parquet("s3://data/p")
    assert [row.i for row in spark.read.parquet("s3://data/p").collect()] == [9]


def test_a_failed_write_leaves_the_target_as_it_was(routed):
    spark, _, root = routed
    frame(spark).coalesce(1).write.parquet("s3://data/x")
    before = files(root / "data" / "x")
    bad = spark.createDataFrame([("1",), ("x",)], "s string").select(F.col("s").cast("int").alias("i"))
    with pytest.raises(Exception, match="x"):
        bad.write.mode("overwrite").parquet("s3://data/x")
    assert files(root / "data" / "x") == before
    assert not [held for held in root.iterdir() if held.name.startswith(".mastic")]


def test_an_empty_result_still_has_its_schema(routed):
    spark, _, _ = routed
    frame(spark).filter("i > 99").write.parquet("s3://data/none")
    read = spark.read.parquet("s3://data/none")
    assert read.dtypes == [("i", "int"), ("s", "string"), ("y", "int")]
    assert read.count() == 0


def test_a_sorted_result_stays_sorted_when_it_overwrites(routed):
    spark, _, _ = routed
    for _ in range(2):
        spark.range(20000).orderBy(F.desc("id")).write.mode("overwrite").parquet("s3://data/sorted")
    read = [row.id for row in spark.read.parquet("s3://data/sorted").collect()]
    assert read == sorted(read, reverse=True)


def test_modes(routed):
    spark, _, _ = routed
    one = frame(spark).coalesce(1)
    one.write.parquet("s3://data/m")
    with pytest.raises(AnalysisException, match="PATH_ALREADY_EXISTS"):
        one.write.parquet("s3://data/m")
    one.write.mode("ignore").parquet("s3://data/m")
    assert spark.read.parquet("s3://data/m").count() == 3
    one.write.mode("append").parquet("s3://data/m")
    assert spark.read.parquet("s3://data/m").count() == 6


def test_overwriting_what_is_being_read_is_left_to_spark(routed):
    spark, _, _ = routed
    frame(spark).write.parquet("s3://data/self")
    with pytest.raises(Exception, match="being read"):
        spark.read.parquet("s3://data/self").write.mode("overwrite").parquet("s3://data/self")
    assert spark.read.parquet("s3://data/self").count() == 3


def test_hidden_and_nested_files_are_not_read(routed):
    spark, _, root = routed
    folder = root / "data" / "csv"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text("a,b\n1,x\n")
    (folder / "_b.csv").write_text("a,b\n2,x\n")
    (folder / ".c.csv").write_text("a,b\n3,x\n")
    (folder / "deep" / "d.csv").write_text("a,b\n4,x\n")
    read = spark.read.csv("s3://data/csv", header=True)
    assert [tuple(row) for row in read.collect()] == [("1", "x")]


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n1,5" disk\n',
        'a,b\n1,"two\nlines"\n',
        'a,b\n1,"c:\\x"\n',
        "\ufeffa,b\n1,2\n",
        "a,b\r1,2\r",
        'a,b\n1,"x""y"\n',
    ],
)
def test_csv_that_the_engines_read_differently_is_refused(routed, text):
    spark, _, root = routed
    (root / "data" / "odd.csv").write_text(text, newline="")
    with pytest.raises(Exception, match="UNPROVEN"):
        spark.read.csv("s3://data/odd.csv", header=True).collect()


def test_a_csv_that_changes_is_looked_at_again(routed):
    spark, _, root = routed
    file = root / "data" / "c.csv"
    file.write_text("a,b\n1,x\n")
    assert spark.read.csv("s3://data/c.csv", header=True).count() == 1
    file.write_text('a,b\n1,"x\ny"\n')
    with pytest.raises(Exception, match="UNPROVEN"):
        spark.read.csv("s3://data/c.csv", header=True).collect()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"1", "02"}, "int"),
        ({"1", "99999999999"}, "bigint"),
        ({"2024-01-31"}, "date"),
        ({"a", "b"}, "string"),
        ({"a", "1"}, "string"),
        ({"__HIVE_DEFAULT_PARTITION__"}, "void"),
        ({"__HIVE_DEFAULT_PARTITION__", "7"}, "int"),
    ],
)
def test_partition_types(values, kind):
    assert inferred(values).kind == kind


@pytest.mark.parametrize("values", [{"1.5"}, {"2024-01-31 10:00:00"}, {"NaN"}, {"1d"}, {"2024-02-30"}])
def test_partition_values_of_doubtful_type_are_refused(values):
    with pytest.raises(Unproven):
        inferred(values)


def test_a_csv_field_over_many_lines_and_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mastic.engines.router.rewrites import csv, files

    monkeypatch.setattr(csv, "_LARGE_CHUNK", 16)
    path = tmp_path / "a.csv"
    dialect = csv.Dialect(b",", b'"', b"\\", header=False, multi_line=True)

    def objection(text: str) -> str:
        path.write_text(text)
        found = files.at(str(path)).look(str(path))
        assert found is not None and found.file is not None
        return csv._objection(found.file, dialect, False)

    long = "1," + '"' + "a line\n" * 1000 + '"\n'
    assert objection(long * 3) == ""
    assert objection(long * 3 + '2,"open\n') == "quotes that are not closed"
    assert objection(long + '2,b"c"\n') == "quotes in odd places"
