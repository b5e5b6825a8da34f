"""Sessions that tests open by themselves, as a project's conftest does that knows nothing of Mastic."""

from __future__ import annotations

from pathlib import Path

import pytest

from users_project import passes, run

pytestmark = pytest.mark.xdist_group("testing")

CONFTEST = """
import pytest
from pyspark.sql import SparkSession

@pytest.fixture(scope="session")
def spark():
    session = SparkSession.builder.master("local[1]").appName("tests").config("spark.ui.enabled", "false").getOrCreate()
    yield session
    session.stop()
"""

JOB = """
import sys
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

def main(argv):
    args = getResolvedOptions(argv, ["target"])
    glue = GlueContext(SparkContext.getOrCreate())
    frame = glue.create_dynamic_frame.from_catalog(database="raw", table_name="orders")
    frame.toDF().write.parquet(args["target"])

if __name__ == "__main__":
    main(sys.argv)
"""


def test_a_projects_own_session_for_all_tests(tmp_path: Path) -> None:
    """It outlives each test's Mastic and reads what is in the bucket of the one under way."""
    test = """
import pytest
from pyspark.sql import functions as F

def test_without_anything_of_mastic(spark):
    assert spark.createDataFrame([(1,), (2,)], "n int").agg(F.sum("n")).first()[0] == 3

@pytest.mark.parametrize("n", [1, 2])
def test_with_data_of_its_own(mastic, spark, n):
    rows = [{"id": each} for each in range(n)]
    mastic.put("s3://lake/one.parquet", rows)
    mastic.put_table("raw.orders", rows)
    assert spark.read.parquet("s3://lake/one.parquet").count() == spark.table("raw.orders").count() == n
    mastic.run_script("job.py", {"target": "s3://lake/out/"})
    assert spark.read.parquet("s3://lake/out/").count() == len(mastic.read("s3://lake/out/")) == n
    assert mastic.spark is not spark

def test_afterwards(spark):
    from pyspark.sql import SparkSession
    assert SparkSession.builder.getOrCreate().range(3).count() == spark.range(3).count() == 3
"""
    assert "4 passed" in passes(tmp_path, test, "-p", "no:randomly", files={"conftest.py": CONFTEST, "job.py": JOB})


def test_a_jobs_main_called_by_a_test(tmp_path: Path) -> None:
    """Its context is opened with the engines of the test's Mastic, whoever asks first; a Python shell job has none."""
    test = """
import pytest
import job
from pyspark.sql import SparkSession

def test_main(mastic):
    mastic.put_table("raw.orders", [{"id": 1}])
    mastic.s3.create_bucket(Bucket="lake")
    job.main(["job.py", "--target", "s3://lake/out/"])
    assert mastic.read("s3://lake/out/").rows() == [{"id": 1}]
    assert SparkSession.builder.getOrCreate() is mastic.spark

def test_a_builder(mastic):
    assert SparkSession.builder.master("local[*]").getOrCreate().range(3).count() == 3

def test_python_shell(mastic):
    open("shell.py", "w").write("from pyspark.sql import SparkSession; SparkSession.builder.getOrCreate()")
    with pytest.raises(RuntimeError, match="no engine is active"):
        mastic.run_script("shell.py", command="pythonshell")
"""
    assert "3 passed" in passes(tmp_path, test, files={"job.py": JOB})


def test_a_unittest_case(tmp_path: Path) -> None:
    test = """
import unittest
import pytest
from pyspark.sql import SparkSession

class Orders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spark = SparkSession.builder.getOrCreate()

    @pytest.fixture(autouse=True)
    def given(self, mastic):
        self.mastic = mastic

    def test_rows(self):
        self.mastic.put("s3://lake/a.csv", "a,b\\n1,2\\n")
        self.assertEqual(self.spark.read.csv("s3://lake/a.csv", header=True).first().a, "1")
"""
    assert "1 passed" in passes(tmp_path, test)


def test_nothing_is_in_the_way_of_who_has_no_spark(tmp_path: Path) -> None:
    code, output = run(tmp_path, "def test_it():\n    import pyspark.nothing\n")
    assert (code, "No module named 'pyspark.nothing'" in output) == (1, True)
