"""Starting, stopping and reading runs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, select, update

from mastic.app import App
from mastic.jobs import definitions, lifecycle, run
from mastic.jobs.definitions import Job
from mastic.jobs.lifecycle import Ending
from mastic.jobs.model import IDEMPOTENCY_ARGUMENT, Cause, RunPlan, plan
from mastic.jobs.run import Run
from mastic.jobs.states import State
from mastic.jobs.tables import LIVE, job_runs
from mastic.jobs.waiting import why_it_waits
from mastic.protocol.errors import (
    AwsError,
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    InvalidInputException,
)

_LONGEST_KEY = 255


@dataclass(frozen=True)
class Refusal:
    """Why one run of a batch could not be stopped."""

    run_id: str
    error: AwsError


def start(app: App, job_name: str, request: dict[str, Any]) -> str:
    """Start a run and return its id.

    Raises EntityNotFoundException, InvalidInputException, ConcurrentRunsExceededException.
    """
    with app.store.write() as connection:
        return start_within(app, connection, job_name, request, Cause())


def start_within(app: App, connection: Connection, job_name: str, request: dict[str, Any], cause: Cause) -> str:
    """`start` as part of the caller's transaction, for triggers and workflows."""
    job = definitions.find(connection, job_name, lock=True)
    if job is None:
        raise EntityNotFoundException(f"Failed to start job run due to missing metadata: job {job_name} not found.")
    key = _idempotency_key(request)
    known = key and _run_with_key(connection, job_name, key)
    if known:
        return known
    previous = _previous(connection, job_name, request.get("JobRunId"))
    if previous is not None and "Arguments" not in request:
        request = {**request, "Arguments": previous.plan.given_arguments}
    run_plan = plan(job.id, job.definition, request, cause)
    identity = _new(job_name) if previous is None else _next_attempt(connection, previous)
    state = _first_state(connection, job, run_plan)
    values = {**identity, "plan": run_plan, "state": state.value, "idempotency_key": key}
    lifecycle.insert_run(app, connection, values)
    return str(identity["id"])


def stop(app: App, job_name: str, run_ids: list[str]) -> tuple[list[str], list[Refusal]]:
    """Ask runs to stop: those that asked, and those that could not be."""
    stopped, refused = [], []
    for run_id in run_ids:
        try:
            _stop(app, job_name, run_id)
            stopped.append(run_id)
        except AwsError as error:
            refused.append(Refusal(run_id, error))
    return stopped, refused


def get(app: App, job_name: str, run_id: str) -> Run:
    """One run of a job. Raises EntityNotFoundException."""
    with app.store.read() as connection:
        one = _of_job(run.find(connection, run_id), job_name, run_id)
        return replace(one, notes=[*one.notes, *why_it_waits(app, connection, one)])


def page(app: App, job_name: str, before_seq: int | None, limit: int) -> list[Run]:
    """A job's runs, newest first. Raises EntityNotFoundException when there is neither the job nor a run of it."""
    with app.store.read() as connection:
        found = run.of_job(connection, job_name, before_seq, limit)
        if not found and before_seq is None:
            definitions.get(connection, job_name)
        return found


def _stop(app: App, job_name: str, run_id: str) -> None:
    with app.store.write() as connection:
        job = definitions.find(connection, job_name, lock=True)
        one = _of_job(run.find(connection, run_id, lock=True), job_name, run_id)
        if one.state is State.STOPPING:
            return
        if not one.is_live:
            raise InvalidInputException(f"Job run {run_id} is {one.state.value} already.")
        now = app.clock.now()
        if one.worker_id is not None:
            lifecycle.move(app, connection, one, State.STOPPING, stop_requested_on=now)
            return
        connection.execute(update(job_runs).where(job_runs.c.id == run_id).values(stop_requested_on=now))
        lifecycle.end(app, connection, one, Ending(State.STOPPED), job)


def _of_job(one: Run | None, job_name: str, run_id: str) -> Run:
    if one is None or one.job_name != job_name:
        raise EntityNotFoundException(f"Job run {run_id} of job {job_name} not found.")
    return one


def _first_state(connection: Connection, job: Job, run_plan: RunPlan) -> State:
    is_free = lifecycle.occupied(connection, job.name) < job.max_concurrent_runs
    if is_free and not lifecycle.has_waiting(connection, job.name):
        return State.STARTING
    if run_plan.queuing:
        return State.WAITING
    raise ConcurrentRunsExceededException(
        f"Concurrent runs exceeded for {job.name}: MaxConcurrentRuns is {job.max_concurrent_runs}; "
        "raise it, or set JobRunQueuingEnabled to let runs wait for their turn."
    )


def _new(job_name: str) -> dict[str, Any]:
    run_id = f"jr_{secrets.token_hex(32)}"
    return {"id": run_id, "job_name": job_name, "root_id": run_id, "attempt": 0, "previous_run_id": None}


def _previous(connection: Connection, job_name: str, run_id: str | None) -> Run | None:
    if run_id is None:
        return None
    previous = _of_job(run.find(connection, run_id), job_name, run_id)
    live = select(job_runs.c.id).where(job_runs.c.root_id == previous.root_id, LIVE)
    live_id = connection.scalar(live)
    if live_id is not None:
        raise InvalidInputException(f"Job run {run_id} cannot be retried while {live_id} is live.")
    if previous.state is State.SUCCEEDED:
        raise InvalidInputException(f"Job run {run_id} SUCCEEDED; only a run that did not can be retried.")
    return previous


def _next_attempt(connection: Connection, previous: Run) -> dict[str, Any]:
    newest = select(func.max(job_runs.c.attempt)).where(job_runs.c.root_id == previous.root_id)
    return lifecycle.attempt_values(previous, (connection.scalar(newest) or 0) + 1)


def _idempotency_key(request: dict[str, Any]) -> str | None:
    key: str | None = request.get("Arguments", {}).get(IDEMPOTENCY_ARGUMENT)
    if key is not None and not 1 <= len(key) <= _LONGEST_KEY:
        raise InvalidInputException(
            f"Argument {IDEMPOTENCY_ARGUMENT} must have 1 to {_LONGEST_KEY} characters; it has {len(key)}."
        )
    return key


def _run_with_key(connection: Connection, job_name: str, key: str) -> str | None:
    found: str | None = connection.scalar(
        select(job_runs.c.id).where(job_runs.c.job_name == job_name, job_runs.c.idempotency_key == key)
    )
    return found
