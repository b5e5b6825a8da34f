"""What a person reads when a test of a job fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from users_project import run

pytestmark = pytest.mark.xdist_group("testing")


def test_a_failure_shows_the_scripts_traceback_first(tmp_path: Path) -> None:
    test = """
def test_it(mastic):
    mastic.run_script("job.py")
"""
    script = """
from pyspark.sql import SparkSession

def load(spark):
    return spark.read.parquet("s3://nowhere/orders/").count()

load(SparkSession.builder.getOrCreate())
"""
    code, output = run(tmp_path, test, files={"job.py": script})
    assert code == 1
    shown = output.partition("FAILURES")[2].partition("Captured")[0]
    assert "load(SparkSession.builder.getOrCreate())" in shown
    assert '>       return spark.read.parquet("s3://nowhere/orders/").count()' in shown
    assert "nowhere" in shown.partition("E  ")[2]
    assert "job.py:5: " in shown
    assert not [line for line in shown.splitlines() if "site-packages" in line or "src/mastic" in line], shown


BOTO3 = "import boto3\nboto3.client('s3').get_object(Bucket='lake', Key='gone')\n"
ARGUMENT = "import sys\nfrom awsglue.utils import getResolvedOptions\ngetResolvedOptions(sys.argv, ['day'])\n"
TABLE = """
from awsglue.context import GlueContext
from pyspark.context import SparkContext

GlueContext(SparkContext.getOrCreate()).create_dynamic_frame.from_catalog("raw", "gone")
"""


@pytest.mark.parametrize(
    ("script", "line", "error"),
    [
        (BOTO3, "boto3.client('s3').get_object", "NoSuchBucket"),
        (ARGUMENT, "getResolvedOptions(sys.argv", "GlueArgumentError: the following arguments are required: --day"),
        (TABLE, "GlueContext(SparkContext.getOrCreate()).create", "LookupError: table raw.gone is not in the Data Cat"),
    ],
)
def test_the_scripts_line_and_the_error_are_what_is_shown(tmp_path: Path, script: str, line: str, error: str) -> None:
    """Not hundreds of lines of argparse or botocore, by way of whatever library."""
    test = """
def test_it(mastic):
    mastic.run_script("job.py")
"""
    code, output = run(tmp_path, test, files={"job.py": script})
    shown = output.partition("FAILURES")[2].partition("Captured")[0]
    assert (code, line in shown, error in shown) == (1, True, True), shown
    assert len(shown.splitlines()) < 40, shown


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("mastic.run_job('gone')", "EntityNotFoundException"),
        ("mastic.run_script('job.py', timeout=3)", 'Unknown parameter in input: "timeout", must be one of'),
    ],
)
def test_what_the_api_refuses_is_shown_at_the_tests_line(tmp_path: Path, call: str, error: str) -> None:
    code, output = run(tmp_path, f"def test_it(mastic):\n    {call}\n", files={"job.py": ""})
    shown = output.partition("FAILURES")[2]
    assert (code, f">       {call}" in shown, error in shown) == (1, True, True), shown
    assert len(shown.splitlines()) < 25, shown


def test_a_file_is_looked_for_in_the_projects_root_too(tmp_path: Path) -> None:
    """Editors run tests in the folder of the tests."""
    test = """
import os

def test_it(mastic, monkeypatch):
    monkeypatch.chdir("tests")
    assert mastic.run_script("jobs/job.py", command="pythonshell").stdout == "found\\n"
    mastic.run_script("jobs/gone.py")
"""
    code, output = run(tmp_path, test, files={"jobs/job.py": "print('found')", "tests/data.txt": ""})
    assert code == 1
    assert f"E       FileNotFoundError: there is no file {tmp_path}/tests/jobs/gone.py nor {tmp_path}/jobs" in output
    assert "pathlib" not in output
