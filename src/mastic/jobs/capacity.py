"""What workers and DPUs stand for: vCPUs, memory, DPUs. The rules of which job may ask for what.

AWS: https://docs.aws.amazon.com/glue/latest/dg/add-job.html (worker types) and the model's text of `WorkerType`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mastic.protocol.errors import InvalidInputException

GIB = 1024

SPARK_COMMAND = "glueetl"
SHELL_COMMAND = "pythonshell"

DEFAULT_SPARK_DPUS = 10.0
DEFAULT_SHELL_DPUS = 0.0625
_SHELL_DPUS = (0.0625, 1.0)
_SPARK_DPUS = (2, 100)
_MOST_WORKERS = 299


@dataclass(frozen=True)
class WorkerType:
    """One worker of a type. `dpus` is what it is billed as; M-DPUs (memory-optimised) have a price of their own."""

    vcpus: float
    memory_mb: int
    dpus: float
    memory_optimised: bool = False


WORKER_TYPES = {
    "Standard": WorkerType(4, 16 * GIB, 1),
    "G.025X": WorkerType(2, 4 * GIB, 0.25),
    "G.1X": WorkerType(4, 16 * GIB, 1),
    "G.2X": WorkerType(8, 32 * GIB, 2),
    "G.4X": WorkerType(16, 64 * GIB, 4),
    "G.8X": WorkerType(32, 128 * GIB, 8),
    "G.12X": WorkerType(48, 192 * GIB, 12),
    "G.16X": WorkerType(64, 256 * GIB, 16),
    "R.1X": WorkerType(4, 32 * GIB, 1, memory_optimised=True),
    "R.2X": WorkerType(8, 64 * GIB, 2, memory_optimised=True),
    "R.4X": WorkerType(16, 128 * GIB, 4, memory_optimised=True),
    "R.8X": WorkerType(32, 256 * GIB, 8, memory_optimised=True),
}


@dataclass(frozen=True)
class Capacity:
    """What one run asks for, over all its workers."""

    dpus: float
    vcpus: float
    memory_mb: int
    worker_type: str | None = None
    number_of_workers: int | None = None

    @property
    def memory_optimised(self) -> bool:
        return self.worker_type is not None and WORKER_TYPES[self.worker_type].memory_optimised

    def fields(self) -> dict[str, Any]:
        """AWS's fields: MaxCapacity is filled in from the workers, and AllocatedCapacity is its whole part."""
        found: dict[str, Any] = {"MaxCapacity": self.dpus, "AllocatedCapacity": int(self.dpus)}
        if self.worker_type is not None:
            found |= {"WorkerType": self.worker_type, "NumberOfWorkers": self.number_of_workers}
        return found


def of_dpus(dpus: float) -> Capacity:
    """The capacity of a number of DPUs (4 vCPUs and 16 GB each)."""
    return Capacity(dpus, 4 * dpus, int(16 * GIB * dpus))


def of_workers(worker_type: str, number: int) -> Capacity:
    """The capacity of `number` workers of a type."""
    one = WORKER_TYPES[worker_type]
    return Capacity(one.dpus * number, one.vcpus * number, one.memory_mb * number, worker_type, number)


def requested(command: str, fields: dict[str, Any]) -> Capacity | None:
    """The capacity a request names, or None when it names none.

    Raises InvalidInputException for combinations and amounts that AWS refuses.
    """
    workers = {"WorkerType", "NumberOfWorkers"} & set(fields)
    dpus = _dpus(fields)
    if workers and dpus is not None:
        raise InvalidInputException("Please do not set Max Capacity if using Worker Type and Number of Workers.")
    if workers:
        return _of_requested_workers(command, fields)
    return None if dpus is None else _of_requested_dpus(command, dpus)


def default(command: str) -> Capacity:
    """What a job gets that names nothing."""
    return of_dpus(DEFAULT_SHELL_DPUS if command == SHELL_COMMAND else DEFAULT_SPARK_DPUS)


def _dpus(fields: dict[str, Any]) -> float | None:
    allocated = fields.get("AllocatedCapacity") or None  # SDKs of old send 0 for "not set"
    maximum = fields.get("MaxCapacity")
    if allocated is not None and maximum is not None:
        raise InvalidInputException("Please set only Allocated Capacity or Max Capacity.")
    return float(allocated) if maximum is None and allocated is not None else maximum


def _of_requested_workers(command: str, fields: dict[str, Any]) -> Capacity:
    if command == SHELL_COMMAND:
        raise InvalidInputException(
            "Worker Type is not supported for Job Command pythonshell; set MaxCapacity to 0.0625 or 1."
        )
    worker_type, number = fields.get("WorkerType"), fields.get("NumberOfWorkers")
    if worker_type is None or number is None:
        raise InvalidInputException("Please set both Worker Type and Number of Workers.")
    if worker_type not in WORKER_TYPES:
        raise InvalidInputException(
            f"WorkerType {worker_type} is not for Job Command {command}; one of {', '.join(WORKER_TYPES)} is."
        )
    fewest = 1 if worker_type == "Standard" else 2
    if number < fewest:
        raise InvalidInputException(
            f"To use Worker Type {worker_type}, minimum allowed value of Number of Workers is {fewest}; got {number}."
        )
    if number > _MOST_WORKERS:
        raise InvalidInputException(
            f"To use Worker Type {worker_type}, maximum allowed value of Number of Workers is {_MOST_WORKERS}; "
            f"got {number}."
        )
    return of_workers(worker_type, number)


def _of_requested_dpus(command: str, dpus: float) -> Capacity:
    if command == SHELL_COMMAND:
        if dpus not in _SHELL_DPUS:
            raise InvalidInputException(f"MaxCapacity {dpus:g} is not valid for a Python shell job: 0.0625 or 1.")
        return of_dpus(dpus)
    low, high = _SPARK_DPUS
    if dpus != int(dpus) or not low <= dpus <= high:
        raise InvalidInputException(
            f"MaxCapacity {dpus:g} is not valid for Job Command {command}: a whole number from {low} to {high}."
        )
    return of_dpus(dpus)
