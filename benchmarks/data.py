"""The flights job at millions of rows: `auto`, Spark, and the same work hand-written in DuckDB, in one run.

    python -m benchmarks.data [--years 15] [--repeat 3]

Each year repeats the data set's 336,776 flights with its own year. The two engines run the demo's unchanged Glue
script through the server, bookmarks off; their time is from StartJobRun to the final state. DuckDB's is the whole
process. All three must agree on the worst pairs and on the number of rows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from benchmarks.report import machine, spread, table, verdict
from mastic.cli.client import Client
from mastic.cli.demo import DIMENSIONS, LAKE, RAW, SCRIPTS, Pipeline, data_folder, examples_folder
from mastic.cli.follow import wait_until_final
from mastic.installation import started
from mastic.settings import load

ENGINES = ("auto", "spark")


class Scaled(Pipeline):
    """The demo's pipeline with its months repeated over many years."""

    def prepare(self, years: int) -> None:
        for bucket in (SCRIPTS, RAW, LAKE):
            self.s3.create_bucket(Bucket=bucket)
        self.create_tables()
        self.create_jobs()
        for name in DIMENSIONS:
            self.s3.upload_file(str(self.data / f"{name}.csv"), RAW, f"{name}/{name}.csv")
        descriptor = self.glue.get_table(DatabaseName="flights_raw", Name="flights")["Table"]["StorageDescriptor"]
        for year in range(2013, 2013 + years):
            for month, body in self.months.items():
                prefix = f"flights/year={year}/month={month}"
                self.s3.put_object(Bucket=RAW, Key=f"{prefix}/flights.csv", Body=body)
                self.glue.create_partition(
                    DatabaseName="flights_raw",
                    TableName="flights",
                    PartitionInput={
                        "Values": [str(year), str(month)],
                        "StorageDescriptor": {**descriptor, "Location": f"s3://{RAW}/{prefix}/"},
                    },
                )

    def timed(self, engine: str) -> tuple[float, dict[str, Any]]:
        """Seconds from StartJobRun to the end of one run, from an empty lake."""
        shutil.rmtree(self.lake, ignore_errors=True)
        self.lake.mkdir()
        for name in ("flights", "worst_delays"):
            with contextlib.suppress(self.glue.exceptions.EntityNotFoundException):
                self.glue.delete_table(DatabaseName="flights_lake", Name=name)
        began = time.perf_counter()
        arguments = {"--mastic-engine": engine, "--job-bookmark-option": "job-bookmark-disable"}
        run_id = self.glue.start_job_run(JobName="flights", Arguments=arguments)["JobRunId"]
        details = wait_until_final(self.client, run_id)
        seconds = time.perf_counter() - began
        if details["state"] != "SUCCEEDED":
            raise SystemExit(f"{engine}: {details['state']}: {details['error_message']}")
        return seconds, details

    lake: Path


def outcome(lake: Path) -> tuple[int, list[list[Any]]]:
    """Rows written, and the worst pairs in order."""
    rows = ds.dataset(lake / "flights", format="parquet", partitioning="hive").count_rows()
    worst = ds.dataset(lake / "worst_delays", format="parquet").to_table(columns=["origin", "carrier", "flights"])
    return rows, sorted(list(row.values()) for row in worst.to_pylist())


def duckdb(raw: Path, lake: Path) -> tuple[float, list[list[Any]]]:
    """Seconds of the whole DuckDB process, and its worst pairs."""
    shutil.rmtree(lake, ignore_errors=True)
    began = time.perf_counter()
    script = Path(__file__).with_name("duckdb_flights.py")
    command = [sys.executable, str(script), str(raw), str(lake), str(os.cpu_count())]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - began, sorted(json.loads(result.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--years", type=int, default=15, help="336,776 rows each (default 15: 5.05 million rows)")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="mastic-bench-"))
    settings = replace(load(home), port=0)
    times: dict[str, list[float]] = {name: [] for name in (*ENGINES, "duckdb")}
    plans: dict[str, str] = {}
    try:
        with started(settings) as endpoint:
            pipeline = Scaled(Client(endpoint, settings.region), examples_folder(), data_folder())
            pipeline.lake = settings.buckets / LAKE
            pipeline.prepare(options.years)
            answers = {}
            for _ in range(options.repeat):
                for engine in ENGINES:
                    seconds, details = pipeline.timed(engine)
                    times[engine].append(seconds)
                    plans[engine] = f"sail {details['engine']['sail']}, spark {details['engine']['spark']}"
                    rows, answers[engine] = outcome(pipeline.lake)
                seconds, answers["duckdb"] = duckdb(settings.buckets / RAW, home / "duckdb")
                times["duckdb"].append(seconds)
                assert answers["auto"] == answers["spark"] == answers["duckdb"], answers
    finally:
        shutil.rmtree(home, ignore_errors=True)
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(machine())
    table(
        f"The flights job over {options.years * 336_776:,} rows ({rows:,} written), {options.repeat} runs each",
        ["what", "time: median (min to max)", "plans"],
        [[name, spread(values), plans.get(name, "-")] for name, values in times.items()],
    )
    faster, slower = medians["spark"] / medians["auto"], medians["auto"] / medians["duckdb"]
    table(
        "Ratios",
        ["ratio", "measured", "goal"],
        [
            ["Spark / auto", f"{faster:.2f}", verdict(faster, 4, at_most=False)],
            ["auto / DuckDB", f"{slower:.2f}", verdict(slower, 1.6, at_most=True)],
        ],
    )


if __name__ == "__main__":
    main()
