"""One JVM Spark Connect server: started directly with java, warmed by real queries, gone with its starter."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from mastic.engines import jvm
from mastic.engines.spark_runtime import Runtime

START_SECONDS = 600.0  # a loaded machine is slow, not wrong; a JVM that cannot start ends and says so
MAIN = "org.apache.spark.sql.connect.service.SparkConnectServer"


class SparkServerError(RuntimeError):
    """A Spark server could not be started; the message holds the end of its log."""


@dataclass(frozen=True)
class Size:
    """What a server may use."""

    threads: int
    memory_mb: int


@dataclass
class SparkServer:
    """A running server. Start it from a thread that lives as long as the server should."""

    runtime: Runtime
    size: Size
    folder: Path
    process: subprocess.Popen[bytes]
    port: int
    token: str = field(repr=False)
    leases: int = 0
    _warmed: bool = False
    _used: bool = False
    _warming: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def start(
        cls,
        runtime: Runtime,
        size: Size,
        folder: Path,
        buckets: Path | None,
        extra_environment: dict[str, str] | None = None,
        java_options: str = "",
        archive_options: tuple[str, ...] = (),
    ) -> SparkServer:
        """Start a server in `folder` (made, and emptied when the server is stopped). Returns before it is ready.

        Without `buckets` its `s3://` paths are at the environment's AWS_ENDPOINT_URL_S3.
        """
        variables = extra_environment or {}
        endpoint = "" if buckets else variables.get("AWS_ENDPOINT_URL_S3", "")
        folder.mkdir(parents=True, exist_ok=True)
        token = secrets.token_urlsafe(24)
        port = _free_port()
        settings = jvm.spark_settings(size.threads, buckets, endpoint, variables.get("AWS_REGION", "")) | {
            "spark.master": f"local[{size.threads}]",
            "spark.app.name": "mastic",
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(port),
            "spark.connect.grpc.maxInboundMessageSize": str(2**31 - 1),
            # A job may wait for hours between two plans.
            "spark.connect.session.manager.defaultSessionTimeout": "30d",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
        }
        command = [
            str(runtime.java),
            *jvm.options(jvm.heap_mb(size.memory_mb), size.threads, java_options),
            *(archive_options or jvm.archive(runtime)),
            f"-Djava.io.tmpdir={folder}",
            *(f"-D{key}={value}" for key, value in settings.items()),
            "-cp",
            jvm.archived_classpath(runtime) if archive_options else jvm.classpath(runtime, endpoint),
            MAIN,
        ]
        environment = jvm.environment(runtime, folder, {**variables, "SPARK_CONNECT_AUTHENTICATE_TOKEN": token})
        process = jvm.start(command, environment, folder, folder / "server.log")
        return cls(runtime, size, folder, process, port, token)

    @property
    def url(self) -> str:
        """Where a Spark Connect client finds it."""
        return f"sc://127.0.0.1:{self.port}/;token={self.token}"

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process.poll() is None

    @property
    def is_warm(self) -> bool:
        """Whether it has answered queries, a run's or those of `warm`."""
        return self._warmed or self._used

    def warm(self) -> None:
        """Return when it has answered queries like a script's first ones, or is used. Raises SparkServerError."""
        warming = self._start_warming()
        if warming is None:
            return
        try:
            _, said = warming.communicate(self.token, timeout=START_SECONDS)
        except subprocess.TimeoutExpired as late:
            warming.kill()
            raise self._failed(f"it answered no query within {START_SECONDS:.0f} s") from late
        if warming.returncode != 0 and not self._used:
            raise self._failed(said.strip()[-2000:])
        self._warmed = warming.returncode == 0

    def use(self) -> None:
        """A run has it: its own queries warm what they need, more would only take the machine from them."""
        with self._lock:
            self._used = True
            if self._warming is not None:
                self._warming.kill()

    def _start_warming(self) -> subprocess.Popen[str] | None:
        # In a process of its own: the client's libraries would stay in this one for good.
        command = [sys.executable, "-m", "mastic.engines.warm", f"127.0.0.1:{self.port}", str(self.folder)]
        with self._lock:
            if not self._used:
                pipe = subprocess.PIPE
                self._warming = subprocess.Popen(
                    jvm.launched(command), stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True
                )
            return self._warming

    def stop(self, *, gracefully: bool = False) -> None:
        """End it; its working files are removed."""
        if gracefully:
            self.process.terminate()
            self.process.wait(timeout=START_SECONDS)
        if self.alive:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until_listening(self) -> None:
        """Return when it takes queries. Raises SparkServerError."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.alive:
                raise self._failed(f"it ended with code {self.process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise self._failed(f"it did not listen within {START_SECONDS:.0f} s")

    def _failed(self, why: str) -> SparkServerError:
        log = self.folder / "server.log"
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        return SparkServerError(f"Spark did not start: {why}\n{tail}".strip())


def train(runtime: Runtime, folder: Path) -> None:
    """Write the class archive that halves the start of later servers, by one run that records what is loaded."""
    made = folder / "classes.jsa"
    folder.mkdir(parents=True, exist_ok=True)
    server = SparkServer.start(
        runtime,
        Size(2, 2048),
        folder,
        None,
        java_options="-XX:TieredStopAtLevel=1",
        archive_options=(f"-XX:ArchiveClassesAtExit={made}",),
    )
    try:
        server.wait_until_listening()
        server.warm()
        server.process.terminate()
        server.process.wait(timeout=START_SECONDS)
        if made.exists():
            # Next to the runtime first: the folder may be on another disk.
            aside = Path(shutil.copy(made, runtime.archive.with_suffix(".new")))
            aside.rename(runtime.archive)
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
