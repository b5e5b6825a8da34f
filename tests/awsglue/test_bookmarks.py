"""Bookmarks: only new files are read, exactly once, whatever happens between reading and committing."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from awsglue import _bookmarks
from awsglue._bookmarks import BAND_MS, Bookmarks, bounded
from awsglue._files import File
from awsglue._run_api import Bookmark, ConflictError
from awsglue.job import Job

HOUR = 3_600_000


def fresh(state: dict[str, Any] | None = None, **bounds: Any) -> Bookmarks:
    return Bookmarks(Bookmark(0, "job-bookmark-enable", state or {}, **bounds))


def files(*pairs: tuple[str, int]) -> list[File]:
    return [File(path, 10, modified) for path, modified in pairs]


def after(bookmarks: Bookmarks) -> Bookmarks:
    """The next run's view, the state having gone through JSON."""
    return fresh(json.loads(json.dumps(bookmarks._next)))


def test_a_second_run_reads_only_what_is_new() -> None:
    first = fresh()
    assert len(first.unread("s", files(("a", HOUR), ("b", 2 * HOUR)))) == 2
    second = after(first)
    late = ("late", 2 * HOUR - BAND_MS + 1)  # appeared within the band, with an older time
    seen = second.unread("s", files(("a", HOUR), ("b", 2 * HOUR), ("c", 2 * HOUR), late, ("d", 3 * HOUR)))
    assert [f.path for f in seen] == ["c", "late", "d"]
    third = after(second)
    assert third.unread("s", files(("a", HOUR), ("b", 2 * HOUR), ("c", 2 * HOUR), late, ("d", 3 * HOUR))) == []
    assert [f.path for f in third.unread("s", files(("a", 4 * HOUR), ("d", 3 * HOUR)))] == ["a"], "modified again"


def test_sources_are_apart() -> None:
    first = fresh()
    first.unread("one", files(("a", HOUR)))
    second = after(first)
    assert second.unread("one", files(("a", HOUR))) == [] and len(second.unread("two", files(("a", HOUR)))) == 1


def test_bounded_runs_take_the_oldest_and_leave_the_rest() -> None:
    everything = files(("c", 3 * HOUR), ("a", HOUR), ("b", HOUR))
    first = fresh()
    assert [f.path for f in first.unread("s", everything, {"boundedFiles": "2"})] == ["a", "b"]
    assert [f.path for f in after(first).unread("s", everything)] == ["c"]
    assert [f.path for f in bounded(everything, {"boundedSize": 15})] == ["a"]
    assert [f.path for f in bounded(everything, {"boundedSize": 1})] == ["a"]


def test_a_paused_range() -> None:
    everything = files(("a", HOUR), ("b", 2 * HOUR), ("c", 3 * HOUR))
    one, two = fresh(), fresh()
    one.unread("s", everything[:1])
    two.unread("s", everything[:2])
    ranged = fresh(lower=one._next, upper=two._next)
    assert [f.path for f in ranged.unread("s", everything)] == ["b"]
    assert [f.path for f in fresh(lower={}, upper=two._next).unread("s", everything)] == ["a", "b"]


# -- against the server's run API ------------------------------------------------------------------------------------


@pytest.fixture
def run(server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Start a run of job `j` and become its script; returns the run's id."""
    glue = server.client("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/j.py", "PythonVersion": "3"}
    glue.create_job(Name="j", Role="arn:aws:iam::123456789012:role/r", Command=command, GlueVersion="5.0",
                    WorkerType="G.1X", NumberOfWorkers=2, ExecutionProperty={"MaxConcurrentRuns": 5})  # fmt: skip

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(f"{server.endpoint}/_mastic/v1/{path}", json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def start(option: str = "job-bookmark-enable", **arguments: str) -> str:
        passed = {"--job-bookmark-option": option} | {f"--{k.replace('_', '-')}": v for k, v in arguments.items()}
        run_id = glue.start_job_run(JobName="j", Arguments=passed)["JobRunId"]
        capacity = {"vcpus": 64.0, "memory_mb": 512_000}
        body = {"wait_seconds": 5, "capacity": capacity, "commands": ["glueetl"], "running": []}
        assignment = post("workers/w1/claim", body)["assignment"]
        assert assignment["job_run_id"] == run_id
        post(f"runs/{run_id}/started", {"token": assignment["token"], "notes": []})
        become(run_id, assignment["run_token"])
        tokens[run_id] = (assignment["token"], assignment["run_token"])
        return run_id

    def become(run_id: str, run_token: str) -> None:
        monkeypatch.setenv("MASTIC_RUN_API", f"{server.endpoint}/_mastic/v1/runs/{run_id}")
        monkeypatch.setenv("MASTIC_RUN_TOKEN", run_token)

    tokens: dict[str, tuple[int, str]] = {}
    yield start
    _bookmarks._current = None
    Job._job_name = None


def script(glue: Any, bucket: str, commit: bool = True) -> list[int]:
    """What a job script does: init, read, (write,) commit. Returns what it read."""
    job = Job(glue)
    job.init("j", {})
    frame = glue.create_dynamic_frame.from_options(
        "s3", {"paths": [f"s3://{bucket}/in/"]}, "json", transformation_ctx="source"
    )
    read = sorted(row.v for row in frame.toDF().collect()) if frame.schema().fields else []
    if commit:
        job.commit()
    return read


def test_a_run_that_dies_before_commit_loses_and_skips_nothing(glue: Any, put: Any, bucket: str, run: Any) -> None:
    put("in/1.json", '{"v": 1}')
    run()
    assert script(glue, bucket, commit=False) == [1]  # dies after writing
    put("in/2.json", '{"v": 2}')
    run()
    assert script(glue, bucket) == [1, 2]
    run()
    assert script(glue, bucket) == []
    put("in/3.json", '{"v": 3}')
    run()
    assert script(glue, bucket) == [3]


def test_pause_reads_and_moves_nothing(glue: Any, put: Any, bucket: str, run: Any) -> None:
    put("in/1.json", '{"v": 1}')
    first = run()
    assert script(glue, bucket) == [1]
    put("in/2.json", '{"v": 2}')
    run("job-bookmark-pause")
    assert script(glue, bucket) == [2]
    second = run()
    assert script(glue, bucket) == [2]
    put("in/3.json", '{"v": 3}')
    run("job-bookmark-pause", job_bookmark_from=first, job_bookmark_to=second)
    assert script(glue, bucket) == [2]
    run("job-bookmark-disable")
    assert script(glue, bucket) == [1, 2, 3]


def test_reset_and_rewind(glue: Any, put: Any, bucket: str, run: Any, server: Any) -> None:
    put("in/1.json", '{"v": 1}')
    first = run()
    script(glue, bucket)
    put("in/2.json", '{"v": 2}')
    run()
    script(glue, bucket)
    server.client("glue").reset_job_bookmark(JobName="j", RunId=first)
    run()
    assert script(glue, bucket) == [2]
    server.client("glue").reset_job_bookmark(JobName="j")
    run()
    assert script(glue, bucket) == [1, 2]


def test_of_two_runs_at_once_one_commits_and_the_other_is_told(
    glue: Any, put: Any, bucket: str, run: Any, monkeypatch: Any
) -> None:
    put("in/1.json", '{"v": 1}')
    run()
    job = Job(glue)
    job.init("j", {})
    run()
    assert script(glue, bucket) == [1]
    with pytest.raises(ConflictError, match="another run was first"):
        job_of_the_first = Bookmarks(Bookmark(0, "job-bookmark-enable", {}))
        job_of_the_first.commit()


def test_a_source_without_a_ctx_is_not_bookmarked(glue: Any, put: Any, bucket: str, run: Any) -> None:
    put("in/1.json", '{"v": 1}')
    run()
    script(glue, bucket)
    run()
    Job(glue).init("j", {})
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [f"s3://{bucket}/in/"]}, "json")
    assert frame.count() == 1


def test_outside_a_run_there_are_no_bookmarks(glue: Any, put: Any, bucket: str, monkeypatch: Any) -> None:
    monkeypatch.delenv("MASTIC_RUN_API", raising=False)
    put("in/1.json", '{"v": 1}')
    for _ in range(2):
        assert script(glue, bucket) == [1]


def test_commit_without_init_and_init_after_the_work(glue: Any, put: Any, bucket: str, run: Any) -> None:
    put("in/1.json", '{"v": 1}')
    run()
    _bookmarks._current, Job._job_name = None, None
    job = Job(glue)
    assert not job.isInitialized()
    job.commit()
    options = ("s3", {"paths": [f"s3://{bucket}/in/"]}, "json")
    assert glue.create_dynamic_frame.from_options(*options, transformation_ctx="source").count() == 1
    job.init("j", {})
    job.commit()
    assert job.isInitialized()
    run()
    assert script(glue, bucket) == [1], "a source read before init is not bookmarked"


def test_partitions_that_are_new(glue: Any, put: Any, catalog: Any, bucket: str, run: Any) -> None:
    columns = [{"Name": "v", "Type": "int"}]
    serde = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"}
    descriptor = {"Columns": columns, "Location": f"s3://{bucket}/t/", "SerdeInfo": serde}
    keys = [{"Name": "month", "Type": "int"}]
    catalog.create_table(
        DatabaseName="db", TableInput={"Name": "t", "StorageDescriptor": descriptor, "PartitionKeys": keys}
    )

    def add(month: int) -> None:
        put(f"t/month={month}/f.csv", f"{month}\n")
        location = {"Location": f"s3://{bucket}/t/month={month}/"}
        catalog.create_partition(
            DatabaseName="db", TableName="t", PartitionInput={"Values": [str(month)], "StorageDescriptor": location}
        )

    def months() -> list[tuple[int, int]]:
        job = Job(glue)
        job.init("j", {})
        frame = glue.create_dynamic_frame.from_catalog("db", "t", transformation_ctx="t")
        found = sorted(tuple(row) for row in frame.toDF().collect())
        job.commit()
        return found

    add(1)
    add(2)
    run()
    assert months() == [(1, 1), (2, 2)]
    add(12)
    run()
    assert months() == [(12, 12)]
    run()
    assert months() == []
