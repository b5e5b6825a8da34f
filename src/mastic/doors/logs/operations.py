"""The CloudWatch Logs operations that tools and scripts call."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Row

from mastic import tags
from mastic.app import App, Context
from mastic.doors.logs.chunks import EVENT_OVERHEAD_BYTES, Event, Input, size_of
from mastic.doors.logs.paging import filter_page, stream_page
from mastic.doors.logs.store import LogStore, group_arn
from mastic.protocol.errors import InvalidInputException, InvalidParameterException
from mastic.protocol.pagination import decode_token, encode_token
from mastic.protocol.registry import operation

Request = dict[str, Any]
Response = dict[str, Any]

_PAGE = 50
_MAX_BATCH_BYTES = 1_048_576
_DAY_MS = 24 * 3600 * 1000
_NOT_YET = {"kmsKeyId": "encryption with a key of one's own", "deletionProtectionEnabled": "deletion protection"}


@operation("logs", "CreateLogGroup")
def create_log_group(context: Context, request: Request) -> Response:
    for member, what in _NOT_YET.items():
        if request.get(member):
            raise InvalidParameterException(f"{member}: {what} is not there yet; create the log group without it")
    if request.get("logGroupClass", "STANDARD") != "STANDARD":
        raise InvalidParameterException(f"logGroupClass {request['logGroupClass']}: only STANDARD is there")
    LogStore(context.app).create_group(request["logGroupName"], request.get("tags"))
    return {}


@operation("logs", "DeleteLogGroup")
def delete_log_group(context: Context, request: Request) -> Response:
    LogStore(context.app).delete_group(request["logGroupName"])
    return {}


@operation("logs", "CreateLogStream")
def create_log_stream(context: Context, request: Request) -> Response:
    LogStore(context.app).create_stream(request["logGroupName"], request["logStreamName"])
    return {}


@operation("logs", "DeleteLogStream")
def delete_log_stream(context: Context, request: Request) -> Response:
    LogStore(context.app).delete_stream(request["logGroupName"], request["logStreamName"])
    return {}


@operation("logs", "TagResource")
def tag_resource(context: Context, request: Request) -> Response:
    name = _name_in(request["resourceArn"])
    with context.app.store.write() as connection:
        LogStore(context.app).group(connection, name)
        tags.add(connection, group_arn(context.app, name), request["tags"])
    return {}


@operation("logs", "UntagResource")
def untag_resource(context: Context, request: Request) -> Response:
    name = _name_in(request["resourceArn"])
    with context.app.store.write() as connection:
        LogStore(context.app).group(connection, name)
        tags.remove(connection, group_arn(context.app, name), request["tagKeys"])
    return {}


@operation("logs", "ListTagsForResource")
def list_tags_for_resource(context: Context, request: Request) -> Response:
    name = _name_in(request["resourceArn"])
    with context.app.store.read() as connection:
        LogStore(context.app).group(connection, name)
        return {"tags": tags.of(connection, group_arn(context.app, name))}


@operation("logs", "PutRetentionPolicy")
def put_retention_policy(context: Context, request: Request) -> Response:
    LogStore(context.app).set_retention(request["logGroupName"], request["retentionInDays"])
    return {}


@operation("logs", "DeleteRetentionPolicy")
def delete_retention_policy(context: Context, request: Request) -> Response:
    LogStore(context.app).set_retention(request["logGroupName"], None)
    return {}


@operation("logs", "DescribeLogGroups")
def describe_log_groups(context: Context, request: Request) -> Response:
    prefix, contains = request.get("logGroupNamePrefix", ""), request.get("logGroupNamePattern", "")
    if prefix and contains:
        raise InvalidParameterException("logGroupNamePrefix and logGroupNamePattern are mutually exclusive parameters")
    if request.get("logGroupClass", "STANDARD") != "STANDARD":
        return {"logGroups": []}
    limit = request.get("limit", _PAGE)
    store = LogStore(context.app)
    rows = store.groups(prefix=prefix, contains=contains, after=_after(request, "groups"), limit=limit)
    found = [_wire_group(context.app, row) for row in rows[:limit]]
    if len(rows) <= limit:
        return {"logGroups": found}
    return {"logGroups": found, "nextToken": encode_token({"groups": rows[limit - 1].name})}


@operation("logs", "DescribeLogStreams")
def describe_log_streams(context: Context, request: Request) -> Response:
    group, prefix = _group_name(request), request.get("logStreamNamePrefix", "")
    by_time = request.get("orderBy") == "LastEventTime"
    if by_time and prefix:
        raise InvalidParameterException("Cannot order by LastEventTime with a logStreamNamePrefix.")
    limit = request.get("limit", _PAGE)
    rows = LogStore(context.app).streams(
        group,
        prefix=prefix,
        by_time=by_time,
        descending=request.get("descending", False),
        after=_after(request, "times" if by_time else "names"),
        limit=limit,
    )
    found = [_wire_stream(context.app, group, row) for row in rows[:limit]]
    if len(rows) <= limit:
        return {"logStreams": found}
    last = rows[limit - 1]
    token = {"times": [last.last_event_ms, last.name]} if by_time else {"names": [last.name]}
    return {"logStreams": found, "nextToken": encode_token(token)}


@operation("logs", "PutLogEvents")
def put_log_events(context: Context, request: Request) -> Response:
    events = [Input(event["timestamp"], event["message"]) for event in request["logEvents"]]
    _check_batch(events)
    now_ms = int(context.app.clock.now().timestamp() * 1000)
    times = [event.ms for event in events]
    first = bisect_left(times, now_ms - 14 * _DAY_MS)
    end = bisect_right(times, now_ms + int(timedelta(hours=2).total_seconds() * 1000))
    LogStore(context.app).put(request["logGroupName"], request["logStreamName"], events[first:end])
    rejected: dict[str, int] = {}
    if first:
        rejected["tooOldLogEventEndIndex"] = first
    if end < len(events):
        rejected["tooNewLogEventStartIndex"] = end
    token = {"nextSequenceToken": str(now_ms)}  # AWS ignores it too, old clients still ask for one
    return {**token, "rejectedLogEventsInfo": rejected} if rejected else token


@operation("logs", "GetLogEvents")
def get_log_events(context: Context, request: Request) -> Response:
    page = stream_page(
        context.app,
        _group_name(request),
        request["logStreamName"],
        start_ms=request.get("startTime"),
        end_ms=request.get("endTime"),
        from_head=request.get("startFromHead", False),
        token=request.get("nextToken"),
        limit=request.get("limit"),
    )
    return {
        "events": [_wire_event(event) for event in page.events],
        "nextForwardToken": page.forward_token,
        "nextBackwardToken": page.backward_token,
    }


@operation("logs", "FilterLogEvents")
def filter_log_events(context: Context, request: Request) -> Response:
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix", "")
    if names and prefix:
        raise InvalidParameterException("logStreamNames and logStreamNamePrefix are mutually exclusive parameters")
    page = filter_page(
        context.app,
        _group_name(request),
        names=names,
        prefix=prefix,
        pattern=request.get("filterPattern", ""),
        start_ms=request.get("startTime"),
        end_ms=request.get("endTime"),
        newest_first=not request.get("startFromHead", True),
        after=_after(request, "events"),
        limit=request.get("limit"),
    )
    found = [
        {**_wire_event(event), "logStreamName": page.names[event.stream_id], "eventId": _event_id(event)}
        for event in page.events
    ]
    token = {"nextToken": encode_token({"events": page.next})} if page.next else {}
    return {"events": found, "searchedLogStreams": [], **token}


def _check_batch(events: list[Input]) -> None:
    if any(after.ms < before.ms for before, after in pairwise(events)):
        raise InvalidParameterException("Log events in a single PutLogEvents request must be in chronological order.")
    if events[-1].ms - events[0].ms > _DAY_MS:
        raise InvalidParameterException("The batch of log events in a single PutLogEvents request spans over 24 hours.")
    size = size_of(events)
    if size > _MAX_BATCH_BYTES:
        raise InvalidParameterException(
            f"Upload too large: {size} bytes exceeds limit of {_MAX_BATCH_BYTES} "
            f"(each event counts {EVENT_OVERHEAD_BYTES} bytes beside its message)"
        )


def _group_name(request: Request) -> str:
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if bool(name) == bool(identifier):
        raise InvalidParameterException("Give either logGroupName or logGroupIdentifier, and not both")
    if name:
        return str(name)
    return _name_in(str(identifier))


def _name_in(identifier: str) -> str:
    """The group's name in its ARN, or the name itself."""
    is_arn = identifier.startswith("arn:")
    return identifier.partition(":log-group:")[2].removesuffix(":*") if is_arn else identifier


def _after(request: Request, kind: str) -> Any:
    try:
        payload = decode_token(request.get("nextToken"))
    except InvalidInputException as error:  # Glue's word for it
        raise InvalidParameterException(error.message) from None
    if payload is None:
        return None
    if kind not in payload:
        raise InvalidParameterException("The specified nextToken is invalid: it is of another request")
    return payload[kind]


def _wire_group(app: App, row: Row[Any]) -> dict[str, Any]:
    arn = group_arn(app, row.name)
    return {
        "logGroupName": row.name,
        "creationTime": row.created_ms,
        "retentionInDays": row.retention_days,
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "storedBytes": row.stored_bytes,
        "logGroupClass": "STANDARD",
    }


def _wire_stream(app: App, group: str, row: Row[Any]) -> dict[str, Any]:
    found = {
        "logStreamName": row.name,
        "creationTime": row.created_ms,
        "arn": f"{group_arn(app, group)}:log-stream:{row.name}",
        "storedBytes": row.stored_bytes,
        "uploadSequenceToken": str(row.ingested_ms or row.created_ms),
    }
    if row.next_seq:
        found["firstEventTimestamp"] = row.first_event_ms
        found["lastEventTimestamp"] = row.last_event_ms
        found["lastIngestionTime"] = row.ingested_ms
    return found


def _wire_event(event: Event) -> dict[str, Any]:
    return {"timestamp": event.ms, "message": event.message, "ingestionTime": event.ingested_ms}


def _event_id(event: Event) -> str:
    """56 digits as on AWS: unique, and the same whenever the event is read, which `aws logs tail` relies on."""
    return f"{event.ms:020}{event.stream_id:018}{event.seq:018}"
