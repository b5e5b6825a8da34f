"""`mastic jobs`, `mastic runs`, `mastic stop`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import click

from mastic.cli.client import ApiError, Client, connect
from mastic.cli.errors import CommandError
from mastic.cli.options import home_options, json_option, settings_for
from mastic.cli.output import duration, moment, money, print_json, print_table

LIVE_STATES = ("WAITING", "STARTING", "RUNNING", "STOPPING")


@click.command()
@home_options
@json_option
def jobs(home: Path | None, port: int | None, as_json: bool) -> None:
    """List jobs and how each last went.

    \b
    Examples:
      mastic jobs
      mastic jobs --json | jq '.[].Name'
    """
    client = connect(settings_for(home, port))
    found = list(client.pages("glue", "GetJobs", "Jobs"))
    if as_json:
        print_json(found)
        return
    rows = [_job_row(job, _newest_run(client, job["Name"])) for job in found]
    print_table(["job", "type", "workers", "last run", "state", "duration"], rows)


@click.command()
@click.argument("job_or_run", required=False)
@home_options
@json_option
@click.option("-n", "--count", default=20, show_default=True, help="At most this many runs.")
def runs(job_or_run: str | None, home: Path | None, port: int | None, as_json: bool, count: int) -> None:
    """List the newest runs (of all jobs, or of JOB), or show one RUN in full.

    \b
    Examples:
      mastic runs
      mastic runs nightly -n 5
      mastic runs jr_2f6c...
    """
    client = connect(settings_for(home, port))
    if job_or_run and job_or_run.startswith("jr_"):
        _show_run(client, job_or_run, as_json)
        return
    names = [job_or_run] if job_or_run else list(client.pages("glue", "ListJobs", "JobNames"))
    found = [run for name in names for run in newest_runs(client, name, count)]
    found = sorted(found, key=lambda run: run["StartedOn"], reverse=True)[:count]
    if as_json:
        print_json(found)
        return
    rows = []
    for run in found:
        cost = client.own("GET", f"/runs/{run['Id']}").get("cost")
        rows.append(
            [run["JobName"], short(run["Id"]), run["JobRunState"], moment(run["StartedOn"]),
             duration(run.get("ExecutionTime")), money(cost), _first_line(run.get("ErrorMessage"))]
        )  # fmt: skip
    print_table(["job", "run", "state", "started", "duration", "cost", "error"], rows)


@click.command()
@click.argument("job_or_run")
@home_options
def stop(job_or_run: str, home: Path | None, port: int | None) -> None:
    """Stop RUN, or every live run of JOB. The script gets SIGTERM, and SIGKILL if it stays.

    \b
    Examples:
      mastic stop jr_2f6c...
      mastic stop nightly
    """
    client = connect(settings_for(home, port))
    job, ids = _runs_to_stop(client, job_or_run)
    if not ids:
        raise CommandError(f"job {job!r} has no live run")
    answer = client.call("glue", "BatchStopJobRun", JobName=job, JobRunIds=ids)
    for done in answer.get("SuccessfulSubmissions", []):
        click.echo(f"stopping {done['JobRunId']}")
    errors = answer.get("Errors", [])
    if errors:
        raise CommandError("; ".join(f"{e['JobRunId']}: {e['ErrorDetail']['ErrorMessage']}" for e in errors))


def newest_runs(client: Client, job: str, count: int) -> list[dict[str, Any]]:
    """Up to `count` runs of a job, newest first."""
    pages = client.pages("glue", "GetJobRuns", "JobRuns", JobName=job, MaxResults=min(count, 200))
    try:
        return list(islice(pages, count))
    except ApiError as error:
        if error.code != "EntityNotFoundException":
            raise
        raise CommandError(f"there is no job {job!r}{_guess(client, job)}; `mastic jobs` lists them") from error


def _guess(client: Client, job: str) -> str:
    import difflib

    names = list(client.pages("glue", "ListJobs", "JobNames"))
    near = [name for name in names if job in name] or difflib.get_close_matches(job, names, 1)
    return f", did you mean {near[0]!r}?" if near else ""


def run_named(client: Client, job_or_run: str) -> tuple[str, str]:
    """(job name, run id) for a run id (or its beginning), or for the newest run of a job."""
    if job_or_run.startswith("jr_"):
        run = find_run(client, job_or_run)
        return str(run["job_name"]), str(run["job_run_id"])
    newest = newest_runs(client, job_or_run, 1)
    if not newest:
        raise CommandError(f"job {job_or_run!r} has no run yet; start one with StartJobRun or `mastic run`")
    return job_or_run, str(newest[0]["Id"])


def find_run(client: Client, run_id: str) -> dict[str, Any]:
    """The details of a run, by its id or by a beginning of it that is unique."""
    if len(run_id) >= 67:
        return client.own("GET", f"/runs/{run_id}")
    prefix = run_id.rstrip(".…")
    names = client.pages("glue", "ListJobs", "JobNames")
    matches = [r["Id"] for name in names for r in newest_runs(client, name, 200) if r["Id"].startswith(prefix)]
    if len(matches) != 1:
        raise CommandError(f"{len(matches)} runs begin with {prefix!r}; `mastic runs --json` prints whole ids")
    return client.own("GET", f"/runs/{matches[0]}")


def short(run_id: str) -> str:
    """The first characters of a run id, enough to find it again."""
    head, _, attempt = run_id.partition("_attempt_")
    return head[:15] + (f"…_attempt_{attempt}" if attempt else "")


def _newest_run(client: Client, job: str) -> dict[str, Any] | None:
    return next(iter(newest_runs(client, job, 1)), None)


def _job_row(job: dict[str, Any], run: dict[str, Any] | None) -> list[str]:
    workers = f"{job.get('NumberOfWorkers')} x {job['WorkerType']}" if job.get("WorkerType") else None
    size = workers or f"{job.get('MaxCapacity', '-')} DPU"
    last = [moment(run["StartedOn"]), run["JobRunState"], duration(run.get("ExecutionTime"))] if run else ["-"] * 3
    return [job["Name"], job["Command"]["Name"], size, *last]


def _show_run(client: Client, run_id: str, as_json: bool) -> None:
    details = find_run(client, run_id)
    run = client.call("glue", "GetJobRun", JobName=details["job_name"], RunId=details["job_run_id"])["JobRun"]
    if as_json:
        print_json({**run, "Mastic": details})
        return
    rows = [
        ["run", run["Id"]],
        ["job", run["JobName"]],
        ["state", run["JobRunState"]],
        ["started", moment(run["StartedOn"])],
        ["duration", duration(run.get("ExecutionTime"))],
        ["cost", money(details.get("cost"))],
        ["engine", _engine(details.get("engine"))],
        ["arguments", " ".join(f"{k} {v}" for k, v in run.get("Arguments", {}).items())],
        *(["note", note] for note in details.get("notes", [])),
        ["error", run.get("ErrorMessage", "")],
    ]
    print_table(["", ""], [row for row in rows if row[1]])
    for line in details.get("tail", []) if run.get("ErrorMessage") else []:
        click.echo(f"  {line}")


def _engine(engine: dict[str, Any] | None) -> str:
    if not engine or not (engine.get("sail") or engine.get("spark")):
        return ""
    why = ", ".join(f"{reason} ({count})" for reason, count in (engine.get("reasons") or {}).items())
    counts = f"sail {engine.get('sail', 0)} plans, spark {engine.get('spark', 0)}"
    return counts + (f": {why}" if why else "")


def _runs_to_stop(client: Client, job_or_run: str) -> tuple[str, list[str]]:
    if job_or_run.startswith("jr_"):
        job, run_id = run_named(client, job_or_run)
        return job, [run_id]
    live = [r["Id"] for r in newest_runs(client, job_or_run, 200) if r["JobRunState"] in LIVE_STATES]
    return job_or_run, live[:25]


def _first_line(text: str | None) -> str:
    return (text or "").split("\n")[0][:80]
