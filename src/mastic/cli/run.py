"""`mastic run SCRIPT`: the shortest way from an edit to its result."""

from __future__ import annotations

import hashlib
import signal
import sys
from pathlib import Path
from typing import Any

import click

from mastic import ENGINES
from mastic.cli.client import ApiError, Client
from mastic.cli.errors import CommandError
from mastic.cli.follow import follow, streams_of
from mastic.cli.options import home_options, settings_for
from mastic.cli.output import duration, money

SCRIPTS_BUCKET = "mastic-scripts"
ROLE = "arn:aws:iam::123456789012:role/mastic-run"  # stored with the job, as AWS requires one; nothing assumes it


class ScriptPath(click.Path):
    """A file; arguments of the job before it would be taken for it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value).startswith("--"):
            self.fail(f"arguments of the job come after the script: mastic run SCRIPT {value} VALUE", param, ctx)
        return super().convert(value, param, ctx)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@home_options
@click.option("--python-shell", is_flag=True, help="Run as a Python shell job instead of a Spark job.")
@click.option("--engine", type=click.Choice(ENGINES), help="Pin the engine of this run; classic: for RDDs and the JVM.")
@click.option("--worker-type", default="G.1X", show_default=True, help="Worker type of a Spark run.")
@click.option("--workers", default=2, show_default=True, help="Number of workers of a Spark run.")
@click.argument("script", type=ScriptPath(exists=True, dir_okay=False, path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    script: Path,
    arguments: tuple[str, ...],
    home: Path | None,
    port: int | None,
    python_shell: bool,
    engine: str | None,
    worker_type: str,
    workers: int,
) -> None:
    """Run SCRIPT now, as a Glue job would run it, with job arguments --NAME VALUE; print its output.

    Uses the Mastic that runs for this home, else starts one that ends with the script. Exits 0 when the run
    succeeded, 1 when it failed, 130 after Ctrl-C, which stops the run.

    \b
    Examples:
      mastic run etl.py --day 2026-01-31
      mastic run --python-shell report.py --bucket lake
      mastic run --engine spark etl.py
    """
    from mastic.installation import StartError, started
    from mastic.settings import SettingsError

    settings = settings_for(home, 0 if port is None else port)  # a server of our own takes any free port
    given = job_arguments(arguments)
    for option in click.get_current_context().command.params:
        if set(option.opts) & given.keys():
            text = f"note: {option.opts[0]} after the script is the script's own; options of mastic come before it"
            click.secho(text, err=True, dim=True)
    if engine:
        given["--mastic-engine"] = engine
    try:
        with started(settings) as endpoint:
            client = Client(endpoint, settings.region)
            command = "pythonshell" if python_shell else "glueetl"
            size: dict[str, object] = (
                {"MaxCapacity": 0.0625} if python_shell else {"WorkerType": worker_type, "NumberOfWorkers": workers}
            )
            job = put_job(client, script, command, size)
            code = run_and_follow(client, job, given)
    except (StartError, SettingsError) as error:
        raise CommandError(str(error)) from error
    sys.exit(code)


def job_arguments(words: tuple[str, ...]) -> dict[str, str]:
    """`--NAME VALUE` pairs as Glue's argument map; `--NAME=VALUE` and bare `--NAME` work too."""
    given: dict[str, str] = {}
    rest = list(words[1:] if words[:1] == ("--",) else words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise CommandError(f"job arguments are --NAME VALUE pairs; {word!r} has no name", exit_code=2)
        name, equals, value = word.partition("=")
        if not equals:
            value = rest.pop(0) if rest and not rest[0].startswith("--") else ""
        given[name] = value
    return given


def put_job(client: Client, script: Path, command: str, size: dict[str, object]) -> str:
    """The job that stands for one script: made on its first run, kept for its history, logs and bookmarks."""
    content = script.read_bytes()
    name = f"run-{script.stem}-{hashlib.sha256(str(script.absolute()).encode()).hexdigest()[:8]}"
    key = f"{name}/{script.name}"
    client.put_object(SCRIPTS_BUCKET, key, content)
    definition = {
        "Role": ROLE,
        "Command": {"Name": command, "ScriptLocation": f"s3://{SCRIPTS_BUCKET}/{key}", "PythonVersion": "3"},
        "ExecutionProperty": {"MaxConcurrentRuns": 10},
        **({"GlueVersion": "5.0"} if command == "glueetl" else {}),
        **size,
    }
    if command == "pythonshell":
        definition["Command"]["PythonVersion"] = "3.9"  # type: ignore[index]
    try:
        client.call("glue", "CreateJob", Name=name, **definition)
    except ApiError as error:
        if error.code not in ("AlreadyExistsException", "IdempotentParameterMismatchException"):
            raise
        client.call("glue", "UpdateJob", JobName=name, JobUpdate=definition)
    return name


def run_and_follow(client: Client, job: str, arguments: dict[str, str]) -> int:
    """Start a run, print what it prints, and return the exit code that tells how it went."""
    run_id = str(client.call("glue", "StartJobRun", JobName=job, Arguments=arguments)["JobRunId"])
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        if stopped:
            sys.exit(130)
        stopped = True
        Client(client.endpoint, client.region).call("glue", "BatchStopJobRun", JobName=job, JobRunIds=[run_id])

    before = signal.signal(signal.SIGINT, stop)
    try:
        details = follow(client, run_id, streams_of(client, run_id))
    finally:
        signal.signal(signal.SIGINT, before)
    result = client.call("glue", "GetJobRun", JobName=job, RunId=run_id)["JobRun"]
    state = result["JobRunState"]
    for note in details.get("notes", []):
        click.secho(f"note: {note}", err=True, dim=True)
    if result.get("ErrorMessage"):
        click.secho(result["ErrorMessage"], err=True, fg="red")
    seconds = details.get("execution_seconds")
    click.secho(f"{state} in {duration(seconds)}, {money(details.get('cost'))}", err=True, dim=True)
    if stopped:
        return 130
    return 0 if state == "SUCCEEDED" else 1
