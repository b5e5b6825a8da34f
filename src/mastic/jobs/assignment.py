"""What a worker is told about a run it has claimed, and what anybody may ask about a run beyond AWS's model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mastic.app import App
from mastic.jobs import events
from mastic.jobs.cost import cost
from mastic.jobs.model import RunPlan
from mastic.jobs.run import Run, get
from mastic.jobs.waiting import why_it_waits
from mastic.security.keys import NewKey


def assignment(app: App, one: Run, token: int, run_token: str, key: NewKey | None) -> dict[str, Any]:
    """The answer to a claim (docs/run-api.md)."""
    plan, capacity = one.plan, one.plan.capacity
    return {
        "job_run_id": one.id,
        "job_name": one.job_name,
        "job_id": plan.job_id,
        "attempt": one.attempt,
        "token": token,
        "run_token": run_token,
        "lease_seconds": app.settings.lease_seconds,
        "command": _command(plan),
        "arguments": plan.arguments,
        "non_overridable": plan.non_overridable_arguments,
        "glue_version": plan.glue_version,
        "worker_type": capacity.worker_type,
        "number_of_workers": capacity.number_of_workers,
        "max_capacity": capacity.dpus,
        "vcpus": capacity.vcpus,
        "memory_mb": capacity.memory_mb,
        "timeout_minutes": plan.timeout_minutes,
        "execution_class": plan.execution_class,
        "connections": list(plan.connections),
        "missing_connections": app.missing_connections(list(plan.connections)),
        "credentials": None if key is None else asdict(key),
        "log_groups": plan.log_groups,
        "log_stream": log_stream(one),
        "workflow": _workflow(plan),
    }


def details(app: App, run_id: str) -> dict[str, Any]:
    """What `GET /_mastic/v1/runs/{id}` answers. Raises EntityNotFoundException."""
    with app.store.read() as connection:
        one = get(connection, run_id)
        moves = events.of_run(connection, run_id)
        notes = [*one.notes, *why_it_waits(app, connection, one)]
    plan, seconds = one.plan, one.seconds(app.clock.now())
    report = one.report or {}
    return {
        "job_run_id": one.id,
        "job_name": one.job_name,
        "attempt": one.attempt,
        "previous_run_id": one.previous_run_id,
        "state": one.state.value,
        "error_message": one.error_message,
        "worker_id": one.worker_id,
        "execution_seconds": round(seconds, 3),
        "notes": notes,
        "tail": report.get("tail") or [],
        "exit_code": report.get("exit_code"),
        "peak_memory_mb": report.get("peak_memory_mb"),
        "engine": report.get("engine"),
        "cost": asdict(cost(app.settings, plan.capacity, plan.execution_class, seconds)),
        "transitions": [{"state": event.state.value, "at": event.at.timestamp()} for event in moves],
        "log_groups": plan.log_groups,
        "log_stream": log_stream(one),
    }


def log_stream(one: Run) -> str:
    """The stream of a run in its log groups."""
    return one.plan.arguments.get("--custom-logStream-prefix", "") + one.id


def _command(plan: RunPlan) -> dict[str, Any]:
    command = plan.command
    return {
        "name": command["Name"],
        "script_location": command["ScriptLocation"],
        "python_version": command.get("PythonVersion"),
        "runtime": command.get("Runtime"),
    }


def _workflow(plan: RunPlan) -> dict[str, str] | None:
    cause = plan.cause
    if cause.workflow_name is None or cause.workflow_run_id is None:
        return None
    return {"name": cause.workflow_name, "run_id": cause.workflow_run_id}
