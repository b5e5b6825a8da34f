"""What the runs of one worker share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from mastic.engines.broker import Broker
from mastic.settings import Settings
from mastic.storage.client import Storage
from mastic.worker.api import Api
from mastic.worker.capacity import Capacity, Processors
from mastic.worker.home import WorkerFolder
from mastic.worker.launcher import Zygote
from mastic.worker.limits import MemoryGroups


@dataclass
class Shared:
    """One worker's parts. `ends` is set when the worker goes away whatever is still undelivered."""

    settings: Settings
    api: Api
    folder: WorkerFolder
    capacity: Capacity
    zygote: Zygote
    broker: Broker
    ends: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.processors = Processors()
        self.memory_groups = MemoryGroups(wanted=self.settings.worker_memory_groups)
        self.storage = Storage.from_settings(self.settings)
