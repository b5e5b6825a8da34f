"""What `claim` hands to a worker: one run, with its lease and fencing token."""

from __future__ import annotations

from typing import Any

import msgspec


class Command(msgspec.Struct, frozen=True):
    """The job's command, as stored."""

    name: str
    script_location: str
    python_version: str | None = None
    runtime: str | None = None


class RunCredentials(msgspec.Struct, frozen=True):
    """Keys the script uses; none while the server is open."""

    access_key_id: str
    secret_access_key: str


class Workflow(msgspec.Struct, frozen=True):
    """The workflow run this run belongs to."""

    name: str
    run_id: str


class Assignment(msgspec.Struct, frozen=True):
    """One run to execute. `vcpus` and `memory_mb` are what its workers stand for, before capping to the machine."""

    job_run_id: str
    job_name: str
    token: int
    command: Command
    job_id: str = ""
    attempt: int = 0
    run_token: str = ""
    lease_seconds: float = 15.0
    arguments: dict[str, str] = {}
    non_overridable: dict[str, str] = {}
    glue_version: str | None = None
    worker_type: str | None = None
    number_of_workers: int | None = None
    max_capacity: float | None = None
    vcpus: float = 1.0
    memory_mb: int = 1024
    timeout_minutes: float | None = None
    execution_class: str | None = None
    connections: list[str] = []
    missing_connections: list[str] = []
    credentials: RunCredentials | None = None
    log_groups: dict[str, str] = {}
    log_stream: str = ""
    workflow: Workflow | None = None

    @property
    def is_shell(self) -> bool:
        """Whether this is a Python shell run."""
        return self.command.name == "pythonshell"


def parse(document: dict[str, Any]) -> Assignment:
    """The assignment in a claim's answer. Raises msgspec.ValidationError naming the field."""
    return msgspec.convert(document, Assignment, strict=False)
