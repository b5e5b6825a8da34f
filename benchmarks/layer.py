"""What the DynamicFrame layer costs: the same job written with DynamicFrames and with DataFrames, on the same engine.

    python -m benchmarks.layer [--size-gb 1] [--repeat 5]

ApplyMapping, ResolveChoice, Filter and a Parquet write against `select`, `cast`, `filter` and the same write. Both run
through the server on `auto`; the time is from StartJobRun to the final state, the two in turns.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import boto3
import duckdb

from benchmarks.report import machine, spread, table, verdict
from benchmarks.workloads import LAMBDAS
from mastic.cli.client import Client
from mastic.cli.follow import wait_until_final
from mastic.installation import started
from mastic.settings import load

HEAD = """
import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
job = Job(glue)
job.init(args["JOB_NAME"], args)
"""
DYNAMIC_FRAMES = """
from awsglue.transforms import ApplyMapping, Filter, ResolveChoice
frame = glue.create_dynamic_frame.from_options("s3", {"paths": ["s3://layer/payments/"]}, "parquet")
frame = ApplyMapping.apply(frame=frame, mappings=[
    ("payment_id", "bigint", "id", "bigint"), ("amount", "double", "amount", "double"),
    ("fee", "double", "fee", "double"), ("method", "string", "payment.method", "string"),
    ("currency", "string", "payment.currency", "string"), ("status", "string", "status", "string")])
frame = ResolveChoice.apply(frame=frame, specs=[("amount", "cast:decimal(12,2)"), ("id", "cast:string")])
frame = Filter.apply(frame=frame, f=lambda row: row["status"] in ("settled", "refunded") and row["fee"] > 0.5)
glue.write_dynamic_frame.from_options(frame, "s3", {"path": "s3://layer/out/"}, "parquet")
job.commit()
"""
DATA_FRAMES = """
from pyspark.sql import functions as F
frame = spark.read.parquet("s3://layer/payments/")
frame = frame.select(
    F.col("payment_id").cast("string").alias("id"), F.col("amount").cast("decimal(12,2)").alias("amount"), "fee",
    F.struct("method", "currency").alias("payment"), "status")
frame = frame.filter(F.col("status").isin("settled", "refunded") & (F.col("fee") > 0.5))
frame.write.mode("append").parquet("s3://layer/out/")
job.commit()
"""
JOBS = {"DynamicFrames": DYNAMIC_FRAMES, "DataFrames": DATA_FRAMES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size-gb", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="mastic-bench-"))
    settings = replace(load(home), port=0)
    times: dict[str, list[float]] = {name: [] for name in JOBS}
    plans: dict[str, str] = {}
    try:
        with started(settings) as endpoint:
            client = Client(endpoint, settings.region)
            glue = prepare(client, settings.buckets / "layer", options.size_gb)
            for _ in range(options.repeat):
                answers = []
                for name in JOBS:
                    shutil.rmtree(settings.buckets / "layer" / "out", ignore_errors=True)
                    began = time.perf_counter()
                    details = wait_until_final(client, glue.start_job_run(JobName=name)["JobRunId"])
                    times[name].append(time.perf_counter() - began)
                    if details["state"] != "SUCCEEDED":
                        raise SystemExit(f"{name}: {details['state']}: {details['error_message']}")
                    plans[name] = f"sail {details['engine']['sail']}, spark {details['engine']['spark']}"
                    answers.append(answer(settings.buckets / "layer" / "out"))
                if answers[0] != answers[1]:
                    raise SystemExit(f"the answers differ: {answers}")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(machine())
    rows = LAMBDAS.rows(options.size_gb)
    table(
        f"ApplyMapping, ResolveChoice, Filter, write: {rows:,} rows, {options.repeat} runs each",
        ["written with", "time: median (min to max)", "plans"],
        [[name, spread(values), plans[name]] for name, values in times.items()],
    )
    ratio = statistics.median(times["DynamicFrames"]) / statistics.median(times["DataFrames"])
    print(f"\nDynamicFrames / DataFrames: {ratio:.3f}, {verdict(ratio, 1.10, at_most=True)}")


def prepare(client: Client, bucket: Path, size_gb: float) -> boto3.client:
    """Input and the two jobs."""
    aws = boto3.Session("mastic", "mastic", region_name=client.region)
    s3, glue = aws.client("s3", endpoint_url=client.endpoint), aws.client("glue", endpoint_url=client.endpoint)
    s3.create_bucket(Bucket="layer")
    LAMBDAS.generate(bucket, size_gb)
    for name, body in JOBS.items():
        s3.put_object(Bucket="layer", Key=f"{name}.py", Body=(HEAD + body).encode())
        glue.create_job(
            Name=name,
            Role="arn:aws:iam::123456789012:role/glue",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://layer/{name}.py", "PythonVersion": "3"},
            GlueVersion="5.0",
            WorkerType="G.1X",
            NumberOfWorkers=2,
        )
    return glue


def answer(out: Path) -> list[tuple[object, ...]]:
    """What both must have written."""
    sql = "count(*), sum(id::BIGINT), sum(amount), count(DISTINCT payment.method || payment.currency)"
    return duckdb.sql(f"SELECT {sql} FROM read_parquet('{out}/*.parquet')").fetchall()


if __name__ == "__main__":
    main()
