"""What is decided when a run starts, and never changes after: an update of the job does not touch its runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from mastic.jobs import capacity, definition
from mastic.jobs.capacity import SHELL_COMMAND, Capacity

IDEMPOTENCY_ARGUMENT = "--mastic-idempotency-key"
BOOKMARK_ARGUMENT = "--job-bookmark-option"

_SPARK_LOG_GROUP = "/aws-glue/jobs"
_SHELL_LOG_GROUP = "/aws-glue/python-jobs"


@dataclass(frozen=True)
class Predecessor:
    """A run that caused this one, through a trigger."""

    job_name: str
    run_id: str


@dataclass(frozen=True)
class Cause:
    """Why a run was started; empty when somebody called StartJobRun."""

    trigger_name: str | None = None
    workflow_name: str | None = None
    workflow_run_id: str | None = None
    predecessors: tuple[Predecessor, ...] = ()


@dataclass(frozen=True)
class RunPlan:
    """One run's frozen inputs. `arguments` are merged: defaults, then the run's, then the non-overridable."""

    job_id: str
    command: dict[str, Any]
    glue_version: str
    capacity: Capacity
    timeout_minutes: int
    max_retries: int
    arguments: dict[str, str]
    role: str = ""
    given_arguments: dict[str, str] = field(default_factory=dict)
    non_overridable_arguments: dict[str, str] = field(default_factory=dict)
    connections: tuple[str, ...] = ()
    job_mode: str | None = None
    queuing: bool | None = None
    execution_class: str | None = None
    security_configuration: str | None = None
    notification_property: dict[str, Any] | None = None
    maintenance_window: str | None = None
    session_policy: str | None = None
    cause: Cause = Cause()

    @property
    def is_shell(self) -> bool:
        return bool(self.command["Name"] == SHELL_COMMAND)

    @property
    def log_group(self) -> str:
        """AWS's LogGroupName, the groups' common beginning."""
        custom = self.arguments.get("--custom-logGroup-prefix")
        return custom or (_SHELL_LOG_GROUP if self.is_shell else _SPARK_LOG_GROUP)

    @property
    def log_groups(self) -> dict[str, str]:
        """The group of the script's output, of its errors, and of continuous logging."""
        continuous = self.arguments.get("--continuous-log-logGroup") or f"{self.log_group}/logs-v2"
        return {"output": f"{self.log_group}/output", "error": f"{self.log_group}/error", "logs-v2": continuous}

    @property
    def bookmark_option(self) -> str:
        """`job-bookmark-enable`, `job-bookmark-disable` (AWS's default) or `job-bookmark-pause`."""
        return self.arguments.get(BOOKMARK_ARGUMENT, "job-bookmark-disable")

    def encoded(self) -> dict[str, Any]:
        """As stored."""
        return dict(msgspec.to_builtins(self))


def decoded(stored: dict[str, Any]) -> RunPlan:
    """The plan of a run row."""
    return msgspec.convert(stored, RunPlan)


def plan(job_id: str, job: dict[str, Any], request: dict[str, Any], cause: Cause) -> RunPlan:
    """Merge a job's definition with what StartJobRun was given.

    Raises InvalidInputException for amounts and combinations AWS refuses.
    """
    command, version = job["Command"], definition.resolved_version(job["GlueVersion"])
    execution_class = request.get("ExecutionClass", job.get("ExecutionClass"))
    definition.check_execution_class(execution_class, command["Name"], version)
    timeout_minutes = request.get("Timeout", job["Timeout"])
    definition.check_timeout(timeout_minutes)
    fixed = job.get("NonOverridableArguments", {})
    given = request.get("Arguments", {})
    return RunPlan(
        job_id=job_id,
        command=command,
        glue_version=version,
        capacity=_capacity(job, request),
        timeout_minutes=timeout_minutes,
        max_retries=job["MaxRetries"],
        role=job["Role"],
        arguments={**job.get("DefaultArguments", {}), **given, **fixed},
        given_arguments=given,
        non_overridable_arguments=fixed,
        connections=tuple(job.get("Connections", {}).get("Connections", ())),
        job_mode=job.get("JobMode"),
        queuing=request.get("JobRunQueuingEnabled", job.get("JobRunQueuingEnabled")),
        execution_class=execution_class,
        security_configuration=request.get("SecurityConfiguration", job.get("SecurityConfiguration")),
        notification_property=request.get("NotificationProperty", job.get("NotificationProperty")),
        maintenance_window=job.get("MaintenanceWindow"),
        session_policy=request.get("ExecutionRoleSessionPolicy"),
        cause=cause,
    )


def _capacity(job: dict[str, Any], request: dict[str, Any]) -> Capacity:
    given = {key: request[key] for key in ("AllocatedCapacity", "MaxCapacity") if request.get(key)}
    workers = {key: request[key] for key in ("WorkerType", "NumberOfWorkers") if key in request}
    if workers and "WorkerType" in job:  # a run may change one of the two and keep the job's other
        workers = {"WorkerType": job["WorkerType"], "NumberOfWorkers": job["NumberOfWorkers"], **workers}
    command = job["Command"]["Name"]
    asked = capacity.requested(command, given | workers)
    if asked is not None:
        return asked
    if "WorkerType" in job:
        return capacity.of_workers(job["WorkerType"], job["NumberOfWorkers"])
    return capacity.of_dpus(job["MaxCapacity"])
