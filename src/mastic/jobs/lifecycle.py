"""Moves runs through their states. Each function is part of a caller's transaction, and whoever changes how many runs
of a job are live holds that job's row (`definitions.find(lock=True)`) from before it looks: MaxConcurrentRuns is
checked and taken in one step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from mastic.app import App
from mastic.jobs import events, run
from mastic.jobs.events import Event
from mastic.jobs.run import Run
from mastic.jobs.states import FINAL, RETRIED, State, check_move
from mastic.jobs.tables import OCCUPYING, WAITING, job_run_leases, job_runs
from mastic.security.keys import revoke_run_keys
from mastic.store.database import after_commit

if TYPE_CHECKING:
    from mastic.jobs.definitions import Job

# Channels of the notifier.
CLAIMABLE_RUNS = "claimable-runs"
RUN_EVENTS = "job-run-events"


@dataclass(frozen=True)
class Ending:
    """How a run ended, as the worker or the server saw it."""

    state: State
    error_message: str | None = None
    execution_seconds: float | None = None
    report: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)


def worker_channel(worker_id: str) -> str:
    """The channel a worker's heartbeat waits on."""
    return f"worker:{worker_id}"


def run_channel(run_id: str) -> str:
    """The channel on which a run's end is told."""
    return f"run:{run_id}"


def insert_run(app: App, connection: Connection, values: dict[str, Any]) -> None:
    """Write a new run, STARTING or WAITING."""
    now = app.clock.now()
    plan = values["plan"]
    row = {
        **values,
        "plan": plan.encoded(),
        "command": plan.command["Name"],
        "vcpus": plan.capacity.vcpus,
        "memory_mb": plan.capacity.memory_mb,
        "trigger_name": plan.cause.trigger_name,
        "started_on": now,
        "last_modified_on": now,
        "execution_seconds": 0.0,
        "notes": [],
        "token": 0,
    }
    connection.execute(insert(job_runs).values(**row))
    _announce(app, connection, Event(row["id"], row["job_name"], row["attempt"], State(row["state"]), now))


def move(app: App, connection: Connection, one: Run, after: State, *, retried: bool = False, **values: Any) -> None:
    """One change of state, with its event. Raises IllegalMove."""
    check_move(one.id, one.state, after)
    now = app.clock.now()
    change = update(job_runs).where(job_runs.c.id == one.id)
    connection.execute(change.values(state=after.value, last_modified_on=now, **values))
    _announce(app, connection, Event(one.id, one.job_name, one.attempt, after, now, retried), one.worker_id)


def end(app: App, connection: Connection, one: Run, ending: Ending, job: Job | None) -> None:
    """The final state, the retry if one is due, the slot given to the next in line: all or nothing.

    `job` is the run's job, locked, or None when it is gone. Raises IllegalMove.
    """
    now = app.clock.now()
    retried = job is not None and job.id == one.plan.job_id and _is_retried(one, ending.state)
    seconds = one.seconds(now) if ending.execution_seconds is None else max(ending.execution_seconds, 0.0)
    move(
        app,
        connection,
        one,
        ending.state,
        retried=retried,
        completed_on=now,
        execution_seconds=seconds if one.executing_from else 0.0,
        error_message=ending.error_message,
        report=ending.report,
        notes=list(dict.fromkeys([*one.notes, *ending.notes])),  # a repeated report brings the same ones
        run_token_hash=None,
    )
    release(app, connection, one)
    if retried:
        _insert_attempt(app, connection, one, one.attempt + 1)
    if job is not None:
        admit(app, connection, job)


def release(app: App, connection: Connection, one: Run) -> None:
    """Take a run's lease and keys away; its worker has room for another."""
    connection.execute(delete(job_run_leases).where(job_run_leases.c.run_id == one.id))
    if app.settings.auth != "open":
        revoke_run_keys(connection, one.id)
    if one.worker_id is not None:
        channel = worker_channel(one.worker_id)
        after_commit(connection, lambda: app.notifier.publish(channel))


def admit(app: App, connection: Connection, job: Job) -> None:
    """Give free slots to the runs that have waited longest."""
    free = job.max_concurrent_runs - occupied(connection, job.name)
    if free <= 0:
        return
    for one in run.matching(connection, job_runs.c.job_name == job.name, WAITING, limit=free, lock=True):
        move(app, connection, one, State.STARTING)


def abandon(app: App, connection: Connection, job_name: str) -> None:
    """End the runs that wait for their turn at a job that is being deleted."""
    for one in run.matching(connection, job_runs.c.job_name == job_name, WAITING, lock=True):
        message = f"Job {job_name} was deleted while this run waited for its turn."
        end(app, connection, one, Ending(State.ERROR, message), job=None)


def occupied(connection: Connection, job_name: str) -> int:
    """How many runs of a job count towards its MaxConcurrentRuns."""
    query = select(func.count()).select_from(job_runs).where(job_runs.c.job_name == job_name, OCCUPYING)
    return connection.scalar(query) or 0


def has_waiting(connection: Connection, job_name: str) -> bool:
    """Whether runs of a job wait for their turn."""
    waiting = select(job_runs.c.seq).where(job_runs.c.job_name == job_name, WAITING).limit(1)
    return connection.scalar(waiting) is not None


def attempt_values(previous: Run, attempt: int) -> dict[str, Any]:
    """The columns of a further attempt at a run."""
    return {
        "id": f"{previous.root_id}_attempt_{attempt}",
        "job_name": previous.job_name,
        "root_id": previous.root_id,
        "attempt": attempt,
        "previous_run_id": previous.id,
    }


def _insert_attempt(app: App, connection: Connection, previous: Run, attempt: int) -> None:
    values = attempt_values(previous, attempt)
    insert_run(app, connection, {**values, "plan": previous.plan, "state": State.STARTING.value})


def _is_retried(one: Run, after: State) -> bool:
    return after in RETRIED and one.attempt < one.plan.max_retries and one.stop_requested_on is None


def _announce(app: App, connection: Connection, event: Event, worker_id: str | None = None) -> None:
    events.append(connection, event)
    channels = [RUN_EVENTS]
    if event.state is State.STARTING:
        channels.append(CLAIMABLE_RUNS)
    if event.state is State.STOPPING and worker_id is not None:
        channels.append(worker_channel(worker_id))
    if event.state in FINAL:
        channels.append(run_channel(event.run_id))
    after_commit(connection, lambda: app.notifier.publish(*channels))
