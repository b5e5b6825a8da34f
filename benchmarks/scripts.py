"""Five everyday Glue jobs at 0.5 to 2 GB: `auto`, Spark local[2], and the same work hand-written in DuckDB, in one run.

    python -m benchmarks.scripts [--size-gb 0.5] [--repeat 1] [--only lambda_filter_map,...]

The scripts are those of `tests/scripts/`, unchanged, run through the server with bookmarks off; their time is from
StartJobRun to the final state, Mastic and Spark's server warm: each has run a small job. DuckDB's is the whole process.
All three must give the same answer.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import duckdb

from benchmarks.report import machine, spread, table, verdict
from benchmarks.workloads import WORKLOADS, Table, Workload
from mastic.cli.client import Client
from mastic.cli.follow import wait_until_final
from mastic.installation import started
from mastic.settings import load

ENGINES = ("auto", "spark")
SETTLED_SECONDS = 4  # input is seldom written while it is read: JSON that may still change is looked at twice
SCRIPTS = Path(__file__).parent.parent / "tests" / "scripts"
FORMATS = {
    "csv": {
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            "Parameters": {"separatorChar": ","},
        },
    },
    "parquet": {
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    },
}


@dataclass
class Bench:
    """One workload with its data in the running Mastic."""

    workload: Workload
    client: Client
    buckets: Path
    times: dict[str, list[float]] = field(default_factory=dict)
    plans: str = ""
    size_mb: float = 0

    def __post_init__(self) -> None:
        self.s3, self.glue = clients(self.client)

    @property
    def bucket(self) -> Path:
        return self.buckets / self.workload.bucket

    def prepare(self, size_gb: float) -> None:
        """The bucket, its input, the catalog tables and the job."""
        workload = self.workload
        self.s3.create_bucket(Bucket=workload.bucket)
        workload.generate(self.bucket, size_gb)
        self.size_mb = sum(path.stat().st_size for path in self.bucket.rglob("*") if path.is_file()) / 1e6
        os.sync()  # else whoever is measured first waits for the disk to take what was just generated
        time.sleep(SETTLED_SECONDS)
        if workload.tables:
            self.glue.create_database(DatabaseInput={"Name": workload.database})
        for described in workload.tables:
            self._create_table(described)
        key = f"{workload.script}.py"
        self.s3.upload_file(str(SCRIPTS / workload.bucket / "script.py"), workload.bucket, key)
        self.glue.create_job(
            Name=workload.script,
            Role="arn:aws:iam::123456789012:role/glue",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{workload.bucket}/{key}", "PythonVersion": "3"},
            GlueVersion="5.0",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            DefaultArguments=workload.arguments,
        )

    def _create_table(self, described: Table) -> None:
        location = f"s3://{self.workload.bucket}/{described.folder}/"
        descriptor: dict[str, Any] = {
            "Columns": [{"Name": name, "Type": kind} for name, kind in described.columns],
            "Location": location,
            **FORMATS[described.format],
        }
        self.glue.create_table(
            DatabaseName=self.workload.database,
            TableInput={
                "Name": described.name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": described.format, "skip.header.line.count": "1"},
                "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in described.partition_keys],
                "StorageDescriptor": descriptor,
            },
        )
        for folder in sorted((self.bucket / described.folder).glob("*=*")):
            value = folder.name.split("=")[1]
            partition = {
                "Values": [value],
                "StorageDescriptor": {**descriptor, "Location": f"{location}{folder.name}/"},
            }
            self.glue.create_partition(
                DatabaseName=self.workload.database, TableName=described.name, PartitionInput=partition
            )

    def run(self, engine: str) -> list[tuple[Any, ...]]:
        """One timed run from empty output folders; its answer."""
        for folder, _ in self.workload.outputs:
            shutil.rmtree(self.bucket / folder, ignore_errors=True)
        began = time.perf_counter()
        arguments = {"--mastic-engine": engine, "--job-bookmark-option": "job-bookmark-disable"}
        details = finished(self.client, self.glue, self.workload.script, arguments)
        self._add(engine, time.perf_counter() - began)
        if engine == "auto":
            self.plans = f"{details['engine']['sail']} of {details['engine']['sail'] + details['engine']['spark']}"
        return self._answer(self.bucket)

    def by_hand(self, out: Path) -> list[tuple[Any, ...]]:
        """One timed DuckDB process; its answer."""
        shutil.rmtree(out, ignore_errors=True)
        began = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.workloads", self.workload.script, str(self.bucket), str(out)]
        subprocess.run(command, check=True, cwd=Path(__file__).parent.parent)
        self._add("duckdb", time.perf_counter() - began)
        return self._answer(out)

    def _add(self, name: str, seconds: float) -> None:
        self.times.setdefault(name, []).append(seconds)
        print(f"  {self.workload.script} {name}: {seconds:.2f} s", file=sys.stderr, flush=True)

    def _answer(self, out: Path) -> list[tuple[Any, ...]]:
        return [
            duckdb.sql(
                f"SELECT {sql} FROM read_parquet('{out}/{folder}/**/*.parquet', hive_partitioning = true)"
            ).fetchall()[0]
            for folder, sql in self.workload.outputs
        ]

    def ratio(self, over: str, under: str) -> float:
        return statistics.median(self.times[over]) / statistics.median(self.times[under])


def clients(client: Client) -> tuple[Any, Any]:
    """boto3's S3 and Glue of the running Mastic."""
    aws = boto3.Session("mastic", "mastic", region_name=client.region)
    return aws.client("s3", endpoint_url=client.endpoint), aws.client("glue", endpoint_url=client.endpoint)


def finished(client: Client, glue: Any, job: str, arguments: dict[str, str]) -> dict[str, Any]:
    """The details of a new run that has succeeded; raises SystemExit for any other."""
    details = wait_until_final(client, glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"])
    if details["state"] != "SUCCEEDED":
        raise SystemExit(f"{job} on {arguments['--mastic-engine']}: {details['state']}: {details['error_message']}")
    return details


WARM_UP = """from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(10).write.mode("overwrite").parquet("s3://warm-up/out/")
print(spark.read.parquet("s3://warm-up/out/").count())
"""


def warm_up(client: Client, engines: list[str]) -> None:
    """A small job on each engine; the engines start beside each other and would be measured in each other's way."""
    s3, glue = clients(client)
    s3.create_bucket(Bucket="warm-up")
    s3.put_object(Bucket="warm-up", Key="script.py", Body=WARM_UP.encode())
    command = {"Name": "glueetl", "ScriptLocation": "s3://warm-up/script.py", "PythonVersion": "3"}
    glue.create_job(Name="warm-up", Role="arn:aws:iam::123456789012:role/glue", Command=command, GlueVersion="5.0")
    for engine in engines:
        finished(client, glue, "warm-up", {"--mastic-engine": engine})


def measure(bench: Bench, repeat: int, engines: list[str], out: Path) -> None:
    """All engines in turn; raises SystemExit when their answers differ."""
    for _ in range(repeat):
        answers = {engine: bench.run(engine) for engine in engines}
        answers["duckdb"] = bench.by_hand(out)
        if any(answer != answers["duckdb"] for answer in answers.values()):
            raise SystemExit(f"{bench.workload.script}: the answers differ: {answers}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size-gb", type=float, default=0.5)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--only", default="", help="scripts, separated by commas")
    parser.add_argument("--engines", default=",".join(ENGINES), help=argparse.SUPPRESS)  # while working on one
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="mastic-bench-"))
    settings = replace(load(home), port=0)
    chosen = [w for w in WORKLOADS if not options.only or w.script in options.only.split(",")]
    engines = options.engines.split(",")
    done: list[Bench] = []
    try:
        with started(settings) as endpoint:
            client = Client(endpoint, settings.region)
            warm_up(client, engines)
            for workload in chosen:
                bench = Bench(workload, client, settings.buckets)
                bench.prepare(options.size_gb)
                measure(bench, options.repeat, engines, home / "duckdb")
                shutil.rmtree(bench.bucket)
                done.append(bench)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    show(done, options.repeat, engines)


def show(done: list[Bench], repeat: int, engines: list[str]) -> None:
    """The tables, with the geometric means of the ratios."""
    print(machine())
    names = [*engines, "duckdb"]
    table(
        f"Five Glue scripts, {repeat} runs each: seconds (min to max)",
        ["script", "input", *names, "plans on Sail"],
        [[b.workload.title, f"{b.size_mb:,.0f} MB", *(spread(b.times[name]) for name in names), b.plans] for b in done],
    )
    if engines != list(ENGINES):
        return
    faster = [b.ratio("spark", "auto") for b in done]
    slower = [b.ratio("auto", "duckdb") for b in done]
    rows = [[b.workload.title, f"{a:.2f}", f"{c:.2f}"] for b, a, c in zip(done, faster, slower, strict=True)]
    mean, mean_slower = statistics.geometric_mean(faster), statistics.geometric_mean(slower)
    rows.append(["geometric mean", f"{mean:.2f}", f"{mean_slower:.2f}"])
    rows.append(["goal", verdict(mean, 5, at_most=False), verdict(mean_slower, 1.5, at_most=True)])
    table("Ratios", ["script", "Spark / auto", "auto / DuckDB"], rows)


if __name__ == "__main__":
    main()
