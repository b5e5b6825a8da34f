"""One run as the database has it, and as AWS shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from mastic.jobs.model import RunPlan, decoded
from mastic.jobs.states import LIVE, State
from mastic.jobs.tables import job_runs
from mastic.protocol.errors import EntityNotFoundException


@dataclass(frozen=True)
class Run:
    """One attempt of one run."""

    seq: int
    id: str
    job_name: str
    root_id: str
    attempt: int
    previous_run_id: str | None
    trigger_name: str | None
    state: State
    started_on: datetime
    last_modified_on: datetime
    executing_from: datetime | None
    deadline: datetime | None
    stop_requested_on: datetime | None
    completed_on: datetime | None
    execution_seconds: float
    error_message: str | None
    plan: RunPlan
    notes: list[str]
    report: dict[str, Any] | None
    worker_id: str | None
    token: int

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    def seconds(self, now: datetime) -> float:
        """How long the script has executed, or did."""
        if self.is_live and self.executing_from is not None:
            return max((now - self.executing_from).total_seconds(), 0.0)
        return self.execution_seconds

    def shape(self, now: datetime, *, predecessors: bool = False) -> dict[str, Any]:
        """AWS's JobRun. Members that AWS leaves out while they have no value are left out."""
        plan, execution_seconds = self.plan, math.ceil(self.seconds(now))
        found: dict[str, Any] = {
            "Id": self.id,
            "Attempt": self.attempt,
            "JobName": self.job_name,
            "StartedOn": self.started_on,
            "LastModifiedOn": self.last_modified_on,
            "JobRunState": self.state.value,
            "PredecessorRuns": _predecessors(plan) if predecessors else [],
            "ExecutionTime": execution_seconds,
            "Timeout": plan.timeout_minutes,
            "LogGroupName": plan.log_group,
            "GlueVersion": plan.glue_version,
            **plan.capacity.fields(),
        }
        optional = {
            "PreviousRunId": self.previous_run_id,
            "TriggerName": self.trigger_name,
            "JobMode": plan.job_mode,
            "JobRunQueuingEnabled": plan.queuing,
            "CompletedOn": self.completed_on,
            "Arguments": plan.given_arguments or None,
            "ErrorMessage": self.error_message,
            "SecurityConfiguration": plan.security_configuration,
            "NotificationProperty": plan.notification_property,
            "ExecutionClass": plan.execution_class,
            "MaintenanceWindow": plan.maintenance_window,
            "StateDetail": "\n".join(self.notes) or None,
            "ExecutionRoleSessionPolicy": plan.session_policy,
            "DPUSeconds": self._dpu_seconds(execution_seconds),
        }
        return found | {key: value for key, value in optional.items() if value is not None}

    def _dpu_seconds(self, execution_seconds: int) -> float | None:
        scaled = self.plan.arguments.get("--enable-auto-scaling") == "true"
        if self.is_live or not (scaled or self.plan.execution_class == "FLEX"):
            return None
        return self.plan.capacity.dpus * execution_seconds


_COLUMNS = [job_runs.c[f.name] for f in fields(Run)]


def find(connection: Connection, run_id: str, *, lock: bool = False) -> Run | None:
    """A run or None. With `lock`, nobody else changes it until this transaction ends."""
    query = select(*_COLUMNS).where(job_runs.c.id == run_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    return None if row is None else from_row(row)


def get(connection: Connection, run_id: str, *, lock: bool = False) -> Run:
    """A run. Raises EntityNotFoundException."""
    run = find(connection, run_id, lock=lock)
    if run is None:
        raise EntityNotFoundException(f"Job run {run_id} not found.")
    return run


def of_job(connection: Connection, job_name: str, before_seq: int | None, limit: int) -> list[Run]:
    """A job's runs, newest first, older than the one with sequence number `before_seq`."""
    query = select(*_COLUMNS).where(job_runs.c.job_name == job_name).order_by(job_runs.c.seq.desc()).limit(limit)
    if before_seq is not None:
        query = query.where(job_runs.c.seq < before_seq)
    return [from_row(row) for row in connection.execute(query).mappings()]


def matching(connection: Connection, *conditions: Any, limit: int | None = None, lock: bool = False) -> list[Run]:
    """Runs under any condition on `job_runs`, oldest first."""
    query = select(*_COLUMNS).where(*conditions).order_by(job_runs.c.seq).limit(limit)
    return [from_row(row) for row in connection.execute(query.with_for_update() if lock else query).mappings()]


def from_row(row: Any) -> Run:
    """A run from a row that has its columns."""
    values = {f.name: row[f.name] for f in fields(Run)}
    return Run(**values | {"state": State(values["state"]), "plan": decoded(values["plan"])})


def _predecessors(plan: RunPlan) -> list[dict[str, str]]:
    return [{"JobName": p.job_name, "RunId": p.run_id} for p in plan.cause.predecessors]
