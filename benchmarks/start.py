"""How long from StartJobRun to the script's first line, and to its first result? `python -m benchmarks.start`."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.report import machine, percentile, table, verdict
from mastic.installation import started
from mastic.settings import Settings, load

RUNS = 50
SPARK_RUNS = 10
PLAIN_RUNS = 5
BUCKET = "benchmarks"
FIRST_LINE = "import time\nprint('first', time.time_ns())\n"
FIRST_RESULT = (
    FIRST_LINE
    + "from pyspark.context import SparkContext\nfrom awsglue.context import GlueContext\n"
    + "spark = GlueContext(SparkContext()).spark_session\n"
    + "frame = spark.createDataFrame([(n, str(n)) for n in range(1000)], 'n long, s string')\n"
    + "assert frame.filter('n >= 500').count() == 500\nprint('result', time.time_ns())\n"
)
PLAIN_PYSPARK = (
    "import time\nprint('first', time.time_ns())\nfrom pyspark.sql import SparkSession\n"
    "spark = SparkSession.builder.master('local[2]').getOrCreate()\n"
    "frame = spark.createDataFrame([(n, str(n)) for n in range(1000)], 'n long, s string')\n"
    "assert frame.filter('n >= 500').count() == 500\nprint('result', time.time_ns(), flush=True)\n"
)


@dataclass(frozen=True)
class Measured:
    """Seconds from the start of something to a mark, over several runs."""

    title: str
    seconds: list[float]
    goal_p50_seconds: float | None = None
    goal_p99_seconds: float | None = None

    def row(self) -> list[str]:
        p50, p99 = statistics.median(self.seconds), percentile(self.seconds, 0.99)
        return [
            self.title, str(len(self.seconds)), f"{p50:.3f} s", f"{p99:.3f} s",
            verdict(p50, self.goal_p50_seconds, at_most=True) if self.goal_p50_seconds else "",
            verdict(p99, self.goal_p99_seconds, at_most=True) if self.goal_p99_seconds else "",
        ]  # fmt: skip


class Bench:
    """Jobs on one running Mastic."""

    def __init__(self, endpoint: str) -> None:
        session = boto3.Session("mastic", "mastic", region_name="us-east-1")
        config = Config(s3={"addressing_style": "path"})
        self.glue = session.client("glue", endpoint_url=endpoint, config=config)
        self.s3 = session.client("s3", endpoint_url=endpoint, config=config)
        self.logs = session.client("logs", endpoint_url=endpoint, config=config)
        self.s3.create_bucket(Bucket=BUCKET)

    def measure(self, script: str, command: str, runs: int, **arguments: str) -> dict[str, list[float]]:
        """Seconds from the call to each mark the script prints."""
        job = self._create(script, command)
        found: dict[str, list[float]] = {}
        given = {f"--{name}": value for name, value in arguments.items()}
        for number in range(runs + 1):
            began = time.time_ns()
            run_id = self.glue.start_job_run(JobName=job, Arguments=given)["JobRunId"]
            for mark, at in self._marks(job, run_id, command).items():
                if number:  # the first one warms what every later run finds warm
                    found.setdefault(mark, []).append((at - began) / 1e9)
        return found

    def _create(self, script: str, command: str) -> str:
        name = f"start-{uuid.uuid4().hex[:8]}"
        self.s3.put_object(Bucket=BUCKET, Key=f"{name}.py", Body=script.encode())
        size: dict[str, Any] = {"MaxCapacity": 0.0625}
        if command == "glueetl":
            size = {"WorkerType": "G.1X", "NumberOfWorkers": 2, "GlueVersion": "5.0"}
        version = "3" if command == "glueetl" else "3.9"
        location = f"s3://{BUCKET}/{name}.py"
        self.glue.create_job(
            Name=name, Role="arn:aws:iam::123456789012:role/bench",
            Command={"Name": command, "ScriptLocation": location, "PythonVersion": version}, **size,
        )  # fmt: skip
        return name

    def _marks(self, job: str, run_id: str, command: str) -> dict[str, int]:
        while True:
            run = self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            if run["JobRunState"] == "SUCCEEDED":
                break
            if run["JobRunState"] in ("FAILED", "ERROR", "STOPPED", "TIMEOUT"):
                raise SystemExit(f"{run_id} {run['JobRunState']}: {run.get('ErrorMessage')}")
            time.sleep(0.02)
        group = "/aws-glue/jobs/output" if command == "glueetl" else "/aws-glue/python-jobs/output"
        events = self.logs.get_log_events(logGroupName=group, logStreamName=run_id, startFromHead=True)["events"]
        words = [event["message"].split() for event in events]
        return {w[0]: int(w[1]) for w in words if len(w) == 2 and w[0] in ("first", "result")}


def plain_pyspark(python: Path, runs: int) -> list[float]:
    """A plain pyspark local[2] script: from starting the process to its first result."""
    found = []
    for _ in range(runs):
        began = time.time_ns()
        done = subprocess.run([python, "-c", PLAIN_PYSPARK], capture_output=True, text=True, check=True)
        marks = {w[0]: int(w[1]) for line in done.stdout.splitlines() if len(w := line.split()) == 2}
        found.append((marks["result"] - began) / 1e9)
    return found


def spark_python(settings: Settings) -> Path | None:
    """The Spark runtime's interpreter, if it has been built."""
    from mastic.engines import spark_runtime

    runtime = spark_runtime.find(settings)
    return runtime.python if runtime else None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--no-spark", action="store_true", help="leave out what needs the Spark runtime")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mastic-bench-", ignore_cleanup_errors=True) as home:
        settings = load(Path(home), {"port": 0})
        with started(settings) as endpoint:
            bench = Bench(endpoint)
            rows = warm(bench, options.runs)
            python = None if options.no_spark else spark_python(settings)
            if python:
                rows += spark(bench, python, min(options.runs, SPARK_RUNS))
    print(machine())
    table(
        "From StartJobRun (boto3 call begins)",
        ["until", "runs", "p50", "p99", "p50 goal", "p99 goal"],
        [r.row() for r in rows],
    )
    if python:
        auto, plain = (statistics.median(r.seconds) for r in (rows[2], rows[-1]))
        print(f"\nFirst result: `auto` is {plain / auto:.1f} times faster than plain pyspark local[2].")


def warm(bench: Bench, runs: int) -> list[Measured]:
    """What needs no Spark."""
    shell = bench.measure(FIRST_LINE, "pythonshell", runs)
    auto = bench.measure(FIRST_RESULT, "glueetl", runs)
    return [
        Measured("first line, Python shell", shell["first"], 0.1),
        Measured("first line, auto, warm zygote", auto["first"], 0.15, 0.5),
        Measured("first result, auto (Sail)", auto["result"]),
    ]


def spark(bench: Bench, python: Path, runs: int) -> list[Measured]:
    """What goes to Spark, and a plain pyspark script beside it."""
    pinned = bench.measure(FIRST_RESULT, "glueetl", runs, **{"mastic-engine": "spark"})
    return [
        Measured("first line, spark pinned", pinned["first"]),
        Measured("first result, warm Spark spare", pinned["result"], 1.5),
        Measured("plain pyspark local[2]: process start to first result", plain_pyspark(python, PLAIN_RUNS)),
    ]


if __name__ == "__main__":
    main()
