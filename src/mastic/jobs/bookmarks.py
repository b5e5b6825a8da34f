"""Job bookmarks: what a job has already read, one version per commit, kept so that they can be rewound.

AWS: https://docs.aws.amazon.com/glue/latest/dg/monitor-continuations.html. The state is awsglue's own JSON and opaque
here. "Up to a run" means the last bookmark committed by that run or by one before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from mastic.app import App
from mastic.jobs import definitions, run
from mastic.jobs.run import Run
from mastic.jobs.states import State
from mastic.jobs.tables import job_bookmarks
from mastic.protocol.errors import EntityNotFoundException, InvalidInputException

ENABLE, DISABLE, PAUSE = "job-bookmark-enable", "job-bookmark-disable", "job-bookmark-pause"
FROM_ARGUMENT, TO_ARGUMENT = "--job-bookmark-from", "--job-bookmark-to"


class BookmarkConflict(Exception):
    """Another run has committed this job's bookmark first, or the run may no longer commit."""


@dataclass(frozen=True)
class Bookmark:
    """One version. Version 0 is a job that has none yet; a reset leaves a version without a state."""

    job_name: str
    version: int = 0
    run: int = 0
    run_id: str | None = None
    run_seq: int | None = None
    attempt: int = 0
    previous_run_id: str | None = None
    state: dict[str, Any] | None = None
    committed_on: datetime | None = None

    def shape(self) -> dict[str, Any]:
        """AWS's JobBookmarkEntry."""
        found = {"JobName": self.job_name, "Version": self.version, "Run": self.run, "Attempt": self.attempt}
        optional = {"PreviousRunId": self.previous_run_id, "RunId": self.run_id}
        state = {} if self.state is None else {"JobBookmark": msgspec.json.encode(self.state).decode()}
        return found | {key: value for key, value in optional.items() if value is not None} | state


def read(app: App, job_name: str, run_id: str | None) -> Bookmark:
    """A job's bookmark, or the one it had up to a run. Raises EntityNotFoundException."""
    with app.store.read() as connection:
        definitions.get(connection, job_name)
        found = _up_to(connection, _run(connection, job_name, run_id)) if run_id else current(connection, job_name)
    if found is None or found.version == 0:
        suffix = f" up to run {run_id}" if run_id else ""
        raise EntityNotFoundException(f"Job {job_name} has no bookmark{suffix}.")
    return found


def reset(app: App, job_name: str, run_id: str | None) -> Bookmark:
    """Forget what was read, or all that was read after a run. Raises EntityNotFoundException."""
    with app.store.write() as connection:
        definitions.get(connection, job_name, lock=True)
        target = _up_to(connection, _run(connection, job_name, run_id)) if run_id else None
        before = current(connection, job_name)
        values = vars(target) if target else {"job_name": job_name, "run": 0, "attempt": 0}
        return _append(app, connection, {**values, "version": before.version + 1})


def forget(connection: Connection, job_name: str) -> None:
    """AWS: "If you delete a job, the job bookmark is deleted." """
    connection.execute(delete(job_bookmarks).where(job_bookmarks.c.job_name == job_name))


def for_run(app: App, run_id: str) -> dict[str, Any]:
    """What a run reads from and up to (docs/run-api.md). Raises EntityNotFoundException, InvalidInputException."""
    with app.store.read() as connection:
        one = run.get(connection, run_id)
        now = current(connection, one.job_name)
        bounds = {
            "from": _bound(connection, one, FROM_ARGUMENT),
            "to": _bound(connection, one, TO_ARGUMENT),
        }
    if (bounds["from"] is None) != (bounds["to"] is None):
        raise InvalidInputException(f"{PAUSE} takes both of {FROM_ARGUMENT} and {TO_ARGUMENT}, or neither.")
    return {"version": now.version, "state": now.state, "option": one.plan.bookmark_option, **bounds}


def commit(app: App, run_id: str, expected_version: int, state: dict[str, Any]) -> int:
    """Save a run's bookmark if nobody has since it read version `expected_version`; the new version.

    Raises BookmarkConflict when somebody has, or the run has ended; InvalidInputException when it has bookmarks off.
    """
    with app.store.write() as connection:
        job_name = run.get(connection, run_id).job_name
        job = definitions.find(connection, job_name, lock=True)
        one = run.get(connection, run_id, lock=True)
        if one.plan.bookmark_option != ENABLE:
            raise InvalidInputException(f"Run {run_id} has {one.plan.bookmark_option}: its bookmark does not move.")
        if job is None or job.id != one.plan.job_id:
            raise BookmarkConflict(f"job {job_name} of run {run_id} was deleted, and its bookmark with it")
        if one.state not in (State.RUNNING, State.STOPPING):
            raise BookmarkConflict(f"run {run_id} is {one.state.value} and may not commit a bookmark")
        now = current(connection, job_name)
        if now.version != expected_version:
            by = f"run {now.run_id}" if now.run_id else "a reset"
            raise BookmarkConflict(
                f"the bookmark of job {job_name} is at version {now.version}, set by {by}; "
                f"this run read version {expected_version}"
            )
        return _append(app, connection, _committed(one, now, state)).version


def current(connection: Connection, job_name: str) -> Bookmark:
    """The newest version; version 0 when there is none."""
    query = select(job_bookmarks).where(job_bookmarks.c.job_name == job_name)
    row = connection.execute(query.order_by(job_bookmarks.c.version.desc()).limit(1)).mappings().first()
    return Bookmark(**row) if row else Bookmark(job_name)


def _committed(one: Run, before: Bookmark, state: dict[str, Any]) -> dict[str, Any]:
    same_run = before.run_id == one.id  # a script may commit more than once
    return {
        "job_name": one.job_name,
        "version": before.version + 1,
        "run": before.run if same_run else before.run + 1,
        "run_id": one.id,
        "run_seq": one.seq,
        "attempt": one.attempt,
        "previous_run_id": before.previous_run_id if same_run else before.run_id,
        "state": state,
    }


def _append(app: App, connection: Connection, values: dict[str, Any]) -> Bookmark:
    row = {**values, "committed_on": app.clock.now()}
    connection.execute(insert(job_bookmarks).values(**row))
    return Bookmark(**row)


def _run(connection: Connection, job_name: str, run_id: str) -> Run:
    one = run.get(connection, run_id)
    if one.job_name != job_name:
        raise EntityNotFoundException(f"Job run {run_id} of job {job_name} not found.")
    return one


def _up_to(connection: Connection, one: Run) -> Bookmark | None:
    columns = job_bookmarks.c
    query = select(job_bookmarks).where(columns.job_name == one.job_name, columns.run_seq <= one.seq)
    newest = query.order_by(columns.run_seq.desc(), columns.version.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    return Bookmark(**row) if row else None


def _bound(connection: Connection, one: Run, argument: str) -> dict[str, Any] | None:
    run_id = one.plan.arguments.get(argument)
    if one.plan.bookmark_option != PAUSE or not run_id:
        return None
    found = _up_to(connection, _run(connection, one.job_name, run_id))
    return {} if found is None or found.state is None else found.state
