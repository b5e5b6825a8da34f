"""Bookmarks through real Glue jobs: what is read once is not read again, and nothing is lost."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from live import Live

SCRIPT = """
import os, sys, time
import boto3
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
args = getResolvedOptions(sys.argv, ["JOB_NAME", "folder"])
glue = GlueContext(SparkContext())
job = Job(glue)
job.init(args["JOB_NAME"], args)
frame = glue.create_dynamic_frame.from_options(
    "s3", {"paths": [f"s3://scripts/{args['folder']}/in/"]}, "csv", {"withHeader": True}, transformation_ctx="source")
rows = frame.toDF()
print("read", ",".join(sorted(row.name for row in rows.collect())))
if rows.columns:
    rows.write.mode("append").parquet(f"s3://scripts/{args['folder']}/out/")
if "--die" in sys.argv:
    os._exit(9)
s3 = boto3.client("s3")
while "--held" in sys.argv and not s3.list_objects_v2(Bucket="scripts", Prefix=f"{args['folder']}/go")["KeyCount"]:
    time.sleep(0.1)
job.commit()
"""


class Job:
    """One job and its folder."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.folder = f"bookmarks/{uuid.uuid4().hex[:8]}"
        arguments = {"--job-bookmark-option": "job-bookmark-enable", "--folder": self.folder}
        self.name = live.create_job(
            SCRIPT, "glueetl", DefaultArguments=arguments, ExecutionProperty={"MaxConcurrentRuns": 2}
        )

    def put(self, *names: str) -> None:
        for name in names:
            self.live.s3.put_object(
                Bucket="scripts", Key=f"{self.folder}/in/{name}.csv", Body=f"name,size\n{name},x\n".encode()
            )

    def run(self, state: str = "SUCCEEDED", **arguments: str) -> tuple[str, str]:
        """(names read, run id)"""
        return self.ended(self.start(**arguments), state)

    def start(self, **arguments: str) -> str:
        given = {f"--{key.replace('_', '-')}": value for key, value in arguments.items()}
        return str(self.live.glue.start_job_run(JobName=self.name, Arguments=given)["JobRunId"])

    def ended(self, run_id: str, state: str = "SUCCEEDED") -> tuple[str, str]:
        run = self.live.wait(self.name, run_id, 120)
        assert run.state == state, (run.error, run.tail)
        return next(line.removeprefix("read ") for line in run.tail if line.startswith("read ")), run.id


@pytest.fixture
def job(live: Live) -> Job:
    return Job(live)


def test_runs_read_only_what_is_new_and_a_reset_rewinds(job: Job) -> None:
    job.put("a", "b")
    first, first_id = job.run()
    job.put("c")
    second, second_id = job.run()
    third, _ = job.run()
    assert (first, second, third) == ("a,b", "c", "")

    bookmark = job.live.glue.get_job_bookmark(JobName=job.name)["JobBookmarkEntry"]
    assert (bookmark["Version"], bookmark["Run"], bookmark["Attempt"]) == (3, 3, 0)
    job.live.glue.reset_job_bookmark(JobName=job.name, RunId=first_id)
    assert job.run()[0] == "c"
    job.live.glue.reset_job_bookmark(JobName=job.name)
    assert job.run()[0] == "a,b,c"

    job.put("d")
    paused = {"job_bookmark_option": "job-bookmark-pause"}
    assert job.run(**paused)[0] == "d"
    assert job.run(**paused)[0] == "d", "a pause moves nothing"
    ranged: dict[str, Any] = {"job_bookmark_from": first_id, "job_bookmark_to": second_id}
    assert job.run(**paused, **ranged)[0] == "c"
    assert job.run(job_bookmark_option="job-bookmark-disable")[0] == "a,b,c,d"
    assert job.run()[0] == "d"


def test_a_run_that_dies_between_write_and_commit_loses_nothing(job: Job) -> None:
    job.put("a")
    assert job.run("FAILED", die="1")[0] == "a"
    assert job.run()[0] == "a"
    assert job.run()[0] == ""


def test_of_two_runs_at_once_one_commits_and_the_other_is_told(job: Job) -> None:
    job.put("a")
    slow = job.start(held="1")
    deadline = time.monotonic() + 90
    while not job.live.s3.list_objects_v2(Bucket="scripts", Prefix=f"{job.folder}/out/")["KeyCount"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert job.run()[0] == "a"
    job.live.s3.put_object(Bucket="scripts", Key=f"{job.folder}/go", Body=b"")
    job.ended(slow, "FAILED")
    told = job.live.glue.get_job_run(JobName=job.name, RunId=slow)["JobRun"]["ErrorMessage"]
    assert "another run was first" in told
    assert job.run()[0] == "", "the bookmark is the first one's"
