"""What this machine offers, and what one run gets of it."""

from __future__ import annotations

import math
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from mastic.settings import Settings
from mastic.worker.assignment import Assignment

MEMORY_SHARE = 0.8  # of the machine, when the settings name no figure: the rest is for the server and the system


@dataclass(frozen=True)
class Capacity:
    """vCPUs and memory in MiB."""

    vcpus: float
    memory_mb: int

    def grant(self, assignment: Assignment) -> tuple[Capacity, str | None]:
        """What the run gets: what its workers stand for, capped to the machine, with a note where it was capped."""
        asked = Capacity(assignment.vcpus, assignment.memory_mb)
        granted = Capacity(min(asked.vcpus, self.vcpus), min(asked.memory_mb, self.memory_mb))
        if granted == asked:
            return granted, None
        workers = f"{assignment.number_of_workers} x {assignment.worker_type}" if assignment.worker_type else "it"
        note = (
            f"{workers} stands for {asked.vcpus:g} vCPU and {asked.memory_mb} MiB; this worker has "
            f"{self.vcpus:g} vCPU and {self.memory_mb} MiB, so the run got {granted.vcpus:g} vCPU and "
            f"{granted.memory_mb} MiB"
        )
        return granted, note


def of_machine(settings: Settings) -> Capacity:
    """The settings' figures, else the machine's (its memory limit where it is a container)."""
    memory = settings.worker_memory_mb or int(machine_memory_mb() * MEMORY_SHARE)
    return Capacity(settings.worker_vcpus or float(len(os.sched_getaffinity(0))), memory)


def machine_memory_mb() -> int:
    """Physical memory, or the container's limit where that is lower."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(physical, int(Path(limit).read_text()) // 2**20)
        except (OSError, ValueError):
            continue
    return physical


class Processors:
    """Hands out processors to runs that are entitled to fewer than the machine has, the least used first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used = dict.fromkeys(sorted(os.sched_getaffinity(0)), 0)

    def take(self, vcpus: float) -> list[int]:
        """Processor numbers for a run; empty when it may use all."""
        count = max(1, math.ceil(vcpus))
        with self._lock:
            if count >= len(self._used):
                return []
            chosen = sorted(self._used, key=lambda cpu: (self._used[cpu], cpu))[:count]
            for cpu in chosen:
                self._used[cpu] += 1
            return chosen

    def give_back(self, processors: list[int]) -> None:
        """The run has ended."""
        with self._lock:
            for cpu in processors:
                self._used[cpu] -= 1
