"""Jobs and runs as clients meet them: boto3 for the AWS API, plain HTTP for the run API."""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

COMMAND = {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"}


class Http:
    """The run API of a running server."""

    def __init__(self, endpoint: str) -> None:
        self._host = endpoint.removeprefix("http://")

    def __call__(
        self, method: str, path: str, body: Any = None, token: str | None = None, raw: bytes | None = None
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self._host, timeout=30)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        payload = raw if raw is not None else json.dumps(body) if body is not None else None
        connection.request(method, f"/_mastic/v1{path}", payload, headers)
        response = connection.getresponse()
        answer = json.loads(response.read() or b"null")
        connection.close()
        return response.status, answer

    def claim(self, worker: str = "w1", wait: float = 0, running: list[str] | None = None, vcpus: float = 64) -> Any:
        body = {
            "wait_seconds": wait,
            "capacity": {"vcpus": vcpus, "memory_mb": int(vcpus * 4096)},
            "commands": ["glueetl", "pythonshell"],
            "running": running or [],
        }
        status, answer = self("POST", f"/workers/{worker}/claim", body)
        assert status == 200, answer
        return answer["assignment"]


@pytest.fixture
def api(server) -> Http:
    return Http(server.endpoint)


@pytest.fixture
def glue(server) -> Any:
    return server.client("glue")


def create(glue, name: str = "nightly", **fields: Any) -> str:
    return glue.create_job(Name=name, Role="arn:aws:iam::123456789012:role/glue", Command=COMMAND, **fields)["Name"]


def test_a_run_from_boto3_to_the_end(server, glue, api) -> None:
    create(glue, WorkerType="G.1X", NumberOfWorkers=10, DefaultArguments={"--a": "1"})
    run_id = glue.start_job_run(JobName="nightly", Arguments={"--b": "2"})["JobRunId"]
    claimed = api.claim()
    assert claimed["job_run_id"] == run_id
    assert claimed["arguments"] == {"--a": "1", "--b": "2"}
    assert (claimed["vcpus"], claimed["memory_mb"], claimed["max_capacity"]) == (40, 160 * 1024, 10)
    assert claimed["command"] == {
        "name": "glueetl",
        "script_location": "s3://scripts/job.py",
        "python_version": "3",
        "runtime": None,
    }
    token = claimed["token"]
    assert api("POST", f"/runs/{run_id}/started", {"token": token, "notes": ["capped"]}) == (
        200,
        {"directive": "continue"},
    )
    assert api("POST", f"/runs/{run_id}/notes", {"notes": ["from the script"]}, token=claimed["run_token"])[0] == 200
    engine = {"sail": 3, "spark": 1, "reasons": {"function zip_with": 1}}
    report = {
        "token": token,
        "outcome": "FAILED",
        "error_message": "ValueError: boom\n  job.py:3",
        "exit_code": 1,
        "tail": ["line 1", "line 2"],
        "execution_seconds": 36.2,
        "peak_memory_mb": 512,
        "engine": engine,
    }
    assert api("POST", f"/runs/{run_id}/finished", report) == (200, {})
    run = glue.get_job_run(JobName="nightly", RunId=run_id)["JobRun"]
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "ValueError: boom\n  job.py:3")
    assert (run["ExecutionTime"], run["StateDetail"]) == (37, "capped\nfrom the script")
    assert run["CompletedOn"] >= run["StartedOn"]
    status, found = api("GET", f"/runs/{run_id}")
    assert status == 200
    assert (found["tail"], found["exit_code"], found["engine"]) == (["line 1", "line 2"], 1, engine)
    assert found["cost"] == {"dpu_hours": pytest.approx(10 / 60, abs=1e-6), "amount": 0.073333, "currency": "USD"}
    assert [move["state"] for move in found["transitions"]] == ["STARTING", "RUNNING", "FAILED"]


def test_a_waiting_claim_is_answered_as_soon_as_a_run_is_started(glue, api) -> None:
    create(glue)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(api.claim, wait=20)
        time.sleep(0.3)
        run_id = glue.start_job_run(JobName="nightly")["JobRunId"]
        before = time.monotonic()
        assert waiting.result(5)["job_run_id"] == run_id
        assert time.monotonic() - before < 1


def test_who_waits_for_a_run_hears_of_its_end_at_once(glue, api) -> None:
    create(glue)
    run_id = glue.start_job_run(JobName="nightly")["JobRunId"]
    token = api.claim()["token"]
    assert api("GET", f"/runs/{run_id}?wait_seconds=0")[1]["state"] == "STARTING"
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(api, "GET", f"/runs/{run_id}?wait_seconds=20")
        time.sleep(0.3)
        api("POST", f"/runs/{run_id}/started", {"token": token})
        assert not waiting.done()
        api("POST", f"/runs/{run_id}/finished", {"token": token, "outcome": "SUCCEEDED"})
        before = time.monotonic()
        assert waiting.result(5)[1]["state"] == "SUCCEEDED"
        assert time.monotonic() - before < 1
    status, answer = api("GET", f"/runs/{run_id}?wait_seconds=soon")
    assert (status, "wait_seconds = 'soon'" in answer["message"]) == (400, True)


def test_a_claim_ends_empty_handed(glue, api) -> None:
    create(glue)
    assert api.claim(wait=0.05) is None


def test_a_waiting_heartbeat_is_answered_as_soon_as_a_run_is_stopped(glue, api) -> None:
    create(glue)
    run_id = glue.start_job_run(JobName="nightly")["JobRunId"]
    token = api.claim()["token"]
    api("POST", f"/runs/{run_id}/started", {"token": token})
    body = {"wait_seconds": 20, "runs": [{"job_run_id": run_id, "token": token, "known": "continue"}]}
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(api, "POST", "/workers/w1/heartbeat", body)
        time.sleep(0.3)
        stopped = glue.batch_stop_job_run(JobName="nightly", JobRunIds=[run_id, "jr_unknown"])
        before = time.monotonic()
        assert waiting.result(5) == (200, {"runs": [{"job_run_id": run_id, "directive": "stop"}]})
        assert time.monotonic() - before < 1
    assert stopped["SuccessfulSubmissions"] == [{"JobName": "nightly", "JobRunId": run_id}]
    assert stopped["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"


def test_a_lost_answer_gives_the_run_out_again(glue, api) -> None:
    create(glue)
    run_id = glue.start_job_run(JobName="nightly")["JobRunId"]
    lost = api.claim()
    again = api.claim(running=[])
    assert (again["job_run_id"], again["token"]) == (run_id, lost["token"] + 1)
    assert api("POST", f"/runs/{run_id}/started", {"token": lost["token"]})[0] == 409
    assert api.claim(running=[run_id]) is None


def test_an_old_token_is_fenced_out(glue, api) -> None:
    create(glue)
    run_id = glue.start_job_run(JobName="nightly")["JobRunId"]
    token = api.claim()["token"]
    status, answer = api("POST", f"/runs/{run_id}/finished", {"token": token - 1, "outcome": "FAILED"})
    assert (status, answer["error"]) == (409, "Fenced")
    assert glue.get_job_run(JobName="nightly", RunId=run_id)["JobRun"]["JobRunState"] == "STARTING"


@pytest.mark.parametrize(
    ("method", "path", "raw", "status", "words"),
    [
        ("POST", "/workers/w/claim", b"{", 400, "truncated"),
        ("POST", "/workers/w/claim", b"\xff\xfe", 400, ""),
        ("POST", "/workers/w/claim", b"{}", 400, "capacity"),
        ("POST", "/workers/w/heartbeat", b'{"runs": [{"job_run_id": 3, "token": 1}]}', 400, "$.runs[0].job_run_id"),
        ("POST", "/runs/jr_x/finished", b'{"token": "a", "outcome": "FAILED"}', 400, "$.token"),
        ("POST", "/runs/jr_x/finished", b'{"token": 1, "outcome": "RUNNING"}', 400, "'RUNNING' is not one of"),
        ("POST", "/runs/jr_x/finished", b'{"token": 1, "outcome": "FAILED"}', 404, "jr_x not found"),
        ("POST", "/runs/jr_x/started", b'{"token": 1}', 404, "jr_x not found"),
        ("GET", "/runs/jr_x", None, 404, "jr_x not found"),
        ("GET", "/runs/jr_x/bookmark", None, 404, "jr_x not found"),
        ("PUT", "/runs/jr_x/bookmark", b'{"expected_version": 1}', 400, "state"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(api, method, path, raw, status, words) -> None:
    found, answer = api(method, path, raw=raw)
    assert (found, set(answer)) == (status, {"error", "message"})
    assert words in answer["message"]


def test_bookmarks_over_http(glue, api) -> None:
    create(glue, DefaultArguments={"--job-bookmark-option": "job-bookmark-enable"})
    run_id = glue.start_job_run(JobName="nightly")["JobRunId"]
    claimed = api.claim()
    path, secret = f"/runs/{run_id}/bookmark", claimed["run_token"]
    api("POST", f"/runs/{run_id}/started", {"token": claimed["token"]})
    empty = {"version": 0, "state": None, "option": "job-bookmark-enable", "from": None, "to": None}
    assert api("GET", path, token=secret) == (200, empty)
    state = {"source": {"files": ["a", "b"]}}
    assert api("PUT", path, {"expected_version": 0, "state": state}, token=secret) == (200, {"version": 1})
    status, answer = api("PUT", path, {"expected_version": 0, "state": {}}, token=secret)
    assert (status, answer["error"]) == (409, "BookmarkConflict")
    assert api("GET", path, token="forged")[0] == 409
    entry = glue.get_job_bookmark(JobName="nightly")["JobBookmarkEntry"]
    assert (entry["Version"], entry["Run"], entry["Attempt"], entry["RunId"]) == (1, 1, 0, run_id)
    assert json.loads(entry["JobBookmark"]) == state
    api("POST", f"/runs/{run_id}/finished", {"token": claimed["token"], "outcome": "SUCCEEDED"})
    assert api("PUT", path, {"expected_version": 1, "state": {}})[0] == 409
    assert glue.reset_job_bookmark(JobName="nightly")["JobBookmarkEntry"]["Run"] == 0


def test_runs_are_paged_newest_first_and_pages_are_stable(glue, api) -> None:
    create(glue, ExecutionProperty={"MaxConcurrentRuns": 50})
    ids = [glue.start_job_run(JobName="nightly")["JobRunId"] for _ in range(7)]
    first = glue.get_job_runs(JobName="nightly", MaxResults=3)
    glue.start_job_run(JobName="nightly")
    second = glue.get_job_runs(JobName="nightly", MaxResults=3, NextToken=first["NextToken"])
    third = glue.get_job_runs(JobName="nightly", MaxResults=3, NextToken=second["NextToken"])
    found = [run["Id"] for page in (first, second, third) for run in page["JobRuns"]]
    assert found == ids[::-1]
    assert "NextToken" not in third
    with pytest.raises(ClientError, match="NextToken is not one that this operation returned"):
        glue.get_jobs(NextToken=first["NextToken"])


def test_jobs_are_paged_by_name(glue) -> None:
    names = [create(glue, f"job-{n:02}") for n in range(12)]
    paginator = glue.get_paginator("get_jobs").paginate(PaginationConfig={"PageSize": 5})
    assert [job["Name"] for page in paginator for job in page["Jobs"]] == names
    page = glue.list_jobs(MaxResults=12)
    assert page["JobNames"] == names
    assert "NextToken" not in page


@pytest.mark.parametrize(
    ("call", "arguments", "code"),
    [
        ("get_job", {"JobName": "none"}, "EntityNotFoundException"),
        ("update_job", {"JobName": "none", "JobUpdate": {"Role": "r", "Command": COMMAND}}, "EntityNotFoundException"),
        ("start_job_run", {"JobName": "none"}, "EntityNotFoundException"),
        ("get_job_runs", {"JobName": "none"}, "EntityNotFoundException"),
        ("get_job_run", {"JobName": "none", "RunId": "jr_1"}, "EntityNotFoundException"),
        ("get_job_bookmark", {"JobName": "none"}, "EntityNotFoundException"),
        ("reset_job_bookmark", {"JobName": "none"}, "EntityNotFoundException"),
    ],
)
def test_what_is_not_there(glue, call: str, arguments: dict, code: str) -> None:
    with pytest.raises(ClientError) as error:
        getattr(glue, call)(**arguments)
    assert error.value.response["Error"]["Code"] == code


def test_deleting_a_job_that_is_not_there_is_no_error(glue) -> None:
    assert glue.delete_job(JobName="none")["JobName"] == "none"


def test_boto3_waiters_of_users_see_final_states(glue, api) -> None:
    create(glue)
    run_id = glue.start_job_run(JobName="nightly")["JobRunId"]

    def work() -> None:
        claimed = api.claim(wait=5)
        api("POST", f"/runs/{run_id}/started", {"token": claimed["token"]})
        api("POST", f"/runs/{run_id}/finished", {"token": claimed["token"], "outcome": "SUCCEEDED"})

    threading.Thread(target=work).start()
    for _ in range(200):
        state = glue.get_job_run(JobName="nightly", RunId=run_id)["JobRun"]["JobRunState"]
        if state == "SUCCEEDED":
            break
        time.sleep(0.02)
    assert state == "SUCCEEDED"


def test_tags_over_the_api(glue) -> None:
    create(glue, Tags={"team": "data"})
    create(glue, "other", Tags={"team": "web"})
    arn = "arn:aws:glue:us-east-1:123456789012:job/nightly"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"stage": "prod", "team": "core"})
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"stage": "prod", "team": "core"}
    assert glue.list_jobs(Tags={"team": "core", "stage": "prod"})["JobNames"] == ["nightly"]
    assert glue.list_jobs(Tags={"team": "web", "stage": "prod"})["JobNames"] == []
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["stage", "absent"])
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "core"}
    glue.delete_job(JobName="nightly")
    create(glue)
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {}
