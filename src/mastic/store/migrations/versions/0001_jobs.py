"""Jobs, runs, leases, events, bookmarks, workers and tags."""

from alembic import op
from sqlalchemy import Column, Float, Integer, PrimaryKeyConstraint, String, Text, text

from mastic.store.types import Json, Serial, UtcDateTime

NAME = String(255)


def upgrade() -> None:
    op.create_table(
        "jobs",
        Column("name", NAME, nullable=False),
        Column("id", String(80), nullable=False),
        Column("version", Integer, nullable=False),
        Column("created_on", UtcDateTime, nullable=False),
        Column("last_modified_on", UtcDateTime, nullable=False),
        Column("definition", Json, nullable=False),
        PrimaryKeyConstraint("name", name="pk_jobs"),
    )
    _create_runs()
    op.create_table(
        "job_run_leases",
        Column("run_id", NAME, nullable=False),
        Column("worker_id", NAME, nullable=False),
        Column("token", Integer, nullable=False),
        Column("expires_at", UtcDateTime, nullable=False),
        Column("vcpus", Float, nullable=False),
        Column("memory_mb", Integer, nullable=False),
        PrimaryKeyConstraint("run_id", name="pk_job_run_leases"),
    )
    op.create_index("ix_job_run_leases_worker_id", "job_run_leases", ["worker_id"])
    op.create_index("ix_job_run_leases_expires_at", "job_run_leases", ["expires_at"])
    op.create_table(
        "job_run_events",
        Column("id", Serial, nullable=False),
        Column("run_id", NAME, nullable=False),
        Column("job_name", NAME, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("state", String(16), nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Column("retried", Integer, nullable=False),
        PrimaryKeyConstraint("id", name="pk_job_run_events"),
    )
    op.create_index("ix_job_run_events_run_id", "job_run_events", ["run_id"])
    op.create_table(
        "job_bookmarks",
        Column("job_name", NAME, nullable=False),
        Column("version", Integer, nullable=False),
        Column("run", Integer, nullable=False),
        Column("run_id", NAME),
        Column("run_seq", Serial),
        Column("attempt", Integer, nullable=False),
        Column("previous_run_id", NAME),
        Column("state", Json),
        Column("committed_on", UtcDateTime, nullable=False),
        PrimaryKeyConstraint("job_name", "version", name="pk_job_bookmarks"),
    )
    op.create_index("ix_job_bookmarks_job_name", "job_bookmarks", ["job_name", "run_seq"])
    op.create_index("ix_job_bookmarks_committed_on", "job_bookmarks", ["committed_on"])
    op.create_table(
        "workers",
        Column("id", NAME, nullable=False),
        Column("vcpus", Float, nullable=False),
        Column("memory_mb", Integer, nullable=False),
        Column("commands", Json, nullable=False),
        Column("last_seen_on", UtcDateTime, nullable=False),
        PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_table(
        "tags",
        Column("arn", String(1024), nullable=False),
        Column("key", String(128), nullable=False),
        Column("value", String(256), nullable=False),
        PrimaryKeyConstraint("arn", "key", name="pk_tags"),
    )
    op.create_index("ix_tags_key", "tags", ["key", "value"])


def _create_runs() -> None:
    op.create_table(
        "job_runs",
        Column("seq", Serial, nullable=False),
        Column("id", NAME, nullable=False),
        Column("job_name", NAME, nullable=False),
        Column("root_id", NAME, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("previous_run_id", NAME),
        Column("trigger_name", NAME),
        Column("state", String(16), nullable=False),
        Column("started_on", UtcDateTime, nullable=False),
        Column("last_modified_on", UtcDateTime, nullable=False),
        Column("executing_from", UtcDateTime),
        Column("deadline", UtcDateTime),
        Column("stop_requested_on", UtcDateTime),
        Column("completed_on", UtcDateTime),
        Column("execution_seconds", Float, nullable=False),
        Column("error_message", Text),
        Column("command", String(32), nullable=False),
        Column("vcpus", Float, nullable=False),
        Column("memory_mb", Integer, nullable=False),
        Column("plan", Json, nullable=False),
        Column("notes", Json, nullable=False),
        Column("report", Json),
        Column("worker_id", NAME),
        Column("token", Integer, nullable=False),
        Column("run_token_hash", String(64)),
        Column("idempotency_key", NAME),
        PrimaryKeyConstraint("seq", name="pk_job_runs"),
    )
    op.create_index("uq_job_runs_id", "job_runs", ["id"], unique=True)
    op.create_index("uq_job_runs_root_id", "job_runs", ["root_id", "attempt"], unique=True)
    op.create_index("ix_job_runs_job_name", "job_runs", ["job_name", "seq"])
    op.create_index("ix_job_runs_completed_on", "job_runs", ["completed_on"])
    _partial("ix_job_runs_live", ["job_name", "seq"], "state IN ('WAITING', 'STARTING', 'RUNNING', 'STOPPING')")
    _partial("ix_job_runs_claimable", ["seq"], "state = 'STARTING' AND worker_id IS NULL")
    _partial("ix_job_runs_waiting", ["seq"], "state = 'WAITING'")
    _partial("ix_job_runs_executing", ["deadline"], "state IN ('RUNNING', 'STOPPING')")
    _partial("uq_job_runs_idempotency_key", ["job_name", "idempotency_key"], "idempotency_key IS NOT NULL", unique=True)


def _partial(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = text(where)
    op.create_index(name, "job_runs", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
