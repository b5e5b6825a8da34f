"""A job definition as AWS keeps it: checked, and with a default exactly where AWS fills one in.

AWS: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html. Fields that are not named here are stored
and returned as they were sent: a default that AWS does not return would be drift in Terraform.
"""

from __future__ import annotations

from typing import Any

from mastic.jobs import capacity
from mastic.jobs.capacity import SHELL_COMMAND, SPARK_COMMAND
from mastic.protocol.errors import InvalidInputException, OperationNotSupportedException

NEWEST_GLUE_VERSION = "6.0"
GLUE_VERSIONS = ("0.9", "1.0", "2.0", "3.0", "4.0", "5.0", "5.1", "6.0")
AUTO_VERSION = "auto"  # AWS upgrades such a job by itself: it runs on the newest

LONGEST_TIMEOUT_MINUTES = 7 * 24 * 60
MOST_RETRIES = 10

_COMMANDS_TO_COME = ("gluestreaming", "glueray")
_CAPACITY_FIELDS = ("AllocatedCapacity", "MaxCapacity", "WorkerType", "NumberOfWorkers")


def checked(given: dict[str, Any], default_version: str = NEWEST_GLUE_VERSION) -> dict[str, Any]:
    """The definition to store for what CreateJob or UpdateJob was given.

    Raises InvalidInputException as AWS does, and OperationNotSupportedException for commands that are not there yet.
    """
    definition = {key: value for key, value in given.items() if key not in _CAPACITY_FIELDS}
    definition["Command"] = _command(given.get("Command") or {})
    version = definition.setdefault("GlueVersion", default_version)
    _check_version(version)
    _check_role(given.get("Role"))
    definition["Command"].setdefault("PythonVersion", _python_version(definition["Command"]["Name"], version))
    definition.setdefault("JobMode", "SCRIPT")
    definition.setdefault("MaxRetries", 0)
    definition["ExecutionProperty"] = _execution_property(given.get("ExecutionProperty") or {})
    definition.setdefault("Timeout", default_timeout_minutes(version))
    check_timeout(definition["Timeout"])
    _check_retries(definition["MaxRetries"])
    check_execution_class(definition.get("ExecutionClass"), definition["Command"]["Name"], version)
    command = definition["Command"]["Name"]
    return definition | (capacity.requested(command, given) or capacity.default(command)).fields()


def default_timeout_minutes(version: str) -> int:
    """2,880 minutes for Glue 4.0 and earlier, 480 from 5.0."""
    return 2880 if _number(version) < (5, 0) else 480


def check_timeout(minutes: int) -> None:
    """Raises InvalidInputException for more than seven days."""
    if minutes > LONGEST_TIMEOUT_MINUTES:
        raise InvalidInputException(f"Timeout {minutes} must be at most {LONGEST_TIMEOUT_MINUTES} minutes (7 days).")


def check_execution_class(execution_class: str | None, command: str, version: str) -> None:
    """Raises InvalidInputException for FLEX where AWS has none."""
    if execution_class == "FLEX" and (command != SPARK_COMMAND or _number(version) < (3, 0)):
        raise InvalidInputException(
            f"ExecutionClass FLEX needs Job Command glueetl and Glue version 3.0 or later; "
            f"this job has {command} and {version}."
        )


def resolved_version(version: str) -> str:
    """The version a run gets: `auto` means the newest."""
    return NEWEST_GLUE_VERSION if version == AUTO_VERSION else version


def _command(given: dict[str, Any]) -> dict[str, Any]:
    name = given.get("Name")
    if not name:
        raise InvalidInputException("Command.Name is missing: glueetl for a Spark job, pythonshell for a Python one.")
    if name in _COMMANDS_TO_COME:
        raise OperationNotSupportedException(f"Command.Name {name} is not there yet; glueetl and pythonshell are.")
    if name not in (SPARK_COMMAND, SHELL_COMMAND):
        raise InvalidInputException(f"Command.Name {name!r} is not a job command: one of glueetl, pythonshell.")
    if not given.get("ScriptLocation"):
        raise InvalidInputException("Command.ScriptLocation is missing: the s3:// path of the script.")
    return dict(given)


def _check_version(version: str) -> None:
    if version != AUTO_VERSION and version not in GLUE_VERSIONS:
        raise InvalidInputException(f"GlueVersion {version} is not one of {', '.join(GLUE_VERSIONS)}, auto.")


def _check_role(role: str | None) -> None:
    if not role:
        raise InvalidInputException("Role is missing: the name or ARN of the IAM role of the job.")


def _check_retries(retries: int) -> None:
    if not 0 <= retries <= MOST_RETRIES:
        raise InvalidInputException(f"MaxRetries {retries} must be from 0 to {MOST_RETRIES}.")


def _execution_property(given: dict[str, Any]) -> dict[str, Any]:
    most = given.get("MaxConcurrentRuns", 1)
    if most < 1:
        raise InvalidInputException(f"ExecutionProperty.MaxConcurrentRuns {most} must be at least 1.")
    return {**given, "MaxConcurrentRuns": most}


def _python_version(command: str, version: str) -> str:
    if command == SHELL_COMMAND:
        return "3.9"
    return "2" if _number(version) < (2, 0) else "3"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in resolved_version(version).split("."))
