"""Glue's operations on jobs, runs and bookmarks: checked dict in, dict out.

AWS: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs.html
"""

from __future__ import annotations

from typing import Any, TypeVar

from mastic.app import Context
from mastic.jobs import bookmarks, definitions, runs
from mastic.protocol.errors import InvalidInputException
from mastic.protocol.pagination import decode_token, encode_token
from mastic.protocol.registry import operation

JOBS_PER_PAGE = 100
RUNS_PER_PAGE = 200
_MOST_NAMES = 1000

T = TypeVar("T")


@operation("glue", "CreateJob")
def create_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    name = request["Name"]
    given = {key: value for key, value in request.items() if key not in ("Name", "Tags")}
    definitions.create(context.app, name, given, request.get("Tags", {}))
    return {"Name": name}


@operation("glue", "UpdateJob")
def update_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    definitions.overwrite(context.app, request["JobName"], request["JobUpdate"])
    return {"JobName": request["JobName"]}


@operation("glue", "GetJob")
def get_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    with context.app.store.read() as connection:
        return {"Job": definitions.get(connection, request["JobName"]).shape()}


@operation("glue", "GetJobs")
def get_jobs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    limit = request.get("MaxResults", JOBS_PER_PAGE)
    with context.app.store.read() as connection:
        found = definitions.page(connection, _seen(request, "after", str), limit + 1)
    shapes = [job.shape() for job in found[:limit]]
    return {"Jobs": shapes, **_next({"after": shapes[-1]["Name"]} if len(found) > limit else None)}


@operation("glue", "ListJobs")
def list_jobs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    limit, after = request.get("MaxResults", JOBS_PER_PAGE), _seen(request, "after", str)
    with context.app.store.read() as connection:
        found = definitions.names(context.app, connection, after, limit + 1, request.get("Tags", {}))
    return {"JobNames": found[:limit], **_next({"after": found[limit - 1]} if len(found) > limit else None)}


@operation("glue", "BatchGetJobs")
def batch_get_jobs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    names = list(dict.fromkeys(request["JobNames"]))
    if len(names) > _MOST_NAMES:
        raise InvalidInputException(f"JobNames has {len(names)} names; at most {_MOST_NAMES} are allowed.")
    with context.app.store.read() as connection:
        found = definitions.get_many(connection, names)
    return {
        "Jobs": [found[name].shape() for name in names if name in found],
        "JobsNotFound": [name for name in names if name not in found],
    }


@operation("glue", "DeleteJob")
def delete_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    definitions.remove(context.app, request["JobName"])
    return {"JobName": request["JobName"]}


@operation("glue", "StartJobRun")
def start_job_run(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    return {"JobRunId": runs.start(context.app, request["JobName"], request)}


@operation("glue", "GetJobRun")
def get_job_run(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    run = runs.get(context.app, request["JobName"], request["RunId"])
    predecessors = request.get("PredecessorsIncluded", False)
    return {"JobRun": run.shape(context.app.clock.now(), predecessors=predecessors)}


@operation("glue", "GetJobRuns")
def get_job_runs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    limit = request.get("MaxResults", RUNS_PER_PAGE)
    found = runs.page(context.app, request["JobName"], _seen(request, "before", int), limit + 1)
    now = context.app.clock.now()
    shapes = [run.shape(now) for run in found[:limit]]
    return {"JobRuns": shapes, **_next({"before": found[limit - 1].seq} if len(found) > limit else None)}


@operation("glue", "BatchStopJobRun")
def batch_stop_job_run(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    job_name = request["JobName"]
    stopped, refused = runs.stop(context.app, job_name, request["JobRunIds"])
    return {
        "SuccessfulSubmissions": [{"JobName": job_name, "JobRunId": run_id} for run_id in stopped],
        "Errors": [
            {
                "JobName": job_name,
                "JobRunId": refusal.run_id,
                "ErrorDetail": {"ErrorCode": refusal.error.code, "ErrorMessage": refusal.error.message},
            }
            for refusal in refused
        ],
    }


@operation("glue", "GetJobBookmark")
def get_job_bookmark(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    return {"JobBookmarkEntry": bookmarks.read(context.app, request["JobName"], request.get("RunId")).shape()}


@operation("glue", "ResetJobBookmark")
def reset_job_bookmark(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    return {"JobBookmarkEntry": bookmarks.reset(context.app, request["JobName"], request.get("RunId")).shape()}


def _seen(request: dict[str, Any], key: str, kind: type[T]) -> T | None:
    """The last key seen, from the token of the page before."""
    token = decode_token(request.get("NextToken"))
    if token is None:
        return None
    if not isinstance(token.get(key), kind):
        raise InvalidInputException("NextToken is not one that this operation returned.")
    return token[key]  # type: ignore[no-any-return]


def _next(payload: dict[str, Any] | None) -> dict[str, Any]:
    return {} if payload is None else {"NextToken": encode_token(payload)}
