"""The tables of jobs and their runs. Everything about a run is keyed by job name: AWS keeps no other key either."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, Float, Index, Integer, String, Table, Text, TextClause, event, text

from mastic.store.database import metadata
from mastic.store.types import Json, Serial, UtcDateTime

NAME = String(255)

# Partial indexes are used only by queries that repeat their condition literally, so both take it from here.
LIVE = text("state IN ('WAITING', 'STARTING', 'RUNNING', 'STOPPING')")
OCCUPYING = text("state IN ('STARTING', 'RUNNING', 'STOPPING')")
EXECUTING = text("state IN ('RUNNING', 'STOPPING')")
CLAIMABLE = text("state = 'STARTING' AND worker_id IS NULL")
WAITING = text("state = 'WAITING'")
HAS_KEY = text("idempotency_key IS NOT NULL")


def _partial(name: str, *columns: str, where: TextClause, unique: bool = False) -> Index:
    index = Index(name, *columns, unique=unique, sqlite_where=where)

    # As an argument it would import the dialect of PostgreSQL, in every server of SQLite too.
    @event.listens_for(index, "before_create")
    def for_postgresql(target: Index, connection: Connection, **_: Any) -> None:
        if connection.dialect.name == "postgresql":
            target.dialect_options["postgresql"]["where"] = where

    return index


jobs = Table(
    "jobs",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("id", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_on", UtcDateTime, nullable=False),
    Column("last_modified_on", UtcDateTime, nullable=False),
    Column("definition", Json, nullable=False),  # AWS's Job, defaults filled in, without name and dates
)

job_runs = Table(
    "job_runs",
    metadata,
    Column("seq", Serial, primary_key=True),  # order of arrival: FIFO admission, newest-first listing
    Column("id", NAME, nullable=False),
    Column("job_name", NAME, nullable=False),
    Column("root_id", NAME, nullable=False),  # the id of attempt 0
    Column("attempt", Integer, nullable=False),
    Column("previous_run_id", NAME),
    Column("trigger_name", NAME),
    Column("state", String(16), nullable=False),
    Column("started_on", UtcDateTime, nullable=False),
    Column("last_modified_on", UtcDateTime, nullable=False),
    Column("executing_from", UtcDateTime),
    Column("deadline", UtcDateTime),  # when the run times out; set once it executes
    Column("stop_requested_on", UtcDateTime),
    Column("completed_on", UtcDateTime),
    Column("execution_seconds", Float, nullable=False),
    Column("error_message", Text),
    Column("command", String(32), nullable=False),
    Column("vcpus", Float, nullable=False),
    Column("memory_mb", Integer, nullable=False),
    Column("plan", Json, nullable=False),  # model.RunPlan: what was decided at the start; never changes
    Column("notes", Json, nullable=False),  # warnings for the user
    Column("report", Json),  # what the worker said at the end: tail, exit code, memory, engines
    Column("worker_id", NAME),  # who has claimed it
    Column("token", Integer, nullable=False),  # how often the run was claimed; the newest claim's is the fencing token
    Column("run_token_hash", String(64)),
    Column("idempotency_key", NAME),
    Index("uq_job_runs_id", "id", unique=True),
    Index("uq_job_runs_root_id", "root_id", "attempt", unique=True),
    Index("ix_job_runs_job_name", "job_name", "seq"),
    Index("ix_job_runs_completed_on", "completed_on"),
    _partial("ix_job_runs_live", "job_name", "seq", where=LIVE),
    _partial("ix_job_runs_claimable", "seq", where=CLAIMABLE),
    _partial("ix_job_runs_waiting", "seq", where=WAITING),
    _partial("ix_job_runs_executing", "deadline", where=EXECUTING),
    _partial(
        "uq_job_runs_idempotency_key",
        "job_name",
        "idempotency_key",
        where=HAS_KEY,
        unique=True,
    ),
)

# Apart from the runs, because every heartbeat rewrites them.
job_run_leases = Table(
    "job_run_leases",
    metadata,
    Column("run_id", NAME, primary_key=True),
    Column("worker_id", NAME, nullable=False),
    Column("token", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("vcpus", Float, nullable=False),  # what the run takes of this worker
    Column("memory_mb", Integer, nullable=False),
    Index("ix_job_run_leases_worker_id", "worker_id"),
    Index("ix_job_run_leases_expires_at", "expires_at"),
)

# One row per change of state, in commit order: triggers, workflows and notifications read on from the last id they saw.
job_run_events = Table(
    "job_run_events",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("run_id", NAME, nullable=False),
    Column("job_name", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("retried", Integer, nullable=False),  # 1 when a further attempt was written in the same transaction
    Index("ix_job_run_events_run_id", "run_id"),
)

# Every committed bookmark, newest version last; rewinding appends. `run` counts the job's bookmarked runs.
job_bookmarks = Table(
    "job_bookmarks",
    metadata,
    Column("job_name", NAME, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("run", Integer, nullable=False),
    Column("run_id", NAME),
    Column("run_seq", Serial),
    Column("attempt", Integer, nullable=False),
    Column("previous_run_id", NAME),
    Column("state", Json),
    Column("committed_on", UtcDateTime, nullable=False),
    Index("ix_job_bookmarks_job_name", "job_name", "run_seq"),
    Index("ix_job_bookmarks_committed_on", "committed_on"),
)

workers = Table(
    "workers",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("vcpus", Float, nullable=False),
    Column("memory_mb", Integer, nullable=False),
    Column("commands", Json, nullable=False),
    Column("last_seen_on", UtcDateTime, nullable=False),
)
