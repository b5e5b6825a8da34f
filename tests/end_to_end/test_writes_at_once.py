"""Runs that append to one path on Spark: none takes, loses or repeats another's rows, whatever happens to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from live import Live, wait_for

SCRIPT = """
import os, sys, time
from pyspark.sql import SparkSession

def held(batches):
    for batch in batches:
        yield batch
        while batch.column(0)[0].as_py() >= first + 4 and not os.path.exists(go):
            time.sleep(0.1)

path, first, go = sys.argv[sys.argv.index("--path") + 1], int(sys.argv[sys.argv.index("--first") + 1]), ""
rows = SparkSession.builder.getOrCreate().range(first, first + 8, 1, 8)
if "--go" in sys.argv:
    go = sys.argv[sys.argv.index("--go") + 1]
    rows = rows.mapInArrow(held, "id bigint")
rows.write.mode("append").json(path)
"""


@pytest.fixture
def job(live_with_spark: Live) -> tuple[Live, str]:
    name = live_with_spark.create_job(
        SCRIPT,
        "glueetl",
        DefaultArguments={"--mastic-engine": "spark"},
        ExecutionProperty={"MaxConcurrentRuns": 3},
    )
    return live_with_spark, name


@pytest.fixture
def folder(live_with_spark: Live) -> Path:
    return live_with_spark.home / "buckets" / "scripts" / f"out-{uuid.uuid4().hex[:8]}"


def ids(folder: Path) -> list[int]:
    lines = (line for file in folder.glob("*.json") for line in file.read_text().splitlines())
    return sorted(int(line.removeprefix('{"id":').removesuffix("}")) for line in lines)


def under_way(folder: Path) -> Callable[[], bool]:
    """Whether half of a held run's tasks have committed."""
    return lambda: len([file for file in folder.rglob("*.json") if file.parent.name.startswith("task_")]) == 4


def test_a_quick_run_leaves_a_slow_ones_files_alone(job: tuple[Live, str], folder: Path, tmp_path: Path) -> None:
    live, name = job
    go = tmp_path / "go"
    path = f"s3://scripts/{folder.name}/"
    slow = live.start_run(name, path=path, first="0", go=str(go))
    wait_for(under_way(folder), 300, "files of the slow run")
    quick = live.wait(name, live.start_run(name, path=path, first="100"), 300)
    assert quick.state == "SUCCEEDED", quick.tail
    assert ids(folder) == list(range(100, 108))
    go.touch()
    done = live.wait(name, slow, 300)
    assert done.state == "SUCCEEDED", done.tail
    assert ids(folder) == [*range(8), *range(100, 108)]


def test_what_a_killed_run_wrote_is_never_published(job: tuple[Live, str], folder: Path, tmp_path: Path) -> None:
    live, name = job
    path = f"s3://scripts/{folder.name}/"
    killed = live.start_run(name, path=path, first="0", go=str(tmp_path / "never"))
    wait_for(under_way(folder), 300, "files of the run")
    live.glue.batch_stop_job_run(JobName=name, JobRunIds=[killed])
    assert live.wait(name, killed, 300).state == "STOPPED"
    done = live.wait(name, live.start_run(name, path=path, first="100"), 300)
    assert done.state == "SUCCEEDED", done.tail
    assert ids(folder) == list(range(100, 108))
