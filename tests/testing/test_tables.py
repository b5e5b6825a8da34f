"""Tables and files of a test's Mastic: what people have at hand, written and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from users_project import passes

pytestmark = pytest.mark.xdist_group("testing")


def test_tables_and_files_of_every_kind(tmp_path: Path) -> None:
    """What people have at hand: awkward partitions, tables they have not made here, files that a script wrote."""
    test = """
import datetime, gzip
from decimal import Decimal
from pathlib import Path
import pandas as pd, pytest
from mastic.testing import assert_frames_equal

def test_partitions_whose_names_have_dots_or_nothing(mastic):
    for key in (Decimal("1.50"), 2.5, datetime.date(2026, 1, 31)):
        mastic.put_table("raw.t", [{"v": 1, "k": key}, {"v": 2, "k": None}], partition_keys="k")
        assert_frames_equal(mastic.table("raw.t"), [{"v": 1, "k": key}, {"v": 2, "k": None}])
    mastic.put_table("raw.t", [{"v": 1, "k": ""}], partition_keys=["k"])
    assert mastic.table("raw.t").rows() == [{"v": 1, "k": None}]  # as Hive and Spark have it

def test_nanoseconds_and_columns_of_nothing(mastic):
    frame = pd.DataFrame({"at": pd.to_datetime(["2026-01-31 10:00"]).astype("datetime64[ns]"), "nothing": [None]})
    for format in ("parquet", "json"):
        mastic.put_table("raw.t", frame, format=format)
        moment = datetime.datetime(2026, 1, 31, 10, tzinfo=datetime.UTC)
        assert mastic.table("raw.t").rows() == [{"at": moment, "nothing": None}]
    from mastic.engines import summary
    assert summary()["spark"] == 0

def test_rows_for_a_table_that_terraform_made(mastic):
    mastic.glue.create_database(DatabaseInput={"Name": "lake"})
    descriptor = {"Columns": [{"Name": "a", "Type": "int"}, {"Name": "b", "Type": "string"}],
                  "Location": "s3://lake/t/", "SerdeInfo": {"SerializationLibrary": "a.b.LazySimpleSerDe"}}
    mastic.glue.create_table(DatabaseName="lake", TableInput={"Name": "t", "StorageDescriptor": descriptor,
                                                              "Parameters": {"skip.header.line.count": "1"}})
    mastic.append_table("lake.t", [{"b": "x", "a": 1}])  # csv has no names
    assert mastic.table("lake.t").rows() == [{"a": 1, "b": "x"}]
    with pytest.raises(ValueError, match="lake.t has no column 'c'; its columns are a, b"):
        mastic.append_table("lake.t", [{"c": 1}])
    mastic.put_table("raw.t", [{"a": 1, "day": "x"}], partition_keys=["day"])
    with pytest.raises(ValueError, match="partition_keys names 'day'; the columns are a"):
        mastic.append_table("raw.t", [{"a": 2}])

def test_what_is_read_is_what_the_names_say(mastic, tmp_path):
    mastic.put("s3://lake/v1.0/", [{"a": 1}])
    (tmp_path / "fixture.csv").write_text("a\\n1\\n")
    mastic.put("s3://lake/files/one.csv", tmp_path / "fixture.csv")
    mastic.put("s3://lake/files/two.json.gz", [{"a": 1}])
    assert gzip.decompress(mastic.s3.get_object(Bucket="lake", Key="files/two.json.gz")["Body"].read())
    for path in ("v1.0", "files/one.csv", "files/two.json.gz"):
        assert mastic.read(f"s3://lake/{path}").rows() == [{"a": 1}]
    assert mastic.read("s3://lake/files/").rows() == [{"a": 1}, {"a": 1}]
"""
    assert "4 passed" in passes(tmp_path, test)
