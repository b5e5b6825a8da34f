"""What one run's engines may use."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class EngineConfig:
    """One run's engine, capacity and places. `broker` is the socket that leases Spark servers and `holder` who holds
    them (empty: the run), `conf` is `--conf`; for classic drivers, `master` is a Spark master (empty: local) and
    `java_options` more options for their JVM."""

    engine: str = "auto"
    vcpus: float = 2.0
    memory_mb: int = 4096
    work_dir: Path
    buckets: Path | None = None
    conf: dict[str, str] = field(default_factory=dict)
    broker: str | None = None
    holder: str = ""
    classic: bool = False
    master: str = ""
    java_options: str = ""

    @property
    def threads(self) -> int:
        """How many tasks run at once: the run's vCPUs, as far as the machine has them."""
        return max(1, min(round(self.vcpus), len(os.sched_getaffinity(0))))
