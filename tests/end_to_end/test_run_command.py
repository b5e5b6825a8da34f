"""`mastic run` with scripts as PySpark users have them, without a word of Glue."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from live import Live

SCRIPT = """
import sys
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("plain").getOrCreate()
rows = spark.createDataFrame([("a", 1), ("b", 2), ("a", 3)], ["name", "n"])
total = rows.groupBy("name").agg(F.sum("n").alias("total")).orderBy("name")
total.show()
total.write.mode("overwrite").parquet("s3://scripts/plain/")
print(spark.read.parquet("s3a://scripts/plain/").count(), sys.argv[1:3])
spark.stop()
"""


def mastic_run(live: Live, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mastic.cli.main", "run", *map(str, words)]
    environment = {**os.environ, "MASTIC_HOME": str(live.home), "MASTIC_PORT": str(live.port)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "plain.py"
    path.write_text(SCRIPT)
    return path


def test_a_plain_pyspark_script(live: Live, script: Path) -> None:
    done = mastic_run(live, script, "--day", "2026-01-31", "--engine", "none")
    assert done.returncode == 0, done.stderr
    assert "|   a|    4|" in done.stdout
    assert "2 ['--day', '2026-01-31']" in done.stdout
    assert "note: --engine after the script is the script's own" in done.stderr
    assert "SUCCEEDED in" in done.stderr


def test_its_failure_is_the_commands(live: Live, script: Path) -> None:
    script.write_text(SCRIPT.replace("s3a://scripts/plain/", "s3a://scripts/plane/"))
    done = mastic_run(live, script)
    assert done.returncode == 1
    assert "Path does not exist: s3a://scripts/plane/" in done.stderr
    assert "plain.py, line 11" in done.stderr
