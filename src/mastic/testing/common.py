"""What all tests of one pytest process share: the port, the schema, the engines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mastic.settings import Settings, load
from mastic.testing import server_process
from mastic.testing.process import importing
from mastic.worker import capacity
from mastic.worker.environment import plain_environment
from mastic.worker.launcher import Child, Zygote

if TYPE_CHECKING:
    from mastic.testing.fixture import Mastic

KEY = "mastic"
MEANWHILE = ("pyarrow", "grpc", "google.protobuf.message", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet")
MEMORY_MB = 4096  # what a run may have at most: several tests may run side by side
# Nothing but the test takes a run away: the test may move the clock by years while one is under way.
FOREVER_SECONDS = 100 * 365 * 86400.0


class Common:
    """What all tests of one pytest process share: the port, the schema, the engines."""

    def __init__(
        self, folder: Path, root: Path, *, engine: str = "auto", isolated: bool = False, whole_traceback: bool = False
    ) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.root = root  # of the project: where its files are looked for besides the current folder
        self.isolated = isolated
        self.whole_traceback = whole_traceback
        self.server = server_process.begin(folder)
        self.settings = Settings(
            home=folder,
            port=self.server.port,
            engine=engine,
            lease_seconds=FOREVER_SECONDS,
            queue_limit_hours=FOREVER_SECONDS / 3600,
            worker_memory_groups=False,
            worker_memory_mb=min(MEMORY_MB, capacity.machine_memory_mb()),
            runtimes_folder=str(load().runtimes),
            spark_spare=False,
        )
        self.buckets = folder / "buckets"  # a link to those of the test under way
        self.current: Mastic | None = None  # of the test under way
        self._closing = ExitStack()
        self._closing.callback(self.server.close)

    @cached_property
    def broker(self) -> Any:
        """Leases Spark servers. They see the buckets of the test under way through one link."""
        from mastic.engines.broker import Broker

        broker = Broker(self.settings, self.folder)
        self._closing.callback(broker.close)
        return broker

    @cached_property
    def zygote(self) -> Zygote:
        """Forks isolated runs; started when the first one asks."""
        zygote = _LateZygote(self.folder, plain_environment())
        self._closing.callback(zygote.stop)
        return zygote

    @cached_property
    def session(self) -> Any:
        """The boto3 session of all tests: the AWS model is read once."""
        import boto3
        from botocore.session import Session

        from mastic.protocol.loader import QuickLoader

        session = Session()
        session.register_component("data_loader", QuickLoader())
        return boto3.Session(KEY, KEY, region_name=self.settings.region, botocore_session=session)

    def engines(self, buckets: Path) -> AbstractContextManager[None]:
        """Engines for sessions of the tests' own, outside of runs."""
        from mastic.testing.here import HOLDER, load_engines

        load_engines()
        from mastic.engines import EngineConfig, session

        size = capacity.of_machine(self.settings)
        return session.lent(
            EngineConfig(
                engine="spark" if self.settings.engine == "classic" else self.settings.engine,
                vcpus=size.vcpus,
                memory_mb=size.memory_mb,
                work_dir=self.folder,
                buckets=buckets,
                broker=str(self.broker.socket_path),
                holder=HOLDER,
            )
        )

    def open_engines(self) -> None:
        """For a session that a test opens by itself, or a fixture of a wider scope: that sees each test's buckets."""
        if self.current is not None:
            self.current.open_engines()
        else:
            self._closing.enter_context(self.engines(self.buckets))

    def meanwhile(self, *steps: Callable[[], object]) -> None:
        """These, and the import of what most tests need next, for as long as the server is not ready."""
        if self.server.is_ready():
            return
        with importing():
            imports: list[Callable[[], object]] = [partial(import_module, name) for name in MEANWHILE]
            for step in (*steps, *imports):
                if self.server.is_ready():
                    return
                step()

    def close(self) -> None:
        """End whatever was started."""
        self._closing.close()


class _LateZygote(Zygote):
    def fork(self, *arguments: Any, **options: Any) -> Child:
        if self.pid is None:
            self.start()
        return super().fork(*arguments, **options)

    def wait_ready(self, timeout_seconds: float) -> bool:
        if self.pid is None:
            self.start()
        return super().wait_ready(timeout_seconds)
