"""What a script finds around it: keys, secrets, its caller identity, the catalog; open and signed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from live import Live

SCRIPT = """
import boto3, json, sys, urllib.request, os
secrets, glue, s3 = (boto3.client(name) for name in ("secretsmanager", "glue", "s3"))
name = sys.argv[sys.argv.index("--JOB_NAME") + 1]
secrets.create_secret(Name=f"{name}/db", SecretString=json.dumps({"password": "p\\u00e4ss"}))
glue.create_database(DatabaseInput={"Name": name})
s3.put_object(Bucket="scripts", Key=f"{name}/out.txt", Body=b"done")
print(json.dumps({
    "password": json.loads(secrets.get_secret_value(SecretId=f"{name}/db")["SecretString"])["password"],
    "account": boto3.client("sts").get_caller_identity()["Account"],
    "databases": [d["Name"] for d in glue.get_databases()["DatabaseList"]],
    "state": glue.get_job_run(JobName=name, RunId=os.environ["MASTIC_JOB_RUN_ID"])["JobRun"]["JobRunState"],
    "text": s3.get_object(Bucket="scripts", Key=f"{name}/out.txt")["Body"].read().decode(),
}))
"""
SPARK = """
import sys
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glue = GlueContext(SparkContext())
job = Job(glue)
job.init(args["JOB_NAME"], args)
frame = glue.create_dynamic_frame.from_options("s3", {"paths": ["s3://scripts/signed/"]}, "json",
                                               transformation_ctx="source")
print("records", frame.count())
job.commit()
"""


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A Mastic that verifies signatures; `live.s3` and `live.glue` sign with a key of a person."""
    home = tmp_path_factory.mktemp("signed") / "home"
    command = [sys.executable, "-m", "mastic.cli.main", "keys", "create", "--json", "--home", str(home)]
    key = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    found = Live(home, MASTIC_AUTH="sigv4")
    found.start_server()
    for name in ("glue", "s3", "logs"):
        setattr(found, name, client(found, name, key["AccessKeyId"], key["SecretAccessKey"]))
    found.start_worker()
    found.s3.create_bucket(Bucket="scripts")
    yield found
    found.close()


def client(live: Live, name: str, key: str, secret: str) -> Any:
    return boto3.client(
        name, endpoint_url=live.endpoint, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret
    )


def printed(live: Live, job: str, run_id: str) -> dict[str, Any]:
    run = live.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
    assert run["JobRunState"] == "SUCCEEDED", run
    return dict(json.loads(live.log_lines("/aws-glue/python-jobs/output", run_id)[0]))


@pytest.mark.parametrize("house", ["live", "signed"])
def test_a_script_calls_aws(house: str, request: pytest.FixtureRequest) -> None:
    live: Live = request.getfixturevalue(house)
    job = live.create_job(SCRIPT)
    run = live.wait(job, live.start_run(job))
    found = printed(live, job, run.id)
    assert found.pop("databases").count(job) == 1
    assert found == {"password": "päss", "account": "123456789012", "state": "RUNNING", "text": "done"}


def test_a_glue_job_and_its_bookmark_where_callers_sign(signed: Live) -> None:
    signed.s3.put_object(Bucket="scripts", Key="signed/a.json", Body=b'{"n": "a"}\n{"n": "b"}\n')
    job = signed.create_job(SPARK, "glueetl", DefaultArguments={"--job-bookmark-option": "job-bookmark-enable"})
    for expected in ("records 2", "records 0"):
        run_id = signed.start_run(job)
        run = signed.wait(job, run_id, 120)
        assert run.state == "SUCCEEDED", run.error
        assert expected in signed.log_lines("/aws-glue/jobs/output", run_id)


def test_strangers_are_refused(signed: Live) -> None:
    for name, call in (("glue", "get_jobs"), ("s3", "list_buckets"), ("sts", "get_caller_identity")):
        with pytest.raises(ClientError) as refused:
            getattr(client(signed, name, "AKIAAAAAAAAAAAAAAAAA", "wrong"), call)()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)


def test_the_signing_house_keeps_its_key_out_of_plain_sight(signed: Live) -> None:
    database = (Path(signed.home) / "mastic.db").read_bytes() + (Path(signed.home) / "mastic.db-wal").read_bytes()
    assert "päss".encode() not in database
    assert b"p\\u00e4ss" not in database
