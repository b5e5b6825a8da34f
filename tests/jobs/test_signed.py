"""With auth = "sigv4" workers sign, and a script may use its own run's routes and keys only while the run lasts."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from mastic.security.keys import AccessKeys
from mastic.settings import Settings

COMMAND = {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"}
CLAIM = {"capacity": {"vcpus": 64, "memory_mb": 200_000}, "commands": ["glueetl"]}


@pytest.fixture
def signed(listener, home):
    from serving import running

    with running(listener, Settings(home=home, auth="sigv4")) as found:
        yield found


@pytest.fixture
def key(signed):
    return AccessKeys(signed.app).create("worker")


def call(server, method: str, path: str, body: Any = None, key: Any = None, bearer: str | None = None) -> Any:
    url, raw = f"{server.endpoint}/_mastic/v1{path}", json.dumps(body).encode() if body is not None else b""
    request = AWSRequest(method, url, data=raw)
    if key is not None:
        credentials = Credentials(key.access_key_id, key.secret_access_key)
        SigV4Auth(credentials, "mastic", "us-east-1").add_auth(request)
    if bearer is not None:
        request.headers["Authorization"] = f"Bearer {bearer}"
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"), timeout=10)
    connection.request(method, f"/_mastic/v1{path}", raw, dict(request.headers.items()))
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


def test_a_run_in_a_closed_house(signed, key) -> None:
    glue = signed.client("glue", aws_access_key_id=key.access_key_id, aws_secret_access_key=key.secret_access_key)
    for name in ("nightly", "other"):
        glue.create_job(Name=name, Role="arn:aws:iam::123456789012:role/etl", Command=COMMAND)
    run_id, other_id = (glue.start_job_run(JobName=name)["JobRunId"] for name in ("nightly", "other"))

    assert call(signed, "POST", "/workers/w/claim", CLAIM)[0] == 403
    claimed = call(signed, "POST", "/workers/w/claim", CLAIM, key=key)[1]["assignment"]
    assert claimed["job_run_id"] == run_id
    secret = claimed["run_token"]
    assert call(signed, "POST", f"/runs/{run_id}/started", {"token": claimed["token"]}, key=key)[0] == 200
    assert call(signed, "GET", f"/runs/{run_id}/bookmark", bearer=secret)[0] == 200
    assert call(signed, "GET", f"/runs/{other_id}/bookmark", bearer=secret)[0] == 409
    assert call(signed, "POST", "/workers/w/claim", CLAIM, bearer=secret)[0] != 200

    keys = {f"aws_{name}": value for name, value in claimed["credentials"].items()}
    inside = signed.client("sts", **keys).get_caller_identity()
    assert inside["Arn"] == "arn:aws:sts::123456789012:assumed-role/etl/GlueJobRunnerSession"

    report = {"token": claimed["token"], "outcome": "SUCCEEDED"}
    assert call(signed, "POST", f"/runs/{run_id}/finished", report, key=key) == (200, {})
    assert call(signed, "GET", f"/runs/{run_id}/bookmark", bearer=secret)[0] == 409
    AccessKeys(signed.app)  # the key is gone from the database; a server's cache forgets it within seconds
    with signed.app.store.read() as connection:
        from mastic.security.tables import access_keys

        assert {row.job_run_id for row in connection.execute(access_keys.select())} == {None}


def test_a_forged_signature_is_refused(signed, key) -> None:
    from dataclasses import replace

    forged = replace(key, secret_access_key="wrong")
    status, answer = call(signed, "POST", "/workers/w/claim", CLAIM, key=forged)
    assert (status, answer["error"]) == (403, "InvalidSignatureException")
    with pytest.raises(ClientError):
        signed.client("glue").get_jobs()
