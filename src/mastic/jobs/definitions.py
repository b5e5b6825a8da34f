"""Job definitions in the database: create, update, read, list, delete."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from mastic import tags
from mastic.app import App
from mastic.jobs import bookmarks, lifecycle
from mastic.jobs.definition import checked
from mastic.jobs.tables import jobs
from mastic.protocol.errors import EntityNotFoundException, IdempotentParameterMismatchException
from mastic.store.database import insert_if_absent
from mastic.tags.tables import tags as tags_table


@dataclass(frozen=True)
class Job:
    """A stored definition; `definition` holds AWS's fields but for name and dates."""

    name: str
    id: str
    version: int
    created_on: datetime
    last_modified_on: datetime
    definition: dict[str, Any]

    @property
    def max_concurrent_runs(self) -> int:
        return int(self.definition["ExecutionProperty"]["MaxConcurrentRuns"])

    def shape(self) -> dict[str, Any]:
        """AWS's Job."""
        dates = {"CreatedOn": self.created_on, "LastModifiedOn": self.last_modified_on}
        return {"Name": self.name, **dates, **self.definition}


def arn(app: App, name: str) -> str:
    """`arn:aws:glue:<region>:<account>:job/<name>`."""
    return app.arn(f"job/{name}")


def create(app: App, name: str, given: dict[str, Any], job_tags: dict[str, str]) -> None:
    """Store a new job. The same one again is no error, as on AWS.

    Raises IdempotentParameterMismatchException when the name has another definition, InvalidInputException.
    """
    definition, now = checked(given), app.clock.now()
    with app.store.write() as connection:
        row = {"name": name, "id": f"j_{secrets.token_hex(32)}", "version": 1, "definition": definition}
        if not insert_if_absent(connection, jobs, {**row, "created_on": now, "last_modified_on": now}):
            _check_same(app, connection, name, definition, job_tags)
            return
        tags.add(connection, arn(app, name), job_tags)


def _check_same(app: App, connection: Connection, name: str, definition: dict[str, Any], job_tags: Any) -> None:
    if get(connection, name).definition != definition or tags.of(connection, arn(app, name)) != job_tags:
        raise IdempotentParameterMismatchException(
            f"Job {name} already submitted with different configuration; UpdateJob changes it."
        )


def overwrite(app: App, name: str, given: dict[str, Any]) -> None:
    """Overwrite a job's whole definition; only its Glue version stays when none is given.

    Raises EntityNotFoundException, InvalidInputException.
    """
    with app.store.write() as connection:
        job = get(connection, name, lock=True)
        definition = checked(given, default_version=job.definition["GlueVersion"])
        job = replace(job, definition=definition, version=job.version + 1, last_modified_on=app.clock.now())
        connection.execute(update(jobs).where(jobs.c.name == name).values(**vars(job)))
        lifecycle.admit(app, connection, job)


def remove(app: App, name: str) -> None:
    """Delete a job, its bookmarks and tags; runs that wait end, runs that execute go on. No error when absent."""
    with app.store.write() as connection:
        if find(connection, name, lock=True) is None:
            return
        lifecycle.abandon(app, connection, name)
        bookmarks.forget(connection, name)
        tags.forget(connection, arn(app, name))
        connection.execute(delete(jobs).where(jobs.c.name == name))


def find(connection: Connection, name: str, *, lock: bool = False) -> Job | None:
    """A job or None. `lock` makes this transaction the only one that admits or ends runs of the job."""
    query = select(jobs).where(jobs.c.name == name)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    return None if row is None else Job(**row)


def get(connection: Connection, name: str, *, lock: bool = False) -> Job:
    """A job. Raises EntityNotFoundException."""
    job = find(connection, name, lock=lock)
    if job is None:
        raise EntityNotFoundException(f"Job with name: {name} not found.")
    return job


def get_many(connection: Connection, names: list[str]) -> dict[str, Job]:
    """The jobs among `names` that exist."""
    rows = connection.execute(select(jobs).where(jobs.c.name.in_(names))).mappings()
    return {row["name"]: Job(**row) for row in rows}


def page(connection: Connection, after: str | None, limit: int) -> list[Job]:
    """Jobs in order of name, after the name of the last one seen."""
    query = select(jobs).order_by(jobs.c.name).limit(limit)
    if after is not None:
        query = query.where(jobs.c.name > after)
    return [Job(**row) for row in connection.execute(query).mappings()]


def names(app: App, connection: Connection, after: str | None, limit: int, wanted: dict[str, str]) -> list[str]:
    """Names of the jobs that carry all `wanted` tags, in order."""
    query = select(jobs.c.name).order_by(jobs.c.name).limit(limit)
    if after is not None:
        query = query.where(jobs.c.name > after)
    for key, value in wanted.items():
        tagged = select(tags_table.c.arn).where(tags_table.c.key == key, tags_table.c.value == value)
        query = query.where((arn(app, "") + jobs.c.name).in_(tagged))
    return list(connection.scalars(query))


@tags.taggable("job")
def _exists(connection: Connection, name: str) -> bool:
    return find(connection, name) is not None
