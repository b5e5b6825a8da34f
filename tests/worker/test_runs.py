"""Runs as users know them: arguments, stop, timeout, retries, logs, pandas and boto3."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import update

from live import Live
from mastic.jobs.tables import job_runs
from mastic.store.database import Store
from mastic.worker.assignment import Assignment, Command
from mastic.worker.launcher import Child
from mastic.worker.limits import MemoryGroup
from mastic.worker.run import Run


def test_argv_has_glues_form(live: Live) -> None:
    job = live.create_job("import sys, json; print(json.dumps(sys.argv))", "glueetl", DefaultArguments={
        "--day": "2026-01-31", "--TempDir": "s3://scripts/tmp/", "--conf": "spark.sql.shuffle.partitions=4",
    })  # fmt: skip
    run = live.wait(job, live.start_run(job, day="2026-02-01", empty=""))
    argv = json.loads(run.tail[-1])
    options = dict(zip(argv[1::2], argv[2::2], strict=True))
    assert argv[0].endswith(f"/{job}.py")
    assert options == {
        "--day": "2026-02-01",
        "--empty": "",
        "--TempDir": "s3://scripts/tmp/",
        "--job-bookmark-option": "job-bookmark-disable",
        "--JOB_ID": options["--JOB_ID"],
        "--JOB_RUN_ID": run.id,
        "--JOB_NAME": job,
    }
    assert options["--JOB_ID"].startswith("j_")


def test_each_run_starts_afresh(live: Live) -> None:
    script = (
        "import os, random, sys\nimport numpy as np\nprint(os.listdir('.'), random.random(), np.random.rand(),"
        " os.environ.get('LEAK'), 'leak' in sys.modules)\nos.environ['LEAK'] = '1'\nsys.modules['leak'] = sys\n"
        "open('left', 'w').close()"
    )
    first, second = live.run(script), live.run(script)
    assert first.tail[0].endswith("None False")
    assert second.tail[0].endswith("None False")
    assert first.tail[0].split("]")[1] != second.tail[0].split("]")[1]


def test_python_shell_with_pandas_and_boto3(live: Live) -> None:
    live.s3.put_object(Bucket="scripts", Key="in/data.csv", Body=b"k,v\na,1\nb,2\na,3\n")
    run = live.run(
        "import boto3, io, pandas as pd\n"
        "s3 = boto3.client('s3')\n"
        "frame = pd.read_csv(s3.get_object(Bucket='scripts', Key='in/data.csv')['Body'])\n"
        "total = frame.groupby('k').v.sum()\n"
        "s3.put_object(Bucket='scripts', Key='out/total.csv', Body=total.to_csv().encode())\n"
        "print(boto3.client('glue').get_job_run(JobName=__import__('sys').argv[-1],"
        " RunId=__import__('os').environ['MASTIC_JOB_RUN_ID'])['JobRun']['JobRunState'])\n"
    )
    assert run.state == "SUCCEEDED", run.error
    assert run.tail == ["RUNNING"]
    assert live.s3.get_object(Bucket="scripts", Key="out/total.csv")["Body"].read() == b"k,v\na,4\nb,2\n"


def test_blas_gets_its_threads_back(live: Live) -> None:
    run = live.run(
        "import os, numpy\nbefore = numpy.ones((400, 400)) @ numpy.ones((400, 400))\n"
        "print(len(os.sched_getaffinity(0)), len(os.listdir('/proc/self/task')))\n",
        "glueetl",
    )
    processors, threads = map(int, run.tail[-1].split())
    assert threads >= processors


def test_stop_is_graceful(live: Live) -> None:
    job = live.create_job(
        "import signal, sys, time\n"
        "def bye(*_):\n    print('cleaning up', flush=True)\n    sys.exit(7)\n"
        "signal.signal(signal.SIGTERM, bye)\nprint('ready', flush=True)\ntime.sleep(300)\n"
    )
    run_id = live.start_run(job)
    live.wait_state(job, run_id, "RUNNING")
    time.sleep(0.3)
    began = time.monotonic()
    live.glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    run = live.wait(job, run_id)
    assert run.state == "STOPPED"
    assert run.tail == ["ready", "cleaning up"]
    assert time.monotonic() - began < 3


def test_timeout_ends_the_tree(live: Live) -> None:
    job = live.create_job(
        "import subprocess, time\nsubprocess.Popen(['sleep', '333'])\nprint('on', flush=True)\ntime.sleep(300)",
        Timeout=1,
    )
    run_id = live.start_run(job)
    live.wait_state(job, run_id, "RUNNING")
    store = Store(f"sqlite:///{live.home / 'mastic.db'}")
    with store.write() as connection:  # as if a minute had passed
        connection.execute(update(job_runs).where(job_runs.c.id == run_id).values(deadline=datetime.now(UTC)))
    store.close()
    run = live.wait(job, run_id)
    assert run.state == "TIMEOUT"
    assert "its Timeout of 1 min" in run.error
    assert "raise Timeout" in run.error


def test_retries_are_new_attempts(live: Live) -> None:
    job = live.create_job(
        "import boto3, os\ns3 = boto3.client('s3')\nrun = os.environ['MASTIC_JOB_RUN_ID']\n"
        "s3.put_object(Bucket='scripts', Key=f'retry/{run}', Body=b'')\nraise RuntimeError('again')",
        MaxRetries=2,
    )
    first = live.wait(job, live.start_run(job))
    ids = [first.id, f"{first.id}_attempt_1", f"{first.id}_attempt_2"]
    attempts = [live.wait(job, run_id).run for run_id in ids]
    assert [run["Attempt"] for run in attempts] == [0, 1, 2]
    assert {run["JobRunState"] for run in attempts} == {"FAILED"}
    seen = live.s3.list_objects_v2(Bucket="scripts", Prefix="retry/")["Contents"]
    assert [item["Key"].removeprefix("retry/") for item in seen] == ids


def test_output_and_errors_go_to_glues_groups(live: Live) -> None:
    run = live.run(
        "import sys\nprint('one')\nprint('two')\nprint('oops', file=sys.stderr)\n\nprint('three', end='')",
        arguments={"--enable-continuous-cloudwatch-log": "true"}, command="glueetl",
    )  # fmt: skip
    assert live.log_lines("/aws-glue/jobs/output", run.id) == ["one", "two", "three"]
    assert live.log_lines("/aws-glue/jobs/error", run.id) == ["oops"]
    assert live.log_lines("/aws-glue/jobs/logs-v2", f"{run.id}-driver") == ["oops"]


def test_lines_arrive_while_the_script_runs(live: Live) -> None:
    job = live.create_job("import time\nprint(time.time(), flush=True)\ntime.sleep(2)")
    run_id = live.start_run(job)
    live.wait_state(job, run_id, "RUNNING")
    lines: list[str] = []
    while not lines and not live.ended(job, run_id):
        try:
            lines = live.log_lines("/aws-glue/python-jobs/output", run_id)
        except live.logs.exceptions.ResourceNotFoundException:
            time.sleep(0.01)
    assert lines
    assert time.time() - float(lines[0]) < 1
    live.wait(job, run_id)


def test_capacity_is_capped_with_a_note(live: Live) -> None:
    run = live.run("print(1)", "glueetl", WorkerType="G.8X", NumberOfWorkers=10)
    assert run.state == "SUCCEEDED"
    assert any("10 x G.8X stands for 320 vCPU" in note for note in run.notes)


def test_a_run_is_in_its_memory_group_before_its_script_begins(tmp_path: Path) -> None:
    """What a script had forked by then would be neither bounded nor found at the run's end."""
    (tmp_path / "cgroup.procs").touch()
    shared: Any = SimpleNamespace(api=SimpleNamespace(started=lambda *_: "continue"))
    run = Run(Assignment("jr_1", "nightly", 1, Command("pythonshell", "s3://scripts/nightly.py")), shared)
    run._group = MemoryGroup(tmp_path, 1)
    child = Child("jr_1", pid=4711)
    child.launched.set()
    found: list[set[int]] = []
    run._begin(child, lambda: found.append(run._group.pids() if run._group else set()))
    assert found == [{4711}]
