"""The log of state changes, in commit order. Triggers, workflows and notifications read on from the last id seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text

from mastic.jobs.states import State
from mastic.jobs.tables import job_run_events
from mastic.store.database import before_commit

# Any constant. Ids come from a sequence before the commit, so two transactions that append at once could commit in the
# other order and a reader would skip one: on PostgreSQL they take turns, from the append (the last act) to the commit.
_LOCK = 4591


@dataclass(frozen=True)
class Event:
    """One run changed state. `retried`: a further attempt was written in the same transaction."""

    run_id: str
    job_name: str
    attempt: int
    state: State
    at: datetime
    retried: bool = False
    id: int = 0


def append(connection: Connection, event: Event) -> None:
    """Append to the log when this transaction commits."""
    before_commit(connection, lambda: _write(connection, event))


def read(connection: Connection, after_id: int, limit: int = 1000) -> list[Event]:
    """Events after `after_id`, oldest first."""
    query = select(job_run_events).where(job_run_events.c.id > after_id).order_by(job_run_events.c.id).limit(limit)
    return [_event(row) for row in connection.execute(query).mappings()]


def of_run(connection: Connection, run_id: str) -> list[Event]:
    """Every state a run has been in, oldest first."""
    query = select(job_run_events).where(job_run_events.c.run_id == run_id).order_by(job_run_events.c.id)
    return [_event(row) for row in connection.execute(query).mappings()]


def _write(connection: Connection, event: Event) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    values = asdict(event) | {"state": event.state.value, "retried": int(event.retried)}
    connection.execute(insert(job_run_events).values({k: v for k, v in values.items() if k != "id"}))


def _event(row: Any) -> Event:
    values = dict(row)
    return Event(**values | {"state": State(values["state"]), "retried": bool(values["retried"])})
