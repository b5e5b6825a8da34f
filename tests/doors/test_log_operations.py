"""CloudWatch Logs over HTTP: boto3, what `aws logs tail --follow` does, the AWS CLI, and Mastic's own two routes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

OUTPUT = "/aws-glue/jobs/output"


@pytest.fixture
def logs(server) -> Any:
    return server.client("logs")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def write(server, stream: str, *messages: str, at: int | None = None, group: str = OUTPUT, step: int = 1) -> None:
    """What a worker does."""
    events = [{"timestamp_ms": (at or now_ms()) + n * step, "message": message} for n, message in enumerate(messages)]
    own(server, "POST", "/logs", {"entries": [{"group": group, "stream": stream, "events": events}]})


def own(server, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.endpoint}/_mastic/v1{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def tail(server, stream: str, after: str = "", wait_seconds: int = 0) -> Any:
    query = {"group": OUTPUT, "stream": stream, "after": after, "wait_seconds": wait_seconds}
    return own(server, "GET", f"/logs/tail?{urllib.parse.urlencode(query)}")


def code(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_groups_and_streams(server, logs) -> None:
    logs.create_log_group(logGroupName="/x/one", tags={"a": "b"})
    logs.create_log_stream(logGroupName="/x/one", logStreamName="s")
    write(server, "jr_1", "hello", group="/x/two")
    groups = logs.describe_log_groups(logGroupNamePrefix="/x/")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/x/one", "/x/two"]
    assert groups[1]["storedBytes"] == len("hello") + 26
    assert groups[0]["arn"] == "arn:aws:logs:us-east-1:123456789012:log-group:/x/one:*"
    assert [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePattern="TWO")["logGroups"]] == ["/x/two"]
    one = groups[0]["logGroupArn"]
    logs.tag_resource(resourceArn=one, tags={"c": "d"})
    logs.untag_resource(resourceArn=one, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=one)["tags"] == {"c": "d"}
    logs.put_retention_policy(logGroupName="/x/one", retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix="/x/one")["logGroups"][0]["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName="/x/one")
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix="/x/one")["logGroups"][0]
    (stream,) = logs.describe_log_streams(logGroupIdentifier=groups[1]["logGroupArn"])["logStreams"]
    assert stream["firstEventTimestamp"] == stream["lastEventTimestamp"]
    logs.delete_log_stream(logGroupName="/x/one", logStreamName="s")
    assert logs.describe_log_streams(logGroupName="/x/one")["logStreams"] == []
    logs.delete_log_group(logGroupName="/x/one")
    assert code(logs.describe_log_streams, logGroupName="/x/one")[0] == "ResourceNotFoundException"


def test_groups_and_streams_come_in_pages(server, logs) -> None:
    for n in range(7):
        write(server, f"s{n}", "x", at=now_ms() - n * 1000, group=f"/g/{n}")
        write(server, f"s{n}", "x", at=now_ms() - n * 1000, group="/streams")
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix="/g/", PaginationConfig={"PageSize": 3}
    )
    assert [len(page["logGroups"]) for page in pages] == [3, 3, 1]
    pages = logs.get_paginator("describe_log_streams").paginate(
        logGroupName="/streams", orderBy="LastEventTime", descending=True, PaginationConfig={"PageSize": 3}
    )
    assert [s["logStreamName"] for page in pages for s in page["logStreams"]] == [f"s{n}" for n in range(7)]


def test_put_and_get_events(logs) -> None:
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    at = now_ms()
    events = [{"timestamp": at + n, "message": f"zeile {n} ü\n"} for n in range(5)]
    put = logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    assert put["nextSequenceToken"]
    assert "rejectedLogEventsInfo" not in put
    got = logs.get_log_events(logGroupName="g", logStreamName="s", limit=2)
    assert [(e["timestamp"], e["message"]) for e in got["events"]] == [
        (e["timestamp"], e["message"]) for e in events[3:]
    ]
    assert abs(got["events"][0]["ingestionTime"] - at) < 60_000
    head = logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)
    end = logs.get_log_events(
        logGroupName="g", logStreamName="s", startFromHead=True, nextToken=head["nextForwardToken"]
    )
    assert (len(head["events"]), end["events"]) == (5, [])
    assert end["nextForwardToken"] == head["nextForwardToken"]


def test_events_outside_the_accepted_time_are_named(logs) -> None:
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    at, hour = now_ms(), 3_600_000

    def put(*times: int) -> Any:
        events = [{"timestamp": time, "message": "x"} for time in times]
        return logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)

    assert put(at, at + 3 * hour)["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    old = at - 14 * 24 * hour
    assert put(old - hour, old - 1, old + hour)["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2}
    assert len(logs.get_log_events(logGroupName="g", logStreamName="s")["events"]) == 2
    for times, said in (((2, 1), "chronological"), ((at - 25 * hour, at), "24 hours")):
        with pytest.raises(ClientError, match=said):
            put(*times)


def test_filter_events(server, logs) -> None:
    at = now_ms()
    write(server, "jr_1", "INFO start", "ERROR one", at=at)
    write(server, "jr_2", "ERROR two", "INFO end", at=at + 1)
    found = logs.filter_log_events(logGroupName=OUTPUT, filterPattern="ERROR -two", interleaved=True)
    assert [(e["logStreamName"], e["message"]) for e in found["events"]] == [("jr_1", "ERROR one")]
    assert found["searchedLogStreams"] == []
    pages = list(
        logs.get_paginator("filter_log_events").paginate(logGroupName=OUTPUT, PaginationConfig={"PageSize": 1})
    )
    everything = [event for page in pages for event in page["events"]]
    assert [e["message"] for e in everything] == ["INFO start", "ERROR one", "ERROR two", "INFO end"]
    assert len({e["eventId"] for e in everything}) == 4
    one = logs.filter_log_events(logGroupName=OUTPUT, logStreamNames=["jr_2"], startTime=at + 2, endTime=at + 2)
    assert [e["message"] for e in one["events"]] == ["INFO end"]


@pytest.mark.parametrize(
    ("operation", "arguments", "error", "said"),
    [
        ("get_log_events", {"logGroupName": "no", "logStreamName": "s"}, "ResourceNotFoundException", "log group"),
        ("get_log_events", {"logGroupName": OUTPUT, "logStreamName": "no"}, "ResourceNotFoundException", "log stream"),
        ("get_log_events", {"logStreamName": "s"}, "InvalidParameterException", "logGroupName"),
        (
            "get_log_events",
            {"logGroupName": OUTPUT, "logStreamName": "s", "nextToken": "x"},
            "InvalidParameterException",
            "nextToken",
        ),
        (
            "filter_log_events",
            {"logGroupName": OUTPUT, "filterPattern": '{ $.a = "b" }'},
            "InvalidParameterException",
            "JSON patterns",
        ),
        ("filter_log_events", {"logGroupName": OUTPUT, "nextToken": "x"}, "InvalidParameterException", "not valid"),
        (
            "filter_log_events",
            {"logGroupName": OUTPUT, "logStreamNames": ["a"], "logStreamNamePrefix": "b"},
            "InvalidParameterException",
            "mutually exclusive",
        ),
        (
            "describe_log_streams",
            {"logGroupName": OUTPUT, "orderBy": "LastEventTime", "logStreamNamePrefix": "x"},
            "InvalidParameterException",
            "Cannot order by LastEventTime",
        ),
        ("create_log_group", {"logGroupName": OUTPUT}, "ResourceAlreadyExistsException", OUTPUT),
        ("create_log_group", {"logGroupName": "k", "kmsKeyId": "x"}, "InvalidParameterException", "kmsKeyId"),
        (
            "put_retention_policy",
            {"logGroupName": OUTPUT, "retentionInDays": 2},
            "InvalidParameterException",
            "retentionInDays 2",
        ),
    ],
)
def test_what_cannot_be_done_is_said(
    server, logs, operation: str, arguments: dict[str, Any], error: str, said: str
) -> None:
    write(server, "s", "x")
    found, message = code(getattr(logs, operation), **arguments)
    assert (found, said in message) == (error, True), message


class Tail(threading.Thread):
    """The calls that `aws logs tail GROUP --follow` makes, and how it decides what is new."""

    def __init__(self, logs: Any, since_ms: int) -> None:
        super().__init__(daemon=True)
        self.logs, self.arguments = logs, {"logGroupName": OUTPUT, "interleaved": True, "startTime": since_ms}
        self.lines: list[str] = []
        self.stop = threading.Event()

    def run(self) -> None:
        for event in self._events():
            self.lines.append(event["message"])

    def _events(self) -> Iterator[dict[str, Any]]:
        seen: dict[int, set[str]] = {}
        while not self.stop.is_set():
            response = self.logs.filter_log_events(**self.arguments)
            for event in response["events"]:
                ids = seen.setdefault(event["timestamp"], set())
                if event["eventId"] not in ids:
                    ids.add(event["eventId"])
                    yield event
            if "nextToken" in response:
                self.arguments["nextToken"] = response["nextToken"]
                continue
            self.arguments.pop("nextToken", None)
            if seen:
                self.arguments["startTime"] = max(seen)
                seen = {max(seen): seen[max(seen)]}
            self.stop.wait(0.02)


def test_tail_follow_shows_every_line_once_and_in_order(server, logs) -> None:
    at = now_ms()
    write(server, "jr_1", "before", at=at - 1000)
    follower = Tail(logs, at - 5000)
    follower.start()
    for n in range(60):
        write(server, f"jr_{n % 3}", f"a {n}", f"b {n}", at=at + n // 4, step=0)  # several lines within one millisecond
    deadline = time.monotonic() + 10
    while len(follower.lines) < 121 and time.monotonic() < deadline:
        time.sleep(0.01)
    follower.stop.set()
    follower.join(5)
    assert len(follower.lines) == len(set(follower.lines)) == 121
    assert follower.lines[0] == "before"


@pytest.mark.skipif(shutil.which("aws") is None, reason="no AWS CLI on this machine")
def test_the_aws_cli_reads_a_run(server) -> None:
    write(server, "jr_1", "hello from the run", "second")

    def aws(*words: str) -> Any:
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_ACCESS_KEY_ID": "mastic",
            "AWS_SECRET_ACCESS_KEY": "mastic",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        done = subprocess.run(["aws", "logs", *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    found = aws("filter-log-events", "--log-group-name", OUTPUT, "--filter-pattern", '"from the"')
    assert [e["message"] for e in found["events"]] == ["hello from the run"]
    found = aws("get-log-events", "--log-group-name", OUTPUT, "--log-stream-name", "jr_1", "--start-from-head")
    assert [e["message"] for e in found["events"]] == ["hello from the run", "second"]


def test_following_waits_for_what_is_written(server) -> None:
    write(server, "jr_1", "one")
    first = tail(server, "jr_1")
    assert [e["message"] for e in first["events"]] == ["one"]
    found: dict[str, Any] = {}
    waiter = threading.Thread(target=lambda: found.update(tail(server, "jr_1", first["next"], wait_seconds=10)))
    waiter.start()
    time.sleep(0.2)
    assert waiter.is_alive()
    started = time.monotonic()
    write(server, "jr_1", "two", "")
    waiter.join(5)
    assert time.monotonic() - started < 1
    assert [e["message"] for e in found["events"]] == ["two", ""]
    assert tail(server, "jr_1", found["next"]) == {"events": [], "next": found["next"]}


def test_following_waits_for_a_stream_to_appear(server) -> None:
    found: dict[str, Any] = {}
    waiter = threading.Thread(target=lambda: found.update(tail(server, "jr_new", wait_seconds=10)))
    waiter.start()
    time.sleep(0.2)
    write(server, "jr_new", "first")
    waiter.join(5)
    assert [e["message"] for e in found["events"]] == ["first"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        tail(server, "jr_never")
    assert json.load(caught.value)["error"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"entries": [{"group": "g", "stream": "s", "events": [{"timestamp_ms": -1, "message": "x"}]}]},
        {"entries": [{"group": "g", "stream": "s", "events": [{"timestamp_ms": 2**60, "message": "x"}]}]},
        {"entries": [{"group": "g", "stream": "a:b", "events": []}]},
        {"entries": [{"group": "", "stream": "s", "events": []}]},
    ],
)
def test_a_bad_batch_is_refused(server, body: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        own(server, "POST", "/logs", body)
    assert caught.value.code == 400
    assert json.load(caught.value)["message"]
