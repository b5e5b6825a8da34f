"""The life of runs through boto3: queues, keys, attempts, log groups, times, cost and warnings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live import Live, wait_for

WAIT_FOR_WORD = """
import boto3, sys, time
s3, job = boto3.client("s3"), sys.argv[sys.argv.index("--JOB_NAME") + 1]
while not s3.list_objects_v2(Bucket="scripts", Prefix=f"go/{job}")["KeyCount"]:
    time.sleep(0.05)
"""


def go(live: Live, job: str) -> None:
    """Let the job's runs end."""
    live.s3.put_object(Bucket="scripts", Key=f"go/{job}", Body=b"")


def test_runs_in_a_queue_start_in_order(live: Live) -> None:
    job = live.create_job(WAIT_FOR_WORD, JobRunQueuingEnabled=True)
    ids = [live.start_run(job) for _ in range(4)]
    live.wait_state(job, ids[0], "RUNNING")
    states = {run["Id"]: run["JobRunState"] for run in live.glue.get_job_runs(JobName=job)["JobRuns"]}
    assert [states[run_id] for run_id in ids] == ["RUNNING", "WAITING", "WAITING", "WAITING"]
    live.glue.batch_stop_job_run(JobName=job, JobRunIds=[ids[2]])
    go(live, job)
    runs = [live.wait(job, run_id).run for run_id in ids]
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED", "SUCCEEDED", "STOPPED", "SUCCEEDED"]
    begun = [live.details(run_id)["transitions"] for run_id in (ids[0], ids[1], ids[3])]
    running = [next(move["at"] for move in moves if move["state"] == "RUNNING") for moves in begun]
    assert running == sorted(running)


def test_too_many_runs_at_once_are_refused(live: Live) -> None:
    job = live.create_job(WAIT_FOR_WORD)
    run_id = live.start_run(job)
    with pytest.raises(live.glue.exceptions.ConcurrentRunsExceededException, match="MaxConcurrentRuns is 1"):
        live.start_run(job)
    go(live, job)
    assert live.wait(job, run_id).state == "SUCCEEDED"


def test_one_key_starts_one_run(live: Live) -> None:
    job = live.create_job("print(1)", ExecutionProperty={"MaxConcurrentRuns": 5})
    ids = {live.start_run(job, mastic_idempotency_key="monday") for _ in range(3)}
    assert len(ids) == 1
    live.wait(job, ids.copy().pop())
    assert live.start_run(job, mastic_idempotency_key="monday") in ids
    other = live.start_run(job, mastic_idempotency_key="tuesday")
    assert other not in ids
    assert live.wait(job, other).state == "SUCCEEDED"


def test_attempts_name_the_run_before(live: Live) -> None:
    job = live.create_job("import os; os.abort()", MaxRetries=1)
    first = live.start_run(job)
    live.wait(job, first)
    second = live.wait(job, f"{first}_attempt_1").run
    assert (second["Attempt"], second["PreviousRunId"], second["JobRunState"]) == (1, first, "FAILED")
    assert "SIGABRT" in second["ErrorMessage"]
    assert [run["Id"] for run in live.glue.get_job_runs(JobName=job)["JobRuns"]] == [second["Id"], first]


def test_what_a_run_shows(live: Live) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    run = live.run("print(1)", "glueetl", WorkerType="G.2X", NumberOfWorkers=5, Timeout=7, ExecutionClass="FLEX").run
    for name in ("StartedOn", "CompletedOn", "LastModifiedOn"):
        assert before < run[name] < datetime.now(UTC) + timedelta(seconds=1)
    assert run["StartedOn"] <= run["CompletedOn"] <= run["LastModifiedOn"]
    shown = {
        "MaxCapacity": 10.0, "AllocatedCapacity": 10, "WorkerType": "G.2X", "NumberOfWorkers": 5, "Timeout": 7,
        "ExecutionTime": 1, "DPUSeconds": 10.0, "LogGroupName": "/aws-glue/jobs", "PredecessorRuns": [], "Attempt": 0,
        "GlueVersion": "5.0", "ExecutionClass": "FLEX", "JobMode": "SCRIPT",
    }  # fmt: skip
    assert {key: run[key] for key in shown} == shown
    cost = live.details(run["Id"])["cost"]  # 10 DPU for a minute, the least that is billed, at the price of FLEX
    assert cost == {"dpu_hours": 0.166667, "amount": 0.048333, "currency": "USD"}


@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("--enable-warp-drive", "true", "--enable-warp-drive is not a parameter Mastic knows"),
        ("--enable-spark-ui", "true", "--enable-spark-ui has no effect here"),
        ("--enable-spark-ui", "false", None),
        ("--enable-metrics", "true", None),
        ("--my-own", "true", None),
    ],
)
def test_parameters_without_effect_leave_a_warning(live: Live, argument: str, value: str, words: str | None) -> None:
    run = live.run("print(1)", "glueetl", arguments={argument: value}, WorkerType="G.025X", NumberOfWorkers=2)
    found = [note for note in run.notes if argument in note]
    assert len(found) == (words is not None)
    assert all(note.startswith(words or "") for note in found)
    assert all(note in run.run.get("StateDetail", "") for note in found)


def test_several_settings_in_one_conf(live: Live) -> None:
    conf = "spark.sql.shuffle.partitions=7 --conf spark.sql.session.timeZone=Asia/Tokyo --conf spark.my.own=a=b c"
    script = (
        "from pyspark.sql import SparkSession\nconf = SparkSession.builder.getOrCreate().conf\n"
        "print([conf.get(k) for k in ('spark.sql.shuffle.partitions', 'spark.sql.session.timeZone', 'spark.my.own')])"
    )
    run = live.run(script, "glueetl", arguments={"--conf": conf, "--mastic-engine": "sail"})
    assert "['7', 'Asia/Tokyo', 'a=b c']" in run.tail, (run.error, run.tail)


ODD = ["héllo wörld", "日本語", "🜁 fire", "tab\there"]


@pytest.mark.parametrize(
    ("command", "arguments", "groups"),
    [
        ("pythonshell", {}, {"/aws-glue/python-jobs/output": ODD, "/aws-glue/python-jobs/error": ["oops ü"]}),
        ("glueetl", {}, {"/aws-glue/jobs/output": ODD, "/aws-glue/jobs/error": ["oops ü"]}),
        (
            "glueetl",
            {"--enable-continuous-cloudwatch-log": "true", "--continuous-log-logGroup": "/team/etl"},
            {"/aws-glue/jobs/output": ODD, "/aws-glue/jobs/error": ["oops ü"], "/team/etl": ["oops ü"]},
        ),
    ],
)
def test_logs_are_where_glue_puts_them(live: Live, command: str, arguments: Any, groups: dict[str, list[str]]) -> None:
    lines = "".join(f"print({line!r})\n" for line in ODD)
    run = live.run(f"import sys\n{lines}print('oops ü', file=sys.stderr)", command, arguments=arguments)
    assert run.state == "SUCCEEDED", run.error
    for group, expected in groups.items():
        stream = f"{run.id}-driver" if group == "/team/etl" else run.id
        assert live.log_lines(group, stream) == expected
        assert group in {g["logGroupName"] for g in live.logs.describe_log_groups()["logGroups"]}
        found = live.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=run.id)["logStreams"]
        assert [s["logStreamName"] for s in found] == [stream]


def test_filtering_a_long_log_page_by_page(live: Live) -> None:
    run = live.run("for n in range(3000):\n    print('line', n, 'even' if n % 2 == 0 else 'odd')")
    pages = live.logs.get_paginator("filter_log_events").paginate(
        logGroupName="/aws-glue/python-jobs/output", logStreamNames=[run.id], filterPattern="even",
        PaginationConfig={"PageSize": 400},
    )  # fmt: skip
    found = [[event["message"] for event in page["events"]] for page in pages]
    assert max(map(len, found)) <= 400
    assert [message for page in found for message in page] == [f"line {n} even" for n in range(0, 3000, 2)]


def test_an_argument_that_cannot_be_used_fails_the_run_with_its_name(live: Live) -> None:
    for arguments, words in (
        ({"--job-bookmark-option": "job-bookmark-sometimes"}, "--job-bookmark-option is 'job-bookmark-sometimes'"),
        ({"--mastic-engine": "flink"}, "--mastic-engine is 'flink'"),
        ({"--job-language": "scala"}, "--job-language is 'scala'"),
        ({"--conf": "spark.a"}, "'spark.a', which is not KEY=VALUE"),
    ):
        run = live.run("print(1)", "glueetl", arguments=arguments)
        assert run.state == "FAILED"
        assert words in run.error


def test_a_run_can_be_started_while_its_script_is_being_replaced(live: Live) -> None:
    job = live.create_job("print('whole')\n" * 2000, ExecutionProperty={"MaxConcurrentRuns": 20})
    ids = []
    for _ in range(10):
        ids.append(live.start_run(job))
        live.s3.put_object(Bucket="scripts", Key=f"{job}.py", Body=b"print('whole')\n" * 2000)
    assert {live.wait(job, run_id).state for run_id in ids} == {"SUCCEEDED"}


def test_stopping_twice_and_stopping_the_ended(live: Live) -> None:
    job = live.create_job("import time; time.sleep(600)")
    run_id = live.start_run(job)
    live.wait_state(job, run_id, "RUNNING")
    first = live.glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    assert first["SuccessfulSubmissions"] == [{"JobName": job, "JobRunId": run_id}]
    assert wait_for(lambda: live.ended(job, run_id), 30, "the stop")["JobRunState"] == "STOPPED"
    again = live.glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])["Errors"][0]["ErrorDetail"]
    assert again["ErrorCode"] == "InvalidInputException"
    assert "STOPPED already" in again["ErrorMessage"]
    with pytest.raises(ClientError, match="not found"):
        live.glue.get_job_run(JobName=job, RunId="jr_absent")
