"""The worker's side of a run: claim it, keep its lease, report. A worker that lost its lease can report no more.

A run is owned by who holds its newest token while `worker_id` is set. A lease that lapses before the script has begun
puts the run back in line; after that the run has failed, because only a retry may run a script twice.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, tuple_, update

from mastic.app import App
from mastic.jobs import definitions, lifecycle, run
from mastic.jobs.assignment import assignment
from mastic.jobs.lifecycle import Ending
from mastic.jobs.run import Run
from mastic.jobs.states import State
from mastic.jobs.tables import CLAIMABLE, job_run_leases, job_runs, workers
from mastic.security.keys import issue_run_key
from mastic.store.database import after_commit, upsert

MOST_CLAIMS = 5
_MOST_NOTES = 100
_LONGEST_NOTE = 2000


class Fenced(Exception):
    """The caller's token is not the run's current one, or the run has ended: nothing it reports counts."""


@dataclass(frozen=True)
class Worker:
    """A worker process and what it offers."""

    id: str
    vcpus: float
    memory_mb: int
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """A run a worker says it holds, and the directive it already knows."""

    run_id: str
    token: int
    known: str = "continue"


def check_in(app: App, worker: Worker, running: list[str]) -> None:
    """Note that a worker is there. Runs it was given and never heard of (the answer was lost) go back in line."""
    with app.store.write() as connection:
        _seen(app, connection, worker)
        lost = select(job_run_leases.c.run_id, job_run_leases.c.token).where(job_run_leases.c.worker_id == worker.id)
        unknown = [(run_id, token) for run_id, token in connection.execute(lost) if run_id not in running]
    for run_id, token in unknown:
        put_back(app, run_id, token)


def has_claimable(app: App) -> bool:
    """Whether any run waits for a worker: one indexed read, so that idle workers cost nothing."""
    with app.store.read() as connection:
        return connection.scalar(select(job_runs.c.seq).where(CLAIMABLE).limit(1)) is not None


def claim(app: App, worker: Worker) -> dict[str, Any] | None:
    """The oldest run this worker can execute and has room for, now leased to it; or None.

    First come, first served: a run that does not fit yet is not overtaken, or it might never start.
    """
    with app.store.write() as connection:
        # Two claims of one worker take turns, so that the room is not given away twice.
        connection.execute(select(workers.c.id).where(workers.c.id == worker.id).with_for_update())
        one = _next(connection, worker)
        if one is None or not _fits(app, connection, worker, one):
            return None
        token, run_token = one.token + 1, secrets.token_urlsafe(32)
        values = {"worker_id": worker.id, "token": token, "run_token_hash": hash_token(run_token)}
        connection.execute(update(job_runs).where(job_runs.c.id == one.id).values(**values))
        vcpus, memory_mb = _demand(worker, one)
        lease = {"run_id": one.id, "worker_id": worker.id, "token": token, "expires_at": _expiry(app)}
        connection.execute(insert(job_run_leases).values(**lease, vcpus=vcpus, memory_mb=memory_mb))
        # Where callers must sign, the script gets a key of its own that dies with the run.
        key = None if app.settings.auth == "open" else issue_run_key(connection, app, one.id, one.plan.role)
        return assignment(app, one, token, run_token, key)


def renew(app: App, worker_id: str, held: list[Held]) -> None:
    """Extend the leases of the runs this worker still owns."""
    leases = job_run_leases.c
    owned = tuple_(leases.run_id, leases.token).in_([(one.run_id, one.token) for one in held])
    renewal = update(job_run_leases).where(leases.worker_id == worker_id, owned).values(expires_at=_expiry(app))
    with app.store.write() as connection:
        connection.execute(update(workers).where(workers.c.id == worker_id).values(last_seen_on=app.clock.now()))
        if held:
            connection.execute(renewal)


def directives(app: App, worker_id: str, held: list[Held]) -> tuple[dict[str, str], float | None]:
    """What the worker is to do with each run, and in how many seconds the first timeout is due."""
    columns = job_runs.c
    query = select(columns.id, columns.state, columns.token, columns.worker_id, columns.deadline)
    with app.store.read() as connection:
        found = connection.execute(query.where(columns.id.in_([one.run_id for one in held])))
        rows = {row.id: row for row in found}
    now = app.clock.now()
    answers, due = {}, []
    for one in held:
        row = rows.get(one.run_id)
        if row is None or row.token != one.token or row.worker_id != worker_id or row.state not in _OWNED:
            answers[one.run_id] = "abandon"
        elif row.state == State.STOPPING:
            answers[one.run_id] = "stop"
        elif row.deadline is not None and row.deadline <= now:
            answers[one.run_id] = "timeout"
        else:
            answers[one.run_id] = "continue"
            due += [(row.deadline - now).total_seconds()] if row.deadline else []
    return answers, min(due, default=None)


def started(app: App, run_id: str, token: int, notes: list[str]) -> str:
    """STARTING becomes RUNNING; the directive in force. Raises Fenced."""
    with app.store.write() as connection:
        one = _owned(connection, run_id, token)
        _add_notes(connection, one, notes)
        if one.state is State.STOPPING:
            return "stop"
        if one.state is State.STARTING:
            now = app.clock.now()
            deadline = now + timedelta(minutes=one.plan.timeout_minutes)
            lifecycle.move(app, connection, one, State.RUNNING, executing_from=now, deadline=deadline)
        return "continue"


def add_notes(app: App, run_id: str, token: int | None, notes: list[str]) -> None:
    """Attach warnings to a live run. Raises Fenced."""
    with app.store.write() as connection:
        one = run.get(connection, run_id, lock=True)
        if not one.is_live or (token is not None and token != one.token):
            raise Fenced(f"run {run_id} is not yours to note on: it is {one.state.value}, claim {one.token}")
        _add_notes(connection, one, notes)


def finished(app: App, run_id: str, token: int, ending: Ending) -> None:
    """The run's end. Repeating it with the same token changes nothing. Raises Fenced, IllegalMove."""
    with app.store.write() as connection:
        job_name = run.get(connection, run_id).job_name
        job = definitions.find(connection, job_name, lock=True)
        one = run.get(connection, run_id, lock=True)
        if not one.is_live and one.token == token and one.report is not None:
            return
        _check_owned(one, token)
        lifecycle.end(app, connection, one, ending, job)


def put_back(app: App, run_id: str, token: int, *, only_if_expired: bool = False) -> None:
    """A lease is lost: a run whose script has not begun goes back in line. Others are left to `lose`."""
    with app.store.write() as connection:
        one = run.find(connection, run_id, lock=True)
        if one is None or one.token != token or one.state is not State.STARTING or one.token >= MOST_CLAIMS:
            return
        if only_if_expired and not _is_expired(app, connection, one):
            return
        change = update(job_runs).where(job_runs.c.id == run_id)
        connection.execute(change.values(worker_id=None, run_token_hash=None))
        lifecycle.release(app, connection, one)
        after_commit(connection, lambda: app.notifier.publish(lifecycle.CLAIMABLE_RUNS))


def lose(app: App, run_id: str, token: int) -> None:
    """End a run whose worker has not been heard of for a lease period."""
    with app.store.write() as connection:
        job_name = run.get(connection, run_id).job_name
        job = definitions.find(connection, job_name, lock=True)
        one = run.get(connection, run_id, lock=True)
        is_held = one.token == token and one.worker_id is not None and one.is_live
        if not is_held or not _is_expired(app, connection, one):
            return
        lifecycle.end(app, connection, one, _loss(app, one), job)


def run_token_matches(app: App, run_id: str, run_token: str) -> bool:
    """Whether a script's bearer token is the one of the run's current claim."""
    with app.store.read() as connection:
        stored = connection.scalar(select(job_runs.c.run_token_hash).where(job_runs.c.id == run_id))
    return stored is not None and secrets.compare_digest(stored, hash_token(run_token))


def hash_token(run_token: str) -> str:
    """How a run token is stored."""
    return hashlib.sha256(run_token.encode()).hexdigest()


_OWNED = {State.STARTING.value, State.RUNNING.value, State.STOPPING.value}


def _seen(app: App, connection: Connection, worker: Worker) -> None:
    row = {"id": worker.id, "vcpus": worker.vcpus, "memory_mb": worker.memory_mb, "commands": list(worker.commands)}
    upsert(connection, workers, [{**row, "last_seen_on": app.clock.now()}], keys=("id",))


def _next(connection: Connection, worker: Worker) -> Run | None:
    query = select(job_runs.c.id).where(CLAIMABLE, job_runs.c.command.in_(worker.commands))
    run_id = connection.scalar(query.order_by(job_runs.c.seq).limit(1).with_for_update(skip_locked=True))
    return None if run_id is None else run.find(connection, run_id)


def _fits(app: App, connection: Connection, worker: Worker, one: Run) -> bool:
    leases = job_run_leases.c
    used = connection.execute(
        select(func.sum(leases.vcpus), func.sum(leases.memory_mb)).where(leases.worker_id == worker.id)
    ).one()
    vcpus, memory_mb = _demand(worker, one)
    overcommit = app.settings.worker_overcommit
    return bool(
        (used[0] or 0) + vcpus <= overcommit * worker.vcpus
        and (used[1] or 0) + memory_mb <= overcommit * worker.memory_mb
    )


def _demand(worker: Worker, one: Run) -> tuple[float, int]:
    capacity = one.plan.capacity
    return min(capacity.vcpus, worker.vcpus), min(capacity.memory_mb, worker.memory_mb)


def _owned(connection: Connection, run_id: str, token: int) -> Run:
    one = run.get(connection, run_id, lock=True)
    _check_owned(one, token)
    return one


def _check_owned(one: Run, token: int) -> None:
    if not one.is_live or one.worker_id is None or one.token != token:
        raise Fenced(f"run {one.id} is {one.state.value} and its current claim is {one.token}, not {token}")


def _is_expired(app: App, connection: Connection, one: Run) -> bool:
    expiry = connection.scalar(select(job_run_leases.c.expires_at).where(job_run_leases.c.run_id == one.id))
    return expiry is None or expiry <= app.clock.now()


def _loss(app: App, one: Run) -> Ending:
    if one.stop_requested_on is not None:
        return Ending(State.STOPPED)
    silence = f"Worker {one.worker_id} was not heard of for {app.settings.lease_seconds:g} s"
    if one.state is State.STARTING:
        return Ending(State.FAILED, f"{silence}; {one.token} workers took this run and none got it to start.")
    return Ending(State.FAILED, f"{silence} while it executed this run: it died, was killed or lost the network.")


def _expiry(app: App) -> Any:
    return app.clock.now() + timedelta(seconds=app.settings.lease_seconds)


def _add_notes(connection: Connection, one: Run, notes: list[str]) -> None:
    fresh = [note[:_LONGEST_NOTE] for note in dict.fromkeys(notes) if note[:_LONGEST_NOTE] not in one.notes]
    kept = [*one.notes, *fresh][:_MOST_NOTES]
    if kept != one.notes:
        connection.execute(update(job_runs).where(job_runs.c.id == one.id).values(notes=kept))
